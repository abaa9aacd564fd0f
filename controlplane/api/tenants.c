/*
 * tenants.c - organisations: whom everything else belongs to.
 */
#include "controlplane/store/tenants.h"

#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"
#include "controlplane/store/document.h"

static const char *const statuses[] = { "active", "suspended", "archived",
	NULL };

static const struct field fields[] = {
	{ "timezone", FIELD_TEXT, FIELD_SET, 1, 64, .fallback = "\"UTC\"",
	    .help = "IANA name; where its days and months begin." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "A suspended or archived tenant's keys do not work." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static void
check_timezone(struct change *change, json_t *row)
{
	struct str name = document_member(row, "timezone");

	if (change->before != NULL &&
	    str_eq(name, document_member(change->before, "timezone")))
		return;
	if (!tenants_has_timezone(&change->tx, name))
		fault_add(&change->call->problem.faults, STR("/timezone"),
		    "enum", "no IANA name of a time zone");
}

static const struct resource tenants = {
	.shape = { .name = "Tenant",
	    .kind = KIND_TENANT,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &tenants_table,
	.tenant_member = "id",
	.is_published = true,
	.check = check_timezone,
};

static enum status
set_status(struct change *change, const char *from, const char *to)
{
	struct str status = document_member(change->row, "status");

	change->is_noop = str_eq(status, str_from(to));
	if (change->is_noop)
		return OK;
	if (!str_eq(status, str_from(from)))
		return call_fail(change->call, E_CONFLICT, "wrong_status",
		    "the tenant is %.*s", STR_ARGS(status));
	tenants_set_status(&change->tx, change->id, str_from(to));
	return OK;
}

static enum status
suspend(struct change *change)
{
	json_t *body = shape_read(
	    &change->check, &reason_shape, FIELD_ON_CREATE, change->call->body);

	change->reason = document_member(body, "reason");
	enum status s = call_faults(change->call);
	return s == OK ? set_status(change, "active", "suspended") : s;
}

static enum status
resume(struct change *change)
{
	return set_status(change, "suspended", "active");
}

static enum status
tenant_suspend(struct call *call)
{
	return resource_change(call, "suspend", suspend);
}

static enum status
tenant_resume(struct call *call)
{
	return resource_change(call, "resume", resume);
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/tenants", PERMISSION_TENANT_READ, resource_list,
	    "List tenants", .shape = &tenants.shape, .reply = REPLY_LIST,
	    .query = &resource_list_base },
	{ "POST", "/admin/v1/tenants", PERMISSION_TENANT_CREATE,
	    resource_create, "Create a tenant", .shape = &tenants.shape,
	    .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/tenants/{id}", PERMISSION_TENANT_READ, resource_get,
	    "Show a tenant", .shape = &tenants.shape },
	{ "PATCH", "/admin/v1/tenants/{id}", PERMISSION_TENANT_UPDATE,
	    resource_patch, "Change a tenant", .shape = &tenants.shape },
	{ "DELETE", "/admin/v1/tenants/{id}", PERMISSION_TENANT_DELETE,
	    resource_archive, "Archive a tenant", .shape = &tenants.shape,
	    .query = &reason_query, .body = &reason_shape },
	{ "POST", "/admin/v1/tenants/{id}/suspend", PERMISSION_TENANT_SUSPEND,
	    tenant_suspend, "Stop all keys of a tenant",
	    .shape = &tenants.shape, .body = &reason_shape },
	{ "POST", "/admin/v1/tenants/{id}/resume", PERMISSION_TENANT_SUSPEND,
	    tenant_resume, "Let a suspended tenant go on",
	    .shape = &tenants.shape },
};

const struct route_table tenants_routes = ROUTE_TABLE(routes);
