/*
 * server.h - the admin API's listener: libmicrohttpd in front, workers behind.
 *
 * The listener's thread only moves bytes.  A call that has arrived is parked
 * and queued; a worker with a database connection of its own runs it, and
 * the listener sends the answer.  When the queue is full, callers are told to
 * come back (503).
 */
#pragma once

#include "common/buf.h"
#include "common/status.h"

struct keyring;
struct router;
struct server;

struct server_config {
	const char *host; /* "127.0.0.1", "::" */
	int64_t port;
	const char *database_url;
	const struct keyring *keyring;
	const struct router *router; /* &api_router */
	size_t worker_count;
	size_t queue_max; /* calls waiting for a worker */
	size_t body_max_bytes;
};

/* On failure `fault` says why: the address, a route that is not complete. */
enum status server_open(
    const struct server_config *, struct server **out, struct buf *fault);

/* Lets the calls that are at work finish. */
void server_close(struct server *);
