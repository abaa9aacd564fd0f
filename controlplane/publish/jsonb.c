/* jsonb.c - see jsonb.h. */
#include "controlplane/publish/jsonb.h"

#include "common/arena.h"
#include "common/json.h"

#define DEPTH_MAX 32

static void
release(void *json)
{
	json_decref(json);
}

const json_t *
jsonb_parse(struct arena *arena, struct str text)
{
	json_t *json;

	if (json_parse(text, DEPTH_MAX, &json, NULL) != OK)
		json = json_object();
	arena_defer(arena, release, json);
	return json;
}

char *
jsonb_text(struct arena *arena, const json_t *object, const char *name)
{
	struct str text = json_text(json_object_get(object, name));

	return (char *)str_cstr(arena, text);
}

uint32_t
jsonb_number(const json_t *object, const char *name, uint32_t fallback)
{
	const json_t *value = json_object_get(object, name);

	if (!value || json_is_null(value))
		return fallback;
	json_int_t number = json_integer_value(value);
	if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)number;
}
