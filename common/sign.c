/*
 * sign.c - see sign.h.  OpenSSL fails here only for want of memory, which
 * aborts as everywhere else.
 */
#include "common/sign.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base.h"
#include "common/digest.h"

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
digest_free(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

void
sign_keypair(
    uint8_t out_private[SIGN_KEY_SIZE], uint8_t out_public[SIGN_KEY_SIZE])
{
	random_bytes(out_private, SIGN_KEY_SIZE);
	sign_public_key(out_private, out_public);
}

void
sign_public_key(
    const uint8_t private_key[SIGN_KEY_SIZE], uint8_t out_public[SIGN_KEY_SIZE])
{
	CLEANUP(key_free)
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, private_key, SIGN_KEY_SIZE);
	size_t len = SIGN_KEY_SIZE;

	require(key != NULL);
	require(EVP_PKEY_get_raw_public_key(key, out_public, &len) > 0);
}

void
sign_message(const uint8_t private_key[SIGN_KEY_SIZE], struct str message,
    uint8_t out[SIGN_SIZE])
{
	CLEANUP(key_free)
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, private_key, SIGN_KEY_SIZE);
	CLEANUP(digest_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGN_SIZE;

	require(key != NULL);
	require(ctx != NULL);
	require(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) > 0);
	require(EVP_DigestSign(ctx, out, &len, (const uint8_t *)message.ptr,
		    message.len) > 0);
}

enum status
sign_verify(const uint8_t public_key[SIGN_KEY_SIZE], struct str message,
    const uint8_t signature[SIGN_SIZE])
{
	CLEANUP(key_free)
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, public_key, SIGN_KEY_SIZE);
	CLEANUP(digest_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	require(key != NULL);
	require(ctx != NULL);
	require(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) > 0);
	if (EVP_DigestVerify(ctx, signature, SIGN_SIZE,
		(const uint8_t *)message.ptr, message.len) <= 0)
		return E_CORRUPT;
	return OK;
}
