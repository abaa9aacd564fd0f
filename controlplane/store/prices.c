/*
 * prices.c - the statements of prices.
 *
 * "The same meter" is: tenant, layer, provider, model, meter, tier and
 * ctx_above.
 */
#include "controlplane/store/prices.h"

#include "controlplane/store/document.h"

const struct table prices_table = {
	.select = "SELECT to_jsonb(p) || jsonb_build_object("
		  "'usd_per_million',"
		  " trim_scale(p.pico_per_unit / 1000000.0)::text,"
		  " 'usd_per_unit',"
		  " trim_scale(p.pico_per_unit / 1000000000000.0)::text,"
		  " 'currency', 'USD', 'free', p.pico_per_unit = 0,"
		  " 'slug', concat_ws('/', p.provider, p.model, p.meter),"
		  " 'name', concat_ws(' ', p.provider, p.model, p.meter),"
		  " 'labels', '{}'::jsonb,"
		  " 'valid_from', lower(p.valid), 'valid_to', upper(p.valid),"
		  " 'status', CASE WHEN upper(p.valid) <= now()"
		  " THEN 'archived' ELSE 'active' END)"
		  " FROM prices p"
		  " WHERE p.id BETWEEN $1 AND $2"
		  " AND ($4::jsonb->>'for_tenant' IS NULL"
		  " OR p.tenant_id IS NULL"
		  " OR p.tenant_id = ($4->>'for_tenant')::uuid)"
		  " AND ($4->>'tenant_id' IS NULL"
		  " OR p.tenant_id = ($4->>'tenant_id')::uuid)"
		  " AND ($4->>'provider' IS NULL"
		  " OR p.provider = $4->>'provider')"
		  " AND ($4->>'model' IS NULL OR p.model = $4->>'model')"
		  " AND ($4->>'meter' IS NULL OR p.meter = $4->>'meter')"
		  " AND ($4->>'tier' IS NULL OR p.tier = $4->>'tier')"
		  " AND ($4->>'layer' IS NULL"
		  " OR p.layer = ($4->>'layer')::int)"
		  " AND ($4->>'at' IS NULL"
		  " OR p.valid @> ($4->>'at')::timestamptz)"
		  " ORDER BY p.id DESC LIMIT $3",
	.lock = "SELECT 1 FROM prices WHERE id = $1 FOR NO KEY UPDATE",
	.insert = "INSERT INTO prices (id, layer, tenant_id, provider, model,"
		  " meter, tier, ctx_above, pico_per_unit, valid, source)"
		  " SELECT id, layer, tenant_id, provider, model,"
		  " meter, tier, ctx_above, pico_per_unit,"
		  " tstzrange(($1->>'valid_from')::timestamptz, NULL), source"
		  " FROM jsonb_populate_record(NULL::prices, $1)",
	/* A row that has not begun is left a moment: a range is never empty. */
	.archive = "UPDATE prices SET valid = tstzrange(lower(valid),"
		   " greatest(now(), lower(valid)"
		   " + interval '1 microsecond')),"
		   " version = version + 1, updated_at = now()"
		   " WHERE id = ($1::jsonb->>'id')::uuid",
};

void
prices_close(struct tx *tx, const json_t *row)
{
	TX_RUN(tx,
	    "UPDATE prices p SET valid = tstzrange(lower(p.valid),"
	    " ($1->>'valid_from')::timestamptz),"
	    " version = p.version + 1, updated_at = now()"
	    " FROM jsonb_populate_record(NULL::prices, $1) n"
	    " WHERE p.tenant_id IS NOT DISTINCT FROM n.tenant_id"
	    " AND p.layer = n.layer AND p.provider = n.provider"
	    " AND p.model = n.model AND p.meter = n.meter"
	    " AND p.tier = n.tier AND p.ctx_above = n.ctx_above"
	    " AND upper_inf(p.valid)"
	    " AND lower(p.valid) < ($1->>'valid_from')::timestamptz",
	    db_document(tx->arena, row));
}

/*
 * Known: the same amount from the same moment, or open now.  Changed: the
 * open row began no earlier, so that only a correction from now on is left.
 */
enum price_state
prices_compare(struct tx *tx, const json_t *row)
{
	const struct db_rows *rows;

	rows = TX_RUN(tx,
	    "SELECT bool_or(p.pico_per_unit = n.pico_per_unit"
	    " AND (upper_inf(p.valid)"
	    " OR lower(p.valid) = ($1->>'valid_from')::timestamptz)),"
	    " bool_or(upper_inf(p.valid)"
	    " AND lower(p.valid) >= ($1->>'valid_from')::timestamptz)"
	    " FROM prices p, jsonb_populate_record(NULL::prices, $1) n"
	    " WHERE p.tenant_id IS NOT DISTINCT FROM n.tenant_id"
	    " AND p.layer = n.layer AND p.provider = n.provider"
	    " AND p.model = n.model AND p.meter = n.meter"
	    " AND p.tier = n.tier AND p.ctx_above = n.ctx_above",
	    db_document(tx->arena, row));
	if (row_bool(rows, 0, 0))
		return PRICE_KNOWN;
	return row_bool(rows, 0, 1) ? PRICE_CHANGED : PRICE_NEW;
}

json_t *
prices_lookup(struct tx *tx, const struct price_question *question)
{
	const struct db_rows *rows;

	rows = TX_RUN(tx,
	    "SELECT coalesce(jsonb_agg(w.price), '[]') FROM ("
	    "SELECT DISTINCT ON (p.meter) to_jsonb(p) || jsonb_build_object("
	    "'usd_per_million', trim_scale(p.pico_per_unit / 1000000.0)::text,"
	    " 'usd_per_unit',"
	    " trim_scale(p.pico_per_unit / 1000000000000.0)::text,"
	    " 'valid_from', lower(p.valid), 'valid_to', upper(p.valid))"
	    " AS price FROM prices p"
	    " WHERE (p.provider = $1 OR p.provider ="
	    " (SELECT kind FROM providers WHERE slug = $1))"
	    " AND (p.model = $2 OR (right(p.model, 1) = '*'"
	    " AND starts_with($2, left(p.model, -1))))"
	    " AND p.tier = $3"
	    " AND (p.tenant_id IS NULL OR p.tenant_id = $4)"
	    " AND p.valid @> $5::timestamptz"
	    " AND (p.ctx_above = 0 OR p.ctx_above < $6)"
	    " ORDER BY p.meter, p.layer DESC, (p.model = $2) DESC,"
	    " length(p.model) DESC, (p.provider = $1) DESC,"
	    " p.ctx_above DESC) w",
	    db_text(question->provider), db_text(question->model),
	    db_text(question->tier), db_id_or_null(question->tenant),
	    db_time(question->at_us), db_int(question->ctx_tokens));
	return rows_list(tx->arena, rows);
}
