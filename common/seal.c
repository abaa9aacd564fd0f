/*
 * seal.c - a sealed value is nonce | ciphertext | tag; a box has the one-time
 * public key in front.
 *
 * The nonce is random: under one key that is safe for 2^32 values, far more
 * than any key of ours seals, and a box never uses its key twice.  OpenSSL
 * fails here only for want of memory, which aborts as everywhere else.
 */
#include "common/seal.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/digest.h"

#define SEAL_OVERHEAD (SEAL_NONCE_SIZE + SEAL_TAG_SIZE)

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
cipher_free(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

static void
key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
secret_wipe(uint8_t (*secret)[SEAL_KEY_SIZE])
{
	seal_wipe(secret, sizeof(*secret));
}

void
seal_wipe(void *secret, size_t size)
{
	OPENSSL_cleanse(secret, size);
}

static void
gcm_encrypt(const uint8_t key[SEAL_KEY_SIZE], struct str context,
    struct str plain, uint8_t *out)
{
	CLEANUP(cipher_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *text = out + SEAL_NONCE_SIZE;
	int len;

	require(ctx != NULL);
	random_bytes(out, SEAL_NONCE_SIZE);
	require(EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, out, NULL));
	require(EVP_EncryptUpdate(
	    ctx, NULL, &len, (const uint8_t *)context.ptr, (int)context.len));
	require(EVP_EncryptUpdate(
	    ctx, text, &len, (const uint8_t *)plain.ptr, (int)plain.len));
	require(EVP_EncryptFinal_ex(ctx, text + len, &len));
	require(EVP_CIPHER_CTX_ctrl(
	    ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, text + plain.len));
}

/* False unless the tag is right; `out` must not be read then. */
static bool
gcm_decrypt(const uint8_t key[SEAL_KEY_SIZE], struct str context,
    struct str sealed, uint8_t *out)
{
	CLEANUP(cipher_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *nonce = (const uint8_t *)sealed.ptr;
	const uint8_t *text = nonce + SEAL_NONCE_SIZE;
	size_t text_len = sealed.len - SEAL_OVERHEAD;
	uint8_t tag[SEAL_TAG_SIZE];
	int len;

	require(ctx != NULL);
	memcpy(tag, text + text_len, sizeof(tag));
	require(EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, NULL));
	require(EVP_DecryptUpdate(
	    ctx, NULL, &len, (const uint8_t *)context.ptr, (int)context.len));
	require(EVP_DecryptUpdate(ctx, out, &len, text, (int)text_len));
	require(
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag));
	return EVP_DecryptFinal_ex(ctx, out + len, &len) > 0;
}

struct str
seal_key(struct arena *arena, const uint8_t key[SEAL_KEY_SIZE],
    struct str context, struct str plain)
{
	uint8_t *out;

	assert(context.len <= INT_MAX);
	assert(plain.len <= INT_MAX - SEAL_OVERHEAD);

	out = arena_alloc(arena, plain.len + SEAL_OVERHEAD);
	gcm_encrypt(key, context, plain, out);
	return str_make(out, plain.len + SEAL_OVERHEAD);
}

enum status
seal_open(struct arena *arena, const uint8_t key[SEAL_KEY_SIZE],
    struct str context, struct str sealed, struct str *out_plain)
{
	size_t plain_len;
	uint8_t *plain;

	assert(context.len <= INT_MAX);

	if (sealed.len < SEAL_OVERHEAD || sealed.len > INT_MAX)
		return E_CORRUPT;
	plain_len = sealed.len - SEAL_OVERHEAD;
	plain = arena_alloc(arena, plain_len);
	if (!gcm_decrypt(key, context, sealed, plain)) {
		seal_wipe(plain, plain_len);
		return E_CORRUPT;
	}
	*out_plain = str_make(plain, plain_len);
	return OK;
}

static void
hkdf(struct str secret, struct str salt, struct str purpose,
    uint8_t out[SEAL_KEY_SIZE])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)secret.ptr, secret.len),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_SALT, (void *)salt.ptr, salt.len),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, (void *)purpose.ptr, purpose.len),
		OSSL_PARAM_construct_end(),
	};

	require(ctx != NULL);
	require(EVP_KDF_derive(ctx, out, SEAL_KEY_SIZE, params) > 0);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

void
seal_derive(const uint8_t secret[SEAL_KEY_SIZE], struct str purpose,
    uint8_t out[SEAL_KEY_SIZE])
{
	hkdf(str_make(secret, SEAL_KEY_SIZE), STR(""), purpose, out);
}

void
box_keypair(
    uint8_t out_private[SEAL_KEY_SIZE], uint8_t out_public[SEAL_KEY_SIZE])
{
	random_bytes(out_private, SEAL_KEY_SIZE);
	box_public_key(out_private, out_public);
}

void
box_public_key(
    const uint8_t private_key[SEAL_KEY_SIZE], uint8_t out_public[SEAL_KEY_SIZE])
{
	CLEANUP(key_free)
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, private_key, SEAL_KEY_SIZE);
	size_t len = SEAL_KEY_SIZE;

	require(key != NULL);
	require(EVP_PKEY_get_raw_public_key(key, out_public, &len) > 0);
}

/* False when the public key is of low order: the secret would be known. */
static bool
x25519(const uint8_t private_key[SEAL_KEY_SIZE],
    const uint8_t public_key[SEAL_KEY_SIZE], uint8_t out[SEAL_KEY_SIZE])
{
	CLEANUP(key_free)
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, private_key, SEAL_KEY_SIZE);
	CLEANUP(key_free)
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, public_key, SEAL_KEY_SIZE);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = SEAL_KEY_SIZE;
	bool derived;

	require(peer != NULL);
	require(ctx != NULL);
	require(EVP_PKEY_derive_init(ctx) > 0);
	require(EVP_PKEY_derive_set_peer(ctx, peer) > 0);
	derived = EVP_PKEY_derive(ctx, out, &len) > 0;
	EVP_PKEY_CTX_free(ctx);
	return derived;
}

/*
 * The key of one box.  Both public keys go in, so that a box cannot be passed
 * off as one made by somebody else or for somebody else.
 */
static void
box_key(const uint8_t shared[SEAL_KEY_SIZE],
    const uint8_t once_public[SEAL_KEY_SIZE],
    const uint8_t receiver_public[SEAL_KEY_SIZE], uint8_t out[SEAL_KEY_SIZE])
{
	uint8_t salt[2 * SEAL_KEY_SIZE];

	memcpy(salt, once_public, SEAL_KEY_SIZE);
	memcpy(salt + SEAL_KEY_SIZE, receiver_public, SEAL_KEY_SIZE);
	hkdf(str_make(shared, SEAL_KEY_SIZE), str_make(salt, sizeof(salt)),
	    STR("weir box v1"), out);
}

enum status
box_seal(struct arena *arena, const uint8_t public_key[SEAL_KEY_SIZE],
    struct str context, struct str plain, struct str *out_sealed)
{
	CLEANUP(secret_wipe) uint8_t once_private[SEAL_KEY_SIZE];
	CLEANUP(secret_wipe) uint8_t shared[SEAL_KEY_SIZE];
	CLEANUP(secret_wipe) uint8_t key[SEAL_KEY_SIZE];
	size_t len = SEAL_KEY_SIZE + SEAL_OVERHEAD + plain.len;
	uint8_t *out;

	assert(context.len <= INT_MAX);
	assert(plain.len <= INT_MAX - SEAL_KEY_SIZE - SEAL_OVERHEAD);

	out = arena_alloc(arena, len);
	box_keypair(once_private, out);
	if (!x25519(once_private, public_key, shared))
		return E_INVALID;
	box_key(shared, out, public_key, key);
	gcm_encrypt(key, context, plain, out + SEAL_KEY_SIZE);
	*out_sealed = str_make(out, len);
	return OK;
}

enum status
box_open(struct arena *arena, const uint8_t private_key[SEAL_KEY_SIZE],
    struct str context, struct str sealed, struct str *out_plain)
{
	CLEANUP(secret_wipe) uint8_t shared[SEAL_KEY_SIZE];
	CLEANUP(secret_wipe) uint8_t key[SEAL_KEY_SIZE];
	const uint8_t *once_public = (const uint8_t *)sealed.ptr;
	uint8_t own_public[SEAL_KEY_SIZE];

	if (sealed.len < SEAL_KEY_SIZE + SEAL_OVERHEAD)
		return E_CORRUPT;
	if (!x25519(private_key, once_public, shared))
		return E_CORRUPT;
	box_public_key(private_key, own_public);
	box_key(shared, once_public, own_public, key);
	return seal_open(
	    arena, key, context, str_skip(sealed, SEAL_KEY_SIZE), out_plain);
}
