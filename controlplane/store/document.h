/*
 * document.h - rows as JSON documents.
 *
 * A resource's row travels to and from PostgreSQL as one JSON document
 * (to_jsonb, jsonb_populate_record), so that the names of columns are the
 * only coupling between a statement and what reads it.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/db.h"

struct arena;

/* The value dies with the arena; returns it.  NULL aborts: out of memory. */
json_t *document_keep(struct arena *, json_t *);

/* Compact text; the order of members is the document's. */
struct str document_text(struct arena *, const json_t *);

/* A column as a document of the arena; NULL when it is SQL's NULL. */
json_t *row_document(
    struct arena *, const struct db_rows *, size_t row, int column);

/* The array that is the only column of the only row; empty without rows. */
json_t *rows_list(struct arena *, const struct db_rows *);

struct db_param db_document(struct arena *, const json_t *);

/* Member of an object as text; empty when absent or not a string. */
struct str document_member(const json_t *, const char *name);

/* A new string; null for text that is not UTF-8. */
json_t *document_string(struct str);

/* Sets a member to a string; document_set_id() to a uuid, the zero to null. */
void document_set(json_t *, const char *name, struct str);
void document_set_id(json_t *, const char *name, struct id);
