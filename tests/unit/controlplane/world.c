/* world.c - see world.h. */
#include "tests/unit/controlplane/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "controlplane/store/migrate.h"

void
world_open(struct world *world)
{
	struct buf fault;

	memset(world, 0, sizeof(*world));
	arena_init(&world->arena, 0);
	buf_init(&fault, 4096);
	strcpy(world->keys, "/tmp/weir-keys-XXXXXX");
	assert_non_null(mkdtemp(world->keys));
	assert_int_equal(keyring_create(world->keys, &fault), OK);
	assert_int_equal(
	    keyring_open(world->keys, &world->keyring, &fault), OK);
	world->pg = pg_start();
	world->db = db_open(pg_url(world->pg), "weir-test");
	assert_int_equal(migrate_apply(world->db, &world->arena,
			     &migrations_embedded, &fault),
	    OK);
	buf_done(&fault);
}

void
world_close(struct world *world)
{
	static const char *const files[] = { "kek", "peppers", "signing" };
	char path[128];

	db_close(world->db);
	pg_stop(world->pg);
	keyring_close(world->keyring);
	arena_done(&world->arena);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", world->keys, files[i]);
		unlink(path);
	}
	rmdir(world->keys);
}

void
world_sql(struct world *world, const char *sql)
{
	if (db_run_script(world->db, sql) != OK)
		fail_msg("%s: %s", sql, db_fault(world->db));
}

struct str
world_text(struct world *world, const char *sql)
{
	const struct db_rows *rows;

	if (db_run(world->db, &world->arena, sql, NULL, 0, &rows) != OK)
		fail_msg("%s: %s", sql, db_fault(world->db));
	return row_text(rows, 0, 0);
}

int64_t
world_int(struct world *world, const char *sql)
{
	int64_t number = -1;

	assert_int_equal(str_to_i64(world_text(world, sql), &number), OK);
	return number;
}
