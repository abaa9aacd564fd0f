/*
 * segment.h - one file of the spool.
 *
 * A head of 64 bytes, then entries: u32 length, u32 CRC-32, the bytes, filled
 * up to a multiple of 8.  The file is zero where nothing was written, and an
 * entry's length is stored last, so a length of 0 is the end and what lies
 * before it is whole.  A file without a head was made ahead and never begun.
 *
 * Segments being written are mapped; those of earlier boots are read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "common/status.h"
#include "common/str.h"
#include "dataplane/usage/packing.h"

struct arena;

#define SEGMENT_HEAD_BYTES 64
#define SEGMENT_BYTES_MAX (64 << 20)

/* What the largest entry takes. */
#define SEGMENT_ENTRY_MAX_BYTES (8 + PACKING_RECORD_MAX_BYTES)

struct segment {	  /* lifetime: until acknowledged */
	struct list node; /* of its boot, or ahead, or dead */
	const char *path;
	uint64_t first_seq; /* of the first record in it */
	uint64_t record_count;
	size_t size;
	size_t used;   /* head included */
	size_t synced; /* of it, what is on the disk */
	char *map;     /* NULL: of an earlier boot */
	int fd;
	bool is_damaged;     /* entries were lost */
	struct list tickets; /* intents in it without a record */

	/* the shipper's */
	size_t mark_offset; /* where record mark_seq is, or later */
	uint64_t mark_seq;
	size_t acked_offset;
};

/* A new file with all its blocks; E_UNAVAILABLE when the disk has no room. */
enum status segment_create(const char *path, size_t size, struct segment **out);

/* For one that lies on disk already; nothing is opened. */
struct segment *segment_new(const char *path);

/* Gives back memory and descriptors; the file stays. */
void segment_free(struct segment *);

/* Writes the head: from now on it is a segment. */
void segment_begin(struct segment *, uint64_t boot_id, uint64_t first_seq);

/* Writes the same head into bytes that are zero. */
void segment_write_head(
    char head[SEGMENT_HEAD_BYTES], uint64_t boot_id, uint64_t first_seq);

/* Does an entry of this length fit? */
bool segment_has_room(const struct segment *, size_t len);

/* Room for that many more entries, however large. */
size_t segment_entries_left(const struct segment *);

/* Returns the offset of the entry, which must fit. */
size_t segment_append(struct segment *, struct str entry);

/* The entry's bytes in memory or a file: head, content and filling. */
size_t segment_entry_bytes(size_t len);
void segment_write_entry(char *out, struct str entry);

/*
 * The entry at *offset, which moves past it.  E_NOT_FOUND at the end,
 * E_CORRUPT when what is there is no entry.
 */
enum status segment_next(
    struct str bytes, size_t *offset, struct str *out_entry);

/* E_NOT_FOUND when it was never begun, E_CORRUPT when it is not the boot's. */
enum status segment_read_head(
    struct str bytes, uint64_t boot_id, uint64_t *out_first_seq);
