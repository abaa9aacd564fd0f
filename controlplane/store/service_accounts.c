/*
 * service_accounts.c - the statements of service accounts.
 */
#include "controlplane/store/service_accounts.h"

const struct table service_accounts_table = {
	.select = "SELECT to_jsonb(a) FROM service_accounts a,"
		  " jsonb_populate_record(NULL::service_accounts, $4) f"
		  " WHERE a.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL"
		  " OR a.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND (f.tenant_id IS NULL OR a.tenant_id = f.tenant_id)"
		  " AND (f.team_id IS NULL OR a.team_id = f.team_id)"
		  " AND (f.slug IS NULL OR a.slug = f.slug)"
		  " AND (f.status IS NULL OR a.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(a.slug, $4->>'q')"
		  " OR starts_with(lower(a.name), lower($4->>'q')))"
		  " ORDER BY a.id DESC LIMIT $3",
	.lock =
	    "SELECT 1 FROM service_accounts WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO service_accounts (id, tenant_id, team_id, slug,"
		  " name, description, labels)"
		  " SELECT id, tenant_id, team_id, slug, name, description,"
		  " labels FROM"
		  " jsonb_populate_record(NULL::service_accounts, $1)",
	.update = "UPDATE service_accounts a SET slug = n.slug,"
		  " name = n.name, description = n.description,"
		  " labels = n.labels, version = a.version + 1,"
		  " updated_at = now()"
		  " FROM jsonb_populate_record(NULL::service_accounts, $1) n"
		  " WHERE a.id = n.id",
	.archive = "UPDATE service_accounts SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};
