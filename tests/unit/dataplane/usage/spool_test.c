/*
 * spool_test.c - nothing is lost, nothing is written twice.
 */
#include "dataplane/usage/spool.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "tests/unit/dataplane/usage/scratch.h"

#define SEGMENT_BYTES (64 << 10)
#define FILES_MAX 256

static const struct spool_limits limits = {
	.max_bytes = 64 << 20,
	.segment_bytes = SEGMENT_BYTES,
};

static char directory[SCRATCH_PATH_SIZE];
static struct arena arena;

static int
set_up(void **state)
{
	scratch_make(directory);
	arena_init(&arena, 0);
	return 0;
}

static int
tear_down(void **state)
{
	arena_done(&arena);
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
test_records_come_back_in_order(void **state)
{
	struct spool *spool = open_spool();
	struct spool_batch batch;

	assert_int_equal(
	    spool_read(spool, &arena, 10, 1 << 20, &batch), E_NOT_FOUND);
	for (uint64_t i = 1; i <= 5000; i++)
		scratch_write(spool, i);
	assert_true(spool_bytes(spool) > 5000 * 100);

	uint64_t next = 1;
	while (spool_read(spool, &arena, 77, 1 << 20, &batch) == OK) {
		assert_int_equal(batch.boot_id, spool_boot_id(spool));
		assert_int_equal(batch.first_seq, next);
		assert_true(batch.count <= 77);
		for (size_t i = 0; i < batch.count; i++)
			assert_int_equal(
			    scratch_number(batch.records[i]), next++);
		spool_ack(spool, batch.boot_id, next - 1);
		arena_reset(&arena);
	}
	assert_int_equal(next, 5001);
	assert_int_equal(spool_bytes(spool), 0);
	spool_close(spool);
}

static void
test_read_repeats_until_acknowledged(void **state)
{
	struct spool *spool = open_spool();
	struct spool_batch first, second;

	for (uint64_t i = 1; i <= 20; i++)
		scratch_write(spool, i);
	assert_int_equal(spool_read(spool, &arena, 10, 1 << 20, &first), OK);
	assert_int_equal(spool_read(spool, &arena, 10, 1 << 20, &second), OK);
	assert_int_equal(second.first_seq, 1);
	assert_int_equal(second.count, 10);

	spool_ack(spool, first.boot_id, 4);
	assert_int_equal(spool_read(spool, &arena, 10, 1 << 20, &second), OK);
	assert_int_equal(second.first_seq, 5);
	assert_int_equal(scratch_number(second.records[0]), 5);

	/* The other side has lost some: they are still there. */
	spool_ack(spool, first.boot_id, 2);
	assert_int_equal(spool_read(spool, &arena, 10, 1 << 20, &second), OK);
	assert_int_equal(second.first_seq, 3);
	assert_int_equal(scratch_number(second.records[0]), 3);
	spool_close(spool);
}

static void
test_batch_bounds(void **state)
{
	struct spool *spool = open_spool();
	struct spool_batch batch;
	size_t bytes = 0;

	for (uint64_t i = 1; i <= 100; i++)
		scratch_write(spool, i);
	assert_int_equal(spool_read(spool, &arena, 100, 1000, &batch), OK);
	for (size_t i = 0; i < batch.count; i++)
		bytes += batch.records[i].len;
	assert_true(batch.count > 1);
	assert_true(bytes <= 1000);

	/* One that is larger than the bound goes alone. */
	assert_int_equal(spool_read(spool, &arena, 100, 1, &batch), OK);
	assert_int_equal(batch.count, 1);
	spool_close(spool);
}

static void
test_records_gone_are_named(void **state)
{
	struct spool *spool = open_spool();
	struct scratch_tally *tally = calloc(1, sizeof(*tally));

	for (uint64_t i = 1; i <= 3000; i++)
		scratch_write(spool, i);
	uint64_t boot_id = spool_boot_id(spool);
	assert_int_equal(scratch_drain(spool, NULL), 3000);
	scratch_write(spool, 3001);

	/* The control plane came back from a backup that knows of 10. */
	spool_ack(spool, boot_id, 10);
	assert_int_equal(scratch_drain(spool, tally), 3001 - 10);
	assert_int_equal(tally->counts[3001], 1);
	assert_true(tally->lost > 1000);
	free(tally);
	spool_close(spool);
}

static void
test_long_request_does_not_hold_segments(void **state)
{
	struct spool *spool = open_spool();
	struct record_intent intent = scratch_intent(60000);
	struct record record = scratch_record(60000);
	struct spool_ticket ticket = { 0 };
	char files[FILES_MAX][SCRATCH_PATH_SIZE];

	assert_int_equal(spool_begin(spool, &intent, &ticket), OK);
	for (uint64_t i = 1; i <= 20000; i++) {
		scratch_write(spool, i);
		if (i % 500 == 0)
			scratch_drain(spool, NULL);
	}
	for (int i = 0;
	     i < 100 && scratch_list(directory, ".seg", files, FILES_MAX) > 20;
	     i++)
		usleep(20000);
	assert_true(scratch_list(directory, ".seg", files, FILES_MAX) <= 20);
	spool_end(spool, &ticket, &record);
	spool_close(spool);

	/* Still exactly one record. */
	struct scratch_tally *tally = calloc(1, sizeof(*tally));
	spool = open_spool();
	scratch_drain(spool, tally);
	assert_int_equal(tally->counts[60000], 1);
	assert_int_equal(tally->recovered, 0);
	free(tally);
	spool_close(spool);
}

static void
test_carried_intent_is_recovered_once(void **state)
{
	struct spool *spool = open_spool();
	struct record_intent intent = scratch_intent(60000);
	struct spool_ticket ticket = { 0 };
	struct scratch_tally *tally = calloc(1, sizeof(*tally));

	assert_int_equal(spool_begin(spool, &intent, &ticket), OK);
	for (uint64_t i = 1; i <= 10000; i++) {
		scratch_write(spool, i);
		if (i % 500 == 0)
			scratch_drain(spool, NULL);
	}
	spool_close(spool);
	spool = open_spool();
	scratch_drain(spool, tally);
	assert_int_equal(tally->counts[60000], 1);
	assert_int_equal(tally->recovered, 1);
	free(tally);
	spool_close(spool);
}

static void
test_open_intents_become_estimates(void **state)
{
	struct spool *spool = open_spool();
	struct record_intent intent = scratch_intent(7);
	struct spool_ticket ticket = { 0 }, priced = { 0 };
	struct spool_batch batch;

	scratch_write(spool, 1);
	assert_int_equal(spool_begin(spool, &intent, &ticket), OK);
	intent = scratch_intent(8);
	intent.reserved_nano = 5000;
	assert_int_equal(spool_begin(spool, &intent, &priced), OK);
	scratch_write(spool, 2);
	uint64_t boot_id = spool_boot_id(spool);
	spool_close(spool);

	/* Any number of restarts before they are shipped changes nothing. */
	for (int i = 0; i < 3; i++) {
		spool = open_spool();
		assert_int_equal(
		    spool_read(spool, &arena, 10, 1 << 20, &batch), OK);
		assert_int_equal(batch.boot_id, boot_id);
		assert_int_equal(batch.first_seq, 1);
		assert_int_equal(batch.count, 4);
		assert_int_equal(scratch_number(batch.records[1]), 2);
		assert_int_equal(scratch_number(batch.records[2]), 7);
		assert_int_equal(scratch_number(batch.records[3]), 8);
		assert_string_equal(
		    scratch_code(batch.records[3]), "gateway_restarted");
		if (i < 2)
			spool_close(spool);
	}
	spool_ack(spool, boot_id, 4);
	assert_int_equal(
	    spool_read(spool, &arena, 10, 1 << 20, &batch), E_NOT_FOUND);
	spool_close(spool);

	/* Acknowledged: nothing of it is left. */
	char files[FILES_MAX][SCRATCH_PATH_SIZE];
	assert_int_equal(scratch_list(directory, ".seg", files, FILES_MAX), 0);
}

/* --- limits ------------------------------------------------------------------- */

static void
test_refuses_past_the_limit_and_keeps_its_promises(void **state)
{
	static const struct spool_limits small = {
		.max_bytes = 4 * SEGMENT_BYTES,
		.segment_bytes = SEGMENT_BYTES,
	};
	struct spool_ticket tickets[200] = { 0 };
	struct record record = scratch_record(1);
	struct spool *spool;
	size_t begun = 0;

	/* Records as large as they get. */
	static char text[4096];
	memset(text, 'x', sizeof(text));
	record.route_reason = str_make(text, sizeof(text));
	record.attempt_count = RECORD_ATTEMPTS_MAX;
	for (size_t i = 0; i < RECORD_ATTEMPTS_MAX; i++)
		record.attempts[i].upstream_model =
		    str_make(text, sizeof(text));
	record.label_count = RECORD_LABELS_MAX;
	for (size_t i = 0; i < RECORD_LABELS_MAX; i++) {
		record.label_names[i] = str_make(text, sizeof(text));
		record.label_values[i] = str_make(text, sizeof(text));
	}

	assert_int_equal(spool_open(directory, &small, &spool), OK);
	for (size_t i = 0; i < 200; i++) {
		struct record_intent intent = scratch_intent(i);
		enum status s = spool_begin(spool, &intent, &tickets[i]);

		if (s != OK) {
			assert_int_equal(s, E_UNAVAILABLE);
			assert_false(tickets[i].open);
			break;
		}
		begun++;
	}
	assert_true(begun >= 20);
	assert_true(begun < 4 * SEGMENT_BYTES / 8192);
	for (size_t i = 0; i < begun; i++)
		spool_end(spool, &tickets[i], &record);
	assert_int_equal(scratch_drain(spool, NULL), begun);

	/* Acknowledged: there is room again. */
	struct record_intent intent = scratch_intent(1);
	struct spool_ticket ticket = { 0 };
	for (int i = 0; i < 100 && !ticket.open; i++)
		if (spool_begin(spool, &intent, &ticket) != OK)
			usleep(20000);
	assert_true(ticket.open);
	record = scratch_record(1);
	spool_end(spool, &ticket, &record);
	spool_close(spool);
}

static void
test_full_spool_can_be_opened_and_drained(void **state)
{
	static const struct spool_limits small = {
		.max_bytes = 4 * SEGMENT_BYTES,
		.segment_bytes = SEGMENT_BYTES,
	};
	struct record_intent intent = scratch_intent(1);
	struct spool_ticket ticket = { 0 }, other = { 0 };
	struct record record = scratch_record(1);
	struct spool *spool;
	uint64_t count = 0;

	assert_int_equal(spool_open(directory, &small, &spool), OK);
	while (spool_begin(spool, &intent, &ticket) == OK) {
		spool_end(spool, &ticket, &record);
		count++;
	}
	spool_close(spool);

	/* No room for another boot: it ships first. */
	assert_int_equal(spool_open(directory, &small, &spool), OK);
	for (int i = 0; i < 10; i++)
		if (spool_begin(spool, &intent, &other) == OK)
			spool_end(spool, &other, &record);
	assert_true(scratch_drain(spool, NULL) >= count);
	for (int i = 0; i < 100 && !ticket.open; i++)
		if (spool_begin(spool, &intent, &ticket) != OK)
			usleep(20000);
	assert_true(ticket.open);
	spool_end(spool, &ticket, &record);
	spool_close(spool);
}

static void
test_rows_without_intent_never_take_promised_room(void **state)
{
	static const struct spool_limits small = {
		.max_bytes = SEGMENT_BYTES,
		.segment_bytes = SEGMENT_BYTES,
	};
	struct record record = scratch_record(1);
	struct record_intent intent = scratch_intent(2);
	struct spool_ticket ticket = { 0 }, none = { 0 };
	int64_t dropped = metric_get(METRIC_GATEWAY_SPOOL_DROPPED);
	struct spool *spool;

	assert_int_equal(spool_open(directory, &small, &spool), OK);
	assert_int_equal(spool_begin(spool, &intent, &ticket), OK);
	for (int i = 0; i < 1000; i++)
		spool_end(spool, &none, &record);
	assert_true(metric_get(METRIC_GATEWAY_SPOOL_DROPPED) > dropped);
	record = scratch_record(2);
	spool_end(spool, &ticket, &record);

	struct scratch_tally *tally = calloc(1, sizeof(*tally));
	scratch_drain(spool, tally);
	assert_int_equal(tally->counts[2], 1);
	free(tally);
	spool_close(spool);
}

/* --- being killed ----------------------------------------------------------------- */

/* Shared with the child: which requests were begun, and how far. */
struct progress {
	_Atomic uint64_t begun;	 /* spool_begin() has returned */
	_Atomic uint64_t trying; /* it has been called */
};

static void
write_until_killed(struct progress *progress)
{
	static struct spool_ticket *tickets[64];
	struct spool *spool;

	if (spool_open(directory, &limits, &spool) != OK)
		_exit(1);
	for (;;) {
		uint64_t number = progress->trying + 1;
		struct spool_ticket **ticket = &tickets[number % 64];
		struct record_intent intent = scratch_intent(number);
		struct record record = scratch_record(number - 64);

		/* 64 at a time are under way; some never end. */
		if (*ticket != NULL && number % 7 != 0)
			spool_end(spool, *ticket, &record);
		*ticket = calloc(1, sizeof(**ticket));
		progress->trying = number;
		if (spool_begin(spool, &intent, *ticket) != OK)
			_exit(1);
		progress->begun = number;
	}
}

/* Every fifth one early, which is while it recovers; the others at work. */
static void
kill_some_time(pid_t child, int round, const struct progress *progress)
{
	uint64_t enough = progress->begun + 1 + (uint64_t)random() % 1000;

	if (round % 5 == 0)
		usleep((useconds_t)(random() % 8000));
	else
		while (progress->begun < enough)
			usleep(10);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
test_killed_at_any_moment(void **state)
{
	struct progress *progress = mmap(NULL, sizeof(*progress),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct scratch_tally *tally = calloc(1, sizeof(*tally));

	assert_true(progress != MAP_FAILED);
	srandom(2);
	for (int round = 0; round < 50; round++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			write_until_killed(progress);
		kill_some_time(child, round, progress);
	}
	struct spool *spool = open_spool();
	scratch_drain(spool, tally);
	spool_close(spool);

	unsigned missing = 0;
	assert_in_range(progress->begun, 1000, 65535);
	for (uint64_t i = 1; i <= progress->begun; i++) {
		assert_true(tally->counts[i] <= 1);
		missing += tally->counts[i] == 0;
	}
	/* Those whose spool_begin() never returned. */
	assert_true(missing <= 50);
	assert_int_equal(tally->lost, 0);
	assert_true(tally->recovered > 50);
	free(tally);
	munmap(progress, sizeof(*progress));
}

/* --- threads ------------------------------------------------------------------------ */

#define THREADS 4
#define PER_THREAD 5000

static void *
write_many(void *arg)
{
	for (uint64_t i = 0; i < PER_THREAD; i++)
		scratch_write(arg, i + 1);
	return NULL;
}

static void
test_threads_write_while_one_ships(void **state)
{
	struct spool *spool = open_spool();
	pthread_t threads[THREADS];
	uint64_t count = 0;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, write_many, spool), 0);
	while (count < THREADS * PER_THREAD) {
		assert_true(spool_wait(spool, 10000));
		count += scratch_drain(spool, NULL);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count, THREADS * PER_THREAD);
	spool_close(spool);
}

static void
test_wait_and_wake(void **state)
{
	struct spool *spool = open_spool();
	int64_t start_ns = clock_mono_ns();

	assert_false(spool_wait(spool, 30));
	assert_true(clock_mono_ns() - start_ns >= 25 * NS_PER_MS);
	spool_wake(spool);
	start_ns = clock_mono_ns();
	assert_false(spool_wait(spool, 5000));
	assert_true(clock_mono_ns() - start_ns < NS_PER_S);
	scratch_write(spool, 1);
	assert_true(spool_wait(spool, 5000));

	struct spool_batch batch;
	assert_int_equal(spool_oldest_ms(spool), 0);
	assert_int_equal(spool_read(spool, &arena, 1, 1 << 20, &batch), OK);
	assert_true(spool_oldest_ms(spool) > 1000);
	scratch_drain(spool, NULL);
	assert_int_equal(spool_oldest_ms(spool), 0);
	spool_close(spool);
}

static void
test_cost_of_a_request(void **state)
{
	static const struct spool_limits large = {
		.max_bytes = 1LL << 30,
		.segment_bytes = 4 << 20,
	};
	struct record_intent intent = scratch_intent(1);
	struct record record = scratch_record(1);
	int64_t best_ns = INT64_MAX;
	struct spool *spool;

	assert_int_equal(spool_open(directory, &large, &spool), OK);
	for (int round = 0; round < 5; round++) {
		int64_t start_ns = clock_mono_ns();

		for (int i = 0; i < 20000; i++) {
			struct spool_ticket ticket = { 0 };

			if (spool_begin(spool, &intent, &ticket) != OK)
				fail();
			spool_end(spool, &ticket, &record);
		}
		int64_t ns = (clock_mono_ns() - start_ns) / 20000;
		best_ns = ns < best_ns ? ns : best_ns;
	}
	print_message("spool_begin + spool_end: %lld ns\n", (long long)best_ns);
	spool_close(spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_records_come_back_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_read_repeats_until_acknowledged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_batch_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_records_gone_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_long_request_does_not_hold_segments, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_carried_intent_is_recovered_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_open_intents_become_estimates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_refuses_past_the_limit_and_keeps_its_promises, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_full_spool_can_be_opened_and_drained, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_rows_without_intent_never_take_promised_room, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_killed_at_any_moment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_threads_write_while_one_ships, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_wait_and_wake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_cost_of_a_request, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
