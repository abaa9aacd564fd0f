/*
 * compiled.h - one revision as gateways fetch it: chunks, digest, signature.
 *
 * Built by one thread, then never changed and shared by reference count.  A
 * chunk is a packed ResourceSet of at most CHUNK_MAX_BYTES; a resource is
 * never cut in two.
 */
#pragma once

#include "common/digest.h"
#include "common/sign.h"
#include "common/status.h"
#include "common/str.h"

#define CHUNK_MAX_BYTES (1u << 20)

struct keyring;

struct chunk {
	struct str payload;
	uint8_t sha256[SHA256_SIZE];
};

struct compiled { /* read only, once sealed */
	uint64_t rev;
	int64_t compiled_us;
	size_t size_bytes;
	const struct chunk *chunks;
	size_t chunk_count;
	uint8_t digest[SHA256_SIZE];
	uint8_t signature[SIGN_SIZE];
	struct str secrets; /* in clear: box it before it leaves */
};

/* Takes resources until it is sealed. */
struct compiled *compiled_new(size_t max_bytes);

/* E_TOO_LARGE when one resource, or all of them, are more than allowed. */
enum status compiled_add(struct compiled *, struct str packed_resource);

/* Copies the secrets, computes the digest and signs it. */
void compiled_seal(struct compiled *, const struct keyring *, uint64_t rev,
    struct str secrets);

struct compiled *compiled_ref(struct compiled *);
void compiled_unref(struct compiled *); /* NULL does nothing */
