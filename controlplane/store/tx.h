/*
 * tx.h - a transaction that remembers its first failure.
 *
 * Statements after a failure do nothing and give no rows, so a handler reads
 * as its steps: begin, change, audit, mark, commit - all of it or none.
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"
#include "controlplane/store/db.h"

struct tx { /* fields are private but for arena */
	struct db *db;
	struct arena *arena;
	enum status status;
	bool open;
	bool dry_run;
	int64_t config_rev; /* set by store_config_mark() */
};

void tx_begin(struct tx *, struct db *, struct arena *);

/* REPEATABLE READ, READ ONLY: one moment of the whole database. */
void tx_begin_snapshot(struct tx *, struct db *, struct arena *);

/* Everything runs, tx_commit() rolls back and says OK: for ?dry_run=true. */
void tx_set_dry_run(struct tx *);

const struct db_rows *tx_run(
    struct tx *, const char *sql, const struct db_param *, size_t count);

/* tx_run() with the parameters in place: TX_RUN(tx, sql, db_id(id)). */
#define TX_RUN(tx, sql, ...)                                      \
	tx_run(tx, sql, (const struct db_param[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const struct db_param[]){ __VA_ARGS__ })))

/* Several statements of ours without parameters: definitions. */
void tx_run_script(struct tx *, struct str sql);

/* COPY … FROM STDIN inside the transaction. */
void tx_copy(struct tx *, const char *sql, struct str content);

/* Makes the transaction fail with s unless it already has. */
void tx_fail(struct tx *, enum status);
enum status tx_status(const struct tx *);

/* The first failure, or OK once the server has said COMMIT. */
enum status tx_commit(struct tx *);

/* Does nothing after tx_commit(); for CLEANUP. */
void tx_rollback(struct tx *);
