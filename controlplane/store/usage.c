/*
 * usage.c - the statement that adds up usage.
 *
 * Rows of usage_totals are sums of quarter hours; the dimensions that are
 * not asked for become null, and so fall into one group.
 */
#include "controlplane/store/usage.h"

#include "controlplane/store/document.h"

json_t *
usage_totals_list(struct tx *tx, const struct usage_query *query)
{
	json_t *filter = document_keep(tx->arena, json_copy(query->filter));

	if (!id_is_zero(query->tenant))
		document_set_id(filter, "for_tenant", query->tenant);
	return rows_list(tx->arena,
	    TX_RUN(tx,
		"WITH sums AS (SELECT CASE WHEN $3::bigint > 0 THEN date_bin("
		"greatest($3, 1) * interval '1 second', u.bucket,"
		" timestamptz '2000-01-01 00:00+00') ELSE $1 END AS start,"
		" CASE WHEN $4::int & 1 > 0 THEN u.tenant_sid END AS tenant,"
		" CASE WHEN $4 & 2 > 0 THEN u.team_sid END AS team,"
		" CASE WHEN $4 & 4 > 0 THEN u.key_sid END AS key,"
		" CASE WHEN $4 & 8 > 0 THEN u.provider_sid END AS provider,"
		" CASE WHEN $4 & 16 > 0 THEN u.upstream_model END AS model,"
		" CASE WHEN $4 & 32 > 0 THEN u.alias END AS alias,"
		" CASE WHEN $4 & 64 > 0 THEN u.outcome END AS outcome,"
		" sum(u.requests) AS requests,"
		" sum(u.estimated) AS estimated_requests,"
		" sum(u.unpriced) AS unpriced_requests,"
		" sum(u.cost_nano) AS cost_nano,"
		" sum(u.input_tokens) AS input_tokens,"
		" sum(u.cached_tokens) AS cached_tokens,"
		" sum(u.cache_write_5m_tokens) AS cache_write_5m_tokens,"
		" sum(u.cache_write_1h_tokens) AS cache_write_1h_tokens,"
		" sum(u.output_tokens) AS output_tokens,"
		" sum(u.reasoning_tokens) AS reasoning_tokens"
		" FROM usage_totals u"
		" WHERE u.bucket >= $1::timestamptz AND u.bucket < $2"
		" AND ($5::jsonb->>'for_tenant' IS NULL OR u.tenant_sid ="
		" (SELECT sid FROM tenants"
		" WHERE id = ($5->>'for_tenant')::uuid))"
		" AND ($5->>'tenant_id' IS NULL OR u.tenant_sid ="
		" (SELECT sid FROM tenants"
		" WHERE id = ($5->>'tenant_id')::uuid))"
		" AND ($5->>'team_id' IS NULL OR u.team_sid ="
		" (SELECT sid FROM teams WHERE id = ($5->>'team_id')::uuid))"
		" AND ($5->>'key_id' IS NULL OR u.key_sid ="
		" (SELECT sid FROM api_keys WHERE id = ($5->>'key_id')::uuid))"
		" AND ($5->>'provider' IS NULL OR u.provider_sid ="
		" (SELECT sid FROM providers"
		" WHERE id = ($5->>'provider')::uuid))"
		" AND ($5->>'model' IS NULL OR u.upstream_model ="
		" $5->>'model' OR u.alias = $5->>'model')"
		" AND ($5->>'outcome' IS NULL"
		" OR u.outcome = ($5->>'outcome')::int)"
		" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),"
		" top AS (SELECT * FROM sums"
		" ORDER BY start, cost_nano DESC, requests DESC LIMIT $6)"
		" SELECT coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object("
		"'tenant_id', t.id, 'tenant', t.slug,"
		" 'team_id', m.id, 'team', m.slug,"
		" 'key_id', k.id, 'key', k.slug,"
		" 'provider_id', p.id, 'provider', p.slug)"
		" ORDER BY s.start, s.cost_nano DESC, s.requests DESC), '[]')"
		" FROM top s LEFT JOIN tenants t ON t.sid = s.tenant"
		" LEFT JOIN teams m ON m.sid = s.team"
		" LEFT JOIN api_keys k ON k.sid = s.key"
		" LEFT JOIN providers p ON p.sid = s.provider",
		db_time(query->from_us), db_time(query->to_us),
		db_int(query->bucket_s), db_int(query->group_by),
		db_document(tx->arena, filter), db_int(query->limit)));
}
