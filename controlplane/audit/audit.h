/*
 * audit.h - who did what, to what, and whether they might.
 *
 * An event is written in the transaction of the change it tells of, so that
 * there is never one without the other.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/tx.h"

struct audit_actor {
	const char *kind; /* "admin_token", "service_account", "system" */
	struct str id;
	struct str token_id;
};

struct audit_event {
	const char *action;  /* "key.create" */
	const char *outcome; /* "success", "denied" … */
	struct audit_actor actor;
	struct id tenant; /* whose chain; zero: platform */
	const char *resource_kind;
	struct str resource_id;
	struct str resource_slug;
	struct str request_id;
	struct str method;
	struct str path;
	struct str ip;
	struct str reason;
	const char *permission;
	const json_t *before; /* as callers see it, no secrets */
	const json_t *after;
};

void audit_write(struct tx *, const struct audit_event *);

/*
 * A denial, in a transaction of its own.  More of the same within a minute
 * are not written again, so that nobody can flood the log.
 */
enum status audit_write_denial(
    struct db *, struct arena *, const struct audit_event *);

/* What changed: [{op, path, before, after}] over the members of both. */
json_t *audit_diff(const json_t *before, const json_t *after);
