/*
 * stream.h - the two ends of an answer's translation: a decoder turns what
 * the provider sends into events, an encoder turns events into what the
 * client reads.
 *
 * Both belong to one attempt and live in its arena.  A dialect keeps what it
 * must remember between events in `state`, which it allocates itself.
 *
 *	decoder_init(&d, arena, quirks, on_event, answer);
 *	dialect->decode_event(&d, name, data);		many, or
 *	dialect->decode_whole(&d, body);		one
 *	decoder_end(&d);				the bytes ended
 *
 *	encoder_init(&e, arena, &plan);
 *	e.out = out;
 *	dialect->encode_event(&e, event);		the client streams, or
 *	encoder_collect(&e, event);			it does not:
 *	dialect->encode_whole(&e);			once, after END
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"
#include "dataplane/translate/chat.h"

struct tree;

/* ---- from the provider ---- */

/* A tree needs many times the bytes it was read from. */
#define DECODER_SCRATCH_MAX_BYTES ((size_t)512 << 20)

typedef void (*chat_event_fn)(void *sink, const struct chat_event *);

struct decoder {
	struct arena *arena;  /* for what outlives an event */
	struct arena scratch; /* for one event's tree */
	uint32_t quirks;
	chat_event_fn emit;
	void *sink;
	void *state;	      /* the dialect's own */
	struct tokens tokens; /* as last reported */
	bool started;	      /* START was emitted */
	bool may_end;	      /* no terminal event need follow */
	bool ended;	      /* END or FAILURE was emitted */
};

void decoder_init(struct decoder *, struct arena *, uint32_t quirks,
    chat_event_fn, void *sink);

/*
 * The provider's bytes ended: emits END if that is a proper end in this
 * dialect and END did not come by itself.  Without END the answer was cut.
 */
void decoder_end(struct decoder *);

/* For dialects: after END or FAILURE these do nothing. */
void decoder_emit(struct decoder *, const struct chat_event *);
void decoder_start(struct decoder *, struct str id, struct str model);
void decoder_text(struct decoder *, enum chat_event_kind, size_t choice,
    struct str text); /* nothing for an empty text */
void decoder_usage(struct decoder *, const struct tokens *);
void decoder_fail(struct decoder *, const struct failure *);
void decoder_finish(struct decoder *, size_t choice, enum chat_stop);
void decoder_terminate(struct decoder *); /* END */

/* The event's tree in `scratch`; NULL and FAILURE when it is no object. */
const struct tree *decoder_parse(struct decoder *, struct str data);

/* ---- to the client ---- */

struct encoder_plan {
	struct str model;      /* as the client named it */
	struct str request_id; /* "req_…": ids are made from it */
	bool include_usage;    /* OpenAI streams */
	size_t max_bytes;      /* of an answer that is collected */
};

/* One piece of a collected answer: text, thinking, or a call. */
struct collected_part {
	enum chat_part_kind kind;
	struct buf text; /* of a call: its arguments */
	struct str signature;
	struct str id;
	struct str name;
	size_t call;
	struct collected_part *next;
};

struct collected_choice {
	struct collected_part *parts; /* in order of appearance */
	struct collected_part *last;
	enum chat_stop stop;
	bool has_calls;
	size_t index;
	struct collected_choice *next;
};

struct encoder {
	struct arena *arena;
	struct buf *out; /* set before each call */
	struct encoder_plan plan;
	int64_t created_s; /* since 1970 */
	void *state;	   /* the dialect's own */
	struct collected_choice *choices;
	struct tokens tokens;
	size_t collected_bytes;
	bool failed; /* the answer exceeds max_bytes */
};

void encoder_init(
    struct encoder *, struct arena *, const struct encoder_plan *);

/* Keeps an event for encode_whole(). */
void encoder_collect(struct encoder *, const struct chat_event *);

/* The text of all collected parts of a kind, in order. */
struct str encoder_join(
    struct encoder *, const struct collected_choice *, enum chat_part_kind);

/* request_id without "req_", behind the prefix: "chatcmpl-01jd…". */
struct str encoder_id(struct encoder *, const char *prefix);
