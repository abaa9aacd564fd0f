# packages.sh - Debian packages: only what is missing, through apt-get.
# shellcheck shell=bash

# What building and running need.
readonly PACKAGES_UP=(
	ca-certificates cmake curl gcc libc6-dev libcurl4-openssl-dev
	libjansson-dev libmbedtls-dev libmicrohttpd-dev libnng-dev libpq-dev
	libprotobuf-c-dev libssl-dev ninja-build openssl pkg-config postgresql
	protobuf-c-compiler
)

# What the tests need on top.
readonly PACKAGES_TEST=(
	"${PACKAGES_UP[@]}" clang libclang-rt-dev libcmocka-dev python3
	python3-venv shellcheck universal-ctags
)

# And the benchmarks.
readonly PACKAGES_BENCH=("${PACKAGES_TEST[@]}" nginx-light wrk)

# The kernel's word, not a variable: HOME and USER may be anybody's.
is_root()
{
	((EUID == 0))
}

as_root()
{
	if is_root; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "need root for: $* (run as root, or install sudo)"
	fi
}

# Prints those of the named packages that are not installed.
packages_missing()
{
	local name status

	for name in "$@"; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" \
			2>/dev/null) || status=
		[[ $status == installed ]] || printf '%s\n' "$name"
	done
}

apt()
{
	as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		UCF_FORCE_CONFFOLD=1 apt-get -y -q -o DPkg::Lock::Timeout=600 \
		-o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@"
}

# Two things nobody asked for come with server packages: a "main" PostgreSQL
# cluster, and daemons that are started at once.  Debian's own switches say no
# to both, for as long as the installation lasts.
readonly CLUSTER_SWITCH=/etc/postgresql-common/createcluster.d/weir.conf
readonly DAEMON_SWITCH=/usr/sbin/policy-rc.d

apt_install()
{
	local status=0 mine=''

	as_root install -d -m 0755 "$(dirname "$CLUSTER_SWITCH")"
	printf 'create_main_cluster = false\n' |
		as_root install -m 0644 /dev/stdin "$CLUSTER_SWITCH"
	if [[ ! -e $DAEMON_SWITCH ]]; then
		mine=$DAEMON_SWITCH
		printf '#!/bin/sh\nexit 101\n' |
			as_root install -m 0755 /dev/stdin "$DAEMON_SWITCH"
	fi
	apt install --no-install-recommends "$@" || status=$?
	as_root rm -f "$CLUSTER_SWITCH" ${mine:+"$mine"}
	return "$status"
}

# packages_need NAME...: installs the missing ones, or says why it cannot.
packages_need()
{
	local missing log

	[[ -r /etc/debian_version ]] ||
		die "this script knows Debian 12 and 13; see docs/hacking.md for others"
	mapfile -t missing < <(packages_missing "$@")
	((${#missing[@]} > 0)) || return 0

	log=$(mktemp -t weir-apt.XXXXXX)
	step "installing Debian packages: ${missing[*]}"
	if ! packages_install "${missing[@]}" >"$log" 2>&1 </dev/null; then
		complain "apt-get could not install them:"
		show_tail "$log" 30
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

# Old package lists are refreshed only when they turn out to be too old.
packages_install()
{
	if apt-cache show "$@" >/dev/null 2>&1 && apt_install "$@"; then
		return 0
	fi
	apt update && apt_install "$@"
}
