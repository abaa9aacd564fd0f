/*
 * buf.h - a growing byte buffer with a bound, given when it is made.
 *
 * Growing past the bound sets a sticky failure: later additions do nothing,
 * the content is dropped, and one buf_has_failed() at the end is enough.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base.h"
#include "common/str.h"

struct buf { /* fields are private */
	char *ptr;
	size_t start; /* bytes already consumed */
	size_t len;   /* end of the content, from ptr */
	size_t cap;
	size_t max_bytes;
	bool failed;
};

/* Allocates nothing until the first byte.  max_bytes > 0. */
void buf_init(struct buf *, size_t max_bytes);
void buf_done(struct buf *);

/* Empties it and clears a failure; the memory is kept. */
void buf_reset(struct buf *);

/* Empties it and gives the memory back. */
void buf_release(struct buf *);

void buf_add(struct buf *, const void *, size_t);
void buf_add_str(struct buf *, struct str);
void buf_add_cstr(struct buf *, const char *);
void buf_add_char(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *, const char *fmt, va_list) PRINTF_LIKE(2, 0);

/* Makes room for count more bytes, so that what follows does not move. */
void buf_reserve(struct buf *, size_t count);

/* Drops count bytes from the front; count <= buf_len(). */
void buf_consume(struct buf *, size_t count);

/* Cuts the content to its first len bytes; len <= buf_len(). */
void buf_truncate(struct buf *, size_t len);

/* The content, valid until the next call that changes the buffer. */
struct str buf_str(const struct buf *);
size_t buf_len(const struct buf *);
bool buf_has_failed(const struct buf *);
