/*
 * metrics.h - counters and gauges, in the Prometheus text format.
 *
 * metrics.def is the list: one line gives the name, the labels and the help,
 * and so the code, the exposition and docs/metrics.md.  Values are relaxed
 * atomics: any thread may add, nobody waits.
 */
#pragma once

#include <stdint.h>

#include "common/buf.h"

enum metric {
#define METRIC(id, kind, name, labels, help) METRIC_##id,
#include "common/metrics.def"
#undef METRIC
	METRIC_COUNT
};

void metric_add(enum metric, int64_t);
void metric_set(enum metric, int64_t);
int64_t metric_get(enum metric);

/*
 * All metrics of this program, those whose name starts with `prefix` or that
 * belong to every program ("weir_process_").
 */
void metrics_write(struct buf *, struct str prefix);
