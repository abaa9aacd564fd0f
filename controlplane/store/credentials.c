/*
 * credentials.c - the statements of credentials.
 */
#include "controlplane/store/credentials.h"

#include "controlplane/store/document.h"

const struct table credentials_table = {
	.select =
	    "SELECT to_jsonb(c) - '{sealed,sealed_key}'::text[]"
	    " FROM credentials c,"
	    " jsonb_populate_record(NULL::credentials, $4) f"
	    " WHERE c.id BETWEEN $1 AND $2"
	    " AND (f.provider_id IS NULL OR c.provider_id = f.provider_id)"
	    " AND (f.slug IS NULL OR c.slug = f.slug)"
	    " AND (f.status IS NULL OR c.status = f.status)"
	    " AND ($4->>'q' IS NULL OR starts_with(c.slug, $4->>'q')"
	    " OR starts_with(lower(c.name), lower($4->>'q')))"
	    " ORDER BY c.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM credentials WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO credentials (id, provider_id, slug, name,"
		  " sealed, sealed_key, kek_id, fingerprint, env_ref,"
		  " file_ref, weight, labels)"
		  " SELECT id, provider_id, slug, name,"
		  " sealed, sealed_key, kek_id, fingerprint, env_ref,"
		  " file_ref, weight, labels"
		  " FROM jsonb_populate_record(NULL::credentials, $1)",
	.update = "UPDATE credentials c SET slug = n.slug, name = n.name,"
		  " weight = n.weight, labels = n.labels,"
		  " version = c.version + 1, updated_at = now()"
		  " FROM jsonb_populate_record(NULL::credentials, $1) n"
		  " WHERE c.id = n.id",
	.archive = "UPDATE credentials SET status = 'archived',"
		   " archived_at = now(), version = version + 1,"
		   " updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};

void
credentials_rotate(struct tx *tx, const json_t *row)
{
	TX_RUN(tx,
	    "UPDATE credentials c SET sealed = n.sealed,"
	    " sealed_key = n.sealed_key, kek_id = n.kek_id,"
	    " fingerprint = n.fingerprint, env_ref = n.env_ref,"
	    " file_ref = n.file_ref, rotated_at = now(),"
	    " version = c.version + 1, updated_at = now()"
	    " FROM jsonb_populate_record(NULL::credentials, $1) n"
	    " WHERE c.id = n.id",
	    db_document(tx->arena, row));
}
