/*
 * spool_recovery.c - what earlier boots left behind.
 *
 * A boot's segments are read in order.  Records close the intents of their
 * request; what stays open gets a record now, in one more segment of that
 * boot.  That segment appears whole or not at all, so being killed in here
 * only means doing it again.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base.h"
#include "common/buf.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/map.h"
#include "common/metrics.h"
#include "dataplane/usage/spool_private.h"

#define BOOT_DIGITS 16
#define FILE_DIGITS 8

struct open_intent {
	struct list node;
	struct record_intent intent;
};

struct recovery { /* of one boot */
	struct spool *spool;
	struct boot *boot;
	struct arena arena;
	struct list open;      /* in the order they were begun */
	struct map by_request; /* request id -> open_intent */
	uint64_t next_file;
	size_t open_count;
};

/* --- names in a directory ---------------------------------------------------- */

struct names {
	uint64_t *values;
	size_t count;
};

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static bool
parse_name(const char *name, size_t digits, const char *suffix, uint64_t *out)
{
	if (strspn(name, "0123456789abcdef") != digits ||
	    strcmp(name + digits, suffix) != 0)
		return false;
	*out = strtoull(name, NULL, 16);
	return *out <= INT64_MAX;
}

static void
names_add(struct arena *arena, struct names *names, uint64_t value)
{
	uint64_t *old = names->values;

	/* Doubled whenever the count is a power of two. */
	if ((names->count & (names->count - 1)) == 0) {
		names->values = arena_alloc_array(
		    arena, 2 * names->count + 1, sizeof(*names->values));
		if (names->count > 0)
			memcpy(names->values, old,
			    names->count * sizeof(*names->values));
	}
	names->values[names->count++] = value;
}

/* The names in a directory that are so many digits and `suffix`, sorted. */
static enum status
list_names(struct arena *arena, const char *path, size_t digits,
    const char *suffix, struct names *out)
{
	DIR *directory = opendir(path);
	struct dirent *found;
	uint64_t value;

	*out = (struct names){ 0 };
	if (directory == NULL)
		return E_UNAVAILABLE;
	while ((found = readdir(directory)) != NULL)
		if (parse_name(found->d_name, digits, suffix, &value))
			names_add(arena, out, value);
	closedir(directory);
	if (out->count > 0)
		qsort(out->values, out->count, sizeof(*out->values),
		    compare_numbers);
	return OK;
}

/* --- reading ------------------------------------------------------------------- */

static void
note_damage(struct segment *segment)
{
	segment->is_damaged = true;
	metric_add(METRIC_GATEWAY_SPOOL_DAMAGED, 1);
	log_error("spool_segment_damaged", log_cstr("path", segment->path),
	    log_int("records_read", (int64_t)segment->record_count));
}

static struct str
request_key(const struct record_subject *subject)
{
	return str_make(
	    subject->request_id.bytes, sizeof(subject->request_id.bytes));
}

static void
note_intent(struct recovery *r, struct open_intent *open)
{
	struct str key = request_key(&open->intent.subject);

	/* One that was carried forward is there twice. */
	if (map_get(&r->by_request, key) != NULL)
		return;
	map_put(&r->by_request, key, open);
	list_append(&r->open, &open->node);
	r->open_count++;
}

static void
note_record(struct recovery *r, const struct record_subject *subject)
{
	struct open_intent *open =
	    map_remove(&r->by_request, request_key(subject));

	if (open == NULL)
		return;
	list_remove(&open->node);
	r->open_count--;
}

static enum status
read_entry(struct recovery *r, struct segment *segment, struct str entry)
{
	struct open_intent *open;
	struct record_subject subject;
	struct str body;
	enum status s;

	switch (packing_open(entry, &body)) {
	case PACKING_INTENT:
		open = arena_alloc(&r->arena, sizeof(*open));
		s = packing_read_intent(&r->arena, body, &open->intent);
		if (s == OK)
			note_intent(r, open);
		return s;
	case PACKING_RECORD:
		s = packing_read_subject(&r->arena, body, &subject);
		if (s != OK)
			return s;
		note_record(r, &subject);
		segment->record_count++;
		return OK;
	default:
		return E_CORRUPT;
	}
}

/* E_NOT_FOUND when the file was never begun and can go. */
static enum status
read_segment(struct recovery *r, struct segment *segment)
{
	CLEANUP(arena_done) struct arena scratch;
	size_t offset = SEGMENT_HEAD_BYTES;
	struct str bytes, entry;
	enum status s;

	arena_init(&scratch, 0);
	s = daemon_read_file(
	    &scratch, segment->path, SEGMENT_BYTES_MAX, &bytes);
	if (s == OK)
		s = segment_read_head(bytes, r->boot->id, &segment->first_seq);
	while (s == OK) {
		segment->used = offset;
		s = segment_next(bytes, &offset, &entry);
		if (s == OK)
			s = read_entry(r, segment, entry);
		else if (s == E_NOT_FOUND)
			return OK;
	}
	if (s != E_NOT_FOUND)
		note_damage(segment);
	return s;
}

/* What was made ahead of need is given back. */
static void
trim_file(struct spool *spool, struct segment *segment)
{
	if (!segment->is_damaged)
		(void)!truncate(segment->path, (off_t)segment->used);
	segment->size = segment->used;
	segment->mark_offset = SEGMENT_HEAD_BYTES;
	segment->mark_seq = segment->first_seq;
	spool->file_bytes += (int64_t)segment->size;
}

static void
read_file(struct recovery *r, uint64_t file)
{
	struct boot *boot = r->boot;
	const char *path =
	    str_printf(&r->arena, "%s/%08" PRIx64 ".seg", boot->path, file).ptr;
	struct segment *segment = segment_new(path);

	if (read_segment(r, segment) == E_NOT_FOUND) {
		unlink(path);
		segment_free(segment);
		return;
	}
	trim_file(r->spool, segment);
	r->next_file = file + 1;
	list_append(&boot->segments, &segment->node);
	if (segment->first_seq == 0) /* not even its head can be read */
		return;
	if (boot->last_seq == 0)
		boot->acked_seq = segment->first_seq - 1;
	boot->last_seq = segment->first_seq + segment->record_count - 1;
}

/* --- giving records to what was left open ---------------------------------- */

static size_t
write_estimate(
    const struct record_intent *intent, uint8_t out[PACKING_RECORD_MAX_BYTES])
{
	const struct record record = {
		.subject = intent->subject,
		.outcome = OUTCOME_ERROR,
		.error_code = STR("gateway_restarted"),
		.tokens = { .input = intent->input_guess },
		.cost_nano = intent->reserved_nano,
		.unpriced = intent->reserved_nano == 0,
	};

	return packing_write_record(&record, out);
}

static void
add_estimates(struct recovery *r, struct buf *out)
{
	uint8_t packed[PACKING_RECORD_MAX_BYTES];
	char entry[SEGMENT_ENTRY_MAX_BYTES] __attribute__((aligned(8)));

	LIST_FOREACH (node, &r->open) {
		struct open_intent *open =
		    container_of(node, struct open_intent, node);
		size_t len = write_estimate(&open->intent, packed);
		size_t size = segment_entry_bytes(len);

		memset(entry, 0, size);
		segment_write_entry(entry, str_make(packed, len));
		buf_add(out, entry, size);
	}
}

static enum status
close_open_intents(struct recovery *r)
{
	struct boot *boot = r->boot;
	size_t max_bytes =
	    SEGMENT_HEAD_BYTES + r->open_count * SEGMENT_ENTRY_MAX_BYTES;
	char head[SEGMENT_HEAD_BYTES] __attribute__((aligned(8))) = { 0 };
	struct segment *segment;
	struct buf content CLEANUP(buf_done);
	enum status s;

	buf_init(&content, max_bytes);
	segment_write_head(head, boot->id, boot->last_seq + 1);
	buf_add(&content, head, sizeof(head));
	add_estimates(r, &content);

	segment = segment_new(str_printf(
	    &r->arena, "%s/%08" PRIx64 ".seg", boot->path, r->next_file)
				  .ptr);
	s = daemon_write_file(segment->path, buf_str(&content), 0600);
	if (s != OK) {
		segment_free(segment);
		return s;
	}
	segment->first_seq = boot->last_seq + 1;
	segment->record_count = r->open_count;
	segment->used = buf_len(&content);
	trim_file(r->spool, segment);
	list_append(&boot->segments, &segment->node);
	boot->last_seq += r->open_count;
	metric_add(METRIC_GATEWAY_SPOOL_RECOVERED, (int64_t)r->open_count);
	log_warn("spool_recovered", log_cstr("boot", boot->path),
	    log_int("requests", (int64_t)r->open_count));
	return OK;
}

/* --- all of them ----------------------------------------------------------------- */

static enum status
read_boot(struct recovery *r)
{
	struct boot *boot = r->boot;
	struct names files;
	enum status s;

	s = list_names(&r->arena, boot->path, FILE_DIGITS, ".seg", &files);
	if (s != OK)
		return s;
	for (size_t i = 0; i < files.count; i++)
		read_file(r, files.values[i]);
	/* On a full disk they wait for the next start; the rest is shipped. */
	if (r->open_count > 0 && close_open_intents(r) != OK) {
		boot->is_kept = true;
		log_error("spool_not_recovered", log_cstr("boot", boot->path),
		    log_int("requests", (int64_t)r->open_count));
	}
	return OK;
}

static void
keep_or_remove(struct spool *spool, struct boot *boot)
{
	if (boot->last_seq > boot->acked_seq || boot->is_kept) {
		list_append(&spool->boots, &boot->node);
		return;
	}
	LIST_FOREACH (node, &boot->segments) {
		struct segment *segment =
		    container_of(node, struct segment, node);

		spool->file_bytes -= (int64_t)segment->size;
		list_remove(node);
		list_append(&spool->dead_segments, node);
	}
	list_append(&spool->dead_boots, &boot->node);
}

static enum status
recover_boot(struct spool *spool, uint64_t id)
{
	struct recovery r = { .spool = spool };
	enum status s;

	r.boot = boot_new(spool->path, id);
	arena_init(&r.arena, 0);
	map_init(&r.by_request);
	list_init(&r.open);
	s = read_boot(&r);
	map_done(&r.by_request);
	arena_done(&r.arena);
	if (s == OK)
		keep_or_remove(spool, r.boot);
	else
		boot_free(r.boot);
	return s;
}

enum status
spool_recover(struct spool *spool, uint64_t *out_newest_id)
{
	CLEANUP(arena_done) struct arena arena;
	struct names boots;
	enum status s;

	arena_init(&arena, 0);
	s = list_names(&arena, spool->path, BOOT_DIGITS, "", &boots);
	for (size_t i = 0; s == OK && i < boots.count; i++)
		s = recover_boot(spool, boots.values[i]);
	if (boots.count > 0)
		*out_newest_id = boots.values[boots.count - 1];
	return s;
}
