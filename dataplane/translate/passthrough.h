/*
 * passthrough.h - a provider's answer whose bytes are kept, watched.
 *
 * Client and provider speak the same family: every event is forwarded as it
 * came and read just enough to know the first content, the end, the usage and
 * errors.  Only usage that we alone asked for is taken out.
 */
#pragma once

#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"
#include "dataplane/translate/answer.h"
#include "dataplane/translate/sse.h"

struct passthrough { /* fields are private to passthrough_*.c */
	const struct answer_plan *plan;
	struct answer_state *state;
	struct arena *arena; /* for what outlives an event */
	struct arena scratch;
	uint64_t choices_seen[2];
	uint64_t choices_finished[2];
	bool has_ended; /* past [DONE] */
};

/* Lives in the arena's lifetime; writes what it learns into *state. */
void passthrough_init(struct passthrough *, struct arena *,
    const struct answer_plan *, struct answer_state *);

/* Looks at one event of a stream and appends what the client gets of it. */
void passthrough_event(
    struct passthrough *, const struct sse_event *, struct buf *out);

/* The same for an answer that is one document. */
void passthrough_whole(struct passthrough *, struct str body, struct buf *out);
