/*
 * resource.c - list, get, patch, archive and other changes of one row.
 * Creation is in resource_create.c.
 */
#include "controlplane/api/resource.h"

#include "controlplane/api/listing.h"
#include "controlplane/store/document.h"

const struct resource *
call_resource(const struct call *call)
{
	return container_of(call->route->shape, struct resource, shape);
}

enum status
resource_list(struct call *call)
{
	struct tx CLEANUP(tx_rollback) tx = { 0 };
	struct listing listing;
	struct table_query query;
	enum status s = listing_read(call, &listing);
	json_t *rows;

	if (s != OK)
		return s;
	query = (struct table_query){
		.after = listing.after.id,
		.tenant = call->principal.tenant,
		.limit = listing.limit + 1,
	};
	tx_begin(&tx, call->db, &call->arena);
	s = listing_resolve(call, &tx, &listing, &query.filter);
	if (s != OK)
		return s;
	rows = table_select(&tx, call_resource(call)->table, &query);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	return listing_reply(call, &listing, rows, listing_place_by_id);
}

enum status
resource_get(struct call *call)
{
	const struct resource *resource = call_resource(call);
	json_t *row;
	struct tx tx;
	struct id id;
	enum status s = call_id(call, resource->shape.kind, &id);

	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	row = table_get(&tx, resource->table, id, call->principal.tenant);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	if (row == NULL)
		return call_fail(call, E_NOT_FOUND, NULL,
		    "there is no %s of this id",
		    kind_word(resource->shape.kind));
	return reply_ok(call, shape_show(&call->arena, &resource->shape, row));
}

enum status
resource_change(
    struct call *call, const char *verb, enum status (*apply)(struct change *))
{
	CLEANUP(change_abandon) struct change change = { 0 };
	const struct resource *resource = call_resource(call);
	struct id id;
	enum status s = call_id(call, resource->shape.kind, &id);

	if (s == OK)
		s = change_begin(&change, call, resource);
	if (s == OK)
		s = change_load(&change, id);
	if (s == OK)
		s = apply(&change);
	if (s != OK)
		return s;
	if (change.is_noop)
		return reply_ok(call, change.before);
	return change_end(&change, verb, 200);
}

static bool
is_dead(const json_t *row)
{
	struct str status = document_member(row, "status");

	return str_eq(status, STR("archived")) ||
	    str_eq(status, STR("revoked"));
}

static enum status
apply_patch(struct change *change)
{
	const struct resource *resource = change->resource;
	struct call *call = change->call;
	json_t *row;
	enum status s;

	if (is_dead(change->row))
		return call_fail(call, E_CONFLICT, "archived",
		    "this %s is archived or revoked",
		    kind_word(resource->shape.kind));
	row = shape_merge(&change->check, &resource->shape, call->body,
	    change->before, change->row);
	if (resource->check != NULL)
		resource->check(change, row);
	s = tx_status(&change->tx);
	if (s == OK)
		s = call_faults(call);
	if (s != OK)
		return s;
	change->is_noop = json_equal(row, change->row);
	if (change->is_noop)
		return OK;
	table_update(&change->tx, resource->table, row);
	if (resource->stored != NULL)
		resource->stored(change, row);
	return OK;
}

enum status
resource_patch(struct call *call)
{
	return resource_change(call, "update", apply_patch);
}

static enum status
read_reason(struct change *change)
{
	struct call *call = change->call;
	json_t *body = shape_read(
	    &change->check, &reason_shape, FIELD_ON_CREATE, call->body);

	change->reason = document_member(body, "reason");
	if (str_is_empty(change->reason))
		change->reason = call_param(call, "reason");
	if (str_is_empty(change->reason) && change->resource->needs_reason)
		fault_add(&call->problem.faults, STR("/reason"), "required",
		    "say why, in the body or as ?reason=");
	return call_faults(call);
}

static enum status
apply_archive(struct change *change)
{
	const struct resource *resource = change->resource;
	enum status s = read_reason(change);

	if (s != OK)
		return s;
	change->is_noop = is_dead(change->row);
	if (change->is_noop)
		return OK;
	if (table_is_in_use(&change->tx, resource->table, change->id))
		return call_fail(change->call, E_CONFLICT, "in_use",
		    "something still uses this %s",
		    kind_word(resource->shape.kind));
	table_archive(&change->tx, resource->table, change->id, change->reason);
	return OK;
}

enum status
resource_archive(struct call *call)
{
	return resource_change(call,
	    call_resource(call)->is_revoked ? "revoke" : "delete",
	    apply_archive);
}
