/*
 * sync.c - one thread and what it knows: the revision in force, the newest
 * one heard of, the last one refused.
 *
 * A revision that was refused is not fetched again until there is a newer
 * one; an older one than that in force is never taken.
 */
#include "dataplane/snapshot/sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "dataplane/control/control.h"
#include "dataplane/snapshot/build.h"
#include "dataplane/snapshot/intake.h"
#include "dataplane/snapshot/last_good.h"
#include "dataplane/snapshot/restore.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/usage/spool.h"

/* While the control plane is away: how soon it is asked again. */
#define RETRY_MS 400
#define RETRY_JITTER_MS 200

/* How often it is written down that the configuration is still the one. */
#define SEEN_INTERVAL_NS (60 * NS_PER_S)

struct sync { /* lifetime: process */
	struct sync_config config;
	struct last_good_place place;
	pthread_t thread;
	atomic_bool is_closing;
	atomic_bool is_ready;
	atomic_bool is_draining;

	/* the thread's own */
	uint64_t applied_rev;
	uint64_t head_rev;
	uint64_t rejected_rev;
	bool is_head_known;
	int64_t next_beat_ns;
	int64_t next_fetch_ns;
	int64_t next_seen_ns;

	struct arena report_arena; /* of the faults */
	struct control_report report;
	bool is_report_due;
};

static int64_t
retry_at_ns(void)
{
	uint16_t random;

	random_bytes(&random, sizeof(random));
	return clock_mono_ns() +
	    (RETRY_MS + random % RETRY_JITTER_MS) * NS_PER_MS;
}

/* --- a new snapshot in force -------------------------------------------------------- */

static void
note_seen(struct sync *sync)
{
	struct last_good_seen seen = {
		.rev = sync->applied_rev,
		.seen_us = clock_wall_us(),
	};

	if (sync->applied_rev == 0 || clock_mono_ns() < sync->next_seen_ns)
		return;
	sync->next_seen_ns = clock_mono_ns() + SEEN_INTERVAL_NS;
	if (last_good_note_seen(&sync->place, &seen) != OK)
		log_warn("snapshot_seen_not_saved");
}

static void
put_in_force(struct sync *sync, struct snapshot *snapshot)
{
	sync->applied_rev = snapshot_rev(snapshot);
	snapshot_cell_set(sync->config.cell, snapshot);
	atomic_store(&sync->is_ready, true);
	metric_set(METRIC_GATEWAY_CONFIG_REVISION, (int64_t)sync->applied_rev);
	if (sync->config.on_swap != NULL)
		sync->config.on_swap(sync->config.on_swap_arg);
}

static void
report_applied(struct sync *sync, int64_t apply_us, bool from_disk)
{
	arena_reset(&sync->report_arena);
	sync->report = (struct control_report){
		.applied_rev = sync->applied_rev,
		.apply_us = apply_us,
		.from_disk = from_disk,
	};
	sync->is_report_due = true;
	log_info("snapshot_applied", log_int("rev", (int64_t)sync->applied_rev),
	    log_int("apply_us", apply_us), log_int("from_disk", from_disk));
}

static void
report_rejected(
    struct sync *sync, uint64_t rev, const struct intake_faults *faults)
{
	struct build_fault *copies;

	arena_reset(&sync->report_arena);
	copies = arena_alloc_array(
	    &sync->report_arena, faults->count, sizeof(*copies));
	for (size_t i = 0; i < faults->count; i++) {
		const struct build_fault *fault = &faults->list[i];

		copies[i] = (struct build_fault){
			.kind = str_copy(&sync->report_arena, fault->kind),
			.id = str_copy(&sync->report_arena, fault->id),
			.field = str_copy(&sync->report_arena, fault->field),
			.message =
			    str_copy(&sync->report_arena, fault->message),
		};
		log_error("snapshot_fault", log_int("rev", (int64_t)rev),
		    log_str("kind", fault->kind), log_str("id", fault->id),
		    log_str("field", fault->field),
		    log_str("message", fault->message));
	}
	sync->rejected_rev = rev;
	sync->report = (struct control_report){
		.applied_rev = sync->applied_rev,
		.rejected_rev = rev,
		.faults = copies,
		.fault_count = faults->count,
	};
	sync->is_report_due = true;
	metric_add(METRIC_GATEWAY_CONFIG_REJECTED, 1);
}

/* --- from disk ---------------------------------------------------------------- */

static void
load_last_good(struct sync *sync)
{
	struct restore_config config = {
		.place = &sync->place,
		.control = sync->config.control,
		.max_bytes = sync->config.snapshot_max_bytes,
		.max_age_s = sync->config.lkg_max_age_s,
	};
	int64_t start_ns = clock_mono_ns();
	struct snapshot *snapshot;

	if (restore_run(&config, &snapshot) != OK)
		return;
	put_in_force(sync, snapshot);
	report_applied(sync, (clock_mono_ns() - start_ns) / 1000, true);
}

/* --- from the control plane ----------------------------------------------------------- */

/* What is fetched goes to disk as it comes; it counts once it is in force. */
struct fetch {
	struct sync *sync;
	struct arena *arena;
	const struct control_head *head;
	struct intake *intake;
	struct last_good_writer *writer;
	struct intake_faults faults;
};

static enum status
fetch_chunks(struct fetch *f)
{
	struct arena arena CLEANUP(arena_done);
	enum status s = OK;

	arena_init(&arena, 0);
	for (uint32_t i = 0; i < f->head->chunk_count && s == OK; i++) {
		struct str chunk;

		s = control_get_chunk(
		    f->sync->config.control, &arena, f->head->rev, i, &chunk);
		if (s == OK)
			s = intake_add(f->intake, chunk, &f->faults);
		if (s == OK)
			last_good_writer_add(f->writer, chunk);
		arena_reset(&arena);
	}
	return s;
}

static enum status
fetch_whole(struct fetch *f, struct snapshot **out)
{
	struct sync *sync = f->sync;
	enum status s;

	s = intake_open(sync->config.control, f->arena, f->head,
	    sync->config.snapshot_max_bytes, &f->intake, &f->faults);
	if (s != OK)
		return s;
	f->writer = last_good_writer_new(&sync->place, f->head);
	s = fetch_chunks(f);
	if (s == OK)
		s = intake_finish(f->intake, out, &f->faults);
	return s;
}

static void
take(struct sync *sync, struct fetch *f, struct snapshot *snapshot,
    int64_t start_ns)
{
	put_in_force(sync, snapshot);
	report_applied(sync, (clock_mono_ns() - start_ns) / 1000, false);
	if (last_good_writer_commit(f->writer) != OK)
		log_warn("snapshot_not_saved",
		    log_cstr("directory", sync->place.directory));
	f->writer = NULL;
	sync->next_seen_ns = 0;
	note_seen(sync);
}

static enum status
fetch_head(struct sync *sync, struct arena *arena, struct control_head *out)
{
	enum status s = control_get_head(
	    sync->config.control, arena, sync->applied_rev, out);

	if (s != OK)
		return s;
	sync->head_rev = out->rev;
	sync->is_head_known = true;
	if (out->rev < sync->applied_rev)
		log_warn("snapshot_offered_is_older",
		    log_int("rev", (int64_t)out->rev),
		    log_int("applied_rev", (int64_t)sync->applied_rev));
	return OK;
}

static bool
is_wanted(const struct sync *sync, uint64_t rev)
{
	return rev > sync->applied_rev && rev != sync->rejected_rev;
}

static enum status
fetch(struct sync *sync)
{
	int64_t start_ns = clock_mono_ns();
	struct arena arena CLEANUP(arena_done);
	struct control_head head;
	struct fetch f = { .sync = sync, .arena = &arena, .head = &head };
	struct snapshot *snapshot;
	enum status s;

	arena_init(&arena, 0);
	s = fetch_head(sync, &arena, &head);
	if (s != OK)
		return s;
	if (is_wanted(sync, head.rev)) {
		s = fetch_whole(&f, &snapshot);
		if (s == OK)
			take(sync, &f, snapshot, start_ns);
		else if (s == E_INVALID)
			report_rejected(sync, head.rev, &f.faults);
	}
	seal_wipe((void *)head.secrets.ptr, head.secrets.len);
	intake_close(f.intake);
	last_good_writer_discard(f.writer);
	return s == E_INVALID ? OK : s;
}

/* --- the thread --------------------------------------------------------------------------- */

static void
fetch_if_wanted(struct sync *sync)
{
	enum status s;

	if (sync->is_head_known && !is_wanted(sync, sync->head_rev))
		return;
	if (clock_mono_ns() < sync->next_fetch_ns)
		return;
	s = fetch(sync);
	if (s == OK)
		return;
	/* Gone: a newer one came meanwhile, so look at the head again. */
	if (s == E_NOT_FOUND)
		sync->is_head_known = false;
	else if (s == E_CORRUPT || s == E_INVALID || s == E_INTERNAL)
		log_warn("snapshot_fetch_failed", log_status(s));
	sync->next_fetch_ns = retry_at_ns();
}

static void
send_report(struct sync *sync)
{
	if (sync->is_report_due &&
	    control_report(sync->config.control, &sync->report) == OK)
		sync->is_report_due = false;
}

static int64_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void
beat(struct sync *sync)
{
	struct control_health health = {
		.applied_rev = sync->applied_rev,
		.inflight = metric_get(METRIC_GATEWAY_INFLIGHT),
		.spool_bytes = spool_bytes(sync->config.spool),
		.spool_oldest_ms = spool_oldest_ms(sync->config.spool),
		.rss_bytes = resident_bytes(),
		.is_draining = atomic_load(&sync->is_draining),
	};
	struct control *control = sync->config.control;

	if (clock_mono_ns() < sync->next_beat_ns)
		return;
	if (control_beat(control, &health, &sync->head_rev) != OK) {
		sync->next_beat_ns = retry_at_ns();
		return;
	}
	sync->next_beat_ns =
	    clock_mono_ns() + control_heartbeat_ms(control) * NS_PER_MS;
	note_seen(sync);
}

/* Until the bell rings or there is something to do again. */
static void
wait_for_news(struct sync *sync)
{
	int64_t now_ns = clock_mono_ns();
	int64_t until_ns = sync->next_beat_ns;
	uint64_t rev;

	if (sync->next_fetch_ns > now_ns)
		until_ns = i64_min(until_ns, sync->next_fetch_ns);
	if (sync->is_report_due)
		until_ns = i64_min(until_ns, now_ns + RETRY_MS * NS_PER_MS);
	if (until_ns <= now_ns)
		return;
	if (control_wait_bell(sync->config.control,
		(int)((until_ns - now_ns) / NS_PER_MS) + 1, &rev) != OK)
		return;
	if (rev > sync->head_rev)
		sync->head_rev = rev;
}

static void *
run(void *context)
{
	struct sync *sync = context;

	load_last_good(sync);
	while (!atomic_load(&sync->is_closing)) {
		fetch_if_wanted(sync);
		send_report(sync);
		beat(sync);
		wait_for_news(sync);
	}
	return NULL;
}

enum status
sync_open(const struct sync_config *config, struct sync **out)
{
	struct sync *sync = calloc(1, sizeof(*sync));

	if (sync == NULL)
		abort();
	sync->config = *config;
	sync->place.directory = config->state_directory;
	control_derive_key(
	    config->control, STR("weir-lkg-v1"), sync->place.key);
	arena_init(&sync->report_arena, 0);
	if (pthread_create(&sync->thread, NULL, run, sync) != 0) {
		free(sync);
		return E_UNAVAILABLE;
	}
	*out = sync;
	return OK;
}

void
sync_close(struct sync *sync)
{
	if (sync == NULL)
		return;
	atomic_store(&sync->is_closing, true);
	control_hang_up(sync->config.control, CONTROL_CONFIG);
	pthread_join(sync->thread, NULL);
	arena_done(&sync->report_arena);
	seal_wipe(&sync->place, sizeof(sync->place));
	free(sync);
}

void
sync_note_draining(struct sync *sync)
{
	atomic_store(&sync->is_draining, true);
}

bool
sync_is_ready(const struct sync *sync)
{
	return atomic_load(&sync->is_ready);
}
