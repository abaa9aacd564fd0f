/* event.c - see event.h. */
#include "controlplane/usage/event.h"

#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/emit.h"

#define US_PER_DAY (86400 * US_PER_S)
#define TOKENS_MAX 1000000000000LL /* of one request */
#define DURATION_MAX_US (30 * US_PER_DAY)
#define COST_MAX_NANO 1000000000000000LL /* a million USD */
#define COUNT_MAX 1000000
#define TEXT_MAX 256
#define DETAIL_MAX_BYTES (1u << 20)

struct event_clock
event_clock_now(void)
{
	int64_t now_us = clock_wall_us();

	return (struct event_clock){
		.earliest_us = now_us - 400 * US_PER_DAY,
		.latest_us = now_us + US_PER_DAY,
	};
}

static int64_t
bounded(uint64_t value, int64_t max, bool *bent)
{
	*bent |= value > (uint64_t)max;
	return i64_from_u64(value, max);
}

static int64_t
between(int64_t value, int64_t min, int64_t max, bool *bent)
{
	*bent |= value < min || value > max;
	return i64_max(min, i64_min(value, max));
}

/* A number no row has is no number at all. */
static int32_t
sid(uint32_t number, bool *bent)
{
	*bent |= number > INT32_MAX;
	return number > INT32_MAX ? 0 : (int32_t)number;
}

static struct str
text(const char *cstr, bool *bent)
{
	struct str whole = str_from(cstr);

	*bent |= whole.len > TEXT_MAX;
	return str_head_utf8(whole, TEXT_MAX);
}

static struct usage_tokens
tokens(const Weir__Usage__V1__Tokens *counts, bool *bent)
{
	if (!counts)
		return (struct usage_tokens){ 0 };
	return (struct usage_tokens){
		.input = bounded(counts->input, TOKENS_MAX, bent),
		.cached = bounded(counts->cached, TOKENS_MAX, bent),
		.cache_write_5m =
		    bounded(counts->cache_write_5m, TOKENS_MAX, bent),
		.cache_write_1h =
		    bounded(counts->cache_write_1h, TOKENS_MAX, bent),
		.output = bounded(counts->output, TOKENS_MAX, bent),
		.reasoning = bounded(counts->reasoning, TOKENS_MAX, bent),
	};
}

static void
emit_attempt(struct emit *e, const Weir__Usage__V1__Attempt *attempt)
{
	emit_object_open(e);
	emit_field_int(
	    e, "provider_sid", i64_from_u64(attempt->provider_sid, INT32_MAX));
	emit_field_cstr(e, "upstream_model", attempt->upstream_model);
	emit_field_int(e, "http_status", attempt->http_status);
	emit_field_cstr(e, "failure", attempt->failure);
	emit_field_int(e, "duration_us",
	    i64_from_u64(attempt->duration_us, DURATION_MAX_US));
	emit_object_close(e);
}

static void
emit_lists(struct emit *e, const Weir__Usage__V1__Record *record)
{
	if (record->n_attempts > 0) {
		emit_key(e, "attempts");
		emit_array_open(e);
		for (size_t i = 0; i < record->n_attempts; i++)
			emit_attempt(e, record->attempts[i]);
		emit_array_close(e);
	}
	if (record->n_price_ids > 0) {
		emit_key(e, "price_ids");
		emit_array_open(e);
		for (size_t i = 0; i < record->n_price_ids; i++)
			emit_int(e, record->price_ids[i]);
		emit_array_close(e);
	}
}

/* What has no column: attempts, prices, labels.  Empty when there is none. */
static struct str
detail(struct arena *arena, const Weir__Usage__V1__Record *record, bool *bent)
{
	struct buf out CLEANUP(buf_done);
	struct emit e;

	buf_init(&out, DETAIL_MAX_BYTES);
	if (record->n_attempts + record->n_price_ids + record->n_labels == 0)
		return (struct str){ 0 };
	emit_init(&e, &out);
	emit_object_open(&e);
	emit_lists(&e, record);
	if (record->n_labels > 0) {
		emit_key(&e, "labels");
		emit_object_open(&e);
		for (size_t i = 0; i < record->n_labels; i++)
			emit_field_cstr(&e, record->labels[i]->key,
			    record->labels[i]->value);
		emit_object_close(&e);
	}
	emit_object_close(&e);
	*bent |= buf_has_failed(&out);
	return str_copy(arena, buf_str(&out));
}

static void
fill_subject(const Weir__Usage__V1__Subject *subject,
    const struct event_clock *clock, struct usage_event *out, bool *bent)
{
	memcpy(out->request_id.bytes, subject->request_id.data,
	    sizeof(out->request_id));
	out->ts_us = between(i64_from_u64(subject->ts_us, INT64_MAX),
	    clock->earliest_us, clock->latest_us, bent);
	out->subject.tenant_sid = sid(subject->tenant_sid, bent);
	out->subject.team_sid = sid(subject->team_sid, bent);
	out->subject.key_sid = sid(subject->key_sid, bent);
	out->subject.provider_sid = sid(subject->provider_sid, bent);
	out->subject.alias = text(subject->alias, bent);
	out->subject.upstream_model = text(subject->upstream_model, bent);
	out->route_sid = sid(subject->route_sid, bent);
	out->dialect = text(subject->dialect, bent);
}

static void
fill_result(struct arena *arena, const Weir__Usage__V1__Record *record,
    struct usage_event *out, bool *bent)
{
	out->subject.outcome =
	    (int16_t)between(record->outcome, 0, INT16_MAX, bent);
	out->http_status = (int16_t)bounded(record->http_status, 999, bent);
	out->error_code = text(record->error_code, bent);
	out->tokens = tokens(record->tokens, bent);
	out->estimated = record->estimated;
	out->unpriced = record->unpriced;
	out->cost_nano = between(record->cost_nano, 0, COST_MAX_NANO, bent);
	out->latency_us = bounded(record->latency_us, DURATION_MAX_US, bent);
	out->ttft_us = bounded(record->ttft_us, DURATION_MAX_US, bent);
	out->upstream_us = bounded(record->upstream_us, DURATION_MAX_US, bent);
	out->stream = record->stream;
	out->attempt_count =
	    (int16_t)bounded(record->n_attempts, INT16_MAX, bent);
	out->route_reason = text(record->route_reason, bent);
	out->count =
	    (int32_t)i64_max(1, bounded(record->count, COUNT_MAX, bent));
	out->config_rev = bounded(record->config_rev, INT64_MAX, bent);
	out->detail = detail(arena, record, bent);
}

enum status
event_from_record(struct arena *arena, const struct event_clock *clock,
    const Weir__Usage__V1__Record *record, struct usage_event *out,
    size_t *bent)
{
	bool is_bent = false;

	if (!record->subject ||
	    record->subject->request_id.len != sizeof(out->request_id))
		return E_INVALID;
	*out = (struct usage_event){ 0 };
	fill_subject(record->subject, clock, out, &is_bent);
	fill_result(arena, record, out, &is_bent);
	*bent += is_bent;
	return OK;
}
