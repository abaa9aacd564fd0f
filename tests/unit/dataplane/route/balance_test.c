/*
 * balance_test.c - priorities are kept, weights are followed.
 */
#include "dataplane/route/balance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/worker.h"

#define ROUNDS 20000

static struct worker worker = { .random = 42 };

static void
test_priorities_stay_in_order(void **state)
{
	const struct snapshot_target targets[] = {
		{ .priority = 0, .weight = 1 }, { .priority = 0, .weight = 1 },
		{ .priority = 5, .weight = 100 }, { .priority = 9, .weight = 1 }
	};
	const struct snapshot_target *order[4];

	for (int round = 0; round < 100; round++) {
		balance_order(&worker, targets, 4, false, order);
		assert_true(order[0]->priority == 0 && order[1]->priority == 0);
		assert_ptr_not_equal(order[0], order[1]);
		assert_ptr_equal(order[2], &targets[2]);
		assert_ptr_equal(order[3], &targets[3]);
	}
}

static void
test_weights_decide_who_is_first(void **state)
{
	const struct snapshot_target targets[] = { { .weight = 80 },
		{ .weight = 20 }, { .weight = 0 } };
	const struct snapshot_target *order[3];
	int first[3] = { 0 };

	for (int round = 0; round < ROUNDS; round++) {
		balance_order(&worker, targets, 3, false, order);
		first[order[0] - targets]++;
	}
	/* Five standard deviations of a binomial around 80 %. */
	assert_in_range(
	    first[0], ROUNDS * 80 / 100 - 283, ROUNDS * 80 / 100 + 283);
	assert_int_equal(first[2], 0);
}

static void
test_by_weight_mixes_priorities(void **state)
{
	const struct snapshot_target targets[] = {
		{ .priority = 0, .weight = 1 }, { .priority = 1, .weight = 1 }
	};
	const struct snapshot_target *order[2];
	int second_first = 0;

	for (int round = 0; round < ROUNDS; round++) {
		balance_order(&worker, targets, 2, true, order);
		second_first += order[0] == &targets[1];
	}
	assert_in_range(second_first, ROUNDS / 2 - 354, ROUNDS / 2 + 354);
}

static void
test_all_weights_zero_keep_the_order(void **state)
{
	const struct snapshot_target targets[3] = { 0 };
	const struct snapshot_target *order[3];

	balance_order(&worker, targets, 3, false, order);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(order[i], &targets[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priorities_stay_in_order),
		cmocka_unit_test(test_weights_decide_who_is_first),
		cmocka_unit_test(test_by_weight_mixes_priorities),
		cmocka_unit_test(test_all_weights_zero_keep_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
