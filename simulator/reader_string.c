/* reader_string.c - strings of the JSON reader, checked and decoded. */
#include "simulator/reader_inside.h"

#include <string.h>

#include "common/arena.h"

/* Eight bytes at a time: is there a quote, a backslash or a control byte? */
static bool
has_special(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;
	const uint64_t tops = 0x8080808080808080u;
	uint64_t quote = word ^ (ones * '"');
	uint64_t slash = word ^ (ones * '\\');

	return ((((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
		    ((word - ones * 0x20) & ~word)) &
		   tops) != 0;
}

static void
skip_plain(struct reader *r)
{
	uint64_t word;

	while (r->end - r->at >= (ptrdiff_t)sizeof(word)) {
		memcpy(&word, r->at, sizeof(word));
		if (has_special(word))
			break;
		r->at += sizeof(word);
	}
	while (r->at < r->end && *r->at != '"' && *r->at != '\\' &&
	    (unsigned char)*r->at >= 0x20)
		r->at++;
}

/* -1 unless four hexadecimal digits follow. */
static int32_t
take_hex4(struct reader *r)
{
	int32_t value = 0;

	if (r->end - r->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;
		int digit = c >= '0' && c <= '9' ? c - '0'
		    : c >= 'a' && c <= 'f'	 ? c - 'a' + 10
		    : c >= 'A' && c <= 'F'	 ? c - 'A' + 10
						 : -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* Behind the 'u' of an escape; -1 for half a surrogate pair. */
static int32_t
take_code_point(struct reader *r)
{
	int32_t high = take_hex4(r);
	int32_t low;

	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || !reader_take(r, '\\') || !reader_take(r, 'u'))
		return -1;
	low = take_hex4(r);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Behind the backslash; returns the bytes written, 0 for a bad escape. */
static size_t
take_escape(struct reader *r, char out[4])
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *place;
	int32_t code;

	if (r->at == r->end)
		return 0;
	if (*r->at != 'u') {
		place = memchr(from, *r->at++, sizeof(from) - 1);
		if (place == NULL)
			return 0;
		out[0] = to[place - from];
		return 1;
	}
	r->at++;
	code = take_code_point(r);
	return code < 0 ? 0 : put_utf8(out, (uint32_t)code);
}

struct str
reader_take_string(struct reader *r, bool *out_has_escape)
{
	const char *start = r->at;
	char decoded[4];

	*out_has_escape = false;
	for (;;) {
		skip_plain(r);
		if (reader_take(r, '"'))
			return str_make(start, (size_t)(r->at - start - 1));
		if (!reader_take(r, '\\') || take_escape(r, decoded) == 0) {
			reader_fail(r);
			return STR("");
		}
		*out_has_escape = true;
	}
}

struct str
reader_decode(struct arena *arena, struct str raw)
{
	struct reader r;
	char *out = arena_alloc(arena, raw.len);
	size_t len = 0;

	reader_init(&r, arena, raw);
	while (r.at < r.end) {
		const char *start = r.at;

		skip_plain(&r);
		memcpy(out + len, start, (size_t)(r.at - start));
		len += (size_t)(r.at - start);
		if (reader_take(&r, '\\'))
			len += take_escape(&r, out + len);
	}
	return str_make(out, len);
}
