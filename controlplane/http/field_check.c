/*
 * field_check.c - bodies against shapes.
 *
 * Every reader returns a new value even where it found a fault, so that the
 * walk goes on and all faults are told at once.
 */
#include "controlplane/http/field.h"

#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/json.h"
#include "controlplane/store/document.h"

#define NAME_SHOWN_MAX 128 /* bytes of a stranger's member name */

static struct str
pointer_to(struct check *check, struct str base, struct str name)
{
	struct str shown = str_head(name, NAME_SHOWN_MAX);
	char *text = arena_alloc(check->arena, base.len + 1 + 2 * shown.len);
	size_t len = base.len;

	memcpy(text, base.ptr, base.len);
	text[len++] = '/';
	for (size_t i = 0; i < shown.len; i++) {
		bool is_special = shown.ptr[i] == '~' || shown.ptr[i] == '/';

		text[len++] = is_special ? '~' : shown.ptr[i];
		if (is_special)
			text[len++] = shown.ptr[i] == '~' ? '0' : '1';
	}
	return str_make(text, len);
}

static json_t *
wrong_type(struct check *check, struct str pointer, const char *wanted)
{
	fault_add(check->faults, pointer, "type", "must be %s", wanted);
	return json_null();
}

/* The known words, for people. */
static struct str
words_text(struct arena *arena, const char *const *words)
{
	struct str text = str_from(words[0]);

	for (size_t i = 1; words[i] != NULL; i++)
		text = str_printf(arena, "%.*s|%s", STR_ARGS(text), words[i]);
	return text;
}

static bool
is_word(const char *const *words, struct str text)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (str_eq(text, str_from(words[i])))
			return true;
	}
	return false;
}

static void
check_text(struct check *check, const struct field *field, struct str text,
    struct str pointer)
{
	const char *wrong = NULL;

	if ((int64_t)text.len < field->min)
		fault_add(check->faults, pointer, "too_short",
		    "at least %" PRId64 " bytes", field->min);
	else if (field->max > 0 && (int64_t)text.len > field->max)
		fault_add(check->faults, pointer, "too_long",
		    "at most %" PRId64 " bytes", field->max);
	else if (field->words != NULL && !is_word(field->words, text))
		fault_add(check->faults, pointer, "enum", "one of %.*s",
		    STR_ARGS(words_text(check->arena, field->words)));
	else if (field->check != NULL)
		wrong = field->check(text);
	if (wrong != NULL)
		fault_add(check->faults, pointer, "format", "%s", wrong);
}

static json_t *
read_text(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	if (!json_is_string(value))
		return wrong_type(check, pointer, "a string");
	check_text(check, field, json_text(value), pointer);
	return json_copy((json_t *)value);
}

static json_t *
read_int(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return wrong_type(check, pointer, "an integer");
	if (number < field->min || number > field->max)
		fault_add(check->faults, pointer, "range",
		    "between %" PRId64 " and %" PRId64, field->min, field->max);
	return json_integer(number);
}

static json_t *
read_time(struct check *check, const json_t *value, struct str pointer)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t wall_us;

	if (!json_is_string(value) ||
	    clock_parse(json_text(value), &wall_us) != OK) {
		fault_add(check->faults, pointer, "format",
		    "an RFC 3339 time such as 2027-01-31T12:00:00Z");
		return json_null();
	}
	return json_string(clock_format(wall_us, text));
}

static json_t *
read_reference(struct check *check, const struct field *field,
    const json_t *value, struct str pointer)
{
	char text[ID_TEXT_SIZE];
	const char *wrong;
	struct id id;

	if (!json_is_string(value))
		return wrong_type(check, pointer, "a slug or an id");
	if (check->resolver == NULL)
		return json_copy((json_t *)value);
	wrong = check->resolver->resolve(
	    check->resolver, field->kind, json_text(value), &id);
	if (wrong == NULL)
		return json_string(id_uuid(id, text));
	fault_add(check->faults, pointer, wrong, "no %s is named so",
	    kind_word(field->kind));
	return json_null();
}

static json_t *
read_map(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	json_t *map = json_object();
	const char *name;
	json_t *member;

	if (!json_is_object(value)) {
		json_decref(map);
		return wrong_type(check, pointer, "an object of strings");
	}
	if ((int64_t)json_object_size(value) > field->most)
		fault_add(check->faults, pointer, "too_many",
		    "at most %" PRId64 " members", field->most);
	json_object_foreach((json_t *)value, name, member)
	{
		struct str place = pointer_to(check, pointer, str_from(name));
		const char *wrong =
		    field->check == NULL ? NULL : field->check(str_from(name));

		if (wrong != NULL)
			fault_add(check->faults, place, "format", "%s", wrong);
		if (!json_is_string(member))
			json_object_set_new(
			    map, name, wrong_type(check, place, "a string"));
		else
			json_object_set(map, name, member);
		if ((int64_t)json_string_length(member) > field->max)
			fault_add(check->faults, place, "too_long",
			    "at most %" PRId64 " bytes", field->max);
	}
	return map;
}

static json_t *read_object(struct check *, const struct shape *, unsigned mode,
    const json_t *, struct str pointer);

static json_t *
read_one(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	switch (field->type) {
	case FIELD_TEXT:
		return read_text(check, field, value, pointer);
	case FIELD_INT:
		return read_int(check, field, value, pointer);
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			return wrong_type(check, pointer, "true or false");
		return json_boolean(json_is_true(value));
	case FIELD_TIME:
		return read_time(check, value, pointer);
	case FIELD_REF:
		return read_reference(check, field, value, pointer);
	case FIELD_MAP:
		return read_map(check, field, value, pointer);
	case FIELD_OBJECT:
		return read_object(
		    check, field->shape, FIELD_ON_CREATE, value, pointer);
	default:
		fault_add(check->faults, pointer, "not_supported",
		    "not supported by this version");
		return json_null();
	}
}

static json_t *
read_many(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	json_t *list;

	if (!json_is_array(value))
		return wrong_type(check, pointer, "an array");
	if ((int64_t)json_array_size(value) > field->most)
		fault_add(check->faults, pointer, "too_many",
		    "at most %" PRId64 " elements", field->most);
	if (json_array_size(value) == 0 && (field->flags & FIELD_REQUIRED) != 0)
		fault_add(
		    check->faults, pointer, "required", "at least one element");
	list = json_array();
	for (size_t i = 0;
	     i < json_array_size(value) && i < (size_t)field->most; i++) {
		struct str place =
		    str_printf(check->arena, "%.*s/%zu", STR_ARGS(pointer), i);

		json_array_append_new(list,
		    read_one(check, field, json_array_get(value, i), place));
	}
	return list;
}

/* An absent one takes its fallback; NULL when there is nothing to store. */
static json_t *
read_field(struct check *check, const struct field *field, const json_t *value,
    struct str pointer)
{
	if (value != NULL && !json_is_null(value))
		return (field->flags & FIELD_MANY) != 0
		    ? read_many(check, field, value, pointer)
		    : read_one(check, field, value, pointer);
	if ((field->flags & FIELD_REQUIRED) != 0)
		fault_add(check->faults, pointer, "required", "is required");
	if (field->fallback == NULL)
		return NULL;
	return json_loads(field->fallback, JSON_DECODE_ANY, NULL);
}

/* Members the mode has no place for. */
static void
check_members(struct check *check, const struct shape *shape, unsigned mode,
    const json_t *body, struct str pointer)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)body, name, member)
	{
		const struct field *field = shape_find(shape, str_from(name));
		struct str place = pointer_to(check, pointer, str_from(name));

		if (field == NULL)
			fault_add(check->faults, place, "unknown_field",
			    "there is no such field");
		else if ((field->flags & FIELD_INPUT) == 0)
			fault_add(check->faults, place, "read_only",
			    "is set by the control plane");
		else if ((field->flags & mode) == 0)
			fault_add(check->faults, place, "immutable",
			    mode == FIELD_ON_PATCH
				? "cannot be changed after creation"
				: "cannot be set at creation");
	}
}

static json_t *
read_object(struct check *check, const struct shape *shape, unsigned mode,
    const json_t *body, struct str pointer)
{
	const struct field *field;
	json_t *object;

	if (!json_is_object(body))
		return wrong_type(check, pointer, "an object");
	check_members(check, shape, mode, body, pointer);
	object = json_object();
	for (size_t i = 0; (field = shape_at(shape, i)) != NULL; i++) {
		json_t *value;

		if ((field->flags & mode) == 0)
			continue;
		value =
		    read_field(check, field, json_object_get(body, field->name),
			pointer_to(check, pointer, str_from(field->name)));
		if (value != NULL)
			json_object_set_new(object, field->name, value);
	}
	return object;
}

json_t *
shape_read(struct check *check, const struct shape *shape, unsigned mode,
    const json_t *body)
{
	return document_keep(
	    check->arena, read_object(check, shape, mode, body, STR("")));
}

/* RFC 7396 on one member: objects merge, everything else is replaced. */
static json_t *
merge_patch(const json_t *target, const json_t *patch)
{
	const char *name;
	json_t *member;
	json_t *merged;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	merged =
	    json_is_object(target) ? json_deep_copy(target) : json_object();
	json_object_foreach((json_t *)patch, name, member)
	{
		if (json_is_null(member))
			json_object_del(merged, name);
		else
			json_object_set_new(merged, name,
			    merge_patch(json_object_get(merged, name), member));
	}
	return merged;
}

json_t *
shape_merge(struct check *check, const struct shape *shape, const json_t *body,
    const json_t *shown, const json_t *row)
{
	json_t *merged = document_keep(check->arena, json_copy((json_t *)row));
	const char *name;
	json_t *member;

	if (!json_is_object(body)) {
		json_decref(wrong_type(check, STR(""), "an object"));
		return merged;
	}
	check_members(check, shape, FIELD_ON_PATCH, body, STR(""));
	json_object_foreach((json_t *)body, name, member)
	{
		const struct field *field = shape_find(shape, str_from(name));
		json_t *value;
		json_t *stored;

		if (field == NULL || (field->flags & FIELD_ON_PATCH) == 0)
			continue;
		value = merge_patch(json_object_get(shown, name), member);
		stored = read_field(check, field, value,
		    pointer_to(check, STR(""), str_from(name)));
		json_decref(value);
		json_object_set_new(
		    merged, name, stored == NULL ? json_null() : stored);
	}
	return merged;
}
