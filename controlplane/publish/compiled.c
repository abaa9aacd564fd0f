/* compiled.c - see compiled.h. */
#include "controlplane/publish/compiled.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/seal.h"
#include "controlplane/keyring.h"

/* Field 1 of ResourceSet, length-delimited, and the length of a resource. */
#define RESOURCE_TAG 0x0a
#define RESOURCE_HEAD_MAX 6

struct building {
	struct compiled compiled;
	atomic_uint refs;
	struct arena arena;
	struct chunk *chunks;
	size_t chunk_cap;
	size_t max_bytes;
	char *open; /* the chunk being filled */
	size_t open_len;
};

static struct building *
building_of(struct compiled *compiled)
{
	return container_of(compiled, struct building, compiled);
}

struct compiled *
compiled_new(size_t max_bytes)
{
	struct building *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->open = malloc(CHUNK_MAX_BYTES);
	if (!b->open)
		abort();
	atomic_init(&b->refs, 1);
	arena_init(&b->arena, 0);
	b->max_bytes = max_bytes;
	return &b->compiled;
}

static struct chunk *
append_chunk(struct building *b)
{
	size_t count = b->compiled.chunk_count;

	if (count == b->chunk_cap) {
		size_t cap = size_max(16, 2 * count);
		struct chunk *chunks =
		    arena_alloc_array(&b->arena, cap, sizeof(*chunks));

		if (count > 0)
			memcpy(chunks, b->chunks, count * sizeof(*chunks));
		b->chunks = chunks;
		b->compiled.chunks = chunks;
		b->chunk_cap = cap;
	}
	b->compiled.chunk_count++;
	return &b->chunks[count];
}

static void
close_chunk(struct building *b)
{
	if (b->open_len == 0)
		return;

	struct chunk *chunk = append_chunk(b);
	chunk->payload = str_copy(&b->arena, str_make(b->open, b->open_len));
	digest_sha256(chunk->payload, chunk->sha256);
	b->open_len = 0;
}

static size_t
write_head(uint8_t *out, size_t len)
{
	size_t at = 0;

	out[at++] = RESOURCE_TAG;
	for (; len >= 0x80; len >>= 7)
		out[at++] = (uint8_t)(len | 0x80);
	out[at++] = (uint8_t)len;
	return at;
}

enum status
compiled_add(struct compiled *compiled, struct str resource)
{
	struct building *b = building_of(compiled);
	uint8_t head[RESOURCE_HEAD_MAX];

	assert(b->open);
	if (resource.len > CHUNK_MAX_BYTES - RESOURCE_HEAD_MAX)
		return E_TOO_LARGE;

	size_t head_len = write_head(head, resource.len);
	size_t len = head_len + resource.len;
	if (len > b->max_bytes - compiled->size_bytes)
		return E_TOO_LARGE;
	if (len > CHUNK_MAX_BYTES - b->open_len)
		close_chunk(b);
	memcpy(b->open + b->open_len, head, head_len);
	if (resource.len > 0)
		memcpy(b->open + b->open_len + head_len, resource.ptr,
		    resource.len);
	b->open_len += len;
	compiled->size_bytes += len;
	return OK;
}

/* SHA-256 over the SHA-256 of the chunks, in order. */
static void
compute_digest(struct compiled *compiled)
{
	struct digest_stream *stream = digest_stream_new();

	for (size_t i = 0; i < compiled->chunk_count; i++)
		digest_stream_add(
		    stream, str_make(compiled->chunks[i].sha256, SHA256_SIZE));
	digest_stream_free(stream, compiled->digest);
}

static void
sign(struct compiled *compiled, const struct keyring *keyring)
{
	static const char purpose[] = { 'w', 'e', 'i', 'r', '-', 'c', 'o', 'n',
		'f', 'i', 'g', '-', 'v', '1' };
	char message[sizeof(purpose) + sizeof(uint64_t) + SHA256_SIZE];
	uint64_t rev = htobe64(compiled->rev);

	memcpy(message, purpose, sizeof(purpose));
	memcpy(message + sizeof(purpose), &rev, sizeof(rev));
	memcpy(message + sizeof(purpose) + sizeof(rev), compiled->digest,
	    SHA256_SIZE);
	keyring_sign(
	    keyring, str_make(message, sizeof(message)), compiled->signature);
}

void
compiled_seal(struct compiled *compiled, const struct keyring *keyring,
    uint64_t rev, struct str secrets)
{
	struct building *b = building_of(compiled);

	assert(b->open);
	close_chunk(b);
	free(b->open);
	b->open = NULL;
	compiled->rev = rev;
	compiled->compiled_us = clock_wall_us();
	compiled->secrets = str_copy(&b->arena, secrets);
	compute_digest(compiled);
	sign(compiled, keyring);
}

struct compiled *
compiled_ref(struct compiled *compiled)
{
	atomic_fetch_add(&building_of(compiled)->refs, 1);
	return compiled;
}

void
compiled_unref(struct compiled *compiled)
{
	if (!compiled)
		return;

	struct building *b = building_of(compiled);
	if (atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	if (compiled->secrets.len > 0)
		seal_wipe((void *)compiled->secrets.ptr, compiled->secrets.len);
	arena_done(&b->arena);
	free(b->open);
	free(b);
}
