/*
 * prices.c - what the use of models costs, from when on.
 *
 * A price is never changed: a newer row of the same meter ends the older.
 */
#include "controlplane/store/prices.h"

#include "common/clock.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/price.h"
#include "controlplane/api/price_import.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"
#include "controlplane/store/document.h"

static void
check_price(struct change *change, json_t *row)
{
	bool has_tenant = json_is_string(json_object_get(row, "tenant_id"));

	price_complete(change, row, STR(""));
	json_object_set_new(row, "layer",
	    json_integer(
		has_tenant ? PRICE_LAYER_TENANT : PRICE_LAYER_PLATFORM));
}

static void
close_older(struct change *change, json_t *row)
{
	prices_close(&change->tx, row);
}

static const struct resource prices = {
	.shape = { .name = "Price", .kind = KIND_PRICE, .base = &price_shape },
	.table = &prices_table,
	.tenant_member = "tenant_id",
	.is_published = true,
	.check = check_price,
	.prepare = close_older,
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
	{ "provider", FIELD_TEXT, FIELD_ON_CREATE, 1, 63,
	    .help = "As the row has it." },
	{ "model", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "As the row has it." },
	{ "meter", FIELD_TEXT, FIELD_ON_CREATE, 1, 32,
	    .help = "As the row has it." },
	{ "tier", FIELD_TEXT, FIELD_ON_CREATE, 1, 32,
	    .help = "As the row has it." },
	{ "layer", FIELD_INT, FIELD_ON_CREATE, 0, 4,
	    .help = "As the row has it." },
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "at", FIELD_TIME, FIELD_ON_CREATE,
	    .help = "Only those in force then." },
};

static const struct shape list_query = {
	.name = "PriceList",
	SHAPE_FIELDS(list_fields),
};

static const struct field lookup_fields[] = {
	{ "provider", FIELD_TEXT, FIELD_ON_CREATE | FIELD_REQUIRED, 1, 63,
	    .help = "The slug of a provider." },
	{ "model", FIELD_TEXT, FIELD_ON_CREATE | FIELD_REQUIRED, 1, 200,
	    .help = "The upstream model." },
	{ "tier", FIELD_TEXT, FIELD_ON_CREATE, 1, 32,
	    .fallback = "\"standard\"", .help = "The provider's tier." },
	{ "ctx_tokens", FIELD_INT, FIELD_ON_CREATE, 0, INT32_MAX,
	    .fallback = "0", .help = "Tokens of the prompt." },
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "For whom." },
	{ "at", FIELD_TIME, FIELD_ON_CREATE, .help = "When; now if left out." },
};

static const struct shape lookup_query = {
	.name = "PriceLookup",
	SHAPE_FIELDS(lookup_fields),
};

static struct price_question
question_of(struct call *call, const json_t *filter)
{
	struct price_question question = {
		.provider = document_member(filter, "provider"),
		.model = document_member(filter, "model"),
		.tier = document_member(filter, "tier"),
		.tenant = call->principal.tenant,
		.ctx_tokens = call_param_int(call, "ctx_tokens", 0),
	};

	if (id_is_zero(question.tenant) &&
	    id_from_uuid(
		document_member(filter, "tenant_id"), &question.tenant) != OK)
		question.tenant = (struct id){ { 0 } };
	if (clock_parse(document_member(filter, "at"), &question.at_us) != OK)
		question.at_us = clock_wall_us();
	return question;
}

/* The prices one request would be charged by. */
static enum status
price_lookup(struct call *call)
{
	struct tx CLEANUP(tx_rollback) tx = { 0 };
	struct price_question question;
	struct listing listing;
	json_t *filter;
	json_t *rows;
	enum status s = listing_read(call, &listing);

	if (s != OK)
		return s;
	tx_begin(&tx, call->db, &call->arena);
	s = listing_resolve(call, &tx, &listing, &filter);
	if (s != OK)
		return s;
	question = question_of(call, filter);
	rows = prices_lookup(&tx, &question);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	listing.limit = (int64_t)json_array_size(rows) + 1;
	return listing_reply(call, &listing, rows, listing_place_by_id);
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/prices", PERMISSION_PRICE_READ, resource_list,
	    "List prices", .shape = &prices.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/prices", PERMISSION_PRICE_WRITE, resource_create,
	    "Create a price; it ends the one before", .shape = &prices.shape,
	    .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/prices/lookup", PERMISSION_PRICE_READ, price_lookup,
	    "Show what a request would be charged by", .shape = &prices.shape,
	    .reply = REPLY_LIST, .query = &lookup_query },
	{ "POST", "/admin/v1/prices/import", PERMISSION_PRICE_WRITE,
	    price_import, "Load a catalogue of prices, all or nothing",
	    .shape = &price_import_result, .body = &price_import_shape },
	{ "GET", "/admin/v1/prices/{id}", PERMISSION_PRICE_READ, resource_get,
	    "Show a price", .shape = &prices.shape },
	{ "DELETE", "/admin/v1/prices/{id}", PERMISSION_PRICE_WRITE,
	    resource_archive, "End a price now", .shape = &prices.shape,
	    .query = &reason_query, .body = &reason_shape },
};

const struct route_table prices_routes = ROUTE_TABLE(routes);
