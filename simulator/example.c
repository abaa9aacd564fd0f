/* example.c - see example.h. */
#include "simulator/example.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"

enum {
	DEPTH_MAX = 24,
	SCHEMA_DEPTH_MAX = 64,
	ITEMS_MAX = 16,
};

struct maker {
	const json_t *root; /* for "#/…" references */
	int depth;
};

static json_t *make(struct maker *, const json_t *schema, const char *name);

/* "#/$defs/Place" -> its schema; NULL when it leads nowhere. */
static const json_t *
follow(const json_t *root, const char *reference)
{
	struct str rest = str_from(reference);
	struct str step;
	char name[128];

	if (!str_has_prefix(rest, STR("#/")))
		return NULL;
	rest = str_skip(rest, 2);
	while (root != NULL && str_next(&rest, '/', &step)) {
		if (step.len >= sizeof(name))
			return NULL;
		memcpy(name, step.ptr, step.len);
		name[step.len] = '\0';
		root = json_object_get(root, name);
	}
	return root;
}

/* The schema that really decides: behind references and alternatives. */
static const json_t *
resolve(struct maker *m, const json_t *schema)
{
	static const char *const choices[] = { "anyOf", "oneOf", "allOf" };
	const char *reference =
	    json_string_value(json_object_get(schema, "$ref"));

	if (reference != NULL)
		return follow(m->root, reference);
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const json_t *list = json_object_get(schema, choices[i]);

		if (json_array_size(list) > 0)
			return json_array_get(list, 0);
	}
	return NULL;
}

/* "string", "INTEGER" (Gemini's spelling) or a list, whose first counts. */
static const char *
type_of(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");

	if (json_is_array(type))
		type = json_array_get(type, 0);
	if (json_is_string(type))
		return json_string_value(type);
	if (json_object_get(schema, "properties") != NULL)
		return "object";
	return json_object_get(schema, "items") != NULL ? "array" : "string";
}

/* An object with the required properties and no others. */
static json_t *
make_object(struct maker *m, const json_t *schema)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *required = json_object_get(schema, "required");
	json_t *object = json_object();

	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *name =
		    json_string_value(json_array_get(required, i));

		if (name != NULL)
			json_object_set_new(object, name,
			    make(m, json_object_get(properties, name), name));
	}
	return object;
}

static json_t *
make_array(struct maker *m, const json_t *schema, const char *name)
{
	const json_t *min = json_object_get(schema, "minItems");
	json_int_t count = json_is_integer(min) ? json_integer_value(min) : 1;
	json_t *array = json_array();

	for (json_int_t i = 0; i < count && i < ITEMS_MAX; i++)
		json_array_append_new(
		    array, make(m, json_object_get(schema, "items"), name));
	return array;
}

static json_t *
make_string(const json_t *schema, const char *name)
{
	const char *format =
	    json_string_value(json_object_get(schema, "format"));
	const json_t *min = json_object_get(schema, "minLength");
	json_t *text;
	char *long_text;

	if (format != NULL && strcmp(format, "date") == 0)
		return json_string("2026-01-31");
	if (format != NULL && strcmp(format, "date-time") == 0)
		return json_string("2026-01-31T12:00:00Z");
	text = json_sprintf("some %s", name);
	if (!json_is_integer(min) || json_integer_value(min) > 1024 ||
	    (size_t)json_integer_value(min) <= json_string_length(text))
		return text;
	json_decref(text);
	long_text = calloc(1, (size_t)json_integer_value(min) + 1);
	if (long_text == NULL)
		abort();
	memset(long_text, 'x', (size_t)json_integer_value(min));
	text = json_string(long_text);
	free(long_text);
	return text;
}

static json_t *
make_number(const json_t *schema, bool is_integer)
{
	const json_t *min = json_object_get(schema, "minimum");
	const json_t *max = json_object_get(schema, "maximum");

	if (json_is_number(min))
		return is_integer
		    ? json_integer((json_int_t)json_number_value(min))
		    : json_real(json_number_value(min));
	if (json_is_number(max) && json_number_value(max) < 1)
		return json_integer((json_int_t)json_number_value(max));
	return is_integer ? json_integer(1) : json_real(1.5);
}

static json_t *
make_typed(struct maker *m, const json_t *schema, const char *name)
{
	const char *type = type_of(schema);

	if (strcasecmp(type, "object") == 0)
		return make_object(m, schema);
	if (strcasecmp(type, "array") == 0)
		return make_array(m, schema, name);
	if (strcasecmp(type, "integer") == 0)
		return make_number(schema, true);
	if (strcasecmp(type, "number") == 0)
		return make_number(schema, false);
	if (strcasecmp(type, "boolean") == 0)
		return json_true();
	if (strcasecmp(type, "null") == 0)
		return json_null();
	return make_string(schema, name);
}

/* Never NULL; schemas nested too deep end in null. */
static json_t *
make(struct maker *m, const json_t *schema, const char *name)
{
	const json_t *fixed = json_object_get(schema, "const");
	const json_t *list = json_object_get(schema, "enum");
	const json_t *other;
	json_t *value;

	if (m->depth == DEPTH_MAX)
		return json_null();
	if (fixed == NULL && json_array_size(list) > 0)
		fixed = json_array_get(list, 0);
	if (fixed != NULL)
		return json_deep_copy(fixed);

	m->depth++;
	other = resolve(m, schema);
	value =
	    other != NULL ? make(m, other, name) : make_typed(m, schema, name);
	m->depth--;
	return value;
}

struct str
example_write(struct arena *arena, struct str schema)
{
	CLEANUP(json_release) json_t *root = NULL;
	CLEANUP(json_release) json_t *value = NULL;
	struct maker maker = { 0 };
	struct str copy;
	char *text;

	if (str_is_empty(schema) ||
	    json_parse(schema, SCHEMA_DEPTH_MAX, &root, NULL) != OK ||
	    !json_is_object(root))
		return STR("{}");
	maker.root = root;
	value = make(&maker, root, "text");
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL)
		abort();
	copy = str_copy(arena, str_from(text));
	free(text);
	return copy;
}
