/*
 * schema.c - see schema.h.
 */
#include "controlplane/http/schema.h"

static json_t *
text_schema(const struct field *field, unsigned mode)
{
	json_t *schema = json_pack("{s:s}", "type", "string");
	bool is_input = mode != FIELD_ON_READ;
	json_t *words;

	if (is_input && field->min > 0)
		json_object_set_new(schema, "minLength", json_integer(1));
	if (is_input && field->max > 0)
		json_object_set_new(
		    schema, "maxLength", json_integer(field->max));
	if (field->words == NULL ||
	    (!is_input && (field->flags & FIELD_INPUT) != 0))
		return schema;
	words = json_array();
	for (size_t i = 0; field->words[i] != NULL; i++)
		json_array_append_new(words, json_string(field->words[i]));
	json_object_set_new(schema, "enum", words);
	return schema;
}

static json_t *
int_schema(const struct field *field, unsigned mode)
{
	json_t *schema = json_pack("{s:s}", "type", "integer");

	if (mode == FIELD_ON_READ)
		return schema;
	json_object_set_new(schema, "minimum", json_integer(field->min));
	json_object_set_new(schema, "maximum", json_integer(field->max));
	return schema;
}

static json_t *
map_schema(const struct field *field)
{
	json_t *schema = json_pack("{s:s, s:{s:s}}", "type", "object",
	    "additionalProperties", "type", "string");

	if (field->most > 0)
		json_object_set_new(
		    schema, "maxProperties", json_integer(field->most));
	return schema;
}

static json_t *
one_schema(const struct field *field, unsigned mode)
{
	switch (field->type) {
	case FIELD_INT:
		return int_schema(field, mode);
	case FIELD_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case FIELD_TIME:
		return json_pack(
		    "{s:s, s:s}", "type", "string", "format", "date-time");
	case FIELD_MAP:
		return map_schema(field);
	case FIELD_OBJECT:
		return schema_of(field->shape,
		    mode == FIELD_ON_READ ? FIELD_ON_READ : FIELD_ON_CREATE);
	case FIELD_JSON:
	case FIELD_REFUSED:
		return json_object();
	default:
		return text_schema(field, mode);
	}
}

/* What is read may be null unless it is always there. */
static void
allow_null(const struct field *field, json_t *schema)
{
	const char *type = json_string_value(json_object_get(schema, "type"));

	if (type == NULL || field->type == FIELD_ID ||
	    (field->flags & (FIELD_REQUIRED | FIELD_MANY)) != 0 ||
	    field->fallback != NULL)
		return;
	json_object_set_new(schema, "type", json_pack("[s, s]", type, "null"));
	if (json_object_get(schema, "enum") != NULL)
		json_array_append_new(
		    json_object_get(schema, "enum"), json_null());
}

json_t *
schema_of_field(const struct field *field, unsigned mode)
{
	json_t *schema = one_schema(field, mode);

	if ((field->flags & FIELD_MANY) != 0) {
		schema =
		    json_pack("{s:s, s:o}", "type", "array", "items", schema);
		if (mode != FIELD_ON_READ && field->most > 0)
			json_object_set_new(
			    schema, "maxItems", json_integer(field->most));
	}
	if (mode == FIELD_ON_READ || mode == FIELD_ON_PATCH)
		allow_null(field, schema);
	if (mode == FIELD_ON_CREATE && field->fallback != NULL)
		json_object_set_new(schema, "default",
		    json_loads(field->fallback, JSON_DECODE_ANY, NULL));
	json_object_set_new(schema, "description", json_string(field->help));
	return schema;
}

json_t *
schema_of(const struct shape *shape, unsigned mode)
{
	json_t *properties = json_object();
	json_t *required = json_array();
	const struct field *field;
	json_t *schema;

	for (size_t i = 0; (field = shape_at(shape, i)) != NULL; i++) {
		if ((field->flags & mode) == 0 || field->type == FIELD_REFUSED)
			continue;
		json_object_set_new(
		    properties, field->name, schema_of_field(field, mode));
		if (mode == FIELD_ON_CREATE &&
		    (field->flags & FIELD_REQUIRED) != 0)
			json_array_append_new(
			    required, json_string(field->name));
	}
	schema =
	    json_pack("{s:s, s:o}", "type", "object", "properties", properties);
	if (json_array_size(required) > 0)
		json_object_set(schema, "required", required);
	if (mode != FIELD_ON_READ)
		json_object_set_new(
		    schema, "additionalProperties", json_false());
	json_decref(required);
	return schema;
}
