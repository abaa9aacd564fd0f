/*
 * keyring.h - the control plane's own keys: files in one directory.
 *
 *   kek       key-encryption key, 32 bytes as 64 hex digits
 *   peppers   one line per version: "<version> <64 hex digits>"; the highest
 *             is used for new tokens, the others still verify old ones
 *   signing   Ed25519 private key, 32 bytes as 64 hex digits
 *
 * The directory is read once, at start.  A file that group or others may
 * read, a short, empty or repeated key: refused.  Never in the database.
 * After keyring_open() it does not change and threads may share it.
 */
#pragma once

#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/id.h"
#include "common/sign.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct keyring;

/* Writes the three files (0600, in a directory 0700); keeps existing ones. */
enum status keyring_create(const char *directory, struct buf *fault);

enum status keyring_open(
    const char *directory, struct keyring **out, struct buf *fault);
void keyring_close(struct keyring *);

/* The pepper for new tokens, and the verifier of a token under one. */
uint32_t keyring_pepper_version(const struct keyring *);
enum status keyring_verifier(const struct keyring *, uint32_t pepper_version,
    struct str token, uint8_t out[SHA256_SIZE]);

/* Walks the peppers, for the gateways: false past the last. */
bool keyring_pepper_at(const struct keyring *, size_t place,
    uint32_t *out_version, struct str *out_key);

/* A secret of the row `id`: sealed under a fresh data key, that under kek. */
struct sealed_secret {
	struct str sealed;
	struct str sealed_key;
	struct str kek_id;
};
struct sealed_secret keyring_seal(
    const struct keyring *, struct arena *, struct id row, struct str plain);
enum status keyring_unseal(const struct keyring *, struct arena *,
    struct id row, const struct sealed_secret *, struct str *out_plain);

void keyring_sign(const struct keyring *, struct str, uint8_t out[SIGN_SIZE]);
void keyring_sign_public(const struct keyring *, uint8_t out[SIGN_KEY_SIZE]);

/* A key for one purpose, the same on every replica: "link-session" … */
void keyring_derive(
    const struct keyring *, struct str purpose, uint8_t out[32]);
