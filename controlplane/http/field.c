/*
 * field.c - walking shapes, and showing rows.
 */
#include "controlplane/http/field.h"

#include "common/clock.h"
#include "common/json.h"
#include "controlplane/store/document.h"

const struct field *
shape_at(const struct shape *shape, size_t place)
{
	size_t below = shape->base == NULL ? 0 : shape->base->count;

	if (place < below)
		return &shape->base->fields[place];
	place -= below;
	return place < shape->count ? &shape->fields[place] : NULL;
}

const struct field *
shape_find(const struct shape *shape, struct str name)
{
	const struct field *field;

	for (size_t i = 0; (field = shape_at(shape, i)) != NULL; i++) {
		if (str_eq(name, str_from(field->name)))
			return field;
	}
	return NULL;
}

static json_t *
show_id(struct str uuid, enum kind kind)
{
	char text[ID_TEXT_SIZE];
	struct id id;

	if (id_from_uuid(uuid, &id) != OK)
		return json_null();
	return json_string(id_format(id, kind_prefix(kind), text));
}

static json_t *
show_time(struct str stored)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t wall_us;

	if (clock_parse(stored, &wall_us) != OK)
		return json_null();
	return json_string(clock_format(wall_us, text));
}

static json_t *show_object(
    const struct shape *, const json_t *row, bool is_whole);

static json_t *
show_one(
    const struct shape *shape, const struct field *field, const json_t *stored)
{
	if (stored == NULL || json_is_null(stored))
		return json_null();
	switch (field->type) {
	case FIELD_ID:
		return show_id(json_text(stored), shape->kind);
	case FIELD_REF:
		return show_id(json_text(stored), field->kind);
	case FIELD_TIME:
		return show_time(json_text(stored));
	case FIELD_OBJECT:
		return show_object(field->shape, stored, false);
	default:
		return json_deep_copy(stored);
	}
}

static json_t *
show_value(
    const struct shape *shape, const struct field *field, const json_t *stored)
{
	json_t *list;

	if ((field->flags & FIELD_MANY) == 0)
		return show_one(shape, field, stored);
	list = json_array();
	for (size_t i = 0; i < json_array_size(stored); i++)
		json_array_append_new(
		    list, show_one(shape, field, json_array_get(stored, i)));
	return list;
}

static json_t *
show_object(const struct shape *shape, const json_t *row, bool is_whole)
{
	json_t *object = json_object();
	const struct field *field;

	for (size_t i = 0; (field = shape_at(shape, i)) != NULL; i++) {
		const json_t *stored = json_object_get(row, field->name);

		if ((field->flags & FIELD_ON_READ) == 0)
			continue;
		if (stored == NULL && !is_whole)
			continue;
		json_object_set_new(
		    object, field->name, show_value(shape, field, stored));
	}
	return object;
}

json_t *
shape_show(struct arena *arena, const struct shape *shape, const json_t *row)
{
	return document_keep(arena, show_object(shape, row, true));
}
