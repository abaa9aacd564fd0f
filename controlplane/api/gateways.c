/*
 * gateways.c - the fleet as operators see it.
 */
#include "controlplane/store/gateways.h"

#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"

static const struct field nack_fields[] = {
	{ "rev", FIELD_INT, FIELD_ON_READ, .help = "What it refused." },
	{ "errors", FIELD_JSON, FIELD_ON_READ,
	    .help = "Why: kind, id, field and message of each fault." },
};

static const struct shape nack_shape = {
	.name = "GatewayNack",
	SHAPE_FIELDS(nack_fields),
};

static const struct field spool_fields[] = {
	{ "bytes", FIELD_INT, FIELD_ON_READ, .help = "Not yet delivered." },
	{ "oldest_s", FIELD_INT, FIELD_ON_READ,
	    .help = "Age of the oldest record." },
};

static const struct shape spool_shape = {
	.name = "GatewaySpool",
	SHAPE_FIELDS(spool_fields),
};

/* Its own fields: version is that of the software, not of the row. */
static const struct field fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Never changes." },
	{ "slug", FIELD_TEXT, FIELD_ON_READ, .help = "Short name." },
	{ "name", FIELD_TEXT, FIELD_ON_READ, .help = "As it calls itself." },
	{ "labels", FIELD_MAP, FIELD_ON_READ, .help = "Names and texts." },
	{ "version", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Of its software, as it said in its last hello." },
	{ "created_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was enrolled." },
	{ "updated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When the row last changed." },
	{ "region", FIELD_TEXT, FIELD_ON_READ, .help = "Where it is." },
	{ "boot_id", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Changes with every start." },
	{ "applied_rev", FIELD_INT, FIELD_ON_READ,
	    .help = "The revision it serves." },
	{ "head_rev", FIELD_INT, FIELD_ON_READ,
	    .help = "The newest revision there is." },
	{ "lag", FIELD_INT, FIELD_ON_READ,
	    .help = "How many revisions it is behind." },
	{ "nack", FIELD_OBJECT, FIELD_ON_READ, .shape = &nack_shape,
	    .help = "The revision it refused; null when it took the last." },
	{ "from_disk", FIELD_BOOL, FIELD_ON_READ,
	    .help = "It serves what it kept, not what it was sent." },
	{ "last_seen", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last heard of." },
	{ "spool", FIELD_OBJECT, FIELD_ON_READ, .shape = &spool_shape,
	    .help = "Usage records it still holds." },
	{ "inflight", FIELD_INT, FIELD_ON_READ,
	    .help = "Requests it is at work on." },
	{ "rss_bytes", FIELD_INT, FIELD_ON_READ, .help = "Its memory." },
	{ "draining", FIELD_BOOL, FIELD_ON_READ,
	    .help = "It takes no new requests." },
	{ "leases", FIELD_JSON, FIELD_ON_READ,
	    .help = "Budget leases it holds." },
};

static const struct resource gateways = {
	.shape = { .name = "Gateway",
	    .kind = KIND_GATEWAY,
	    SHAPE_FIELDS(fields) },
	.table = &gateways_table,
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
	{ "q", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "How the slug or the name begins." },
	{ "slug", FIELD_TEXT, FIELD_ON_CREATE, 1, 200, .help = "The slug." },
	{ "region", FIELD_TEXT, FIELD_ON_CREATE, 1, 64,
	    .help = "Only those of this region." },
};

static const struct shape list_query = {
	.name = "GatewayList",
	SHAPE_FIELDS(list_fields),
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/gateways", PERMISSION_GATEWAY_READ, resource_list,
	    "List gateways and the revision each serves",
	    .shape = &gateways.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "GET", "/admin/v1/gateways/{id}", PERMISSION_GATEWAY_READ,
	    resource_get, "Show a gateway", .shape = &gateways.shape },
	{ "DELETE", "/admin/v1/gateways/{id}", PERMISSION_GATEWAY_MANAGE,
	    resource_archive, "Forget a gateway: it must enrol again",
	    .shape = &gateways.shape, .query = &reason_query,
	    .body = &reason_shape },
};

const struct route_table gateways_routes = ROUTE_TABLE(routes);
