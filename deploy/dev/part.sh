# part.sh - one supervised process of a running Weir.
#
# run/NAME.pid names the supervisor (keep.sh) and run/NAME.child what it
# keeps, each as "<pid> <start time>": the kernel gives a pid to somebody
# else one day, but never with the same start time.
# shellcheck shell=bash

# Prints "<pid> <start time>"; fails when there is no such process.
process_identity()
{
	local stat fields

	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
	# The program's name may hold spaces; what follows it does not.
	read -r -a fields <<<"${stat##*) }"
	[[ ${fields[0]} != Z ]] || return 1
	printf '%s %s\n' "$1" "${fields[19]}"
}

# Is the process that FILE names still that process?  Prints its pid.
process_named_by()
{
	local identity now

	{ identity=$(<"$1"); } 2>/dev/null || return 1
	[[ $identity == *' '* ]] || return 1
	now=$(process_identity "${identity%% *}") || return 1
	[[ $now == "$identity" ]] && printf '%s\n' "${identity%% *}"
}

part_is_alive()
{
	process_named_by "$STATE/run/$1.pid" >/dev/null
}

# How often it has ended since its supervisor started.
part_ends()
{
	cat "$STATE/run/$1.ends" 2>/dev/null || printf '0\n'
}

# part_start NAME SIGNAL COMMAND...: SIGNAL is what asks it to end.
part_start()
{
	local name=$1 log=$STATE/log/$1.log

	if [[ -f $log ]] && (($(stat -c %s "$log") > 64 * 1024 * 1024)); then
		mv -f -- "$log" "$log.1"
	fi
	rm -f -- "$STATE/run/$name".{ends,child}
	# Its own session: Ctrl-C is for us alone, and we end parts in order.
	setsid bash "$ROOT/deploy/dev/keep.sh" "$STATE/run" "$@" \
		>>"$log" 2>&1 </dev/null 9>&- &
	process_identity $! >"$STATE/run/$name.pid" ||
		die "could not start $name"
	disown
}

# Asks FILE's process to end, waits, and insists after SECONDS.
process_end()
{
	local file=$1 signal=$2 patience=$3 pid deadline=$((SECONDS + $3))

	while pid=$(process_named_by "$file"); do
		if ((SECONDS >= deadline)); then
			complain "$(basename "$file") did not end in $patience s"
			kill -KILL "$pid" 2>/dev/null || true
			sleep 0.2
			break
		fi
		kill -s "$signal" "$pid" 2>/dev/null || true
		signal=0
		sleep 0.05
	done
	rm -f -- "$file"
}

# The supervisor ends what it keeps; an orphan it left behind is ended here.
part_stop()
{
	process_end "$STATE/run/$1.pid" TERM 30
	process_end "$STATE/run/$1.child" "${2:-TERM}" 10
	rm -f -- "$STATE/run/$1.ends"
}

# part_wait NAME SECONDS COMMAND...: until COMMAND succeeds.
part_wait()
{
	local name=$1 deadline=$((SECONDS + $2)) patience=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		if ! part_is_alive "$name" || (($(part_ends "$name") >= 3)); then
			part_failed "$name" "does not stay up"
		fi
		((SECONDS < deadline)) ||
			part_failed "$name" "was not ready within $patience s"
		sleep 0.1
	done
}

# Ends the whole attempt: everything started so far is stopped again.
part_failed()
{
	complain "$1 $2.  The end of $(near "$STATE/log/$1.log"):"
	show_tail "$STATE/log/$1.log"
	stack_stop
	exit 1
}
