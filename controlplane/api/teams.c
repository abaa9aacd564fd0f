/*
 * teams.c - the parts of a tenant that keys belong to.
 */
#include "controlplane/store/teams.h"

#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"

static const char *const statuses[] = { "active", "archived", NULL };

static const struct field fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_FIXED | FIELD_REQUIRED,
	    .kind = KIND_TENANT, .help = "The tenant it is part of." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "An archived team's keys do not work." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static const struct resource teams = {
	.shape = { .name = "Team",
	    .kind = KIND_TEAM,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &teams_table,
	.tenant_member = "tenant_id",
	.is_published = true,
};

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
};

static const struct shape list_query = {
	.name = "TeamList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/teams", PERMISSION_TEAM_READ, resource_list,
	    "List teams", .shape = &teams.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/teams", PERMISSION_TEAM_CREATE, resource_create,
	    "Create a team", .shape = &teams.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/teams/{id}", PERMISSION_TEAM_READ, resource_get,
	    "Show a team", .shape = &teams.shape },
	{ "PATCH", "/admin/v1/teams/{id}", PERMISSION_TEAM_UPDATE,
	    resource_patch, "Change a team", .shape = &teams.shape },
	{ "DELETE", "/admin/v1/teams/{id}", PERMISSION_TEAM_DELETE,
	    resource_archive, "Archive a team", .shape = &teams.shape,
	    .query = &reason_query, .body = &reason_shape },
};

const struct route_table teams_routes = ROUTE_TABLE(routes);
