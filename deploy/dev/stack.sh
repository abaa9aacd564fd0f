# stack.sh - up, down, status, logs: all parts of one running Weir together.
# shellcheck shell=bash

# In the order they are started; they are stopped in the reverse order.
stack_parts()
{
	local i

	printf '%s\n' database control simulator
	for ((i = 0; i < 64; i++)); do
		printf 'gateway-%d\n' "$i"
	done
}

# The parts that a supervisor keeps at this moment.
stack_living()
{
	local part

	for part in $(stack_parts); do
		! part_is_alive "$part" || printf '%s\n' "$part"
	done
}

stack_stop()
{
	local part signal

	for part in $(stack_parts | tac); do
		[[ -e $STATE/run/$part.pid || -e $STATE/run/$part.child ]] || continue
		signal=TERM
		[[ $part != database ]] || signal=INT
		part_stop "$part" "$signal"
	done
	rm -f -- "$STATE/run/shape"
	rmdir -- "$(database_socket_path)" 2>/dev/null || true
}

# What a running Weir was started with: the flags and the very programs.
stack_shape()
{
	printf '%s\n' "$GATEWAYS" "$PORT_BASE" "$SIMULATOR" "$DATABASE" \
		"${OPENAI_API_KEY:+openai}" "${ANTHROPIC_API_KEY:+anthropic}" \
		"${GEMINI_API_KEY:+gemini}" "${ARK_API_KEY:+ark}"
	sha256sum "$ROOT"/build/release/bin/weir* "$ROOT/deploy/starter.json"
}

stack_is_as_wanted()
{
	local living wanted=$((2 + GATEWAYS))

	[[ -z $SIMULATOR ]] || wanted=$((wanted + 1))
	[[ -z $DATABASE ]] || wanted=$((wanted - 1))
	living=$(stack_living | wc -l)
	((living == wanted)) && [[ -s $STATE/env ]] &&
		[[ $(stack_shape) == "$(cat "$STATE/run/shape" 2>/dev/null)" ]]
}

http_get()
{
	curl -fsS -m 2 -o /dev/null "http://$1" "${@:2}"
}

control_run()
{
	WEIR_DATABASE_URL=$DATABASE_URL WEIR_KEYRING=$STATE/keys \
		"$(program weir-control)" "$@"
}

control_start()
{
	[[ -d $STATE/keys ]] ||
		quietly "$STATE/log/keys.log" "$(program weir-control)" keys create \
			--keyring "$STATE/keys" || return 1
	part_start control TERM "$(program weir-control)" serve --migrate \
		--database-url "$DATABASE_URL" --keyring "$STATE/keys" \
		--admin-listen "$CONTROL" --probe-listen "$CONTROL_PROBE" \
		--link-listen "tls+tcp://$LINK" --bell-listen "tls+tcp://$BELL" \
		--tls-ca "$STATE/tls/ca.crt" --tls-cert "$STATE/tls/control.crt" \
		--tls-key "$STATE/tls/control.key"
	part_wait control 60 http_get "$CONTROL_PROBE/readyz"
}

admin_token_works()
{
	[[ -s $STATE/admin-token ]] &&
		http_get "$CONTROL/admin/v1/tenants?limit=1" \
			-H "Authorization: Bearer $(<"$STATE/admin-token")" 2>/dev/null
}

# A state directory may meet another database; then it needs a new token.
admin_token_make()
{
	! admin_token_works || return 0
	control_run admin-token create --name up |
		write_file "$STATE/admin-token" 0600
	[[ -s $STATE/admin-token ]]
}

simulator_start()
{
	part_start simulator TERM "$(program weir-simulator)" \
		--listen "$SIMULATOR_AT"
	part_wait simulator 30 port_is_open "$SIMULATOR_AT"
}

# gateway_start N: an enrolment token is good for one gateway, once.
gateway_start()
{
	local name=gateway-$1 folder=$STATE/gateway-$1 token

	token=$folder/enrolment-token
	install -d -m 0700 -- "$folder"
	if ! compgen -G "$folder/identity*" >/dev/null; then
		control_run enrolment create --name "$name" | write_file "$token" 0600
	fi
	part_start "$name" TERM "$(program weir-gateway)" --name "$name" \
		--listen "$(gateway_at "$1")" \
		--probe-listen "$(gateway_probe_at "$1")" --state "$folder" \
		--link-url "tls+tcp://$LINK" --bell-url "tls+tcp://$BELL" \
		--tls-ca "$STATE/tls/ca.crt" --tls-cert "$STATE/tls/gateway.crt" \
		--tls-key "$STATE/tls/gateway.key" --enrolment-token-file "$token"
}

control_client()
{
	"$(program weirctl)" --url "http://$CONTROL" \
		--token-file "$STATE/admin-token" "$@"
}

# The starter manifest: providers, models, prices, a tenant with one key,
# whose secret is shown once and kept in STATE.
seed()
{
	local flags=(--key-file "$STATE/api-key")

	[[ -z $SIMULATOR ]] || flags+=(--simulator "http://$SIMULATOR_AT")
	control_client seed "$ROOT/deploy/starter.json" "${flags[@]}" \
		>"$STATE/log/seed.log" 2>&1 || part_failed seed "was refused"
	[[ -s $STATE/api-key ]] || seed_renew_key ||
		part_failed seed "gave no key"
}

# The database knows the key and we do not: another STATE made it.
seed_renew_key()
{
	control_client -o json key rotate demo 2>>"$STATE/log/seed.log" |
		grep -oE 'sk-weir-[0-9A-Za-z]{12}-[0-9A-Za-z]{49}' |
		write_file "$STATE/api-key" 0600
	[[ -s $STATE/api-key ]]
}

gateway_knows_key()
{
	http_get "$(gateway_at "$1")/v1/models" \
		-H "Authorization: Bearer $(<"$STATE/api-key")"
}

stack_start()
{
	local i

	step "starting PostgreSQL, control plane, gateways"
	database_start || part_failed database "could not be made"
	control_start || part_failed control "could not be started"
	admin_token_make || part_failed control "gave no admin token"
	[[ -z $SIMULATOR ]] || simulator_start
	for ((i = 0; i < GATEWAYS; i++)); do
		gateway_start "$i" || part_failed "gateway-$i" "could not be started"
	done
	seed
	for ((i = 0; i < GATEWAYS; i++)); do
		part_wait "gateway-$i" 60 http_get "$(gateway_probe_at "$i")/readyz"
		part_wait "gateway-$i" 60 gateway_knows_key "$i"
	done
	state_write_env
	stack_shape >"$STATE/run/shape"
}

# Which providers answer for real, by the keys in the environment.
stack_say_providers()
{
	local name real=()

	for name in OPENAI ANTHROPIC GEMINI ARK; do
		local variable=${name}_API_KEY
		[[ -z ${!variable:-} ]] || real+=("${name,,}")
	done
	if ((${#real[@]} > 0)); then
		say "  providers   ${real[*]} for real, by the keys in the environment"
	elif [[ -n $SIMULATOR ]]; then
		say "  providers   simulated; set OPENAI_API_KEY (or ANTHROPIC_, GEMINI_, ARK_)"
		say "              and run ./weir up again for the real ones"
	else
		say "  providers   none: no simulator and no provider key in the environment"
	fi
}

stack_say()
{
	local i

	say
	say "Weir is ready."
	say
	for ((i = 0; i < GATEWAYS; i++)); do
		say "  gateway     http://$(gateway_at "$i")   probes http://$(gateway_probe_at "$i")"
	done
	say "  control     http://$CONTROL   admin API at /admin/v1, described at /openapi.json"
	[[ -z $SIMULATOR ]] || say "  simulator   http://$SIMULATOR_AT"
	stack_say_providers
	say "  variables   . $(printf '%q' "$(near "$STATE/env")")"
	say
	say "Try it:"
	say
	say "curl http://$(gateway_at 0)/v1/chat/completions" \
		"-H 'Authorization: Bearer $(<"$STATE/api-key")'" \
		"-H 'Content-Type: application/json'" \
		"-d '{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'"
	say
}

# Foreground: waits until it is told to end, or until `./weir down` elsewhere
# has ended the parts.
stack_hold()
{
	say "Ctrl-C stops it.  Logs: ./weir logs"
	exec 9>&-
	while part_is_alive control; do
		sleep 1 &
		wait $! || true
	done
	say "Weir was stopped."
}

stack_interrupted()
{
	trap '' INT TERM HUP
	say
	say "Stopping ..."
	stack_stop
	exit 130
}

stack_up()
{
	say "Weir: building and starting (state in $(near "$STATE"))"
	packages_need "${PACKAGES_UP[@]}"
	build_programs release
	state_make
	state_lock
	if stack_is_as_wanted; then
		stack_say
		say "It was running already.  ./weir down stops it."
		return 0
	fi
	trap stack_interrupted INT TERM HUP
	stack_stop
	state_check_ports
	certificates_make || die "could not make certificates"
	stack_start
	stack_say
	if [[ -n $DETACH ]]; then
		trap - INT TERM HUP
		say "./weir logs follows the logs, ./weir down stops it."
		return 0
	fi
	stack_hold
}

stack_down()
{
	[[ -d $STATE/run ]] || die "nothing was ever started in $STATE"
	state_lock
	if [[ -z $(stack_living) ]]; then
		say "Nothing is running."
	else
		say "Stopping $(stack_living | tac | paste -sd ' ') ..."
	fi
	stack_stop
}

stack_status()
{
	local part pid

	if [[ ! -d $STATE/run ]] || [[ -z $(stack_living) ]]; then
		say "Nothing is running from $(near "$STATE")."
		exit 3
	fi
	printf '%-12s %-8s %-10s %s\n' part pid restarts log
	for part in $(stack_living); do
		pid=$(process_named_by "$STATE/run/$part.child") || pid=-
		printf '%-12s %-8s %-10s %s\n' "$part" "$pid" "$(part_ends "$part")" \
			"$(near "$STATE/log/$part.log")"
	done
}

stack_logs()
{
	local file files=()

	(($# <= 1)) || die "logs wants one part, or none for all"
	if (($# == 1)); then
		[[ -f $STATE/log/$1.log ]] || die "no log of '$1' in $STATE/log"
		exec tail -n 100 -F -- "$STATE/log/$1.log"
	fi
	for file in "$STATE"/log/{database,control,simulator,gateway-*}.log; do
		[[ ! -f $file ]] || files+=("$file")
	done
	((${#files[@]} > 0)) || die "no logs in $STATE/log"
	exec tail -n 20 -F -- "${files[@]}"
}
