/*
 * migrate.h - brings the schema forward, never back.
 *
 * The files of migrations/ are part of the binary.  Each is applied once, in
 * the order of its number, in a transaction of its own unless a line of it
 * says "-- weir:no-transaction" (then it holds a single statement).  What has
 * been applied is recorded with its SHA-256: a database that knows more than
 * this binary, or knows it differently, is refused.
 */
#pragma once

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct db;

struct migration {
	int64_t version;
	const char *name; /* "0001_foundation" */
	struct str sql;	  /* with a NUL behind it */
};

struct migrations {
	const struct migration *list; /* by version */
	size_t count;
};

extern const struct migrations migrations_embedded;

/*
 * Applies what is missing; one process at a time, others wait.  E_CONFLICT,
 * with `fault` saying why, when database and binary do not fit together.
 */
enum status migrate_apply(
    struct db *, struct arena *, const struct migrations *, struct buf *fault);

/* OK when the schema is exactly the one of the list; changes nothing. */
enum status migrate_check(
    struct db *, struct arena *, const struct migrations *, struct buf *fault);

/* One line per migration: its name, and when it was applied. */
enum status migrate_status(
    struct db *, struct arena *, const struct migrations *, struct buf *out);
