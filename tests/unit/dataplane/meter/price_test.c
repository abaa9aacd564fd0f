/*
 * price_test.c - rows chosen, sums exact, rounding once.
 *
 * The snapshot is this file's own: price.c only asks it for rows.
 */
#include "dataplane/meter/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/base.h"
#include "dataplane/snapshot/snapshot.h"

static const struct snapshot_price *table[16];
static size_t table_len;
static struct snapshot_price rows[16];

const struct snapshot_price *const *
snapshot_prices(const struct snapshot *snapshot,
    const struct snapshot_provider *provider, struct str model,
    struct arena *arena, size_t *out_count)
{
	*out_count = table_len;
	return table;
}

static struct snapshot_price *
add(const char *meter, int64_t pico)
{
	struct snapshot_price *row = &rows[table_len];

	*row = (struct snapshot_price){
		.sid = (uint32_t)table_len + 1,
		.model = STR("m"),
		.meter = str_from(meter),
		.pico_per_unit = pico,
	};
	table[table_len++] = row;
	return row;
}

static int
reset(void **state)
{
	table_len = 0;
	return 0;
}

static struct price_answer
ask(struct tokens tokens)
{
	static const struct snapshot_tenant tenant = { .id = { { 7 } } };
	struct price_question question = {
		.tenant = &tenant,
		.upstream_model = STR("m"),
		.tokens = tokens,
		.wall_us = 1000,
	};
	struct price_answer answer;
	struct arena arena;

	arena_init(&arena, 0);
	answer = price_tokens(NULL, &arena, &question);
	arena_done(&arena);
	return answer;
}

static void
test_each_part_at_its_price(void **state)
{
	/* $1.25, $0.125, $1.5625, $2.50, $10 and $12 per million. */
	add("input", 1250000);
	add("input_cached", 125000);
	add("cache_write_5m", 1562500);
	add("cache_write_1h", 2500000);
	add("output", 10000000);
	add("reasoning", 12000000);

	struct price_answer answer = ask((struct tokens){ .input = 1000,
	    .cached = 400,
	    .cache_write_5m = 100,
	    .cache_write_1h = 50,
	    .output = 200,
	    .reasoning = 80 });

	/* 450*1250 + 400*125 + 100*1562.5 + 50*2500 + 120*10000 + 80*12000 */
	assert_int_equal(answer.cost_nano,
	    450 * 1250 + 400 * 125 + 156250 + 50 * 2500 + 120 * 10000 +
		80 * 12000);
	assert_false(answer.unpriced);
	assert_int_equal(answer.row_count, 6);
}

static void
test_missing_parts_cost_what_they_are_part_of(void **state)
{
	add("input", 2000000);
	add("output", 8000000);

	struct price_answer answer = ask((struct tokens){ .input = 10,
	    .cached = 4,
	    .cache_write_1h = 2,
	    .output = 5,
	    .reasoning = 3 });

	assert_int_equal(answer.cost_nano, 10 * 2000 + 5 * 8000);
	assert_false(answer.unpriced);
}

static void
test_no_row_is_not_free(void **state)
{
	add("input", 1000);

	struct price_answer answer =
	    ask((struct tokens){ .input = 1, .output = 1 });

	assert_true(answer.unpriced);
	assert_int_equal(answer.cost_nano, 1);
}

static void
test_rounds_up_once(void **state)
{
	add("input", 1); /* a thousandth of a nano-USD */
	add("output", 1);

	assert_int_equal(
	    ask((struct tokens){ .input = 1, .output = 1 }).cost_nano, 1);
	assert_int_equal(
	    ask((struct tokens){ .input = 999, .output = 1 }).cost_nano, 1);
	assert_int_equal(
	    ask((struct tokens){ .input = 1000, .output = 1 }).cost_nano, 2);
	assert_int_equal(ask((struct tokens){ 0 }).cost_nano, 0);
}

static void
test_highest_layer_wins_then_exact_then_context(void **state)
{
	add("input", 1000);
	add("input", 5000)->layer = 2;
	struct snapshot_price *prefix = add("input", 9000);
	prefix->layer = 2;
	prefix->is_prefix = true;
	struct snapshot_price *large = add("input", 7000);
	large->layer = 2;
	large->ctx_above = 100;

	assert_int_equal(ask((struct tokens){ .input = 100 }).cost_nano, 500);
	/* Past the threshold the whole request is priced anew. */
	assert_int_equal(ask((struct tokens){ .input = 101 }).cost_nano, 707);
}

static void
test_only_rows_in_force_for_this_tenant(void **state)
{
	add("input", 1000);
	struct snapshot_price *later = add("input", 2000);
	later->layer = 1;
	later->from_us = 1001;
	struct snapshot_price *over = add("input", 3000);
	over->layer = 1;
	over->to_us = 1000;
	struct snapshot_price *foreign = add("input", 4000);
	foreign->layer = 3;
	foreign->tenant_id = (struct id){ { 8 } };

	assert_int_equal(ask((struct tokens){ .input = 1 }).cost_nano, 1);

	struct snapshot_price *own = add("input", 6000);
	own->layer = 3;
	own->tenant_id = (struct id){ { 7 } };
	assert_int_equal(ask((struct tokens){ .input = 1 }).cost_nano, 6);
}

static void
test_huge_counts_do_not_wrap(void **state)
{
	add("input", INT64_MAX);

	assert_int_equal(
	    ask((struct tokens){ .input = INT64_MAX / 4 }).cost_nano,
	    INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_part_at_its_price, reset),
		cmocka_unit_test_setup(
		    test_missing_parts_cost_what_they_are_part_of, reset),
		cmocka_unit_test_setup(test_no_row_is_not_free, reset),
		cmocka_unit_test_setup(test_rounds_up_once, reset),
		cmocka_unit_test_setup(
		    test_highest_layer_wins_then_exact_then_context, reset),
		cmocka_unit_test_setup(
		    test_only_rows_in_force_for_this_tenant, reset),
		cmocka_unit_test_setup(test_huge_counts_do_not_wrap, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
