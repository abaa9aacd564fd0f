/*
 * balance.c - a weighted shuffle per priority.
 */
#include "dataplane/route/balance.h"

#include <stdint.h>

#include "dataplane/snapshot/snapshot.h"
#include "dataplane/worker.h"

static void
swap(const struct snapshot_target **a, const struct snapshot_target **b)
{
	const struct snapshot_target *kept = *a;

	*a = *b;
	*b = kept;
}

/* Draws one of order[0..count) by weight and moves it to the front. */
static void
draw_first(
    struct worker *worker, const struct snapshot_target **order, size_t count)
{
	uint64_t total = 0;
	uint64_t ticket;

	for (size_t i = 0; i < count; i++)
		total += order[i]->weight;
	if (total == 0)
		return;
	ticket = worker_random(worker) % total;
	for (size_t i = 0; i < count; i++) {
		if (ticket < order[i]->weight) {
			swap(&order[0], &order[i]);
			return;
		}
		ticket -= order[i]->weight;
	}
}

static void
shuffle(
    struct worker *worker, const struct snapshot_target **order, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		draw_first(worker, order + i, count - i);
}

void
balance_order(struct worker *worker, const struct snapshot_target *targets,
    size_t count, bool by_weight, const struct snapshot_target **order)
{
	size_t start = 0;

	for (size_t i = 0; i < count; i++)
		order[i] = &targets[i];
	if (by_weight) {
		shuffle(worker, order, count);
		return;
	}
	while (start < count) {
		size_t end = start + 1;

		while (end < count &&
		    targets[end].priority == targets[start].priority)
			end++;
		shuffle(worker, order + start, end - start);
		start = end;
	}
}
