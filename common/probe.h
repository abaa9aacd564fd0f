/*
 * probe.h - /livez, /readyz and /metrics, on a port of their own.
 *
 * A thread of libmicrohttpd's serves them, so an answer says that the process
 * runs, not that its workers are idle.
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"

struct probe;

struct probe_config {
	const char *listen;	    /* "127.0.0.1:8081" */
	const char *metrics_prefix; /* "weir_gateway" */

	/* May it be sent traffic?  `why` gets a word or two when not. */
	bool (*is_ready)(void *context, struct buf *why);

	/* Called before metrics are written; NULL when there is nothing. */
	void (*refresh)(void *context);
	void *context;
};

/* NULL when the address cannot be bound. */
struct probe *probe_open(const struct probe_config *);
void probe_close(struct probe *);
