/*
 * status.h - how every call that can fail says how it went.
 *
 * One enum for the whole project; ignoring it does not compile.  Its HTTP
 * code, its public word and whether a client may retry are columns of
 * status.def.  Detail is recorded once, where it is known.
 */
#pragma once

#include <stdbool.h>

enum [[nodiscard]] status{
#define STATUS(name, http, word, retry) name,
#include "common/status.def"
#undef STATUS
	STATUS_COUNT
};

/* "E_NOT_FOUND": for logs. */
const char *status_name(enum status);

/* The HTTP code a caller sees, 200 for OK; PENDING has none (0). */
int status_http(enum status);

/* The machine-readable word of an error body: "not_found". */
const char *status_word(enum status);

/* May the same request succeed when sent again unchanged? */
bool status_is_retryable(enum status);
