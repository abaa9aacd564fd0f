/*
 * secret.c - see secret.h.
 */
#include "controlplane/api/secret.h"

#include "common/codec.h"
#include "common/digest.h"
#include "common/seal.h"
#include "controlplane/keyring.h"
#include "controlplane/store/document.h"

#define SHOWN_TAIL 4

void
secret_set_bytes(
    struct arena *arena, json_t *row, const char *name, struct str bytes)
{
	struct str hex = codec_hex(arena, bytes);

	document_set(row, name, str_printf(arena, "\\x%.*s", STR_ARGS(hex)));
}

enum status
secret_fill(const struct keyring *keyring, struct arena *arena, json_t *row,
    const char *prefix, char out[TOKEN_TEXT_SIZE])
{
	uint32_t version = keyring_pepper_version(keyring);
	struct str token = str_from(token_make(prefix, out));
	uint8_t verifier[SHA256_SIZE];
	struct str public_id;
	enum status s = token_parse(token, prefix, &public_id);

	if (s == OK)
		s = keyring_verifier(keyring, version, token, verifier);
	if (s != OK)
		return s;
	document_set(row, "public_id", public_id);
	json_object_set_new(row, "pepper_version", json_integer(version));
	secret_set_bytes(
	    arena, row, "verifier", str_make(verifier, sizeof(verifier)));
	document_set(row, "display",
	    str_printf(arena, "%s%.*s…%.*s", prefix, STR_ARGS(public_id),
		STR_ARGS(str_skip(token, token.len - SHOWN_TAIL))));
	return OK;
}

void
secret_mint(
    struct change *change, json_t *row, const char *prefix, const char *name)
{
	struct call *call = change->call;
	char token[TOKEN_TEXT_SIZE];
	enum status s;

	s = secret_fill(call->keyring, &call->arena, row, prefix, token);
	if (s != OK)
		tx_fail(&change->tx, s);
	else
		change_show_once(change, name, str_from(token));
	seal_wipe(token, sizeof(token));
}
