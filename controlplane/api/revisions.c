/*
 * revisions.c - the history of the configuration: who changed what, when.
 */
#include "controlplane/store/revisions.h"

#include "controlplane/api/listing.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/access.h"
#include "controlplane/http/route.h"

static const struct field fields[] = {
	{ "rev", FIELD_INT, FIELD_ON_READ, .help = "Its number." },
	{ "created_at", FIELD_TIME, FIELD_ON_READ, .help = "When." },
	{ "author", FIELD_TEXT, FIELD_ON_READ, .help = "Who made it." },
	{ "request_id", FIELD_TEXT, FIELD_ON_READ,
	    .help = "X-Request-Id of the call that made it." },
	{ "action", FIELD_TEXT, FIELD_ON_READ, .help = "key.create …" },
	{ "resource_kind", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What it changed." },
	{ "resource_id", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What it changed." },
};

static const struct shape revision_shape = {
	.name = "Revision",
	SHAPE_FIELDS(fields),
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
};

static const struct shape list_query = {
	.name = "RevisionList",
	SHAPE_FIELDS(list_fields),
};

static struct page_place
place_of(const json_t *row)
{
	return (struct page_place){
		.number = json_integer_value(json_object_get(row, "rev")),
	};
}

/* Revisions tell of all tenants: they are the platform's. */
static enum status
revision_list(struct call *call)
{
	struct listing listing;
	struct tx tx;
	json_t *rows;
	enum status s = access_require_platform(call);

	if (s == OK)
		s = listing_read(call, &listing);
	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	rows = revisions_list(&tx, listing.after.number, listing.limit + 1);
	s = tx_commit(&tx);
	return s == OK ? listing_reply(call, &listing, rows, place_of) : s;
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/config/revisions", PERMISSION_CONFIG_READ,
	    revision_list, "List configuration revisions, the newest first",
	    .shape = &revision_shape, .reply = REPLY_LIST,
	    .query = &list_query },
};

const struct route_table revisions_routes = ROUTE_TABLE(routes);
