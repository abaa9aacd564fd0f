/*
 * restore.h - a snapshot from the last good configuration on disk.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/status.h"

struct control;
struct last_good_place;
struct snapshot;

struct restore_config {
	const struct last_good_place *place;
	struct control *control; /* knows whose signature counts */
	size_t max_bytes;
	int64_t max_age_s;
};

/*
 * E_NOT_FOUND when there is none.  One that was changed, is older than one
 * that was in force, or was not confirmed for max_age_s is not restored; the
 * log says why.
 */
enum status restore_run(const struct restore_config *, struct snapshot **out);
