# state.sh - one running Weir: its directory, its ports, its env file.
# shellcheck shell=bash

STATE=$ROOT/.weir
GATEWAYS=1
PORT_BASE=0
SIMULATOR=1
DATABASE=
DETACH=

# number TEXT MIN MAX: prints it without leading zeros.
number()
{
	[[ $1 =~ ^[0-9]{1,5}$ ]] || return 1
	((10#$1 >= $2 && 10#$1 <= $3)) || return 1
	printf '%d\n' $((10#$1))
}

# state_set FLAG VALUE: checks one flag that has a value.
state_set()
{
	case $1 in
	state) STATE=$2 ;;
	database) DATABASE=$2 ;;
	gateways)
		GATEWAYS=$(number "$2" 1 64) ||
			die "--gateways wants a number from 1 to 64"
		;;
	port-base)
		PORT_BASE=$(number "$2" 0 55000) ||
			die "--port-base wants a number from 0 to 55000"
		;;
	esac
}

# Paths and addresses, once the flags are known.
state_resolve()
{
	[[ -n $STATE ]] || die "--state wants a directory"
	STATE=$(realpath -m -- "$STATE")
	CONTROL=127.0.0.1:$((9090 + PORT_BASE))
	CONTROL_PROBE=127.0.0.1:$((9091 + PORT_BASE))
	LINK=127.0.0.1:$((7601 + PORT_BASE))
	BELL=127.0.0.1:$((7602 + PORT_BASE))
	SIMULATOR_AT=127.0.0.1:$((7700 + PORT_BASE))
	# A short name for this directory, the same at every start.
	STATE_ID=$(printf '%s' "$STATE" | sha256sum | cut -c1-12)
}

gateway_at()
{
	printf '127.0.0.1:%d\n' $((8080 + PORT_BASE + 10 * $1))
}

gateway_probe_at()
{
	printf '127.0.0.1:%d\n' $((8081 + PORT_BASE + 10 * $1))
}

# The unprivileged user of the database passes through; nobody else reads.
state_make()
{
	mkdir -p -- "$STATE"/{log,run}
	chmod 0700 -- "$STATE"/{log,run}
	if is_root; then
		chmod 0711 -- "$STATE"
	fi
}

# One `up` or `down` at a time; the lock dies with this process.
state_lock()
{
	exec 9>"$STATE/run/lock"
	flock -n 9 || die "another ./weir is at work on $STATE"
}

port_is_open()
{
	(exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

# Somebody else's server on one of our ports is said before anything starts.
state_check_ports()
{
	local address i addresses=("$CONTROL" "$CONTROL_PROBE" "$LINK" "$BELL")

	[[ -z $SIMULATOR ]] || addresses+=("$SIMULATOR_AT")
	for ((i = 0; i < GATEWAYS; i++)); do
		addresses+=("$(gateway_at "$i")" "$(gateway_probe_at "$i")")
	done
	for address in "${addresses[@]}"; do
		! port_is_open "$address" ||
			die "$address is taken by another program; try --port-base 10000"
	done
}

# write_file PATH MODE: standard input, seen whole or not at all.
write_file()
{
	cat >"$1.new"
	chmod "$2" "$1.new"
	mv -f -- "$1.new" "$1"
}

# assignment NAME VALUE: one that every shell and shlex understands.
assignment()
{
	if [[ $2 =~ ^[A-Za-z0-9_./:@%+=,-]*$ ]]; then
		printf '%s=%s\n' "$1" "$2"
	else
		printf "%s='%s'\n" "$1" "${2//\'/\'\\\'\'}"
	fi
}

# `. .weir/env` and every tool finds this Weir.
state_write_env()
{
	local i urls=()

	for ((i = 0; i < GATEWAYS; i++)); do
		urls+=("http://$(gateway_at "$i")")
	done
	{
		assignment WEIR_GATEWAY_URL "${urls[0]}"
		assignment WEIR_GATEWAY_URLS "${urls[*]}"
		assignment WEIR_CONTROL_URL "http://$CONTROL"
		assignment WEIR_ADMIN_TOKEN "$(<"$STATE/admin-token")"
		assignment WEIR_API_KEY "$(<"$STATE/api-key")"
		[[ -z $SIMULATOR ]] ||
			assignment WEIR_SIMULATOR_URL "http://$SIMULATOR_AT"
		assignment DATABASE_URL "$DATABASE_URL"
	} | write_file "$STATE/env" 0600
}
