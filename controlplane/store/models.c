/*
 * models.c - the statements of models and their deployments.
 */
#include "controlplane/store/models.h"

#include "controlplane/store/document.h"

const struct table models_table = {
	.select = "SELECT to_jsonb(m) || jsonb_build_object('deployments',"
		  " (SELECT coalesce(jsonb_agg(jsonb_strip_nulls("
		  "jsonb_build_object('provider', d.provider_id,"
		  " 'upstream_model', d.upstream_model, 'weight', d.weight,"
		  " 'priority', d.priority, 'region', d.region))"
		  " ORDER BY d.position), '[]') FROM deployments d"
		  " WHERE d.model_id = m.id))"
		  " FROM models m, jsonb_populate_record(NULL::models, $4) f"
		  " WHERE m.id BETWEEN $1 AND $2"
		  " AND ($4->>'for_tenant' IS NULL OR m.tenant_id IS NULL"
		  " OR m.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND (f.tenant_id IS NULL OR m.tenant_id = f.tenant_id)"
		  " AND (f.alias IS NULL OR m.alias = f.alias)"
		  " AND (f.slug IS NULL OR m.slug = f.slug)"
		  " AND (f.status IS NULL OR m.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(m.slug, $4->>'q')"
		  " OR starts_with(lower(m.name), lower($4->>'q')))"
		  " ORDER BY m.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM models WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO models (id, tenant_id, slug, name, alias,"
		  " labels) SELECT id, tenant_id, slug, name, alias, labels"
		  " FROM jsonb_populate_record(NULL::models, $1)",
	.update = "UPDATE models m SET slug = n.slug, name = n.name,"
		  " alias = n.alias, labels = n.labels,"
		  " version = m.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::models, $1) n"
		  " WHERE m.id = n.id",
	.archive = "UPDATE models SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
	.in_use = "SELECT 1 FROM routes r, models m WHERE m.id = $1"
		  " AND r.status <> 'archived' AND r.targets @>"
		  " jsonb_build_array(jsonb_build_object('model', m.alias))"
		  " AND (m.tenant_id IS NULL OR r.tenant_id = m.tenant_id)"
		  " LIMIT 1",
};

void
models_set_deployments(struct tx *tx, const json_t *row)
{
	TX_RUN(tx,
	    "DELETE FROM deployments"
	    " WHERE model_id = ($1::jsonb->>'id')::uuid",
	    db_document(tx->arena, row));
	TX_RUN(tx,
	    "INSERT INTO deployments (model_id, position, provider_id,"
	    " upstream_model, weight, priority, region)"
	    " SELECT ($1::jsonb->>'id')::uuid, d.position,"
	    " (d.value->>'provider')::uuid, d.value->>'upstream_model',"
	    " (d.value->>'weight')::int, (d.value->>'priority')::int,"
	    " d.value->>'region'"
	    " FROM jsonb_array_elements($1::jsonb->'deployments')"
	    " WITH ORDINALITY d(value, position)",
	    db_document(tx->arena, row));
}

bool
models_has_alias(struct tx *tx, struct str alias, struct id tenant)
{
	return rows_count(TX_RUN(tx,
		   "SELECT 1 FROM models WHERE alias = $1"
		   " AND status <> 'archived'"
		   " AND (tenant_id IS NULL OR tenant_id = $2) LIMIT 1",
		   db_text(alias), db_id_or_null(tenant))) > 0;
}
