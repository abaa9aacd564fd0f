/*
 * audit.c - the statements of audit events.
 */
#include "controlplane/store/audit.h"

#include <string.h>

#include "common/arena.h"

const struct table audit_table = {
	.select = "SELECT e.body::jsonb || jsonb_build_object("
		  "'id', e.id, 'ts', e.ts, 'tenant_id', e.tenant_id,"
		  " 'prev_hash', encode(e.prev_hash, 'hex'),"
		  " 'hash', encode(e.hash, 'hex'))"
		  " FROM audit_events e"
		  " WHERE e.id BETWEEN $1 AND $2"
		  " AND ($4::jsonb->>'for_tenant' IS NULL"
		  " OR e.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND ($4->>'tenant_id' IS NULL"
		  " OR e.tenant_id = ($4->>'tenant_id')::uuid)"
		  " AND ($4->>'action' IS NULL OR e.action = $4->>'action')"
		  " AND ($4->>'actor_id' IS NULL"
		  " OR e.actor_id = $4->>'actor_id')"
		  " AND ($4->>'resource_id' IS NULL"
		  " OR e.resource_id = $4->>'resource_id')"
		  " AND ($4->>'outcome' IS NULL"
		  " OR e.outcome = $4->>'outcome')"
		  " AND ($4->>'request_id' IS NULL"
		  " OR e.request_id = $4->>'request_id')"
		  " AND ($4->>'ip' IS NULL OR e.ip = $4->>'ip')"
		  " AND ($4->>'from' IS NULL"
		  " OR e.ts >= ($4->>'from')::timestamptz)"
		  " AND ($4->>'to' IS NULL"
		  " OR e.ts < ($4->>'to')::timestamptz)"
		  " ORDER BY e.id DESC LIMIT $3",
};

static void
read_head(const struct db_rows *rows, struct arena *arena, int64_t *out_seq,
    uint8_t out_hash[SHA256_SIZE])
{
	struct str hash;

	*out_seq = 0;
	memset(out_hash, 0, SHA256_SIZE);
	if (rows_count(rows) == 0)
		return;
	*out_seq = row_int(rows, 0, 0);
	hash = row_bytes(arena, rows, 0, 1);
	memcpy(out_hash, hash.ptr, size_min(hash.len, SHA256_SIZE));
}

void
audit_head_lock(struct tx *tx, struct str chain, int64_t *out_seq,
    uint8_t out_hash[SHA256_SIZE])
{
	static const uint8_t genesis[SHA256_SIZE];

	TX_RUN(tx,
	    "INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, 0, $2)"
	    " ON CONFLICT DO NOTHING",
	    db_text(chain), db_bytes(str_make(genesis, sizeof(genesis))));
	read_head(TX_RUN(tx,
		      "SELECT seq, hash FROM audit_heads WHERE chain = $1"
		      " FOR UPDATE",
		      db_text(chain)),
	    tx->arena, out_seq, out_hash);
}

void
audit_append(struct tx *tx, const struct audit_row *row)
{
	TX_RUN(tx,
	    "INSERT INTO audit_events (chain, seq, id, ts, tenant_id, action,"
	    " outcome, actor_kind, actor_id, resource_kind, resource_id,"
	    " request_id, ip, body, prev_hash, hash) VALUES ($1, $2, $3, $4,"
	    " $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
	    db_text(row->chain), db_int(row->seq), db_id(row->id),
	    db_time(row->ts_us), db_id_or_null(row->tenant_id),
	    db_text(row->action), db_text(row->outcome),
	    db_text(row->actor_kind), db_text(row->actor_id),
	    db_text_or_null(row->resource_kind),
	    db_text_or_null(row->resource_id), db_text_or_null(row->request_id),
	    db_text_or_null(row->ip), db_text(row->body),
	    db_bytes(row->prev_hash), db_bytes(row->hash));
	TX_RUN(tx,
	    "UPDATE audit_heads SET seq = $2, hash = $3 WHERE chain = $1",
	    db_text(row->chain), db_int(row->seq), db_bytes(row->hash));
}

enum status
audit_has_denial(struct db *db, struct arena *arena, struct str actor_id,
    struct str action, bool *out)
{
	const struct db_param params[] = { db_text(actor_id), db_text(action) };
	const struct db_rows *rows;
	enum status s;

	s = db_run(db, arena,
	    "SELECT 1 FROM audit_events WHERE actor_id = $1 AND action = $2"
	    " AND outcome = 'denied' AND ts >= date_trunc('minute', now())"
	    " LIMIT 1",
	    params, ARRAY_LEN(params), &rows);
	if (s == OK)
		*out = rows_count(rows) > 0;
	return s;
}

void
audit_head_get(struct tx *tx, struct str chain, int64_t *out_seq,
    uint8_t out_hash[SHA256_SIZE])
{
	read_head(
	    TX_RUN(tx, "SELECT seq, hash FROM audit_heads WHERE chain = $1",
		db_text(chain)),
	    tx->arena, out_seq, out_hash);
}

static void
read_row(struct arena *arena, const struct db_rows *rows, size_t i,
    struct audit_row *row)
{
	row->seq = row_int(rows, i, 0);
	row->id = row_id(rows, i, 1);
	row->ts_us = row_time(rows, i, 2);
	row->tenant_id = row_id(rows, i, 3);
	row->action = row_text(rows, i, 4);
	row->outcome = row_text(rows, i, 5);
	row->actor_kind = row_text(rows, i, 6);
	row->actor_id = row_text(rows, i, 7);
	row->resource_kind = row_text(rows, i, 8);
	row->resource_id = row_text(rows, i, 9);
	row->request_id = row_text(rows, i, 10);
	row->ip = row_text(rows, i, 11);
	row->body = row_text(rows, i, 12);
	row->prev_hash = row_bytes(arena, rows, i, 13);
	row->hash = row_bytes(arena, rows, i, 14);
}

size_t
audit_walk(struct tx *tx, struct str chain, int64_t seq, int64_t limit,
    struct audit_row **out)
{
	const struct db_rows *rows;
	size_t count;

	rows = TX_RUN(tx,
	    "SELECT seq, id, ts, tenant_id, action, outcome, actor_kind,"
	    " actor_id, resource_kind, resource_id, request_id, ip, body,"
	    " prev_hash, hash FROM audit_events"
	    " WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3",
	    db_text(chain), db_int(seq), db_int(limit));
	count = rows_count(rows);
	*out = arena_alloc_array(tx->arena, count, sizeof(**out));
	for (size_t i = 0; i < count; i++) {
		(*out)[i].chain = chain;
		read_row(tx->arena, rows, i, &(*out)[i]);
	}
	return count;
}
