/*
 * read_openai_chat.c - Chat Completions, as providers send them and, when
 * strict, as OpenAI's own clients want them.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "tests/recordings/reading.h"

struct stream {
	char *id;
	bool has_role;
	bool has_usage_chunk;
};

static int64_t
number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void
add_json_text(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		buf_add_str(out, json_text(value));
}

/* A total that exceeds its parts by the reasoning counts that beside them. */
static void
read_usage(struct reading *r, const json_t *usage)
{
	const json_t *input = json_object_get(usage, "prompt_tokens_details");
	const json_t *output =
	    json_object_get(usage, "completion_tokens_details");
	int64_t reasoning = number_at(output, "reasoning_tokens");

	if (!json_is_integer(json_object_get(usage, "prompt_tokens")))
		return;
	r->has_usage = true;
	r->input = number_at(usage, "prompt_tokens");
	r->output = number_at(usage, "completion_tokens");
	r->cached = number_at(input, "cached_tokens");
	if (r->cached == 0)
		r->cached = number_at(usage, "prompt_cache_hit_tokens");
	r->cached = i64_min(r->cached, r->input);
	if (reasoning > 0 &&
	    number_at(usage, "total_tokens") ==
		r->input + r->output + reasoning)
		r->output += reasoning;
}

static void
read_content(struct reading *r, const json_t *content)
{
	const json_t *part, *thought;
	size_t i, j;

	add_json_text(&r->text, content);
	if (!json_is_array(content))
		return;
	json_array_foreach(content, i, part)
	{
		add_json_text(&r->text, json_object_get(part, "text"));
		json_array_foreach(json_object_get(part, "thinking"), j,
		    thought) add_json_text(&r->reasoning,
		    json_object_get(thought, "text"));
	}
}

static void
read_reasoning(struct reading *r, const json_t *delta)
{
	static const char *const keys[] = { "reasoning_content", "reasoning" };
	const json_t *detail;
	size_t i;

	for (i = 0; i < ARRAY_LEN(keys); i++)
		if (json_text(json_object_get(delta, keys[i])).len > 0) {
			add_json_text(
			    &r->reasoning, json_object_get(delta, keys[i]));
			return;
		}
	json_array_foreach(
	    json_object_get(delta, "reasoning_details"), i, detail)
	{
		add_json_text(&r->reasoning, json_object_get(detail, "text"));
		add_json_text(
		    &r->reasoning, json_object_get(detail, "summary"));
	}
}

static void
begin_call(struct reading *r, struct reading_call *call, const json_t *json,
    bool strict)
{
	struct str id = json_text(json_object_get(json, "id"));
	struct str name = json_text(
	    json_object_get(json_object_get(json, "function"), "name"));

	call->id = reading_copy(id);
	call->name = reading_copy(name);
	if (!strict)
		return;
	if (id.len == 0 || name.len == 0 ||
	    !str_eq(json_text(json_object_get(json, "type")), STR("function")))
		reading_fault(r, "a call begins without id, name or type");
	for (struct reading_call *c = r->calls; c != call; c++)
		if (strcmp(c->id, call->id) == 0)
			reading_fault(r, "two calls have the id %s", c->id);
}

static void
read_calls(struct reading *r, const json_t *calls, bool strict, bool whole)
{
	const json_t *json;
	size_t i;

	json_array_foreach(calls, i, json)
	{
		const json_t *index = json_object_get(json, "index");
		size_t number = json_is_integer(index)
		    ? (size_t)json_integer_value(index)
		    : whole ? r->call_count
			    : i;
		bool is_new = number >= r->call_count;
		struct reading_call *call = reading_call(r, number);

		if (strict && !whole && !json_is_integer(index))
			reading_fault(r, "a call has no index");
		if (call == NULL) {
			reading_fault(r, "call %zu does not follow", number);
			continue;
		}
		if (is_new)
			begin_call(r, call, json, strict);
		add_json_text(&call->arguments,
		    json_object_get(
			json_object_get(json, "function"), "arguments"));
	}
}

static void
read_finish(struct reading *r, const json_t *choice, bool strict)
{
	struct str word = json_text(json_object_get(choice, "finish_reason"));

	if (word.len == 0)
		return;
	if (strict && r->finish != READING_UNFINISHED)
		reading_fault(r, "two finish_reasons");
	if (str_eq(word, STR("length")) || str_eq(word, STR("model_length")))
		r->finish = READING_LENGTH;
	else if (str_eq(word, STR("content_filter")))
		r->finish = READING_FILTER;
	else if (r->call_count > 0)
		r->finish = READING_CALLS;
	else
		r->finish = READING_END;
	if (strict &&
	    (r->finish == READING_CALLS) != str_eq(word, STR("tool_calls")))
		reading_fault(r, "finish_reason %.*s with %zu calls",
		    STR_ARGS(word), r->call_count);
}

static void
read_choice(
    struct reading *r, const json_t *choice, const char *key, bool strict)
{
	const json_t *delta = json_object_get(choice, key);
	struct str refusal = json_text(json_object_get(delta, "refusal"));

	if (number_at(choice, "index") != 0)
		return;
	if (r->finish != READING_UNFINISHED) {
		if (strict)
			reading_fault(r, "a chunk behind the finish_reason");
		return;
	}
	read_reasoning(r, delta);
	read_content(r, json_object_get(delta, "content"));
	buf_add_str(&r->text, refusal);
	r->has_refused = r->has_refused || refusal.len > 0;
	read_calls(r, json_object_get(delta, "tool_calls"), strict,
	    strcmp(key, "message") == 0);
	read_finish(r, choice, strict);
	if (r->has_refused && r->finish == READING_END)
		r->finish = READING_FILTER;
}

static void
check_chunk(struct reading *r, struct stream *stream, const json_t *chunk)
{
	const json_t *choices = json_object_get(chunk, "choices");
	const json_t *first = json_array_get(choices, 0);
	struct str id = json_text(json_object_get(chunk, "id"));

	if (stream->id == NULL)
		stream->id = reading_copy(id);
	if (id.len == 0 || !str_eq(id, str_from(stream->id)))
		reading_fault(r, "the id changes");
	if (!str_eq(json_text(json_object_get(chunk, "object")),
		STR("chat.completion.chunk")) ||
	    !json_is_integer(json_object_get(chunk, "created")) ||
	    !json_is_string(json_object_get(chunk, "model")))
		reading_fault(r, "a chunk lacks object, created or model");
	if (stream->has_usage_chunk)
		reading_fault(r, "a chunk behind the usage");
	if (json_array_size(choices) == 0) {
		stream->has_usage_chunk = true;
		if (!json_is_object(json_object_get(chunk, "usage")))
			reading_fault(r, "a chunk with no choices, no usage");
		return;
	}
	if (json_is_string(json_object_get(
		json_object_get(first, "delta"), "role")) == stream->has_role)
		reading_fault(r, "the role is not first and once");
	stream->has_role = true;
}

static void
read_document(
    struct reading *r, const json_t *root, const char *key, bool strict)
{
	const json_t *error = json_object_get(root, "error");
	const json_t *usage = json_object_get(root, "usage");
	const json_t *choice;
	size_t i;

	if (error != NULL && !json_is_null(error)) {
		r->has_failed = true;
		return;
	}
	json_array_foreach(json_object_get(root, "choices"), i, choice)
	    read_choice(r, choice, key, strict);
	if (!json_is_object(usage))
		usage =
		    json_object_get(json_object_get(root, "x_groq"), "usage");
	read_usage(r, usage);
}

static void
read_chunk(
    struct reading *r, struct stream *stream, struct str data, bool strict)
{
	CLEANUP(json_release) json_t *root = NULL;

	if (r->has_ended)
		reading_fault(r, "an event behind [DONE]");
	if (str_eq(data, STR("[DONE]"))) {
		r->has_ended = true;
		return;
	}
	if (json_parse(data, 128, &root, NULL) != OK) {
		reading_fault(
		    r, "no JSON: %.*s", (int)size_min(data.len, 80), data.ptr);
		return;
	}
	if (strict)
		check_chunk(r, stream, root);
	read_document(r, root, "delta", strict);
}

void
read_openai_chat_stream(struct reading *r, struct str body, bool strict)
{
	CLEANUP(buf_done) struct buf name;
	CLEANUP(buf_done) struct buf data;
	struct stream stream = { .id = NULL };

	buf_init(&name, READING_TEXT_MAX);
	buf_init(&data, READING_TEXT_MAX);
	while (reading_event(&body, &name, &data))
		read_chunk(r, &stream, buf_str(&data), strict);
	if (r->finish != READING_UNFINISHED && !strict)
		r->has_ended = true;
	if (r->finish == READING_UNFINISHED && r->has_ended)
		r->finish = r->call_count > 0 ? READING_CALLS : READING_END;
	free(stream.id);
}

void
read_openai_chat_whole(struct reading *r, struct str body, bool strict)
{
	CLEANUP(json_release) json_t *root = NULL;

	if (json_parse(body, 128, &root, NULL) != OK) {
		reading_fault(r, "the answer is not JSON");
		return;
	}
	if (strict &&
	    !str_eq(json_text(json_object_get(root, "object")),
		STR("chat.completion")))
		reading_fault(r, "object is not chat.completion");
	read_document(r, root, "message", strict);
	if (r->finish == READING_UNFINISHED && !r->has_failed)
		r->finish = r->call_count > 0 ? READING_CALLS : READING_END;
	r->has_ended = !r->has_failed;
}
