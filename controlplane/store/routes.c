/*
 * routes.c - the statements of routes.
 */
#include "controlplane/store/routes.h"

const struct table routes_table = {
	.select = "SELECT to_jsonb(r)"
		  " FROM routes r, jsonb_populate_record(NULL::routes, $4) f"
		  " WHERE r.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL OR r.tenant_id IS NULL"
		  " OR r.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND (f.tenant_id IS NULL OR r.tenant_id = f.tenant_id)"
		  " AND (f.slug IS NULL OR r.slug = f.slug)"
		  " AND (f.status IS NULL OR r.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(r.slug, $4->>'q')"
		  " OR starts_with(lower(r.name), lower($4->>'q')))"
		  " ORDER BY r.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM routes WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO routes (id, tenant_id, slug, name, priority,"
		  " match, targets, strategy, max_attempts, retry_on,"
		  " timeouts, labels)"
		  " SELECT id, tenant_id, slug, name, priority,"
		  " match, targets, strategy, max_attempts, retry_on,"
		  " timeouts, labels"
		  " FROM jsonb_populate_record(NULL::routes, $1)",
	.update = "UPDATE routes r SET slug = n.slug, name = n.name,"
		  " priority = n.priority, match = n.match,"
		  " targets = n.targets, strategy = n.strategy,"
		  " max_attempts = n.max_attempts, retry_on = n.retry_on,"
		  " timeouts = n.timeouts, labels = n.labels,"
		  " version = r.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::routes, $1) n"
		  " WHERE r.id = n.id",
	.archive = "UPDATE routes SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};
