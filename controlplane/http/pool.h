/*
 * pool.h - threads that take work from a bounded queue, one connection each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/list.h"

struct db;
struct pool;

struct work { /* embedded in its owner */
	struct list node;
	void (*run)(struct work *, struct db *);
};

struct pool *pool_open(
    size_t worker_count, size_t queue_max, const char *database_url);

/* False when the queue is full: the work was not taken. */
bool pool_submit(struct pool *, struct work *);

/* Finishes what was taken, then ends the threads. */
void pool_close(struct pool *);
