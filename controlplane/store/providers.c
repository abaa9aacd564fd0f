/*
 * providers.c - the statements of providers.
 */
#include "controlplane/store/providers.h"

const struct table providers_table = {
	.select =
	    "SELECT to_jsonb(p)"
	    " FROM providers p, jsonb_populate_record(NULL::providers, $4) f"
	    " WHERE p.id BETWEEN $1 AND $2"
	    " AND (f.kind IS NULL OR p.kind = f.kind)"
	    " AND (f.slug IS NULL OR p.slug = f.slug)"
	    " AND (f.status IS NULL OR p.status = f.status)"
	    " AND ($4->>'q' IS NULL OR starts_with(p.slug, $4->>'q')"
	    " OR starts_with(lower(p.name), lower($4->>'q')))"
	    " ORDER BY p.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM providers WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO providers (id, slug, name, kind, base_url,"
		  " region, allow_private_network, timeouts, headers, labels)"
		  " SELECT id, slug, name, kind, base_url,"
		  " region, allow_private_network, timeouts, headers, labels"
		  " FROM jsonb_populate_record(NULL::providers, $1)",
	.update = "UPDATE providers p SET slug = n.slug, name = n.name,"
		  " base_url = n.base_url, region = n.region,"
		  " allow_private_network = n.allow_private_network,"
		  " timeouts = n.timeouts, headers = n.headers,"
		  " status = n.status, labels = n.labels,"
		  " version = p.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::providers, $1) n"
		  " WHERE p.id = n.id",
	.archive = "UPDATE providers SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
	.in_use = "SELECT 1 FROM deployments d JOIN models m"
		  " ON m.id = d.model_id AND m.status <> 'archived'"
		  " WHERE d.provider_id = $1"
		  " UNION ALL SELECT 1 FROM routes r"
		  " WHERE r.status <> 'archived' AND r.targets @>"
		  " jsonb_build_array(jsonb_build_object('provider', $1))"
		  " LIMIT 1",
};
