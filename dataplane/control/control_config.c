/*
 * control_config.c - questions about the configuration, and what the gateway
 * says about itself.
 */
#include <endian.h>
#include <string.h>

#include "common/base.h"
#include "common/wire.h"
#include "dataplane/control/control_private.h"
#include "dataplane/snapshot/build.h"

#define CONFIG_TIMEOUT_MS 5000
#define CHUNK_TIMEOUT_MS 10000
#define BEAT_TIMEOUT_MS 2000
#define DOORBELL_MAX_BYTES 64

/* The box is for this gateway and this revision. */
static enum status
open_secrets(const struct control *control, struct arena *arena,
    const Weir__Link__V1__ConfigHead *head, struct str *out)
{
	static const struct str purpose = { "weir-secrets-v1", 15 };
	const struct identity *identity = &control->identity;
	uint64_t rev = htobe64(head->rev);
	size_t len = purpose.len + sizeof(struct id) + sizeof(rev);
	char *context = arena_alloc(arena, len);

	memcpy(context, purpose.ptr, purpose.len);
	memcpy(
	    context + purpose.len, identity->gateway.bytes, sizeof(struct id));
	memcpy(context + len - sizeof(rev), &rev, sizeof(rev));
	return box_open(arena, identity->box_private, str_make(context, len),
	    wire_bytes(head->secrets), out);
}

static enum status
read_head(struct control *control, struct arena *arena,
    const Weir__Link__V1__ConfigHead *head, struct control_head *out)
{
	enum status s;

	*out = (struct control_head){
		.rev = head->rev,
		.chunk_count = head->chunk_count,
		.size_bytes = head->size_bytes,
	};
	s = control_read_bytes(head->digest, out->digest, sizeof(out->digest));
	if (s == OK)
		s = control_read_bytes(
		    head->signature, out->signature, sizeof(out->signature));
	if (s != OK)
		return s;
	pthread_mutex_lock(&control->lock);
	s = open_secrets(control, arena, head, &out->secrets);
	pthread_mutex_unlock(&control->lock);
	return s;
}

enum status
control_get_head(struct control *control, struct arena *arena,
    uint64_t have_rev, struct control_head *out)
{
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__ConfigGet get = WEIR__LINK__V1__CONFIG_GET__INIT;
	struct control_call call = {
		.lane = CONTROL_CONFIG,
		.arena = arena,
		.question = &question,
		.expected = WEIR__LINK__V1__ANSWER__BODY_CONFIG_HEAD,
		.timeout_ms = CONFIG_TIMEOUT_MS,
	};
	enum status s;

	get.have_rev = have_rev;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CONFIG_GET;
	question.config_get = &get;
	s = control_ask(control, &call);
	if (s != OK)
		return s;
	return read_head(control, arena, call.answer->config_head, out);
}

enum status
control_get_chunk(struct control *control, struct arena *arena, uint64_t rev,
    uint32_t index, struct str *out_payload)
{
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__ChunkGet get = WEIR__LINK__V1__CHUNK_GET__INIT;
	struct control_call call = {
		.lane = CONTROL_CONFIG,
		.arena = arena,
		.question = &question,
		.expected = WEIR__LINK__V1__ANSWER__BODY_CHUNK,
		.timeout_ms = CHUNK_TIMEOUT_MS,
	};
	const Weir__Link__V1__Chunk *chunk;
	uint8_t digest[SHA256_SIZE];
	enum status s;

	get.rev = rev;
	get.index = index;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CHUNK_GET;
	question.chunk_get = &get;
	s = control_ask(control, &call);
	if (s != OK)
		return s;
	chunk = call.answer->chunk;
	digest_sha256(wire_bytes(chunk->payload), digest);
	if (chunk->rev != rev || chunk->index != index ||
	    !str_eq(
		wire_bytes(chunk->sha256), str_make(digest, sizeof(digest))))
		return E_CORRUPT;
	*out_payload = wire_bytes(chunk->payload);
	return OK;
}

/* Ed25519 over "weir-config-v1" be64(rev) digest. */
enum status
control_verify(const struct control *control, uint64_t rev,
    const uint8_t digest[SHA256_SIZE], const uint8_t signature[SIGN_SIZE])
{
	static const struct str purpose = { "weir-config-v1", 14 };
	pthread_mutex_t *lock = (pthread_mutex_t *)&control->lock;
	char message[14 + sizeof(uint64_t) + SHA256_SIZE];
	uint8_t sign_public[SIGN_KEY_SIZE];
	bool is_enrolled;

	pthread_mutex_lock(lock);
	is_enrolled = control->identity.is_enrolled;
	memcpy(sign_public, control->identity.sign_public, SIGN_KEY_SIZE);
	pthread_mutex_unlock(lock);
	if (!is_enrolled)
		return E_CORRUPT;
	rev = htobe64(rev);
	memcpy(message, purpose.ptr, purpose.len);
	memcpy(message + purpose.len, &rev, sizeof(rev));
	memcpy(message + purpose.len + sizeof(rev), digest, SHA256_SIZE);
	return sign_verify(
	    sign_public, str_make(message, sizeof(message)), signature);
}

/* --- saying -------------------------------------------------------------------------- */

static void
fill_errors(struct arena *arena, const struct control_report *report,
    Weir__Link__V1__ConfigStatus *out)
{
	out->errors =
	    arena_alloc_array(arena, report->fault_count, sizeof(*out->errors));
	out->n_errors = report->fault_count;
	for (size_t i = 0; i < report->fault_count; i++) {
		const struct build_fault *fault = &report->faults[i];
		Weir__Link__V1__ResourceError *error =
		    arena_alloc(arena, sizeof(*error));

		weir__link__v1__resource_error__init(error);
		error->kind = (char *)str_cstr(arena, fault->kind);
		error->id = (char *)str_cstr(arena, fault->id);
		error->field = (char *)str_cstr(arena, fault->field);
		error->message = (char *)str_cstr(arena, fault->message);
		out->errors[i] = error;
	}
}

enum status
control_report(struct control *control, const struct control_report *report)
{
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__ConfigStatus status =
	    WEIR__LINK__V1__CONFIG_STATUS__INIT;
	struct arena arena CLEANUP(arena_done);
	struct control_call call = {
		.lane = CONTROL_CONFIG,
		.arena = &arena,
		.question = &question,
		.expected = WEIR__LINK__V1__ANSWER__BODY_CONFIG_STATUS_ACK,
		.timeout_ms = CONFIG_TIMEOUT_MS,
	};

	arena_init(&arena, 0);
	status.applied_rev = report->applied_rev;
	status.rejected_rev = report->rejected_rev;
	status.apply_us = (uint64_t)report->apply_us;
	status.from_disk = report->from_disk;
	fill_errors(&arena, report, &status);
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CONFIG_STATUS;
	question.config_status = &status;
	return control_ask(control, &call);
}

enum status
control_beat(struct control *control, const struct control_health *health,
    uint64_t *out_head_rev)
{
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	Weir__Link__V1__Heartbeat beat = WEIR__LINK__V1__HEARTBEAT__INIT;
	struct arena arena CLEANUP(arena_done);
	struct control_call call = {
		.lane = CONTROL_CONFIG,
		.arena = &arena,
		.question = &question,
		.expected = WEIR__LINK__V1__ANSWER__BODY_HEARTBEAT_ACK,
		.timeout_ms = BEAT_TIMEOUT_MS,
	};
	enum status s;

	arena_init(&arena, 0);
	beat.applied_rev = health->applied_rev;
	beat.inflight = (uint32_t)i64_min(health->inflight, UINT32_MAX);
	beat.spool_bytes = (uint64_t)health->spool_bytes;
	beat.spool_oldest_ms = (uint64_t)health->spool_oldest_ms;
	beat.rss_bytes = (uint64_t)health->rss_bytes;
	beat.draining = health->is_draining;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_HEARTBEAT;
	question.heartbeat = &beat;
	s = control_ask(control, &call);
	if (s == OK)
		*out_head_rev = call.answer->heartbeat_ack->head_rev;
	return s;
}

/* Anybody may ring: what is said is only taken as a hint to ask. */
enum status
control_wait_bell(struct control *control, int timeout_ms, uint64_t *out_rev)
{
	struct arena arena CLEANUP(arena_done);
	ProtobufCMessage *message;
	struct str bytes;
	enum status s;

	arena_init(&arena, 0);
	s = link_receive(control->bell, &arena, timeout_ms, &bytes);
	if (s != OK)
		return s;
	*out_rev = 0;
	if (wire_unpack(&arena, &weir__link__v1__doorbell__descriptor, bytes,
		DOORBELL_MAX_BYTES, &message) == OK)
		*out_rev = ((const Weir__Link__V1__Doorbell *)message)->rev;
	return OK;
}

void
control_derive_key(const struct control *control, struct str purpose,
    uint8_t out[SEAL_KEY_SIZE])
{
	/* The key pair never changes once the file is there. */
	seal_derive(control->identity.box_private, purpose, out);
}
