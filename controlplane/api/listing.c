/*
 * listing.c - see listing.h.
 */
#include "controlplane/api/listing.h"

#include "controlplane/http/route.h"
#include "controlplane/keyring.h"
#include "controlplane/store/document.h"
#include "controlplane/store/references.h"

/* A token continues this path with this filter for this tenant. */
static struct str
binding_of(struct call *call, const json_t *filter)
{
	char tenant[ID_TEXT_SIZE];

	return str_printf(&call->arena, "%.*s %s %.*s", STR_ARGS(call->path),
	    id_uuid(call->principal.tenant, tenant),
	    STR_ARGS(document_text(&call->arena, filter)));
}

enum status
listing_read(struct call *call, struct listing *out)
{
	struct str token = call_param(call, "page_token");
	uint8_t key[PAGE_KEY_SIZE];

	*out = (struct listing){
		.limit = call_param_int(call, "limit", 50),
		.filter = document_keep(&call->arena, json_copy(call->query)),
	};
	json_object_del(out->filter, "limit");
	json_object_del(out->filter, "page_token");
	if (str_is_empty(token))
		return OK;
	keyring_derive(call->keyring, STR("page-token"), key);
	if (page_open(&call->arena, key, binding_of(call, out->filter), token,
		&out->after) == OK)
		return OK;
	fault_add(&call->problem.faults, STR("/page_token"), "format",
	    "not the token of a page of this list");
	return call_faults(call);
}

/* An id as it is, a slug looked up. */
static enum status
resolve(
    struct call *call, struct tx *tx, const struct field *field, json_t *filter)
{
	const struct reference reference = {
		.kind = field->kind,
		.text = document_member(filter, field->name),
		.tenant = call->principal.tenant,
	};
	enum status s = OK;
	struct id id;

	if (str_is_empty(reference.text))
		return OK;
	if (id_parse(reference.text, kind_prefix(field->kind), &id) != OK)
		s = reference_find(tx, &reference, &id);
	if (s == OK) {
		document_set_id(filter, field->name, id);
		return OK;
	}
	if (s != E_NOT_FOUND && s != E_CONFLICT)
		return s;
	fault_add(&call->problem.faults,
	    str_printf(&call->arena, "/%s", field->name),
	    s == E_CONFLICT ? "ambiguous" : "not_found", "no %s is named so",
	    kind_word(field->kind));
	return OK;
}

enum status
listing_resolve(struct call *call, struct tx *tx, const struct listing *listing,
    json_t **out)
{
	const struct field *field;
	enum status s = OK;

	*out = document_keep(&call->arena, json_copy(listing->filter));
	for (size_t i = 0;
	     s == OK && (field = shape_at(call->route->query, i)) != NULL;
	     i++) {
		if (field->type == FIELD_REF)
			s = resolve(call, tx, field, *out);
	}
	return s == OK ? call_faults(call) : s;
}

static struct str
token_after(struct call *call, const struct listing *listing,
    const struct page_place *place)
{
	uint8_t key[PAGE_KEY_SIZE];

	keyring_derive(call->keyring, STR("page-token"), key);
	return page_token(
	    &call->arena, key, binding_of(call, listing->filter), place);
}

enum status
listing_reply(struct call *call, const struct listing *listing,
    const json_t *rows, struct page_place (*place_of)(const json_t *row))
{
	json_t *page = document_keep(&call->arena, json_object());
	json_t *data = json_array();
	size_t count = json_array_size(rows);
	bool has_more = count > (size_t)listing->limit;
	struct page_place last;

	if (has_more)
		count = (size_t)listing->limit;
	for (size_t i = 0; i < count; i++)
		json_array_append(data,
		    shape_show(&call->arena, call->route->shape,
			json_array_get(rows, i)));
	json_object_set_new(page, "data", data);
	json_object_set_new(page, "has_more", json_boolean(has_more));
	json_object_set_new(page, "next_page_token", json_null());
	if (has_more) {
		last = place_of(json_array_get(rows, count - 1));
		document_set(
		    page, "next_page_token", token_after(call, listing, &last));
	}
	return reply_ok(call, page);
}

struct page_place
listing_place_by_id(const json_t *row)
{
	struct page_place place = { 0 };

	if (id_from_uuid(document_member(row, "id"), &place.id) != OK)
		place.id = (struct id){ { 0 } };
	return place;
}
