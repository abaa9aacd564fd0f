/*
 * control_private.h - what the files of the session share, and nobody else.
 */
#pragma once

#include <pthread.h>

#include "common/arena.h"
#include "dataplane/control/control.h"
#include "dataplane/control/identity.h"
#include "proto/link.pb-c.h"

#define CONTROL_SESSION_KEY_SIZE 32
#define CONTROL_TOKEN_MAX_BYTES 1024

struct control_session {
	uint64_t number;			/* of ours; 0: there is none */
	uint8_t token[CONTROL_TOKEN_MAX_BYTES]; /* opaque */
	size_t token_len;
	uint8_t key[CONTROL_SESSION_KEY_SIZE];
	uint64_t counter;
	int64_t renew_at_ns;
	int64_t heartbeat_ms;
	struct control_batch_limits limits;
};

struct control { /* lifetime: process */
	struct control_config config;
	struct link *lanes[CONTROL_LANES];
	struct link *bell;
	int64_t heard_ns[CONTROL_LANES]; /* its thread's own */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct identity identity;
	struct control_session session;
	bool is_hung_up[CONTROL_LANES];
	bool is_greeting; /* one thread says Hello */
	bool is_up;
	int64_t enrol_after_ns;
};

/* A question, whose answer is to be of one kind. */
struct control_call {
	enum control_lane lane;
	struct arena *arena;
	Weir__Link__V1__Question *question;
	Weir__Link__V1__Answer__BodyCase expected;
	int timeout_ms;
	const Weir__Link__V1__Answer *answer; /* set on OK */
};

/* With a session, which is begun when there is none. */
enum status control_ask(struct control *, struct control_call *);

/* The same for a Question that is packed already. */
enum status control_ask_packed(
    struct control *, struct control_call *, struct str question);

/* Without one: for those that begin it. */
enum status control_ask_bare(struct control *, struct control_call *);

/* Enrols when needed and says Hello; one thread at a time. */
enum status control_greet(struct control *, enum control_lane, struct arena *,
    struct control_session *out);

/* Copies exactly size bytes; E_CORRUPT when there are not that many. */
enum status control_read_bytes(ProtobufCBinaryData, void *out, size_t size);
