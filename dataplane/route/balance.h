/*
 * balance.h - puts targets into the order they will be tried.
 *
 * Lower priority goes first; within one priority chance decides by weight,
 * and a weight of 0 means "only when nothing else is left".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct snapshot_target;
struct worker;

/*
 * order gets count pointers into targets.  by_weight ignores priorities.
 * targets must be sorted by priority.
 */
void balance_order(struct worker *, const struct snapshot_target *targets,
    size_t count, bool by_weight, const struct snapshot_target **order);
