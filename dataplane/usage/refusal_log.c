/*
 * refusal_log.c - a small table of keys seen this second.
 *
 * The table is emptied every second.  A key whose slot another key holds is
 * not held back: with 1024 slots that takes hundreds of refused keys at once.
 */
#include "dataplane/usage/refusal_log.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/loop.h"
#include "dataplane/usage/record.h"
#include "dataplane/usage/spool.h"

#define SLOTS 1024

struct slot {
	uint32_t key_sid;
	bool used;
	int64_t rows;	      /* written this second */
	uint32_t held;	      /* not written */
	enum outcome outcome; /* of the last one held */
	int http_status;
	struct record_subject subject; /* numbers only: no borrowed text */
};

struct refusal_log { /* lifetime: worker */
	struct loop *loop;
	struct loop_timer timer;
	struct spool *spool;
	int64_t rows_per_s;
	struct slot slots[SLOTS];
};

static void
write_row(struct refusal_log *log, const struct record *record)
{
	struct spool_ticket none = { 0 };

	spool_end(log->spool, &none, record);
}

static void
write_held(struct refusal_log *log, struct slot *slot)
{
	struct record record = {
		.subject = slot->subject,
		.outcome = slot->outcome,
		.http_status = slot->http_status,
		.error_code = STR("collapsed"),
		.tokens = { .reported = true },
		.count = slot->held,
	};

	if (slot->held > 0)
		write_row(log, &record);
}

static void
on_second(struct loop_timer *timer)
{
	struct refusal_log *log =
	    container_of(timer, struct refusal_log, timer);

	for (size_t i = 0; i < SLOTS; i++) {
		write_held(log, &log->slots[i]);
		log->slots[i] = (struct slot){ 0 };
	}
	loop_timer_set(log->loop, timer, clock_mono_ns() + NS_PER_S);
}

struct refusal_log *
refusal_log_new(struct loop *loop, struct spool *spool, int64_t rows_per_s)
{
	struct refusal_log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		abort();
	log->loop = loop;
	log->spool = spool;
	log->rows_per_s = rows_per_s;
	log->timer.on_expiry = on_second;
	loop_timer_set(loop, &log->timer, clock_mono_ns() + NS_PER_S);
	return log;
}

void
refusal_log_free(struct refusal_log *log)
{
	if (log == NULL)
		return;
	loop_timer_clear(log->loop, &log->timer);
	for (size_t i = 0; i < SLOTS; i++)
		write_held(log, &log->slots[i]);
	free(log);
}

static void
hold(struct slot *slot, const struct record *record)
{
	slot->held++;
	slot->outcome = record->outcome;
	slot->http_status = record->http_status;
	slot->subject = record->subject;
	slot->subject.alias = (struct str){ 0 };
	slot->subject.upstream_model = (struct str){ 0 };
}

void
refusal_log_add(struct refusal_log *log, const struct record *record)
{
	uint32_t sid = record->subject.key_sid;
	struct slot *slot = &log->slots[sid % SLOTS];
	int64_t rows_max = sid == 0 ? 1 : log->rows_per_s;

	if (slot->used && slot->key_sid != sid) {
		write_row(log, record);
		return;
	}
	slot->used = true;
	slot->key_sid = sid;
	if (slot->rows < rows_max) {
		slot->rows++;
		write_row(log, record);
	} else {
		hold(slot, record);
	}
}
