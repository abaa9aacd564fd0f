/*
 * resource_create.c - POST of a new row.
 */
#include "controlplane/api/naming.h"
#include "controlplane/api/resource.h"
#include "controlplane/store/document.h"

/* A caller confined to a tenant means that one when he names none. */
static void
default_tenant(struct change *change, json_t *row)
{
	const char *member = change->resource->tenant_member;
	struct id tenant = change->call->principal.tenant;
	const struct field *field;

	if (member == NULL || id_is_zero(tenant))
		return;
	field = shape_find(&change->resource->shape, str_from(member));
	if (field != NULL && field->type == FIELD_REF &&
	    !json_is_string(json_object_get(row, member)))
		document_set_id(row, member, tenant);
}

static bool
takes_slug(const struct shape *shape)
{
	const struct field *field = shape_find(shape, STR("slug"));

	return field != NULL && (field->flags & FIELD_ON_CREATE) != 0;
}

static bool
has_neither(const json_t *body)
{
	return json_object_get(body, "name") == NULL &&
	    json_object_get(body, "slug") == NULL;
}

/* Slug and name stand in for each other; is_second: the slug was taken. */
static void
default_names(struct change *change, json_t *row, bool is_second)
{
	struct arena *arena = &change->call->arena;
	struct str name = document_member(row, "name");
	struct str slug = document_member(row, "slug");

	if (!takes_slug(&change->resource->shape))
		return;
	if (str_is_empty(name))
		name =
		    str_is_empty(slug) ? document_member(row, "alias") : slug;
	if (str_is_empty(name)) {
		if (has_neither(change->call->body))
			fault_add(&change->call->problem.faults, STR("/name"),
			    "required", "give a name or a slug");
		return;
	}
	if (str_is_empty(slug))
		slug = change->resource->has_dotted_slugs
		    ? slug_from_dotted(arena, name)
		    : slug_from_name(arena, name);
	if (is_second)
		slug = slug_with_suffix(arena, slug);
	document_set(row, "name", name);
	document_set(row, "slug", slug);
}

static enum status
read_row(struct change *change, bool is_second, json_t **out)
{
	const struct resource *resource = change->resource;
	struct call *call = change->call;
	json_t *row;
	enum status s;

	row = shape_read(
	    &change->check, &resource->shape, FIELD_ON_CREATE, call->body);
	if (!json_is_object(row))
		return call_faults(call);
	default_tenant(change, row);
	default_names(change, row, is_second);
	if (resource->check != NULL)
		resource->check(change, row);
	s = tx_status(&change->tx);
	if (s == OK)
		s = call_faults(call);
	*out = row;
	return s;
}

static enum status
create(struct call *call, bool is_second)
{
	CLEANUP(change_abandon) struct change change = { 0 };
	const struct resource *resource = call_resource(call);
	enum status s = change_begin(&change, call, resource);
	json_t *row = NULL;

	if (s == OK)
		s = read_row(&change, is_second, &row);
	if (s == OK)
		s = change_may(&change, row);
	if (s != OK)
		return s;
	change.id = id_make();
	document_set_id(row, "id", change.id);
	if (resource->prepare != NULL)
		resource->prepare(&change, row);
	table_insert(&change.tx, resource->table, row);
	if (resource->stored != NULL)
		resource->stored(&change, row);
	return change_end(&change, "create", 201);
}

static bool
is_slug_taken(const struct call *call)
{
	return call->problem.code != NULL &&
	    str_eq(str_from(call->problem.code), STR("slug_taken"));
}

/* A slug that we made up and that was taken gets a suffix. */
enum status
resource_create(struct call *call)
{
	bool is_ours = str_is_empty(document_member(call->body, "slug"));
	enum status s = create(call, false);

	if (s == OK || !is_ours || !is_slug_taken(call))
		return s;
	call->problem = (struct problem){ 0 };
	faults_init(&call->problem.faults, &call->arena);
	return create(call, true);
}
