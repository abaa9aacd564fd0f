/*
 * tool_id.c - see tool_id.h.
 */
#include "dataplane/translate/tool_id.h"

#include "common/arena.h"
#include "common/codec.h"
#include "common/digest.h"

#define HASH_BYTES 6
#define HASH_DIGITS (2 * HASH_BYTES)
#define OPENAI_MAX 40
#define NINE 9

struct str
tool_id_make(
    struct arena *arena, struct str origin, size_t number, struct str signature)
{
	uint8_t digest[SHA256_SIZE];
	struct str hash, packed = STR("");

	digest_sha256(origin, digest);
	hash = codec_hex(arena, str_make(digest, HASH_BYTES));
	if (signature.len > 0 && signature.len <= TOOL_ID_SIGNATURE_MAX &&
	    codec_base64_decode(arena, signature, &packed) == OK)
		packed = codec_base64url(arena, packed);
	return str_printf(arena, "call_%zu_%.*s%s%.*s", number, STR_ARGS(hash),
	    packed.len > 0 ? "-" : "", STR_ARGS(packed));
}

static bool
is_made_of(struct str text, bool (*fits)(char))
{
	for (size_t i = 0; i < text.len; i++)
		if (!fits(text.ptr[i]))
			return false;
	return text.len > 0;
}

static bool
is_hex(char c)
{
	return codec_hex_value(c) >= 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_anthropic(char c)
{
	return is_alnum(c) || c == '_' || c == '-';
}

/* The part of one of our own ids in front of its signature, or empty. */
static struct str
signed_head(struct str id)
{
	struct str rest = id, number, hash;

	if (!str_has_prefix(id, STR("call_")))
		return STR("");
	rest = str_skip(rest, 5);
	if (!str_next(&rest, '_', &number) || !is_made_of(number, is_digit) ||
	    !str_next(&rest, '-', &hash) || hash.len != HASH_DIGITS ||
	    !is_made_of(hash, is_hex) || str_is_empty(rest))
		return STR("");
	return str_head(id, id.len - rest.len - 1);
}

struct str
tool_id_signature(struct arena *arena, struct str id)
{
	struct str head = signed_head(id), signature;

	if (str_is_empty(head) ||
	    codec_base64_decode(
		arena, str_skip(id, head.len + 1), &signature) != OK)
		return STR("");
	return codec_base64(arena, signature);
}

static bool
id_fits(struct str id, enum tool_id_rule rule)
{
	switch (rule) {
	case TOOL_ID_OPENAI:
		return id.len > 0 && id.len <= OPENAI_MAX;
	case TOOL_ID_ANTHROPIC:
		return is_made_of(id, is_anthropic);
	case TOOL_ID_NINE:
		return id.len == NINE && is_made_of(id, is_alnum);
	}
	return false;
}

struct str
tool_id_fit(struct arena *arena, struct str id, enum tool_id_rule rule)
{
	struct str head = signed_head(id);
	uint8_t digest[SHA256_SIZE];

	if (!str_is_empty(head))
		id = head;
	if (id_fits(id, rule))
		return id;

	digest_sha256(id, digest);
	if (rule == TOOL_ID_NINE) {
		char *nine = arena_alloc(arena, NINE);

		codec_base62(str_make(digest, HASH_BYTES), NINE, nine);
		return str_make(nine, NINE);
	}
	return str_printf(arena, "call_%.*s",
	    STR_ARGS(codec_hex(arena, str_make(digest, 2 * HASH_BYTES))));
}
