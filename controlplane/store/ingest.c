/*
 * ingest.c - see ingest.h.
 *
 * Rows go in by COPY in PostgreSQL's binary form: a header, per row the
 * number of fields, per field its length and its bytes in network order.
 */
#include "controlplane/store/ingest.h"

#include <endian.h>
#include <inttypes.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"

/* PostgreSQL counts from 2000-01-01. */
#define EPOCH_US (946684800LL * US_PER_S)

#define COPY_MAX_BYTES (64u << 20)
#define JSONB_VERSION 1

/* 0 rows when the cursor is not where the range begins. */
static bool
advance(struct tx *tx, const struct ingest_range *range, int64_t from)
{
	struct str boot = str_printf(tx->arena, "%" PRIu64, range->boot_id);
	const struct db_rows *rows = TX_RUN(tx,
	    "UPDATE ingest_cursors SET last_seq = $4, updated_at = now()"
	    " WHERE gateway_sid = $1 AND boot_id = $2 AND last_seq = $3",
	    db_int(range->gateway_sid), db_text(boot), db_int(from),
	    db_int(range->last));

	return rows_affected(rows) == 1;
}

/* Where the cursor stands, kept there by a lock; made when it is absent. */
static int64_t
lock(struct tx *tx, const struct ingest_range *range)
{
	struct str boot = str_printf(tx->arena, "%" PRIu64, range->boot_id);

	TX_RUN(tx,
	    "INSERT INTO ingest_cursors (gateway_sid, boot_id)"
	    " VALUES ($1, $2) ON CONFLICT DO NOTHING",
	    db_int(range->gateway_sid), db_text(boot));
	return row_int(TX_RUN(tx,
			   "SELECT last_seq FROM ingest_cursors"
			   " WHERE gateway_sid = $1 AND boot_id = $2"
			   " FOR UPDATE",
			   db_int(range->gateway_sid), db_text(boot)),
	    0, 0);
}

int64_t
store_cursor_advance(struct tx *tx, const struct ingest_range *range)
{
	assert(range->first > 0);
	assert(range->last >= range->first);

	if (advance(tx, range, range->first - 1))
		return range->first - 1;

	int64_t known = lock(tx, range);
	if (known >= range->first - 1 && known < range->last &&
	    !advance(tx, range, known))
		tx_fail(tx, E_INTERNAL);
	return known;
}

static void
add_int16(struct buf *out, int16_t number)
{
	uint32_t size = htobe32(sizeof(number));
	uint16_t bytes = htobe16((uint16_t)number);

	buf_add(out, &size, sizeof(size));
	buf_add(out, &bytes, sizeof(bytes));
}

static void
add_int32(struct buf *out, int32_t number)
{
	uint32_t size = htobe32(sizeof(number));
	uint32_t bytes = htobe32((uint32_t)number);

	buf_add(out, &size, sizeof(size));
	buf_add(out, &bytes, sizeof(bytes));
}

static void
add_int64(struct buf *out, int64_t number)
{
	uint32_t size = htobe32(sizeof(number));
	uint64_t bytes = htobe64((uint64_t)number);

	buf_add(out, &size, sizeof(size));
	buf_add(out, &bytes, sizeof(bytes));
}

static void
add_time(struct buf *out, int64_t wall_us)
{
	add_int64(out, wall_us - EPOCH_US);
}

static void
add_bool(struct buf *out, bool value)
{
	uint32_t size = htobe32(1);

	buf_add(out, &size, sizeof(size));
	buf_add_char(out, value ? 1 : 0);
}

static void
add_text(struct buf *out, struct str text)
{
	uint32_t size = htobe32((uint32_t)text.len);

	buf_add(out, &size, sizeof(size));
	buf_add_str(out, text);
}

static void
add_json(struct buf *out, struct str json)
{
	uint32_t size = htobe32((uint32_t)json.len + 1);
	uint32_t null = htobe32(UINT32_MAX);

	if (str_is_empty(json)) {
		buf_add(out, &null, sizeof(null));
		return;
	}
	buf_add(out, &size, sizeof(size));
	buf_add_char(out, JSONB_VERSION);
	buf_add_str(out, json);
}

static void
add_header(struct buf *out)
{
	static const char header[19] = "PGCOPY\n\377\r\n";

	buf_add(out, header, sizeof(header));
}

static void
add_field_count(struct buf *out, int16_t count)
{
	uint16_t bytes = htobe16((uint16_t)count);

	buf_add(out, &bytes, sizeof(bytes));
}

static void
copy(struct tx *tx, const char *sql, struct buf *rows)
{
	add_field_count(rows, -1); /* the end */
	if (buf_has_failed(rows))
		tx_fail(tx, E_TOO_LARGE);
	tx_copy(tx, sql, buf_str(rows));
}

static void
add_tokens(struct buf *out, const struct usage_tokens *tokens)
{
	add_int64(out, tokens->input);
	add_int64(out, tokens->cached);
	add_int64(out, tokens->cache_write_5m);
	add_int64(out, tokens->cache_write_1h);
	add_int64(out, tokens->output);
	add_int64(out, tokens->reasoning);
}

static void
add_subject(struct buf *out, const struct usage_subject *subject)
{
	add_int32(out, subject->tenant_sid);
	add_int32(out, subject->team_sid);
	add_int32(out, subject->key_sid);
	add_int32(out, subject->provider_sid);
	add_int16(out, subject->outcome);
	add_text(out, subject->alias);
	add_text(out, subject->upstream_model);
}

/* In the order of the columns in store_usage_events(). */
static void
add_event(struct buf *out, const struct usage_event *event)
{
	add_field_count(out, 32);
	add_time(out, event->ts_us);
	add_text(out, str_make(event->request_id.bytes, 16));
	add_subject(out, &event->subject);
	add_tokens(out, &event->tokens);
	add_int64(out, event->cost_nano);
	add_int64(out, event->latency_us);
	add_int64(out, event->ttft_us);
	add_int64(out, event->upstream_us);
	add_int64(out, event->config_rev);
	add_int32(out, event->route_sid);
	add_int32(out, event->gateway_sid);
	add_int32(out, event->count);
	add_int16(out, event->http_status);
	add_int16(out, event->attempt_count);
	add_bool(out, event->estimated);
	add_bool(out, event->unpriced);
	add_bool(out, event->stream);
	add_text(out, event->dialect);
	add_text(out, event->error_code);
	add_text(out, event->route_reason);
	add_json(out, event->detail);
}

void
store_usage_events(
    struct tx *tx, const struct usage_event *events, size_t count)
{
	struct buf rows CLEANUP(buf_done);

	buf_init(&rows, COPY_MAX_BYTES);
	add_header(&rows);
	for (size_t i = 0; i < count; i++)
		add_event(&rows, &events[i]);
	copy(tx,
	    "COPY usage_events (ts, request_id, tenant_sid, team_sid, key_sid,"
	    " provider_sid, outcome, alias, upstream_model, input_tokens,"
	    " cached_tokens, cache_write_5m_tokens, cache_write_1h_tokens,"
	    " output_tokens, reasoning_tokens, cost_nano, latency_us, ttft_us,"
	    " upstream_us, config_rev, route_sid, gateway_sid, count,"
	    " http_status, attempt_count, estimated, unpriced, stream, dialect,"
	    " error_code, route_reason, detail) FROM STDIN BINARY",
	    &rows);
}

/* In the order of the columns in store_usage_totals(). */
static void
add_total(struct buf *out, const struct usage_total *total)
{
	add_field_count(out, 18);
	add_time(out, total->bucket_us);
	add_subject(out, &total->subject);
	add_tokens(out, &total->tokens);
	add_int64(out, total->requests);
	add_int64(out, total->estimated);
	add_int64(out, total->unpriced);
	add_int64(out, total->cost_nano);
}

void
store_usage_totals(
    struct tx *tx, const struct usage_total *totals, size_t count)
{
	struct buf rows CLEANUP(buf_done);

	buf_init(&rows, COPY_MAX_BYTES);
	add_header(&rows);
	for (size_t i = 0; i < count; i++)
		add_total(&rows, &totals[i]);
	copy(tx,
	    "COPY usage_totals (bucket, tenant_sid, team_sid, key_sid,"
	    " provider_sid, outcome, alias, upstream_model, input_tokens,"
	    " cached_tokens, cache_write_5m_tokens, cache_write_1h_tokens,"
	    " output_tokens, reasoning_tokens, requests, estimated, unpriced,"
	    " cost_nano) FROM STDIN BINARY",
	    &rows);
}
