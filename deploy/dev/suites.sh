# suites.sh - the tests: builds what they need, runs them, adds up.
#
# A suite appends "<name> <passed> <failed>" to the tally.  One that ends
# without doing so counts as a failed case, never as none.
# shellcheck shell=bash

readonly CACHE=$ROOT/.weir/cache
readonly RESULTS=$ROOT/build/results
# The system's authorities, to which networks add their own.
readonly AUTHORITIES=/etc/ssl/certs/ca-certificates.crt
readonly PYTHON=/usr/bin/python3
readonly SUITES=(format tidy unit golden recordings vectors fuzz programs scenario
	sanitized)
readonly SOURCE_FOLDERS=(common controlplane dataplane cli simulator tests)

# Recordings and vectors lie beside some checkouts and are not ours to ship.
suites_default()
{
	local suite

	for suite in "${SUITES[@]}"; do
		case $suite in
		recordings) [[ -d $ROOT/../shared/fixtures ]] || continue ;;
		vectors) [[ -d $ROOT/../shared/vectors ]] || continue ;;
		esac
		printf '%s\n' "$suite"
	done
}

# tally NAME PASSED FAILED
tally()
{
	printf '%s %s %s\n' "$1" "$2" "$3" >>"$RESULTS/tally"
	if (($3 == 0)); then
		step "$1: $2 passed"
	else
		step "$1: $2 passed, $3 FAILED"
	fi
}

# tally_command NAME COMMAND...: one case, its output shown if it fails.
tally_command()
{
	local name=$1

	shift
	if quietly "$RESULTS/$name.log" "$@"; then
		tally "$name" 1 0
	else
		tally "$name" 0 1
	fi
}

# tally_xml NAME: what the JUnit file NAME.xml says; names what failed.
tally_xml()
{
	local counts

	counts=$("$PYTHON" "$ROOT/tests/support/tally.py" "$RESULTS/$1.xml") ||
		counts='0 1'
	# shellcheck disable=SC2086 # two numbers
	tally "$1" $counts
}

suite_format()
{
	local files

	cd -- "$ROOT" || return 1
	mapfile -d '' -t files < <(find "${SOURCE_FOLDERS[@]}" -name '*.[ch]' -print0)
	venv_is_made || return 1
	tally_command clang-format "$CACHE/venv/bin/clang-format" \
		--dry-run -Werror "${files[@]}"
	tally_command shellcheck shellcheck -x weir .ci/run deploy/dev/keep.sh
}

suite_tidy()
{
	pytest_run tidy "$ROOT/tests/tidy"
}

# ctest_run NAME PRESET [ctest arguments]
ctest_run()
{
	local name=$1 preset=$2

	shift 2
	rm -f -- "$RESULTS/$name.xml"
	CMOCKA_MESSAGE_OUTPUT=stdout ctest --test-dir "$ROOT/build/$preset" \
		--output-on-failure --test-output-size-passed 1000000 \
		--test-output-size-failed 1000000 --no-tests=error --timeout 300 \
		-j 2 --output-junit "$RESULTS/$name.xml" "$@" \
		>"$RESULTS/$name.log" 2>&1 </dev/null || true
	tally_xml "$name"
}

suite_unit()
{
	build_tests release && ctest_run unit release -E '^(golden|recordings)'
}

suite_golden()
{
	build_tests release && ctest_run golden release -R '^golden'
}

suite_recordings()
{
	[[ -d $ROOT/../shared/fixtures ]] ||
		complain "no recordings: $ROOT/../shared/fixtures does not exist"
	build_tests release && WEIR_FIXTURES=$ROOT/../shared/fixtures \
		ctest_run recordings release -R '^recordings'
	WEIR_BUILD=$ROOT/build/release pytest_run grammar "$ROOT/tests/recordings"
}

# weirctl and the simulator, each by itself.
suite_programs()
{
	build_tests release && WEIR_BUILD=$ROOT/build/release \
		pytest_run programs "$ROOT/tests/simulator" "$ROOT/tests/cli"
}

suite_vectors()
{
	build_tests release && WEIR_VECTORS=$ROOT/../shared/vectors \
		pytest_run vectors "$ROOT/tests/scenario" -m vectors
}

suite_scenario()
{
	build_tests release &&
		pytest_run scenario "$ROOT/tests/scenario" -m 'not vectors'
}

# Everything again, compiled with AddressSanitizer and UBSan.
suite_sanitized()
{
	build_tests asan || return 1
	ctest_run sanitized-unit asan -E '^recordings'
	WEIR_BUILD=$ROOT/build/asan pytest_run sanitized-scenario \
		"$ROOT/tests/scenario" -m 'not vectors and not release'
}

# Each target for some seconds, from its seeds; a crash is kept for a look.
suite_fuzz()
{
	local target name passed=0 failed=0 seconds=${WEIR_FUZZ_SECONDS:-10}

	build_configure fuzz && build_compile fuzz || return 1
	for target in "$ROOT"/build/fuzz/fuzz/*; do
		[[ -f $target && -x $target ]] || continue
		name=$(basename "$target")
		if fuzz_run "$target" "$name" "$seconds"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done
	((passed + failed > 0)) || return 1
	tally fuzz "$passed" "$failed"
}

fuzz_run()
{
	local corpus=$CACHE/corpus/$2 seeds=$ROOT/tests/fuzz/seeds/$2

	mkdir -p -- "$corpus" "$RESULTS/crashes"
	[[ -d $seeds ]] || seeds=
	quietly "$RESULTS/fuzz-$2.log" "$1" -max_total_time="$3" -timeout=10 \
		-rss_limit_mb=2048 -artifact_prefix="$RESULTS/crashes/$2-" \
		"$corpus" ${seeds:+"$seeds"}
}

build_tests()
{
	build_configure "$1" -DWEIR_TESTS=ON && build_compile "$1"
}

# The Python programs of the tests, from PyPI, pinned; made once.
venv_is_made()
{
	cmp -s -- "$ROOT/tests/support/requirements.txt" \
		"$CACHE/venv/requirements.txt"
}

venv_make()
{
	local wanted=$ROOT/tests/support/requirements.txt
	local venv=$CACHE/venv

	! venv_is_made || return 0
	step "installing the test's Python packages into ${venv#"$ROOT/"}"
	rm -rf -- "$venv"
	mkdir -p -- "$CACHE"
	quietly "$RESULTS/venv.log" "$PYTHON" -m venv "$venv" &&
		PIP_CERT=${PIP_CERT:-$AUTHORITIES} \
			quietly "$RESULTS/venv.log" "$venv/bin/python" -m pip install \
			--no-input --disable-pip-version-check --no-deps \
			-r "$wanted" &&
		cp -- "$wanted" "$venv/requirements.txt"
}

# pytest_run NAME FOLDER [pytest arguments]
pytest_run()
{
	local name=$1 folder=$2

	shift 2
	venv_is_made || return 1
	rm -f -- "$RESULTS/$name.xml"
	"$CACHE/venv/bin/python" -m pytest -q -p no:cacheprovider \
		-c "$ROOT/tests/pytest.ini" --junitxml "$RESULTS/$name.xml" \
		"$@" "$folder" \
		>"$RESULTS/$name.log" 2>&1 </dev/null || true
	tally_xml "$name"
}

# suite_run NAME: whatever happens, at least one case is counted.
suite_run()
{
	local before after

	before=$(wc -l <"$RESULTS/tally")
	("suite_$1") || true
	after=$(wc -l <"$RESULTS/tally")
	((after > before)) || tally "$1" 0 1
}

suites_run()
{
	local suite selected passed failed

	mapfile -t selected < <(suites_default)
	(($# == 0)) || selected=("$@")
	for suite in "${selected[@]}"; do
		[[ " ${SUITES[*]} " == *" $suite "* ]] ||
			die "no suite '$suite'; there are: ${SUITES[*]}"
	done

	say "Weir: testing (${selected[*]})"
	[[ " ${selected[*]} " == *" recordings "* ]] || (($# > 0)) ||
		step "recordings: left out, ../shared/fixtures is not there"
	packages_need "${PACKAGES_TEST[@]}"
	rm -rf -- "$RESULTS"
	mkdir -p -- "$RESULTS"
	: >"$RESULTS/tally"
	# Without it the suites that need it fail, each by its name.
	venv_make || true
	for suite in "${selected[@]}"; do
		suite_run "$suite"
	done

	read -r passed failed < <(awk '{ p += $2; f += $3 }
		END { print p + 0, f + 0 }' "$RESULTS/tally")
	say "$passed passed, $failed failed"
	((failed == 0 && passed > 0))
}
