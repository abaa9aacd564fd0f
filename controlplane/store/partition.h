/*
 * partition.h - one day of usage rows, in tables of its own.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"

struct arena;
struct db;

/* Days since 1970, UTC. */
int64_t partition_day(int64_t wall_us);

/*
 * Makes the day's partitions of usage_events and usage_totals unless they
 * are there.  Any number of processes may call it at once.
 */
enum status partition_ensure(struct db *, struct arena *, int64_t day);
