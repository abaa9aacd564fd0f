/*
 * json.h - JSON outside the hot path: a strict reader over jansson.
 *
 * It is jansson with the doors closed: duplicate members, NUL in
 * strings, nesting past `depth_max` and trailing bytes are refused.  Request
 * and response bodies of models never come here: see translate/tree.h.  JSON
 * is written with emit.h.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"

struct json_fault {
	int line;
	int column;
	char text[160]; /* what was wrong, for people */
};

/*
 * E_INVALID unless the text is one JSON value.  The caller owns *out
 * (json_decref).  `fault` may be NULL; it never quotes the text.
 */
enum status json_parse(
    struct str, size_t depth_max, json_t **out, struct json_fault *fault);

/* CLEANUP(json_release) json_t *root = NULL; */
void json_release(json_t **);

/* Borrowed from the value; empty when it is not a string. */
struct str json_text(const json_t *);

/*
 * RFC 8785: the one spelling of a value, for signatures and chains.  Integers
 * are written exactly, even where RFC 8785 would round them to a double;
 * reals take ECMAScript's shortest form.
 */
void json_write_canonical(struct buf *, const json_t *);
