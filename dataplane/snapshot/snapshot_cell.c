/*
 * snapshot_cell.c - the snapshot in force.
 */
#include <pthread.h>
#include <stdlib.h>

#include "dataplane/snapshot/snapshot_private.h"

struct snapshot_cell { /* lifetime: process */
	pthread_mutex_t lock;
	struct snapshot *snapshot;
	_Atomic uint64_t version;
};

struct snapshot_cell *
snapshot_cell_new(void)
{
	struct snapshot_cell *cell = calloc(1, sizeof(*cell));

	if (cell == NULL)
		abort();
	pthread_mutex_init(&cell->lock, NULL);
	return cell;
}

void
snapshot_cell_free(struct snapshot_cell *cell)
{
	if (cell == NULL)
		return;
	if (cell->snapshot != NULL)
		snapshot_unref(cell->snapshot);
	pthread_mutex_destroy(&cell->lock);
	free(cell);
}

/* Takes the caller's reference. */
void
snapshot_cell_set(struct snapshot_cell *cell, struct snapshot *snapshot)
{
	struct snapshot *old;

	assert(snapshot != NULL);

	pthread_mutex_lock(&cell->lock);
	old = cell->snapshot;
	cell->snapshot = snapshot;
	atomic_fetch_add(&cell->version, 1);
	pthread_mutex_unlock(&cell->lock);
	if (old != NULL)
		snapshot_unref(old);
}

uint64_t
snapshot_cell_version(const struct snapshot_cell *cell)
{
	return atomic_load(&cell->version);
}

struct snapshot *
snapshot_cell_get(struct snapshot_cell *cell)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&cell->lock);
	snapshot = cell->snapshot;
	if (snapshot != NULL)
		snapshot_ref(snapshot);
	pthread_mutex_unlock(&cell->lock);
	return snapshot;
}
