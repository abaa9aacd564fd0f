/*
 * access.c - the statements of admin tokens.
 */
#include "controlplane/store/access.h"

#include "common/arena.h"

const struct table tokens_table = {
	.select = "SELECT to_jsonb(t) - 'verifier' || jsonb_build_object("
		  "'owner', jsonb_build_object("
		  "'kind', t.owner_kind, 'id', t.owner_id))"
		  " FROM admin_tokens t,"
		  " jsonb_populate_record(NULL::admin_tokens, $4) f"
		  " WHERE t.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL"
		  " OR t.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND (f.tenant_id IS NULL OR t.tenant_id = f.tenant_id)"
		  " AND (f.owner_id IS NULL OR t.owner_id = f.owner_id)"
		  " AND (f.slug IS NULL OR t.slug = f.slug)"
		  " AND (f.status IS NULL OR t.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(t.slug, $4->>'q')"
		  " OR starts_with(lower(t.name), lower($4->>'q')))"
		  " ORDER BY t.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM admin_tokens WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO admin_tokens (id, slug, name, owner_kind,"
		  " owner_id, tenant_id, scopes, expires_at, labels,"
		  " display, public_id, pepper_version, verifier)"
		  " SELECT id, slug, name, owner_kind,"
		  " owner_id, tenant_id, scopes, expires_at, labels,"
		  " display, public_id, pepper_version, verifier"
		  " FROM jsonb_populate_record(NULL::admin_tokens, $1)",
	.archive = "UPDATE admin_tokens SET status = 'revoked',"
		   " revoked_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};

struct id
tokens_owner_tenant(struct tx *tx, struct id service_account)
{
	const struct db_rows *rows;

	rows =
	    TX_RUN(tx, "SELECT tenant_id FROM service_accounts WHERE id = $1",
		db_id(service_account));
	return row_id(rows, 0, 0);
}

enum status
tokens_find(struct db *db, struct arena *arena, struct str public_id,
    struct token_row *out)
{
	const struct db_param param = db_text(public_id);
	const struct db_rows *rows;
	enum status s;

	s = db_run(db, arena,
	    "SELECT t.id, t.owner_id, t.tenant_id, t.scopes,"
	    " t.pepper_version, t.verifier,"
	    " t.status = 'active' AND coalesce(t.expires_at > now(), true)"
	    " AND coalesce(a.status = 'active', true)"
	    " AND coalesce(n.status <> 'archived', true),"
	    " coalesce(t.last_used_at < now() - interval '1 hour', true),"
	    " t.name, t.expires_at"
	    " FROM admin_tokens t"
	    " LEFT JOIN service_accounts a ON a.id = t.owner_id"
	    " LEFT JOIN tenants n ON n.id = t.tenant_id"
	    " WHERE t.public_id = $1",
	    &param, 1, &rows);
	if (s != OK)
		return s;
	if (rows_count(rows) == 0)
		return E_NOT_FOUND;
	*out = (struct token_row){
		.id = row_id(rows, 0, 0),
		.owner_id = row_id(rows, 0, 1),
		.tenant_id = row_id(rows, 0, 2),
		.pepper_version = (uint32_t)row_int(rows, 0, 4),
		.verifier = row_bytes(arena, rows, 0, 5),
		.is_usable = row_bool(rows, 0, 6),
		.is_use_stale = row_bool(rows, 0, 7),
		.name = row_text(rows, 0, 8),
		.expires_us = row_time(rows, 0, 9),
	};
	out->scope_count = row_text_array(arena, rows, 0, 3, &out->scopes);
	return OK;
}

enum status
tokens_touch(struct db *db, struct arena *arena, struct id id)
{
	const struct db_param param = db_id(id);
	const struct db_rows *rows;

	return db_run(db, arena,
	    "UPDATE admin_tokens SET last_used_at = now() WHERE id = $1",
	    &param, 1, &rows);
}
