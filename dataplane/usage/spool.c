/*
 * spool.c - writing: an intent and a record per request, under one lock.
 *
 * What is promised is counted in entries of the largest size: as long as
 * there is room for one per open intent, spool_end() cannot fail.  Writing an
 * entry takes at most one such room, and an intent opens one more, so two are
 * asked for before an intent is written.
 */
#include "dataplane/usage/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/metrics.h"
#include "dataplane/usage/packing.h"
#include "dataplane/usage/spool_private.h"

/* Boot ids are milliseconds since 1970 with this many random bits behind. */
#define BOOT_RANDOM_BITS 20

void
spool_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

void
spool_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t end_ns)
{
	struct timespec end = {
		.tv_sec = end_ns / NS_PER_S,
		.tv_nsec = end_ns % NS_PER_S,
	};

	pthread_cond_timedwait(cond, lock, &end);
}

struct boot *
boot_new(const char *directory, uint64_t id)
{
	struct boot *boot = calloc(1, sizeof(*boot));
	char *path;

	if (boot == NULL ||
	    asprintf(&path, "%s/%016" PRIx64, directory, id) < 0)
		abort();
	boot->id = id;
	boot->path = path;
	list_init(&boot->node);
	list_init(&boot->segments);
	return boot;
}

void
boot_free(struct boot *boot)
{
	LIST_FOREACH (node, &boot->segments)
		segment_free(container_of(node, struct segment, node));
	free((void *)boot->path);
	free(boot);
}

/* --- room ---------------------------------------------------------------------- */

static size_t
entries_of_a_file(const struct spool *spool)
{
	return ((size_t)spool->limits.segment_bytes - SEGMENT_HEAD_BYTES) /
	    SEGMENT_ENTRY_MAX_BYTES;
}

/* Entries that fit whatever their size. */
static size_t
entries_left(const struct spool *spool)
{
	size_t left = spool->ahead_count * entries_of_a_file(spool);

	if (spool->active != NULL)
		left += segment_entries_left(spool->active);
	return left;
}

bool
spool_needs_segment(const struct spool *spool)
{
	return entries_left(spool) <
	    spool->open_count + entries_of_a_file(spool);
}

/* The keeper makes files in time; doing it here is for sudden crowds. */
static enum status
make_room(struct spool *spool, size_t more)
{
	enum status s = OK;

	while (s == OK && entries_left(spool) < spool->open_count + more)
		s = spool_add_segment(spool);
	return s;
}

static void
next_segment(struct spool *spool)
{
	struct segment *segment;

	assert(!list_is_empty(&spool->ahead));
	segment = container_of(spool->ahead.next, struct segment, node);
	list_remove(&segment->node);
	spool->ahead_count--;
	segment_begin(segment, spool->own->id, spool->own->last_seq + 1);
	list_append(&spool->own->segments, &segment->node);
	spool->active = segment;
	spool->live_count++;
}

struct segment *
spool_append(struct spool *spool, struct str entry, size_t *out_offset)
{
	if (spool->active == NULL ||
	    !segment_has_room(spool->active, entry.len))
		next_segment(spool);
	*out_offset = segment_append(spool->active, entry);
	if (spool_needs_segment(spool))
		spool_keeper_kick(spool);
	return spool->active;
}

/* --- intents and records ------------------------------------------------------- */

static void
ticket_open(struct spool_ticket *ticket, struct segment *segment, size_t offset)
{
	ticket->offset = offset;
	ticket->open = true;
	list_append(&segment->tickets, &ticket->node);
}

enum status
spool_begin(struct spool *spool, const struct record_intent *intent,
    struct spool_ticket *out)
{
	uint8_t packed[PACKING_INTENT_MAX_BYTES];
	struct str entry =
	    str_make(packed, packing_write_intent(intent, packed));
	struct segment *segment;
	size_t offset;
	enum status s;

	assert(!out->open);

	pthread_mutex_lock(&spool->lock);
	s = make_room(spool, 2);
	if (s == OK) {
		segment = spool_append(spool, entry, &offset);
		ticket_open(out, segment, offset);
		spool->open_count++;
	}
	pthread_mutex_unlock(&spool->lock);
	return s;
}

/* Gives the ticket's room free, or asks for some. */
static enum status
claim_room(struct spool *spool, struct spool_ticket *ticket)
{
	if (!ticket->open)
		return make_room(spool, 1);
	list_remove(&ticket->node);
	ticket->open = false;
	spool->open_count--;
	return OK;
}

void
spool_end(struct spool *spool, struct spool_ticket *ticket,
    const struct record *record)
{
	uint8_t packed[PACKING_RECORD_MAX_BYTES] __attribute__((uninitialized));
	struct str entry =
	    str_make(packed, packing_write_record(record, packed));
	bool is_waiting;
	size_t offset;
	enum status s;

	pthread_mutex_lock(&spool->lock);
	s = claim_room(spool, ticket);
	if (s == OK) {
		spool_append(spool, entry, &offset)->record_count++;
		spool->own->last_seq++;
	}
	is_waiting = spool->is_waiting;
	pthread_mutex_unlock(&spool->lock);

	if (is_waiting)
		pthread_cond_signal(&spool->readable);
	metric_add(s == OK ? METRIC_GATEWAY_SPOOL_RECORDS
			   : METRIC_GATEWAY_SPOOL_DROPPED,
	    1);
}

bool
spool_carry(struct spool *spool, struct segment *segment)
{
	struct str bytes = str_make(segment->map, segment->used);

	LIST_FOREACH (node, &segment->tickets) {
		struct spool_ticket *ticket =
		    container_of(node, struct spool_ticket, node);
		size_t offset = ticket->offset;
		struct segment *newest;
		struct str entry;

		if (make_room(spool, 1) != OK)
			return false;
		if (segment_next(bytes, &offset, &entry) != OK)
			return false;
		newest = spool_append(spool, entry, &offset);
		list_remove(&ticket->node);
		ticket_open(ticket, newest, offset);
	}
	return true;
}

/* --- opening and closing ------------------------------------------------------- */

static struct spool *
spool_new(const char *path, const struct spool_limits *limits)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL)
		abort();
	spool->path = strdup(path);
	if (spool->path == NULL)
		abort();
	spool->limits = *limits;
	pthread_mutex_init(&spool->lock, NULL);
	spool_cond_init(&spool->readable);
	spool_cond_init(&spool->kick);
	list_init(&spool->boots);
	list_init(&spool->ahead);
	list_init(&spool->dead_segments);
	list_init(&spool->dead_boots);
	arena_init(&spool->loaded_arena, 0);
	return spool;
}

static void
free_segments(struct list *segments)
{
	LIST_FOREACH (node, segments)
		segment_free(container_of(node, struct segment, node));
}

static void
free_boots(struct list *boots)
{
	LIST_FOREACH (node, boots)
		boot_free(container_of(node, struct boot, node));
}

static void
spool_free(struct spool *spool)
{
	free_boots(&spool->boots);
	free_boots(&spool->dead_boots);
	free_segments(&spool->ahead);
	free_segments(&spool->dead_segments);
	arena_done(&spool->loaded_arena);
	pthread_cond_destroy(&spool->kick);
	pthread_cond_destroy(&spool->readable);
	pthread_mutex_destroy(&spool->lock);
	free((void *)spool->path);
	free(spool);
}

/* Later than every earlier one, and never the same on two machines. */
static uint64_t
make_boot_id(uint64_t newest_id)
{
	uint64_t id = (uint64_t)(clock_wall_us() / 1000) << BOOT_RANDOM_BITS;
	uint32_t random;

	random_bytes(&random, sizeof(random));
	id |= random & ((1u << BOOT_RANDOM_BITS) - 1);
	return id > newest_id ? id : newest_id + 1;
}

static enum status
start_boot(struct spool *spool, uint64_t newest_id)
{
	spool->own = boot_new(spool->path, make_boot_id(newest_id));
	list_append(&spool->boots, &spool->own->node);
	if (mkdir(spool->own->path, 0700) != 0)
		return E_UNAVAILABLE;
	/* Without room this boot begins by shipping what the others left. */
	(void)!spool_add_segment(spool);
	return OK;
}

enum status
spool_open(
    const char *path, const struct spool_limits *limits, struct spool **out)
{
	struct spool *spool;
	uint64_t newest_id = 0;
	enum status s;

	assert(limits->segment_bytes >=
	    SEGMENT_HEAD_BYTES + 2 * SEGMENT_ENTRY_MAX_BYTES);
	assert(limits->segment_bytes <= SEGMENT_BYTES_MAX);
	assert(limits->max_bytes >= limits->segment_bytes);

	if (mkdir(path, 0700) != 0 && access(path, W_OK) != 0)
		return E_FORBIDDEN;
	spool = spool_new(path, limits);
	s = spool_recover(spool, &newest_id);
	if (s == OK)
		s = start_boot(spool, newest_id);
	if (s == OK)
		s = spool_keeper_start(spool);
	if (s != OK) {
		spool_free(spool);
		return s;
	}
	*out = spool;
	return OK;
}

void
spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	spool_keeper_stop(spool);
	spool_free(spool);
}

uint64_t
spool_boot_id(const struct spool *spool)
{
	return spool->own->id;
}
