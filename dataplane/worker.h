/*
 * worker.h - one thread that serves: a loop, a listener, a way to providers.
 *
 * Workers share nothing but the snapshot (which never changes), the spool
 * (which locks itself) and atomic counters.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"

struct listener;
struct loop;
struct settings;
struct snapshot;
struct snapshot_cell;
struct spool;
struct upstream;

struct worker { /* lifetime: worker; its own thread only */
	const struct settings *settings;
	struct loop *loop;
	struct listener *listener;
	struct upstream *upstream;
	struct spool *spool;
	struct snapshot_cell *cell;
	struct snapshot *snapshot; /* pinned by the worker */
	uint64_t snapshot_version;
	size_t inflight;   /* requests of this worker */
	struct list dirty; /* requests to settle */
	struct list spare; /* requests to be used again */
	size_t spare_count;
	uint64_t random; /* state of worker_random() */
	struct refusal_log *refusals;
};

struct worker_pool;

/*
 * Starts the threads.  Until the cell holds a snapshot requests are refused
 * with 503.  NULL when the address cannot be listened at.
 */
struct worker_pool *worker_pool_start(
    const struct settings *, struct spool *, struct snapshot_cell *);

/* From any thread: look at the cell. */
void worker_pool_wake(struct worker_pool *);

/* No new connections, waits for requests in flight at most drain_ms. */
void worker_pool_stop(struct worker_pool *, int64_t drain_ms);

/* Not for secrets: for choosing among targets. */
uint64_t worker_random(struct worker *);
