/*
 * audit.h - audit events and the heads of their chains, as rows.
 */
#pragma once

#include "common/digest.h"
#include "controlplane/store/table.h"

/* Reading only: list and get. */
extern const struct table audit_table;

struct audit_row {
	struct str chain;
	int64_t seq;
	struct id id;
	int64_t ts_us;
	struct id tenant_id; /* zero: of the platform */
	struct str action;
	struct str outcome;
	struct str actor_kind;
	struct str actor_id;
	struct str resource_kind; /* may be empty, as the four below */
	struct str resource_id;
	struct str request_id;
	struct str ip;
	struct str body;
	struct str prev_hash; /* SHA256_SIZE bytes each */
	struct str hash;
};

/* Locks the chain's head, making it when this is the first event. */
void audit_head_lock(struct tx *, struct str chain, int64_t *out_seq,
    uint8_t out_hash[SHA256_SIZE]);

/* Adds the event and moves the head to it. */
void audit_append(struct tx *, const struct audit_row *);

/* Has the actor been denied this action since the full minute? */
enum status audit_has_denial(struct db *, struct arena *, struct str actor_id,
    struct str action, bool *out);

/* The head of a chain, 0 and zeros when there is none. */
void audit_head_get(struct tx *, struct str chain, int64_t *out_seq,
    uint8_t out_hash[SHA256_SIZE]);

/* The events after `seq`, in order, at most `limit`. */
size_t audit_walk(struct tx *, struct str chain, int64_t seq, int64_t limit,
    struct audit_row **out);
