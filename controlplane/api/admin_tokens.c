/*
 * admin_tokens.c - what people and programs call this API with.
 *
 * Nobody gives away what he does not hold: the scopes of a new token are at
 * most those of the token that makes it, in the same tenant.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/token.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/secret.h"
#include "controlplane/api/tables.h"
#include "controlplane/store/access.h"
#include "controlplane/store/document.h"

#define LIFE_MAX_US (366LL * 24 * 3600 * US_PER_S)
#define SCOPES_MAX 128

static const char *const owner_kinds[] = { "platform", "service_account",
	NULL };
static const char *const statuses[] = { "active", "revoked", NULL };

static const struct field owner_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_FIXED | FIELD_REQUIRED,
	    .words = owner_kinds, .help = "What owns it." },
	{ "id", FIELD_REF, FIELD_FIXED, .kind = KIND_SERVICE_ACCOUNT,
	    .help = "The service account." },
};

static const struct shape owner_shape = {
	.name = "TokenOwner",
	SHAPE_FIELDS(owner_fields),
};

static const struct field fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "The tenant it is confined to; none: everything." },
	{ "owner", FIELD_OBJECT, FIELD_FIXED, .shape = &owner_shape,
	    .fallback = "{\"kind\":\"platform\"}", .help = "Whose it is." },
	{ "scopes", FIELD_TEXT, FIELD_FIXED | FIELD_MANY | FIELD_REQUIRED, 1,
	    64, SCOPES_MAX,
	    .help = "Permissions: key:read, key:*, *:read or *." },
	{ "expires_at", FIELD_TIME, FIELD_FIXED | FIELD_REQUIRED,
	    .help = "When it stops working; at most a year from now." },
	{ "display", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What of the token may be shown." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "A revoked token stays revoked." },
	{ "last_used_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last used, to the hour." },
	{ "revoked_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was revoked." },
};

static void
check_scope(struct change *change, struct str scope, size_t place)
{
	const struct principal *principal = &change->call->principal;
	struct faults *faults = &change->call->problem.faults;
	struct permission_set wanted = { 0 };
	struct str pointer =
	    str_printf(&change->call->arena, "/scopes/%zu", place);

	if (!permission_set_add(&wanted, scope))
		fault_add(faults, pointer, "enum",
		    "no permission; see GET /admin/v1/permissions");
	else if (!permission_set_contains(&principal->permissions, &wanted))
		fault_add(faults, pointer, "escalation",
		    "you do not hold all of this yourself");
}

static void
check_expiry(struct change *change, struct str text)
{
	int64_t now_us = clock_wall_us();
	int64_t wall_us;

	if (clock_parse(text, &wall_us) != OK)
		return; /* a fault already */
	if (wall_us <= now_us || wall_us > now_us + LIFE_MAX_US)
		fault_add(&change->call->problem.faults, STR("/expires_at"),
		    "range", "in the future, and at most a year from now");
}

/* The token of a service account is confined to that one's tenant. */
static void
check_owner(struct change *change, json_t *row)
{
	const json_t *owner = json_object_get(row, "owner");
	struct str kind = document_member(owner, "kind");
	struct str account = document_member(owner, "id");
	struct faults *faults = &change->call->problem.faults;
	struct id tenant;
	struct id id;

	document_set(row, "owner_kind", kind);
	if (str_eq(kind, STR("platform"))) {
		if (!str_is_empty(account))
			fault_add(faults, STR("/owner/id"), "unknown_field",
			    "only a service account has an id");
		return;
	}
	if (id_from_uuid(account, &id) != OK) {
		fault_add(faults, STR("/owner/id"), "required",
		    "name the service account");
		return;
	}
	document_set_id(row, "owner_id", id);
	tenant = tokens_owner_tenant(&change->tx, id);
	if (id_is_zero(tenant))
		return;
	if (str_is_empty(document_member(row, "tenant_id")))
		document_set_id(row, "tenant_id", tenant);
	else if (!str_eq(document_member(row, "tenant_id"),
		     str_from(id_uuid(tenant, (char[ID_TEXT_SIZE]){ 0 }))))
		fault_add(faults, STR("/tenant_id"), "range",
		    "the service account is another tenant's");
}

static void
check_token(struct change *change, json_t *row)
{
	const json_t *scopes = json_object_get(row, "scopes");

	for (size_t i = 0; i < json_array_size(scopes); i++)
		check_scope(change, json_text(json_array_get(scopes, i)), i);
	check_expiry(change, document_member(row, "expires_at"));
	check_owner(change, row);
}

static void
mint(struct change *change, json_t *row)
{
	secret_mint(change, row, TOKEN_PREFIX_ADMIN, "token");
}

static const struct resource tokens = {
	.shape = { .name = "AdminToken",
	    .kind = KIND_TOKEN,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &tokens_table,
	.tenant_member = "tenant_id",
	.is_revoked = true,
	.check = check_token,
	.prepare = mint,
};

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "owner_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_SERVICE_ACCOUNT,
	    .help = "Only those of this service account." },
};

static const struct shape list_query = {
	.name = "AdminTokenList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/admin-tokens", PERMISSION_TOKEN_READ, resource_list,
	    "List admin tokens", .shape = &tokens.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/admin-tokens", PERMISSION_TOKEN_CREATE,
	    resource_create, "Create an admin token; token holds it, this once",
	    .shape = &tokens.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/admin-tokens/{id}", PERMISSION_TOKEN_READ,
	    resource_get, "Show an admin token", .shape = &tokens.shape },
	{ "DELETE", "/admin/v1/admin-tokens/{id}", PERMISSION_TOKEN_REVOKE,
	    resource_archive, "Revoke an admin token for good",
	    .shape = &tokens.shape, .query = &reason_query,
	    .body = &reason_shape },
};

const struct route_table admin_tokens_routes = ROUTE_TABLE(routes);
