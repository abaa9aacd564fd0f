/*
 * control_test.c - getting in, staying in, and being told no.
 */
#include "dataplane/control/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "dataplane/usage/packing.h"
#include "dataplane/usage/spool.h"
#include "tests/unit/dataplane/control/link_server.h"
#include "tests/unit/dataplane/usage/scratch.h"

static char directory[SCRATCH_PATH_SIZE];
static struct link_server *server;
static struct arena arena;

static int
set_up(void **state)
{
	scratch_make(directory);
	arena_init(&arena, 0);
	server = calloc(1, sizeof(*server));
	link_server_open(server);
	return 0;
}

static int
tear_down(void **state)
{
	link_server_close(server);
	free(server);
	arena_done(&arena);
	scratch_remove(directory);
	return 0;
}

static struct control *
open_control(const char *token)
{
	struct control_config config = {
		.state_directory = directory,
		.link_url = server->url,
		.bell_url = server->bell_url,
		.enrolment_token = token,
		.name = "test",
		.region = "here",
		.boot_id = 4711,
	};
	struct control *control;

	assert_int_equal(control_open(&config, &control), OK);
	return control;
}

static enum status
beat(struct control *control)
{
	struct control_health health = { .applied_rev = 1 };
	uint64_t head_rev;

	return control_beat(control, &health, &head_rev);
}

static void
test_enrols_once(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);
	char path[SCRATCH_PATH_SIZE + 16];
	struct stat info;

	assert_int_equal(beat(control), OK);
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->enrolments, 1);
	assert_int_equal(server->hellos, 1);
	assert_int_equal(server->bad_macs, 0);
	assert_int_equal(control_heartbeat_ms(control), 200);
	assert_int_equal(control_batch_limits(control).max_records, 500);
	control_close(control);

	snprintf(path, sizeof(path), "%s/identity", directory);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);

	/* Known from now on, without a token. */
	control = open_control(NULL);
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->enrolments, 1);
	assert_int_equal(server->hellos, 2);
	control_close(control);
}

static void
test_no_identity_and_no_token(void **state)
{
	struct control *control = open_control(NULL);

	assert_int_equal(beat(control), E_FORBIDDEN);
	control_close(control);
	control = open_control("weir_en_wrong");
	assert_int_equal(beat(control), E_FORBIDDEN);
	assert_int_equal(server->enrolments, 0);
	control_close(control);
}

static void
test_identity_others_can_read_is_refused(void **state)
{
	struct control_config config = {
		.state_directory = directory,
		.link_url = server->url,
		.bell_url = server->bell_url,
	};
	struct control *control = open_control(LINK_SERVER_TOKEN);
	char path[SCRATCH_PATH_SIZE + 16];

	control_close(control);
	snprintf(path, sizeof(path), "%s/identity", directory);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(control_open(&config, &control), E_FORBIDDEN);
	assert_int_equal(chmod(path, 0600), 0);
	FILE *file = fopen(path, "a");
	fputs("surprise 00\n", file);
	fclose(file);
	assert_int_equal(control_open(&config, &control), E_CORRUPT);
}

static void
test_says_hello_again_when_told_to(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);

	assert_int_equal(beat(control), OK);
	pthread_mutex_lock(&server->lock);
	server->session += 100; /* the control plane has other keys now */
	pthread_mutex_unlock(&server->lock);
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->hellos, 2);
	control_close(control);
}

static void
test_renews_before_the_session_ends(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);

	server->session_valid_us = 200000;
	assert_int_equal(beat(control), OK);
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->hellos, 1);
	usleep(150000);
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->hellos, 2);
	control_close(control);
}

static void
test_deleted_gateway(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);

	assert_int_equal(beat(control), OK);
	server->is_unknown = true;
	assert_int_equal(beat(control), E_FORBIDDEN);
	/* With a token it enrols again. */
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->enrolments, 2);
	control_close(control);

	control = open_control(NULL);
	assert_int_equal(beat(control), OK);
	server->is_unknown = true;
	assert_int_equal(beat(control), E_FORBIDDEN);
	assert_int_equal(beat(control), E_FORBIDDEN);
	server->is_unknown = false; /* it was a mistake */
	assert_int_equal(beat(control), OK);
	assert_int_equal(server->enrolments, 2);
	control_close(control);
}

static void
test_errors(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);
	struct control_head head;
	struct str chunk;

	assert_int_equal(
	    control_get_head(control, &arena, 0, &head), E_UNAVAILABLE);
	link_server_offer(server, 3, &STR("not read here"), 1, STR("secret"));
	assert_int_equal(control_get_head(control, &arena, 0, &head), OK);
	assert_int_equal(head.rev, 3);
	assert_true(str_eq(head.secrets, STR("secret")));
	assert_int_equal(
	    control_verify(control, 3, head.digest, head.signature), OK);
	assert_int_equal(
	    control_verify(control, 4, head.digest, head.signature), E_CORRUPT);
	assert_int_equal(control_get_chunk(control, &arena, 3, 0, &chunk), OK);
	assert_true(str_eq(chunk, STR("not read here")));
	assert_int_equal(
	    control_get_chunk(control, &arena, 2, 0, &chunk), E_NOT_FOUND);
	server->is_unavailable = true;
	assert_int_equal(beat(control), E_UNAVAILABLE);
	server->is_unavailable = false;
	server->is_broken = true;
	assert_int_equal(beat(control), E_CORRUPT);
	server->is_broken = false;
	assert_int_equal(beat(control), OK);
	control_close(control);
}

static void *
hang_up_soon(void *control)
{
	usleep(100000);
	control_hang_up(control, CONTROL_CONFIG);
	return NULL;
}

static void
test_hanging_up_ends_calls(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);
	int64_t start_ns;
	pthread_t thread;
	uint64_t rev;

	assert_int_equal(beat(control), OK);
	link_server_stop(server);
	start_ns = clock_mono_ns();
	assert_int_equal(
	    pthread_create(&thread, NULL, hang_up_soon, control), 0);
	assert_int_equal(beat(control), E_CANCELLED);
	assert_true(clock_mono_ns() - start_ns < NS_PER_S);
	pthread_join(thread, NULL);
	assert_int_equal(control_wait_bell(control, 10000, &rev), E_CANCELLED);
	link_server_start(server);

	/* The other lane goes on. */
	struct str record = STR("");
	struct spool_batch batch = { 1, 1, 0, &record };
	uint64_t acked;
	assert_int_equal(
	    control_send_usage(control, &batch, &acked), E_INVALID);
	control_close(control);
}

static void *
beat_many(void *control)
{
	for (int i = 0; i < 50; i++)
		if (beat(control) != OK)
			return control;
	return NULL;
}

static void
test_lanes_share_one_session(void **state)
{
	struct control *control = open_control(LINK_SERVER_TOKEN);
	uint8_t packed[PACKING_RECORD_MAX_BYTES];
	struct record record = scratch_record(1);
	struct str body;
	pthread_t thread;
	void *failed;

	size_t len = packing_write_record(&record, packed);
	assert_int_equal(
	    packing_open(str_make(packed, len), &body), PACKING_RECORD);
	pthread_create(&thread, NULL, beat_many, control);
	for (uint64_t seq = 1; seq <= 50; seq++) {
		struct spool_batch batch = { 4711, seq, 1, &body };
		uint64_t acked = 0;

		assert_int_equal(
		    control_send_usage(control, &batch, &acked), OK);
		assert_int_equal(acked, seq);
	}
	pthread_join(thread, &failed);
	assert_null(failed);
	assert_int_equal(server->hellos, 1);
	assert_int_equal(server->bad_macs, 0);
	control_close(control);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_enrols_once),
		TEST(test_no_identity_and_no_token),
		TEST(test_identity_others_can_read_is_refused),
		TEST(test_says_hello_again_when_told_to),
		TEST(test_renews_before_the_session_ends),
		TEST(test_deleted_gateway),
		TEST(test_errors),
		TEST(test_hanging_up_ends_calls),
		TEST(test_lanes_share_one_session),
	};

	log_init("control_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
