/*
 * token.c - making secrets, and refusing what cannot be one; see token.h.
 */
#include "common/token.h"

#include <string.h>

#include "common/codec.h"
#include "common/digest.h"

enum {
	SECRET_LEN = 43, /* 256 bits */
	CHECKSUM_LEN = 6,
	BODY_LEN = TOKEN_PUBLIC_LEN + 1 + SECRET_LEN,
};

/*
 * Every digit equally likely: six random bits that are no digit are thrown
 * away.  (Nine random bytes as one number would not fit into 12 digits.)
 */
static void
fill_random_digits(char *out, size_t count)
{
	uint8_t pool[64];
	size_t filled = 0;

	while (filled < count) {
		random_bytes(pool, sizeof(pool));
		for (size_t i = 0; i < sizeof(pool) && filled < count; i++) {
			pool[i] &= 63;
			if (pool[i] < 62)
				codec_base62(
				    str_make(&pool[i], 1), 1, out + filled++);
		}
	}
	explicit_bzero(pool, sizeof(pool));
}

static void
checksum(struct str text, char out[CHECKSUM_LEN])
{
	uint32_t crc = digest_crc32(text);
	char bytes[4];

	for (int i = 0; i < 4; i++)
		bytes[i] = (char)(crc >> (24 - 8 * i));
	codec_base62(str_make(bytes, sizeof(bytes)), CHECKSUM_LEN, out);
}

const char *
token_make(const char *prefix, char out[TOKEN_TEXT_SIZE])
{
	size_t prefix_len = strlen(prefix);
	size_t checked_len = prefix_len + BODY_LEN;
	char *body = out + prefix_len;

	assert(checked_len + CHECKSUM_LEN < TOKEN_TEXT_SIZE);
	memcpy(out, prefix, prefix_len);
	fill_random_digits(body, BODY_LEN);
	body[TOKEN_PUBLIC_LEN] = '-';
	checksum(str_make(out, checked_len), out + checked_len);
	out[checked_len + CHECKSUM_LEN] = '\0';
	return out;
}

static bool
are_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z'))
			return false;
	}
	return true;
}

enum status
token_parse(struct str text, const char *prefix, struct str *out_public_id)
{
	struct str kind = str_from(prefix);
	struct str body = str_skip(text, kind.len);
	struct str public_id = str_head(body, TOKEN_PUBLIC_LEN);
	struct str rest = str_skip(body, TOKEN_PUBLIC_LEN);
	char expected[CHECKSUM_LEN];

	if (!str_has_prefix(text, kind) || body.len != BODY_LEN + CHECKSUM_LEN)
		return E_INVALID;
	if (rest.ptr[0] != '-' || !are_digits(public_id) ||
	    !are_digits(str_skip(rest, 1)))
		return E_INVALID;
	checksum(str_head(text, text.len - CHECKSUM_LEN), expected);
	if (!str_has_suffix(text, str_make(expected, sizeof(expected))))
		return E_INVALID;
	*out_public_id = public_id;
	return OK;
}
