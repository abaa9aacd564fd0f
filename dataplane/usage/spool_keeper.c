/*
 * spool_keeper.c - the thread that keeps the spool's files.
 *
 * Every 100 ms it syncs what was written, so a crash of the whole machine
 * loses no more than that; it makes files before they are needed and removes
 * those that are done with.  Only this thread frees segments, so what it took
 * note of under the lock stays valid while it works without it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/log.h"
#include "dataplane/usage/spool_private.h"

#define SYNC_INTERVAL_NS (100 * NS_PER_MS)
#define SYNC_BATCH 16

/* After the disk was full: how soon it is asked again. */
#define NO_ROOM_PAUSE_NS (100 * NS_PER_MS)

struct sync_item {
	struct segment *segment;
	size_t used;
};

struct work {
	struct sync_item items[SYNC_BATCH];
	size_t count;
	struct list dead_segments;
	struct list dead_boots;
};

static void
sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static enum status
make_segment(struct spool *spool, struct segment **out)
{
	char *path;
	enum status s;

	if (spool->file_bytes + spool->limits.segment_bytes >
	    spool->limits.max_bytes)
		return E_UNAVAILABLE;
	if (asprintf(&path, "%s/%08" PRIx64 ".seg", spool->own->path,
		spool->next_file) < 0)
		abort();
	s = segment_create(path, (size_t)spool->limits.segment_bytes, out);
	free(path);
	return s;
}

enum status
spool_add_segment(struct spool *spool)
{
	int64_t now_ns = clock_mono_ns();
	struct segment *segment;

	if (now_ns < spool->no_room_until_ns)
		return E_UNAVAILABLE;
	if (make_segment(spool, &segment) != OK) {
		spool->no_room_until_ns = now_ns + NO_ROOM_PAUSE_NS;
		return E_UNAVAILABLE;
	}
	spool->next_file++;
	spool->file_bytes += spool->limits.segment_bytes;
	list_append(&spool->ahead, &segment->node);
	spool->ahead_count++;
	return OK;
}

static void
move_all(struct list *from, struct list *to)
{
	list_init(to);
	LIST_FOREACH (node, from) {
		list_remove(node);
		list_append(to, node);
	}
}

static void
take_work(struct spool *spool, struct work *work)
{
	*work = (struct work){ .count = 0 };
	move_all(&spool->dead_segments, &work->dead_segments);
	move_all(&spool->dead_boots, &work->dead_boots);
	LIST_FOREACH (node, &spool->own->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		if (work->count == SYNC_BATCH)
			break;
		if (segment->synced < segment->used)
			work->items[work->count++] =
			    (struct sync_item){ segment, segment->used };
	}
}

/* Damaged ones are put aside for people to look at. */
static void
remove_segment(const struct spool *spool, struct segment *segment)
{
	char *aside;

	if (segment->is_damaged) {
		if (asprintf(&aside, "%s/%" PRId64 ".damaged", spool->path,
			clock_wall_us()) < 0)
			abort();
		if (rename(segment->path, aside) == 0)
			log_warn(
			    "spool_segment_set_aside", log_cstr("path", aside));
		free(aside);
	}
	unlink(segment->path);
	segment_free(segment);
}

static void
do_work(struct spool *spool, struct work *work)
{
	for (size_t i = 0; i < work->count; i++)
		if (fdatasync(work->items[i].segment->fd) != 0)
			log_error("spool_sync_failed",
			    log_cstr("path", work->items[i].segment->path));
	LIST_FOREACH (node, &work->dead_segments)
		remove_segment(spool, container_of(node, struct segment, node));
	LIST_FOREACH (node, &work->dead_boots) {
		struct boot *boot = container_of(node, struct boot, node);

		rmdir(boot->path);
		boot_free(boot);
	}
}

/*
 * True when files were made.  Under the lock, which others wait for: that is
 * once in some thousand requests, for a fraction of a millisecond.
 */
static bool
finish_work(struct spool *spool, const struct work *work)
{
	uint64_t next_file = spool->next_file;
	enum status s = OK;

	for (size_t i = 0; i < work->count; i++)
		work->items[i].segment->synced = work->items[i].used;
	while (s == OK && spool_needs_segment(spool))
		s = spool_add_segment(spool);
	return spool->next_file != next_file;
}

static void
keep(struct spool *spool)
{
	struct work work;
	bool has_new_files;

	pthread_mutex_lock(&spool->lock);
	take_work(spool, &work);
	pthread_mutex_unlock(&spool->lock);
	do_work(spool, &work);
	pthread_mutex_lock(&spool->lock);
	has_new_files = finish_work(spool, &work);
	pthread_mutex_unlock(&spool->lock);
	if (has_new_files)
		sync_directory(spool->own->path);
}

static void *
run(void *context)
{
	struct spool *spool = context;
	bool is_closing = false;

	while (!is_closing) {
		int64_t end_ns = clock_mono_ns() + SYNC_INTERVAL_NS;

		pthread_mutex_lock(&spool->lock);
		while (!spool->is_kicked && !spool->is_closing &&
		    clock_mono_ns() < end_ns)
			spool_cond_wait(&spool->kick, &spool->lock, end_ns);
		is_closing = spool->is_closing;
		spool->is_kicked = false;
		pthread_mutex_unlock(&spool->lock);
		keep(spool);
	}
	return NULL;
}

enum status
spool_keeper_start(struct spool *spool)
{
	sync_directory(spool->path);
	if (pthread_create(&spool->keeper, NULL, run, spool) != 0)
		return E_UNAVAILABLE;
	return OK;
}

void
spool_keeper_kick(struct spool *spool)
{
	if (spool->is_kicked)
		return;
	spool->is_kicked = true;
	pthread_cond_signal(&spool->kick);
}

/* What nobody needs any more goes; the rest is for the next boot. */
static void
remove_own_if_done(struct spool *spool)
{
	struct boot *own = spool->own;

	LIST_FOREACH (node, &spool->ahead) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		list_remove(node);
		remove_segment(spool, segment);
	}
	if (own->acked_seq < own->last_seq || spool->open_count > 0)
		return;
	LIST_FOREACH (node, &own->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		list_remove(node);
		remove_segment(spool, segment);
	}
	rmdir(own->path);
}

void
spool_keeper_stop(struct spool *spool)
{
	pthread_mutex_lock(&spool->lock);
	spool->is_closing = true;
	pthread_cond_signal(&spool->kick);
	pthread_mutex_unlock(&spool->lock);
	pthread_join(spool->keeper, NULL);
	remove_own_if_done(spool);
}
