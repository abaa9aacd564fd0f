/*
 * service_accounts.c - programs that own admin tokens.
 */
#include "controlplane/store/service_accounts.h"

#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"

static const char *const statuses[] = { "active", "archived", NULL };

static const struct field fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "The tenant it is confined to; none: the platform's." },
	{ "team_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TEAM,
	    .help = "A team of that tenant." },
	{ "description", FIELD_TEXT, FIELD_SET, 0, 1000, .fallback = "\"\"",
	    .help = "What it is for." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "The tokens of an archived one do not work." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static void
check_team(struct change *change, json_t *row)
{
	if (json_is_string(json_object_get(row, "team_id")) &&
	    !json_is_string(json_object_get(row, "tenant_id")))
		fault_add(&change->call->problem.faults, STR("/tenant_id"),
		    "required", "a team needs its tenant");
}

static const struct resource service_accounts = {
	.shape = { .name = "ServiceAccount",
	    .kind = KIND_SERVICE_ACCOUNT,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &service_accounts_table,
	.tenant_member = "tenant_id",
	.check = check_team,
};

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "team_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TEAM,
	    .help = "Only those of this team." },
};

static const struct shape list_query = {
	.name = "ServiceAccountList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/service-accounts", PERMISSION_SA_READ,
	    resource_list, "List service accounts",
	    .shape = &service_accounts.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/service-accounts", PERMISSION_SA_CREATE,
	    resource_create, "Create a service account",
	    .shape = &service_accounts.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/service-accounts/{id}", PERMISSION_SA_READ,
	    resource_get, "Show a service account",
	    .shape = &service_accounts.shape },
	{ "PATCH", "/admin/v1/service-accounts/{id}", PERMISSION_SA_UPDATE,
	    resource_patch, "Change a service account",
	    .shape = &service_accounts.shape },
	{ "DELETE", "/admin/v1/service-accounts/{id}", PERMISSION_SA_DELETE,
	    resource_archive, "Archive a service account and its tokens",
	    .shape = &service_accounts.shape, .query = &reason_query,
	    .body = &reason_shape },
};

const struct route_table service_accounts_routes = ROUTE_TABLE(routes);
