/*
 * openai_chat_parts.c - the messages of a client's Chat Completions body.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"
#include "dataplane/translate/tool_id.h"

static enum status
read_image(struct chat_reader *r, const struct tree *part, struct str where)
{
	const struct tree *image = tree_get(part, "image_url");
	struct chat_part *out = chat_reader_part(r, PART_IMAGE, where);
	struct str url = tree_text(tree_get(image, "url"));

	out->media.detail = tree_text(tree_get(image, "detail"));
	return chat_reader_url(
	    r, url.len > 0 ? url : tree_text(image), &out->media, where);
}

static enum status
read_audio(struct chat_reader *r, const struct tree *part, struct str where)
{
	const struct tree *audio = tree_get(part, "input_audio");
	struct str format = tree_text(tree_get(audio, "format"));
	struct chat_part *out = chat_reader_part(r, PART_AUDIO, where);

	out->media.base64 = tree_text(tree_get(audio, "data"));
	out->media.type = str_printf(r->arena, "audio/%.*s", STR_ARGS(format));
	if (str_is_empty(format) || str_is_empty(out->media.base64))
		return chat_reader_refuse(
		    r, where, "needs input_audio.data and input_audio.format");
	return OK;
}

static enum status
read_file(struct chat_reader *r, const struct tree *part, struct str where)
{
	const struct tree *file = tree_get(part, "file");
	struct str data = tree_text(tree_get(file, "file_data"));
	struct chat_part *out = chat_reader_part(r, PART_DOCUMENT, where);

	out->media.filename = tree_text(tree_get(file, "filename"));
	if (str_is_empty(data))
		return chat_reader_refuse(r, where,
		    "a file can be carried to this provider as "
		    "file.file_data only");
	return chat_reader_url(r, data, &out->media, where);
}

static void
read_cache_control(const struct tree *part, struct chat_part *out)
{
	const struct tree *cache = tree_get(part, "cache_control");

	if (out != NULL && tree_is(cache, TREE_OBJECT))
		out->cache_control = cache->raw;
}

static enum status
read_part(struct chat_reader *r, const struct tree *part, enum chat_role role,
    struct str where)
{
	struct str type = tree_text(tree_get(part, "type"));
	struct chat_part **made = r->part_end;
	enum status s = OK;

	if (str_eq(type, STR("text")))
		chat_reader_text(r, tree_text(tree_get(part, "text")), where);
	else if (str_eq(type, STR("refusal")) && role == CHAT_ASSISTANT)
		chat_reader_part(r, PART_REFUSAL, where)->text =
		    tree_text(tree_get(part, "refusal"));
	else if (str_eq(type, STR("image_url")) && role != CHAT_SYSTEM)
		s = read_image(r, part, where);
	else if (str_eq(type, STR("input_audio")) && role == CHAT_USER)
		s = read_audio(r, part, where);
	else if (str_eq(type, STR("file")) && role != CHAT_SYSTEM)
		s = read_file(r, part, where);
	else
		return chat_reader_refuse(r, where,
		    "content parts of type \"%.*s\" cannot be carried here",
		    STR_ARGS(type));
	read_cache_control(part, *made);
	return s;
}

/* A string, or a list of parts; null where a message may go without. */
static enum status
read_content(struct chat_reader *r, const struct tree *content,
    enum chat_role role, struct str where)
{
	size_t index = 0;

	if (tree_is(content, TREE_STRING)) {
		chat_reader_text(r, content->text, where);
		return OK;
	}
	if (role == CHAT_ASSISTANT &&
	    (content == NULL || tree_is(content, TREE_NULL)))
		return OK;
	if (!tree_is(content, TREE_ARRAY))
		return chat_reader_refuse(
		    r, where, "must be a string or a list of parts");

	TREE_FOREACH(part, content)
	{
		enum status s = read_part(r, part, role,
		    chat_reader_where(
			r, "%.*s[%zu]", STR_ARGS(where), index++));

		if (s != OK)
			return s;
	}
	return OK;
}

static enum status
read_call(struct chat_reader *r, const struct tree *call, struct str where)
{
	const struct tree *function = tree_get(call, "function");
	struct str type = tree_text(tree_get(call, "type"));
	struct chat_part *out = chat_reader_part(r, PART_CALL, where);

	if (type.len > 0 && !str_eq(type, STR("function")))
		return chat_reader_refuse(r, where,
		    "tool calls of type \"%.*s\" cannot be carried here",
		    STR_ARGS(type));
	out->id = tree_text(tree_get(call, "id"));
	out->name = tree_text(tree_get(function, "name"));
	out->json = tree_text(tree_get(function, "arguments"));
	out->signature = tree_text(
	    tree_path(call, "extra_content.google.thought_signature"));
	if (str_is_empty(out->signature))
		out->signature = tool_id_signature(r->arena, out->id);
	if (str_is_empty(out->name))
		return chat_reader_refuse(r, where, "function.name is missing");
	return OK;
}

static enum status
read_calls(struct chat_reader *r, const struct tree *calls, size_t message)
{
	size_t index = 0;

	TREE_FOREACH(call, calls)
	{
		enum status s = read_call(r, call,
		    chat_reader_where(
			r, "messages[%zu].tool_calls[%zu]", message, index++));

		if (s != OK)
			return s;
	}
	return OK;
}

static enum status
read_assistant(struct chat_reader *r, const struct tree *message, size_t index)
{
	const struct tree *refusal = tree_get(message, "refusal");
	struct str where = chat_reader_where(r, "messages[%zu].content", index);
	struct str thought = tree_text(tree_get(message, "reasoning_content"));
	const struct tree *legacy = tree_get(message, "function_call");
	enum status s;

	if (legacy != NULL && !tree_is(legacy, TREE_NULL))
		return chat_reader_refuse(r,
		    chat_reader_where(r, "messages[%zu].function_call", index),
		    "is not carried; use tool_calls");
	if (str_is_empty(thought))
		thought = tree_text(tree_get(message, "reasoning"));
	if (!str_is_empty(thought))
		chat_reader_part(r, PART_REASONING, where)->text = thought;

	s = read_content(
	    r, tree_get(message, "content"), CHAT_ASSISTANT, where);
	if (s == OK && tree_text(refusal).len > 0)
		chat_reader_part(r, PART_REFUSAL, where)->text = refusal->text;
	if (s != OK)
		return s;
	return read_calls(r, tree_get(message, "tool_calls"), index);
}

static enum status
read_result(struct chat_reader *r, const struct tree *message, size_t index)
{
	struct chat_part **outer;
	struct chat_part *out;
	enum status s;

	out = chat_reader_part(r, PART_RESULT,
	    chat_reader_where(r, "messages[%zu].tool_call_id", index));
	out->id = tree_text(tree_get(message, "tool_call_id"));

	outer = r->part_end;
	r->part_end = &out->parts;
	s = read_content(r, tree_get(message, "content"), CHAT_TOOL,
	    chat_reader_where(r, "messages[%zu].content", index));
	r->part_end = outer;
	return s;
}

static const char *const message_members[] = {
	"role",
	"content",
	"refusal",
	"tool_calls",
	"tool_call_id",
	"reasoning_content",
	"reasoning",
	"reasoning_details",
	"function_call",
	"annotations",
	NULL,
};

enum status
openai_chat_read_message(
    struct chat_reader *r, const struct tree *message, size_t index)
{
	struct str role = tree_text(tree_get(message, "role"));
	struct str where = chat_reader_where(r, "messages[%zu].content", index);
	const struct tree *content = tree_get(message, "content");

	chat_reader_foreign_members(r, message, message_members, "messages[].");
	if (str_eq(role, STR("system")) || str_eq(role, STR("developer"))) {
		chat_reader_message(r, CHAT_SYSTEM);
		return read_content(r, content, CHAT_SYSTEM, where);
	}
	if (str_eq(role, STR("user"))) {
		chat_reader_message(r, CHAT_USER);
		return read_content(r, content, CHAT_USER, where);
	}
	if (str_eq(role, STR("assistant"))) {
		chat_reader_message(r, CHAT_ASSISTANT);
		return read_assistant(r, message, index);
	}
	if (str_eq(role, STR("tool"))) {
		chat_reader_message(r, CHAT_TOOL);
		return read_result(r, message, index);
	}
	return chat_reader_refuse(r,
	    chat_reader_where(r, "messages[%zu].role", index),
	    "unknown role \"%.*s\"", STR_ARGS(role));
}
