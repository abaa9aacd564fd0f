/*
 * control_greeting.c - how this gateway gets in: enrolment, challenge, Hello.
 *
 * Only the thread that greets changes the identity; others read it under the
 * lock.
 */
#include <endian.h>
#include <string.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/wire.h"
#include "dataplane/control/control_private.h"

#define GREETING_TIMEOUT_MS 2000
#define NONCE_MAX_BYTES 256

/* After a refused enrolment, which will be refused again. */
#define ENROL_PAUSE_NS (5 * NS_PER_S)

/* A session is renewed this much before it ends. */
#define RENEW_EARLY_US (60 * US_PER_S)
#define SESSION_MAX_US (24 * 3600 * US_PER_S)

#define HEARTBEAT_MIN_MS 100
#define HEARTBEAT_MAX_MS 60000
#define BATCH_RECORDS_MAX 10000
#define BATCH_BYTES_MAX (4 << 20)

struct greeting {
	struct control *control;
	enum control_lane lane;
	struct arena *arena;
	struct identity identity; /* a copy to work on */
};

static enum status
ask(struct greeting *g, Weir__Link__V1__Question *question,
    Weir__Link__V1__Answer__BodyCase expected,
    const Weir__Link__V1__Answer **out)
{
	struct control_call call = {
		.lane = g->lane,
		.arena = g->arena,
		.question = question,
		.expected = expected,
		.timeout_ms = GREETING_TIMEOUT_MS,
	};
	enum status s = control_ask_bare(g->control, &call);

	if (s == OK)
		*out = call.answer;
	return s;
}

/* --- enrolment ---------------------------------------------------------------------- */

static enum status
read_enrolled(
    const Weir__Link__V1__Enrolled *enrolled, struct identity *identity)
{
	enum status s;

	s = control_read_bytes(enrolled->gateway_id, identity->gateway.bytes,
	    sizeof(identity->gateway.bytes));
	if (s == OK)
		s = control_read_bytes(enrolled->secret, identity->secret,
		    sizeof(identity->secret));
	if (s == OK)
		s = control_read_bytes(enrolled->sign_public,
		    identity->sign_public, sizeof(identity->sign_public));
	identity->is_enrolled = s == OK;
	return s;
}

static enum status
ask_for_identity(struct greeting *g)
{
	const struct control_config *config = &g->control->config;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__Enrol enrol = WEIR__LINK__V1__ENROL__INIT;
	const Weir__Link__V1__Answer *answer;
	struct identity identity = g->identity;
	enum status s;

	enrol.token = (char *)config->enrolment_token;
	enrol.box_public = wire_data(
	    str_make(identity.box_public, sizeof(identity.box_public)));
	enrol.name = (char *)config->name;
	enrol.region = (char *)config->region;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_ENROL;
	question.enrol = &enrol;
	s = ask(g, &question, WEIR__LINK__V1__ANSWER__BODY_ENROLLED, &answer);
	if (s == OK)
		s = read_enrolled(answer->enrolled, &identity);
	if (s == OK)
		s = identity_save(config->state_directory, &identity);
	if (s == OK)
		g->identity = identity;
	seal_wipe(&identity, sizeof(identity));
	return s;
}

static bool
may_enrol(struct control *control)
{
	int64_t now_ns = clock_mono_ns();
	bool may;

	pthread_mutex_lock(&control->lock);
	may = now_ns >= control->enrol_after_ns;
	if (may)
		control->enrol_after_ns = now_ns + ENROL_PAUSE_NS;
	pthread_mutex_unlock(&control->lock);
	return may;
}

static enum status
enrol(struct greeting *g)
{
	struct control *control = g->control;
	char text[ID_TEXT_SIZE];
	enum status s;

	if (!may_enrol(control))
		return E_FORBIDDEN;
	if (control->config.enrolment_token == NULL) {
		log_error("not_enrolled",
		    log_cstr("why",
			"the control plane does not know this "
			"gateway and no token is configured"));
		return E_FORBIDDEN;
	}
	s = ask_for_identity(g);
	pthread_mutex_lock(&control->lock);
	if (s == OK)
		control->identity = g->identity;
	/* Not answered: nothing was refused. */
	if (s != E_UNAUTHENTICATED && s != E_INVALID)
		control->enrol_after_ns = 0;
	pthread_mutex_unlock(&control->lock);
	if (s == OK)
		log_info("enrolled",
		    log_cstr(
			"gateway", id_format(g->identity.gateway, "gw", text)));
	else if (s == E_UNAUTHENTICATED || s == E_INVALID)
		log_error("enrolment_refused", log_status(s));
	return s;
}

/* --- hello ---------------------------------------------------------------------------- */

static enum status
get_challenge(struct greeting *g, struct str *out_nonce)
{
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__ChallengeGet get = WEIR__LINK__V1__CHALLENGE_GET__INIT;
	const Weir__Link__V1__Answer *answer;
	enum status s;

	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CHALLENGE_GET;
	question.challenge_get = &get;
	s = ask(g, &question, WEIR__LINK__V1__ANSWER__BODY_CHALLENGE, &answer);
	if (s != OK)
		return s;
	if (answer->challenge->nonce.len == 0 ||
	    answer->challenge->nonce.len > NONCE_MAX_BYTES)
		return E_CORRUPT;
	*out_nonce = wire_bytes(answer->challenge->nonce);
	return OK;
}

/* HMAC(secret, nonce gateway_id be64(boot_id)) */
static struct str
make_proof(struct greeting *g, struct str nonce)
{
	const struct identity *identity = &g->identity;
	uint64_t boot_id = htobe64(g->control->config.boot_id);
	size_t len = nonce.len + sizeof(struct id) + sizeof(boot_id);
	struct hmac_key *key =
	    hmac_key_new(str_make(identity->secret, sizeof(identity->secret)));
	char *message = arena_alloc(g->arena, len);
	uint8_t *proof = arena_alloc(g->arena, SHA256_SIZE);

	memcpy(message, nonce.ptr, nonce.len);
	memcpy(message + nonce.len, identity->gateway.bytes, sizeof(struct id));
	memcpy(message + len - sizeof(boot_id), &boot_id, sizeof(boot_id));
	hmac_sign(key, str_make(message, len), proof);
	hmac_key_free(key);
	return str_make(proof, SHA256_SIZE);
}

static size_t
clamp(uint32_t value, size_t max)
{
	return value == 0 ? 1 : size_min(value, max);
}

static enum status
read_hello_ack(const Weir__Link__V1__HelloAck *ack, struct control_session *out)
{
	int64_t valid_us;

	if (ack->session.len == 0 || ack->session.len > sizeof(out->token))
		return E_CORRUPT;
	memcpy(out->token, ack->session.data, ack->session.len);
	out->token_len = ack->session.len;
	if (control_read_bytes(ack->session_key, out->key, sizeof(out->key)) !=
	    OK)
		return E_CORRUPT;

	/* By the control plane's clock, whatever ours says. */
	valid_us = i64_from_u64(ack->expires_us > ack->server_us
		? ack->expires_us - ack->server_us
		: 0,
	    SESSION_MAX_US);
	valid_us -= i64_min(RENEW_EARLY_US, valid_us / 2);
	out->renew_at_ns = clock_mono_ns() + valid_us * 1000;
	out->heartbeat_ms = i64_max(
	    HEARTBEAT_MIN_MS, i64_min(HEARTBEAT_MAX_MS, ack->heartbeat_ms));
	out->limits.max_records =
	    clamp(ack->batch_max_records, BATCH_RECORDS_MAX);
	out->limits.max_bytes = clamp(ack->batch_max_bytes, BATCH_BYTES_MAX);
	return OK;
}

static enum status
say_hello(struct greeting *g, struct control_session *out)
{
	const struct identity *identity = &g->identity;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__Hello hello = WEIR__LINK__V1__HELLO__INIT;
	const Weir__Link__V1__Answer *answer;
	struct str nonce;
	enum status s;

	s = get_challenge(g, &nonce);
	if (s != OK)
		return s;
	hello.gateway_id = wire_data(
	    str_make(identity->gateway.bytes, sizeof(identity->gateway.bytes)));
	hello.boot_id = g->control->config.boot_id;
	hello.nonce = wire_data(nonce);
	hello.proof = wire_data(make_proof(g, nonce));
	hello.version = (char *)WEIR_VERSION;
	hello.region = (char *)g->control->config.region;
	hello.box_public = wire_data(
	    str_make(identity->box_public, sizeof(identity->box_public)));
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_HELLO;
	question.hello = &hello;
	s = ask(g, &question, WEIR__LINK__V1__ANSWER__BODY_HELLO_ACK, &answer);
	return s == OK ? read_hello_ack(answer->hello_ack, out) : s;
}

enum status
control_greet(struct control *control, enum control_lane lane,
    struct arena *arena, struct control_session *out)
{
	struct greeting g = {
		.control = control,
		.lane = lane,
		.arena = arena,
	};
	enum status s = E_FORBIDDEN;

	pthread_mutex_lock(&control->lock);
	g.identity = control->identity;
	pthread_mutex_unlock(&control->lock);

	if (g.identity.is_enrolled)
		s = say_hello(&g, out);
	if (s == E_FORBIDDEN) {
		s = enrol(&g);
		if (s == OK)
			s = say_hello(&g, out);
	}
	seal_wipe(&g.identity, sizeof(g.identity));
	return s;
}
