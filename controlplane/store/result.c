/*
 * result.c - rows, and the parameters of a statement: values as text.
 */
#include "controlplane/store/result.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/codec.h"

struct db_rows {
	PGresult *result; /* NULL: no rows */
};

static void
clear_result(void *result)
{
	PQclear(result);
}

const struct db_rows *
rows_take(struct arena *arena, PGresult *result)
{
	struct db_rows *rows = arena_alloc(arena, sizeof(*rows));

	rows->result = result;
	arena_defer(arena, clear_result, result);
	return rows;
}

const struct db_rows *
rows_none(void)
{
	static const struct db_rows none;

	return &none;
}

size_t
rows_count(const struct db_rows *rows)
{
	return rows->result ? (size_t)PQntuples(rows->result) : 0;
}

size_t
rows_affected(const struct db_rows *rows)
{
	if (!rows->result)
		return 0;
	return strtoul(PQcmdTuples(rows->result), NULL, 10);
}

bool
row_is_null(const struct db_rows *rows, size_t row, int column)
{
	if (row >= rows_count(rows))
		return true;
	assert(column >= 0);
	assert(column < PQnfields(rows->result));
	return PQgetisnull(rows->result, (int)row, column);
}

struct str
row_text(const struct db_rows *rows, size_t row, int column)
{
	if (row_is_null(rows, row, column))
		return (struct str){ 0 };
	return str_make(PQgetvalue(rows->result, (int)row, column),
	    (size_t)PQgetlength(rows->result, (int)row, column));
}

int64_t
row_int(const struct db_rows *rows, size_t row, int column)
{
	int64_t number;

	if (str_to_i64(row_text(rows, row, column), &number) != OK)
		return 0;
	return number;
}

bool
row_bool(const struct db_rows *rows, size_t row, int column)
{
	return str_eq(row_text(rows, row, column), STR("t"));
}

struct id
row_id(const struct db_rows *rows, size_t row, int column)
{
	struct id id;

	if (id_from_uuid(row_text(rows, row, column), &id) != OK)
		return (struct id){ 0 };
	return id;
}

struct str
row_bytes(
    struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	struct str text = row_text(rows, row, column);
	struct str bytes;

	/* bytea_output=hex: "\x" and the digits. */
	if (codec_hex_decode(arena, str_skip(text, 2), &bytes) != OK)
		return (struct str){ 0 };
	return bytes;
}

/* "2026-11-22 16:04:05.123456+00": always UTC, as db.c asks for. */
int64_t
row_time(const struct db_rows *rows, size_t row, int column)
{
	struct str text = row_text(rows, row, column);
	char rfc3339[CLOCK_TEXT_SIZE + 8];
	int64_t wall_us;

	if (str_eq(text, STR("infinity")))
		return INT64_MAX;
	if (!str_has_suffix(text, STR("+00")) || text.len < 20 ||
	    text.len >= sizeof(rfc3339))
		return 0;
	memcpy(rfc3339, text.ptr, text.len);
	rfc3339[10] = 'T';
	rfc3339[text.len - 3] = 'Z';
	if (clock_parse(str_make(rfc3339, text.len - 2), &wall_us) != OK)
		return 0;
	return wall_us;
}

/*
 * Takes one element off an array's text into *end, which moves on; *rest
 * begins after '{' or ','.
 */
static bool
next_element(struct str *rest, char **end, struct str *out)
{
	const char *from = rest->ptr;
	const char *limit = rest->ptr + rest->len;
	char *element = *end;

	if (from == limit || *from == '}')
		return false;

	bool quoted = *from == '"';
	for (from += quoted; from < limit; from++) {
		if (quoted ? *from == '"' : (*from == ',' || *from == '}'))
			break;
		if (*from == '\\' && from + 1 < limit)
			from++;
		*(*end)++ = *from;
	}
	*out = str_make(element, (size_t)(*end - element));
	if (quoted && from < limit)
		from++;
	if (from < limit && *from == ',')
		from++;
	*rest = str_make(from, (size_t)(limit - from));
	return true;
}

size_t
row_text_array(struct arena *arena, const struct db_rows *rows, size_t row,
    int column, struct str **out)
{
	struct str rest = str_skip(row_text(rows, row, column), 1);
	char *copy = arena_alloc(arena, rest.len);
	size_t max = 1, count = 0;

	for (size_t i = 0; i < rest.len; i++)
		max += rest.ptr[i] == ',';
	*out = arena_alloc_array(arena, max, sizeof(**out));
	while (count < max && next_element(&rest, &copy, &(*out)[count]))
		count++;
	return count;
}

struct db_param
db_text(struct str text)
{
	return (struct db_param){ .text = text };
}

struct db_param
db_text_or_null(struct str text)
{
	return str_is_empty(text) ? db_null() : db_text(text);
}

struct db_param
db_int(int64_t number)
{
	struct db_param param = { 0 };

	snprintf(param.number, sizeof(param.number), "%" PRId64, number);
	return param;
}

struct db_param
db_bool(bool value)
{
	return db_text(value ? STR("t") : STR("f"));
}

struct db_param
db_id(struct id id)
{
	struct db_param param = { 0 };

	id_uuid(id, param.number);
	return param;
}

struct db_param
db_id_or_null(struct id id)
{
	return id_is_zero(id) ? db_null() : db_id(id);
}

struct db_param
db_bytes(struct str bytes)
{
	return (struct db_param){ .text = bytes, .is_bytes = true };
}

struct db_param
db_time(int64_t wall_us)
{
	struct db_param param = { 0 };

	static_assert(sizeof(param.number) >= CLOCK_TEXT_SIZE);
	clock_format(wall_us, param.number);
	return param;
}

struct db_param
db_time_or_null(int64_t wall_us)
{
	return wall_us == 0 ? db_null() : db_time(wall_us);
}

struct db_param
db_null(void)
{
	return (struct db_param){ .is_null = true };
}

struct db_param
db_text_array(struct arena *arena, const struct str *texts, size_t count)
{
	size_t size = 2;

	for (size_t i = 0; i < count; i++)
		size += 2 * texts[i].len + 3;

	char *array = arena_alloc(arena, size);
	size_t len = 0;

	array[len++] = '{';
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			array[len++] = ',';
		array[len++] = '"';
		for (size_t j = 0; j < texts[i].len; j++) {
			char c = texts[i].ptr[j];

			if (c == '"' || c == '\\')
				array[len++] = '\\';
			array[len++] = c;
		}
		array[len++] = '"';
	}
	array[len++] = '}';
	return db_text(str_make(array, len));
}
