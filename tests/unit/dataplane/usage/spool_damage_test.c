/*
 * spool_damage_test.c - what a broken disk costs, and what it does not.
 */
#include "dataplane/usage/spool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/metrics.h"
#include "tests/unit/dataplane/usage/scratch.h"

#define SEGMENT_BYTES (64 << 10)
#define FILES_MAX 256

static const struct spool_limits limits = {
	.max_bytes = 64 << 20,
	.segment_bytes = SEGMENT_BYTES,
};

static char directory[SCRATCH_PATH_SIZE];

static int
set_up(void **state)
{
	scratch_make(directory);
	return 0;
}

static int
tear_down(void **state)
{
	scratch_remove(directory);
	return 0;
}

static struct spool *
open_spool(void)
{
	struct spool *spool;

	assert_int_equal(spool_open(directory, &limits, &spool), OK);
	return spool;
}

static void
flip(const char *path, off_t offset, size_t len)
{
	int fd = open(path, O_RDWR);
	unsigned char byte;

	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(pread(fd, &byte, 1, offset + (off_t)i), 1);
		byte ^= 0xff;
		assert_int_equal(pwrite(fd, &byte, 1, offset + (off_t)i), 1);
	}
	close(fd);
}

static void
leave_records(uint64_t count)
{
	struct spool *spool = open_spool();

	for (uint64_t i = 1; i <= count; i++)
		scratch_write(spool, i);
	spool_close(spool);
}

static void
test_damage_costs_only_its_segment(void **state)
{
	char files[FILES_MAX][SCRATCH_PATH_SIZE];
	struct scratch_tally *tally = calloc(1, sizeof(*tally));
	int64_t damaged = metric_get(METRIC_GATEWAY_SPOOL_DAMAGED);

	leave_records(2000);
	size_t count = scratch_list(directory, ".seg", files, FILES_MAX);
	assert_true(count >= 4);
	flip(files[1], SEGMENT_BYTES / 2, 4);

	struct spool *spool = open_spool();
	/* Seqs have no gap (scratch_drain() asserts it); requests are there once. */
	assert_true(scratch_drain(spool, tally) >= 2000);
	assert_int_equal(metric_get(METRIC_GATEWAY_SPOOL_DAMAGED), damaged + 1);
	assert_true(tally->lost > 0);
	assert_true(tally->lost < 300);
	for (uint64_t i = 1; i <= 2000; i++)
		assert_true(tally->counts[i] <= 1);
	spool_close(spool);
	assert_int_equal(
	    scratch_list(directory, ".damaged", files, FILES_MAX), 1);
	free(tally);
}

static void
test_any_cut_and_any_flip_is_survived(void **state)
{
	char files[FILES_MAX][SCRATCH_PATH_SIZE];

	srandom(1);
	for (int round = 0; round < 60; round++) {
		struct scratch_tally *tally = calloc(1, sizeof(*tally));

		leave_records(300);
		size_t count =
		    scratch_list(directory, ".seg", files, FILES_MAX);
		const char *path = files[(size_t)random() % count];
		off_t offset = random() % SEGMENT_BYTES;
		struct stat info;

		assert_int_equal(stat(path, &info), 0);
		if (round % 2 == 0)
			assert_int_equal(truncate(path, offset), 0);
		else if (offset + 16 < info.st_size)
			flip(path, offset, 16);
		struct spool *spool = open_spool();
		scratch_drain(spool, tally);
		for (uint64_t i = 1; i <= 300; i++)
			assert_true(tally->counts[i] <= 1);
		spool_close(spool);
		free(tally);
	}
}

static void
test_strange_files_are_left_alone(void **state)
{
	char path[SCRATCH_PATH_SIZE + 32];

	snprintf(path, sizeof(path), "%s/notes.txt", directory);
	FILE *file = fopen(path, "w");
	fputs("hello", file);
	fclose(file);
	snprintf(path, sizeof(path), "%s/ffffffffffffffff", directory);
	assert_int_equal(mkdir(path, 0700), 0);

	struct spool *spool = open_spool();
	assert_true(spool_boot_id(spool) < INT64_MAX);
	scratch_write(spool, 1);
	assert_int_equal(scratch_drain(spool, NULL), 1);
	spool_close(spool);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_damage_costs_only_its_segment),
		TEST(test_any_cut_and_any_flip_is_survived),
		TEST(test_strange_files_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
