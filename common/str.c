/*
 * str.c - slices of bytes; see str.h.
 *
 * An empty slice may have no pointer at all, so nothing here hands a pointer
 * to the C library before it knows that there is a byte behind it.
 */
#include "common/str.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"

struct str
str_from(const char *cstr)
{
	return cstr == NULL ? STR("") : str_make(cstr, strlen(cstr));
}

struct str
str_make(const void *ptr, size_t len)
{
	return (struct str){ .ptr = ptr, .len = len };
}

bool
str_is_empty(struct str s)
{
	return s.len == 0;
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	}
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t common = size_min(a.len, b.len);
	int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
str_has_prefix(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool
str_has_prefix_nocase(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	    str_eq_nocase(str_head(s, prefix.len), prefix);
}

bool
str_has_suffix(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	    str_eq(str_skip(s, s.len - suffix.len), suffix);
}

ptrdiff_t
str_find(struct str s, struct str needle)
{
	const char *place;

	if (needle.len == 0)
		return 0;
	if (needle.len > s.len)
		return -1;
	place = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return place == NULL ? -1 : place - s.ptr;
}

ptrdiff_t
str_find_char(struct str s, char c)
{
	const char *place = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

	return place == NULL ? -1 : place - s.ptr;
}

struct str
str_skip(struct str s, size_t count)
{
	count = size_min(count, s.len);
	return count == 0 ? s : str_make(s.ptr + count, s.len - count);
}

struct str
str_head(struct str s, size_t count)
{
	return str_make(s.ptr, size_min(count, s.len));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_head_utf8(struct str s, size_t count)
{
	if (count >= s.len)
		return s;
	while (count > 0 && ((unsigned char)s.ptr[count] & 0xc0) == 0x80)
		count--;
	return str_head(s, count);
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = str_skip(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
str_next(struct str *rest, char separator, struct str *out_part)
{
	ptrdiff_t place = str_find_char(*rest, separator);
	size_t len = place < 0 ? rest->len : (size_t)place;

	if (str_is_empty(*rest))
		return false;
	*out_part = str_head(*rest, len);
	*rest = str_skip(*rest, len + 1);
	return true;
}

struct str
str_copy(struct arena *arena, struct str s)
{
	if (str_is_empty(s))
		return STR("");
	return str_make(
	    memcpy(arena_alloc_raw(arena, s.len), s.ptr, s.len), s.len);
}

const char *
str_cstr(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.len + 1);

	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

struct str
str_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	struct str s;

	va_start(args, fmt);
	s = str_vprintf(arena, fmt, args);
	va_end(args);
	return s;
}

struct str
str_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	char small[256];
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(small, sizeof(small), fmt, args);
	assert(len >= 0);
	text = arena_alloc(arena, (size_t)len + 1);
	if ((size_t)len < sizeof(small))
		memcpy(text, small, (size_t)len);
	else
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return str_make(text, (size_t)len);
}

enum status
str_to_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;

	if (str_is_empty(s))
		return E_INVALID;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return E_INVALID;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, s.ptr[i] - '0', &value))
			return E_INVALID;
	}
	*out = value;
	return OK;
}

enum status
str_to_i64(struct str s, int64_t *out)
{
	bool is_negative = str_has_prefix(s, STR("-"));
	uint64_t limit = (uint64_t)INT64_MAX + is_negative;
	uint64_t magnitude;
	enum status status;

	status = str_to_u64(str_skip(s, is_negative), &magnitude);
	if (status != OK)
		return status;
	if (magnitude > limit)
		return E_INVALID;
	*out = (int64_t)(is_negative ? -magnitude : magnitude);
	return OK;
}

static bool
are_ascii(const unsigned char bytes[16])
{
	uint64_t words[2];

	memcpy(words, bytes, sizeof(words));
	return ((words[0] | words[1]) & 0x8080808080808080) == 0;
}

static bool
is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Length of the well-formed character at p, or 0 (RFC 3629, section 4). */
static size_t
character_length(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	if (left < 2 || !is_continuation(p[1]))
		return 0;
	if (p[0] < 0xe0)
		return 2;
	if (left < 3 || !is_continuation(p[2]))
		return 0;
	if (p[0] < 0xf0) {
		bool is_overlong = p[0] == 0xe0 && p[1] < 0xa0;
		bool is_surrogate = p[0] == 0xed && p[1] > 0x9f;

		return is_overlong || is_surrogate ? 0 : 3;
	}
	if (left < 4 || !is_continuation(p[3]))
		return 0;
	bool is_overlong = p[0] == 0xf0 && p[1] < 0x90;
	bool is_too_large = p[0] == 0xf4 && p[1] > 0x8f;

	return is_overlong || is_too_large ? 0 : 4;
}

bool
str_is_utf8(struct str s)
{
	const unsigned char *bytes = (const unsigned char *)s.ptr;
	size_t i = 0;

	while (i < s.len) {
		if (s.len - i >= 16 && are_ascii(bytes + i)) {
			i += 16;
			continue;
		}
		size_t len = character_length(bytes + i, s.len - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}
