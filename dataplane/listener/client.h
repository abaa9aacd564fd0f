/*
 * client.h - one client connection: its socket, its deadlines.
 *
 * libmicrohttpd's timeout is reset by every byte, so a client that sends one
 * byte now and then would stay for ever.  A connection that is reading a
 * request stands on the listener's list, and once a second those that are too
 * slow are shut down.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/http_guard.h"
#include "common/list.h"
#include "common/loop.h"

struct exchange;
struct listener;
struct settings;

struct client {
	struct loop_source source; /* watches for the hang-up */
	struct listener *listener;
	struct exchange *exchange; /* NULL between requests */
	struct list all;	   /* on the listener's clients */
	struct list reading;
	struct http_guard guard;
	int64_t since_ns; /* of the part being read */
	size_t body_bytes;
	bool head_done;
	bool idle;    /* kept alive, nothing read yet */
	bool hung_up; /* will send no more */
};

/*
 * A part of a request starts: its clock too.  An idle client may be silent
 * for the keep-alive time before its next request line.
 */
void client_start_idle(struct client *, struct list *readers, int64_t now_ns);
void client_start_head(struct client *, int64_t now_ns);
void client_start_body(struct client *, int64_t now_ns);
void client_stop_reading(struct client *);

/* Shuts down those past their deadline. */
void client_reap(struct list *readers, const struct settings *, int64_t now_ns);
