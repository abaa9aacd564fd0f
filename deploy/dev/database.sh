# database.sh - a private PostgreSQL: our own data directory, a Unix socket
# that only its owner can reach, no TCP port.
#
# PostgreSQL refuses to run as root; then it runs as the package's own user
# `postgres`.  Its data lies in STATE when that user can get there, and under
# /var/lib/weir/ otherwise, with a link in STATE.
# shellcheck shell=bash

database_user()
{
	if is_root; then printf 'postgres\n'; else id -un; fi
}

# Runs a command as the database's user, from a directory it may stand in.
as_database()
{
	if is_root; then
		(cd / && exec setpriv --reuid=postgres --regid=postgres \
			--init-groups -- "$@")
	else
		(cd / && exec "$@")
	fi
}

# The programs that fit the data; for new data the newest installed.
database_programs()
{
	local version=$1/PG_VERSION folder

	if as_database test -r "$version"; then
		folder=/usr/lib/postgresql/$(as_database cat "$version")/bin
	else
		folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	fi
	[[ -x $folder/postgres && -x $folder/initdb ]] ||
		die "no PostgreSQL server in $folder, which the data needs"
	printf '%s\n' "$folder"
}

# Makes the place for the data and prints it.
database_place()
{
	local place=$STATE/postgres elsewhere=/var/lib/weir/$STATE_ID

	if [[ ! -e $place ]]; then
		rm -f -- "$place"
		if ! is_root || as_database test -x "$STATE" 2>/dev/null; then
			mkdir -m 0700 -- "$place"
		else
			install -d -m 0755 /var/lib/weir
			install -d -m 0700 "$elsewhere"
			ln -sfn "$elsewhere" "$place"
		fi
		! is_root || chown -H postgres: -- "$place"
	fi
	readlink -f -- "$place"
}

# Short (107 bytes is the kernel's limit), the same at every start.
database_socket_path()
{
	if is_root; then
		printf '/run/weir-%s\n' "$STATE_ID"
	else
		printf '/tmp/weir-%s-%s\n' "$EUID" "$STATE_ID"
	fi
}

# Makes the directory of the socket and prints it.
database_socket()
{
	local folder

	folder=$(database_socket_path)
	if ! mkdir -m 0700 "$folder" 2>/dev/null; then
		[[ -d $folder && ! -L $folder ]] || die "$folder is in the way"
		[[ $(stat -c %U "$folder") == "$(database_user)" ]] ||
			die "$folder belongs to somebody else"
	fi
	! is_root || chown postgres: "$folder"
	chmod 0700 "$folder"
	printf '%s\n' "$folder"
}

# An aborted initdb leaves nothing that looks like a database.
database_init()
{
	local place=$1 programs=$2

	! as_database test -s "$place/data/PG_VERSION" || return 0
	step "making a private PostgreSQL"
	as_database rm -rf -- "$place/data.new"
	quietly "$STATE/log/initdb.log" as_database "$programs/initdb" \
		-D "$place/data.new" -U weir --auth=peer --encoding=UTF8 \
		--locale=C.UTF-8 --data-checksums || return 1
	as_database mv "$place/data.new" "$place/data"
}

# The owner of the directory and the owner of STATE are its one role `weir`.
database_admit()
{
	printf 'local all all peer map=weir\n' |
		as_database tee "$1/data/pg_hba.conf" >/dev/null
	printf 'weir "%s" weir\n' "$(id -un)" "$(database_user)" | sort -u |
		as_database tee "$1/data/pg_ident.conf" >/dev/null
}

# database_answers PROGRAMS URL
database_answers()
{
	"$1/psql" -X -q -w -d "$2" -c 'SELECT 1'
}

# Starts it and sets DATABASE_URL.
database_start()
{
	local place programs socket server

	if [[ -n $DATABASE ]]; then
		DATABASE_URL=$DATABASE
		return 0
	fi
	place=$(database_place)
	programs=$(database_programs "$place/data")
	socket=$(database_socket)
	database_init "$place" "$programs" || return 1
	database_admit "$place"
	DATABASE_URL="postgresql:///weir?host=$socket&user=weir"

	server=("$programs/postgres" -D "$place/data" -k "$socket"
		-c "listen_addresses=" -c "unix_socket_permissions=0700"
		-c "max_connections=64" -c "log_timezone=UTC" -c "timezone=UTC")
	! is_root || server=(setpriv --reuid=postgres --regid=postgres
		--init-groups -- "${server[@]}")
	# SIGINT is PostgreSQL's "fast shutdown": it does not wait for clients.
	part_start database INT "${server[@]}"
	part_wait database 60 database_answers "$programs" \
		"postgresql:///postgres?host=$socket&user=weir"
	database_answers "$programs" "$DATABASE_URL" >/dev/null 2>&1 ||
		"$programs/createdb" -h "$socket" -U weir weir
}
