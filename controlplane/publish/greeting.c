/*
 * greeting.c - how a gateway gets in: enrolment, challenge, hello.
 *
 * Any of these may arrive twice, so enrolling again with the same token and
 * the same box key gives the same identity.
 */
#include "controlplane/publish/exchange.h"

#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/log.h"
#include "common/token.h"
#include "common/wire.h"
#include "controlplane/audit/audit.h"
#include "controlplane/keyring.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/store/fleet.h"

#define SECRET_SIZE 32
#define SESSION_VALID_US (3600 * US_PER_S)
#define NAME_MAX_BYTES 120

/* What keyring_seal() makes of a data key: nonce, key, tag. */
#define SEALED_KEY_SIZE (SEAL_NONCE_SIZE + SEAL_KEY_SIZE + SEAL_TAG_SIZE)

/* The row holds both parts in one column, the sealed key first. */
static struct str
seal_secret(
    struct exchange *x, struct id id, struct str secret, struct str *out_kek_id)
{
	struct sealed_secret sealed =
	    keyring_seal(x->fleet->options.keyring, x->arena, id, secret);

	assert(sealed.sealed_key.len == SEALED_KEY_SIZE);
	*out_kek_id = sealed.kek_id;
	char *both =
	    arena_alloc(x->arena, sealed.sealed_key.len + sealed.sealed.len);
	memcpy(both, sealed.sealed_key.ptr, sealed.sealed_key.len);
	memcpy(
	    both + sealed.sealed_key.len, sealed.sealed.ptr, sealed.sealed.len);
	return str_make(both, sealed.sealed_key.len + sealed.sealed.len);
}

static enum status
unseal_secret(
    struct exchange *x, const struct gateway *gateway, struct str *out_secret)
{
	struct sealed_secret sealed = {
		.sealed_key = str_head(gateway->secret_sealed, SEALED_KEY_SIZE),
		.sealed = str_skip(gateway->secret_sealed, SEALED_KEY_SIZE),
		.kek_id = gateway->kek_id,
	};

	return keyring_unseal(x->fleet->options.keyring, x->arena, gateway->id,
	    &sealed, out_secret);
}

/* An unknown token takes as long as a wrong one. */
static enum status
find_enrolment(struct exchange *x, struct str token, struct str public_id,
    struct enrolment *out)
{
	const struct keyring *keyring = x->fleet->options.keyring;
	uint8_t verifier[SHA256_SIZE] = { 0 };
	enum status found =
	    store_enrolment_find(x->db, x->arena, public_id, out);

	if (found != OK && found != E_NOT_FOUND)
		return found;
	uint32_t pepper =
	    found == OK ? out->pepper_version : keyring_pepper_version(keyring);
	enum status s = keyring_verifier(keyring, pepper, token, verifier);
	if (s != OK || found != OK || out->verifier.len != sizeof(verifier) ||
	    !digest_eq(out->verifier.ptr, verifier, sizeof(verifier)))
		return E_UNAUTHENTICATED;
	return OK;
}

static void
audit_enrolment(struct tx *tx, const struct gateway_spec *spec)
{
	char enrolment[ID_TEXT_SIZE], gateway[ID_TEXT_SIZE];
	const struct audit_event event = {
		.action = "gateway.enrol",
		.outcome = "success",
		.actor = { .kind = "gateway_enrolment",
		    .id = str_from(
			id_format(spec->enrolment, "enr", enrolment)) },
		.resource_kind = "gateway",
		.resource_id = str_from(id_format(spec->id, "gw", gateway)),
	};

	audit_write(tx, &event);
}

/* The identity made earlier for this token and box key, or a new one. */
static enum status
make_gateway(
    struct exchange *x, struct gateway_spec *spec, struct str *out_secret)
{
	struct gateway earlier;
	uint8_t secret[SECRET_SIZE];
	struct tx tx CLEANUP(tx_rollback);

	tx_begin(&tx, x->db, x->arena);
	store_enrolment_lock(&tx, spec->enrolment);
	if (store_gateway_find_enrolled(&tx, spec, &earlier)) {
		spec->id = earlier.id;
		enum status s = unseal_secret(x, &earlier, out_secret);
		return s == OK ? tx_commit(&tx) : s;
	}
	random_bytes(secret, sizeof(secret));
	spec->id = id_make();
	*out_secret = str_copy(x->arena, str_make(secret, sizeof(secret)));
	spec->secret_sealed =
	    seal_secret(x, spec->id, *out_secret, &spec->kek_id);
	store_enrolment_use(&tx, spec->enrolment);
	store_gateway_insert(&tx, spec);
	audit_enrolment(&tx, spec);
	return tx_commit(&tx);
}

static void
answer_enrolled(struct exchange *x, struct id gateway, struct str secret)
{
	Weir__Link__V1__Enrolled *enrolled =
	    arena_alloc(x->arena, sizeof(*enrolled));
	uint8_t *sign_public = arena_alloc(x->arena, SIGN_KEY_SIZE);
	char text[ID_TEXT_SIZE];

	keyring_sign_public(x->fleet->options.keyring, sign_public);
	weir__link__v1__enrolled__init(enrolled);
	enrolled->gateway_id = wire_data(
	    str_copy(x->arena, str_make(gateway.bytes, sizeof(gateway.bytes))));
	enrolled->secret = wire_data(secret);
	enrolled->sign_public = wire_data(str_make(sign_public, SIGN_KEY_SIZE));
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_ENROLLED;
	x->answer.enrolled = enrolled;
	log_info("gateway_enrolled",
	    log_cstr("gateway", id_format(gateway, "gw", text)));
}

enum status
greeting_enrol(struct exchange *x)
{
	const Weir__Link__V1__Enrol *enrol = x->question->enrol;
	struct str token = str_from(enrol->token);
	struct str public_id, secret;
	struct enrolment enrolment;

	if (token_parse(token, TOKEN_PREFIX_ENROLMENT, &public_id) != OK)
		return exchange_fail(
		    x, E_UNAUTHENTICATED, "this is no enrolment token");
	if (enrol->box_public.len != SEAL_KEY_SIZE)
		return exchange_fail(x, E_INVALID, "box_public: 32 bytes");
	if (throttle_is_closed(&x->fleet->throttle, public_id))
		return exchange_fail(
		    x, E_RATE_LIMITED, "too many wrong tokens: wait");

	enum status s = find_enrolment(x, token, public_id, &enrolment);
	if (s == E_UNAUTHENTICATED) {
		throttle_add_failure(&x->fleet->throttle, public_id);
		return exchange_fail(x, s, "the enrolment token is not known");
	}
	if (s != OK)
		return s;

	struct str name = str_head_utf8(str_from(enrol->name), NAME_MAX_BYTES);
	struct str region =
	    str_head_utf8(str_from(enrol->region), NAME_MAX_BYTES);
	struct gateway_spec spec = {
		.enrolment = enrolment.id,
		.name = str_is_empty(name) ? enrolment.name : name,
		.region = str_is_empty(region) ? enrolment.region : region,
		.box_public = wire_bytes(enrol->box_public),
	};
	s = make_gateway(x, &spec, &secret);
	if (s == E_FORBIDDEN)
		return exchange_fail(x, E_UNAUTHENTICATED,
		    "the enrolment token is used up, expired or revoked");
	if (s == OK)
		answer_enrolled(x, spec.id, secret);
	return s;
}

enum status
greeting_challenge(struct exchange *x)
{
	Weir__Link__V1__Challenge *challenge =
	    arena_alloc(x->arena, sizeof(*challenge));
	uint8_t *nonce = arena_alloc(x->arena, SESSION_NONCE_SIZE);

	session_nonce_make(&x->fleet->keys, nonce);
	weir__link__v1__challenge__init(challenge);
	challenge->nonce = wire_data(str_make(nonce, SESSION_NONCE_SIZE));
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CHALLENGE;
	x->answer.challenge = challenge;
	return OK;
}

/* Does it know the gateway's secret? */
static enum status
check_proof(struct exchange *x, const struct gateway *gateway)
{
	const Weir__Link__V1__Hello *hello = x->question->hello;
	struct str secret;
	enum status s = unseal_secret(x, gateway, &secret);

	if (s != OK) {
		log_error("gateway_secret_unreadable",
		    log_int("gateway", gateway->sid), log_status(s));
		return E_INTERNAL;
	}
	return session_proof_check(secret, wire_bytes(hello->nonce),
	    &x->session, wire_bytes(hello->proof));
}

static void
answer_hello(struct exchange *x)
{
	const struct fleet_options *options = &x->fleet->options;
	Weir__Link__V1__HelloAck *ack = arena_alloc(x->arena, sizeof(*ack));

	weir__link__v1__hello_ack__init(ack);
	ack->session =
	    wire_data(session_seal(&x->fleet->keys, x->arena, &x->session));
	ack->session_key =
	    wire_data(str_make(x->session.key, sizeof(x->session.key)));
	ack->expires_us = (uint64_t)x->session.expires_us;
	ack->server_us = (uint64_t)clock_wall_us();
	ack->head_rev = publisher_rev(options->publisher);
	ack->heartbeat_ms = options->heartbeat_ms;
	ack->batch_max_records = options->batch_max_records;
	ack->batch_max_bytes = options->batch_max_bytes;
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_HELLO_ACK;
	x->answer.hello_ack = ack;
}

static enum status
begin_session(struct exchange *x, const struct gateway *gateway)
{
	const Weir__Link__V1__Hello *hello = x->question->hello;
	struct str box_public = wire_bytes(hello->box_public);

	if (box_public.len != SEAL_KEY_SIZE)
		box_public = gateway->box_public;
	const struct gateway_hello row = {
		.id = x->session.gateway,
		.boot_id = hello->boot_id,
		.software =
		    str_head_utf8(str_from(hello->version), NAME_MAX_BYTES),
		.region =
		    str_head_utf8(str_from(hello->region), NAME_MAX_BYTES),
		.box_public = box_public,
	};
	enum status s = store_gateway_hello(x->db, x->arena, &row);
	if (s != OK)
		return s;
	x->session.gateway_sid = gateway->sid;
	x->session.expires_us = clock_wall_us() + SESSION_VALID_US;
	random_bytes(x->session.key, sizeof(x->session.key));
	memcpy(x->session.box_public, box_public.ptr, SEAL_KEY_SIZE);
	answer_hello(x);
	return OK;
}

enum status
greeting_hello(struct exchange *x)
{
	const Weir__Link__V1__Hello *hello = x->question->hello;
	struct str name = wire_bytes(hello->gateway_id);
	struct throttle *throttle = &x->fleet->throttle;
	struct gateway gateway;

	if (name.len != sizeof(x->session.gateway.bytes))
		return exchange_fail(x, E_INVALID, "gateway_id: 16 bytes");
	if (session_nonce_check(&x->fleet->keys, wire_bytes(hello->nonce)) !=
	    OK)
		return exchange_fail(
		    x, E_UNAUTHENTICATED, "the challenge is old or not ours");
	if (throttle_is_closed(throttle, name))
		return exchange_fail(
		    x, E_RATE_LIMITED, "too many wrong proofs: wait");
	memcpy(x->session.gateway.bytes, name.ptr, name.len);
	x->session.boot_id = hello->boot_id;

	enum status s =
	    store_gateway_find(x->db, x->arena, x->session.gateway, &gateway);
	if (s == OK)
		s = check_proof(x, &gateway);
	if (s == E_NOT_FOUND || s == E_UNAUTHENTICATED)
		throttle_add_failure(throttle, name);
	if (s == OK)
		s = begin_session(x, &gateway);
	if (s == E_NOT_FOUND)
		return exchange_fail_unknown(x);
	if (s == E_UNAUTHENTICATED)
		return exchange_fail(x, s, "the proof is wrong");
	return s;
}
