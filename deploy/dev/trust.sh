# trust.sh - the long proofs: the tests' own scenarios with many more rounds.
#
# A suite that ended is kept under build/trust/<what was tested>; running
# again goes on with the next one.  trust-report.json says what was done.
# shellcheck shell=bash

readonly TRUST_SUITES=(faults disconnects vectors fuzz)

trust_suite()
{
	local scenarios=$ROOT/tests/scenario

	case $1 in
	faults)
		WEIR_KILLS=${WEIR_KILLS:-200} WEIR_OUTAGE_SECONDS=60 \
			pytest_run faults "$scenarios/test_usage_exactly_once.py" \
			-o timeout=7200
		;;
	disconnects)
		WEIR_ROUNDS=${WEIR_ROUNDS:-100} WEIR_STREAMS=${WEIR_STREAMS:-1000} \
			pytest_run disconnects "$scenarios/test_disconnect.py" \
			-o timeout=7200
		;;
	vectors) suite_vectors ;;
	fuzz) WEIR_FUZZ_SECONDS=${WEIR_FUZZ_SECONDS:-1800} suite_fuzz ;;
	esac
}

# What is being tested: the commit, or the sources where there is none.
trust_subject()
{
	git -C "$ROOT" rev-parse HEAD 2>/dev/null ||
		(cd -- "$ROOT" && find "${SOURCE_FOLDERS[@]}" proto migrations \
			-type f -print0 | sort -z | xargs -0 sha256sum |
			sha256sum | cut -c1-40)
}

# trust_report SUBJECT FOLDER: "<passed> <failed> <seconds>" of each suite.
trust_report()
{
	local suite passed failed seconds separator=

	printf '{\n  "subject": "%s",\n  "written": "%s",\n  "suites": [' \
		"$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	for suite in "${TRUST_SUITES[@]}"; do
		[[ -s $2/$suite ]] || continue
		read -r passed failed seconds <"$2/$suite"
		printf '%s\n    {"name": "%s", "passed": %d, "failed": %d, "seconds": %d}' \
			"$separator" "$suite" "$passed" "$failed" "$seconds"
		separator=,
	done
	printf '\n  ]\n}\n'
}

trust_one()
{
	local suite=$1 kept=$2 began=$SECONDS

	if [[ -s $kept ]]; then
		step "$suite: done before"
		return 0
	fi
	: >"$RESULTS/tally"
	(trust_suite "$suite") || true
	[[ -s $RESULTS/tally ]] || tally "$suite" 0 1
	awk -v seconds=$((SECONDS - began)) '{ p += $2; f += $3 }
		END { print p + 0, f + 0, seconds }' "$RESULTS/tally" >"$kept"
}

trust_run()
{
	local suite subject folder selected=("${TRUST_SUITES[@]}")

	(($# == 0)) || selected=("$@")
	for suite in "${selected[@]}"; do
		[[ " ${TRUST_SUITES[*]} " == *" $suite "* ]] ||
			die "no proof '$suite'; there are: ${TRUST_SUITES[*]}"
	done
	packages_need "${PACKAGES_TEST[@]}"
	subject=$(trust_subject)
	folder=$ROOT/build/trust/$subject
	mkdir -p -- "$RESULTS" "$folder"
	build_tests release || exit 1
	venv_make || exit 1
	for suite in "${selected[@]}"; do
		trust_one "$suite" "$folder/$suite"
		trust_report "$subject" "$folder" >"$ROOT/trust-report.json"
	done
	say "written: trust-report.json"
	! grep -q '"failed": [1-9]' "$ROOT/trust-report.json"
}
