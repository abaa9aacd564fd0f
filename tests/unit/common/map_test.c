/* map_test.c - the hash map against a plain table. */
#include "common/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base.h"

enum {
	KEYS = 2000,
};

static char names[KEYS][32];
static int values[KEYS];
static int other;

static struct str
key_of(int i)
{
	return str_make(names[i], strlen(names[i]));
}

/* Numbers with zeros in front: all different, of many lengths. */
static int
make_names(void **state)
{
	for (int i = 0; i < KEYS; i++)
		snprintf(names[i], sizeof(names[i]), "%.*d", i % 15 + 1, i);
	return 0;
}

static void
test_empty(void **state)
{
	struct map map;
	size_t cursor = 0;
	struct str key;

	map_init(&map);
	assert_null(map_get(&map, STR("a")));
	assert_null(map_remove(&map, STR("a")));
	assert_null(map_next(&map, &cursor, &key));
	assert_int_equal(map_count(&map), 0);
	map_done(&map);
}

static void
test_put_get_replace_remove(void **state)
{
	struct map map;

	map_init(&map);
	assert_null(map_put(&map, STR("a"), &values[1]));
	assert_null(map_put(&map, STR("b"), &values[2]));
	assert_null(map_put(&map, STR(""), &values[3]));
	assert_ptr_equal(map_get(&map, STR("a")), &values[1]);
	assert_ptr_equal(map_get(&map, STR("")), &values[3]);
	assert_ptr_equal(map_get(&map, (struct str){ NULL, 0 }), &values[3]);
	assert_ptr_equal(map_put(&map, STR("a"), &other), &values[1]);
	assert_int_equal(map_count(&map), 3);
	assert_ptr_equal(map_remove(&map, STR("a")), &other);
	assert_null(map_remove(&map, STR("a")));
	assert_null(map_get(&map, STR("a")));
	assert_int_equal(map_count(&map), 2);
	map_done(&map);
	assert_int_equal(map_count(&map), 0);
	assert_null(map_get(&map, STR("b")));
}

static void
test_keys_with_zero_bytes(void **state)
{
	struct map map;

	map_init(&map);
	map_put(&map, STR("a"), &values[0]);
	map_put(&map, STR("a\0"), &values[1]);
	map_put(&map, STR("a\0\0"), &values[2]);
	map_put(&map, STR("\0\0\0\0\0\0\0\0"), &values[3]);
	map_put(&map, STR("\0\0\0\0\0\0\0"), &values[4]);
	assert_ptr_equal(map_get(&map, STR("a")), &values[0]);
	assert_ptr_equal(map_get(&map, STR("a\0")), &values[1]);
	assert_ptr_equal(map_get(&map, STR("a\0\0")), &values[2]);
	assert_ptr_equal(map_get(&map, STR("\0\0\0\0\0\0\0\0")), &values[3]);
	assert_ptr_equal(map_get(&map, STR("\0\0\0\0\0\0\0")), &values[4]);
	assert_int_equal(map_count(&map), 5);
	map_done(&map);
}

static void
assert_same(const struct map *map, void *const *expected)
{
	size_t count = 0;

	for (int i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(map, key_of(i)), expected[i]);
		count += expected[i] != NULL;
	}
	assert_int_equal(map_count(map), count);
}

/* Removal moves entries about; none may get lost or come back. */
static void
test_random_changes(void **state)
{
	static void *expected[KEYS];
	unsigned int seed = 7;
	struct map map;

	map_init(&map);
	for (int turn = 0; turn < 60000; turn++) {
		int range = turn / 10000 % 2 == 0 ? KEYS : 40;
		int i = rand_r(&seed) % range;
		void *old = expected[i];

		expected[i] = rand_r(&seed) % 2 == 0 ? NULL : &values[i];
		if (expected[i] == NULL)
			assert_ptr_equal(map_remove(&map, key_of(i)), old);
		else
			assert_ptr_equal(
			    map_put(&map, key_of(i), &values[i]), old);
		if (turn % 3000 == 0)
			assert_same(&map, expected);
	}
	assert_same(&map, expected);
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(map_remove(&map, key_of(i)), expected[i]);
	assert_int_equal(map_count(&map), 0);
	map_done(&map);
}

static void
test_next_visits_each_once(void **state)
{
	bool seen[KEYS] = { false };
	size_t cursor = 0, visits = 0;
	struct map map;
	struct str key;
	int *value;

	map_init(&map);
	for (int i = 0; i < KEYS; i++)
		assert_null(map_put(&map, key_of(i), &values[i]));
	while ((value = map_next(&map, &cursor, &key)) != NULL) {
		ptrdiff_t i = value - values;

		assert_true(str_eq(key, key_of((int)i)));
		assert_false(seen[i]);
		seen[i] = true;
		visits++;
	}
	assert_int_equal(visits, KEYS);
	map_done(&map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_put_get_replace_remove),
		cmocka_unit_test(test_keys_with_zero_bytes),
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_next_visits_each_once),
	};

	return cmocka_run_group_tests(tests, make_names, NULL);
}
