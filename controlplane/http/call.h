/*
 * call.h - one call of the admin API, from the first byte to the answer.
 *
 * A call belongs to one thread at a time: the listener's while it arrives
 * and leaves, a worker's in between.  Everything it makes is in its arena.
 */
#pragma once

#include <jansson.h>

#include "common/arena.h"
#include "common/id.h"
#include "controlplane/http/field.h"
#include "controlplane/http/permission.h"
#include "controlplane/http/problem.h"

struct db;
struct keyring;
struct route;
struct router;

struct principal {
	const char *kind;    /* "admin_token", "service_account" */
	struct str id;	     /* "adm_…" or "sa_…" */
	struct str token_id; /* "adm_…" */
	struct str name;
	struct str *scopes;
	size_t scope_count;
	struct permission_set permissions;
	struct id tenant;   /* zero: the whole platform */
	int64_t expires_us; /* 0: never */
};

struct reply {
	int http;
	struct str body;
	const char *content_type;
	struct str etag;
	struct str allow; /* of a 405 */
	bool is_replayed; /* a kept one, given again */
};

struct call {
	struct arena arena;
	const struct router *router;
	const struct keyring *keyring;
	struct db *db; /* the worker's */

	/* what was asked */
	struct str method;
	struct str path;
	struct str query_text;
	struct str body_text;
	struct str authorization;
	struct str content_type;
	struct str if_match;
	struct str idempotency_key;
	struct str request_id;
	struct str ip;

	/* what it turned out to be */
	const struct route *route;
	struct str id_text; /* {id} of the path */
	json_t *query;	    /* checked parameters */
	json_t *body;	    /* parsed, not yet checked */
	struct principal principal;
	bool is_dry_run;

	struct problem problem;
	struct reply reply;
};

/* Takes the request id of the caller, or makes one: "req_…". */
void call_set_request_id(struct call *, struct str offered);

/*
 * Records why the call cannot be done and returns the status, for
 * `return call_fail(…)`.  The first reason stays.
 */
enum status call_fail(struct call *, enum status, const char *code,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* E_INVALID when faults have been collected, OK otherwise. */
enum status call_faults(struct call *);

/* The id of the path, which must be of that kind; else E_NOT_FOUND. */
enum status call_id(struct call *, enum kind, struct id *out);

/* A checked parameter; empty, or the fallback, when it was not given. */
struct str call_param(const struct call *, const char *name);
int64_t call_param_int(const struct call *, const char *name, int64_t fallback);

/*
 * Sets the answer: the value as JSON, its version as ETag if it has one.
 * It may be set again until the call ends.
 */
void reply_set(struct call *, int http, const json_t *);

/* reply_set() with 200; returns OK, for `return reply_ok(…)`. */
enum status reply_ok(struct call *, const json_t *);

/* Turns the problem into the answer. */
void reply_problem(struct call *, enum status);
