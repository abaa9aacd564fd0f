/*
 * keys.c - the statements of keys.
 */
#include "controlplane/store/keys.h"

#include "controlplane/store/document.h"

const struct table keys_table = {
	.select =
	    "SELECT to_jsonb(k) - '{verifier,prev_verifier}'::text[]"
	    " FROM api_keys k, jsonb_populate_record(NULL::api_keys, $4) f"
	    " WHERE k.id BETWEEN $1 AND $2"
	    " AND ($4->>'for_tenant' IS NULL"
	    " OR k.tenant_id = ($4->>'for_tenant')::uuid)"
	    " AND (f.tenant_id IS NULL OR k.tenant_id = f.tenant_id)"
	    " AND (f.team_id IS NULL OR k.team_id = f.team_id)"
	    " AND (f.slug IS NULL OR k.slug = f.slug)"
	    " AND (f.status IS NULL OR k.status = f.status)"
	    " AND (f.owner IS NULL OR k.owner = f.owner)"
	    " AND ($4->>'q' IS NULL OR starts_with(k.slug, $4->>'q')"
	    " OR starts_with(lower(k.name), lower($4->>'q')))"
	    " ORDER BY k.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM api_keys WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO api_keys (id, tenant_id, team_id, slug, name,"
		  " owner, expires_at, allowed_models, cidrs, labels,"
		  " display, public_id, pepper_version, verifier)"
		  " SELECT n.id, t.tenant_id, t.id, n.slug, n.name,"
		  " n.owner, n.expires_at, n.allowed_models, n.cidrs, n.labels,"
		  " n.display, n.public_id, n.pepper_version, n.verifier"
		  " FROM jsonb_populate_record(NULL::api_keys, $1) n"
		  " JOIN teams t ON t.id = n.team_id",
	.update = "UPDATE api_keys k SET slug = n.slug, name = n.name,"
		  " owner = n.owner, expires_at = n.expires_at,"
		  " allowed_models = n.allowed_models, cidrs = n.cidrs,"
		  " status = n.status, labels = n.labels,"
		  " version = k.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::api_keys, $1) n"
		  " WHERE k.id = n.id",
	.archive = "UPDATE api_keys SET status = 'revoked',"
		   " revoked_at = now(), revoke_reason = $1::jsonb->>'reason',"
		   " version = version + 1, updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};

void
keys_rotate(struct tx *tx, const json_t *token)
{
	TX_RUN(tx,
	    "UPDATE api_keys k SET"
	    " prev_public_id ="
	    " CASE WHEN g.seconds > 0 THEN k.public_id END,"
	    " prev_pepper_version ="
	    " CASE WHEN g.seconds > 0 THEN k.pepper_version END,"
	    " prev_verifier ="
	    " CASE WHEN g.seconds > 0 THEN k.verifier END,"
	    " prev_valid_until = CASE WHEN g.seconds > 0"
	    " THEN now() + g.seconds * interval '1 second' END,"
	    " public_id = n.public_id, pepper_version = n.pepper_version,"
	    " verifier = n.verifier, display = n.display,"
	    " rotated_at = now(), version = k.version + 1,"
	    " updated_at = now()"
	    " FROM jsonb_populate_record(NULL::api_keys, $1) n,"
	    " (SELECT ($1->>'grace_seconds')::int AS seconds) g"
	    " WHERE k.id = n.id",
	    db_document(tx->arena, token));
}

void
keys_set_status(struct tx *tx, struct id id, struct str status)
{
	TX_RUN(tx,
	    "UPDATE api_keys SET status = $2, version = version + 1,"
	    " updated_at = now() WHERE id = $1",
	    db_id(id), db_text(status));
}
