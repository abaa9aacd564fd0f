/*
 * read_anthropic.c - Anthropic Messages; the strict reading is the grammar
 * of its stream.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tests/recordings/reading.h"

struct stream {
	char *block;   /* type of the open one */
	int64_t index; /* of it */
	int64_t blocks;
	struct reading_call *call; /* of it */
	bool has_begun;
	bool has_delta;
	int64_t written;
};

static void
read_usage(struct reading *r, struct stream *s, const json_t *usage)
{
	static const char *const keys[] = {
		"input_tokens",
		"cache_read_input_tokens",
		"cache_creation_input_tokens",
		"output_tokens",
	};
	int64_t plain = r->input - r->cached - s->written;
	int64_t *const places[] = { &plain, &r->cached, &s->written,
		&r->output };

	if (!json_is_object(usage))
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_is_integer(json_object_get(usage, keys[i])))
			*places[i] =
			    json_integer_value(json_object_get(usage, keys[i]));
	r->input = plain + r->cached + s->written;
	r->has_usage = true;
}

static void
begin_call(
    struct reading *r, struct stream *s, const json_t *block, bool strict)
{
	struct str id = json_text(json_object_get(block, "id"));
	struct str name = json_text(json_object_get(block, "name"));

	s->call = reading_call(r, r->call_count);
	if (s->call == NULL)
		return;
	s->call->id = reading_copy(id);
	s->call->name = reading_copy(name);
	if (strict && (id.len == 0 || name.len == 0))
		reading_fault(r, "a call begins without id or name");
	for (struct reading_call *c = r->calls; strict && c != s->call; c++)
		if (strcmp(c->id, s->call->id) == 0)
			reading_fault(r, "two calls have the id %s", c->id);
}

static void
begin_block(
    struct reading *r, struct stream *s, const json_t *block, bool strict)
{
	struct str type = json_text(json_object_get(block, "type"));

	free(s->block);
	s->block = reading_copy(type);
	s->call = NULL;
	if (str_eq(type, STR("text")))
		buf_add_str(
		    &r->text, json_text(json_object_get(block, "text")));
	else if (str_eq(type, STR("thinking")))
		buf_add_str(&r->reasoning,
		    json_text(json_object_get(block, "thinking")));
	else if (str_eq(type, STR("tool_use")))
		begin_call(r, s, block, strict);
}

static void
expect(struct reading *r, struct stream *s, const char *block)
{
	if (s->block == NULL || strcmp(s->block, block) != 0)
		reading_fault(r, "a delta of %s in a block of %s", block,
		    s->block == NULL ? "none" : s->block);
}

static void
read_delta(
    struct reading *r, struct stream *s, const json_t *delta, bool strict)
{
	static const struct {
		const char *type;
		const char *block;
	} blocks[] = {
		{ "text_delta", "text" },
		{ "thinking_delta", "thinking" },
		{ "signature_delta", "thinking" },
		{ "input_json_delta", "tool_use" },
	};
	struct str type = json_text(json_object_get(delta, "type"));

	for (size_t i = 0; strict && i < ARRAY_LEN(blocks); i++)
		if (str_eq(type, str_from(blocks[i].type)))
			expect(r, s, blocks[i].block);
	if (str_eq(type, STR("text_delta")))
		buf_add_str(
		    &r->text, json_text(json_object_get(delta, "text")));
	else if (str_eq(type, STR("thinking_delta")))
		buf_add_str(&r->reasoning,
		    json_text(json_object_get(delta, "thinking")));
	else if (str_eq(type, STR("input_json_delta")) && s->call != NULL)
		buf_add_str(&s->call->arguments,
		    json_text(json_object_get(delta, "partial_json")));
}

static void
read_stop(struct reading *r, const json_t *holder, bool strict)
{
	struct str word = json_text(json_object_get(holder, "stop_reason"));

	if (word.len == 0)
		return;
	if (str_eq(word, STR("max_tokens")) ||
	    str_eq(word, STR("model_context_window_exceeded")))
		r->finish = READING_LENGTH;
	else if (str_eq(word, STR("refusal")))
		r->finish = READING_FILTER;
	else
		r->finish = r->call_count > 0 ? READING_CALLS : READING_END;
	if (strict &&
	    (r->finish == READING_CALLS) != str_eq(word, STR("tool_use")))
		reading_fault(r, "stop_reason %.*s with %zu calls",
		    STR_ARGS(word), r->call_count);
}

static void
check_order(struct reading *r, struct stream *s, const json_t *root)
{
	struct str type = json_text(json_object_get(root, "type"));
	int64_t index = json_integer_value(json_object_get(root, "index"));
	bool is_block = str_has_prefix(type, STR("content_block"));

	if (r->has_ended)
		reading_fault(r, "an event behind message_stop");
	if (str_eq(type, STR("message_start")) == s->has_begun)
		reading_fault(r, "message_start is not first and once");
	if (is_block && s->has_delta)
		reading_fault(r, "a block behind message_delta");
	if (str_eq(type, STR("content_block_start"))) {
		if (s->block != NULL || index != s->blocks)
			reading_fault(
			    r, "block %lld does not follow", (long long)index);
		s->index = index;
		s->blocks++;
	} else if (is_block && (s->block == NULL || index != s->index)) {
		reading_fault(r, "block %lld is not open", (long long)index);
	}
	if (str_eq(type, STR("message_delta")) &&
	    (s->block != NULL || s->has_delta))
		reading_fault(r, "message_delta is out of place");
	if (str_eq(type, STR("message_stop")) && !s->has_delta)
		reading_fault(r, "message_stop without message_delta");
}

static void
read_event(struct reading *r, struct stream *s, const json_t *root, bool strict)
{
	struct str type = json_text(json_object_get(root, "type"));
	const json_t *delta = json_object_get(root, "delta");

	if (str_eq(type, STR("message_start"))) {
		s->has_begun = true;
		read_usage(r, s,
		    json_object_get(json_object_get(root, "message"), "usage"));
	} else if (str_eq(type, STR("content_block_start"))) {
		begin_block(
		    r, s, json_object_get(root, "content_block"), strict);
	} else if (str_eq(type, STR("content_block_delta"))) {
		read_delta(r, s, delta, strict);
	} else if (str_eq(type, STR("content_block_stop"))) {
		free(s->block);
		s->block = NULL;
	} else if (str_eq(type, STR("message_delta"))) {
		s->has_delta = true;
		read_stop(r, delta, strict);
		read_usage(r, s, json_object_get(root, "usage"));
	} else if (str_eq(type, STR("message_stop"))) {
		r->has_ended = true;
	} else if (str_eq(type, STR("error"))) {
		r->has_failed = true;
	}
}

static void
check_calls(struct reading *r)
{
	for (size_t i = 0; i < r->call_count; i++) {
		CLEANUP(json_release) json_t *input = NULL;

		if (r->finish != READING_LENGTH &&
		    (json_parse(buf_str(&r->calls[i].arguments), 128, &input,
			 NULL) != OK ||
			!json_is_object(input)))
			reading_fault(
			    r, "the input of call %zu is no object", i);
	}
}

void
read_anthropic_stream(struct reading *r, struct str body, bool strict)
{
	CLEANUP(buf_done) struct buf name;
	CLEANUP(buf_done) struct buf data;
	struct stream s = { .block = NULL };

	buf_init(&name, READING_TEXT_MAX);
	buf_init(&data, READING_TEXT_MAX);
	while (reading_event(&body, &name, &data)) {
		CLEANUP(json_release) json_t *root = NULL;

		if (json_parse(buf_str(&data), 128, &root, NULL) != OK) {
			reading_fault(r, "an event is not JSON");
			break;
		}
		if (r->has_ended && !strict)
			break; /* some recordings hold two answers */
		if (strict &&
		    !str_eq(buf_str(&name),
			json_text(json_object_get(root, "type"))))
			reading_fault(r, "an event's name is not its type");
		if (strict)
			check_order(r, &s, root);
		read_event(r, &s, root, strict);
	}
	free(s.block);
	if (strict)
		check_calls(r);
}

void
read_anthropic_whole(struct reading *r, struct str body, bool strict)
{
	CLEANUP(json_release) json_t *root = NULL;
	struct stream s = { .block = NULL };
	const json_t *block;
	size_t i;

	if (json_parse(body, 128, &root, NULL) != OK) {
		reading_fault(r, "the answer is not JSON");
		return;
	}
	json_array_foreach(json_object_get(root, "content"), i, block)
	{
		char *input;

		begin_block(r, &s, block, strict);
		if (s.call == NULL)
			continue;
		input =
		    json_dumps(json_object_get(block, "input"), JSON_COMPACT);
		if (input != NULL)
			buf_add_cstr(&s.call->arguments, input);
		free(input);
	}
	free(s.block);
	read_stop(r, root, strict);
	read_usage(r, &s, json_object_get(root, "usage"));
	r->has_ended =
	    str_eq(json_text(json_object_get(root, "type")), STR("message"));
	if (strict && (!r->has_ended || r->finish == READING_UNFINISHED))
		reading_fault(r, "no finished message");
	if (strict)
		check_calls(r);
}
