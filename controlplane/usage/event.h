/*
 * event.h - a record from the wire as a row, with every number in bounds.
 *
 * A record is money, so a strange one is bent rather than refused: a count
 * past all reason is cut, a moment far away is moved to the nearest the
 * partitions cover.  One of the files that speak protobuf.
 */
#pragma once

#include "controlplane/store/ingest.h"
#include "proto/usage.pb-c.h"

struct arena;

struct event_clock { /* what moments a row may have */
	int64_t earliest_us;
	int64_t latest_us;
};

/* 400 days back to one day ahead. */
struct event_clock event_clock_now(void);

/*
 * The texts of *out borrow from the record or live in the arena.  E_INVALID
 * when there is no subject or no request id.  *bent counts up by one when a
 * value had to change.
 */
enum status event_from_record(struct arena *, const struct event_clock *,
    const Weir__Usage__V1__Record *, struct usage_event *out, size_t *bent);
