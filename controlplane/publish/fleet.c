/* fleet.c - see fleet.h. */
#include "controlplane/publish/fleet.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/emit.h"
#include "common/link.h"
#include "common/log.h"
#include "common/wire.h"
#include "controlplane/publish/exchange.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/store/fleet.h"
#include "controlplane/usage/collector.h"

#define ENVELOPE_VERSION 1
#define STATEMENT_TIMEOUT_MS 10000
#define RETRY_AFTER_MS 1000
#define ERRORS_MAX 100 /* of a rejected configuration */
#define ERRORS_MAX_BYTES 65536

struct fleet *
fleet_open(const struct fleet_options *options)
{
	struct fleet *fleet = calloc(
	    1, sizeof(*fleet) + options->threads * sizeof(fleet->dbs[0]));

	if (!fleet)
		abort();
	fleet->options = *options;
	session_keys_init(&fleet->keys, options->keyring);
	throttle_init(&fleet->throttle);
	for (unsigned i = 0; i < options->threads; i++) {
		fleet->dbs[i] = db_open(options->database_url, "weir-link");
		db_set_statement_timeout(fleet->dbs[i], STATEMENT_TIMEOUT_MS);
	}
	return fleet;
}

void
fleet_close(struct fleet *fleet)
{
	if (!fleet)
		return;
	for (unsigned i = 0; i < fleet->options.threads; i++)
		db_close(fleet->dbs[i]);
	throttle_done(&fleet->throttle);
	seal_wipe(&fleet->keys, sizeof(fleet->keys));
	free(fleet);
}

static void
set_error(
    struct exchange *x, Weir__Link__V1__ErrorCode code, const char *message)
{
	Weir__Link__V1__Error *error = arena_alloc(x->arena, sizeof(*error));

	weir__link__v1__error__init(error);
	error->code = code;
	error->message = (char *)message;
	if (code == WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNAVAILABLE)
		error->retry_after_ms = RETRY_AFTER_MS;
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_ERROR;
	x->answer.error = error;
}

static Weir__Link__V1__ErrorCode
code_of(enum status s)
{
	switch (s) {
	case E_UNAUTHENTICATED:
		return WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNAUTHENTICATED;
	case E_INVALID:
	case E_CORRUPT:
	case E_TOO_LARGE:
		return WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_INVALID;
	case E_NOT_FOUND:
		return WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_GONE;
	case E_UNAVAILABLE:
	case E_TIMEOUT:
	case E_RATE_LIMITED:
		return WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNAVAILABLE;
	default:
		return WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_INTERNAL;
	}
}

enum status
exchange_fail(struct exchange *x, enum status s, const char *message)
{
	set_error(x, code_of(s), message);
	return s;
}

enum status
exchange_fail_unknown(struct exchange *x)
{
	set_error(x, WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_UNKNOWN_GATEWAY,
	    "this gateway is not known: enrol it again");
	return E_NOT_FOUND;
}

static void
release(void *compiled)
{
	compiled_unref(compiled);
}

/* Keeps the snapshot while its bytes are part of an answer. */
static struct compiled *
hold(struct exchange *x, struct compiled *compiled)
{
	if (compiled)
		arena_defer(x->arena, release, compiled);
	return compiled;
}

/* "weir-secrets-v1", who it is for, which revision it goes with. */
static struct str
secrets_context(struct exchange *x, uint64_t rev)
{
	static const struct str purpose = { "weir-secrets-v1", 15 };
	uint64_t number = htobe64(rev);
	size_t len = purpose.len + sizeof(struct id) + sizeof(number);
	char *bytes = arena_alloc(x->arena, len);

	memcpy(bytes, purpose.ptr, purpose.len);
	memcpy(
	    bytes + purpose.len, x->session.gateway.bytes, sizeof(struct id));
	memcpy(bytes + len - sizeof(number), &number, sizeof(number));
	return str_make(bytes, len);
}

static enum status
on_config_get(struct exchange *x)
{
	struct compiled *compiled =
	    hold(x, publisher_newest(x->fleet->options.publisher));
	Weir__Link__V1__ConfigHead *head = arena_alloc(x->arena, sizeof(*head));
	struct str secrets;

	if (!compiled)
		return exchange_fail(
		    x, E_UNAVAILABLE, "no configuration has been compiled yet");
	enum status s = box_seal(x->arena, x->session.box_public,
	    secrets_context(x, compiled->rev), compiled->secrets, &secrets);
	if (s != OK)
		return exchange_fail(
		    x, E_INVALID, "box_public is not a key to seal to");

	weir__link__v1__config_head__init(head);
	head->rev = compiled->rev;
	head->chunk_count = (uint32_t)compiled->chunk_count;
	head->size_bytes = compiled->size_bytes;
	head->digest =
	    wire_data(str_make(compiled->digest, sizeof(compiled->digest)));
	head->signature = wire_data(
	    str_make(compiled->signature, sizeof(compiled->signature)));
	head->secrets = wire_data(secrets);
	head->compiled_us = (uint64_t)compiled->compiled_us;
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CONFIG_HEAD;
	x->answer.config_head = head;
	return OK;
}

static enum status
on_chunk_get(struct exchange *x)
{
	const Weir__Link__V1__ChunkGet *get = x->question->chunk_get;
	struct compiled *compiled =
	    hold(x, publisher_find(x->fleet->options.publisher, get->rev));
	Weir__Link__V1__Chunk *chunk = arena_alloc(x->arena, sizeof(*chunk));

	if (!compiled)
		return exchange_fail(
		    x, E_NOT_FOUND, "this revision is no longer offered");
	if (get->index >= compiled->chunk_count)
		return exchange_fail(x, E_INVALID, "no chunk of this index");

	const struct chunk *found = &compiled->chunks[get->index];
	weir__link__v1__chunk__init(chunk);
	chunk->rev = get->rev;
	chunk->index = get->index;
	chunk->payload = wire_data(found->payload);
	chunk->sha256 =
	    wire_data(str_make(found->sha256, sizeof(found->sha256)));
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CHUNK;
	x->answer.chunk = chunk;
	return OK;
}

/* A JSON array of what the gateway found wrong. */
static struct str
errors_json(struct exchange *x, const Weir__Link__V1__ConfigStatus *status)
{
	struct buf out CLEANUP(buf_done);
	struct emit e;

	buf_init(&out, ERRORS_MAX_BYTES);
	emit_init(&e, &out);
	emit_array_open(&e);
	for (size_t i = 0; i < size_min(status->n_errors, ERRORS_MAX); i++) {
		const Weir__Link__V1__ResourceError *error = status->errors[i];

		emit_object_open(&e);
		emit_field_cstr(&e, "kind", error->kind);
		emit_field_cstr(&e, "id", error->id);
		emit_field_cstr(&e, "field", error->field);
		emit_field_cstr(&e, "message", error->message);
		emit_object_close(&e);
	}
	emit_array_close(&e);
	if (buf_has_failed(&out))
		return STR("[{\"message\": \"too long to be kept\"}]");
	return str_copy(x->arena, buf_str(&out));
}

static enum status
on_config_status(struct exchange *x)
{
	const Weir__Link__V1__ConfigStatus *status = x->question->config_status;
	Weir__Link__V1__ConfigStatusAck *ack =
	    arena_alloc(x->arena, sizeof(*ack));
	const struct gateway_config row = {
		.id = x->session.gateway,
		.applied_rev = i64_from_u64(status->applied_rev, INT64_MAX),
		.rejected_rev = i64_from_u64(status->rejected_rev, INT64_MAX),
		.errors = errors_json(x, status),
		.from_disk = status->from_disk,
	};

	if (row.rejected_rev > 0)
		log_warn("snapshot_rejected",
		    log_int("gateway", x->session.gateway_sid),
		    log_int("rev", row.rejected_rev),
		    log_str("errors", row.errors));
	enum status s = store_gateway_config(x->db, x->arena, &row);
	if (s == E_NOT_FOUND)
		return exchange_fail_unknown(x);
	if (s != OK)
		return s;
	weir__link__v1__config_status_ack__init(ack);
	ack->head_rev = publisher_rev(x->fleet->options.publisher);
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CONFIG_STATUS_ACK;
	x->answer.config_status_ack = ack;
	return OK;
}

static enum status
on_usage_batch(struct exchange *x)
{
	const Weir__Link__V1__UsageBatch *batch = x->question->usage_batch;
	Weir__Link__V1__UsageAck *ack = arena_alloc(x->arena, sizeof(*ack));
	const struct usage_source source = {
		.db = x->db,
		.arena = x->arena,
		.gateway_sid = x->session.gateway_sid,
		.max_records = x->fleet->options.batch_max_records,
	};
	struct str fault = STR("the batch cannot be stored");
	int64_t acked;
	enum status s = collector_take(
	    x->fleet->options.collector, &source, batch, &acked, &fault);

	if (s == E_INVALID)
		return exchange_fail(x, s, str_cstr(x->arena, fault));
	if (s != OK)
		return s;
	weir__link__v1__usage_ack__init(ack);
	ack->boot_id = batch->boot_id;
	ack->acked_seq = (uint64_t)acked;
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_USAGE_ACK;
	x->answer.usage_ack = ack;
	return OK;
}

/* Answered without a database too: the gateway is fine, we are not. */
static enum status
on_heartbeat(struct exchange *x)
{
	const Weir__Link__V1__Heartbeat *beat = x->question->heartbeat;
	Weir__Link__V1__HeartbeatAck *ack = arena_alloc(x->arena, sizeof(*ack));
	const struct gateway_health row = {
		.id = x->session.gateway,
		.applied_rev = i64_from_u64(beat->applied_rev, INT64_MAX),
		.inflight = i64_from_u64(beat->inflight, INT32_MAX),
		.spool_bytes = i64_from_u64(beat->spool_bytes, INT64_MAX),
		.spool_oldest_ms =
		    i64_from_u64(beat->spool_oldest_ms, INT64_MAX),
		.rss_bytes = i64_from_u64(beat->rss_bytes, INT64_MAX),
		.draining = beat->draining,
	};

	if (store_gateway_health(x->db, x->arena, &row) == E_NOT_FOUND)
		return exchange_fail_unknown(x);
	weir__link__v1__heartbeat_ack__init(ack);
	ack->head_rev = publisher_rev(x->fleet->options.publisher);
	ack->server_us = (uint64_t)clock_wall_us();
	x->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_HEARTBEAT_ACK;
	x->answer.heartbeat_ack = ack;
	return OK;
}

static const struct handler {
	Weir__Link__V1__Question__BodyCase body_case;
	bool needs_session;
	enum status (*answer)(struct exchange *);
} handlers[] = {
	{ WEIR__LINK__V1__QUESTION__BODY_ENROL, false, greeting_enrol },
	{ WEIR__LINK__V1__QUESTION__BODY_CHALLENGE_GET, false,
	    greeting_challenge },
	{ WEIR__LINK__V1__QUESTION__BODY_HELLO, false, greeting_hello },
	{ WEIR__LINK__V1__QUESTION__BODY_CONFIG_GET, true, on_config_get },
	{ WEIR__LINK__V1__QUESTION__BODY_CHUNK_GET, true, on_chunk_get },
	{ WEIR__LINK__V1__QUESTION__BODY_CONFIG_STATUS, true,
	    on_config_status },
	{ WEIR__LINK__V1__QUESTION__BODY_USAGE_BATCH, true, on_usage_batch },
	{ WEIR__LINK__V1__QUESTION__BODY_HEARTBEAT, true, on_heartbeat },
};

static const struct handler *
find_handler(const Weir__Link__V1__Question *question)
{
	for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
		if (handlers[i].body_case == question->body_case)
			return &handlers[i];
	return NULL;
}

/* A session of ours, and a body by whoever was given its key. */
static enum status
check_session(struct exchange *x, const Weir__Link__V1__Envelope *envelope)
{
	enum status s = session_open(&x->fleet->keys, x->arena,
	    wire_bytes(envelope->session), &x->session);

	if (s != OK)
		return s;
	return session_mac_check(&x->session, x->arena, envelope->counter,
	    wire_bytes(envelope->body), wire_bytes(envelope->mac));
}

static enum status
answer(struct exchange *x, struct str bytes)
{
	ProtobufCMessage *message;
	enum status s =
	    wire_unpack(x->arena, &weir__link__v1__envelope__descriptor, bytes,
		LINK_MESSAGE_MAX_BYTES, &message);

	if (s != OK)
		return exchange_fail(x, s, "not an envelope");
	const Weir__Link__V1__Envelope *envelope =
	    (const Weir__Link__V1__Envelope *)message;
	if (envelope->version != ENVELOPE_VERSION)
		return exchange_fail(x, E_INVALID, "not a version we speak");

	/* A session is checked before its body is looked at. */
	bool has_session = envelope->session.len > 0;
	if (has_session && check_session(x, envelope) != OK)
		return exchange_fail(
		    x, E_UNAUTHENTICATED, "no valid session: say hello");

	s = wire_unpack(x->arena, &weir__link__v1__question__descriptor,
	    wire_bytes(envelope->body), LINK_MESSAGE_MAX_BYTES, &message);
	if (s != OK)
		return exchange_fail(x, s, "not a question");
	x->question = (const Weir__Link__V1__Question *)message;
	const struct handler *handler = find_handler(x->question);
	if (!handler)
		return exchange_fail(x, E_INVALID, "an unknown question");
	if (handler->needs_session && !has_session)
		return exchange_fail(
		    x, E_UNAUTHENTICATED, "no session: say hello");
	return handler->answer(x);
}

struct str
fleet_answer(
    void *context, unsigned slot, struct arena *arena, struct str question)
{
	struct fleet *fleet = context;
	struct exchange x = {
		.fleet = fleet,
		.arena = arena,
		.answer = WEIR__LINK__V1__ANSWER__INIT,
	};

	assert(slot < fleet->options.threads);
	x.db = fleet->dbs[slot];

	enum status s = answer(&x, question);
	if (s != OK && x.answer.body_case != WEIR__LINK__V1__ANSWER__BODY_ERROR)
		set_error(&x, code_of(s), status_word(s));
	return wire_pack(arena, &x.answer.base);
}

void
fleet_ring(struct link *bell, uint64_t rev)
{
	Weir__Link__V1__Doorbell message = WEIR__LINK__V1__DOORBELL__INIT;
	struct arena arena CLEANUP(arena_done);

	arena_init(&arena, 0);
	message.rev = rev;
	enum status s = link_publish(bell, wire_pack(&arena, &message.base));
	if (s != OK)
		log_warn("ring_failed", log_status(s));
}
