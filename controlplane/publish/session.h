/*
 * session.h - who is asking, without remembering anybody.
 *
 * A challenge is a moment with a MAC; a session is a sealed note that the
 * gateway carries for us.  Both are good at every replica with the same keys,
 * and after a restart.
 */
#pragma once

#include <stdint.h>

#include "common/id.h"
#include "common/seal.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct keyring;

#define SESSION_NONCE_SIZE 48
#define SESSION_KEY_SIZE 32

struct session_keys {
	uint8_t nonce[SEAL_KEY_SIZE];
	uint8_t session[SEAL_KEY_SIZE];
};

struct session {
	struct id gateway;
	int64_t gateway_sid;
	uint64_t boot_id;
	int64_t expires_us;
	uint8_t key[SESSION_KEY_SIZE];
	uint8_t box_public[SEAL_KEY_SIZE];
};

void session_keys_init(struct session_keys *, const struct keyring *);

void session_nonce_make(
    const struct session_keys *, uint8_t out[SESSION_NONCE_SIZE]);

/* Ours, and not older than 30 s? */
enum status session_nonce_check(const struct session_keys *, struct str);

struct str session_seal(
    const struct session_keys *, struct arena *, const struct session *);

/* E_UNAUTHENTICATED when it is not ours or has expired. */
enum status session_open(const struct session_keys *, struct arena *,
    struct str sealed, struct session *out);

/* HMAC(secret, nonce gateway_id be64(boot_id)): the proof of a Hello. */
enum status session_proof_check(struct str secret, struct str nonce,
    const struct session *, struct str proof);

/* HMAC(session key, be64(counter) body): of every later question. */
enum status session_mac_check(const struct session *, struct arena *,
    uint64_t counter, struct str body, struct str mac);
