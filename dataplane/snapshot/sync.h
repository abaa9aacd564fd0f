/*
 * sync.h - keeps the snapshot cell in step with the control plane.
 *
 * One thread: says Hello, fetches the head revision when the bell rings or a
 * heartbeat shows a newer one, builds, swaps, acknowledges or refuses, and
 * writes the last good one to disk (sealed to this gateway's identity key).
 * At start it serves from that file when the control plane does not answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

struct control;
struct snapshot_cell;
struct spool;
struct sync;

struct sync_config {
	const char *state_directory;
	struct control *control; /* the session with it */
	struct snapshot_cell *cell;
	const struct spool *spool; /* for heartbeats */
	size_t snapshot_max_bytes;
	int64_t lkg_max_age_s;
	void (*on_swap)(void *); /* wakes the workers */
	void *on_swap_arg;
};

enum status sync_open(const struct sync_config *, struct sync **out);
void sync_close(struct sync *);

/* From now on heartbeats say that no new requests are taken. */
void sync_note_draining(struct sync *);

/* For the probe: is there a configuration, and from where? */
bool sync_is_ready(const struct sync *);
