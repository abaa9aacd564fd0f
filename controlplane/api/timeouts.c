/*
 * timeouts.c - see timeouts.h.
 */
#include "controlplane/api/timeouts.h"

#define WAIT_MAX_MS (3600 * 1000)

static const struct field fields[] = {
	{ "connect_ms", FIELD_INT, FIELD_SET, 10, WAIT_MAX_MS,
	    .help = "To a connection, TLS included." },
	{ "header_ms", FIELD_INT, FIELD_SET, 10, WAIT_MAX_MS,
	    .help = "To the head of the answer." },
	{ "first_content_ms", FIELD_INT, FIELD_SET, 10, WAIT_MAX_MS,
	    .help = "To the first content of a stream." },
	{ "idle_ms", FIELD_INT, FIELD_SET, 10, WAIT_MAX_MS,
	    .help = "Between two pieces of a stream." },
	{ "total_ms", FIELD_INT, FIELD_SET, 10, WAIT_MAX_MS,
	    .help = "For the whole request." },
};

const struct shape timeouts_shape = {
	.name = "Timeouts",
	SHAPE_FIELDS(fields),
};
