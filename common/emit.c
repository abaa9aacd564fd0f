/*
 * emit.c - see emit.h.  The escapes are those of RFC 8785 (the short forms,
 * else \u00xx in lower case), so that canonical JSON is written with them too.
 */
#include "common/emit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base.h"

/* Every byte of a word set to the same value. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

void
emit_init(struct emit *e, struct buf *out)
{
	e->out = out;
	e->comma = false;
}

/* What has to stand before a key, or before a value without one. */
static void
separate(struct emit *e)
{
	if (e->comma)
		buf_add_char(e->out, ',');
	e->comma = true;
}

static void
open_with(struct emit *e, char bracket)
{
	separate(e);
	buf_add_char(e->out, bracket);
	e->comma = false;
}

static void
close_with(struct emit *e, char bracket)
{
	buf_add_char(e->out, bracket);
	e->comma = true;
}

void
emit_object_open(struct emit *e)
{
	open_with(e, '{');
}

void
emit_object_close(struct emit *e)
{
	close_with(e, '}');
}

void
emit_array_open(struct emit *e)
{
	open_with(e, '[');
}

void
emit_array_close(struct emit *e)
{
	close_with(e, ']');
}

void
emit_key_str(struct emit *e, struct str key)
{
	emit_str(e, key);
	buf_add_char(e->out, ':');
	e->comma = false;
}

void
emit_key(struct emit *e, const char *key)
{
	emit_key_str(e, str_from(key));
}

void
emit_str(struct emit *e, struct str value)
{
	separate(e);
	emit_quoted(e->out, value);
}

void
emit_cstr(struct emit *e, const char *value)
{
	if (value == NULL)
		emit_null(e);
	else
		emit_str(e, str_from(value));
}

void
emit_int(struct emit *e, int64_t value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRId64, value);

	emit_raw(e, str_make(text, (size_t)len));
}

void
emit_bool(struct emit *e, bool value)
{
	emit_raw(e, value ? STR("true") : STR("false"));
}

void
emit_null(struct emit *e)
{
	emit_raw(e, STR("null"));
}

void
emit_raw(struct emit *e, struct str json)
{
	separate(e);
	buf_add_str(e->out, json);
}

void
emit_field_str(struct emit *e, const char *key, struct str value)
{
	emit_key(e, key);
	emit_str(e, value);
}

void
emit_field_cstr(struct emit *e, const char *key, const char *value)
{
	emit_key(e, key);
	emit_cstr(e, value);
}

void
emit_field_int(struct emit *e, const char *key, int64_t value)
{
	emit_key(e, key);
	emit_int(e, value);
}

void
emit_field_bool(struct emit *e, const char *key, bool value)
{
	emit_key(e, key);
	emit_bool(e, value);
}

void
emit_field_null(struct emit *e, const char *key)
{
	emit_key(e, key);
	emit_null(e);
}

void
emit_field_raw(struct emit *e, const char *key, struct str json)
{
	emit_key(e, key);
	emit_raw(e, json);
}

/*
 * Are eight bytes all printable ASCII without quote and backslash?  A byte
 * that is not sets its top bit in one of the terms.  A borrow may mark the
 * byte above it as well, which only makes this answer no too often.
 */
static bool
is_plain_word(const char *bytes)
{
	uint64_t word;
	uint64_t marks;

	memcpy(&word, bytes, sizeof(word));
	marks = word | (word - EACH(0x20)) | ((word ^ EACH('"')) - EACH(1)) |
	    ((word ^ EACH('\\')) - EACH(1));
	return (marks & EACH(0x80)) == 0;
}

static bool
is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The length of the UTF-8 sequence the text begins with, 0 if it is none. */
static size_t
sequence_len(struct str text)
{
	unsigned char lead = (unsigned char)text.ptr[0];
	size_t len = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (len > text.len || !str_is_utf8(str_head(text, len)))
		return 0;
	return len;
}

/* How much of the text can be copied as it is. */
static size_t
clean_len(struct str text)
{
	size_t at = 0;
	size_t step;

	while (at < text.len) {
		if (text.len - at >= 8 && is_plain_word(text.ptr + at))
			step = 8;
		else if (is_plain(text.ptr[at]))
			step = 1;
		else if ((text.ptr[at] & 0x80) == 0)
			break;
		else
			step = sequence_len(str_skip(text, at));
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

static void
add_escaped(struct buf *out, char c)
{
	static const char shorts[][2] = {
		{ '"', '"' },
		{ '\\', '\\' },
		{ '\b', 'b' },
		{ '\f', 'f' },
		{ '\n', 'n' },
		{ '\r', 'r' },
		{ '\t', 't' },
	};

	if ((c & 0x80) != 0) {
		buf_add_cstr(out, "\xef\xbf\xbd");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(shorts); i++) {
		if (shorts[i][0] != c)
			continue;
		buf_add_char(out, '\\');
		buf_add_char(out, shorts[i][1]);
		return;
	}
	buf_printf(out, "\\u%04x", (unsigned)c);
}

void
emit_quoted(struct buf *out, struct str text)
{
	buf_add_char(out, '"');
	while (text.len > 0) {
		size_t clean = clean_len(text);

		buf_add(out, text.ptr, clean);
		text = str_skip(text, clean);
		if (text.len == 0)
			break;
		add_escaped(out, text.ptr[0]);
		text = str_skip(text, 1);
	}
	buf_add_char(out, '"');
}
