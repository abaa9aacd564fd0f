/*
 * sync_test.c - new configurations arrive, bad ones do not, old ones are kept.
 */
#include "dataplane/snapshot/sync.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "dataplane/control/control.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/usage/spool.h"
#include "tests/unit/dataplane/control/link_server.h"
#include "tests/unit/dataplane/snapshot/catalog.h"
#include "tests/unit/dataplane/usage/scratch.h"

#define CHUNKS 4

static const struct spool_limits spool_limits = {
	.max_bytes = 16 << 20,
	.segment_bytes = 1 << 20,
};

struct gateway {
	struct spool *spool;
	struct control *control;
	struct snapshot_cell *cell;
	struct sync *sync;
	_Atomic unsigned swaps;
};

static char directory[SCRATCH_PATH_SIZE];
static char spool_directory[SCRATCH_PATH_SIZE];
static struct link_server *server;
static struct arena arena;
static struct catalog catalog;

static int
set_up(void **state)
{
	scratch_make(directory);
	scratch_make(spool_directory);
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
	scratch_remove(spool_directory);
	return 0;
}

static void
on_swap(void *arg)
{
	((struct gateway *)arg)->swaps++;
}

static void
gateway_open(struct gateway *gateway, int64_t max_age_s)
{
	*gateway = (struct gateway){ 0 };
	assert_int_equal(
	    spool_open(spool_directory, &spool_limits, &gateway->spool), OK);
	gateway->cell = snapshot_cell_new();
	struct control_config control_config = {
		.state_directory = directory,
		.link_url = server->url,
		.bell_url = server->bell_url,
		.enrolment_token = LINK_SERVER_TOKEN,
		.name = "test",
		.region = "",
		.boot_id = spool_boot_id(gateway->spool),
	};
	assert_int_equal(control_open(&control_config, &gateway->control), OK);
	struct sync_config sync_config = {
		.state_directory = directory,
		.control = gateway->control,
		.cell = gateway->cell,
		.spool = gateway->spool,
		.snapshot_max_bytes = 1 << 20,
		.lkg_max_age_s = max_age_s,
		.on_swap = on_swap,
		.on_swap_arg = gateway,
	};
	assert_int_equal(sync_open(&sync_config, &gateway->sync), OK);
}

static void
gateway_close(struct gateway *gateway)
{
	int64_t start_ns = clock_mono_ns();

	sync_close(gateway->sync);
	control_close(gateway->control);
	assert_true(clock_mono_ns() - start_ns < NS_PER_S);
	snapshot_cell_free(gateway->cell);
	spool_close(gateway->spool);
}

static uint64_t
rev_in_force(struct gateway *gateway)
{
	struct snapshot *snapshot = snapshot_cell_get(gateway->cell);
	uint64_t rev = snapshot != NULL ? snapshot_rev(snapshot) : 0;

	if (snapshot != NULL)
		snapshot_unref(snapshot);
	return rev;
}

/* The catalogue as it stands, cut into a few chunks. */
static void
offer(uint64_t rev)
{
	struct str chunks[CHUNKS];

	for (size_t i = 0; i < CHUNKS; i++) {
		size_t from = catalog.count * i / CHUNKS;
		size_t to = catalog.count * (i + 1) / CHUNKS;

		chunks[i] = catalog_pack(&catalog, from, to - from);
	}
	link_server_offer(
	    server, rev, chunks, CHUNKS, catalog_pack_secrets(&catalog));
}

static void
wait_ready(struct gateway *gateway)
{
	for (int i = 0; i < 10000 && !sync_is_ready(gateway->sync); i++)
		usleep(1000);
	assert_true(sync_is_ready(gateway->sync));
}

static void
test_takes_what_is_offered(void **state)
{
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	assert_int_equal(rev_in_force(&gateway), 1);
	assert_true(sync_is_ready(gateway.sync));
	assert_int_equal(gateway.swaps, 1);
	assert_false(server->from_disk);

	struct snapshot *snapshot = snapshot_cell_get(gateway.cell);
	assert_non_null(
	    snapshot_find_verifier(snapshot, STR(CATALOG_PUBLIC_ID)));
	snapshot_unref(snapshot);
	gateway_close(&gateway);
}

static void
test_a_ring_is_effective_at_once(void **state)
{
	struct gateway gateway;
	int64_t slowest_ms = 0;

	catalog_init(&catalog, &arena);
	server->heartbeat_ms = 10000;
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	for (uint64_t rev = 2; rev <= 20; rev++) {
		int64_t start_ns = clock_mono_ns();

		offer(rev);
		assert_true(
		    link_server_wait(server, &server->applied_rev, rev));
		slowest_ms = i64_max(
		    slowest_ms, (clock_mono_ns() - start_ns) / NS_PER_MS);
	}
	print_message(
	    "ring to report: at most %lld ms\n", (long long)slowest_ms);
	assert_true(slowest_ms < 1000);
	gateway_close(&gateway);
}

static void
test_a_lost_ring_costs_a_heartbeat(void **state)
{
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	pthread_mutex_lock(&server->lock);
	server->rev = 2;
	pthread_mutex_unlock(&server->lock);
	assert_true(link_server_wait(server, &server->applied_rev, 2));

	sync_note_draining(gateway.sync);
	unsigned beats = server->beats;
	assert_true(link_server_wait_count(server, &server->beats, beats + 2));
	assert_true(server->is_draining);
	gateway_close(&gateway);
}

static void
test_a_bad_one_is_refused_and_the_old_one_stays(void **state)
{
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));

	catalog.openai->kind = (char *)"no-such-kind";
	offer(2);
	assert_true(link_server_wait(server, &server->rejected_rev, 2));
	assert_int_equal(server->applied_rev, 1);
	assert_int_equal(rev_in_force(&gateway), 1);
	assert_non_null(strstr(server->fault, "provider kind"));

	/* It is not fetched again, however often the head is looked at. */
	unsigned heads = server->heads, chunk_gets = server->chunk_gets;
	unsigned beats = server->beats;
	assert_true(link_server_wait_count(server, &server->beats, beats + 3));
	assert_int_equal(server->heads, heads);
	assert_int_equal(server->chunk_gets, chunk_gets);

	catalog.openai->kind = (char *)"openai";
	offer(3);
	assert_true(link_server_wait(server, &server->applied_rev, 3));
	assert_int_equal(server->rejected_rev, 0);
	gateway_close(&gateway);
}

static void
refuse_one(struct gateway *gateway, uint64_t rev, const char *fault)
{
	offer(rev);
	assert_true(link_server_wait(server, &server->rejected_rev, rev));
	assert_int_equal(rev_in_force(gateway), 1);
	if (strstr(server->fault, fault) == NULL)
		fail_msg("\"%s\" says nothing of %s", server->fault, fault);
}

static void
test_forgeries_are_refused(void **state)
{
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	server->breaks_signature = true;
	refuse_one(&gateway, 2, "signature");
	server->breaks_signature = false;
	server->breaks_chunk = true;
	refuse_one(&gateway, 3, "snapshot");
	server->breaks_chunk = false;

	/* An older one is not even looked at. */
	unsigned beats = server->beats;
	pthread_mutex_lock(&server->lock);
	server->rev = 1;
	pthread_mutex_unlock(&server->lock);
	assert_true(link_server_wait_count(server, &server->beats, beats + 2));
	assert_int_equal(rev_in_force(&gateway), 1);
	offer(5);
	assert_true(link_server_wait(server, &server->applied_rev, 5));
	pthread_mutex_lock(&server->lock);
	server->rev = 4;
	beats = server->beats;
	pthread_mutex_unlock(&server->lock);
	assert_true(link_server_wait_count(server, &server->beats, beats + 2));
	assert_int_equal(rev_in_force(&gateway), 5);
	gateway_close(&gateway);
}

static void
test_too_large_is_refused_unseen(void **state)
{
	struct gateway gateway;
	struct str large;

	catalog_init(&catalog, &arena);
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	unsigned chunk_gets = server->chunk_gets;
	large = str_make(arena_alloc(&arena, 2 << 20), 2 << 20);
	link_server_offer(server, 2, &large, 1, STR(""));
	assert_true(link_server_wait(server, &server->rejected_rev, 2));
	assert_int_equal(server->chunk_gets, chunk_gets);
	assert_non_null(strstr(server->fault, "snapshot_max_bytes"));
	gateway_close(&gateway);
}

static void
test_a_revision_that_is_gone(void **state)
{
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	server->is_gone = true;
	offer(1);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait_count(server, &server->chunk_gets, 2));
	server->is_gone = false;
	assert_true(link_server_wait(server, &server->applied_rev, 1));
	gateway_close(&gateway);
}

/* --- from disk ---------------------------------------------------------------------- */

static void
save_one(uint64_t rev)
{
	struct gateway gateway;
	char path[SCRATCH_PATH_SIZE + 16];

	catalog_init(&catalog, &arena);
	offer(rev);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, rev));
	gateway_close(&gateway);
	snprintf(path, sizeof(path), "%s/snapshot.lkg", directory);
	assert_int_equal(access(path, R_OK), 0);
}

static void
test_starts_from_disk_while_the_control_plane_is_away(void **state)
{
	struct gateway gateway;

	save_one(7);
	link_server_stop(server);
	int64_t start_ns = clock_mono_ns();
	gateway_open(&gateway, 86400);
	wait_ready(&gateway);
	assert_true(clock_mono_ns() - start_ns < NS_PER_S);
	assert_int_equal(rev_in_force(&gateway), 7);
	struct snapshot *snapshot = snapshot_cell_get(gateway.cell);
	assert_int_equal(
	    snapshot_find_provider(snapshot, STR("openai"))->credential_count,
	    1);
	snapshot_unref(snapshot);

	/* When it is back it hears where the configuration came from. */
	server->applied_rev = 0;
	link_server_start(server);
	assert_true(link_server_wait(server, &server->applied_rev, 7));
	assert_true(server->from_disk);
	assert_int_equal(gateway.swaps, 1);
	offer(8);
	assert_true(link_server_wait(server, &server->applied_rev, 8));
	assert_false(server->from_disk);
	gateway_close(&gateway);
}

static void
expect_not_ready(int64_t max_age_s)
{
	struct gateway gateway;

	link_server_stop(server);
	gateway_open(&gateway, max_age_s);
	usleep(200000);
	assert_false(sync_is_ready(gateway.sync));
	gateway_close(&gateway);
	link_server_start(server);
}

static void
copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	FILE *in = fopen(from, "r");
	FILE *out = fopen(to, "w");
	size_t len = fread(bytes, 1, sizeof(bytes), in);

	assert_true(len > 0);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	fclose(in);
	fclose(out);
}

static void
test_tampered_file_is_refused(void **state)
{
	char path[SCRATCH_PATH_SIZE + 16], good[SCRATCH_PATH_SIZE + 16];
	struct stat info;

	save_one(7);
	snprintf(path, sizeof(path), "%s/snapshot.lkg", directory);
	snprintf(good, sizeof(good), "%s/good", directory);
	copy_file(path, good);
	assert_int_equal(stat(path, &info), 0);
	for (off_t at = 0; at < info.st_size; at += info.st_size / 8) {
		unsigned char byte;
		int fd = open(path, O_RDWR);

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		expect_not_ready(86400);
		copy_file(good, path);
	}
	assert_int_equal(truncate(path, info.st_size - 1), 0);
	expect_not_ready(86400);
	assert_int_equal(truncate(path, 0), 0);
	expect_not_ready(86400);
}

static void
test_file_of_another_gateway_is_refused(void **state)
{
	char path[SCRATCH_PATH_SIZE + 16];

	save_one(7);
	snprintf(path, sizeof(path), "%s/identity", directory);
	assert_int_equal(remove(path), 0);
	expect_not_ready(86400);
}

static void
test_rolled_back_file_is_refused(void **state)
{
	char path[SCRATCH_PATH_SIZE + 16], old[SCRATCH_PATH_SIZE + 16];

	save_one(7);
	snprintf(path, sizeof(path), "%s/snapshot.lkg", directory);
	snprintf(old, sizeof(old), "%s/old", directory);
	copy_file(path, old);
	save_one(8);
	copy_file(old, path);
	expect_not_ready(86400);
}

static void
test_old_file_is_refused(void **state)
{
	struct gateway gateway;
	int64_t now_us = clock_wall_us();

	save_one(7);
	clock_pin_wall(now_us + 86500 * US_PER_S);
	expect_not_ready(86400);
	clock_pin_wall(now_us + 86000 * US_PER_S);
	link_server_stop(server);
	gateway_open(&gateway, 86400);
	wait_ready(&gateway);
	gateway_close(&gateway);
	link_server_start(server);
	clock_pin_wall(0);
}

static void
test_the_configuration_may_ask_for_less_patience(void **state)
{
	Weir__Link__V1__Settings settings = WEIR__LINK__V1__SETTINGS__INIT;
	int64_t now_us = clock_wall_us();
	struct gateway gateway;

	catalog_init(&catalog, &arena);
	settings.lkg_max_age_s = 100;
	Weir__Link__V1__Resource *resource = catalog_add(&catalog, ID_FREE);
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_SETTINGS;
	resource->settings = &settings;
	offer(7);
	gateway_open(&gateway, 86400);
	assert_true(link_server_wait(server, &server->applied_rev, 7));
	gateway_close(&gateway);
	clock_pin_wall(now_us + 200 * US_PER_S);
	expect_not_ready(86400);
	clock_pin_wall(0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_takes_what_is_offered),
		TEST(test_a_ring_is_effective_at_once),
		TEST(test_a_lost_ring_costs_a_heartbeat),
		TEST(test_a_bad_one_is_refused_and_the_old_one_stays),
		TEST(test_forgeries_are_refused),
		TEST(test_too_large_is_refused_unseen),
		TEST(test_a_revision_that_is_gone),
		TEST(test_starts_from_disk_while_the_control_plane_is_away),
		TEST(test_tampered_file_is_refused),
		TEST(test_file_of_another_gateway_is_refused),
		TEST(test_rolled_back_file_is_refused),
		TEST(test_old_file_is_refused),
		TEST(test_the_configuration_may_ask_for_less_patience),
	};

	log_init("sync_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
