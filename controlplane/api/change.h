/*
 * change.h - one change of one resource: the change, its audit event, the
 * revision it makes and the reply that is kept, all of it or none.
 */
#pragma once

#include "controlplane/http/call.h"
#include "controlplane/store/tx.h"

struct resource;

struct change_resolver {
	struct resolver base;
	struct change *change;
	struct id tenant; /* references are looked for in it */
};

struct change {
	struct call *call;
	const struct resource *resource;
	struct tx tx;
	struct change_resolver resolver;
	struct check check; /* with the resolver above */

	struct id id;
	json_t *row;	/* as stored, before */
	json_t *before; /* as shown; NULL: created */
	json_t *after;
	json_t *once; /* shown now and never again */
	struct str reason;
	bool is_noop; /* nothing was to be done */
};

/* Begins the transaction; on failure there is none. */
enum status change_begin(
    struct change *, struct call *, const struct resource *);

/*
 * Locks and reads the row; E_NOT_FOUND, E_PRECONDITION by If-Match,
 * E_FORBIDDEN when it is not the caller's to change.
 */
enum status change_load(struct change *, struct id);

/* E_FORBIDDEN unless the caller may change rows of this row's tenant. */
enum status change_may(struct change *, const json_t *row);

/* Reads what the row has become, answers with it, and commits as below. */
enum status change_end(struct change *, const char *verb, int http);

/*
 * Audits "<kind>.<verb>", marks the revision, keeps the reply that is set,
 * and commits.
 */
enum status change_commit(struct change *, const char *verb);

/* Leaves everything as it was; also after change_end(), for CLEANUP. */
void change_abandon(struct change *);

/* Something to be shown this one time: "secret". */
void change_show_once(struct change *, const char *name, struct str text);
