/*
 * document.c - see document.h; the memory of jansson, tied to arenas.
 */
#include "controlplane/store/document.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/json.h"

#define DOCUMENT_DEPTH_MAX 32

static void
release(void *value)
{
	json_decref(value);
}

json_t *
document_keep(struct arena *arena, json_t *value)
{
	if (value == NULL)
		abort();
	arena_defer(arena, release, value);
	return value;
}

struct str
document_text(struct arena *arena, const json_t *value)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	size_t len = json_dumpb(value, NULL, 0, flags);
	char *text = arena_alloc(arena, len + 1);

	len = json_dumpb(value, text, len, flags);
	return str_make(text, len);
}

json_t *
row_document(
    struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	json_t *value = NULL;

	if (row_is_null(rows, row, column))
		return NULL;
	if (json_parse(row_text(rows, row, column), DOCUMENT_DEPTH_MAX, &value,
		NULL) != OK)
		return NULL;
	return document_keep(arena, value);
}

json_t *
rows_list(struct arena *arena, const struct db_rows *rows)
{
	json_t *list =
	    rows_count(rows) == 0 ? NULL : row_document(arena, rows, 0, 0);

	return list != NULL ? list : document_keep(arena, json_array());
}

struct db_param
db_document(struct arena *arena, const json_t *value)
{
	return db_text(document_text(arena, value));
}

struct str
document_member(const json_t *object, const char *name)
{
	return json_text(json_object_get(object, name));
}

json_t *
document_string(struct str text)
{
	json_t *value = str_is_empty(text) ? json_string("")
					   : json_stringn(text.ptr, text.len);

	return value != NULL ? value : json_null();
}

void
document_set(json_t *object, const char *name, struct str text)
{
	if (json_object_set_new(object, name, document_string(text)) != 0)
		abort();
}

void
document_set_id(json_t *object, const char *name, struct id id)
{
	char text[ID_TEXT_SIZE];

	if (!id_is_zero(id))
		document_set(object, name, str_from(id_uuid(id, text)));
	else if (json_object_set_new(object, name, json_null()) != 0)
		abort();
}
