/*
 * totals.h - what a batch adds up to, per quarter of an hour and subject.
 */
#pragma once

#include "controlplane/store/ingest.h"

struct arena;

/*
 * At most one total per event, in the arena; returns how many.  The values
 * of events are bounded, so the sums of a batch cannot overflow.
 */
size_t totals_sum(struct arena *, const struct usage_event *, size_t count,
    struct usage_total **out);
