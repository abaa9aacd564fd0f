/* Connections, statements, transactions, revisions, migrations, partitions. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"
#include "controlplane/store/config.h"
#include "controlplane/store/migrate.h"
#include "controlplane/store/partition.h"
#include "tests/unit/controlplane/world.h"

static struct world world;

static void
assert_str(struct str actual, const char *expected)
{
	assert_int_equal(actual.len, strlen(expected));
	assert_memory_equal(actual.ptr, expected, actual.len);
}

/* Long enough for another attempt to connect to be allowed. */
static void
wait_for_attempt(void)
{
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
}

static const struct db_rows *
run(const char *sql, const struct db_param *params, size_t count)
{
	const struct db_rows *rows = rows_none();

	if (db_run(world.db, &world.arena, sql, params, count, &rows) != OK)
		fail_msg("%s: %s", sql, db_fault(world.db));
	return rows;
}

static void
values_survive_the_way_there_and_back(void **state)
{
	const struct id id = id_make();
	const struct db_param params[] = { db_text(STR("it's \"ö\" \\ {}")),
		db_int(INT64_MIN), db_bool(true), db_id(id),
		db_bytes(str_make("\0\1\xff", 3)), db_time(1763827445123456),
		db_text_or_null(STR("")), db_time_or_null(0),
		db_bytes(STR("")) };
	const struct db_rows *rows =
	    run("SELECT $1::text, $2::bigint, $3::bool, $4::uuid, $5::bytea,"
		" $6::timestamptz, $7::text, $8::timestamptz, $9::bytea",
		params, ARRAY_LEN(params));

	assert_int_equal(rows_count(rows), 1);
	assert_str(row_text(rows, 0, 0), "it's \"ö\" \\ {}");
	assert_true(row_int(rows, 0, 1) == INT64_MIN);
	assert_true(row_bool(rows, 0, 2));
	assert_true(id_eq(row_id(rows, 0, 3), id));
	assert_memory_equal(
	    row_bytes(&world.arena, rows, 0, 4).ptr, "\0\1\xff", 3);
	assert_int_equal(row_time(rows, 0, 5), 1763827445123456);
	assert_true(row_is_null(rows, 0, 6));
	assert_true(row_is_null(rows, 0, 7));
	assert_int_equal(row_time(rows, 0, 7), 0);
	assert_false(row_is_null(rows, 0, 8));
	assert_int_equal(row_bytes(&world.arena, rows, 0, 8).len, 0);

	/* Past the last row everything is NULL. */
	assert_true(row_is_null(rows, 1, 0));
	assert_int_equal(row_int(rows, 1, 1), 0);
}

static void
times_without_a_fraction_are_read(void **state)
{
	const struct db_rows *rows = run(
	    "SELECT '2026-11-22 00:00:00+02'::timestamptz,"
	    " 'infinity'::timestamptz, '2026-01-01 00:00:00.5Z'::timestamptz",
	    NULL, 0);

	assert_int_equal(row_time(rows, 0, 0), 1795298400000000);
	assert_true(row_time(rows, 0, 1) == INT64_MAX);
	assert_int_equal(row_time(rows, 0, 2) % US_PER_S, 500000);
}

static void
arrays_keep_every_character(void **state)
{
	const struct str texts[] = { STR("plain"), STR(""), STR("a,b"),
		STR("{}"), STR("\"q\\"), STR("NULL") };
	struct db_param param =
	    db_text_array(&world.arena, texts, ARRAY_LEN(texts));
	const struct db_rows *rows =
	    run("SELECT $1::text[], '{}'::text[]", &param, 1);
	struct str *back;

	assert_int_equal(
	    row_text_array(&world.arena, rows, 0, 0, &back), ARRAY_LEN(texts));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_true(str_eq(back[i], texts[i]));
	assert_int_equal(row_text_array(&world.arena, rows, 0, 1, &back), 0);
}

static enum status
try(const char *sql, struct db_param param)
{
	return db_run(world.db, &world.arena, sql, &param, 1, NULL);
}

static void
failures_have_their_status(void **state)
{
	world_sql(
	    &world, "CREATE TABLE f (n int CONSTRAINT small CHECK (n < 9))");
	assert_int_equal(
	    try("INSERT INTO f VALUES ($1)", db_int(9)), E_CONFLICT);
	assert_string_equal(db_constraint(world.db), "small");
	assert_int_equal(try("INSERT INTO f VALUES ($1)", db_int(1)), OK);
	assert_string_equal(db_constraint(world.db), "");
	assert_int_equal(
	    try("INSERT INTO f VALUES ($1)", db_int(1LL << 40)), E_INVALID);
	assert_int_equal(try("SELECT $1::uuid", db_text(STR("x"))), E_INVALID);
	assert_int_equal(
	    try("SELECT $1::text", db_text(str_make("a\0b", 3))), E_INVALID);
	assert_int_equal(try("SELECT nothing($1)", db_int(1)), E_INTERNAL);
	assert_true(strlen(db_fault(world.db)) > 0);
}

static void
slow_statements_are_ended(void **state)
{
	struct db *db = db_open(pg_url(world.pg), "weir-slow");

	db_set_statement_timeout(db, 50);
	assert_int_equal(db_run_script(db, "SELECT pg_sleep(5)"), E_TIMEOUT);
	assert_int_equal(db_ping(db), OK);
	db_close(db);
}

static void
prepared_statements_survive_a_change_of_their_table(void **state)
{
	const char *sql = "SELECT * FROM g";
	struct tx tx;

	world_sql(&world, "CREATE TABLE g (n int)");
	run(sql, NULL, 0);
	world_sql(&world, "ALTER TABLE g ADD COLUMN m int");
	run(sql, NULL, 0);

	/* Inside a transaction it cannot be tried again unseen. */
	world_sql(&world, "ALTER TABLE g ADD COLUMN o int");
	tx_begin(&tx, world.db, &world.arena);
	tx_run(&tx, sql, NULL, 0);
	assert_int_equal(tx_commit(&tx), E_UNAVAILABLE);
	tx_begin(&tx, world.db, &world.arena);
	tx_run(&tx, sql, NULL, 0);
	assert_int_equal(tx_commit(&tx), OK);
}

static void
many_statements_are_not_kept(void **state)
{
	for (int i = 0; i < 600; i++) {
		const char *sql = str_cstr(
		    &world.arena, str_printf(&world.arena, "SELECT %d", i));
		const struct db_rows *rows = run(sql, NULL, 0);

		assert_int_equal(row_int(rows, 0, 0), i);
	}
	assert_true(world_int(&world,
			"SELECT count(*) FROM pg_prepared_statements") <= 512);
}

static void
a_transaction_remembers_its_first_failure(void **state)
{
	struct tx tx;

	world_sql(&world, "CREATE TABLE t (n int PRIMARY KEY)");
	tx_begin(&tx, world.db, &world.arena);
	TX_RUN(&tx, "INSERT INTO t VALUES ($1)", db_int(1));
	TX_RUN(&tx, "INSERT INTO t VALUES ($1)", db_int(1));
	const struct db_rows *rows = TX_RUN(&tx, "SELECT $1::int", db_int(7));
	assert_int_equal(rows_count(rows), 0);
	tx_fail(&tx, E_INTERNAL);
	assert_int_equal(tx_status(&tx), E_CONFLICT);
	assert_int_equal(tx_commit(&tx), E_CONFLICT);
	tx_rollback(&tx);
	assert_int_equal(world_int(&world, "SELECT count(*) FROM t"), 0);
	assert_false(db_is_in_transaction(world.db));
}

static void
a_dry_run_changes_nothing(void **state)
{
	struct tx tx;

	tx_begin(&tx, world.db, &world.arena);
	tx_set_dry_run(&tx);
	TX_RUN(&tx, "INSERT INTO t VALUES ($1)", db_int(1));
	assert_int_equal(tx_commit(&tx), OK);
	assert_int_equal(world_int(&world, "SELECT count(*) FROM t"), 0);
}

static void
a_transaction_does_not_outlive_its_connection(void **state)
{
	struct tx tx;

	tx_begin(&tx, world.db, &world.arena);
	TX_RUN(&tx, "INSERT INTO t VALUES ($1)", db_int(5));
	pg_kill(world.pg);
	pg_resume(world.pg);
	TX_RUN(&tx, "INSERT INTO t VALUES ($1)", db_int(6));
	assert_int_equal(tx_commit(&tx), E_UNAVAILABLE);

	wait_for_attempt();
	assert_int_equal(world_int(&world, "SELECT count(*) FROM t"), 0);
}

static void
a_restart_between_statements_is_not_noticed(void **state)
{
	assert_int_equal(db_ping(world.db), OK);
	wait_for_attempt();
	pg_kill(world.pg);
	assert_int_equal(db_ping(world.db), E_UNAVAILABLE);
	assert_int_equal(db_ping(world.db), E_UNAVAILABLE);
	pg_resume(world.pg);
	wait_for_attempt();
	assert_int_equal(db_ping(world.db), OK);
	pg_kill(world.pg);
	pg_resume(world.pg);
	wait_for_attempt();
	assert_int_equal(world_int(&world, "SELECT 4"), 4);
}

static const struct config_change change = {
	.author = { "system", 6 },
	.action = "tenant.create",
	.kind = "tenant",
	.id = { "ten_x", 5 },
};

static void
a_transaction_is_one_revision_and_one_notification(void **state)
{
	struct db *listener = db_open(pg_url(world.pg), "weir-listener");
	int64_t before, after;
	struct tx tx;

	assert_int_equal(db_wait_notify(listener, 0, -1), E_UNAVAILABLE);
	assert_int_equal(db_listen(listener, "weir_config"), OK);
	assert_int_equal(db_wait_notify(listener, 10, -1), E_TIMEOUT);
	assert_int_equal(
	    store_config_head(world.db, &world.arena, &before), OK);

	tx_begin(&tx, world.db, &world.arena);
	int64_t rev = store_config_mark(&tx, &change);
	assert_int_equal(rev, before + 1);
	assert_int_equal(store_config_mark(&tx, &change), rev);
	assert_int_equal(db_wait_notify(listener, 10, -1), E_TIMEOUT);
	assert_int_equal(tx_commit(&tx), OK);
	assert_int_equal(db_wait_notify(listener, 1000, -1), OK);
	assert_int_equal(db_wait_notify(listener, 10, -1), E_TIMEOUT);

	assert_int_equal(store_config_head(world.db, &world.arena, &after), OK);
	assert_int_equal(after, rev);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM"
			     " config_revisions"),
	    after);

	tx_begin(&tx, world.db, &world.arena);
	tx_fail(&tx, E_INVALID);
	assert_int_equal(store_config_mark(&tx, &change), 0);
	tx_rollback(&tx);
	pg_kill(world.pg);
	assert_int_equal(db_wait_notify(listener, 1000, -1), E_UNAVAILABLE);
	pg_resume(world.pg);
	db_close(listener);
	wait_for_attempt();
}

static const char first_sql[] = "CREATE TABLE m1 (n int);";
static const char second_sql[] = "-- weir:no-transaction\n"
				 "CREATE INDEX CONCURRENTLY m1_n ON m1 (n)";
static const char broken_sql[] = "CREATE TABLE m3 (n int); SELECT nothing()";

#define SQL(text)                      \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct migration list[] = {
	{ 101, "0101_first", SQL(first_sql) },
	{ 102, "0102_second", SQL(second_sql) },
	{ 103, "0103_broken", SQL(broken_sql) },
};
static const struct migration changed[] = {
	{ 101, "0101_first", SQL(second_sql) },
};

static void
migrations_are_applied_once_and_in_order(void **state)
{
	struct migrations two = { list, 2 };
	struct buf fault;

	buf_init(&fault, 4096);
	world_sql(&world, "ALTER TABLE schema_migrations RENAME TO kept");
	assert_int_equal(
	    migrate_check(world.db, &world.arena, &two, &fault), E_CONFLICT);
	buf_reset(&fault);
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &two, &fault), OK);
	assert_int_equal(
	    migrate_check(world.db, &world.arena, &two, &fault), OK);
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &two, &fault), OK);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM"
			     " schema_migrations"),
	    2);
	buf_done(&fault);
}

static void
a_migration_that_fails_leaves_nothing(void **state)
{
	struct migrations three = { list, 3 };
	struct buf fault;

	buf_init(&fault, 4096);
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &three, &fault), E_INTERNAL);
	assert_true(str_find(buf_str(&fault), STR("nothing()")) >= 0);
	assert_str(world_text(&world, "SELECT to_regclass('m3') IS NULL"), "t");
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM"
			     " schema_migrations"),
	    2);
	buf_done(&fault);
}

static void
databases_that_do_not_fit_are_refused(void **state)
{
	struct migrations one = { list, 1 };
	struct migrations other = { changed, 1 };
	struct migrations later = { list + 1, 1 };
	struct buf fault;

	buf_init(&fault, 4096);
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &one, &fault), E_CONFLICT);
	assert_true(str_find(buf_str(&fault), STR("0102_second")) >= 0);
	buf_reset(&fault);
	assert_int_equal(
	    migrate_check(world.db, &world.arena, &later, &fault), E_CONFLICT);
	buf_reset(&fault);
	world_sql(&world, "DELETE FROM schema_migrations WHERE version = 102");
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &other, &fault), E_CONFLICT);
	assert_true(str_find(buf_str(&fault), STR("other contents")) >= 0);
	buf_reset(&fault);
	world_sql(&world,
	    "UPDATE schema_migrations SET version = 102,"
	    " name = '0102_second', sha256 = sha256(convert_to("
	    "'-- weir:no-transaction' || chr(10) || 'CREATE INDEX"
	    " CONCURRENTLY m1_n ON m1 (n)', 'UTF8'))");
	struct migrations two = { list, 2 };
	assert_int_equal(
	    migrate_apply(world.db, &world.arena, &two, &fault), E_CONFLICT);
	assert_true(str_find(buf_str(&fault), STR("is missing")) >= 0);
	world_sql(&world,
	    "DROP TABLE schema_migrations;"
	    "ALTER TABLE kept RENAME TO schema_migrations");
	buf_done(&fault);
}

static void *
migrate_in_thread(void *out)
{
	struct db *db = db_open(pg_url(world.pg), "weir-migrate");
	struct migrations two = { list, 2 };
	struct arena arena;
	struct buf fault;

	arena_init(&arena, 0);
	buf_init(&fault, 4096);
	*(enum status *)out = migrate_apply(db, &arena, &two, &fault);
	buf_done(&fault);
	arena_done(&arena);
	db_close(db);
	return NULL;
}

static void
migrations_at_the_same_time_wait_for_each_other(void **state)
{
	enum status statuses[4];
	pthread_t threads[4];

	world_sql(&world,
	    "ALTER TABLE schema_migrations RENAME TO kept;"
	    "DROP TABLE m1");
	for (int i = 0; i < 4; i++)
		pthread_create(
		    &threads[i], NULL, migrate_in_thread, &statuses[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(statuses[i], OK);
	}
	world_sql(&world,
	    "DROP TABLE schema_migrations;"
	    "ALTER TABLE kept RENAME TO schema_migrations");
}

static void *
ensure_in_thread(void *out)
{
	struct db *db = db_open(pg_url(world.pg), "weir-partition");
	struct arena arena;
	enum status s = OK;

	arena_init(&arena, 0);
	for (int64_t day = 20000; s == OK && day < 20010; day++)
		s = partition_ensure(db, &arena, day);
	*(enum status *)out = s;
	arena_done(&arena);
	db_close(db);
	return NULL;
}

static void
partitions_are_made_once_by_many(void **state)
{
	enum status statuses[4];
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(
		    &threads[i], NULL, ensure_in_thread, &statuses[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(statuses[i], OK);
	}
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM pg_inherits"
			     " WHERE inhparent = 'usage_events'::regclass"),
	    10);
	/* Day 20000 is 2024-10-04; its first and last moment belong to it. */
	assert_int_equal(partition_day(20000LL * 86400 * US_PER_S), 20000);
	world_sql(&world,
	    "INSERT INTO usage_totals SELECT t, 1, 1, 1, 1, 1, '', '', 0, 0,"
	    " 0, 0, 0, 0, 0, 0, 0, 0 FROM (VALUES"
	    " ('2024-10-04 00:00:00Z'::timestamptz),"
	    " ('2024-10-04 23:59:59.999999Z')) v (t)");
	assert_int_equal(
	    world_int(&world, "SELECT count(*) FROM usage_totals_20241004"), 2);
}

static int
open_world(void **state)
{
	world_open(&world);
	return 0;
}

static int
close_world(void **state)
{
	world_close(&world);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_survive_the_way_there_and_back),
		cmocka_unit_test(times_without_a_fraction_are_read),
		cmocka_unit_test(arrays_keep_every_character),
		cmocka_unit_test(failures_have_their_status),
		cmocka_unit_test(slow_statements_are_ended),
		cmocka_unit_test(
		    prepared_statements_survive_a_change_of_their_table),
		cmocka_unit_test(many_statements_are_not_kept),
		cmocka_unit_test(a_transaction_remembers_its_first_failure),
		cmocka_unit_test(a_dry_run_changes_nothing),
		cmocka_unit_test(a_transaction_does_not_outlive_its_connection),
		cmocka_unit_test(a_restart_between_statements_is_not_noticed),
		cmocka_unit_test(
		    a_transaction_is_one_revision_and_one_notification),
		cmocka_unit_test(migrations_are_applied_once_and_in_order),
		cmocka_unit_test(a_migration_that_fails_leaves_nothing),
		cmocka_unit_test(databases_that_do_not_fit_are_refused),
		cmocka_unit_test(
		    migrations_at_the_same_time_wait_for_each_other),
		cmocka_unit_test(partitions_are_made_once_by_many),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
