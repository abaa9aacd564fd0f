/*
 * id.h - identifiers: UUIDv7 inside, prefixed Crockford base32 outside.
 *
 * "key_01jd6x3k8v6m2q7z0c4t9r5b1n": the prefix names the kind, the rest sorts
 * by the moment of birth.  26 lower-case characters for 128 bits.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

#define ID_TEXT_SIZE 40 /* prefix of at most 8, '_', 26, NUL */

struct id {
	uint8_t bytes[16];
};

/* A new id; ids of one process made later sort later. */
struct id id_make(void);

bool id_eq(struct id, struct id);
bool id_is_zero(struct id);

/* prefix without the underscore; returns out. */
const char *id_format(struct id, const char *prefix, char out[ID_TEXT_SIZE]);

/* E_INVALID unless it is exactly prefix, '_' and 26 valid characters. */
enum status id_parse(struct str, const char *prefix, struct id *out);

/* "0190f3c2-…", the form PostgreSQL's uuid takes; returns out. */
const char *id_uuid(struct id, char out[ID_TEXT_SIZE]);
enum status id_from_uuid(struct str, struct id *out);

/* The moment a UUIDv7 was made, in microseconds since 1970. */
int64_t id_wall_us(struct id);
