/*
 * gateways.c - the statements of the admin API's view of gateways.
 */
#include "controlplane/store/gateways.h"

const struct table gateways_table = {
	.select = "SELECT to_jsonb(g) - '{secret_sealed,box_public}'::text[]"
		  " || jsonb_build_object('boot_id', g.boot_id::text,"
		  " 'version', g.software,"
		  " 'head_rev', h.rev, 'lag', h.rev - g.applied_rev,"
		  " 'nack', CASE WHEN g.nack_rev > 0"
		  " THEN jsonb_build_object('rev', g.nack_rev,"
		  " 'errors', g.nack_errors) END,"
		  " 'spool', jsonb_build_object('bytes', g.spool_bytes,"
		  " 'oldest_s', g.spool_oldest_ms / 1000),"
		  " 'leases', '[]'::jsonb)"
		  " FROM gateways g, config_head h,"
		  " jsonb_populate_record(NULL::gateways, $4) f"
		  " WHERE g.id BETWEEN $1 AND $2"
		  " AND (f.slug IS NULL OR g.slug = f.slug)"
		  " AND (f.region IS NULL OR g.region = f.region)"
		  " AND ($4->>'q' IS NULL OR starts_with(g.slug, $4->>'q')"
		  " OR starts_with(lower(g.name), lower($4->>'q')))"
		  " ORDER BY g.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM gateways WHERE id = $1 FOR NO KEY UPDATE",
	.archive = "DELETE FROM gateways"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};
