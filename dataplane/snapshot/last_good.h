/*
 * last_good.h - the last good configuration, on disk.
 *
 * snapshot.lkg holds what was fetched, sealed piece by piece to this
 * gateway's own key; its signature is the control plane's and is checked
 * again by the reader's caller.  snapshot.seen holds the newest revision that
 * was in force and when the control plane last confirmed one, so that an
 * older file put in its place, or one that nobody vouched for in a long time,
 * is not taken.
 */
#pragma once

#include <stdint.h>

#include "common/seal.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct control_head;
struct last_good_writer;
struct last_good_reader;

struct last_good_place {
	const char *directory;
	uint8_t key[SEAL_KEY_SIZE];
};

/*
 * Writes beside the old file; a failure is told by commit alone, so that a
 * full disk never stands in the way of a new configuration.
 */
struct last_good_writer *last_good_writer_new(
    const struct last_good_place *, const struct control_head *);
void last_good_writer_add(struct last_good_writer *, struct str chunk);

/* Puts the file in its place; the writer is gone after either. */
enum status last_good_writer_commit(struct last_good_writer *);
void last_good_writer_discard(struct last_good_writer *);

/*
 * E_NOT_FOUND when there is none, E_CORRUPT when it is not one of ours.  The
 * head's secrets live in the arena.
 */
enum status last_good_reader_open(const struct last_good_place *,
    struct arena *, struct control_head *out_head,
    struct last_good_reader **out);
enum status last_good_reader_next(
    struct last_good_reader *, struct arena *, struct str *out_chunk);
void last_good_reader_close(struct last_good_reader *);

struct last_good_seen {
	uint64_t rev;
	int64_t seen_us;
};

enum status last_good_note_seen(
    const struct last_good_place *, const struct last_good_seen *);

/* E_NOT_FOUND when nothing was noted yet. */
enum status last_good_read_seen(
    const struct last_good_place *, struct last_good_seen *out);
