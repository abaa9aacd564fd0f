/*
 * client.h - calls the admin API.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "cli/context.h"
#include "common/buf.h"

struct client;

struct request {
	const char *method;
	struct str path;    /* behind /admin/v1, with its query */
	const json_t *body; /* borrowed; NULL: none */
	int64_t if_version; /* of If-Match; 0: without */
};

struct reply {
	long status;  /* 0: there was no answer */
	json_t *body; /* NULL when it is empty or no JSON */
};

/* NULL when libcurl cannot start. */
struct client *client_new(const struct context *);
void client_free(struct client *);

/*
 * Fills *out (reply_done() it) and returns EXIT_OK for a 2xx; else the
 * problem is printed on standard error.
 */
enum exit_code client_call(
    struct client *, const struct request *, struct reply *out);

/* The same for a GET. */
enum exit_code client_get(struct client *, struct str path, struct reply *out);

void reply_done(struct reply *);

/* Adds name=value to a path, escaped, with '?' or '&' before it. */
void client_add_query(struct buf *path, struct str name, struct str value);
