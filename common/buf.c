/*
 * buf.c - a growing byte buffer; see buf.h.
 *
 * The content lies between start and len.  The allocation is always one byte
 * larger than cap, because vsnprintf() ends what it writes with a NUL.
 */
#include "common/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BYTES = 256,
};

void
buf_init(struct buf *buf, size_t max_bytes)
{
	assert(max_bytes > 0);
	/* No object is larger than PTRDIFF_MAX; with less, sums never wrap. */
	*buf =
	    (struct buf){ .max_bytes = size_min(max_bytes, PTRDIFF_MAX - 1) };
}

void
buf_done(struct buf *buf)
{
	buf_release(buf);
}

void
buf_reset(struct buf *buf)
{
	buf->start = 0;
	buf->len = 0;
	buf->failed = false;
}

void
buf_release(struct buf *buf)
{
	free(buf->ptr);
	buf->ptr = NULL;
	buf->cap = 0;
	buf_reset(buf);
}

static void
move_to_front(struct buf *buf)
{
	if (buf->start == 0)
		return;
	buf->len = buf_len(buf);
	memmove(buf->ptr, buf->ptr + buf->start, buf->len);
	buf->start = 0;
}

static void
grow(struct buf *buf, size_t needed)
{
	size_t cap = size_max(buf->cap, FIRST_BYTES);

	while (cap < needed)
		cap *= 2;
	cap = size_min(cap, buf->max_bytes);
	buf->ptr = realloc(buf->ptr, cap + 1);
	if (buf->ptr == NULL)
		abort();
	buf->cap = cap;
}

/* Whether there is room behind the content now; if not, the buffer failed. */
static bool
make_room(struct buf *buf, size_t count)
{
	size_t len = buf_len(buf);
	bool is_mostly_consumed = buf->start >= len;

	if (buf->failed)
		return false;
	if (count <= buf->cap - buf->len)
		return true;
	if (count > buf->max_bytes - len) {
		buf_reset(buf);
		buf->failed = true;
		return false;
	}
	move_to_front(buf);
	/*
	 * Moving much content for little room would have to be done again
	 * soon, so such a buffer grows even if there is room enough by now.
	 */
	if (count > buf->cap - len || !is_mostly_consumed)
		grow(buf, size_max(len + count, buf->cap + 1));
	return true;
}

void
buf_reserve(struct buf *buf, size_t count)
{
	make_room(buf, count);
}

void
buf_add(struct buf *buf, const void *bytes, size_t count)
{
	if (count == 0 || !make_room(buf, count))
		return;
	memcpy(buf->ptr + buf->len, bytes, count);
	buf->len += count;
}

void
buf_add_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.ptr, s.len);
}

void
buf_add_cstr(struct buf *buf, const char *cstr)
{
	buf_add(buf, cstr, strlen(cstr));
}

void
buf_add_char(struct buf *buf, char c)
{
	if (make_room(buf, 1))
		buf->ptr[buf->len++] = c;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(buf, fmt, args);
	va_end(args);
}

/* Writes what fits behind the content; returns what there was to write. */
static size_t PRINTF_LIKE(2, 0)
    print_behind(struct buf *buf, const char *fmt, va_list args)
{
	int len;

	if (buf->ptr == NULL)
		len = vsnprintf(NULL, 0, fmt, args);
	else
		len = vsnprintf(
		    buf->ptr + buf->len, buf->cap - buf->len + 1, fmt, args);
	assert(len >= 0);
	return (size_t)len;
}

void
buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
	va_list again;
	size_t len;

	if (buf->failed)
		return;
	va_copy(again, args);
	len = print_behind(buf, fmt, args);
	if (len > buf->cap - buf->len && make_room(buf, len))
		print_behind(buf, fmt, again);
	va_end(again);
	if (!buf->failed)
		buf->len += len;
}

void
buf_consume(struct buf *buf, size_t count)
{
	assert(count <= buf_len(buf));
	buf->start += count;
	if (buf->start == buf->len) {
		buf->start = 0;
		buf->len = 0;
	}
}

void
buf_truncate(struct buf *buf, size_t len)
{
	assert(len <= buf_len(buf));
	buf->len = buf->start + len;
}

struct str
buf_str(const struct buf *buf)
{
	if (buf_len(buf) == 0)
		return STR("");
	return str_make(buf->ptr + buf->start, buf_len(buf));
}

size_t
buf_len(const struct buf *buf)
{
	return buf->len - buf->start;
}

bool
buf_has_failed(const struct buf *buf)
{
	return buf->failed;
}
