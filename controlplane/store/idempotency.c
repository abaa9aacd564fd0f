/*
 * idempotency.c - the statements of kept replies.
 */
#include "controlplane/store/idempotency.h"

#include "common/arena.h"

enum status
idempotency_find(
    struct db *db, struct arena *arena, struct idempotency_row *row)
{
	const struct db_param params[] = { db_text(row->principal),
		db_bytes(row->key_hash) };
	const struct db_rows *rows;
	enum status s;

	s = db_run(db, arena,
	    "SELECT fingerprint, status, body_sealed FROM idempotency_keys"
	    " WHERE principal = $1 AND key_hash = $2 AND expires_at > now()",
	    params, ARRAY_LEN(params), &rows);
	if (s != OK)
		return s;
	if (rows_count(rows) == 0)
		return E_NOT_FOUND;
	row->fingerprint = row_bytes(arena, rows, 0, 0);
	row->status = row_int(rows, 0, 1);
	row->body_sealed = row_bytes(arena, rows, 0, 2);
	return OK;
}

/*
 * The lock ends with the transaction, whatever ends it.  Whoever gets it
 * after the other has committed finds the other's reply: that is not his
 * turn either.
 */
bool
idempotency_lock(struct tx *tx, const struct idempotency_row *row)
{
	const struct db_rows *rows;

	rows = TX_RUN(tx,
	    "SELECT pg_try_advisory_xact_lock(hashtextextended("
	    "$1 || encode($2::bytea, 'hex'), 7))",
	    db_text(row->principal), db_bytes(row->key_hash));
	if (rows_count(rows) == 0 || !row_bool(rows, 0, 0))
		return false;
	rows = TX_RUN(tx,
	    "SELECT 1 FROM idempotency_keys WHERE principal = $1"
	    " AND key_hash = $2 AND expires_at > now()",
	    db_text(row->principal), db_bytes(row->key_hash));
	return rows_count(rows) == 0;
}

void
idempotency_keep(struct tx *tx, const struct idempotency_row *row)
{
	tx_run(tx,
	    "DELETE FROM idempotency_keys WHERE ctid IN (SELECT ctid"
	    " FROM idempotency_keys WHERE expires_at < now() LIMIT 100"
	    " FOR UPDATE SKIP LOCKED)",
	    NULL, 0);
	TX_RUN(tx,
	    "DELETE FROM idempotency_keys WHERE principal = $1"
	    " AND key_hash = $2",
	    db_text(row->principal), db_bytes(row->key_hash));
	TX_RUN(tx,
	    "INSERT INTO idempotency_keys (principal, key_hash, fingerprint,"
	    " status, body_sealed, expires_at) VALUES ($1, $2, $3, $4, $5,"
	    " now() + interval '24 hours')",
	    db_text(row->principal), db_bytes(row->key_hash),
	    db_bytes(row->fingerprint), db_int(row->status),
	    db_bytes(row->body_sealed));
}
