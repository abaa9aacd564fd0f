/*
 * shipper.c - read, ask, trim.
 *
 * A record waits LINGER_MS for others of its batch, so a quiet gateway's
 * usage is in the database a fraction of a second later and a busy one's
 * batches are full.  A batch the control plane will never take is halved
 * until the record it is about stands alone; that one is kept in a file and
 * another, which says so, goes in its place.
 */
#include "dataplane/usage/shipper.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/log.h"
#include "dataplane/control/control.h"
#include "dataplane/usage/packing.h"
#include "dataplane/usage/spool.h"

#define LINGER_MS 100
#define WAIT_MS 1000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000

struct shipper { /* lifetime: process */
	struct control *control;
	struct spool *spool;
	pthread_t thread;

	/* the thread's own */
	int64_t backoff_ms;
	size_t halved_count; /* 0: not looking */
	uint64_t halved_until_seq;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	bool is_closing; /* ship what is left */
	bool is_empty;	 /* nothing was left */
	bool is_ended;	 /* no more */
};

static bool
is_closing(struct shipper *shipper)
{
	bool closing;

	pthread_mutex_lock(&shipper->lock);
	closing = shipper->is_closing;
	pthread_mutex_unlock(&shipper->lock);
	return closing;
}

static bool
is_ended(struct shipper *shipper)
{
	bool ended;

	pthread_mutex_lock(&shipper->lock);
	ended = shipper->is_ended;
	pthread_mutex_unlock(&shipper->lock);
	return ended;
}

/* The beginning of closing ends it too. */
static void
sleep_ms(struct shipper *shipper, int64_t ms)
{
	int64_t end_ns = clock_mono_ns() + ms * NS_PER_MS;
	struct timespec end = { end_ns / NS_PER_S, end_ns % NS_PER_S };
	bool was_closing;

	pthread_mutex_lock(&shipper->lock);
	was_closing = shipper->is_closing;
	while (!shipper->is_ended && shipper->is_closing == was_closing &&
	    clock_mono_ns() < end_ns)
		pthread_cond_timedwait(&shipper->changed, &shipper->lock, &end);
	pthread_mutex_unlock(&shipper->lock);
}

/* Doubles up to a bound; the jitter keeps a fleet from asking in step. */
static void
back_off(struct shipper *shipper)
{
	int64_t max_ms = is_closing(shipper) ? BACKOFF_MIN_MS : BACKOFF_MAX_MS;
	uint16_t random;

	random_bytes(&random, sizeof(random));
	shipper->backoff_ms =
	    i64_max(BACKOFF_MIN_MS, i64_min(max_ms, 2 * shipper->backoff_ms));
	sleep_ms(shipper,
	    shipper->backoff_ms / 2 + random % (shipper->backoff_ms / 2));
}

/* --- batches that are refused ------------------------------------------------------ */

static void
halve(struct shipper *shipper, const struct spool_batch *batch)
{
	if (shipper->halved_count == 0)
		shipper->halved_until_seq = batch->first_seq + batch->count;
	shipper->halved_count = (batch->count + 1) / 2;
}

/* True when the control plane took another one in its place. */
static bool
replace(struct shipper *shipper, struct arena *arena,
    const struct spool_batch *batch)
{
	struct str lost = packing_write_lost(arena, "usage_rejected");
	struct spool_batch other = *batch;
	uint64_t acked;

	other.records = &lost;
	if (control_send_usage(shipper->control, &other, &acked) != OK)
		return false;
	log_error("usage_rejected", log_int("seq", (int64_t)batch->first_seq),
	    log_cstr("kept_in", "rejected.log"));
	spool_reject(shipper->spool, batch);
	spool_ack(shipper->spool, batch->boot_id, acked);
	shipper->halved_count = 0;
	return true;
}

static void
on_acked(
    struct shipper *shipper, const struct spool_batch *batch, uint64_t acked)
{
	if (acked + 1 < batch->first_seq)
		log_warn("usage_asked_for_again",
		    log_int("from_seq", (int64_t)acked + 1),
		    log_int("sent_seq", (int64_t)batch->first_seq));
	spool_ack(shipper->spool, batch->boot_id, acked);
	shipper->backoff_ms = 0;
	if (acked + 1 >= shipper->halved_until_seq)
		shipper->halved_count = 0;
}

/* --- one batch ------------------------------------------------------------------------ */

static enum status
read_batch(
    struct shipper *shipper, struct arena *arena, struct spool_batch *out)
{
	struct control_batch_limits limits =
	    control_batch_limits(shipper->control);
	size_t max_records = limits.max_records;

	if (shipper->halved_count > 0)
		max_records = size_min(max_records, shipper->halved_count);
	return spool_read(
	    shipper->spool, arena, max_records, limits.max_bytes, out);
}

/* False when there is nothing left. */
static bool
ship_batch(struct shipper *shipper)
{
	struct arena arena CLEANUP(arena_done);
	struct spool_batch batch;
	uint64_t acked;
	enum status s;

	arena_init(&arena, 0);
	if (read_batch(shipper, &arena, &batch) != OK)
		return false;
	s = control_send_usage(shipper->control, &batch, &acked);
	if (s == OK)
		on_acked(shipper, &batch, acked);
	else if (s == E_INVALID && batch.count > 1)
		halve(shipper, &batch);
	else if (s != E_INVALID || !replace(shipper, &arena, &batch))
		back_off(shipper);
	return true;
}

static void *
run(void *context)
{
	struct shipper *shipper = context;

	while (!is_ended(shipper)) {
		bool closing = is_closing(shipper);

		if (spool_wait(shipper->spool, closing ? 0 : WAIT_MS)) {
			sleep_ms(shipper, closing ? 0 : LINGER_MS);
			while (!is_ended(shipper) && ship_batch(shipper))
				continue;
		} else if (closing) {
			break;
		}
	}
	pthread_mutex_lock(&shipper->lock);
	shipper->is_empty = true;
	pthread_cond_broadcast(&shipper->changed);
	pthread_mutex_unlock(&shipper->lock);
	return NULL;
}

enum status
shipper_open(struct control *control, struct spool *spool, struct shipper **out)
{
	struct shipper *shipper = calloc(1, sizeof(*shipper));
	pthread_condattr_t attr;

	if (shipper == NULL)
		abort();
	shipper->control = control;
	shipper->spool = spool;
	pthread_mutex_init(&shipper->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&shipper->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&shipper->thread, NULL, run, shipper) != 0) {
		free(shipper);
		return E_UNAVAILABLE;
	}
	*out = shipper;
	return OK;
}

static void
wait_until_empty(struct shipper *shipper, int drain_ms)
{
	int64_t end_ns = clock_mono_ns() + drain_ms * NS_PER_MS;
	struct timespec end = { end_ns / NS_PER_S, end_ns % NS_PER_S };

	pthread_mutex_lock(&shipper->lock);
	shipper->is_closing = true;
	pthread_cond_broadcast(&shipper->changed);
	spool_wake(shipper->spool);
	while (!shipper->is_empty && clock_mono_ns() < end_ns)
		pthread_cond_timedwait(&shipper->changed, &shipper->lock, &end);
	shipper->is_ended = true;
	pthread_cond_broadcast(&shipper->changed);
	pthread_mutex_unlock(&shipper->lock);
}

void
shipper_close(struct shipper *shipper, int drain_ms)
{
	if (shipper == NULL)
		return;
	wait_until_empty(shipper, drain_ms);
	spool_wake(shipper->spool);
	control_hang_up(shipper->control, CONTROL_USAGE);
	pthread_join(shipper->thread, NULL);
	pthread_cond_destroy(&shipper->changed);
	pthread_mutex_destroy(&shipper->lock);
	free(shipper);
}
