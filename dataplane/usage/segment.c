/*
 * segment.c - see segment.h.
 */
#include "dataplane/usage/segment.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base.h"
#include "common/digest.h"

#define MAGIC 0x31306c6f6f707377 /* "wspool01" */

struct head {
	_Atomic uint64_t magic; /* stored last */
	uint64_t boot_id;
	uint64_t first_seq;
	uint32_t crc32; /* of the two before it */
	uint8_t rest[SEGMENT_HEAD_BYTES - 3 * 8 - 4];
};
static_assert(sizeof(struct head) == SEGMENT_HEAD_BYTES);

struct entry_head {
	_Atomic uint32_t len; /* stored last */
	uint32_t crc32;
};
static_assert(sizeof(struct entry_head) == 8);

struct segment *
segment_new(const char *path)
{
	struct segment *segment = calloc(1, sizeof(*segment));

	if (segment == NULL)
		abort();
	segment->path = strdup(path);
	if (segment->path == NULL)
		abort();
	segment->fd = -1;
	list_init(&segment->node);
	list_init(&segment->tickets);
	return segment;
}

/*
 * All blocks are asked for now: a full disk must show here, as an error, and
 * not as a signal when the mapped memory is written to.
 */
static enum status
map_new_file(struct segment *segment, size_t size)
{
	segment->fd = open(segment->path,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (segment->fd < 0)
		return E_UNAVAILABLE;
	if (posix_fallocate(segment->fd, 0, (off_t)size) != 0)
		return E_UNAVAILABLE;
	void *map = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);
	if (map == MAP_FAILED)
		return E_UNAVAILABLE;
	segment->map = map;
	segment->size = size;
	segment->used = SEGMENT_HEAD_BYTES;
	segment->mark_offset = SEGMENT_HEAD_BYTES;
	return OK;
}

enum status
segment_create(const char *path, size_t size, struct segment **out)
{
	struct segment *segment = segment_new(path);
	enum status s = map_new_file(segment, size);

	if (s != OK) {
		if (segment->fd >= 0)
			unlink(path);
		segment_free(segment);
		return s;
	}
	*out = segment;
	return OK;
}

void
segment_free(struct segment *segment)
{
	if (segment->map != NULL)
		munmap(segment->map, segment->size);
	if (segment->fd >= 0)
		close(segment->fd);
	free((void *)segment->path);
	free(segment);
}

static uint32_t
head_crc(const struct head *head)
{
	return digest_crc32(str_make(&head->boot_id,
	    offsetof(struct head, crc32) - offsetof(struct head, boot_id)));
}

void
segment_write_head(
    char bytes[SEGMENT_HEAD_BYTES], uint64_t boot_id, uint64_t first_seq)
{
	struct head *head = (struct head *)bytes;

	head->boot_id = boot_id;
	head->first_seq = first_seq;
	head->crc32 = head_crc(head);
	atomic_store_explicit(&head->magic, MAGIC, memory_order_release);
}

void
segment_begin(struct segment *segment, uint64_t boot_id, uint64_t first_seq)
{
	segment_write_head(segment->map, boot_id, first_seq);
	segment->first_seq = first_seq;
	segment->mark_seq = first_seq;
}

size_t
segment_entry_bytes(size_t len)
{
	return sizeof(struct entry_head) + ((len + 7) & ~(size_t)7);
}

bool
segment_has_room(const struct segment *segment, size_t len)
{
	return segment->size - segment->used >= segment_entry_bytes(len);
}

size_t
segment_entries_left(const struct segment *segment)
{
	return (segment->size - segment->used) / SEGMENT_ENTRY_MAX_BYTES;
}

void
segment_write_entry(char *out, struct str entry)
{
	struct entry_head *head = (struct entry_head *)out;

	assert(entry.len > 0);
	memcpy(out + sizeof(*head), entry.ptr, entry.len);
	head->crc32 = digest_crc32(entry);
	atomic_store_explicit(
	    &head->len, (uint32_t)entry.len, memory_order_release);
}

size_t
segment_append(struct segment *segment, struct str entry)
{
	size_t offset = segment->used;

	assert(segment_has_room(segment, entry.len));
	segment_write_entry(segment->map + offset, entry);
	segment->used += segment_entry_bytes(entry.len);
	return offset;
}

enum status
segment_next(struct str bytes, size_t *offset, struct str *out_entry)
{
	const struct entry_head *head =
	    (const struct entry_head *)(bytes.ptr + *offset);
	struct str entry;

	if (bytes.len - *offset < sizeof(*head))
		return E_NOT_FOUND;
	entry.len = atomic_load_explicit(&head->len, memory_order_acquire);
	entry.ptr = (const char *)(head + 1);
	if (entry.len == 0)
		return E_NOT_FOUND;
	if (entry.len > PACKING_RECORD_MAX_BYTES)
		return E_CORRUPT;
	if (segment_entry_bytes(entry.len) > bytes.len - *offset)
		return E_CORRUPT;
	if (digest_crc32(entry) != head->crc32)
		return E_CORRUPT;
	*offset += segment_entry_bytes(entry.len);
	*out_entry = entry;
	return OK;
}

enum status
segment_read_head(struct str bytes, uint64_t boot_id, uint64_t *out_first_seq)
{
	static const char nothing[SEGMENT_HEAD_BYTES];
	struct head head;

	if (bytes.len == 0) /* killed while it was being made */
		return E_NOT_FOUND;
	if (bytes.len < sizeof(head))
		return E_CORRUPT;
	if (memcmp(bytes.ptr, nothing, sizeof(head)) == 0)
		return E_NOT_FOUND;
	memcpy(&head, bytes.ptr, sizeof(head));
	if (head.magic != MAGIC || head.crc32 != head_crc(&head))
		return E_CORRUPT;
	if (head.boot_id != boot_id || head.first_seq == 0 ||
	    head.first_seq > INT64_MAX)
		return E_CORRUPT;
	*out_first_seq = head.first_seq;
	return OK;
}
