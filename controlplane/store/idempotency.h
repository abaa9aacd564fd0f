/*
 * idempotency.h - replies kept for callers that ask the same thing twice.
 */
#pragma once

#include "controlplane/store/tx.h"

struct idempotency_row {
	struct str principal;
	struct str key_hash;	/* bytes */
	struct str fingerprint; /* bytes: of what was asked */
	int64_t status;
	struct str body_sealed; /* bytes */
};

/* Fills all but principal and key_hash; E_NOT_FOUND when none is kept. */
enum status idempotency_find(
    struct db *, struct arena *, struct idempotency_row *);

/* False when another transaction is at work for the same key. */
bool idempotency_lock(struct tx *, const struct idempotency_row *);

/* Keeps the reply as long as the transaction lasts, and 24 hours. */
void idempotency_keep(struct tx *, const struct idempotency_row *);
