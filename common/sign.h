/*
 * sign.h - Ed25519 signatures: who published a configuration.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

#define SIGN_KEY_SIZE 32
#define SIGN_SIZE 64

void sign_keypair(
    uint8_t out_private[SIGN_KEY_SIZE], uint8_t out_public[SIGN_KEY_SIZE]);
void sign_public_key(const uint8_t private_key[SIGN_KEY_SIZE],
    uint8_t out_public[SIGN_KEY_SIZE]);
void sign_message(const uint8_t private_key[SIGN_KEY_SIZE], struct str,
    uint8_t out[SIGN_SIZE]);

/* E_CORRUPT when the signature is not the key's for these bytes. */
enum status sign_verify(const uint8_t public_key[SIGN_KEY_SIZE], struct str,
    const uint8_t signature[SIGN_SIZE]);
