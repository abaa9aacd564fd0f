/*
 * clock.h - the two clocks: one that only goes forward, one that people read.
 *
 * Timers and leases use the monotonic clock; only records that leave the
 * process carry wall time.  Tests may pin the wall clock.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL
#define US_PER_S 1000000LL

int64_t clock_mono_ns(void);
int64_t clock_wall_us(void); /* microseconds since 1970, UTC */

/* 0 gives the real clock back. */
void clock_pin_wall(int64_t wall_us);

#define CLOCK_TEXT_SIZE 32

/* "2026-11-22T16:04:05.123456Z"; returns out. */
const char *clock_format(int64_t wall_us, char out[CLOCK_TEXT_SIZE]);

/* RFC 3339 with any offset; E_INVALID otherwise. */
enum status clock_parse(struct str, int64_t *out_wall_us);
