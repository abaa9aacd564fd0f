/*
 * refusal.h - says no, in the caller's own dialect.
 */
#pragma once

#include "common/status.h"

struct failure;
struct request;

/* Answers with the request's refusal and leaves through the door. */
void refusal_send(struct request *, enum status);

/* Answers with what the last target said, and leaves through the door. */
void refusal_send_failure(struct request *, const struct failure *);

/* The in-stream form, for a stream that cannot be completed. */
void refusal_write_event(struct request *, const struct failure *);
