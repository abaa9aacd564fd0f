/*
 * requests.c - the statements of single requests.
 *
 * Rows lie in daily partitions without an index by key or tenant.  A list
 * is read in windows that grow backwards from its end, so that the newest
 * rows, which is what people look for, cost little.
 */
#include "controlplane/store/requests.h"

#include <stdlib.h>

#include "common/clock.h"
#include "controlplane/store/document.h"

#define WINDOW_FIRST_US (10 * 60 * US_PER_S)
#define WINDOW_GROWTH 6
#define LOOKUP_SLACK_US (24 * 3600 * US_PER_S)

/* One stretch of time; rows older than `before`, the newest first. */
static json_t *
list_window(struct tx *tx, const struct request_query *query, int64_t from_us,
    int64_t to_us, int64_t limit)
{
	return rows_list(tx->arena,
	    TX_RUN(tx,
		"SELECT coalesce(jsonb_agg(r.request), '[]') FROM ("
		"SELECT jsonb_build_object('request_id', e.request_id,"
		" 'ts', e.ts, 'tenant_id', t.id, 'team_id', m.id,"
		" 'key_id', k.id, 'provider', p.slug,"
		" 'model', e.upstream_model, 'alias', e.alias,"
		" 'outcome', e.outcome, 'http_status', e.http_status,"
		" 'error_code', nullif(e.error_code, ''),"
		" 'input_tokens', e.input_tokens,"
		" 'cached_tokens', e.cached_tokens,"
		" 'cache_write_5m_tokens', e.cache_write_5m_tokens,"
		" 'cache_write_1h_tokens', e.cache_write_1h_tokens,"
		" 'output_tokens', e.output_tokens,"
		" 'reasoning_tokens', e.reasoning_tokens,"
		" 'cost_nano', e.cost_nano, 'estimated', e.estimated,"
		" 'unpriced', e.unpriced, 'stream', e.stream,"
		" 'dialect', e.dialect, 'attempts', e.attempt_count,"
		" 'latency_us', e.latency_us, 'ttft_us', e.ttft_us,"
		" 'upstream_us', e.upstream_us, 'count', e.count,"
		" 'route', r.slug, 'route_reason', nullif(e.route_reason, ''),"
		" 'gateway', g.slug, 'config_rev', e.config_rev,"
		" 'labels', coalesce(e.detail->'labels', '{}'),"
		" 'attempt_list', (SELECT coalesce(jsonb_agg("
		"a.value - 'provider_sid' ||"
		" jsonb_build_object('provider', ap.slug)"
		" ORDER BY a.place), '[]')"
		" FROM jsonb_array_elements(e.detail->'attempts')"
		" WITH ORDINALITY a(value, place) LEFT JOIN providers ap"
		" ON ap.sid = (a.value->>'provider_sid')::int))"
		" AS request FROM usage_events e"
		" LEFT JOIN tenants t ON t.sid = e.tenant_sid"
		" LEFT JOIN teams m ON m.sid = e.team_sid"
		" LEFT JOIN api_keys k ON k.sid = e.key_sid"
		" LEFT JOIN providers p ON p.sid = e.provider_sid"
		" LEFT JOIN routes r ON r.sid = e.route_sid"
		" LEFT JOIN gateways g ON g.sid = e.gateway_sid"
		" WHERE e.ts >= $1 AND e.ts < $2"
		" AND ($3::timestamptz IS NULL OR (e.ts, e.request_id) < ($3, "
		"$4))"
		" AND ($6::jsonb->>'request_id' IS NULL"
		" OR e.request_id = ($6->>'request_id')::uuid)"
		" AND ($6->>'for_tenant' IS NULL"
		" OR t.id = ($6->>'for_tenant')::uuid)"
		" AND ($6->>'tenant_id' IS NULL"
		" OR t.id = ($6->>'tenant_id')::uuid)"
		" AND ($6->>'team_id' IS NULL"
		" OR m.id = ($6->>'team_id')::uuid)"
		" AND ($6->>'key_id' IS NULL"
		" OR k.id = ($6->>'key_id')::uuid)"
		" AND ($6->>'provider' IS NULL"
		" OR p.id = ($6->>'provider')::uuid)"
		" AND ($6->>'model' IS NULL OR e.upstream_model = $6->>'model'"
		" OR e.alias = $6->>'model')"
		" AND ($6->>'outcome' IS NULL"
		" OR e.outcome = ($6->>'outcome')::int)"
		" ORDER BY e.ts DESC, e.request_id DESC LIMIT $5) r",
		db_time(from_us), db_time(to_us),
		db_time_or_null(query->before_us), db_id(query->before),
		db_int(limit), db_document(tx->arena, query->filter)));
}

static json_t *
conditions(struct tx *tx, const json_t *filter, struct id tenant)
{
	json_t *all = document_keep(tx->arena,
	    filter == NULL ? json_object() : json_copy((json_t *)filter));

	if (!id_is_zero(tenant))
		document_set_id(all, "for_tenant", tenant);
	return all;
}

json_t *
requests_list(struct tx *tx, const struct request_query *query)
{
	struct request_query window = *query;
	json_t *list = document_keep(tx->arena, json_array());
	int64_t length_us = WINDOW_FIRST_US;
	int64_t to_us = query->to_us;

	window.filter = conditions(tx, query->filter, query->tenant);
	if (query->before_us != 0)
		to_us = i64_min(to_us, query->before_us + 1);
	while (to_us > query->from_us && tx_status(tx) == OK &&
	    (int64_t)json_array_size(list) < query->limit) {
		int64_t from_us = i64_max(query->from_us, to_us - length_us);
		int64_t wanted = query->limit - (int64_t)json_array_size(list);

		if (json_array_extend(list,
			list_window(tx, &window, from_us, to_us, wanted)) != 0)
			abort();
		to_us = from_us;
		length_us *= WINDOW_GROWTH;
	}
	return list;
}

/* The id tells the day; the row's time may be some way off. */
json_t *
requests_get(struct tx *tx, struct id id, struct id tenant)
{
	struct request_query query = {
		.filter = conditions(tx, NULL, tenant),
	};
	int64_t born_us = id_wall_us(id);

	document_set_id(query.filter, "request_id", id);
	return json_array_get(list_window(tx, &query, born_us - LOOKUP_SLACK_US,
				  born_us + LOOKUP_SLACK_US, 1),
	    0);
}
