/*
 * control.c - asking: sessions, envelopes, and what errors mean.
 */
#include "dataplane/control/control.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/wire.h"
#include "dataplane/control/control_private.h"

#define ENVELOPE_VERSION 1
#define GREETING_WAIT_NS NS_PER_S
#define HEARTBEAT_DEFAULT_MS 1000
#define SILENCE_MAX_NS (10 * NS_PER_S)

/* Until the first session says otherwise. */
static const struct control_batch_limits first_limits = {
	.max_records = 100,
	.max_bytes = 64 << 10,
};

/* --- opening and closing ------------------------------------------------------------ */

static enum status
dial(struct control *control)
{
	const struct control_config *config = &control->config;
	enum status s = OK;

	for (size_t i = 0; i < CONTROL_LANES && s == OK; i++)
		s = link_dial_request(
		    config->link_url, config->tls, &control->lanes[i]);
	if (s == OK)
		s = link_dial_subscribe(
		    config->bell_url, config->tls, &control->bell);
	return s;
}

static void
cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

enum status
control_open(const struct control_config *config, struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	enum status s;

	if (control == NULL)
		abort();
	control->config = *config;
	control->session.limits = first_limits;
	control->session.heartbeat_ms = HEARTBEAT_DEFAULT_MS;
	pthread_mutex_init(&control->lock, NULL);
	cond_init(&control->changed);
	s = identity_open(config->state_directory, &control->identity);
	if (s != OK)
		log_error("identity_unusable",
		    log_cstr("state", config->state_directory), log_status(s));
	if (s == OK)
		s = dial(control);
	if (s != OK) {
		control_close(control);
		return s;
	}
	*out = control;
	return OK;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	for (size_t i = 0; i < CONTROL_LANES; i++)
		link_close(control->lanes[i]);
	link_close(control->bell);
	pthread_cond_destroy(&control->changed);
	pthread_mutex_destroy(&control->lock);
	seal_wipe(control, sizeof(*control));
	free(control);
}

void
control_hang_up(struct control *control, enum control_lane lane)
{
	pthread_mutex_lock(&control->lock);
	control->is_hung_up[lane] = true;
	pthread_cond_broadcast(&control->changed);
	link_stop(control->lanes[lane]);
	if (lane == CONTROL_CONFIG)
		link_stop(control->bell);
	pthread_mutex_unlock(&control->lock);
}

/* --- one question ---------------------------------------------------------------------- */

enum status
control_read_bytes(ProtobufCBinaryData data, void *out, size_t size)
{
	if (data.len != size)
		return E_CORRUPT;
	memcpy(out, data.data, size);
	return OK;
}

static enum status
error_status(const Weir__Link__V1__Error *error)
{
	switch (error->code) {
	case WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNAUTHENTICATED:
		return E_UNAUTHENTICATED;
	case WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_INVALID:
		return E_INVALID;
	case WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_GONE:
		return E_NOT_FOUND;
	case WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNAVAILABLE:
		return E_UNAVAILABLE;
	case WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNKNOWN_GATEWAY:
		return E_FORBIDDEN;
	default:
		return E_INTERNAL;
	}
}

static enum status
read_answer(struct control_call *call, struct str bytes)
{
	const Weir__Link__V1__Answer *answer;
	ProtobufCMessage *message;
	enum status s;

	s = wire_unpack(call->arena, &weir__link__v1__answer__descriptor, bytes,
	    LINK_MESSAGE_MAX_BYTES, &message);
	if (s != OK)
		return E_CORRUPT;
	answer = (const Weir__Link__V1__Answer *)message;
	if (answer->body_case == WEIR__LINK__V1__ANSWER__BODY_ERROR)
		return error_status(answer->error);
	if (answer->body_case != call->expected)
		return E_CORRUPT;
	call->answer = answer;
	return OK;
}

static void
note_link(struct control *control, enum status s)
{
	bool is_up = s != E_TIMEOUT && s != E_CANCELLED && s != E_CORRUPT;
	bool was_up;

	if (s == E_CANCELLED)
		return;
	pthread_mutex_lock(&control->lock);
	was_up = control->is_up;
	control->is_up = is_up;
	pthread_mutex_unlock(&control->lock);
	metric_set(METRIC_GATEWAY_LINK_UP, is_up);
	if (is_up != was_up && is_up)
		log_info("link_up", log_cstr("url", control->config.link_url));
	else if (is_up != was_up)
		log_warn("link_down", log_cstr("url", control->config.link_url),
		    log_status(s));
}

/* Puts `fresh` in the place of a link, unless the lane was ended. */
static void
replace_link(struct control *control, enum control_lane lane,
    struct link **place, struct link *fresh)
{
	struct link *old = fresh;

	pthread_mutex_lock(&control->lock);
	if (!control->is_hung_up[lane]) {
		old = *place;
		*place = fresh;
	}
	pthread_mutex_unlock(&control->lock);
	link_close(old);
}

/*
 * NNG 1.5.2 may never dial again after a connection that died in the middle
 * of a message.  A lane that was silent for long gets a new socket, and with
 * it the bell: harmless when the control plane is only away.  Each lane is
 * one thread's, so nobody else asks through the old one.
 */
static void
redial_when_silent(
    struct control *control, enum control_lane lane, enum status s)
{
	const struct control_config *config = &control->config;
	int64_t now_ns = clock_mono_ns();
	struct link *fresh;

	if (s != E_TIMEOUT || control->heard_ns[lane] == 0)
		control->heard_ns[lane] = now_ns;
	if (now_ns - control->heard_ns[lane] < SILENCE_MAX_NS)
		return;
	control->heard_ns[lane] = now_ns;
	if (link_dial_request(config->link_url, config->tls, &fresh) == OK)
		replace_link(control, lane, &control->lanes[lane], fresh);
	if (lane == CONTROL_CONFIG &&
	    link_dial_subscribe(config->bell_url, config->tls, &fresh) == OK)
		replace_link(control, lane, &control->bell, fresh);
}

static enum status
exchange(struct control *control, struct control_call *call,
    const Weir__Link__V1__Envelope *envelope)
{
	struct str answer;
	enum status s;

	s = link_ask(control->lanes[call->lane], call->arena,
	    wire_pack(call->arena, &envelope->base), call->timeout_ms, &answer);
	if (s == OK)
		s = read_answer(call, answer);
	note_link(control, s);
	redial_when_silent(control, call->lane, s);
	return s;
}

enum status
control_ask_bare(struct control *control, struct control_call *call)
{
	Weir__Link__V1__Envelope envelope = WEIR__LINK__V1__ENVELOPE__INIT;

	envelope.version = ENVELOPE_VERSION;
	envelope.body =
	    wire_data(wire_pack(call->arena, &call->question->base));
	return exchange(control, call, &envelope);
}

/* --- sessions ------------------------------------------------------------------------- */

/* Somebody else says Hello: wait for the outcome, but not for long. */
static void
wait_for_greeting(struct control *control, enum control_lane lane)
{
	int64_t end_ns = clock_mono_ns() + GREETING_WAIT_NS;
	struct timespec end = { end_ns / NS_PER_S, end_ns % NS_PER_S };

	while (control->is_greeting && !control->is_hung_up[lane] &&
	    clock_mono_ns() < end_ns)
		pthread_cond_timedwait(&control->changed, &control->lock, &end);
}

static bool
has_session(const struct control *control)
{
	return control->session.number != 0 &&
	    clock_mono_ns() < control->session.renew_at_ns;
}

/* The lock is held, and let go of meanwhile. */
static enum status
begin_session(
    struct control *control, enum control_lane lane, struct arena *arena)
{
	struct control_session session = { 0 };
	enum status s;

	control->is_greeting = true;
	pthread_mutex_unlock(&control->lock);
	s = control_greet(control, lane, arena, &session);
	pthread_mutex_lock(&control->lock);
	if (s == OK) {
		session.number = control->session.number + 1;
		control->session = session;
	}
	control->is_greeting = false;
	pthread_cond_broadcast(&control->changed);
	seal_wipe(&session, sizeof(session));
	return s;
}

/* A copy of the session, with a counter of its own. */
static enum status
take_session(struct control *control, const struct control_call *call,
    struct control_session *out)
{
	enum status s = OK;

	pthread_mutex_lock(&control->lock);
	if (!has_session(control))
		wait_for_greeting(control, call->lane);
	if (control->is_hung_up[call->lane])
		s = E_CANCELLED;
	else if (!has_session(control))
		s = control->is_greeting
		    ? E_UNAVAILABLE
		    : begin_session(control, call->lane, call->arena);
	if (s == OK) {
		control->session.counter++;
		*out = control->session;
	}
	pthread_mutex_unlock(&control->lock);
	return s;
}

/* Unless another thread has begun a newer one. */
static void
drop_session(struct control *control, uint64_t number)
{
	pthread_mutex_lock(&control->lock);
	if (control->session.number == number)
		control->session.renew_at_ns = 0;
	pthread_mutex_unlock(&control->lock);
}

/* HMAC(session key, be64(counter) body) */
static struct str
make_mac(
    struct arena *arena, const struct control_session *session, struct str body)
{
	struct hmac_key *key =
	    hmac_key_new(str_make(session->key, sizeof(session->key)));
	size_t len = sizeof(uint64_t) + body.len;
	char *message = arena_alloc(arena, len);
	uint8_t *mac = arena_alloc(arena, SHA256_SIZE);
	uint64_t counter = htobe64(session->counter);

	memcpy(message, &counter, sizeof(counter));
	memcpy(message + sizeof(counter), body.ptr, body.len);
	hmac_sign(key, str_make(message, len), mac);
	hmac_key_free(key);
	return str_make(mac, SHA256_SIZE);
}

static enum status
ask_once(struct control *control, struct control_call *call, struct str body)
{
	Weir__Link__V1__Envelope envelope = WEIR__LINK__V1__ENVELOPE__INIT;
	struct control_session session;
	enum status s;

	s = take_session(control, call, &session);
	if (s != OK)
		return s == E_UNAUTHENTICATED ? E_FORBIDDEN : s;
	envelope.version = ENVELOPE_VERSION;
	envelope.session =
	    wire_data(str_make(session.token, session.token_len));
	envelope.counter = session.counter;
	envelope.body = wire_data(body);
	envelope.mac = wire_data(make_mac(call->arena, &session, body));
	s = exchange(control, call, &envelope);
	if (s == E_UNAUTHENTICATED || s == E_FORBIDDEN)
		drop_session(control, session.number);
	seal_wipe(session.key, sizeof(session.key));
	return s;
}

enum status
control_ask_packed(
    struct control *control, struct control_call *call, struct str body)
{
	enum status s = ask_once(control, call, body);

	/* The session had ended: once more, with a new one. */
	if (s == E_UNAUTHENTICATED)
		s = ask_once(control, call, body);
	return s;
}

enum status
control_ask(struct control *control, struct control_call *call)
{
	return control_ask_packed(
	    control, call, wire_pack(call->arena, &call->question->base));
}

int64_t
control_heartbeat_ms(struct control *control)
{
	int64_t heartbeat_ms;

	pthread_mutex_lock(&control->lock);
	heartbeat_ms = control->session.heartbeat_ms;
	pthread_mutex_unlock(&control->lock);
	return heartbeat_ms;
}

struct control_batch_limits
control_batch_limits(struct control *control)
{
	struct control_batch_limits limits;

	pthread_mutex_lock(&control->lock);
	limits = control->session.limits;
	pthread_mutex_unlock(&control->lock);
	return limits;
}
