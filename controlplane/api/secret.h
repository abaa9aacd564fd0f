/*
 * secret.h - new tokens: what the caller gets once, and what rows keep.
 */
#pragma once

#include "common/token.h"
#include "controlplane/api/change.h"

/*
 * Makes a token with that prefix into `out`; the row gets what is kept of
 * it: public_id, pepper_version, verifier and display.
 */
enum status secret_fill(const struct keyring *, struct arena *, json_t *row,
    const char *prefix, char out[TOKEN_TEXT_SIZE]);

/* The same, and the reply shows the token as `name`, this one time. */
void secret_mint(
    struct change *, json_t *row, const char *prefix, const char *name);

/* The bytes as PostgreSQL reads a bytea: "\x…". */
void secret_set_bytes(
    struct arena *, json_t *row, const char *name, struct str bytes);
