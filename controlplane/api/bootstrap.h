/*
 * bootstrap.h - the first admin token: the one no other token can make.
 */
#pragma once

#include "common/status.h"
#include "common/str.h"
#include "common/token.h"

struct arena;
struct db;
struct keyring;

/*
 * Makes a token that may do everything, audited as the system's; expires_us
 * 0: never.  `out` holds it, this one time.
 */
enum status bootstrap_admin_token(struct db *, const struct keyring *,
    struct str name, int64_t expires_us, char out[TOKEN_TEXT_SIZE]);
