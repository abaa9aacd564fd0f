/*
 * reading.h - what an answer says, read a second time with other code.
 *
 * The tests compare what a provider sent with what a client got; both are
 * read here, straightforwardly and with jansson, into one form.  `strict`
 * readings also check the grammar of the dialect as its clients rely on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

#define READING_CALLS_MAX 128
#define READING_TEXT_MAX ((size_t)64 << 20)

enum reading_finish {
	READING_UNFINISHED,
	READING_END,
	READING_LENGTH,
	READING_CALLS,
	READING_FILTER, /* also a refusal */
};

struct reading_call {
	char *id;
	char *name;
	struct buf arguments;
};

/* Of the first choice. */
struct reading {
	struct buf text;
	struct buf reasoning;
	struct reading_call calls[READING_CALLS_MAX];
	size_t call_count;
	enum reading_finish finish;
	bool has_refused; /* in words */
	int64_t input;	  /* with what the cache gave */
	int64_t cached;
	int64_t output; /* with reasoning */
	bool has_usage;
	bool has_failed; /* an error within a 200 */
	bool has_ended;	 /* the terminal event came */
	char fault[240]; /* of the grammar; or empty */
};

void reading_init(struct reading *);
void reading_done(struct reading *);

/* A text of its own, for free(). */
char *reading_copy(struct str);

/* Notes the first fault only. */
void reading_fault(struct reading *, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A call of this number, made when it is the next one; NULL: too many. */
struct reading_call *reading_call(struct reading *, size_t number);

void read_openai_chat_stream(struct reading *, struct str body, bool strict);
void read_openai_chat_whole(struct reading *, struct str body, bool strict);
void read_anthropic_stream(struct reading *, struct str body, bool strict);
void read_anthropic_whole(struct reading *, struct str body, bool strict);
void read_gemini_stream(struct reading *, struct str body, bool strict);
void read_gemini_whole(struct reading *, struct str body, bool strict);

/*
 * The next event of a stream: its name and data (joined into `data`, which
 * is overwritten).  False at the end.
 */
bool reading_event(struct str *rest, struct buf *name, struct buf *data);

/* NULL when equal, else what differs; the text is static. */
const char *reading_compare(
    const struct reading *wanted, const struct reading *seen);
