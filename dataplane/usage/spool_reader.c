/*
 * spool_reader.c - the shipper's view: records in order, acknowledged from
 * the front.
 *
 * Every segment remembers where its next record to be read lies, so walking
 * starts there.  Complete entries never change, so their bytes are read
 * without the lock; only the shipper's thread takes segments out of a boot.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/codec.h"
#include "common/daemon.h"
#include "common/metrics.h"
#include "dataplane/usage/spool_private.h"

/* Past so many live segments, open intents move to the newest one. */
#define CARRY_AFTER_SEGMENTS 8

#define REJECTED_MAX_BYTES (16 << 20)

/* The records of a segment, as they stood under the lock. */
struct range {
	struct segment *segment; /* NULL: nothing from here on */
	uint64_t first_seq;
	uint64_t end_seq; /* one past the last */
};

/* The segment that holds record seq, or else the next one that holds any. */
static struct range
find_range(struct spool *spool, struct boot *boot, uint64_t seq)
{
	struct range range = { .segment = NULL };

	pthread_mutex_lock(&spool->lock);
	LIST_FOREACH (node, &boot->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		range.first_seq = segment->first_seq;
		range.end_seq = segment->first_seq + segment->record_count;
		if (segment->record_count > 0 && range.end_seq > seq) {
			range.segment = segment;
			break;
		}
	}
	pthread_mutex_unlock(&spool->lock);
	return range;
}

static struct str
segment_bytes(struct spool *spool, struct segment *segment)
{
	if (segment->map != NULL)
		return str_make(segment->map, segment->size);
	if (spool->loaded != segment) {
		arena_reset(&spool->loaded_arena);
		spool->loaded = segment;
		if (daemon_read_file(&spool->loaded_arena, segment->path,
			SEGMENT_BYTES_MAX, &spool->loaded_bytes) != OK)
			spool->loaded_bytes = (struct str){ 0 };
	}
	return spool->loaded_bytes;
}

/* The record at the mark, which moves past it. */
static enum status
read_record(struct str bytes, struct segment *segment, struct str *out)
{
	struct str entry;
	enum status s;

	do {
		s = segment->mark_offset > bytes.len
		    ? E_CORRUPT
		    : segment_next(bytes, &segment->mark_offset, &entry);
		if (s != OK)
			return s;
	} while (packing_open(entry, out) != PACKING_RECORD);
	segment->mark_seq++;
	return OK;
}

static enum status
seek(struct str bytes, struct segment *segment, uint64_t seq)
{
	struct str record;
	enum status s = OK;

	if (segment->mark_seq > seq) {
		segment->mark_offset = SEGMENT_HEAD_BYTES;
		segment->mark_seq = segment->first_seq;
	}
	while (s == OK && segment->mark_seq < seq)
		s = read_record(bytes, segment, &record);
	return s;
}

/* What a batch may still take. */
struct batch_room {
	size_t records;
	size_t bytes;
};

static bool
batch_add(struct spool_batch *batch, struct batch_room *room, struct str record)
{
	if (room->records == 0)
		return false;
	if (record.len > room->bytes && batch->count > 0)
		return false;
	batch->records[batch->count++] = record;
	room->records--;
	room->bytes -= size_min(room->bytes, record.len);
	return true;
}

/* Records that are not there are replaced, so that numbers have no gaps. */
static bool
add_lost(struct arena *arena, struct spool_batch *batch,
    struct batch_room *room, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (!batch_add(
			batch, room, packing_write_lost(arena, "usage_lost")))
			return false;
	return true;
}

/* False when the batch is full. */
static bool
add_range(struct spool *spool, struct arena *arena, const struct range *range,
    struct spool_batch *batch, struct batch_room *room)
{
	uint64_t seq = batch->first_seq + batch->count;
	struct str bytes = segment_bytes(spool, range->segment);
	struct str record;

	if (seek(bytes, range->segment, seq) != OK)
		return add_lost(arena, batch, room, range->end_seq - seq);
	for (; seq < range->end_seq; seq++) {
		size_t offset = range->segment->mark_offset;

		if (read_record(bytes, range->segment, &record) != OK)
			return add_lost(
			    arena, batch, room, range->end_seq - seq);
		if (!batch_add(batch, room, str_copy(arena, record))) {
			range->segment->mark_offset = offset;
			range->segment->mark_seq = seq;
			return false;
		}
	}
	return true;
}

static struct boot *
find_pending(struct spool *spool, struct spool_batch *out, uint64_t *out_end)
{
	struct boot *pending = NULL;

	pthread_mutex_lock(&spool->lock);
	LIST_FOREACH (node, &spool->boots) {
		struct boot *boot = container_of(node, struct boot, node);

		if (boot->acked_seq == boot->last_seq)
			continue;
		out->boot_id = boot->id;
		out->first_seq = boot->acked_seq + 1;
		*out_end = boot->last_seq + 1;
		pending = boot;
		break;
	}
	pthread_mutex_unlock(&spool->lock);
	return pending;
}

static void
note_oldest(struct spool *spool, struct arena *arena, struct str record)
{
	struct record_subject subject;

	if (packing_read_subject(arena, record, &subject) == OK)
		atomic_store(&spool->oldest_wall_us, subject.wall_us);
}

enum status
spool_read(struct spool *spool, struct arena *arena, size_t max_records,
    size_t max_bytes, struct spool_batch *out)
{
	struct batch_room room = { max_records, max_bytes };
	struct spool_batch batch = { 0 };
	uint64_t end_seq = 0;
	struct boot *boot = find_pending(spool, &batch, &end_seq);
	bool has_room = true;

	assert(max_records > 0);

	if (boot == NULL) {
		atomic_store(&spool->oldest_wall_us, 0);
		return E_NOT_FOUND;
	}
	room.records = size_min(max_records, end_seq - batch.first_seq);
	batch.records =
	    arena_alloc_array(arena, room.records, sizeof(*batch.records));
	while (has_room && room.records > 0) {
		uint64_t seq = batch.first_seq + batch.count;
		struct range range = find_range(spool, boot, seq);

		if (range.segment == NULL)
			has_room =
			    add_lost(arena, &batch, &room, end_seq - seq);
		else if (range.first_seq > seq)
			has_room = add_lost(
			    arena, &batch, &room, range.first_seq - seq);
		else
			has_room =
			    add_range(spool, arena, &range, &batch, &room);
	}
	note_oldest(spool, arena, batch.records[0]);
	*out = batch;
	return OK;
}

/* --- acknowledging ------------------------------------------------------------- */

static void
bury(struct spool *spool, struct boot *boot, struct segment *segment)
{
	list_remove(&segment->node);
	list_append(&spool->dead_segments, &segment->node);
	spool->file_bytes -= (int64_t)segment->size;
	if (boot == spool->own)
		spool->live_count--;
	if (spool->loaded == segment)
		spool->loaded = NULL;
}

static bool
is_done(struct spool *spool, struct boot *boot, struct segment *segment)
{
	uint64_t last = segment->first_seq + segment->record_count - 1;

	if (segment == spool->active)
		return false;
	if (segment->record_count > 0 && last > boot->acked_seq)
		return false;
	if (list_is_empty(&segment->tickets))
		return true;
	return spool->live_count > CARRY_AFTER_SEGMENTS &&
	    spool_carry(spool, segment);
}

static void
trim(struct spool *spool, struct boot *boot)
{
	if (boot->is_kept)
		return;
	LIST_FOREACH (node, &boot->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		if (!is_done(spool, boot, segment))
			break;
		bury(spool, boot, segment);
	}
	if (boot != spool->own && boot->acked_seq == boot->last_seq) {
		list_remove(&boot->node);
		list_append(&spool->dead_boots, &boot->node);
	}
	if (!list_is_empty(&spool->dead_segments))
		spool_keeper_kick(spool);
}

/* How far the segment that is being read has been acknowledged. */
static void
note_acked(struct boot *boot)
{
	LIST_FOREACH (node, &boot->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		if (segment->mark_seq == boot->acked_seq + 1)
			segment->acked_offset = segment->mark_offset;
	}
}

void
spool_ack(struct spool *spool, uint64_t boot_id, uint64_t seq)
{
	pthread_mutex_lock(&spool->lock);
	LIST_FOREACH (node, &spool->boots) {
		struct boot *boot = container_of(node, struct boot, node);

		if (boot->id != boot_id)
			continue;
		if (seq > boot->last_seq)
			seq = boot->last_seq;
		if (seq > boot->acked_seq)
			metric_add(METRIC_GATEWAY_SPOOL_ACKED,
			    (int64_t)(seq - boot->acked_seq));
		boot->acked_seq = seq;
		note_acked(boot);
		trim(spool, boot);
	}
	pthread_mutex_unlock(&spool->lock);
}

/* One line each: boot, seq, the record in base64.  Bounded like all files. */
void
spool_reject(struct spool *spool, const struct spool_batch *batch)
{
	struct arena arena CLEANUP(arena_done);
	const char *path;
	struct str text;
	FILE *file;

	metric_add(METRIC_GATEWAY_SPOOL_REJECTED, 1);
	arena_init(&arena, 0);
	path = str_printf(&arena, "%s/rejected.log", spool->path).ptr;
	text = codec_base64(&arena, batch->records[0]);
	file = fopen(path, "ae");
	if (file == NULL)
		return;
	if (fseek(file, 0, SEEK_END) == 0 && ftell(file) < REJECTED_MAX_BYTES)
		fprintf(file, "%016" PRIx64 " %" PRIu64 " %.*s\n",
		    batch->boot_id, batch->first_seq, STR_ARGS(text));
	fclose(file);
}

/* --- waiting and looking --------------------------------------------------------- */

static bool
is_readable(const struct spool *spool)
{
	LIST_FOREACH (node, &spool->boots) {
		const struct boot *boot = container_of(node, struct boot, node);

		if (boot->acked_seq < boot->last_seq)
			return true;
	}
	return false;
}

bool
spool_wait(struct spool *spool, int timeout_ms)
{
	int64_t end_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
	bool readable;

	pthread_mutex_lock(&spool->lock);
	spool->is_waiting = true;
	while (
	    !spool->is_woken && !is_readable(spool) && clock_mono_ns() < end_ns)
		spool_cond_wait(&spool->readable, &spool->lock, end_ns);
	spool->is_waiting = false;
	spool->is_woken = false;
	readable = is_readable(spool);
	pthread_mutex_unlock(&spool->lock);
	return readable;
}

void
spool_wake(struct spool *spool)
{
	pthread_mutex_lock(&spool->lock);
	spool->is_woken = true;
	pthread_cond_signal(&spool->readable);
	pthread_mutex_unlock(&spool->lock);
}

static int64_t
boot_bytes(const struct boot *boot)
{
	int64_t bytes = 0;

	LIST_FOREACH (node, &boot->segments) {
		const struct segment *segment =
		    container_of(node, struct segment, node);
		uint64_t end_seq = segment->first_seq + segment->record_count;

		if (segment->record_count > 0 && end_seq > boot->acked_seq + 1)
			bytes +=
			    (int64_t)(segment->used - segment->acked_offset);
	}
	return bytes;
}

int64_t
spool_bytes(const struct spool *spool)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&spool->lock;
	int64_t bytes = 0;

	pthread_mutex_lock(lock);
	LIST_FOREACH (node, &spool->boots)
		bytes += boot_bytes(container_of(node, struct boot, node));
	pthread_mutex_unlock(lock);
	return bytes;
}

int64_t
spool_oldest_ms(const struct spool *spool)
{
	int64_t oldest_us = atomic_load(&spool->oldest_wall_us);

	if (oldest_us == 0)
		return 0;
	return i64_max(0, (clock_wall_us() - oldest_us) / 1000);
}
