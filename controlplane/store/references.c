/*
 * references.c - one statement for each kind that bodies may name.
 *
 * $1 id or null, $2 slug or null, $3 the tenant or null.
 */
#include "controlplane/store/references.h"

#include <assert.h>

static const char *const statements[KIND_COUNT] = {
	[KIND_TENANT] = "SELECT id FROM tenants WHERE (id = $1 OR slug = $2)"
			" AND ($3::uuid IS NULL OR id = $3)"
			" AND status <> 'archived' LIMIT 2",
	[KIND_TEAM] = "SELECT id FROM teams WHERE (id = $1 OR slug = $2)"
		      " AND ($3::uuid IS NULL OR tenant_id = $3)"
		      " AND status <> 'archived' LIMIT 2",
	[KIND_KEY] = "SELECT id FROM api_keys WHERE (id = $1 OR slug = $2)"
		     " AND ($3::uuid IS NULL OR tenant_id = $3)"
		     " AND status <> 'revoked' LIMIT 2",
	[KIND_SERVICE_ACCOUNT] =
	    "SELECT id FROM service_accounts WHERE (id = $1 OR slug = $2)"
	    " AND ($3::uuid IS NULL OR tenant_id = $3)"
	    " AND status <> 'archived' LIMIT 2",
	[KIND_PROVIDER] =
	    "SELECT id FROM providers WHERE (id = $1 OR slug = $2)"
	    " AND ($3::uuid IS NULL OR $3 IS NOT NULL)"
	    " AND status <> 'archived' LIMIT 2",
};

enum status
reference_find(struct tx *tx, const struct reference *reference, struct id *out)
{
	const char *statement = statements[reference->kind];
	struct id id = { { 0 } };
	const struct db_rows *rows;
	bool is_id;

	assert(statement != NULL);
	is_id =
	    id_parse(reference->text, kind_prefix(reference->kind), &id) == OK;
	rows = TX_RUN(tx, statement, db_id_or_null(id),
	    is_id ? db_null() : db_text(reference->text),
	    db_id_or_null(reference->tenant));
	if (tx_status(tx) != OK)
		return tx_status(tx);
	if (rows_count(rows) == 0)
		return E_NOT_FOUND;
	if (rows_count(rows) > 1)
		return E_CONFLICT;
	*out = row_id(rows, 0, 0);
	return OK;
}
