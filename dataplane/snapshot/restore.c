/*
 * restore.c - see restore.h.
 *
 * The same checks as for one from the control plane, and those that only a
 * file needs: is it the newest, and how long ago was it confirmed?
 */
#include "dataplane/snapshot/restore.h"

#include "common/arena.h"
#include "common/base.h"
#include "common/clock.h"
#include "common/log.h"
#include "dataplane/snapshot/build.h"
#include "dataplane/snapshot/intake.h"
#include "dataplane/snapshot/last_good.h"
#include "dataplane/snapshot/snapshot.h"

struct restore { /* lifetime: of one call */
	const struct restore_config *config;
	struct last_good_reader *reader;
	struct control_head head;
	struct arena arena;
	struct intake *intake;
	struct intake_faults faults;
};

static enum status
check_age(const struct last_good_seen *seen, int64_t max_age_s)
{
	int64_t age_s = (clock_wall_us() - seen->seen_us) / US_PER_S;

	if (age_s <= max_age_s)
		return OK;
	log_warn("snapshot_on_disk_expired", log_int("age_s", age_s),
	    log_int("max_age_s", max_age_s));
	return E_UNAVAILABLE;
}

static enum status
check_seen(struct restore *r, const struct last_good_seen *seen)
{
	if (r->head.rev < seen->rev) {
		log_error("snapshot_on_disk_rolled_back",
		    log_int("rev", (int64_t)r->head.rev),
		    log_int("seen_rev", (int64_t)seen->rev));
		return E_CORRUPT;
	}
	return check_age(seen, r->config->max_age_s);
}

static enum status
read_chunks(struct restore *r)
{
	struct arena arena CLEANUP(arena_done);
	enum status s = OK;

	arena_init(&arena, 0);
	for (uint32_t i = 0; i < r->head.chunk_count && s == OK; i++) {
		struct str chunk;

		s = last_good_reader_next(r->reader, &arena, &chunk);
		if (s == OK)
			s = intake_add(r->intake, chunk, &r->faults);
		arena_reset(&arena);
	}
	return s;
}

static enum status
read_snapshot(struct restore *r, struct snapshot **out)
{
	enum status s = intake_open(r->config->control, &r->arena, &r->head,
	    r->config->max_bytes, &r->intake, &r->faults);

	if (s == OK)
		s = read_chunks(r);
	if (s == OK)
		s = intake_finish(r->intake, out, &r->faults);
	for (size_t i = 0; i < r->faults.count; i++)
		log_error("snapshot_on_disk_fault",
		    log_str("kind", r->faults.list[i].kind),
		    log_str("id", r->faults.list[i].id),
		    log_str("field", r->faults.list[i].field),
		    log_str("message", r->faults.list[i].message));
	return s;
}

/* The configuration itself may ask for less patience than the gateway. */
static enum status
restore(struct restore *r, struct snapshot **out)
{
	struct last_good_seen seen;
	struct snapshot *snapshot;
	enum status s = last_good_read_seen(r->config->place, &seen);

	if (s == OK)
		s = check_seen(r, &seen);
	if (s == OK)
		s = read_snapshot(r, &snapshot);
	if (s != OK)
		return s;
	if (snapshot_lkg_max_age_s(snapshot) > 0)
		s = check_age(&seen, snapshot_lkg_max_age_s(snapshot));
	if (s == OK)
		*out = snapshot;
	else
		snapshot_unref(snapshot);
	return s;
}

enum status
restore_run(const struct restore_config *config, struct snapshot **out)
{
	struct restore r = { .config = config };
	enum status s;

	arena_init(&r.arena, 0);
	s = last_good_reader_open(config->place, &r.arena, &r.head, &r.reader);
	if (s == OK) {
		s = restore(&r, out);
		seal_wipe((void *)r.head.secrets.ptr, r.head.secrets.len);
		last_good_reader_close(r.reader);
		if (s == E_NOT_FOUND) /* nobody vouches for it */
			s = E_CORRUPT;
	}
	if (s != OK && s != E_NOT_FOUND)
		log_error("snapshot_on_disk_unusable", log_status(s));
	intake_close(r.intake);
	arena_done(&r.arena);
	return s;
}
