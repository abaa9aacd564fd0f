/*
 * exchange.h - one request and its answer, without a socket.
 *
 * exchange_begin() reads the request and decides everything; exchange_run()
 * then puts bytes into a buffer and says what the connection is to do next.
 * The request's bytes may go after exchange_begin().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "simulator/dialect.h"
#include "simulator/script.h"
#include "simulator/simulator.h"
#include "simulator/stream.h"

enum progress {
	PROGRESS_MORE,	/* send what is there, then run again */
	PROGRESS_WAIT,	/* send, run again at *out_due_ns */
	PROGRESS_STALL, /* send, and then nothing more ever */
	PROGRESS_DONE,	/* send; the next request may come */
	PROGRESS_CLOSE, /* send, then close */
	PROGRESS_RESET, /* send what fits, then reset */
};

enum exchange_kind {
	EXCHANGE_CHAT,
	EXCHANGE_MODELS,
	EXCHANGE_FAULT,
};

struct exchange { /* fields are private */
	struct simulator *simulator;
	struct arena arena;
	const struct dialect *dialect;
	enum exchange_kind kind;
	struct ask ask;
	struct script script;
	struct answer answer;
	struct fault fault;
	struct stream stream;
	struct moment moment;
	bool has_moment;
	bool has_head;
	bool is_keep_alive;
	bool is_recorded;
	uint64_t record;
	size_t pieces;
	int64_t started_ns;
	int64_t head_ns; /* when the head went out */
	char id[ANSWER_ID_LEN + 1];
};

void exchange_init(struct exchange *, struct simulator *);

/* Also ends what was begun: as cancelled, when it was not finished. */
void exchange_done(struct exchange *, int64_t now_ns);

void exchange_begin(struct exchange *, struct random *,
    const struct http_request *, int64_t now_ns);

/*
 * `scratch` is for bytes under construction, its content is lost.
 * *out_due_ns is set with PROGRESS_WAIT only.
 */
enum progress exchange_run(struct exchange *, int64_t now_ns,
    struct buf *scratch, struct buf *out, int64_t *out_due_ns);

/* The client left: records when. */
void exchange_cancel(struct exchange *, int64_t now_ns);
