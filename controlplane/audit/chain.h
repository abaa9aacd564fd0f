/*
 * chain.h - what makes a row of the audit log evidence.
 *
 * hash = SHA-256(previous hash, be64(seq), body).  The body is the canonical
 * JSON of the whole event, so that a row can be proved, or proved wrong, by
 * what it says itself.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/audit.h"

/* "platform", or "tenant:ten_…" of a tenant that is not zero. */
struct str chain_name(struct arena *, struct id tenant);

void chain_hash(const uint8_t prev[SHA256_SIZE], int64_t seq, struct str body,
    uint8_t out[SHA256_SIZE]);

/*
 * NULL when the row is the one that follows (seq, hash) in its chain; else
 * what is wrong with it: "seq", "prev_hash", "hash", "columns".
 */
const char *chain_fault(const struct audit_row *, int64_t prev_seq,
    const uint8_t prev_hash[SHA256_SIZE]);

struct chain_report {
	int64_t checked;
	int64_t bad_seq;      /* 0: all is well */
	const char *bad_kind; /* also "missing_tail" */
};

/* Walks the whole chain.  Failures of the database are the transaction's. */
struct chain_report chain_verify(struct tx *, struct str chain);
