/*
 * token.h - the shape of the secrets Weir hands out.
 *
 *   sk-weir-<12 base62 public id>-<43 base62 secret><6 base62 CRC-32>
 *
 * Admin tokens look alike with the prefix weir_at_, enrolment tokens with
 * weir_en_.  The checksum covers every character before it, so a typing
 * error, or a stranger's key, is refused without looking anything up.
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"
#include "common/str.h"

#define TOKEN_PREFIX_KEY "sk-weir-"
#define TOKEN_PREFIX_ADMIN "weir_at_"
#define TOKEN_PREFIX_ENROLMENT "weir_en_"

#define TOKEN_PUBLIC_LEN 12
#define TOKEN_TEXT_SIZE 96 /* the longest token and its NUL */

/* Makes a new one; returns out. */
const char *token_make(const char *prefix, char out[TOKEN_TEXT_SIZE]);

/* E_INVALID unless shape and checksum are right; *out_public_id borrows. */
enum status token_parse(
    struct str text, const char *prefix, struct str *out_public_id);
