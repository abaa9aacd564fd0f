/*
 * collector.h - takes usage from the gateways, every record exactly once.
 *
 * A batch is one transaction: the boot's cursor moves, raw rows and totals go
 * in, COMMIT, and only then is it acknowledged.  A batch that comes again, or
 * overlaps one that came, adds only what is new.  One of the files that speak
 * protobuf.
 */
#pragma once

#include "common/status.h"
#include "common/str.h"
#include "proto/link.pb-c.h"

struct arena;
struct collector;
struct db;

/* Starts the thread that makes tomorrow's partitions. */
enum status collector_open(const char *database_url, struct collector **out);
void collector_close(struct collector *);

struct usage_source {
	struct db *db; /* the calling thread's */
	struct arena *arena;
	int64_t gateway_sid;
	size_t max_records;
};

/*
 * *out_acked is the last sequence number that is committed: less than the
 * batch's first when there is a gap before it.  E_INVALID, with *out_fault in
 * the arena, when the batch can never be taken; E_UNAVAILABLE when it may be
 * sent again.
 */
enum status collector_take(struct collector *, const struct usage_source *,
    const Weir__Link__V1__UsageBatch *, int64_t *out_acked,
    struct str *out_fault);
