/*
 * answer.h - what the simulator says, before any dialect gives it a shape.
 *
 * The text follows from seed and prompt alone, so the same question always
 * gets the same answer; usage adds up by the rule of ask.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"
#include "common/str.h"
#include "simulator/ask.h"
#include "simulator/random.h"
#include "simulator/script.h"

struct arena;

#define ANSWER_ID_LEN 24
#define ANSWER_CALLS_MAX 16
#define ANSWER_PARTS_MAX (ANSWER_CALLS_MAX + 2)

enum part_kind {
	PART_REASONING,
	PART_TEXT,
	PART_CALL,
};

struct part {
	enum part_kind kind;
	struct str text; /* of a call: its arguments, JSON */
	struct str name; /* of a call */
	char id[ANSWER_ID_LEN + 1];
};

struct usage {	       /* tokens */
	int64_t input; /* all of the prompt, cached or not */
	int64_t cached;
	int64_t cache_write;
	int64_t output; /* all of the answer, reasoning included */
	int64_t reasoning;
	bool is_hidden;
};

struct answer {
	struct arena *arena;
	const struct ask *ask;
	struct part parts[ANSWER_PARTS_MAX];
	size_t part_count;
	enum finish finish;
	struct usage usage; /* of one choice */
	size_t chunk_bytes; /* of one piece of a stream */
	int64_t created_s;
	char id[ANSWER_ID_LEN + 1];
};

struct answer_settings {
	uint64_t seed;
	int64_t tokens;
	int64_t chunk_bytes;
};

/* Everything is the arena's or borrowed from `ask`. */
void answer_build(struct answer *, struct arena *, const struct ask *,
    const struct script *, const struct answer_settings *);

/* Fills in what differs each time: the ids. */
void answer_set_ids(struct answer *, struct random *);

bool answer_has_calls(const struct answer *);

/* The text of the first part of that kind; empty without one. */
struct str answer_text(const struct answer *, enum part_kind);

/* How many calls come before this part. */
int64_t answer_call_index(const struct answer *, size_t part_index);

/* Total of all choices. */
int64_t answer_output_tokens(const struct answer *);

/* The first bytes of the text, at least chunk_bytes, whole characters. */
struct str answer_piece(const struct answer *, struct str text);
