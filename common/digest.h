/*
 * digest.h - fingerprints: SHA-256, HMAC-SHA-256, CRC-32, safe comparison.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

#define SHA256_SIZE 32

void digest_sha256(struct str, uint8_t out[SHA256_SIZE]);

/* SHA-256 of the parts, one after the other. */
void digest_sha256_parts(
    const struct str *parts, size_t count, uint8_t out[SHA256_SIZE]);

/* Streaming form for input that arrives in pieces. */
struct digest_stream;
struct digest_stream *digest_stream_new(void);
void digest_stream_add(struct digest_stream *, struct str);

/* out may be NULL when the digest is no longer wanted. */
void digest_stream_free(struct digest_stream *, uint8_t out[SHA256_SIZE]);

/*
 * A key prepared for many HMACs; using it does not change it, so threads may
 * share one.  The key must be at least 16 bytes long: asserted, because a
 * short one is a programming error; input is checked where it is read.
 */
struct hmac_key;
struct hmac_key *hmac_key_new(struct str key);
void hmac_key_free(struct hmac_key *);
void hmac_sign(const struct hmac_key *, struct str, uint8_t out[SHA256_SIZE]);

/* CRC-32 (IEEE 802.3), the one of zlib and of weir keys. */
uint32_t digest_crc32(struct str);

/* Takes the same time whatever the bytes are. */
bool digest_eq(const void *, const void *, size_t);

/* Fills from the kernel's generator; aborts if there is none. */
void random_bytes(void *, size_t);
