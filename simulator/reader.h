/*
 * reader.h - reads one JSON document from front to back, strictly.
 *
 * Every byte is checked, nothing is built: the caller walks into what it
 * wants and skips the rest.  A fault is sticky: afterwards loops end, values
 * are empty, and one reader_end() at the end tells.
 *
 *	reader_object_open(&r);
 *	while (reader_next_key(&r, &key)) {
 *		if (str_eq(key, STR("model")))
 *			model = reader_text(&r);
 *		else
 *			reader_skip(&r);
 *	}
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct arena;

enum reader_kind {
	READER_NONE, /* the end, or no value starts here */
	READER_OBJECT,
	READER_ARRAY,
	READER_STRING,
	READER_NUMBER,
	READER_BOOL,
	READER_NULL,
};

struct reader { /* fields are private */
	struct arena *arena;
	const char *at;
	const char *end;
	unsigned depth;
	bool is_fresh; /* a container was just entered */
	bool has_failed;
};

/* The text is borrowed; strings with escapes are decoded into the arena. */
void reader_init(struct reader *, struct arena *, struct str json);

/* What the next value is. */
enum reader_kind reader_peek(struct reader *);

void reader_object_open(struct reader *);
void reader_array_open(struct reader *);

/* False once the container is closed, or after a fault. */
bool reader_next_key(struct reader *, struct str *out_key);
bool reader_next_element(struct reader *);

/* A value of another kind is skipped and gives the empty or zero one. */
struct str reader_text(struct reader *);
int64_t reader_int(struct reader *); /* a fraction is cut off */
bool reader_bool(struct reader *);

/* Steps over a value and returns its bytes. */
struct str reader_skip(struct reader *);

/* E_INVALID after a fault, or when bytes follow the document. */
enum status reader_end(struct reader *);
