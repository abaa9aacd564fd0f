/*
 * query.c - see query.h.
 */
#include "controlplane/http/query.h"

#include "common/arena.h"
#include "controlplane/store/document.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte of the two digits in front; -1 when there are none. */
static int
escape_value(struct str digits)
{
	if (digits.len < 2 || hex_digit(digits.ptr[0]) < 0 ||
	    hex_digit(digits.ptr[1]) < 0)
		return -1;
	return hex_digit(digits.ptr[0]) * 16 + hex_digit(digits.ptr[1]);
}

/* False when an escape is cut, or the text is not UTF-8 or has a NUL. */
static bool
decode(struct arena *arena, struct str text, struct str *out)
{
	char *bytes = arena_alloc(arena, text.len);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];

		if (c == '%') {
			int number = escape_value(str_skip(text, i + 1));

			if (number < 0)
				return false;
			c = (char)number;
			i += 2;
		}
		if (c == '\0')
			return false;
		bytes[len++] = c;
	}
	*out = str_make(bytes, len);
	return str_is_utf8(*out);
}

/* A parameter is text; the shape wants integers and booleans. */
static json_t *
typed(const struct field *field, struct str text)
{
	int64_t number;

	if (field->type == FIELD_INT && str_to_i64(text, &number) == OK)
		return json_integer(number);
	if (field->type == FIELD_BOOL && str_eq(text, STR("true")))
		return json_true();
	if (field->type == FIELD_BOOL && str_eq(text, STR("false")))
		return json_false();
	return json_stringn(text.ptr, text.len);
}

static void
put(json_t *object, const struct field *field, struct str name, struct str text)
{
	struct str part;
	json_t *list;

	if (field == NULL || (field->flags & FIELD_MANY) == 0) {
		json_object_setn_new(object, name.ptr, name.len,
		    field == NULL ? json_null() : typed(field, text));
		return;
	}
	list = json_object_getn(object, name.ptr, name.len);
	if (list == NULL) {
		list = json_array();
		json_object_setn_new(object, name.ptr, name.len, list);
	}
	while (str_next(&text, ',', &part))
		json_array_append_new(list, typed(field, part));
}

static void
take(struct check *check, const struct shape *shape, struct str pair,
    json_t *object)
{
	struct str name;
	struct str value;
	struct str rest = pair;
	struct str part;

	if (!str_next(&rest, '=', &part) ||
	    !decode(check->arena, part, &name) ||
	    !decode(check->arena, rest, &value)) {
		fault_add(check->faults, STR("?"), "format",
		    "the query is not name=value pairs in UTF-8");
		return;
	}
	put(object, shape_find(shape, name), name, value);
}

json_t *
query_read(struct check *check, const struct shape *shape, struct str text)
{
	json_t *object = document_keep(check->arena, json_object());
	struct str rest = text;
	struct str pair;

	while (str_next(&rest, '&', &pair)) {
		if (!str_is_empty(pair))
			take(check, shape, pair, object);
	}
	return shape_read(check, shape, FIELD_ON_CREATE, object);
}
