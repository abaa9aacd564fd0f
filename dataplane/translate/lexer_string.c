/*
 * lexer_string.c - see lexer_string.h.  16 bytes are looked at together; only
 * what is not plain ASCII goes through the checks one by one.
 */
#include "dataplane/translate/lexer_string.h"

#include <string.h>

#include "dataplane/translate/plain.h"

enum {
	KEY_MAX = 64,
	HEX_INVALID = 16,
};

static unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return HEX_INVALID;
}

/* The code unit of "\u0041"; -1 when it is not spelt right. */
static int
escaped_unit(const char *at, const char *end)
{
	unsigned unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		unsigned digit = hex_digit(at[i]);

		if (digit == HEX_INVALID)
			return -1;
		unit = unit << 4 | digit;
	}
	return (int)unit;
}

static bool
is_high_surrogate(int unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool
is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* The length of the escape at this backslash, or 0 with a fault. */
static size_t
escape_len(struct lexer *l, const char *at)
{
	int unit;

	if (l->end - at >= 2 && at[1] != '\0' &&
	    strchr("\"\\/bfnrt", at[1]) != NULL)
		return 2;
	unit = escaped_unit(at, l->end);
	if (unit < 0) {
		lexer_fault_at(l, at, "invalid escape in a string");
		return 0;
	}
	if (is_high_surrogate(unit) &&
	    is_low_surrogate(escaped_unit(at + 6, l->end)))
		return 12;
	if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
		lexer_fault_at(l, at, "half a surrogate pair in a string");
		return 0;
	}
	return 6;
}

static bool
is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/*
 * The length of the well-formed character at p (RFC 3629, section 4), which
 * is not ASCII; else 0.
 */
static size_t
character_len(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char last; /* of the lead bytes this is for */
		unsigned char len;
		unsigned char low; /* bounds of the second byte */
		unsigned char high;
	} shapes[] = {
		{ 0xc1, 0, 0, 0 },
		{ 0xdf, 2, 0x80, 0xbf },
		{ 0xe0, 3, 0xa0, 0xbf },
		{ 0xec, 3, 0x80, 0xbf },
		{ 0xed, 3, 0x80, 0x9f },
		{ 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 4, 0x90, 0xbf },
		{ 0xf3, 4, 0x80, 0xbf },
		{ 0xf4, 4, 0x80, 0x8f },
		{ 0xff, 0, 0, 0 },
	};
	size_t shape = 0;
	size_t len;

	while (p[0] > shapes[shape].last)
		shape++;
	len = shapes[shape].len;
	if (len == 0 || len > left)
		return 0;
	if (p[1] < shapes[shape].low || p[1] > shapes[shape].high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (!is_continuation(p[i]))
			return 0;
	}
	return len;
}

/* Passes over what is not ASCII; NULL with a fault when it is not UTF-8. */
static const char *
skip_characters(struct lexer *l, const char *at)
{
	while (at < l->end && (*at & 0x80) != 0) {
		size_t len = character_len(
		    (const unsigned char *)at, (size_t)(l->end - at));

		if (len == 0) {
			lexer_fault_at(l, at, "invalid UTF-8 in a string");
			return NULL;
		}
		at += len;
	}
	return at;
}

/* From the byte that is not plain to the one behind it; NULL on a fault. */
static const char *
skip_special(struct lexer *l, const char *at)
{
	size_t len;

	if ((*at & 0x80) != 0)
		return skip_characters(l, at);
	if (*at != '\\') {
		lexer_fault_at(l, at, "control character in a string");
		return NULL;
	}
	l->has_escape = true;
	len = escape_len(l, at);
	return len > 0 ? at + len : NULL;
}

static bool
is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static const char *
skip_plain(const char *at, const char *end)
{
	while (end - at >= PLAIN_STRIDE && plain_string_stride(at))
		at += PLAIN_STRIDE;
	while (end - at >= PLAIN_STEP) {
		size_t run = plain_string_run(at);

		at += run;
		if (run < PLAIN_STEP)
			return at;
	}
	while (at < end && is_plain(*at))
		at++;
	return at;
}

const char *
lexer_string_end(struct lexer *l)
{
	const char *at = l->at + 1;

	l->has_escape = false;
	for (;;) {
		at = skip_plain(at, l->end);
		if (at == l->end) {
			lexer_fault_at(l, l->at, "unterminated string");
			return NULL;
		}
		if (*at == '"')
			return at + 1;
		at = skip_special(l, at);
		if (at == NULL)
			return NULL;
	}
}

/* ---- text ---- */

/* Writes a character as UTF-8; returns how many bytes. */
static size_t
put_character(uint32_t character, char *out)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = character < 0x80 ? 1
	    : character < 0x800	      ? 2
	    : character < 0x10000     ? 3
				      : 4;

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	out[0] = (char)(leads[len] | character);
	return len;
}

/* Takes the escape off *rest and writes what it means. */
static size_t
put_escape(struct str *rest, char *out)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	const char *letter = strchr(letters, rest->ptr[1]);
	uint32_t character;

	if (rest->ptr[1] != 'u') {
		out[0] =
		    letter == NULL ? rest->ptr[1] : meanings[letter - letters];
		*rest = str_skip(*rest, 2);
		return 1;
	}
	character = (uint32_t)escaped_unit(rest->ptr, rest->ptr + rest->len);
	*rest = str_skip(*rest, 6);
	if (is_high_surrogate((int)character)) {
		uint32_t low =
		    (uint32_t)escaped_unit(rest->ptr, rest->ptr + rest->len);

		*rest = str_skip(*rest, 6);
		character =
		    0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
	}
	return put_character(character, out);
}

size_t
lexer_unescape(struct str inner, char *out)
{
	size_t len = 0;

	while (inner.len > 0) {
		ptrdiff_t place = str_find_char(inner, '\\');
		size_t plain = place < 0 ? inner.len : (size_t)place;

		memcpy(out + len, inner.ptr, plain);
		len += plain;
		inner = str_skip(inner, plain);
		if (inner.len > 0)
			len += put_escape(&inner, out + len);
	}
	return len;
}

/* Six bytes may spell one: no name we ask for is longer than KEY_MAX. */
bool
lexer_escaped_key_is(const struct lexer *l, struct str name)
{
	struct str inner = str_make(l->raw.ptr + 1, l->raw.len - 2);
	char text[KEY_MAX * 6];

	assert(name.len <= KEY_MAX);
	if (inner.len > sizeof(text))
		return false;
	return str_eq(str_make(text, lexer_unescape(inner, text)), name);
}
