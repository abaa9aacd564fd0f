/*
 * revisions.c - the statements of the configuration's history.
 */
#include "controlplane/store/revisions.h"

#include "controlplane/store/document.h"

json_t *
revisions_list(struct tx *tx, int64_t before, int64_t limit)
{
	const struct db_rows *rows;

	rows = TX_RUN(tx,
	    "SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.rev DESC), '[]')"
	    " FROM (SELECT * FROM config_revisions"
	    " WHERE rev < $1 OR $1 = 0::bigint"
	    " ORDER BY rev DESC LIMIT $2) r",
	    db_int(before), db_int(limit));
	return rows_list(tx->arena, rows);
}
