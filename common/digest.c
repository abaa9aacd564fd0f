/*
 * digest.c - fingerprints, with OpenSSL's costly parts done once.
 *
 * Fetching an algorithm costs several times more than hashing a key, so it
 * happens once per process, and every thread keeps one context to work in.
 * An HMAC key is two contexts that have taken in the key; signing copies them
 * into the thread's own.  OpenSSL fails here only without memory or without
 * SHA-256; neither leaves anything to go on with.
 */
#include "common/digest.h"

#include <endian.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	SHA256_BLOCK_SIZE = 64,
	HMAC_KEY_SIZE_MIN = 16,
};

struct digest_stream {
	EVP_MD_CTX *ctx;
};

struct hmac_key {
	EVP_MD_CTX *inner;
	EVP_MD_CTX *outer;
};

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key; /* the thread's EVP_MD_CTX */
static EVP_MD *sha256;

/* One table per byte of a step; the first alone is the textbook's. */
static uint32_t crc_tables[8][256];

static void
require(bool has_worked)
{
	if (!has_worked)
		abort();
}

static void
free_scratch(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void
fill_crc_tables(void)
{
	const uint32_t polynomial = 0xedb88320;

	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		crc_tables[0][byte] = crc;
	}
	for (size_t table = 1; table < ARRAY_LEN(crc_tables); table++) {
		for (size_t byte = 0; byte < 256; byte++) {
			uint32_t crc = crc_tables[table - 1][byte];

			crc_tables[table][byte] =
			    crc >> 8 ^ crc_tables[0][crc & 0xff];
		}
	}
}

static void
set_up(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	require(sha256 != NULL);
	require(pthread_key_create(&scratch_key, free_scratch) == 0);
	fill_crc_tables();
}

static EVP_MD_CTX *
new_ctx(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	require(ctx != NULL);
	return ctx;
}

static EVP_MD_CTX *
scratch_ctx(void)
{
	EVP_MD_CTX *ctx;

	pthread_once(&setup_once, set_up);
	ctx = pthread_getspecific(scratch_key);
	if (ctx == NULL) {
		ctx = new_ctx();
		require(pthread_setspecific(scratch_key, ctx) == 0);
	}
	return ctx;
}

static void
start(EVP_MD_CTX *ctx)
{
	require(EVP_DigestInit_ex2(ctx, sha256, NULL) == 1);
}

static void
update(EVP_MD_CTX *ctx, struct str bytes)
{
	require(EVP_DigestUpdate(ctx, bytes.ptr, bytes.len) == 1);
}

static void
finish(EVP_MD_CTX *ctx, uint8_t out[SHA256_SIZE])
{
	require(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
}

void
digest_sha256(struct str bytes, uint8_t out[SHA256_SIZE])
{
	digest_sha256_parts(&bytes, 1, out);
}

void
digest_sha256_parts(
    const struct str *parts, size_t count, uint8_t out[SHA256_SIZE])
{
	EVP_MD_CTX *ctx = scratch_ctx();

	start(ctx);
	for (size_t i = 0; i < count; i++)
		update(ctx, parts[i]);
	finish(ctx, out);
}

struct digest_stream *
digest_stream_new(void)
{
	struct digest_stream *stream = malloc(sizeof(*stream));

	require(stream != NULL);
	pthread_once(&setup_once, set_up);
	stream->ctx = new_ctx();
	start(stream->ctx);
	return stream;
}

void
digest_stream_add(struct digest_stream *stream, struct str bytes)
{
	update(stream->ctx, bytes);
}

void
digest_stream_free(struct digest_stream *stream, uint8_t out[SHA256_SIZE])
{
	if (stream == NULL)
		return;
	if (out != NULL)
		finish(stream->ctx, out);
	EVP_MD_CTX_free(stream->ctx);
	free(stream);
}

/* A context that has taken in the key's block, each byte xored with pad. */
static EVP_MD_CTX *
padded_ctx(const uint8_t block[SHA256_BLOCK_SIZE], uint8_t pad)
{
	uint8_t padded[SHA256_BLOCK_SIZE];
	EVP_MD_CTX *ctx = new_ctx();

	for (size_t i = 0; i < sizeof(padded); i++)
		padded[i] = block[i] ^ pad;
	start(ctx);
	update(ctx, str_make(padded, sizeof(padded)));
	OPENSSL_cleanse(padded, sizeof(padded));
	return ctx;
}

struct hmac_key *
hmac_key_new(struct str bytes)
{
	uint8_t block[SHA256_BLOCK_SIZE] = { 0 };
	struct hmac_key *key = malloc(sizeof(*key));

	assert(bytes.len >= HMAC_KEY_SIZE_MIN);
	require(key != NULL);
	pthread_once(&setup_once, set_up);
	if (bytes.len > sizeof(block))
		digest_sha256(bytes, block);
	else
		memcpy(block, bytes.ptr, bytes.len);
	key->inner = padded_ctx(block, 0x36);
	key->outer = padded_ctx(block, 0x5c);
	OPENSSL_cleanse(block, sizeof(block));
	return key;
}

void
hmac_key_free(struct hmac_key *key)
{
	if (key == NULL)
		return;
	EVP_MD_CTX_free(key->inner);
	EVP_MD_CTX_free(key->outer);
	free(key);
}

void
hmac_sign(
    const struct hmac_key *key, struct str bytes, uint8_t out[SHA256_SIZE])
{
	EVP_MD_CTX *ctx = scratch_ctx();

	require(EVP_MD_CTX_copy_ex(ctx, key->inner) == 1);
	update(ctx, bytes);
	finish(ctx, out);
	require(EVP_MD_CTX_copy_ex(ctx, key->outer) == 1);
	update(ctx, str_make(out, SHA256_SIZE));
	finish(ctx, out);
}

/* Takes in eight bytes at once; the first four are mixed with the state. */
static uint32_t
crc_step(uint32_t low, uint32_t high)
{
	uint32_t crc = 0;

	for (int i = 0; i < 4; i++) {
		crc ^= crc_tables[7 - i][low >> (8 * i) & 0xff];
		crc ^= crc_tables[3 - i][high >> (8 * i) & 0xff];
	}
	return crc;
}

uint32_t
digest_crc32(struct str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr;
	size_t left = bytes.len;
	uint32_t crc = UINT32_MAX;

	pthread_once(&setup_once, set_up);
	for (; left >= 8; left -= 8, p += 8) {
		uint32_t low, high;

		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + sizeof(low), sizeof(high));
		crc = crc_step(le32toh(low) ^ crc, le32toh(high));
	}
	for (; left > 0; left--, p++)
		crc = crc >> 8 ^ crc_tables[0][(crc ^ *p) & 0xff];
	return ~crc;
}

bool
digest_eq(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

void
random_bytes(void *out, size_t size)
{
	uint8_t *p = out;

	while (size > 0) {
		ssize_t got = getrandom(p, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		require(got > 0);
		p += got;
		size -= (size_t)got;
	}
}
