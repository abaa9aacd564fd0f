/*
 * resource.h - what a resource of the admin API is, and what all can do.
 *
 * A resource is data: its fields, its table, whom it belongs to.  The
 * handlers here serve every one of them; a hook does what only one needs.
 */
#pragma once

#include "controlplane/api/change.h"
#include "controlplane/http/call.h"
#include "controlplane/http/route.h"
#include "controlplane/store/table.h"

struct resource {
	struct shape shape; /* a route's shape is this one */
	const struct table *table;

	/* The member that names its tenant; NULL: the platform's. */
	const char *tenant_member;

	/* Gateways see it: a change is a revision of the configuration. */
	bool is_published;

	/* DELETE revokes, and keys want to know why. */
	bool is_revoked;
	bool needs_reason;

	/* A slug made from a name keeps its dots. */
	bool has_dotted_slugs;

	/* Checks what the shape cannot, as it will be; adds faults. */
	void (*check)(struct change *, json_t *row);

	/* Before the insert: adds members, leaves what is shown once. */
	void (*prepare)(struct change *, json_t *row);

	/* After an insert or update: rows that hang on this one. */
	void (*stored)(struct change *, const json_t *row);
};

/* id, slug, name, labels, version, created_at, updated_at. */
extern const struct shape resource_base;

/* limit, page_token, q, slug, status. */
extern const struct shape resource_list_base;

/* {reason}, for DELETE and other actions, as body and as parameters. */
extern const struct shape reason_shape;
extern const struct shape reason_query;

/* NULL for a slug that is fine. */
const char *slug_fault(struct str);

/* NULL for a label name that is fine. */
const char *label_fault(struct str);

const struct resource *call_resource(const struct call *);

/* Handlers. */
enum status resource_list(struct call *);
enum status resource_get(struct call *);
enum status resource_create(struct call *);
enum status resource_patch(struct call *);
enum status resource_archive(struct call *);

/*
 * Any other change of one row: loads and locks it, lets apply() work in the
 * transaction, and answers with the row as it then is.
 */
enum status resource_change(
    struct call *, const char *verb, enum status (*apply)(struct change *));
