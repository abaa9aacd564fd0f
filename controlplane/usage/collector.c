/* collector.c - see collector.h. */
#include "controlplane/usage/collector.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "controlplane/store/partition.h"
#include "controlplane/usage/event.h"
#include "controlplane/usage/totals.h"

#define KEEPER_INTERVAL_S 60

/* More than the days a row can have (see event.h), so none shares a place. */
#define DAYS 512

struct collector {
	struct db *db;		    /* the keeper's */
	_Atomic int64_t days[DAYS]; /* whose partitions are there */
	pthread_t keeper;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool is_stopping;
};

struct batch {
	const struct usage_source *source;
	struct ingest_range range;
	struct usage_event *events;
	size_t count;
};

static enum status
ensure_day(struct collector *collector, struct db *db, struct arena *arena,
    int64_t day)
{
	_Atomic int64_t *known = &collector->days[day % DAYS];

	if (atomic_load(known) == day)
		return OK;
	enum status s = partition_ensure(db, arena, day);
	if (s == OK)
		atomic_store(known, day);
	return s;
}

/* Before they are needed: today and tomorrow. */
static void
keep_ahead(struct collector *collector)
{
	struct arena arena CLEANUP(arena_done);
	int64_t today = partition_day(clock_wall_us());

	arena_init(&arena, 0);
	enum status s = ensure_day(collector, collector->db, &arena, today);
	if (s == OK)
		s = ensure_day(collector, collector->db, &arena, today + 1);
	if (s != OK && s != E_UNAVAILABLE)
		log_error("partition_failed", log_status(s),
		    log_cstr("fault", db_fault(collector->db)));
}

static void *
keep(void *context)
{
	struct collector *collector = context;
	struct timespec until;

	pthread_mutex_lock(&collector->lock);
	while (!collector->is_stopping) {
		pthread_mutex_unlock(&collector->lock);
		keep_ahead(collector);
		pthread_mutex_lock(&collector->lock);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += KEEPER_INTERVAL_S;
		if (!collector->is_stopping)
			pthread_cond_timedwait(
			    &collector->stop, &collector->lock, &until);
	}
	pthread_mutex_unlock(&collector->lock);
	return NULL;
}

enum status
collector_open(const char *database_url, struct collector **out)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		abort();
	collector->db = db_open(database_url, "weir-partitions");
	db_set_statement_timeout(collector->db, 10000);
	pthread_mutex_init(&collector->lock, NULL);
	pthread_cond_init(&collector->stop, NULL);
	if (pthread_create(&collector->keeper, NULL, keep, collector) != 0)
		abort();
	*out = collector;
	return OK;
}

void
collector_close(struct collector *collector)
{
	if (!collector)
		return;
	pthread_mutex_lock(&collector->lock);
	collector->is_stopping = true;
	pthread_cond_signal(&collector->stop);
	pthread_mutex_unlock(&collector->lock);
	pthread_join(collector->keeper, NULL);
	pthread_cond_destroy(&collector->stop);
	pthread_mutex_destroy(&collector->lock);
	db_close(collector->db);
	free(collector);
}

static enum status
check_range(const struct usage_source *source,
    const Weir__Link__V1__UsageBatch *wire, struct str *out_fault)
{
	if (wire->n_records == 0)
		*out_fault = STR("a batch without records");
	else if (wire->n_records > source->max_records)
		*out_fault = STR("too many records in one batch");
	else if (wire->first_seq == 0 ||
	    wire->first_seq > INT64_MAX - wire->n_records)
		*out_fault = STR("first_seq is out of range");
	else
		return OK;
	return E_INVALID;
}

static enum status
read_batch(const struct usage_source *source,
    const Weir__Link__V1__UsageBatch *wire, struct batch *out,
    struct str *out_fault)
{
	struct event_clock clock = event_clock_now();
	size_t bent = 0;
	enum status s = check_range(source, wire, out_fault);

	if (s != OK)
		return s;
	out->source = source;
	out->count = wire->n_records;
	out->events =
	    arena_alloc_array(source->arena, out->count, sizeof(*out->events));
	out->range = (struct ingest_range){
		.gateway_sid = source->gateway_sid,
		.boot_id = wire->boot_id,
		.first = (int64_t)wire->first_seq,
		.last = (int64_t)(wire->first_seq + wire->n_records - 1),
	};
	for (size_t i = 0; i < out->count; i++) {
		s = event_from_record(source->arena, &clock, wire->records[i],
		    &out->events[i], &bent);
		if (s != OK) {
			*out_fault = str_printf(source->arena,
			    "record %zu: no subject or no request id", i);
			return s;
		}
		out->events[i].gateway_sid = (int32_t)source->gateway_sid;
	}
	if (bent > 0)
		log_warn("usage_bent", log_int("gateway", source->gateway_sid),
		    log_int("records", (int64_t)bent));
	return OK;
}

static enum status
ensure_days(struct collector *collector, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		enum status s = ensure_day(collector, batch->source->db,
		    batch->source->arena,
		    partition_day(batch->events[i].ts_us));
		if (s != OK)
			return s;
	}
	return OK;
}

static void
forget_days(struct collector *collector)
{
	for (size_t i = 0; i < DAYS; i++)
		atomic_store(&collector->days[i], 0);
}

/* The batch, or the part of it that is new, and nothing twice. */
static enum status
store(const struct batch *batch, int64_t *out_acked)
{
	const struct ingest_range *range = &batch->range;
	struct arena *arena = batch->source->arena;
	struct usage_total *totals;
	struct tx tx CLEANUP(tx_rollback);

	tx_begin(&tx, batch->source->db, arena);
	int64_t known = store_cursor_advance(&tx, range);
	if (tx_status(&tx) != OK)
		return tx_status(&tx);
	if (known >= range->last || known < range->first - 1) {
		*out_acked = known;
		metric_add(
		    METRIC_CONTROL_USAGE_DUPLICATES, known >= range->last);
		return OK;
	}
	size_t skip = (size_t)(known - (range->first - 1));
	size_t count = batch->count - skip;
	const struct usage_event *events = batch->events + skip;

	store_usage_events(&tx, events, count);
	size_t total_count = totals_sum(arena, events, count, &totals);
	store_usage_totals(&tx, totals, total_count);
	enum status s = tx_commit(&tx);
	if (s != OK)
		return s;
	*out_acked = range->last;
	metric_add(METRIC_CONTROL_USAGE_BATCHES, 1);
	metric_add(METRIC_CONTROL_USAGE_RECORDS, (int64_t)count);
	return OK;
}

enum status
collector_take(struct collector *collector, const struct usage_source *source,
    const Weir__Link__V1__UsageBatch *wire, int64_t *out_acked,
    struct str *out_fault)
{
	struct batch batch;
	enum status s = read_batch(source, wire, &batch, out_fault);

	if (s != OK)
		return s;
	s = ensure_days(collector, &batch);
	if (s == OK)
		s = store(&batch, out_acked);
	if (s == E_CONFLICT) {
		/* Retention has dropped a partition we thought was there. */
		forget_days(collector);
		s = ensure_days(collector, &batch);
		if (s == OK)
			s = store(&batch, out_acked);
	}
	return s;
}
