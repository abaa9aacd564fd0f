# build.sh - CMake presets, built in build/<preset>.
# shellcheck shell=bash

readonly PROGRAMS=(weir-control weir-gateway weirctl weir-simulator)

# A build directory that was made for another place is of no use here.
build_forget_moved()
{
	local cache=$ROOT/build/$1/CMakeCache.txt

	[[ -f $cache ]] || return 0
	grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache" ||
		rm -rf -- "${ROOT:?}/build/$1"
}

# build_configure PRESET [-DNAME=VALUE ...]
build_configure()
{
	local preset=$1 log=$ROOT/.weir/log/build-$1.log

	shift
	build_forget_moved "$preset"
	mkdir -p -- "$ROOT/build"
	(cd -- "$ROOT" && umask 022 &&
		quietly "$log" cmake --preset "$preset" "$@") || exit 1
}

# build_compile PRESET [target ...]
build_compile()
{
	local preset=$1 log=$ROOT/.weir/log/build-$1.log
	local target targets=()

	shift
	for target in "$@"; do
		targets+=(--target "$target")
	done
	(cd -- "$ROOT" && umask 022 &&
		quietly "$log" cmake --build "build/$preset" "${targets[@]}") ||
		return 1
}

# The four programs; tests are left out unless they were asked for before.
build_programs()
{
	local preset=$1

	build_forget_moved "$preset"
	if [[ ! -f $ROOT/build/$preset/build.ninja ]]; then
		build_configure "$preset" -DWEIR_TESTS=OFF
	fi
	build_compile "$preset" "${PROGRAMS[@]}" || exit 1
}

program()
{
	printf '%s\n' "$ROOT/build/release/bin/$1"
}
