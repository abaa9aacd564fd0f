/*
 * idempotency.h - the same POST sent twice is done once.
 *
 * A caller marks a POST with Idempotency-Key.  The reply of one that changed
 * something is kept for a day, sealed, in the transaction of the change, and
 * given again to the same principal asking the same thing.
 */
#pragma once

#include "controlplane/http/call.h"

struct tx;

/*
 * Answers from what is kept: then call->reply is set.  E_CONFLICT (422) when
 * the key was used for something else.
 */
enum status idempotency_replay(struct call *);

/* Makes this transaction the only one for its key; else it fails (409). */
enum status idempotency_begin(struct call *, struct tx *);

/* Keeps call->reply, with the change or not at all. */
void idempotency_end(struct call *, struct tx *);
