/*
 * read_gemini.c - generateContent as Google sends it; no client speaks it to
 * the gateway, so nothing is strict.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tests/recordings/reading.h"

/* Takes ".name", "[0]" or their likes off the path, without brackets. */
static bool
step_next(struct str *path, char *step, size_t size)
{
	size_t len = 0;

	while (path->len > 0 && strchr(".[]", *path->ptr) != NULL)
		*path = str_skip(*path, 1);
	while (len < path->len && strchr(".[]", path->ptr[len]) == NULL)
		len++;
	snprintf(step, size, "%.*s", (int)len, path->ptr);
	*path = str_skip(*path, len);
	return len > 0;
}

static size_t
number_of(const char *step)
{
	uint64_t number = 0;

	if (str_to_u64(str_from(step), &number) != OK)
		return 0;
	return (size_t)number;
}

static json_t *
child_of(json_t *holder, const char *step)
{
	return json_is_array(holder) ? json_array_get(holder, number_of(step))
				     : json_object_get(holder, step);
}

/* The place of "a[0].b" below root, made on the way, and its last step. */
static json_t *
place_of(json_t *root, struct str path, char *step, size_t size)
{
	json_t *holder = root;
	char next[128];

	step_next(&path, step, size);
	while (step_next(&path, next, sizeof(next))) {
		bool is_list = *next >= '0' && *next <= '9';
		json_t *child = child_of(holder, step);

		if (child == NULL) {
			child = is_list ? json_array() : json_object();
			if (json_is_array(holder))
				json_array_append_new(holder, child);
			else
				json_object_set_new(holder, step, child);
		}
		holder = child;
		snprintf(step, size, "%s", next);
	}
	return holder;
}

static json_t *
value_of(const json_t *piece, const json_t *old)
{
	static const char *const keys[] = { "numberValue", "boolValue" };
	const char *text =
	    json_string_value(json_object_get(piece, "stringValue"));

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_object_get(piece, keys[i]) != NULL)
			return json_incref(json_object_get(piece, keys[i]));
	if (text == NULL)
		return json_null();
	return json_sprintf(
	    "%s%s", json_is_string(old) ? json_string_value(old) : "", text);
}

/* One piece of the arguments, into a tree of objects and lists. */
static void
set_piece(json_t *root, const json_t *piece)
{
	struct str path = str_skip(
	    json_text(json_object_get(piece, "jsonPath")), STR("$.").len);
	char step[128];
	json_t *holder = place_of(root, path, step, sizeof(step));
	json_t *value = value_of(piece, child_of(holder, step));

	if (!json_is_array(holder))
		json_object_set_new(holder, step, value);
	else if (child_of(holder, step) == NULL)
		json_array_append_new(holder, value);
	else
		json_array_set_new(holder, number_of(step), value);
}

static void
begin_call(struct reading *r, const json_t *function)
{
	struct str name = json_text(json_object_get(function, "name"));
	struct reading_call *call = reading_call(r, r->call_count);

	if (call == NULL)
		return;
	call->id = reading_copy(STR(""));
	call->name = reading_copy(name);
}

static void
set_arguments(struct reading *r, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	if (r->call_count > 0 && text != NULL) {
		buf_reset(&r->calls[r->call_count - 1].arguments);
		buf_add_cstr(&r->calls[r->call_count - 1].arguments, text);
	}
	free(text);
}

static void
read_call(struct reading *r, const json_t *function, json_t **pieces)
{
	const json_t *piece;
	size_t i;

	if (json_object_get(function, "name") != NULL) {
		json_decref(*pieces);
		*pieces = json_object();
		begin_call(r, function);
	}
	if (json_is_object(json_object_get(function, "args")))
		set_arguments(r, json_object_get(function, "args"));
	json_array_foreach(json_object_get(function, "partialArgs"), i, piece)
	    set_piece(*pieces, piece);
	if (json_object_size(*pieces) > 0)
		set_arguments(r, *pieces);
}

static void
read_finish(struct reading *r, const json_t *candidate)
{
	static const char *const filters[] = { "SAFETY", "RECITATION",
		"PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "MODEL_ARMOR" };
	const json_t *reason = json_object_get(candidate, "finishReason");

	if (reason == NULL)
		return;
	r->finish = r->call_count > 0 ? READING_CALLS : READING_END;
	if (str_eq(json_text(reason), STR("MAX_TOKENS")) ||
	    json_integer_value(reason) == 2)
		r->finish = READING_LENGTH;
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (str_eq(json_text(reason), str_from(filters[i])))
			r->finish = READING_FILTER;
	r->has_ended = true;
}

static void
read_usage(struct reading *r, const json_t *usage)
{
	static const char *const inputs[] = { "promptTokenCount",
		"toolUsePromptTokenCount" };
	static const char *const outputs[] = { "candidatesTokenCount",
		"thoughtsTokenCount" };

	if (json_object_get(usage, "promptTokenCount") == NULL)
		return;
	r->has_usage = true;
	r->input = r->output = 0;
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		r->input +=
		    json_integer_value(json_object_get(usage, inputs[i]));
		r->output +=
		    json_integer_value(json_object_get(usage, outputs[i]));
	}
	r->cached = json_integer_value(
	    json_object_get(usage, "cachedContentTokenCount"));
}

static void
read_document(struct reading *r, const json_t *root, json_t **pieces)
{
	const json_t *candidate =
	    json_array_get(json_object_get(root, "candidates"), 0);
	const json_t *part;
	size_t i;

	if (json_object_get(root, "error") != NULL ||
	    json_object_get(root, "promptFeedback") != NULL)
		r->has_failed = candidate == NULL;
	json_array_foreach(
	    json_object_get(json_object_get(candidate, "content"), "parts"), i,
	    part)
	{
		struct buf *text =
		    json_is_true(json_object_get(part, "thought"))
		    ? &r->reasoning
		    : &r->text;

		buf_add_str(text, json_text(json_object_get(part, "text")));
		if (json_is_object(json_object_get(part, "functionCall")))
			read_call(
			    r, json_object_get(part, "functionCall"), pieces);
	}
	read_finish(r, candidate);
	read_usage(r, json_object_get(root, "usageMetadata"));
}

void
read_gemini_stream(struct reading *r, struct str body, bool strict)
{
	CLEANUP(buf_done) struct buf name;
	CLEANUP(buf_done) struct buf data;
	json_t *pieces = json_object();

	(void)strict;
	buf_init(&name, READING_TEXT_MAX);
	buf_init(&data, READING_TEXT_MAX);
	while (reading_event(&body, &name, &data)) {
		CLEANUP(json_release) json_t *root = NULL;

		if (json_parse(buf_str(&data), 128, &root, NULL) == OK)
			read_document(r, root, &pieces);
	}
	json_decref(pieces);
}

void
read_gemini_whole(struct reading *r, struct str body, bool strict)
{
	CLEANUP(json_release) json_t *root = NULL;
	json_t *pieces = json_object();

	(void)strict;
	if (json_parse(body, 128, &root, NULL) == OK)
		read_document(r, root, &pieces);
	json_decref(pieces);
}
