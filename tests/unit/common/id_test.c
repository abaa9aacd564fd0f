/* id_test.c - identifiers. */
#include "common/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base.h"
#include "common/clock.h"

enum {
	THREADS = 4,
	IDS_PER_THREAD = 20000,
};

static const struct id zero;

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct id));
}

static void
test_shape(void **state)
{
	for (int i = 0; i < 1000; i++) {
		struct id id = id_make();

		assert_int_equal(id.bytes[6] >> 4, 7);
		assert_int_equal(id.bytes[8] >> 6, 2);
		assert_false(id_is_zero(id));
		assert_true(id_eq(id, id));
		assert_false(id_eq(id, zero));
	}
	assert_true(id_is_zero(zero));
}

static void
test_later_ids_sort_later(void **state)
{
	struct id last = id_make();
	char last_text[ID_TEXT_SIZE], text[ID_TEXT_SIZE];

	for (int i = 0; i < 50000; i++) {
		struct id id = id_make();

		assert_true(compare(&last, &id) < 0);
		id_format(last, "key", last_text);
		id_format(id, "key", text);
		assert_true(strcmp(last_text, text) < 0);
		last = id;
	}
}

static void
test_clock_set_back(void **state)
{
	struct id before = id_make();
	struct id after;

	clock_pin_wall(clock_wall_us() - 3600 * US_PER_S);
	after = id_make();
	clock_pin_wall(0);
	assert_true(compare(&before, &after) < 0);
}

/* Ahead of all earlier ids, so that the pinned moment is the one used. */
static void
test_moment_of_birth(void **state)
{
	int64_t start_us = clock_wall_us() + 1000 * US_PER_S;

	for (int64_t step_us = 0; step_us < 3000; step_us++) {
		clock_pin_wall(start_us + step_us);
		assert_int_equal(id_wall_us(id_make()), start_us + step_us);
	}
	clock_pin_wall(0);
}

static void *
make_many(void *arg)
{
	struct id *ids = arg;

	for (int i = 0; i < IDS_PER_THREAD; i++)
		ids[i] = id_make();
	return NULL;
}

static void
test_threads(void **state)
{
	static struct id ids[THREADS * IDS_PER_THREAD];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_many,
				     ids + i * IDS_PER_THREAD),
		    0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 1; i < ARRAY_LEN(ids); i++) {
		if (i % IDS_PER_THREAD != 0)
			assert_true(compare(&ids[i - 1], &ids[i]) < 0);
	}
	qsort(ids, ARRAY_LEN(ids), sizeof(ids[0]), compare);
	for (size_t i = 1; i < ARRAY_LEN(ids); i++)
		assert_false(memcmp(ids[i - 1].bytes, ids[i].bytes, 8) == 0);
}

/* Parent and child must not draw the same random bits. */
static void
test_fork(void **state)
{
	struct id mine, theirs;
	int ends[2];
	pid_t child;
	int result;

	id_make();
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		theirs = id_make();
		_exit(
		    write(ends[1], &theirs, sizeof(theirs)) != sizeof(theirs));
	}
	mine = id_make();
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_int_equal(result, 0);
	assert_int_equal(
	    read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
	assert_memory_not_equal(mine.bytes + 8, theirs.bytes + 8, 8);
	close(ends[0]);
	close(ends[1]);
}

static void
test_text_both_ways(void **state)
{
	char text[ID_TEXT_SIZE];

	for (int i = 0; i < 1000; i++) {
		struct id id = id_make();
		struct id parsed;

		id_format(id, "key", text);
		assert_int_equal(strlen(text), 30);
		assert_int_equal(id_parse(str_from(text), "key", &parsed), OK);
		assert_true(id_eq(id, parsed));
		id_uuid(id, text);
		assert_int_equal(strlen(text), 36);
		assert_int_equal(id_from_uuid(str_from(text), &parsed), OK);
		assert_true(id_eq(id, parsed));
	}
}

static void
test_known_texts(void **state)
{
	const struct id id = { { 0x01, 0x90, 0xf3, 0xc2, 0x11, 0x22, 0x73, 0x44,
	    0x95, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc } };
	char text[ID_TEXT_SIZE];
	struct id full;

	assert_string_equal(
	    id_uuid(id, text), "0190f3c2-1122-7344-9566-778899aabbcc");
	assert_string_equal(
	    id_format(id, "req", text), "req_01j3sw4492ed29askqh2ctneyc");
	assert_string_equal(id_format(zero, "longestp", text),
	    "longestp_00000000000000000000000000");
	memset(&full, 0xff, sizeof(full));
	assert_string_equal(
	    id_format(full, "a", text), "a_7zzzzzzzzzzzzzzzzzzzzzzzzz");
}

static void
test_parse_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"key",
		"key_",
		"key_01j3sw4492ed29askqh2ctney",
		"key_01j3sw4492ed29askqh2ctneyc0",
		"key-01j3sw4492ed29askqh2ctneyc",
		"kex_01j3sw4492ed29askqh2ctneyc",
		"keyy01j3sw4492ed29askqh2ctneyc",
		"Key_01j3sw4492ed29askqh2ctneyc",
		"key_01J3SW4492ED29ASKQH2CTNEYC",
		"key_81j3sw4492ed29askqh2ctneyc",
		"key_z1j3sw4492ed29askqh2ctneyc",
		"key_01j3sw4492ed29askqh2ctneyu",
		"key_01j3sw4492ed29askqh2ctneyl",
		"key_01j3sw4492ed29askqh2ctney ",
		" key_01j3sw4492ed29askqh2ctneyc",
	};
	struct id id = zero;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    id_parse(str_from(texts[i]), "key", &id), E_INVALID);
	assert_int_equal(
	    id_parse(STR("key_01j3sw4492ed29askqh2ctney\0"), "key", &id),
	    E_INVALID);
	assert_true(id_is_zero(id));
}

static void
test_uuid_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"0190f3c21122734495667788990aabbcc",
		"0190f3c2-1122-7344-9566-778899aabbc",
		"0190f3c2-1122-7344-9566-778899aabbccd",
		"0190f3c2-1122-7344-9566-778899aabbcg",
		"0190f3c2-1122-7344-95660778899aabbcc",
		"0190f3c2-1122-7344-956-6778899aabbcc",
		"-190f3c2-1122-7344-9566-778899aabbcc",
	};
	struct id id = zero;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    id_from_uuid(str_from(texts[i]), &id), E_INVALID);
	assert_true(id_is_zero(id));
	assert_int_equal(
	    id_from_uuid(STR("0190F3C2-1122-7344-9566-778899AABBCC"), &id), OK);
	assert_int_equal(id.bytes[15], 0xcc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_later_ids_sort_later),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_moment_of_birth),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_text_both_ways),
		cmocka_unit_test(test_known_texts),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_uuid_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
