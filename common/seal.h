/*
 * seal.h - secrets made unreadable: AES-256-GCM, and boxes for one receiver.
 *
 * seal_key() and seal_open() use one shared key.  A box is sealed to an
 * X25519 public key: a fresh key pair per box, HKDF-SHA-256, AES-256-GCM.
 * `context` is authenticated, not stored: opening needs the same one, so a
 * sealed value moved to another row or another purpose does not open.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

struct arena;

#define SEAL_KEY_SIZE 32
#define SEAL_NONCE_SIZE 12
#define SEAL_TAG_SIZE 16

struct str seal_key(struct arena *, const uint8_t key[SEAL_KEY_SIZE],
    struct str context, struct str plain);

/* E_CORRUPT when key, context or bytes are not the ones that were sealed. */
enum status seal_open(struct arena *, const uint8_t key[SEAL_KEY_SIZE],
    struct str context, struct str sealed, struct str *out_plain);

/* HKDF-SHA-256: derives a key for one purpose from a key for many. */
void seal_derive(const uint8_t secret[SEAL_KEY_SIZE], struct str purpose,
    uint8_t out[SEAL_KEY_SIZE]);

void box_keypair(
    uint8_t out_private[SEAL_KEY_SIZE], uint8_t out_public[SEAL_KEY_SIZE]);
void box_public_key(const uint8_t private_key[SEAL_KEY_SIZE],
    uint8_t out_public[SEAL_KEY_SIZE]);

/* E_INVALID when the public key is not a point one can seal to. */
enum status box_seal(struct arena *, const uint8_t public_key[SEAL_KEY_SIZE],
    struct str context, struct str plain, struct str *out_sealed);
enum status box_open(struct arena *, const uint8_t private_key[SEAL_KEY_SIZE],
    struct str context, struct str sealed, struct str *out_plain);

/* Overwrites a secret in a way the compiler cannot leave out. */
void seal_wipe(void *, size_t);
