/*
 * emit.h - writes JSON, piece by piece, into a buffer.
 *
 * Commas, quotes and escapes are put where they belong; keys and values
 * follow each other as in the document.  Failure is the buffer's and sticky.
 *
 *	emit_object_open(&e);
 *	emit_field_str(&e, "id", id);
 *	emit_object_close(&e);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

struct emit { /* fields are private */
	struct buf *out;
	bool comma; /* the next key or element needs one */
};

void emit_init(struct emit *, struct buf *out);
void emit_object_open(struct emit *);
void emit_object_close(struct emit *);
void emit_array_open(struct emit *);
void emit_array_close(struct emit *);
void emit_key(struct emit *, const char *key);
void emit_key_str(struct emit *, struct str key);
void emit_str(struct emit *, struct str);
void emit_cstr(struct emit *, const char *); /* NULL -> null */
void emit_int(struct emit *, int64_t);
void emit_bool(struct emit *, bool);
void emit_null(struct emit *);

/* Bytes that are already JSON, as they are. */
void emit_raw(struct emit *, struct str);

/* key and value in one call, the common case. */
void emit_field_str(struct emit *, const char *key, struct str);
void emit_field_cstr(struct emit *, const char *key, const char *);
void emit_field_int(struct emit *, const char *key, int64_t);
void emit_field_bool(struct emit *, const char *key, bool);
void emit_field_null(struct emit *, const char *key);
void emit_field_raw(struct emit *, const char *key, struct str);

/*
 * Appends the string with quotes and escapes.  Valid UTF-8 stays as it is;
 * a byte that is not becomes U+FFFD, so the output is always valid JSON.
 */
void emit_quoted(struct buf *, struct str);
