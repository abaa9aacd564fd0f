/*
 * door.h - the one way out: every request leaves here, once.
 *
 * Settles what was reserved, prices what was used, writes the one usage
 * record, counts, and logs what did not go well.
 */
#pragma once

#include "dataplane/usage/record.h"

struct request;

/* http_status: what the client sees, 0 for nothing.  Asserts that it is once. */
void door_leave(struct request *, enum outcome, int http_status);
