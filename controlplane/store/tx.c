/* tx.c - see tx.h. */
#include "controlplane/store/tx.h"

#include "common/arena.h"

static void
begin(struct tx *tx, struct db *db, struct arena *arena, const char *sql)
{
	assert(!db_is_in_transaction(db));
	*tx = (struct tx){ .db = db, .arena = arena };
	tx->status = db_run_script(db, sql);
	tx->open = tx->status == OK;
}

void
tx_begin(struct tx *tx, struct db *db, struct arena *arena)
{
	begin(tx, db, arena, "BEGIN");
}

void
tx_begin_snapshot(struct tx *tx, struct db *db, struct arena *arena)
{
	begin(tx, db, arena, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

void
tx_set_dry_run(struct tx *tx)
{
	tx->dry_run = true;
}

const struct db_rows *
tx_run(
    struct tx *tx, const char *sql, const struct db_param *params, size_t count)
{
	const struct db_rows *rows = rows_none();

	if (tx->status == OK)
		tx->status =
		    db_run(tx->db, tx->arena, sql, params, count, &rows);
	return rows;
}

void
tx_run_script(struct tx *tx, struct str sql)
{
	if (tx->status == OK)
		tx->status = db_run_script(tx->db, str_cstr(tx->arena, sql));
}

void
tx_copy(struct tx *tx, const char *sql, struct str content)
{
	if (tx->status == OK)
		tx->status = db_copy(tx->db, sql, content);
}

void
tx_fail(struct tx *tx, enum status s)
{
	assert(s != OK);
	if (tx->status == OK)
		tx->status = s;
}

enum status
tx_status(const struct tx *tx)
{
	return tx->status;
}

enum status
tx_commit(struct tx *tx)
{
	if (tx->status != OK || tx->dry_run) {
		tx_rollback(tx);
		return tx->status;
	}
	assert(tx->open);
	tx->status = db_run_script(tx->db, "COMMIT");
	if (tx->status == OK)
		tx->open = false;
	else
		tx_rollback(tx);
	return tx->status;
}

void
tx_rollback(struct tx *tx)
{
	if (!tx->open)
		return;
	tx->open = false;

	/* A lost connection has been rolled back by the server. */
	enum status s = OK;
	if (db_is_in_transaction(tx->db))
		s = db_run_script(tx->db, "ROLLBACK");
	if (s != OK)
		tx_fail(tx, s);
}
