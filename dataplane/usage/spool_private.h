/*
 * spool_private.h - what the files of the spool share, and nobody else.
 *
 * spool.c writes, spool_recovery.c reads earlier boots once, at the start,
 * spool_reader.c serves the shipper, spool_keeper.c is a thread that does what
 * takes long: syncing, making files ahead, removing them.
 *
 * Directory: <boot id, 16 hex digits>/<number, 8 hex digits>.seg.  Segments of
 * a boot are removed oldest first, so an intent whose record is gone is gone
 * too, and no request can be recovered twice.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "common/arena.h"
#include "common/list.h"
#include "dataplane/usage/segment.h"
#include "dataplane/usage/spool.h"

struct boot { /* lifetime: until acknowledged */
	struct list node;
	uint64_t id;
	const char *path;
	struct list segments; /* begun, oldest first */
	uint64_t acked_seq;
	uint64_t last_seq; /* written so far */
	bool is_kept;	   /* has open intents: not to be removed */
};

struct spool { /* lifetime: process */
	const char *path;
	struct spool_limits limits;

	pthread_mutex_t lock;	 /* guards what follows */
	pthread_cond_t readable; /* for the shipper */
	bool is_waiting;
	bool is_woken;
	struct list boots; /* oldest first; the last is own */
	struct boot *own;
	struct segment *active;
	struct list ahead; /* made, not begun */
	size_t ahead_count;
	size_t live_count; /* segments of own that are begun */
	size_t open_count; /* intents without a record */
	uint64_t next_file;
	int64_t file_bytes;
	int64_t no_room_until_ns;	/* do not ask the disk before */
	_Atomic int64_t oldest_wall_us; /* unacknowledged; 0: none */

	/* the keeper's */
	pthread_t keeper;
	pthread_cond_t kick;
	bool is_kicked;
	bool is_closing;
	struct list dead_segments;
	struct list dead_boots;

	/* the shipper's: the segment of an earlier boot it reads */
	struct arena loaded_arena;
	struct segment *loaded;
	struct str loaded_bytes;
};

struct boot *boot_new(const char *directory, uint64_t id);
void boot_free(struct boot *);

/* pthread_cond_t on the clock that only goes forward. */
void spool_cond_init(pthread_cond_t *);
void spool_cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t end_ns);

/* --- writing; the lock is held --------------------------------------------- */

/* Appends; there is room. */
struct segment *spool_append(
    struct spool *, struct str entry, size_t *out_offset);

/* Is there less room than promised and one file more? */
bool spool_needs_segment(const struct spool *);

/* The intents of a segment once more, at the end, so that it may go. */
bool spool_carry(struct spool *, struct segment *);

/* --- the keeper -------------------------------------------------------------- */

enum status spool_keeper_start(struct spool *);
void spool_keeper_stop(struct spool *);

/* The lock is held: there is something to do before the next sync. */
void spool_keeper_kick(struct spool *);

/*
 * Makes one more segment; the lock is held or not needed yet.  E_UNAVAILABLE
 * when disk or limit have no room, and for a moment after.
 */
enum status spool_add_segment(struct spool *);

/* --- earlier boots ----------------------------------------------------------- */

/*
 * Reads every boot in the directory, gives records to what they left open,
 * and appends those that are not acknowledged to spool->boots.
 * *out_newest_id is the highest id seen.
 */
enum status spool_recover(struct spool *, uint64_t *out_newest_id);
