/*
 * keys.c - what applications call the gateway with.
 */
#include "controlplane/store/keys.h"

#include <arpa/inet.h>

#include "common/clock.h"
#include "common/token.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/secret.h"
#include "controlplane/api/tables.h"
#include "controlplane/store/document.h"

#define GRACE_MAX_S (30 * 24 * 3600)
#define LIST_MAX 256

static const char *
cidr_fault(struct str text)
{
	static const char wrong[] = "a network such as 10.0.0.0/8 or ::1/128";
	struct str rest = text;
	struct in6_addr address;
	struct str host;
	char name[64];
	uint64_t bits = 0;
	int family;

	if (!str_next(&rest, '/', &host) || host.len >= sizeof(name))
		return wrong;
	snprintf(name, sizeof(name), "%.*s", STR_ARGS(host));
	family = str_find_char(host, ':') < 0 ? AF_INET : AF_INET6;
	if (inet_pton(family, name, &address) != 1 ||
	    str_to_u64(rest, &bits) != OK ||
	    bits > (family == AF_INET ? 32 : 128))
		return wrong;
	return NULL;
}

static const char *const statuses[] = { "active", "disabled", NULL };

static const struct field fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "The team's tenant; may be left out." },
	{ "team_id", FIELD_REF, FIELD_FIXED | FIELD_REQUIRED, .kind = KIND_TEAM,
	    .help = "The team it belongs to." },
	{ "owner", FIELD_TEXT, FIELD_SET, 1, 200,
	    .help = "Who answers for it: a person or a program." },
	{ "display", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What of the key may be shown." },
	{ "status", FIELD_TEXT, FIELD_ON_PATCH | FIELD_ON_READ,
	    .words = statuses,
	    .help = "active, disabled, or (shown only) revoked." },
	{ "expires_at", FIELD_TIME, FIELD_SET,
	    .help = "When it stops working; never when left out." },
	{ "allowed_models", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 200,
	    LIST_MAX, .fallback = "[]",
	    .help = "Model names it may use; empty: all of its tenant." },
	{ "cidrs", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 64, LIST_MAX,
	    .fallback = "[]", .check = cidr_fault,
	    .help = "Networks it may be used from; empty: all." },
	{ "prev_valid_until", FIELD_TIME, FIELD_ON_READ,
	    .help = "Until when the key before the rotation works." },
	{ "rotated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last rotated." },
	{ "revoked_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was revoked." },
	{ "revoke_reason", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Why it was revoked." },
};

static void
check_key(struct change *change, json_t *row)
{
	struct str expires = document_member(row, "expires_at");
	int64_t wall_us;

	if (change->before != NULL || str_is_empty(expires))
		return;
	if (clock_parse(expires, &wall_us) == OK && wall_us <= clock_wall_us())
		fault_add(&change->call->problem.faults, STR("/expires_at"),
		    "range", "must be in the future");
}

static void
mint(struct change *change, json_t *row)
{
	secret_mint(change, row, TOKEN_PREFIX_KEY, "secret");
}

static const struct resource keys = {
	.shape = { .name = "Key",
	    .kind = KIND_KEY,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &keys_table,
	.tenant_member = "tenant_id",
	.is_published = true,
	.is_revoked = true,
	.needs_reason = true,
	.check = check_key,
	.prepare = mint,
};

static const struct field rotate_fields[] = {
	{ "grace_seconds", FIELD_INT, FIELD_ON_CREATE, 0, GRACE_MAX_S,
	    .fallback = "0", .help = "How long the old key goes on working." },
};

static const struct shape rotate_shape = {
	.name = "KeyRotation",
	SHAPE_FIELDS(rotate_fields),
};

static enum status
refuse_revoked(struct change *change)
{
	if (!str_eq(document_member(change->row, "status"), STR("revoked")))
		return OK;
	return call_fail(
	    change->call, E_CONFLICT, "revoked", "a revoked key stays revoked");
}

static enum status
rotate(struct change *change)
{
	json_t *row = shape_read(
	    &change->check, &rotate_shape, FIELD_ON_CREATE, change->call->body);
	enum status s = call_faults(change->call);

	if (s == OK)
		s = refuse_revoked(change);
	if (s != OK)
		return s;
	document_set_id(row, "id", change->id);
	mint(change, row);
	keys_rotate(&change->tx, row);
	return OK;
}

static enum status
set_status(struct change *change, struct str status)
{
	enum status s = refuse_revoked(change);

	if (s != OK)
		return s;
	change->is_noop =
	    str_eq(document_member(change->row, "status"), status);
	if (!change->is_noop)
		keys_set_status(&change->tx, change->id, status);
	return OK;
}

static enum status
disable(struct change *change)
{
	return set_status(change, STR("disabled"));
}

static enum status
enable(struct change *change)
{
	return set_status(change, STR("active"));
}

static enum status
key_rotate(struct call *call)
{
	return resource_change(call, "rotate", rotate);
}

static enum status
key_disable(struct call *call)
{
	return resource_change(call, "disable", disable);
}

static enum status
key_enable(struct call *call)
{
	return resource_change(call, "enable", enable);
}

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "team_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TEAM,
	    .help = "Only those of this team." },
	{ "owner", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "Only those of this owner." },
};

static const struct shape list_query = {
	.name = "KeyList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/keys", PERMISSION_KEY_READ, resource_list,
	    "List keys", .shape = &keys.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/keys", PERMISSION_KEY_CREATE, resource_create,
	    "Create a key; its text is in secret, this once",
	    .shape = &keys.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/keys/{id}", PERMISSION_KEY_READ, resource_get,
	    "Show a key", .shape = &keys.shape },
	{ "PATCH", "/admin/v1/keys/{id}", PERMISSION_KEY_UPDATE, resource_patch,
	    "Change a key", .shape = &keys.shape },
	{ "DELETE", "/admin/v1/keys/{id}", PERMISSION_KEY_REVOKE,
	    resource_archive, "Revoke a key for good", .shape = &keys.shape,
	    .query = &reason_query, .body = &reason_shape },
	{ "POST", "/admin/v1/keys/{id}/rotate", PERMISSION_KEY_ROTATE,
	    key_rotate, "Replace the text of a key", .shape = &keys.shape,
	    .body = &rotate_shape },
	{ "POST", "/admin/v1/keys/{id}/disable", PERMISSION_KEY_UPDATE,
	    key_disable, "Stop a key for now", .shape = &keys.shape },
	{ "POST", "/admin/v1/keys/{id}/enable", PERMISSION_KEY_UPDATE,
	    key_enable, "Let a disabled key work again", .shape = &keys.shape },
};

const struct route_table keys_routes = ROUTE_TABLE(routes);
