/*
 * upstream.h - the client seam: one request to a provider and its events.
 *
 * Each worker has one; behind it is a curl multi on the worker's loop.  The
 * events come from upstream_turn() and the loop, never from within
 * upstream_start(); after on_done, or after upstream_cancel(), there are no
 * more.  A call may be paused while the client does not keep up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct loop;
struct settings;
struct upstream;
struct upstream_call;

struct upstream_head {
	int http_status;
	int64_t retry_after_ms; /* -1: not said */
	bool is_encoded;	/* compressed, although not asked */
};

enum upstream_result {
	UPSTREAM_COMPLETE,	  /* the HTTP answer is whole */
	UPSTREAM_NO_CONNECTION,	  /* nothing was sent */
	UPSTREAM_REFUSED_ADDRESS, /* the address is not allowed */
	UPSTREAM_TIMED_OUT,	  /* connecting */
	UPSTREAM_BROKEN,	  /* the connection died in between */
};

/* What happens to a call.  on_head and on_bytes must not start or end calls. */
struct upstream_events {
	void (*on_head)(void *context, const struct upstream_head *);
	void (*on_bytes)(void *context, struct str);
	void (*on_done)(
	    void *context, enum upstream_result, const char *detail);
};

#define UPSTREAM_HEADERS_MAX 24

struct upstream_request { /* everything is borrowed until on_done */
	const char *url;
	const char *headers[UPSTREAM_HEADERS_MAX]; /* "name: value" */
	size_t header_count;
	struct str body;
	int64_t connect_timeout_ms;
	bool allow_private_network;
};

struct upstream *upstream_new(struct loop *, const struct settings *);
void upstream_free(struct upstream *);

struct upstream_call *upstream_start(struct upstream *,
    const struct upstream_request *, const struct upstream_events *,
    void *context);
void upstream_cancel(struct upstream_call *);
void upstream_pause(struct upstream_call *);
void upstream_resume(struct upstream_call *);

/* Has the whole body been sent, so that it need not be kept? */
bool upstream_has_sent(struct upstream_call *);

/* Delivers what has finished; call once per turn of the loop. */
void upstream_turn(struct upstream *);
