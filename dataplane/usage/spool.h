/*
 * spool.h - usage on disk until the control plane has it.
 *
 * Segments are files mapped into memory and grown ahead of need, so writing
 * an entry is a copy without a system call, and what was copied survives the
 * death of the process (the page cache keeps it).  Every entry carries its
 * length and CRC-32.
 *
 * spool_begin() writes the intent before anything is sent to a provider and
 * keeps room for its record, so spool_end() cannot fail.  What an earlier
 * life began and did not end becomes an estimated record when the spool is
 * opened.  Records are numbered 1, 2, 3 … per boot; the shipper sends them in
 * that order and trims what was acknowledged.
 *
 * Any thread may begin and end; one thread ships.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "common/status.h"
#include "common/str.h"
#include "dataplane/usage/record.h"

struct arena;
struct spool;

struct spool_limits {
	int64_t max_bytes; /* usage_spool_max_bytes */
	int64_t segment_bytes;
};

/* Embedded in the request, which stays where it is while this is open. */
struct spool_ticket {	  /* private but for `open` */
	struct list node; /* of the segment that holds the intent */
	size_t offset;	  /* of the intent */
	bool open;
};

/*
 * Opens (or makes) the directory, which the caller holds alone, recovers
 * earlier boots and starts a new one.
 */
enum status spool_open(
    const char *directory, const struct spool_limits *, struct spool **out);

/* Syncs and closes; what is not acknowledged stays for the next boot. */
void spool_close(struct spool *);

/* E_UNAVAILABLE when the disk or the limit has no room: refuse the request. */
enum status spool_begin(
    struct spool *, const struct record_intent *, struct spool_ticket *out);

/* The ticket's record; a zeroed ticket writes one that had no intent. */
void spool_end(struct spool *, struct spool_ticket *, const struct record *);

/* --- for the shipper ------------------------------------------------------- */

struct spool_batch {
	uint64_t boot_id;
	uint64_t first_seq;
	size_t count;
	struct str *records; /* packed weir.usage.v1.Record each */
};

/*
 * The oldest records not yet acknowledged, of one boot, at most max_records
 * and max_bytes.  E_NOT_FOUND when there are none.  The bytes live in the
 * arena.  In the place of a record that is damaged or gone is one that says
 * so (error code "usage_lost"): numbers have no gaps.
 */
enum status spool_read(struct spool *, struct arena *, size_t max_records,
    size_t max_bytes, struct spool_batch *out);

/*
 * The control plane has committed everything through seq of this boot.  A
 * lower seq than before means that it has lost some: reading goes back.
 */
void spool_ack(struct spool *, uint64_t boot_id, uint64_t seq);

/* Keeps the batch's first record, which was refused, in rejected.log. */
void spool_reject(struct spool *, const struct spool_batch *);

/* Waits until there may be something to read; false after timeout_ms. */
bool spool_wait(struct spool *, int timeout_ms);

/* Ends a spool_wait() that is under way, or else the next one. */
void spool_wake(struct spool *);

int64_t spool_bytes(const struct spool *);
int64_t spool_oldest_ms(const struct spool *);
uint64_t spool_boot_id(const struct spool *);
