/*
 * price_import.c - see price_import.h.
 */
#include "controlplane/api/price_import.h"

#include "common/clock.h"
#include "controlplane/api/change.h"
#include "controlplane/api/price.h"
#include "controlplane/api/resource.h"
#include "controlplane/store/document.h"
#include "controlplane/store/prices.h"

#define ROWS_MAX 5000

static const struct field import_fields[] = {
	{ "rows", FIELD_OBJECT, FIELD_ON_CREATE | FIELD_MANY | FIELD_REQUIRED,
	    .most = ROWS_MAX, .shape = &price_shape,
	    .help = "At most 5000 prices; older ones of a meter first." },
	{ "source", FIELD_TEXT, FIELD_ON_CREATE, 1, 500,
	    .help = "Where the rows that do not say are from." },
};

const struct shape price_import_shape = {
	.name = "PriceImport",
	SHAPE_FIELDS(import_fields),
};

static const struct field result_fields[] = {
	{ "created", FIELD_INT, FIELD_ON_READ, .help = "Rows that are new." },
	{ "unchanged", FIELD_INT, FIELD_ON_READ,
	    .help = "Rows that were there already." },
};

const struct shape price_import_result = {
	.name = "PriceImportResult",
	SHAPE_FIELDS(result_fields),
};

/* What an import changes, to the audit log and to the configuration. */
static const struct resource catalogue = {
	.shape = { .name = "PriceCatalogue", .kind = KIND_PRICE },
	.is_published = true,
};

static void
complete_row(struct change *change, json_t *row, const json_t *given,
    struct str source, size_t place)
{
	struct str base = str_printf(&change->call->arena, "/rows/%zu", place);

	price_complete(change, row, base);
	json_object_set_new(row, "layer", json_integer(PRICE_LAYER_CATALOGUE));
	if (json_is_string(json_object_get(row, "tenant_id")))
		fault_add(&change->call->problem.faults, base, "conflict",
		    "a catalogue has no prices of a tenant");
	if (json_object_get(given, "source") == NULL && !str_is_empty(source))
		document_set(row, "source", source);
}

static enum status
read_rows(struct change *change, json_t **out)
{
	struct call *call = change->call;
	json_t *body = shape_read(
	    &change->check, &price_import_shape, FIELD_ON_CREATE, call->body);
	const json_t *given = json_object_get(call->body, "rows");
	json_t *rows = json_object_get(body, "rows");
	enum status s = call_faults(call);

	if (s != OK)
		return s;
	for (size_t i = 0; i < json_array_size(rows); i++)
		complete_row(change, json_array_get(rows, i),
		    json_array_get(given, i), document_member(body, "source"),
		    i);
	*out = rows;
	return call_faults(call);
}

/* A correction of what is in force can only begin now. */
static void
start_now(json_t *row)
{
	char now[CLOCK_TEXT_SIZE];

	document_set(
	    row, "valid_from", str_from(clock_format(clock_wall_us(), now)));
}

static bool
import_row(struct change *change, json_t *row)
{
	enum price_state state = prices_compare(&change->tx, row);

	if (state == PRICE_KNOWN)
		return false;
	if (state == PRICE_CHANGED)
		start_now(row);
	document_set_id(row, "id", id_make());
	prices_close(&change->tx, row);
	table_insert(&change->tx, &prices_table, row);
	return true;
}

static enum status
import(struct change *change)
{
	int64_t created = 0;
	json_t *rows = NULL;
	enum status s = read_rows(change, &rows);

	if (s == OK)
		s = change_may(change, NULL);
	if (s != OK)
		return s;
	for (size_t i = 0;
	     i < json_array_size(rows) && tx_status(&change->tx) == OK; i++)
		created += import_row(change, json_array_get(rows, i));
	change->after = document_keep(&change->call->arena,
	    json_pack("{s:I, s:I}", "created", (json_int_t)created, "unchanged",
		(json_int_t)json_array_size(rows) - (json_int_t)created));
	change->is_noop = created == 0 && tx_status(&change->tx) == OK;
	reply_set(change->call, 200, change->after);
	return OK;
}

enum status
price_import(struct call *call)
{
	struct change CLEANUP(change_abandon) change = { 0 };
	enum status s = change_begin(&change, call, &catalogue);

	if (s == OK)
		s = import(&change);
	if (s != OK || change.is_noop)
		return s;
	return change_commit(&change, "import");
}
