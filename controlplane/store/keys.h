/*
 * keys.h - the table of data-plane keys.  Verifiers are written, never read.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table keys_table;

/*
 * Replaces the token of a key.  The document has id, public_id,
 * pepper_version, verifier, display and grace_seconds: how long the old
 * token stays good, 0 for not at all.
 */
void keys_rotate(struct tx *, const json_t *);

/* "active", "disabled". */
void keys_set_status(struct tx *, struct id, struct str status);
