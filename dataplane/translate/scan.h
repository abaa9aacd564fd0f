/*
 * scan.h - validates JSON without building anything.
 *
 * One pass over the bytes decides whether they are JSON by RFC 8259 (strict:
 * UTF-8, escapes, numbers, nesting up to a limit) and notes where the wanted
 * top-level members stand, so that a body of any size costs no allocation.
 * Strings are checked 16 bytes at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/status.h"
#include "common/str.h"

#define SCAN_DEPTH_MAX 128

struct scan_fault {
	size_t offset;	  /* of the byte that is wrong */
	const char *what; /* "unterminated string" */
};

/* A member a reader of bodies wants to find. */
struct scan_member {
	const char *name; /* set by the caller */
	struct str value; /* raw JSON, quotes included; or empty */
	struct str pair;  /* from the key's quote to the value's end */
};

/*
 * The body must be one JSON object.  A wanted member that appears twice, also
 * when its name is spelt with escapes, is a fault: two readers of such a body
 * may disagree on what it says.  `fault` may be NULL, here and below.
 */
enum status scan_object(struct str body, struct scan_member *wanted,
    size_t wanted_count, struct scan_fault *fault);

/* Is it one JSON value and nothing else? */
enum status scan_value(struct str body, struct scan_fault *fault);

/* Helpers on a raw value that scan_object() accepted. */
bool scan_is_string(struct str raw);
bool scan_is_true(struct str raw);
bool scan_is_null(struct str raw);
bool scan_is_object(struct str raw);
