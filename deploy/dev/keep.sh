#!/usr/bin/env bash
# keep.sh RUN NAME SIGNAL COMMAND... - the supervisor of one process.
#
# Runs COMMAND and, when it ends, runs it again within a second.  SIGTERM
# ends both: COMMAND is sent SIGNAL and waited for.  RUN/NAME.child says which
# process it is, RUN/NAME.ends how often it has ended.
set -uo pipefail

run=$1 name=$2 signal=$3
shift 3
# shellcheck source=deploy/dev/part.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/part.sh"

child=''
ending=''
ends=0

finish()
{
	ending=1
	[[ -z $child ]] || kill -s "$signal" "$child" 2>/dev/null
}
trap finish TERM INT
trap '' HUP

while [[ -z $ending ]]; do
	began=$SECONDS
	"$@" &
	child=$!
	process_identity "$child" >"$run/$name.child"
	# A signal interrupts `wait`, so ask until the process is gone.
	while kill -0 "$child" 2>/dev/null; do
		wait "$child"
		status=$?
	done
	child=
	[[ -z $ending ]] || break
	ends=$((ends + 1))
	printf '%s\n' "$ends" >"$run/$name.ends"
	printf 'keep: %s ended with status %s; starting it again\n' \
		"$name" "$status" >&2
	# One that never lives long is started less eagerly.
	if ((SECONDS - began < 2 && ends > 5)); then sleep 2; else sleep 0.2; fi
done
rm -f "$run/$name.child"
