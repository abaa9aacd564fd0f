/*
 * teams.c - the statements of teams.
 */
#include "controlplane/store/teams.h"

const struct table teams_table = {
	.select = "SELECT to_jsonb(t)"
		  " FROM teams t, jsonb_populate_record(NULL::teams, $4) f"
		  " WHERE t.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL"
		  " OR t.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND (f.tenant_id IS NULL OR t.tenant_id = f.tenant_id)"
		  " AND (f.slug IS NULL OR t.slug = f.slug)"
		  " AND (f.status IS NULL OR t.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(t.slug, $4->>'q')"
		  " OR starts_with(lower(t.name), lower($4->>'q')))"
		  " ORDER BY t.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM teams WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO teams (id, tenant_id, slug, name, labels)"
		  " SELECT id, tenant_id, slug, name, labels"
		  " FROM jsonb_populate_record(NULL::teams, $1)",
	.update = "UPDATE teams t SET slug = n.slug, name = n.name,"
		  " labels = n.labels, version = t.version + 1,"
		  " updated_at = now()"
		  " FROM jsonb_populate_record(NULL::teams, $1) n"
		  " WHERE t.id = n.id",
	.archive = "UPDATE teams SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};
