/*
 * failure_reading.h - what a provider's error means, by its status and its
 * words; shared by the dialects' read_error functions.
 *
 * Statuses alone mislead: a spent credit is a 429 like a busy minute, a bad
 * key is a 400 at some providers, and an error inside a stream has no status
 * of its own.  So the known words come first.
 */
#pragma once

#include <stdint.h>

#include "common/str.h"
#include "dataplane/upstream/failure.h"

struct arena;

struct failure_report {
	int http_status; /* what it was sent with, or speaks of */
	struct str code;
	struct str type;
	struct str message;
};

/* Everything but retry_after_ms when the message does not tell it. */
void failure_read(
    struct arena *, const struct failure_report *, struct failure *out);

/* A body that is no JSON we know: its first words, if they are text. */
struct str failure_read_text(struct str body);

/* "34.4s", "1m30s", "20ms" at the start of the text; -1 when it is none. */
int64_t failure_read_delay_ms(struct str);
