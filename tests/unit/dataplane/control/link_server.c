/*
 * link_server.c - see link_server.h.
 */
#include "tests/unit/dataplane/control/link_server.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/link.h"
#include "common/wire.h"
#include "proto/link.pb-c.h"

#define NONCE_SIZE 48

struct call {
	struct link_server *server;
	struct arena *arena;
	const Weir__Link__V1__Question *question;
	Weir__Link__V1__Answer answer;
};

#define NEW(call, type, init)                                          \
	({                                                             \
		type *new_ = arena_alloc((call)->arena, sizeof(type)); \
		*new_ = (type)init;                                    \
		new_;                                                  \
	})

static ProtobufCBinaryData
bytes(struct call *call, const void *ptr, size_t len)
{
	return wire_data(str_copy(call->arena, str_make(ptr, len)));
}

static void
fail(struct call *call, Weir__Link__V1__ErrorCode code)
{
	Weir__Link__V1__Error *error =
	    NEW(call, Weir__Link__V1__Error, WEIR__LINK__V1__ERROR__INIT);

	error->code = code;
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_ERROR;
	call->answer.error = error;
}

#define FAIL(call, name) \
	fail(call, WEIR__LINK__V1__ERROR_CODE__ERROR_CODE_##name)

static bool
is_mac(const uint8_t key[32], struct str message, ProtobufCBinaryData mac)
{
	struct hmac_key *hmac = hmac_key_new(str_make(key, 32));
	uint8_t expected[SHA256_SIZE];

	hmac_sign(hmac, message, expected);
	hmac_key_free(hmac);
	return mac.len == sizeof(expected) &&
	    memcmp(mac.data, expected, sizeof(expected)) == 0;
}

static void
on_enrol(struct call *call)
{
	struct link_server *server = call->server;
	const Weir__Link__V1__Enrol *enrol = call->question->enrol;
	Weir__Link__V1__Enrolled *enrolled =
	    NEW(call, Weir__Link__V1__Enrolled, WEIR__LINK__V1__ENROLLED__INIT);
	uint8_t sign_public[SIGN_KEY_SIZE];

	if (strcmp(enrol->token, LINK_SERVER_TOKEN) != 0) {
		FAIL(call, UNAUTHENTICATED);
		return;
	}
	server->enrolments++;
	server->is_unknown = false;
	server->gateway = id_make();
	random_bytes(server->secret, sizeof(server->secret));
	sign_public_key(server->sign_private, sign_public);
	enrolled->gateway_id = bytes(call, &server->gateway, 16);
	enrolled->secret = bytes(call, server->secret, 32);
	enrolled->sign_public = bytes(call, sign_public, SIGN_KEY_SIZE);
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_ENROLLED;
	call->answer.enrolled = enrolled;
}

static void
on_challenge(struct call *call)
{
	Weir__Link__V1__Challenge *challenge = NEW(
	    call, Weir__Link__V1__Challenge, WEIR__LINK__V1__CHALLENGE__INIT);
	uint8_t nonce[NONCE_SIZE] = { 1, 2, 3 };

	challenge->nonce = bytes(call, nonce, sizeof(nonce));
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CHALLENGE;
	call->answer.challenge = challenge;
}

static bool
is_proof(struct link_server *server, const Weir__Link__V1__Hello *hello)
{
	char message[NONCE_SIZE + 16 + 8];
	uint64_t boot_id = htobe64(hello->boot_id);

	if (hello->nonce.len != NONCE_SIZE || hello->gateway_id.len != 16)
		return false;
	memcpy(message, hello->nonce.data, NONCE_SIZE);
	memcpy(message + NONCE_SIZE, hello->gateway_id.data, 16);
	memcpy(message + NONCE_SIZE + 16, &boot_id, 8);
	return is_mac(
	    server->secret, str_make(message, sizeof(message)), hello->proof);
}

static void
on_hello(struct call *call)
{
	struct link_server *server = call->server;
	const Weir__Link__V1__Hello *hello = call->question->hello;
	Weir__Link__V1__HelloAck *ack = NEW(
	    call, Weir__Link__V1__HelloAck, WEIR__LINK__V1__HELLO_ACK__INIT);

	if (server->is_unknown || hello->gateway_id.len != 16 ||
	    memcmp(hello->gateway_id.data, &server->gateway, 16) != 0) {
		FAIL(call, UNKNOWN_GATEWAY);
		return;
	}
	if (!is_proof(server, hello) ||
	    hello->box_public.len != SEAL_KEY_SIZE) {
		FAIL(call, UNAUTHENTICATED);
		return;
	}
	server->hellos++;
	server->session++;
	random_bytes(server->session_key, sizeof(server->session_key));
	memcpy(server->box_public, hello->box_public.data, SEAL_KEY_SIZE);
	ack->session = bytes(call, &server->session, sizeof(server->session));
	ack->session_key = bytes(call, server->session_key, 32);
	ack->server_us = (uint64_t)clock_wall_us();
	ack->expires_us = ack->server_us + (uint64_t)server->session_valid_us;
	ack->head_rev = server->rev;
	ack->heartbeat_ms = server->heartbeat_ms;
	ack->batch_max_records = 500;
	ack->batch_max_bytes = 256 << 10;
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_HELLO_ACK;
	call->answer.hello_ack = ack;
}

static void
fill_head(struct call *call, Weir__Link__V1__ConfigHead *head)
{
	struct link_server *server = call->server;
	char message[14 + 8 + SHA256_SIZE] = "weir-config-v1";
	char context[15 + 16 + 8] = "weir-secrets-v1";
	uint8_t digest[SHA256_SIZE], signature[SIGN_SIZE];
	uint64_t rev = htobe64(server->rev);
	struct digest_stream *stream = digest_stream_new();
	struct str box;

	for (uint32_t i = 0; i < server->chunk_count; i++) {
		digest_sha256(server->chunks[i], digest);
		digest_stream_add(stream, str_make(digest, sizeof(digest)));
		head->size_bytes += server->chunks[i].len;
	}
	digest_stream_free(stream, digest);
	memcpy(message + 14, &rev, 8);
	memcpy(message + 22, digest, sizeof(digest));
	sign_message(server->sign_private, str_make(message, sizeof(message)),
	    signature);
	signature[5] ^= server->breaks_signature;
	memcpy(context + 15, &server->gateway, 16);
	memcpy(context + 31, &rev, 8);
	if (box_seal(call->arena, server->box_public,
		str_make(context, sizeof(context)), server->secrets,
		&box) != OK)
		abort();
	head->rev = server->rev;
	head->chunk_count = server->chunk_count;
	head->digest = bytes(call, digest, sizeof(digest));
	head->signature = bytes(call, signature, sizeof(signature));
	head->secrets = wire_data(box);
}

static void
on_config_get(struct call *call)
{
	Weir__Link__V1__ConfigHead *head = NEW(call, Weir__Link__V1__ConfigHead,
	    WEIR__LINK__V1__CONFIG_HEAD__INIT);

	call->server->heads++;
	if (call->server->rev == 0) {
		FAIL(call, UNAVAILABLE);
		return;
	}
	fill_head(call, head);
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CONFIG_HEAD;
	call->answer.config_head = head;
}

static void
on_chunk_get(struct call *call)
{
	struct link_server *server = call->server;
	const Weir__Link__V1__ChunkGet *get = call->question->chunk_get;
	Weir__Link__V1__Chunk *chunk =
	    NEW(call, Weir__Link__V1__Chunk, WEIR__LINK__V1__CHUNK__INIT);
	struct str payload;
	uint8_t digest[SHA256_SIZE];

	server->chunk_gets++;
	if (server->is_gone || get->rev != server->rev ||
	    get->index >= server->chunk_count) {
		FAIL(call, GONE);
		return;
	}
	payload = str_copy(call->arena, server->chunks[get->index]);
	if (server->breaks_chunk)
		((char *)payload.ptr)[payload.len / 2] ^= 1;
	digest_sha256(payload, digest);
	chunk->rev = get->rev;
	chunk->index = get->index;
	chunk->payload = wire_data(payload);
	chunk->sha256 = bytes(call, digest, sizeof(digest));
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CHUNK;
	call->answer.chunk = chunk;
}

static void
on_config_status(struct call *call)
{
	struct link_server *server = call->server;
	const Weir__Link__V1__ConfigStatus *status =
	    call->question->config_status;
	Weir__Link__V1__ConfigStatusAck *ack =
	    NEW(call, Weir__Link__V1__ConfigStatusAck,
		WEIR__LINK__V1__CONFIG_STATUS_ACK__INIT);

	server->from_disk = status->from_disk;
	if (status->n_errors > 0)
		snprintf(server->fault, sizeof(server->fault), "%s %s: %s",
		    status->errors[0]->kind, status->errors[0]->field,
		    status->errors[0]->message);
	server->rejected_rev = status->rejected_rev;
	server->applied_rev = status->applied_rev;
	ack->head_rev = server->rev;
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_CONFIG_STATUS_ACK;
	call->answer.config_status_ack = ack;
}

static uint64_t
number_of(const Weir__Usage__V1__Record *record)
{
	uint64_t number = 0;

	if (record->subject != NULL && record->subject->request_id.len == 16)
		memcpy(&number, record->subject->request_id.data + 8, 8);
	return be64toh(number);
}

static bool
is_refused(struct link_server *server, const Weir__Link__V1__UsageBatch *batch)
{
	for (size_t i = 0; i < batch->n_records; i++)
		if (server->refused_request != 0 &&
		    number_of(batch->records[i]) == server->refused_request)
			return true;
	return batch->n_records == 0;
}

static void
take_records(
    struct link_server *server, const Weir__Link__V1__UsageBatch *batch)
{
	uint64_t last = batch->first_seq + batch->n_records - 1;

	if (batch->boot_id != server->boot_id) {
		server->boot_id = batch->boot_id;
		server->acked_seq = 0;
	}
	if (server->acked_seq + 1 < batch->first_seq ||
	    server->acked_seq >= last)
		return;
	for (size_t i = server->acked_seq + 1 - batch->first_seq;
	     i < batch->n_records; i++) {
		uint64_t number = number_of(batch->records[i]);

		server->records++;
		if (batch->records[i]->subject->key_sid == 0)
			server->lost++;
		else if (number < LINK_SERVER_RECORDS_MAX)
			server->seen[number]++;
	}
	server->acked_seq = last;
}

static void
on_usage_batch(struct call *call)
{
	struct link_server *server = call->server;
	const Weir__Link__V1__UsageBatch *batch = call->question->usage_batch;
	Weir__Link__V1__UsageAck *ack = NEW(
	    call, Weir__Link__V1__UsageAck, WEIR__LINK__V1__USAGE_ACK__INIT);

	server->batches++;
	if (batch->n_records > server->largest_batch)
		server->largest_batch = (unsigned)batch->n_records;
	if (is_refused(server, batch)) {
		FAIL(call, INVALID);
		return;
	}
	if (server->forgets_usage) {
		server->forgets_usage = false;
		server->acked_seq = 0;
	}
	take_records(server, batch);
	ack->boot_id = batch->boot_id;
	ack->acked_seq = server->acked_seq;
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_USAGE_ACK;
	call->answer.usage_ack = ack;
}

static void
on_heartbeat(struct call *call)
{
	Weir__Link__V1__HeartbeatAck *ack = NEW(call,
	    Weir__Link__V1__HeartbeatAck, WEIR__LINK__V1__HEARTBEAT_ACK__INIT);

	call->server->beats++;
	call->server->is_draining = call->question->heartbeat->draining;
	ack->head_rev = call->server->rev;
	ack->server_us = (uint64_t)clock_wall_us();
	call->answer.body_case = WEIR__LINK__V1__ANSWER__BODY_HEARTBEAT_ACK;
	call->answer.heartbeat_ack = ack;
}

static bool
is_in_session(struct call *call, const Weir__Link__V1__Envelope *envelope)
{
	struct link_server *server = call->server;
	uint64_t counter = htobe64(envelope->counter);
	size_t len = sizeof(counter) + envelope->body.len;
	char *message = arena_alloc(call->arena, len);

	if (envelope->session.len != sizeof(server->session) ||
	    memcmp(envelope->session.data, &server->session,
		sizeof(server->session)) != 0)
		return false;
	memcpy(message, &counter, sizeof(counter));
	memcpy(
	    message + sizeof(counter), envelope->body.data, envelope->body.len);
	if (!is_mac(
		server->session_key, str_make(message, len), envelope->mac)) {
		server->bad_macs++;
		return false;
	}
	return true;
}

static void
answer_question(struct call *call, bool in_session)
{
	struct link_server *server = call->server;

	switch (call->question->body_case) {
	case WEIR__LINK__V1__QUESTION__BODY_ENROL:
		on_enrol(call);
		return;
	case WEIR__LINK__V1__QUESTION__BODY_CHALLENGE_GET:
		on_challenge(call);
		return;
	case WEIR__LINK__V1__QUESTION__BODY_HELLO:
		on_hello(call);
		return;
	default:
		break;
	}
	if (!in_session) {
		FAIL(call, UNAUTHENTICATED);
		return;
	}
	if (server->is_unknown) {
		FAIL(call, UNKNOWN_GATEWAY);
		return;
	}
	if (server->is_unavailable) {
		FAIL(call, UNAVAILABLE);
		return;
	}
	switch (call->question->body_case) {
	case WEIR__LINK__V1__QUESTION__BODY_CONFIG_GET:
		on_config_get(call);
		break;
	case WEIR__LINK__V1__QUESTION__BODY_CHUNK_GET:
		on_chunk_get(call);
		break;
	case WEIR__LINK__V1__QUESTION__BODY_CONFIG_STATUS:
		on_config_status(call);
		break;
	case WEIR__LINK__V1__QUESTION__BODY_USAGE_BATCH:
		on_usage_batch(call);
		break;
	case WEIR__LINK__V1__QUESTION__BODY_HEARTBEAT:
		on_heartbeat(call);
		break;
	default:
		FAIL(call, INVALID);
		break;
	}
}

static struct str
answer(void *context, unsigned slot, struct arena *arena, struct str question)
{
	struct link_server *server = context;
	struct call call = {
		.server = server,
		.arena = arena,
		.answer = WEIR__LINK__V1__ANSWER__INIT,
	};
	const Weir__Link__V1__Envelope *envelope;
	ProtobufCMessage *message;

	if (wire_unpack(arena, &weir__link__v1__envelope__descriptor, question,
		LINK_MESSAGE_MAX_BYTES, &message) != OK)
		abort();
	envelope = (const Weir__Link__V1__Envelope *)message;
	if (wire_unpack(arena, &weir__link__v1__question__descriptor,
		wire_bytes(envelope->body), LINK_MESSAGE_MAX_BYTES,
		&message) != OK)
		abort();
	call.question = (const Weir__Link__V1__Question *)message;
	pthread_mutex_lock(&server->lock);
	answer_question(&call, is_in_session(&call, envelope));
	bool is_broken = server->is_broken;
	pthread_mutex_unlock(&server->lock);
	if (is_broken)
		return STR("\xff\xff\xff not protobuf");
	return wire_pack(arena, &call.answer.base);
}

void
link_server_start(struct link_server *server)
{
	if (link_listen_reply(server->url, NULL, LINK_MESSAGE_MAX_BYTES,
		&server->link) != OK ||
	    link_serve(server->link, 2, answer, server) != OK ||
	    link_listen_publish(server->bell_url, NULL, &server->bell) != OK)
		abort();
}

void
link_server_stop(struct link_server *server)
{
	link_close(server->link);
	link_close(server->bell);
	server->link = NULL;
	server->bell = NULL;
}

static void
choose_url(char out[64])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	close(fd);
	snprintf(out, 64, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

void
link_server_open(struct link_server *server)
{
	uint8_t unused[SIGN_KEY_SIZE];

	*server = (struct link_server){
		.session_valid_us = 3600000000,
		.heartbeat_ms = 200,
	};
	choose_url(server->url);
	choose_url(server->bell_url);
	pthread_mutex_init(&server->lock, NULL);
	sign_keypair(server->sign_private, unused);
	link_server_start(server);
}

void
link_server_close(struct link_server *server)
{
	link_server_stop(server);
	pthread_mutex_destroy(&server->lock);
}

void
link_server_offer(struct link_server *server, uint64_t rev,
    const struct str *chunks, uint32_t count, struct str secrets)
{
	Weir__Link__V1__Doorbell bell = WEIR__LINK__V1__DOORBELL__INIT;
	struct arena arena CLEANUP(arena_done);

	arena_init(&arena, 0);
	pthread_mutex_lock(&server->lock);
	server->rev = rev;
	for (uint32_t i = 0; i < count; i++)
		server->chunks[i] = chunks[i];
	server->chunk_count = count;
	server->secrets = secrets;
	pthread_mutex_unlock(&server->lock);
	bell.rev = rev;
	(void)!link_publish(server->bell, wire_pack(&arena, &bell.base));
}

bool
link_server_wait(
    struct link_server *server, const uint64_t *value, uint64_t wanted)
{
	int64_t end_ns = clock_mono_ns() + 10 * NS_PER_S;
	bool reached = false;

	while (!reached && clock_mono_ns() < end_ns) {
		pthread_mutex_lock(&server->lock);
		reached = *value >= wanted;
		pthread_mutex_unlock(&server->lock);
		if (!reached)
			usleep(1000);
	}
	return reached;
}

bool
link_server_wait_count(
    struct link_server *server, const unsigned *value, unsigned wanted)
{
	int64_t end_ns = clock_mono_ns() + 10 * NS_PER_S;
	bool reached = false;

	while (!reached && clock_mono_ns() < end_ns) {
		pthread_mutex_lock(&server->lock);
		reached = *value >= wanted;
		pthread_mutex_unlock(&server->lock);
		if (!reached)
			usleep(1000);
	}
	return reached;
}
