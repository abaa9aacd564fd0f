/*
 * answer.h - a provider's answer on its way to the client.
 *
 * One of these per attempt takes the provider's bytes as they come and gives
 * the client's.  Same family: the bytes themselves, watched.  Otherwise:
 * decoder -> events -> encoder.  Streamed or not on either side.
 *
 * It never claims success on its own: `finished` is set by the provider's
 * terminal event alone, and an end without one is a failure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/str.h"
#include "dataplane/meter/tokens.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/upstream/failure.h"

struct answer;
struct arena;

struct answer_plan {
	const struct dialect *client;
	const struct dialect *upstream;
	uint32_t quirks;
	bool client_stream;
	bool upstream_stream;
	bool include_usage;    /* the client asked for it */
	bool strip_usage;      /* see outbound */
	struct str model;      /* shown when translating */
	struct str request_id; /* "req_…", for made-up ids */
	size_t event_max_bytes;
	size_t whole_max_bytes;
};

/* What is known so far. */
struct answer_state {
	bool has_content;	/* the first real content has come */
	bool finished;		/* the provider's own terminal event */
	struct failure failure; /* class NONE: none so far */
	struct tokens tokens;
	int64_t output_bytes; /* of content, for estimates */
};

/* Lives in the arena, which also ends it. */
struct answer *answer_new(struct arena *, const struct answer_plan *);

/*
 * Takes what the provider sent (status 200) and appends what the client
 * should get.  Before has_content the output is to be held back; after a
 * failure nothing more is appended.
 */
void answer_feed(struct answer *, struct str bytes, struct buf *out);

/*
 * The provider's stream ended: appends what remains (the whole document when
 * the client does not stream), or sets failure CUT when its terminal event
 * never came.
 */
void answer_end(struct answer *, struct buf *out);

const struct answer_state *answer_state(const struct answer *);

/* The client's content type: "text/event-stream" or "application/json". */
const char *answer_content_type(const struct answer *);
