/*
 * enrolments.c - the statements of gateway enrolments.
 */
#include "controlplane/store/enrolments.h"

const struct table enrolments_table = {
	.select = "SELECT to_jsonb(e) - 'verifier'"
		  " FROM gateway_enrolments e,"
		  " jsonb_populate_record(NULL::gateway_enrolments, $4) f"
		  " WHERE e.id BETWEEN $1 AND $2"
		  " AND (f.slug IS NULL OR e.slug = f.slug)"
		  " AND (f.status IS NULL OR e.status = f.status)"
		  " AND ($4->>'q' IS NULL OR starts_with(e.slug, $4->>'q')"
		  " OR starts_with(lower(e.name), lower($4->>'q')))"
		  " ORDER BY e.id DESC LIMIT $3",
	.lock =
	    "SELECT 1 FROM gateway_enrolments WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO gateway_enrolments (id, slug, name, region,"
		  " max_uses, expires_at, labels, display, public_id,"
		  " pepper_version, verifier)"
		  " SELECT id, slug, name, region,"
		  " max_uses, expires_at, labels, display, public_id,"
		  " pepper_version, verifier"
		  " FROM jsonb_populate_record(NULL::gateway_enrolments, $1)",
	.archive = "UPDATE gateway_enrolments SET status = 'revoked',"
		   " version = version + 1, updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};
