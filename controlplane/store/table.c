/*
 * table.c - see table.h.  One statement serves both list and get: a get is
 * a list whose lowest and highest id are the same.
 */
#include "controlplane/store/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "controlplane/store/document.h"

static struct id
highest_id(void)
{
	struct id id;

	memset(id.bytes, 0xff, sizeof(id.bytes));
	return id;
}

/* The greatest id below this one. */
static struct id
id_before(struct id id)
{
	for (size_t i = sizeof(id.bytes); i-- > 0;) {
		if (id.bytes[i]-- != 0)
			break;
	}
	return id;
}

static struct db_param
conditions(struct arena *arena, const struct table_query *query)
{
	json_t *all = document_keep(arena,
	    query->filter == NULL ? json_object() : json_copy(query->filter));

	if (!id_is_zero(query->tenant))
		document_set_id(all, "for_tenant", query->tenant);
	return db_document(arena, all);
}

static json_t *
select_between(struct tx *tx, const struct table *table,
    const struct id ends[2], const struct table_query *query)
{
	json_t *list = document_keep(tx->arena, json_array());
	const struct db_rows *rows;

	rows = TX_RUN(tx, table->select, db_id(ends[0]), db_id(ends[1]),
	    db_int(query->limit), conditions(tx->arena, query));
	for (size_t i = 0; i < rows_count(rows); i++) {
		json_t *row = row_document(tx->arena, rows, i, 0);

		if (row == NULL) {
			tx_fail(tx, E_INTERNAL);
			break;
		}
		if (json_array_append(list, row) != 0)
			abort();
	}
	return list;
}

json_t *
table_select(
    struct tx *tx, const struct table *table, const struct table_query *query)
{
	const struct id ends[2] = {
		{ { 0 } },
		id_is_zero(query->after) ? highest_id()
					 : id_before(query->after),
	};

	assert(query->limit > 0);
	return select_between(tx, table, ends, query);
}

json_t *
table_get(
    struct tx *tx, const struct table *table, struct id id, struct id tenant)
{
	const struct table_query query = { .limit = 1, .tenant = tenant };
	const struct id ends[2] = { id, id };

	return json_array_get(select_between(tx, table, ends, &query), 0);
}

void
table_lock(struct tx *tx, const struct table *table, struct id id)
{
	TX_RUN(tx, table->lock, db_id(id));
}

void
table_insert(struct tx *tx, const struct table *table, const json_t *row)
{
	TX_RUN(tx, table->insert, db_document(tx->arena, row));
}

void
table_update(struct tx *tx, const struct table *table, const json_t *row)
{
	TX_RUN(tx, table->update, db_document(tx->arena, row));
}

void
table_archive(
    struct tx *tx, const struct table *table, struct id id, struct str reason)
{
	json_t *row = document_keep(tx->arena, json_object());

	document_set_id(row, "id", id);
	document_set(row, "reason", reason);
	TX_RUN(tx, table->archive, db_document(tx->arena, row));
}

bool
table_is_in_use(struct tx *tx, const struct table *table, struct id id)
{
	if (table->in_use == NULL)
		return false;
	return rows_count(TX_RUN(tx, table->in_use, db_id(id))) > 0;
}
