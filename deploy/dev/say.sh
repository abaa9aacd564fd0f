# say.sh - what the person at the terminal reads.
# shellcheck shell=bash

say()
{
	printf '%s\n' "$*"
}

# One step: what happens now, in the present tense.
step()
{
	printf '  %s\n' "$*"
}

complain()
{
	printf 'weir: %s\n' "$*" >&2
}

die()
{
	complain "$@"
	exit 1
}

# A path as one would type it here.
near()
{
	realpath -m -s --relative-base="$PWD" -- "$1"
}

# The end of a log, indented, for a person who must find out why.
show_tail()
{
	local file=$1 lines=${2:-20}

	[[ -s $file ]] || return 0
	tail -n "$lines" -- "$file" | sed 's/^/    | /' >&2
}

# What a person must see of a failed command: ninja's first failure, or the
# end.
show_failure()
{
	if grep -q '^FAILED: ' "$1"; then
		sed -n '/^FAILED: /,$p' "$1" | grep -vE '^\[[0-9]+/|^/usr/bin/c' |
			head -n 25 | sed 's/^/    | /' >&2
	else
		show_tail "$1" 30
	fi
}

# Runs a command silently; its output is shown only when it fails.
quietly()
{
	local log=$1

	shift
	mkdir -p -- "$(dirname -- "$log")"
	"$@" >"$log" 2>&1 </dev/null && return 0
	complain "failed: ${*:1:3} ... (all of it: $(near "$log"))"
	show_failure "$log"
	return 1
}
