/*
 * shipper_test.c - from the spool to the control plane, whatever it says.
 */
#include "dataplane/usage/shipper.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "dataplane/control/control.h"
#include "dataplane/usage/spool.h"
#include "tests/unit/dataplane/control/link_server.h"
#include "tests/unit/dataplane/usage/scratch.h"

static const struct spool_limits limits = {
	.max_bytes = 64 << 20,
	.segment_bytes = 64 << 10,
};

static char directory[SCRATCH_PATH_SIZE];
static char spool_directory[SCRATCH_PATH_SIZE + 8];
static struct link_server *server;
static struct spool *spool;
static struct control *control;
static struct shipper *shipper;

static void
open_gateway(void)
{
	assert_int_equal(spool_open(spool_directory, &limits, &spool), OK);
	struct control_config config = {
		.state_directory = directory,
		.link_url = server->url,
		.bell_url = server->bell_url,
		.enrolment_token = LINK_SERVER_TOKEN,
		.name = "test",
		.region = "",
		.boot_id = spool_boot_id(spool),
	};
	assert_int_equal(control_open(&config, &control), OK);
	assert_int_equal(shipper_open(control, spool, &shipper), OK);
}

static void
close_gateway(int drain_ms)
{
	shipper_close(shipper, drain_ms);
	control_close(control);
	spool_close(spool);
}

static int
set_up(void **state)
{
	scratch_make(directory);
	snprintf(
	    spool_directory, sizeof(spool_directory), "%s/spool", directory);
	server = calloc(1, sizeof(*server));
	link_server_open(server);
	open_gateway();
	return 0;
}

static int
tear_down(void **state)
{
	link_server_close(server);
	free(server);
	scratch_remove(directory);
	return 0;
}

static void
write_one(uint64_t number)
{
	struct record_intent intent = scratch_intent(number);
	struct record record = scratch_record(number);
	struct spool_ticket ticket = { 0 };

	assert_int_equal(spool_begin(spool, &intent, &ticket), OK);
	spool_end(spool, &ticket, &record);
}

static void
expect_each_once(uint64_t count)
{
	pthread_mutex_lock(&server->lock);
	for (uint64_t i = 1; i <= count; i++)
		if (server->seen[i] != 1)
			fail_msg(
			    "request %d: %d records", (int)i, server->seen[i]);
	pthread_mutex_unlock(&server->lock);
}

static void
test_one_record_arrives_soon(void **state)
{
	write_one(1);
	assert_true(link_server_wait_count(server, &server->records, 1));
	for (uint64_t i = 2; i <= 5; i++) {
		int64_t start_ns = clock_mono_ns();

		usleep(150000);
		start_ns = clock_mono_ns();
		write_one(i);
		assert_true(
		    link_server_wait_count(server, &server->records, i));
		assert_true(clock_mono_ns() - start_ns < 300 * NS_PER_MS);
	}
	expect_each_once(5);
	close_gateway(1000);
}

static void
test_many_in_full_batches(void **state)
{
	for (uint64_t i = 1; i <= 5000; i++)
		write_one(i);
	close_gateway(10000);
	assert_int_equal(server->records, 5000);
	expect_each_once(5000);
	assert_int_equal(server->largest_batch, 500);
	assert_true(server->batches < 60);
	assert_int_equal(server->bad_macs, 0);
}

static void
test_outage(void **state)
{
	for (uint64_t i = 1; i <= 100; i++)
		write_one(i);
	assert_true(link_server_wait_count(server, &server->records, 100));
	link_server_stop(server);
	for (uint64_t i = 101; i <= 1000; i++)
		write_one(i);
	usleep(300000);
	assert_true(spool_bytes(spool) > 900 * 100);
	link_server_start(server);
	assert_true(link_server_wait_count(server, &server->records, 1000));
	expect_each_once(1000);
	close_gateway(1000);
}

static void
test_no_database_for_a_while(void **state)
{
	server->is_unavailable = true;
	for (uint64_t i = 1; i <= 100; i++)
		write_one(i);
	usleep(300000);
	assert_int_equal(server->records, 0);
	server->is_unavailable = false;
	assert_true(link_server_wait_count(server, &server->records, 100));
	expect_each_once(100);
	close_gateway(1000);
}

static void
test_what_is_left_goes_with_the_next_life(void **state)
{
	link_server_stop(server);
	for (uint64_t i = 1; i <= 100; i++)
		write_one(i);
	int64_t start_ns = clock_mono_ns();
	close_gateway(200);
	assert_true(clock_mono_ns() - start_ns < NS_PER_S);
	link_server_start(server);
	open_gateway();
	for (uint64_t i = 101; i <= 150; i++)
		write_one(i);
	assert_true(link_server_wait_count(server, &server->records, 150));
	expect_each_once(150);
	close_gateway(1000);
}

static void
test_one_bad_record_does_not_stop_the_others(void **state)
{
	int64_t rejected = metric_get(METRIC_GATEWAY_SPOOL_REJECTED);
	char path[SCRATCH_PATH_SIZE + 24];

	server->refused_request = 321;
	for (uint64_t i = 1; i <= 1000; i++)
		write_one(i);
	assert_true(link_server_wait_count(server, &server->records, 1000));
	close_gateway(1000);
	assert_int_equal(server->seen[321], 0);
	assert_int_equal(server->lost, 1);
	server->seen[321] = 1;
	expect_each_once(1000);
	assert_int_equal(
	    metric_get(METRIC_GATEWAY_SPOOL_REJECTED), rejected + 1);
	snprintf(path, sizeof(path), "%s/rejected.log", spool_directory);
	assert_int_equal(access(path, R_OK), 0);
}

static void
test_control_plane_that_forgot(void **state)
{
	for (uint64_t i = 1; i <= 1000; i++)
		write_one(i);
	assert_true(link_server_wait_count(server, &server->records, 1000));
	pthread_mutex_lock(&server->lock);
	server->forgets_usage = true;
	pthread_mutex_unlock(&server->lock);
	write_one(1001);
	assert_true(link_server_wait_count(server, &server->records, 2001));
	assert_int_equal(server->seen[1001], 1);
	assert_true(server->lost > 0);
	close_gateway(1000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_one_record_arrives_soon),
		TEST(test_many_in_full_batches),
		TEST(test_outage),
		TEST(test_no_database_for_a_while),
		TEST(test_what_is_left_goes_with_the_next_life),
		TEST(test_one_bad_record_does_not_stop_the_others),
		TEST(test_control_plane_that_forgot),
	};

	log_init("shipper_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
