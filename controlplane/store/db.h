/*
 * db.h - one PostgreSQL connection, and what a statement takes and gives.
 *
 * A connection belongs to one thread at a time.  A statement is prepared the
 * first time its text is seen on a connection; values only ever travel as
 * parameters.  SQL lives in controlplane/store/ and nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/id.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct db;
struct db_rows;

/* Connects lazily: a database that is away makes statements fail, not this. */
struct db *db_open(const char *url, const char *application_name);
void db_close(struct db *);

/* From the next connection on; 0, the default, is the server's own. */
void db_set_statement_timeout(struct db *, int timeout_ms);

/* Is the server answering?  Reconnects at most once a second. */
enum status db_ping(struct db *);

struct db_param {
	struct str text; /* or bytes, when is_bytes */
	bool is_null;
	bool is_bytes;
	char number[ID_TEXT_SIZE]; /* the value itself, unless empty */
};

/* Parameters in the order of $1, $2 …; ids go as uuid, times as us. */
struct db_param db_text(struct str);
struct db_param db_text_or_null(struct str); /* empty -> NULL */
struct db_param db_int(int64_t);
struct db_param db_bool(bool);
struct db_param db_id(struct id);
struct db_param db_id_or_null(struct id); /* zero -> NULL */
struct db_param db_bytes(struct str);
struct db_param db_time(int64_t wall_us);	  /* timestamptz */
struct db_param db_time_or_null(int64_t wall_us); /* 0 -> NULL */
struct db_param db_null(void);

/* text[]: quotes and escapes the elements; lives in the arena. */
struct db_param db_text_array(struct arena *, const struct str *, size_t);

/*
 * Runs one statement outside a transaction.  The rows live in the arena; out
 * may be NULL.  E_UNAVAILABLE: no connection, it broke, or another
 * transaction was in the way; E_CONFLICT: a constraint said no; E_INVALID: a
 * value the type cannot hold; E_TIMEOUT: statement_timeout; E_INTERNAL: a
 * statement of ours is wrong.
 */
enum status db_run(struct db *, struct arena *, const char *sql,
    const struct db_param *, size_t count, const struct db_rows **out);

/*
 * Several statements in one text of ours, without parameters: migrations.
 * The server's own words about a failure are in db_fault().
 */
enum status db_run_script(struct db *, const char *sql);

/* COPY … FROM STDIN with everything in one buffer. */
enum status db_copy(struct db *, const char *sql, struct str content);

/*
 * Notifications, on a connection kept for them.  Waiting says E_UNAVAILABLE
 * when the connection is not, or no longer, the one that listens.
 */
enum status db_listen(struct db *, const char *channel);

/*
 * OK when at least one came (all waiting ones are taken), E_TIMEOUT when
 * none did, E_CANCELLED when wake_fd (or -1) became readable.
 */
enum status db_wait_notify(struct db *, int timeout_ms, int wake_fd);

/* Is a transaction open, failed or not? */
bool db_is_in_transaction(const struct db *);

/* The constraint behind the last E_CONFLICT, "" otherwise. */
const char *db_constraint(const struct db *);

/* What the server said about the last failure, "" after a success. */
const char *db_fault(const struct db *);

/* No rows at all; lives for ever. */
const struct db_rows *rows_none(void);

size_t rows_count(const struct db_rows *);
size_t rows_affected(const struct db_rows *);

/* By column number from 0.  Texts live as long as the rows. */
bool row_is_null(const struct db_rows *, size_t row, int column);
struct str row_text(const struct db_rows *, size_t row, int column);
int64_t row_int(const struct db_rows *, size_t row, int column); /* NULL: 0 */
bool row_bool(const struct db_rows *, size_t row, int column);
struct id row_id(const struct db_rows *, size_t row, int column); /* NULL: 0 */
struct str row_bytes(
    struct arena *, const struct db_rows *, size_t row, int column); /* bytea */
int64_t row_time(
    const struct db_rows *, size_t row, int column); /* us, NULL: 0 */

/* text[] into slices in the arena. */
size_t row_text_array(struct arena *, const struct db_rows *, size_t row,
    int column, struct str **out);
