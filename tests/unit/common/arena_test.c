/* arena_test.c - memory that dies together. */
#include "common/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/base.h"

static void
assert_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], 0);
}

static void
test_memory_is_zeroed_and_aligned(void **state)
{
	struct arena arena;

	arena_init(&arena, 0);
	for (size_t size = 0; size < 600; size++) {
		unsigned char *bytes = arena_alloc(&arena, size);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		assert_zero(bytes, size);
		memset(bytes, 0xa5, size);
	}
	arena_done(&arena);
}

static void
test_reused_memory_is_zeroed(void **state)
{
	struct arena arena;

	arena_init(&arena, 0);
	for (int round = 0; round < 8; round++) {
		for (size_t size = 1; size < 40000; size = size * 3 + 1) {
			unsigned char *bytes = arena_alloc(&arena, size);

			assert_zero(bytes, size);
			memset(bytes, 0xff, size);
		}
		arena_reset(&arena);
	}
	arena_done(&arena);
}

/* Every allocation keeps its own pattern, whatever block it is in. */
static void
test_allocations_do_not_overlap(void **state)
{
	static const size_t sizes[] = { 1, 0, 700, 16, 5000, 31, 100000, 33,
		496, 497, 992, 993, 65000, 8, 40000, 30000, 2000 };
	unsigned char *bytes[8 * ARRAY_LEN(sizes)];
	struct arena arena;

	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		bytes[i] = arena_alloc(&arena, sizes[i % ARRAY_LEN(sizes)]);
		memset(bytes[i], (int)i, sizes[i % ARRAY_LEN(sizes)]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		for (size_t j = 0; j < sizes[i % ARRAY_LEN(sizes)]; j++)
			assert_int_equal(bytes[i][j], i);
	}
	arena_done(&arena);
}

static void
test_empty_allocations_are_unique(void **state)
{
	struct arena arena;
	void *first, *second;

	arena_init(&arena, 0);
	first = arena_alloc(&arena, 0);
	second = arena_alloc(&arena, 0);
	assert_non_null(first);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	arena_done(&arena);
}

static void
test_array(void **state)
{
	struct arena arena;
	uint64_t *numbers;

	arena_init(&arena, 0);
	numbers = arena_alloc_array(&arena, 100, sizeof(*numbers));
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(numbers[i], 0);
		numbers[i] = i;
	}
	assert_true(arena_used_bytes(&arena) >= 100 * sizeof(*numbers));
	arena_done(&arena);
}

static void
test_limit_is_remembered(void **state)
{
	struct arena arena;
	unsigned char *bytes;

	arena_init(&arena, 1000);
	arena_alloc(&arena, 900);
	assert_false(arena_has_failed(&arena));
	bytes = arena_alloc(&arena, 5000);
	assert_true(arena_has_failed(&arena));
	assert_zero(bytes, 5000);
	arena_alloc(&arena, 1);
	assert_true(arena_has_failed(&arena));

	arena_reset(&arena);
	assert_false(arena_has_failed(&arena));
	assert_int_equal(arena_used_bytes(&arena), 0);
	arena_alloc(&arena, 2000);
	assert_true(arena_has_failed(&arena));
	arena_done(&arena);
}

static void
test_zero_is_no_limit(void **state)
{
	struct arena arena;

	arena_init(&arena, 0);
	arena_alloc(&arena, 10 * 1000 * 1000);
	assert_false(arena_has_failed(&arena));
	arena_done(&arena);
}

static int order[4];
static int calls;

static void
note_call(void *arg)
{
	order[calls++] = *(int *)arg;
}

static void
test_deferred_calls_run_newest_first(void **state)
{
	struct arena arena;
	int *numbers;

	calls = 0;
	arena_init(&arena, 0);
	numbers = arena_alloc_array(&arena, 3, sizeof(*numbers));
	for (int i = 0; i < 3; i++) {
		numbers[i] = i + 1;
		arena_defer(&arena, note_call, &numbers[i]);
	}
	assert_int_equal(calls, 0);
	arena_reset(&arena);
	assert_int_equal(calls, 3);
	assert_int_equal(order[0], 3);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 1);
	arena_done(&arena);
	assert_int_equal(calls, 3);
}

static int seven = 7;

static void
defer_another(void *arg)
{
	arena_alloc(arg, 3000);
	arena_defer(arg, note_call, &seven);
}

static void
test_deferred_call_may_defer(void **state)
{
	struct arena arena;

	calls = 0;
	arena_init(&arena, 0);
	arena_defer(&arena, defer_another, &arena);
	arena_done(&arena);
	assert_int_equal(calls, 1);
	assert_int_equal(order[0], 7);
	assert_int_equal(arena_used_bytes(&arena), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_reused_memory_is_zeroed),
		cmocka_unit_test(test_allocations_do_not_overlap),
		cmocka_unit_test(test_empty_allocations_are_unique),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_limit_is_remembered),
		cmocka_unit_test(test_zero_is_no_limit),
		cmocka_unit_test(test_deferred_calls_run_newest_first),
		cmocka_unit_test(test_deferred_call_may_defer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
