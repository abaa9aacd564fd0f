/* session.c - see session.h. */
#include "controlplane/publish/session.h"

#include <endian.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "controlplane/keyring.h"

#define NONCE_HEAD_SIZE (SESSION_NONCE_SIZE - SHA256_SIZE)
#define NONCE_VALID_US (30 * US_PER_S)
#define SKEW_US (5 * US_PER_S) /* between the clocks of replicas */
#define CONTEXT STR("weir-session-v1")

/* The note inside a session; its bytes never leave this file unsealed. */
struct note {
	struct id gateway;
	uint64_t gateway_sid;
	uint64_t boot_id;
	uint64_t expires_us;
	uint8_t key[SESSION_KEY_SIZE];
	uint8_t box_public[SEAL_KEY_SIZE];
};
static_assert(sizeof(struct note) == 16 + 3 * 8 + 2 * 32);

void
session_keys_init(struct session_keys *keys, const struct keyring *keyring)
{
	keyring_derive(keyring, STR("link-nonce"), keys->nonce);
	keyring_derive(keyring, STR("link-session"), keys->session);
}

static void
sign(struct str key, struct str message, uint8_t out[SHA256_SIZE])
{
	struct hmac_key *hmac = hmac_key_new(key);

	hmac_sign(hmac, message, out);
	hmac_key_free(hmac);
}

static enum status
check(struct str key, struct str message, struct str mac)
{
	uint8_t expected[SHA256_SIZE];

	sign(key, message, expected);
	if (mac.len != sizeof(expected) ||
	    !digest_eq(mac.ptr, expected, sizeof(expected)))
		return E_UNAUTHENTICATED;
	return OK;
}

void
session_nonce_make(
    const struct session_keys *keys, uint8_t out[SESSION_NONCE_SIZE])
{
	uint64_t now_us = htobe64((uint64_t)clock_wall_us());

	memcpy(out, &now_us, sizeof(now_us));
	random_bytes(out + sizeof(now_us), NONCE_HEAD_SIZE - sizeof(now_us));
	sign(str_make(keys->nonce, sizeof(keys->nonce)),
	    str_make(out, NONCE_HEAD_SIZE), out + NONCE_HEAD_SIZE);
}

enum status
session_nonce_check(const struct session_keys *keys, struct str nonce)
{
	uint64_t made_us;

	if (nonce.len != SESSION_NONCE_SIZE)
		return E_UNAUTHENTICATED;
	enum status s = check(str_make(keys->nonce, sizeof(keys->nonce)),
	    str_head(nonce, NONCE_HEAD_SIZE), str_skip(nonce, NONCE_HEAD_SIZE));
	if (s != OK)
		return s;
	memcpy(&made_us, nonce.ptr, sizeof(made_us));

	int64_t age_us = clock_wall_us() - (int64_t)be64toh(made_us);
	if (age_us < -SKEW_US || age_us > NONCE_VALID_US)
		return E_UNAUTHENTICATED;
	return OK;
}

struct str
session_seal(const struct session_keys *keys, struct arena *arena,
    const struct session *session)
{
	struct note note = {
		.gateway = session->gateway,
		.gateway_sid = htobe64((uint64_t)session->gateway_sid),
		.boot_id = htobe64(session->boot_id),
		.expires_us = htobe64((uint64_t)session->expires_us),
	};

	memcpy(note.key, session->key, sizeof(note.key));
	memcpy(note.box_public, session->box_public, sizeof(note.box_public));
	struct str sealed = seal_key(
	    arena, keys->session, CONTEXT, str_make(&note, sizeof(note)));
	seal_wipe(&note, sizeof(note));
	return sealed;
}

enum status
session_open(const struct session_keys *keys, struct arena *arena,
    struct str sealed, struct session *out)
{
	struct note note;
	struct str plain;

	if (seal_open(arena, keys->session, CONTEXT, sealed, &plain) != OK ||
	    plain.len != sizeof(note))
		return E_UNAUTHENTICATED;
	memcpy(&note, plain.ptr, sizeof(note));
	if ((int64_t)be64toh(note.expires_us) <= clock_wall_us())
		return E_UNAUTHENTICATED;
	*out = (struct session){
		.gateway = note.gateway,
		.gateway_sid = (int64_t)be64toh(note.gateway_sid),
		.boot_id = be64toh(note.boot_id),
		.expires_us = (int64_t)be64toh(note.expires_us),
	};
	memcpy(out->key, note.key, sizeof(out->key));
	memcpy(out->box_public, note.box_public, sizeof(out->box_public));
	return OK;
}

enum status
session_proof_check(struct str secret, struct str nonce,
    const struct session *session, struct str proof)
{
	uint64_t boot_id = htobe64(session->boot_id);
	char message[SESSION_NONCE_SIZE + sizeof(struct id) + sizeof(boot_id)];

	assert(nonce.len == SESSION_NONCE_SIZE);
	memcpy(message, nonce.ptr, SESSION_NONCE_SIZE);
	memcpy(message + SESSION_NONCE_SIZE, session->gateway.bytes,
	    sizeof(struct id));
	memcpy(message + SESSION_NONCE_SIZE + sizeof(struct id), &boot_id,
	    sizeof(boot_id));
	return check(secret, str_make(message, sizeof(message)), proof);
}

enum status
session_mac_check(const struct session *session, struct arena *arena,
    uint64_t counter, struct str body, struct str mac)
{
	uint64_t number = htobe64(counter);
	char *message = arena_alloc(arena, sizeof(number) + body.len);

	memcpy(message, &number, sizeof(number));
	if (body.len > 0)
		memcpy(message + sizeof(number), body.ptr, body.len);
	return check(str_make(session->key, sizeof(session->key)),
	    str_make(message, sizeof(number) + body.len), mac);
}
