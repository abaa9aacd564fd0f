/* migrate.c - see migrate.h. */
#include "controlplane/store/migrate.h"

#include <string.h>
#include <time.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/log.h"
#include "controlplane/store/db.h"
#include "controlplane/store/tx.h"

#define LOCK_ATTEMPTS 12
#define TURN_ATTEMPTS 1500 /* five minutes */

static enum status
run(struct db *db, const char *sql, struct buf *fault)
{
	enum status s = db_run_script(db, sql);

	if (s != OK)
		buf_add_cstr(fault, db_fault(db));
	return s;
}

static const struct migration *
find(const struct migrations *migrations, int64_t version)
{
	for (size_t i = 0; i < migrations->count; i++)
		if (migrations->list[i].version == version)
			return &migrations->list[i];
	return NULL;
}

static bool
is_same(const struct migration *migration, struct str sha256)
{
	uint8_t sum[SHA256_SIZE];

	digest_sha256(migration->sql, sum);
	return sha256.len == sizeof(sum) &&
	    memcmp(sha256.ptr, sum, sizeof(sum)) == 0;
}

/* Do the applied ones (version, name, sha256) agree with ours? */
static enum status
check_applied(struct arena *arena, const struct migrations *migrations,
    const struct db_rows *rows, struct buf *fault)
{
	for (size_t row = 0; row < rows_count(rows); row++) {
		struct str name = row_text(rows, row, 1);
		const struct migration *migration =
		    find(migrations, row_int(rows, row, 0));

		if (!migration) {
			buf_printf(fault,
			    "the database has migration %.*s, which this "
			    "version does not know: run a newer weir-control",
			    STR_ARGS(name));
			return E_CONFLICT;
		}
		if (!is_same(migration, row_bytes(arena, rows, row, 2))) {
			buf_printf(fault,
			    "migration %.*s was applied with other contents",
			    STR_ARGS(name));
			return E_CONFLICT;
		}
		if (migration == &migrations->list[row])
			continue;
		buf_printf(fault,
		    "migration %s is missing although %.*s was applied",
		    migrations->list[row].name, STR_ARGS(name));
		return E_CONFLICT;
	}
	return OK;
}

/* How many of ours are applied; 0 when the table does not exist yet. */
static enum status
count_applied(struct db *db, struct arena *arena,
    const struct migrations *migrations, size_t *out, struct buf *fault)
{
	const struct db_rows *rows;
	enum status s = db_run(db, arena,
	    "SELECT to_regclass('schema_migrations') IS NOT NULL", NULL, 0,
	    &rows);

	if (s == OK && !row_bool(rows, 0, 0)) {
		*out = 0;
		return OK;
	}
	if (s == OK)
		s = db_run(db, arena,
		    "SELECT version, name, sha256 FROM schema_migrations"
		    " ORDER BY version",
		    NULL, 0, &rows);
	if (s != OK) {
		buf_add_cstr(fault, db_fault(db));
		return s;
	}
	s = check_applied(arena, migrations, rows, fault);
	if (s == OK)
		*out = rows_count(rows);
	return s;
}

static enum status
record(struct db *db, struct arena *arena, const struct migration *migration,
    int64_t started_ns)
{
	uint8_t sum[SHA256_SIZE];
	const struct db_param params[] = {
		db_int(migration->version),
		db_text(str_from(migration->name)),
		db_bytes(str_make(sum, sizeof(sum))),
		db_int((clock_mono_ns() - started_ns) / NS_PER_MS),
	};

	digest_sha256(migration->sql, sum);
	return db_run(db, arena,
	    "INSERT INTO schema_migrations (version, name, sha256, ms)"
	    " VALUES ($1, $2, $3, $4)",
	    params, ARRAY_LEN(params), NULL);
}

/* Its statements and its record: together, unless it forbids that. */
static enum status
apply_once(struct db *db, struct arena *arena,
    const struct migration *migration, struct buf *fault)
{
	bool together =
	    str_find(migration->sql, STR("-- weir:no-transaction")) < 0;
	int64_t started_ns = clock_mono_ns();

	enum status s = together ? run(db, "BEGIN", fault) : OK;
	if (s == OK)
		s = run(db, migration->sql.ptr, fault);
	if (s == OK)
		s = record(db, arena, migration, started_ns);
	if (s == OK && together)
		s = run(db, "COMMIT", fault);
	if (s != OK && db_is_in_transaction(db))
		(void)(db_run_script(db, "ROLLBACK") == OK);
	return s;
}

/* A lock somebody holds is waited for in short turns, not in a queue. */
static enum status
apply_one(struct db *db, struct arena *arena, const struct migration *migration,
    struct buf *fault)
{
	enum status s = E_TIMEOUT;

	for (int i = 0; i < LOCK_ATTEMPTS && s == E_TIMEOUT; i++) {
		buf_reset(fault);
		s = apply_once(db, arena, migration, fault);
	}
	if (s == OK)
		log_info("migrated", log_cstr("name", migration->name));
	return s;
}

static enum status
apply_missing(struct db *db, struct arena *arena,
    const struct migrations *migrations, struct buf *fault)
{
	size_t applied = 0;
	enum status s = run(db,
	    "SET lock_timeout = '5s';"
	    "CREATE TABLE IF NOT EXISTS schema_migrations ("
	    " version bigint PRIMARY KEY,"
	    " name text NOT NULL,"
	    " sha256 bytea NOT NULL,"
	    " ms bigint NOT NULL,"
	    " applied_by text NOT NULL DEFAULT current_user,"
	    " applied_at timestamptz NOT NULL DEFAULT now())",
	    fault);

	if (s == OK)
		s = count_applied(db, arena, migrations, &applied, fault);
	for (size_t i = applied; s == OK && i < migrations->count; i++)
		s = apply_one(db, arena, &migrations->list[i], fault);
	return s;
}

/*
 * Asked for again and again instead of waited for: who waits inside a
 * statement would be waited for by CREATE INDEX CONCURRENTLY.
 */
static enum status
take_turn(struct db *db, struct arena *arena, struct buf *fault)
{
	const struct timespec pause = { .tv_nsec = 200 * NS_PER_MS };
	const struct db_rows *rows;

	for (int i = 0; i < TURN_ATTEMPTS; i++) {
		enum status s = db_run(db, arena,
		    "SELECT pg_try_advisory_lock(hashtext('weir migrations'))",
		    NULL, 0, &rows);

		if (s != OK)
			buf_add_cstr(fault, db_fault(db));
		if (s != OK || row_bool(rows, 0, 0))
			return s;
		nanosleep(&pause, NULL);
	}
	buf_add_cstr(fault, "another process has been migrating for long");
	return E_TIMEOUT;
}

enum status
migrate_apply(struct db *db, struct arena *arena,
    const struct migrations *migrations, struct buf *fault)
{
	enum status s = take_turn(db, arena, fault);

	if (s != OK)
		return s;
	s = apply_missing(db, arena, migrations, fault);

	enum status unlocked = db_run_script(
	    db, "SELECT pg_advisory_unlock_all(); RESET lock_timeout");
	return s == OK ? unlocked : s;
}

enum status
migrate_check(struct db *db, struct arena *arena,
    const struct migrations *migrations, struct buf *fault)
{
	size_t applied = 0;
	enum status s = count_applied(db, arena, migrations, &applied, fault);

	if (s != OK || applied == migrations->count)
		return s;
	buf_printf(fault,
	    "migration %s has not been applied: run "
	    "weir-control migrate",
	    migrations->list[applied].name);
	return E_CONFLICT;
}

enum status
migrate_status(struct db *db, struct arena *arena,
    const struct migrations *migrations, struct buf *out)
{
	const struct db_rows *rows = rows_none();
	size_t applied = 0;
	enum status s = count_applied(db, arena, migrations, &applied, out);

	if (s != OK)
		return s;
	if (applied > 0)
		s = db_run(db, arena,
		    "SELECT applied_at FROM schema_migrations ORDER BY version",
		    NULL, 0, &rows);
	for (size_t i = 0; s == OK && i < migrations->count; i++) {
		struct str when = row_text(rows, i, 0);

		buf_printf(out, "%s  %.*s\n", migrations->list[i].name,
		    STR_ARGS(i < applied ? when : STR("missing")));
	}
	return s;
}
