/*
 * table.h - the statements every resource has, and running them.
 *
 * Each resource's store file is one such table.  A statement that changes a
 * row takes one document, whose members are columns, with the row's id.
 *
 *   select   $1 lowest id, $2 highest id, $3 limit, $4 a document of what
 *            the rows must have: columns, "q" (a prefix of slug or name) and
 *            "for_tenant" (whom they must be visible to); newest first
 *   lock     $1 id; makes later writers wait
 *   insert   $1 document
 *   update   $1 document; counts the version up
 *   archive  $1 document of id and reason; what DELETE does
 *   in_use   $1 id; a row when something still needs it, or no statement
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/kind.h"
#include "controlplane/store/tx.h"

struct table {
	const char *select;
	const char *lock;
	const char *insert;
	const char *update;
	const char *archive;
	const char *in_use;
};

struct table_query {
	struct id after;  /* zero: from the newest */
	struct id tenant; /* zero: seen by the platform */
	int64_t limit;
	json_t *filter; /* borrowed; NULL: none */
};

/* A JSON array of documents, in the arena of the transaction. */
json_t *table_select(
    struct tx *, const struct table *, const struct table_query *);

/* One document; NULL when it is not there or the tenant may not see it. */
json_t *table_get(
    struct tx *, const struct table *, struct id, struct id tenant);

void table_lock(struct tx *, const struct table *, struct id);
void table_insert(struct tx *, const struct table *, const json_t *);
void table_update(struct tx *, const struct table *, const json_t *);
void table_archive(
    struct tx *, const struct table *, struct id, struct str reason);
bool table_is_in_use(struct tx *, const struct table *, struct id);
