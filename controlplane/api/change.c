/*
 * change.c - see change.h.
 */
#include "controlplane/api/change.h"

#include <string.h>

#include "controlplane/api/resource.h"
#include "controlplane/audit/audit.h"
#include "controlplane/http/access.h"
#include "controlplane/http/idempotency.h"
#include "controlplane/store/config.h"
#include "controlplane/store/document.h"
#include "controlplane/store/references.h"

/*
 * A tenant that was named is where the references after it are looked for.
 * When the database fails the transaction knows; the reference is no fault.
 */
static const char *
resolve(
    struct resolver *resolver, enum kind kind, struct str text, struct id *out)
{
	struct change_resolver *own =
	    container_of(resolver, struct change_resolver, base);
	const struct reference reference = {
		.kind = kind,
		.text = text,
		.tenant = own->tenant,
	};
	enum status s = reference_find(&own->change->tx, &reference, out);

	if (s == OK && kind == KIND_TENANT)
		own->tenant = *out;
	if (s == E_NOT_FOUND)
		return "not_found";
	if (s == E_CONFLICT)
		return "ambiguous";
	if (s != OK)
		*out = (struct id){ { 0 } };
	return NULL;
}

enum status
change_begin(
    struct change *change, struct call *call, const struct resource *resource)
{
	enum status s;

	*change = (struct change){ .call = call, .resource = resource };
	change->resolver.base.resolve = resolve;
	change->resolver.change = change;
	change->resolver.tenant = call->principal.tenant;
	change->check = (struct check){ &call->arena, &call->problem.faults,
		&change->resolver.base };
	tx_begin(&change->tx, call->db, &call->arena);
	if (call->is_dry_run)
		tx_set_dry_run(&change->tx);
	s = idempotency_begin(call, &change->tx);
	return s == OK ? tx_status(&change->tx) : s;
}

enum status
change_may(struct change *change, const json_t *row)
{
	const char *member = change->resource->tenant_member;
	struct id tenant;

	if (id_is_zero(change->call->principal.tenant))
		return OK;
	if (member == NULL ||
	    id_from_uuid(document_member(row, member), &tenant) != OK ||
	    !id_eq(tenant, change->call->principal.tenant)) {
		/* The refusal is audited in a transaction of its own. */
		tx_rollback(&change->tx);
		return access_require_platform(change->call);
	}
	return OK;
}

/* If-Match holds one version: "3", 3 or *. */
static enum status
check_version(struct change *change)
{
	struct call *call = change->call;
	struct str wanted = str_trim(call->if_match);
	int64_t version =
	    json_integer_value(json_object_get(change->before, "version"));
	int64_t number = -1;

	if (str_is_empty(wanted) || str_eq(wanted, STR("*")))
		return OK;
	if (wanted.len >= 2 && wanted.ptr[0] == '"')
		wanted = str_make(wanted.ptr + 1, wanted.len - 2);
	if (str_to_i64(wanted, &number) == OK && number == version)
		return OK;
	return call_fail(call, E_PRECONDITION, NULL,
	    "the version is \"%lld\", If-Match says %.*s", (long long)version,
	    STR_ARGS(call->if_match));
}

/* What a patch names by slug is meant to be of the row's own tenant. */
static void
look_in_its_tenant(struct change *change)
{
	const char *member = change->resource->tenant_member;
	struct id tenant;

	if (member != NULL &&
	    id_from_uuid(document_member(change->row, member), &tenant) == OK)
		change->resolver.tenant = tenant;
}

enum status
change_load(struct change *change, struct id id)
{
	const struct resource *resource = change->resource;
	struct call *call = change->call;
	enum status s;

	change->id = id;
	table_lock(&change->tx, resource->table, id);
	change->row =
	    table_get(&change->tx, resource->table, id, call->principal.tenant);
	if (tx_status(&change->tx) != OK)
		return tx_status(&change->tx);
	if (change->row == NULL)
		return call_fail(call, E_NOT_FOUND, NULL,
		    "there is no %s of this id",
		    kind_word(resource->shape.kind));
	s = change_may(change, change->row);
	if (s != OK)
		return s;
	look_in_its_tenant(change);
	change->before =
	    shape_show(&call->arena, &resource->shape, change->row);
	return check_version(change);
}

/* The row as it is, or, when it is gone, as it was. */
static const json_t *
last_shown(const struct change *change)
{
	return change->after != NULL ? change->after : change->before;
}

/* Whose chain the event belongs to. */
static struct id
owner_of(const struct change *change)
{
	const char *member = change->resource->tenant_member;
	struct id tenant = { { 0 } };

	if (member == NULL ||
	    id_parse(document_member(last_shown(change), member),
		kind_prefix(KIND_TENANT), &tenant) != OK)
		return (struct id){ { 0 } };
	return tenant;
}

static void
audit_change(struct change *change, const char *action)
{
	struct call *call = change->call;
	const struct audit_event event = {
		.action = action,
		.outcome = "success",
		.actor = { call->principal.kind, call->principal.id,
		    call->principal.token_id },
		.tenant = owner_of(change),
		.resource_kind = kind_word(change->resource->shape.kind),
		.resource_id = document_member(last_shown(change), "id"),
		.resource_slug = document_member(last_shown(change), "slug"),
		.request_id = call->request_id,
		.method = call->method,
		.path = call->path,
		.ip = call->ip,
		.reason = change->reason,
		.permission = permission_text(call->route->permission),
		.before = change->before,
		.after = change->after,
	};

	audit_write(&change->tx, &event);
}

static void
mark_change(struct change *change, const char *action)
{
	const struct config_change revision = {
		.author = change->call->principal.id,
		.request_id = change->call->request_id,
		.action = action,
		.kind = kind_word(change->resource->shape.kind),
		.id = document_member(last_shown(change), "id"),
	};

	store_config_mark(&change->tx, &revision);
}

/* Rules of the database that callers can run into. */
static const struct {
	const char *part; /* of the constraint's name */
	const char *pointer;
	const char *code;
	const char *detail;
} conflicts[] = {
	{ "slug", "/slug", "slug_taken", "another one has this slug" },
	{ "alias", "/alias", "alias_taken", "another one has this alias" },
	{ "excl", "/valid_from", "price_overlap",
	    "a price of this meter begins then or later" },
};

static enum status
explain_conflict(struct change *change, const char *constraint)
{
	struct call *call = change->call;

	for (size_t i = 0; i < ARRAY_LEN(conflicts); i++) {
		if (strstr(constraint, conflicts[i].part) == NULL)
			continue;
		fault_add(&call->problem.faults, str_from(conflicts[i].pointer),
		    conflicts[i].code, "%s", conflicts[i].detail);
		return call_fail(call, E_CONFLICT, conflicts[i].code, "%s",
		    conflicts[i].detail);
	}
	return call_fail(
	    call, E_CONFLICT, NULL, "the change breaks %s", constraint);
}

/* What is shown once is not shown for something that is not kept. */
static void
reply_change(struct change *change, int http)
{
	const struct id everywhere = { { 0 } };
	const struct resource *resource = change->resource;
	struct call *call = change->call;
	json_t *shown;
	json_t *row;

	row = table_get(&change->tx, resource->table, change->id, everywhere);
	if (row == NULL && change->before == NULL)
		tx_fail(&change->tx, E_INTERNAL);
	if (tx_status(&change->tx) != OK)
		return;
	if (row != NULL)
		change->after = shape_show(&call->arena, &resource->shape, row);
	shown = document_keep(
	    &call->arena, json_copy((json_t *)last_shown(change)));
	if (change->once != NULL && !call->is_dry_run)
		json_object_update(shown, change->once);
	reply_set(call, call->is_dry_run ? 200 : http, shown);
}

enum status
change_commit(struct change *change, const char *verb)
{
	const char *kind = kind_word(change->resource->shape.kind);
	struct arena *arena = &change->call->arena;
	char constraint[64];
	const char *action;
	enum status s;

	action = str_cstr(arena, str_printf(arena, "%s.%s", kind, verb));
	audit_change(change, action);
	if (change->resource->is_published)
		mark_change(change, action);
	idempotency_end(change->call, &change->tx);
	snprintf(
	    constraint, sizeof(constraint), "%s", db_constraint(change->tx.db));
	s = tx_commit(&change->tx);
	return s == E_CONFLICT ? explain_conflict(change, constraint) : s;
}

enum status
change_end(struct change *change, const char *verb, int http)
{
	reply_change(change, http);
	return change_commit(change, verb);
}

void
change_abandon(struct change *change)
{
	tx_rollback(&change->tx);
}

void
change_show_once(struct change *change, const char *name, struct str text)
{
	if (change->once == NULL)
		change->once =
		    document_keep(&change->call->arena, json_object());
	document_set(change->once, name, text);
}
