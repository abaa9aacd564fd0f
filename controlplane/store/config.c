/* config.c - see config.h. */
#include "controlplane/store/config.h"

#include "common/base.h"

int64_t
store_config_mark(struct tx *tx, const struct config_change *change)
{
	if (tx->config_rev)
		return tx_status(tx) == OK ? tx->config_rev : 0;

	/* The lock on the head puts all changes in line. */
	const struct db_rows *rows = TX_RUN(tx,
	    "WITH head AS (UPDATE config_head SET rev = rev + 1 RETURNING rev),"
	    " row AS (INSERT INTO config_revisions"
	    "  (rev, author, request_id, action, resource_kind, resource_id)"
	    "  SELECT rev, $1, $2, $3, $4, $5 FROM head)"
	    " SELECT rev, pg_notify('weir_config', rev::text) FROM head",
	    db_text(change->author), db_text_or_null(change->request_id),
	    db_text(str_from(change->action)), db_text(str_from(change->kind)),
	    db_text(change->id));
	tx->config_rev = row_int(rows, 0, 0);
	return tx->config_rev;
}

enum status
store_config_head(struct db *db, struct arena *arena, int64_t *out_rev)
{
	const struct db_rows *rows;
	enum status s =
	    db_run(db, arena, "SELECT rev FROM config_head", NULL, 0, &rows);

	if (s == OK)
		*out_rev = row_int(rows, 0, 0);
	return s;
}
