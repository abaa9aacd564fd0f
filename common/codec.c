/*
 * codec.c - hex, base64 and base62.
 *
 * Decoding is strict: a sequence of bytes has one text (but for the base64
 * alphabet and padding a sender may choose), so texts can be compared.
 */
#include "common/codec.h"

#include <string.h>

#include "common/arena.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base62_digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct str
codec_hex(struct arena *arena, struct str bytes)
{
	char *text = arena_alloc_array(arena, bytes.len, 2);

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];

		text[2 * i] = hex_digits[byte >> 4];
		text[2 * i + 1] = hex_digits[byte & 15];
	}
	return str_make(text, 2 * bytes.len);
}

int
codec_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum status
codec_hex_decode(struct arena *arena, struct str text, struct str *out)
{
	char *bytes = arena_alloc(arena, text.len / 2);

	if (text.len % 2 != 0)
		return E_INVALID;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = codec_hex_value(text.ptr[i]);
		int low = codec_hex_value(text.ptr[i + 1]);

		if (high < 0 || low < 0)
			return E_INVALID;
		bytes[i / 2] = (char)(high << 4 | low);
	}
	*out = str_make(bytes, text.len / 2);
	return OK;
}

/* Up to three bytes as the upper part of 24 bits. */
static uint32_t
group_of(struct str bytes)
{
	uint32_t group = 0;

	for (size_t i = 0; i < 3; i++) {
		group <<= 8;
		if (i < bytes.len)
			group |= (unsigned char)bytes.ptr[i];
	}
	return group;
}

/* Without padding; out has room for whole groups of four. */
static size_t
encode_base64(struct str bytes, const char *digits, char *out)
{
	size_t len = bytes.len / 3 * 4;
	size_t tail = bytes.len % 3;
	char *p = out;

	for (; bytes.len > 0; bytes = str_skip(bytes, 3)) {
		uint32_t group = group_of(bytes);

		*p++ = digits[group >> 18];
		*p++ = digits[group >> 12 & 63];
		*p++ = digits[group >> 6 & 63];
		*p++ = digits[group & 63];
	}
	return tail == 0 ? len : len + tail + 1;
}

static char *
base64_room(struct arena *arena, struct str bytes)
{
	return arena_alloc_array(arena, bytes.len / 3 + 1, 4);
}

struct str
codec_base64(struct arena *arena, struct str bytes)
{
	char *text = base64_room(arena, bytes);
	size_t len = encode_base64(bytes, base64_digits, text);

	while (len % 4 != 0)
		text[len++] = '=';
	return str_make(text, len);
}

struct str
codec_base64url(struct arena *arena, struct str bytes)
{
	char *text = base64_room(arena, bytes);

	return str_make(text, encode_base64(bytes, base64url_digits, text));
}

/* The value of a digit of either alphabet, or -1. */
static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

/* Padding, where there is any, has to complete the last group of four. */
static struct str
without_padding(struct str text)
{
	if (text.len % 4 != 0)
		return text;
	for (int i = 0; i < 2 && str_has_suffix(text, STR("=")); i++)
		text.len--;
	return text;
}

enum status
codec_base64_decode(struct arena *arena, struct str text, struct str *out)
{
	struct str digits = without_padding(text);
	size_t len = digits.len / 4 * 3 + digits.len % 4 * 3 / 4;
	char *bytes = arena_alloc(arena, len);
	uint32_t bits = 0;
	int bit_count = 0;
	char *p = bytes;

	if (digits.len % 4 == 1)
		return E_INVALID;
	for (size_t i = 0; i < digits.len; i++) {
		int value = base64_value(digits.ptr[i]);

		if (value < 0)
			return E_INVALID;
		bits = bits << 6 | (uint32_t)value;
		bit_count += 6;
		if (bit_count < 8)
			continue;
		bit_count -= 8;
		*p++ = (char)(bits >> bit_count);
		bits &= (1u << bit_count) - 1;
	}
	if (bits != 0)
		return E_INVALID; /* bits that belong to no byte */
	*out = str_make(bytes, len);
	return OK;
}

/* Divides the number by 62 in place; returns the remainder. */
static unsigned int
divide(uint8_t *number, size_t len)
{
	unsigned int remainder = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned int part = remainder << 8 | number[i];

		number[i] = (uint8_t)(part / 62);
		remainder = part % 62;
	}
	return remainder;
}

void
codec_base62(struct str bytes, size_t width, char *out)
{
	uint8_t number[CODEC_BASE62_BYTES_MAX];

	assert(bytes.len <= sizeof(number));
	if (bytes.len > 0)
		memcpy(number, bytes.ptr, bytes.len);
	for (size_t i = width; i-- > 0;)
		out[i] = base62_digits[divide(number, bytes.len)];
	for (size_t i = 0; i < bytes.len; i++)
		assert(number[i] == 0); /* width is wide enough */
}
