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

# The end of a log, indented, for a person who must find out why.
show_tail()
{
	local file=$1 lines=${2:-20}

	[[ -s $file ]] || return 0
	tail -n "$lines" -- "$file" | sed 's/^/    | /' >&2
}

# Runs a command silently; its output is shown only when it fails.
quietly()
{
	local log=$1

	shift
	mkdir -p -- "$(dirname -- "$log")"
	"$@" >"$log" 2>&1 </dev/null && return 0
	complain "failed: ${*:1:3} ... (the end of $log:)"
	show_tail "$log" 30
	return 1
}
