/*
 * partition.c - see partition.h.
 *
 * A partition is made beside its parent and then attached: unlike CREATE
 * TABLE … PARTITION OF, that does not wait for readers and writers of the
 * other days, nor make them wait.
 */
#include "controlplane/store/partition.h"

#include "common/arena.h"
#include "common/clock.h"
#include "controlplane/store/tx.h"

#define US_PER_DAY (86400 * US_PER_S)

int64_t
partition_day(int64_t wall_us)
{
	assert(wall_us >= 0);
	return wall_us / US_PER_DAY;
}

/* "2026-11-22", which PostgreSQL reads as midnight UTC on our connections. */
static struct str
date_text(struct arena *arena, int64_t day)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(day * US_PER_DAY, text);
	return str_copy(arena, str_make(text, 10));
}

static void
make(struct tx *tx, const char *parent, int64_t day)
{
	struct str from = date_text(tx->arena, day);
	struct str to = date_text(tx->arena, day + 1);
	struct str name = str_printf(tx->arena, "%s_%.4s%.2s%.2s", parent,
	    from.ptr, from.ptr + 5, from.ptr + 8);
	const struct db_rows *rows =
	    TX_RUN(tx, "SELECT to_regclass($1) IS NULL", db_text(name));

	if (!row_bool(rows, 0, 0))
		return;
	/* Names and dates are ours: parameters cannot stand in DDL. */
	tx_run_script(tx,
	    str_printf(tx->arena,
		"CREATE TABLE %.*s (LIKE %s INCLUDING ALL);"
		"ALTER TABLE %s ATTACH PARTITION %.*s"
		" FOR VALUES FROM ('%.*s') TO ('%.*s')",
		STR_ARGS(name), parent, parent, STR_ARGS(name), STR_ARGS(from),
		STR_ARGS(to)));
}

enum status
partition_ensure(struct db *db, struct arena *arena, int64_t day)
{
	struct tx tx CLEANUP(tx_rollback);

	tx_begin(&tx, db, arena);
	TX_RUN(&tx, "SELECT pg_advisory_xact_lock(hashtext($1))",
	    db_text(STR("weir partitions")));
	make(&tx, "usage_events", day);
	make(&tx, "usage_totals", day);
	return tx_commit(&tx);
}
