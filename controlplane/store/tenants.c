/*
 * tenants.c - the statements of tenants.
 */
#include "controlplane/store/tenants.h"

const struct table tenants_table = {
	.select = "SELECT to_jsonb(t)"
		  " FROM tenants t, jsonb_populate_record(NULL::tenants, $4) f"
		  " WHERE t.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL"
		  " OR t.id = ($4->>'for_tenant')::uuid)"
		  " AND (f.slug IS NULL OR t.slug = f.slug)"
		  " AND (f.status IS NULL OR t.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(t.slug, $4->>'q')"
		  " OR starts_with(lower(t.name), lower($4->>'q')))"
		  " ORDER BY t.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO tenants (id, slug, name, timezone, labels)"
		  " SELECT id, slug, name, timezone, labels"
		  " FROM jsonb_populate_record(NULL::tenants, $1)",
	.update = "UPDATE tenants t SET slug = n.slug, name = n.name,"
		  " timezone = n.timezone, labels = n.labels,"
		  " version = t.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::tenants, $1) n"
		  " WHERE t.id = n.id",
	.archive = "UPDATE tenants SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};

bool
tenants_has_timezone(struct tx *tx, struct str name)
{
	return rows_count(
		   TX_RUN(tx, "SELECT 1 FROM pg_timezone_names WHERE name = $1",
		       db_text(name))) > 0;
}

void
tenants_set_status(struct tx *tx, struct id id, struct str status)
{
	TX_RUN(tx,
	    "UPDATE tenants SET status = $2, version = version + 1,"
	    " updated_at = now() WHERE id = $1",
	    db_id(id), db_text(status));
}
