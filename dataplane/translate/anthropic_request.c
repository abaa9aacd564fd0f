/*
 * anthropic_request.c - a client's Messages body as a conversation.
 */
#include "dataplane/translate/anthropic.h"

static const char *const known_members[] = {
	"model",
	"messages",
	"system",
	"max_tokens",
	"stop_sequences",
	"stream",
	"temperature",
	"top_p",
	"top_k",
	"metadata",
	"tools",
	"tool_choice",
	"thinking",
	"output_config",
	"output_format",
	NULL,
};

static const char *const known_metadata[] = { "user_id", NULL };
static const char *const known_output[] = { "format", "effort", NULL };
static const char *const known_tool[] = {
	"type",
	"name",
	"description",
	"input_schema",
	"strict",
	"cache_control",
	NULL,
};

static enum status
read_messages(struct chat_reader *r, const struct tree *messages)
{
	size_t index = 0;

	if (!tree_is(messages, TREE_ARRAY) || messages->count == 0)
		return chat_reader_refuse(r, STR("messages"),
		    "must be a list of at least one message");
	TREE_FOREACH(message, messages)
	{
		enum status s = anthropic_read_message(r, message, index++);

		if (s != OK)
			return s;
	}
	return OK;
}

static enum status
read_tool(struct chat_reader *r, const struct tree *tool, size_t index)
{
	struct str type = tree_text(tree_get(tool, "type"));
	struct str where = chat_reader_where(r, "tools[%zu]", index);
	const struct tree *schema = tree_get(tool, "input_schema");
	const struct tree *cache = tree_get(tool, "cache_control");
	struct chat_tool *out;

	if (type.len > 0 && !str_eq(type, STR("custom")))
		return chat_reader_refuse(r, where,
		    "tools of type \"%.*s\" run at Anthropic only and cannot "
		    "be carried to this provider",
		    STR_ARGS(type));
	if (str_is_empty(tree_text(tree_get(tool, "name"))))
		return chat_reader_refuse(r, where, "name is missing");

	out = chat_reader_tool(r);
	out->name = tree_text(tree_get(tool, "name"));
	out->description = tree_text(tree_get(tool, "description"));
	out->strict = tree_is_true(tree_get(tool, "strict"));
	if (tree_is(schema, TREE_OBJECT))
		out->schema = schema->raw;
	if (tree_is(cache, TREE_OBJECT))
		out->cache_control = cache->raw;
	chat_reader_foreign_members(r, tool, known_tool, "tools[].");
	return OK;
}

static enum status
read_tools(struct chat_reader *r, const struct tree *tools)
{
	size_t index = 0;

	TREE_FOREACH(tool, tools)
	{
		enum status s = read_tool(r, tool, index++);

		if (s != OK)
			return s;
	}
	return OK;
}

static enum status
read_tool_choice(struct chat_reader *r, const struct tree *choice)
{
	const struct tree *serial =
	    tree_get(choice, "disable_parallel_tool_use");
	struct str type = tree_text(tree_get(choice, "type"));
	struct chat *chat = r->chat;

	if (choice == NULL || tree_is(choice, TREE_NULL))
		return OK;
	chat->parallel_said =
	    tree_is_true(serial) || tree_is(serial, TREE_FALSE);
	chat->parallel = !tree_is_true(serial);
	chat->tool_name = tree_text(tree_get(choice, "name"));
	if (str_eq(type, STR("auto")))
		chat->tool_choice = TOOLS_AUTO;
	else if (str_eq(type, STR("any")))
		chat->tool_choice = TOOLS_REQUIRED;
	else if (str_eq(type, STR("none")))
		chat->tool_choice = TOOLS_NONE;
	else if (str_eq(type, STR("tool")) && chat->tool_name.len > 0)
		chat->tool_choice = TOOLS_NAMED;
	else
		return chat_reader_refuse(r, STR("tool_choice"),
		    "must be of type auto, any, none, or tool with a name");
	return OK;
}

/* output_config.format, or output_format as it was called before. */
static enum status
read_format(struct chat_reader *r, const struct tree *body)
{
	const struct tree *format = tree_path(body, "output_config.format");
	const struct tree *schema;

	if (format == NULL)
		format = tree_get(body, "output_format");
	if (format == NULL || tree_is(format, TREE_NULL))
		return OK;
	schema = tree_get(format, "schema");
	if (!str_eq(tree_text(tree_get(format, "type")), STR("json_schema")) ||
	    !tree_is(schema, TREE_OBJECT))
		return chat_reader_refuse(r, STR("output_config.format"),
		    "must be of type json_schema with a schema");
	r->chat->format = FORMAT_SCHEMA;
	r->chat->format_schema = schema->raw;
	r->chat->format_strict = true;
	r->chat->format_strict_said = true;
	return OK;
}

static void
read_thinking(struct chat_reader *r, const struct tree *body)
{
	struct str type = tree_text(tree_path(body, "thinking.type"));
	struct str effort = tree_text(tree_path(body, "output_config.effort"));
	struct chat *chat = r->chat;

	if (str_eq(type, STR("disabled"))) {
		chat->effort = EFFORT_NONE;
		return;
	}
	if (str_eq(type, STR("enabled")) || str_eq(type, STR("adaptive")))
		chat->effort = EFFORT_AUTO;
	chat->thinking_budget =
	    tree_int(tree_path(body, "thinking.budget_tokens"), -1);
	if (chat_effort_parse(effort) != EFFORT_UNSAID)
		chat->effort = chat_effort_parse(effort);
}

static void
read_settings(struct chat_reader *r, const struct tree *body)
{
	r->chat->max_tokens = tree_int(tree_get(body, "max_tokens"), -1);
	r->chat->stream = tree_is_true(tree_get(body, "stream"));
	chat_reader_option(r, "temperature", tree_get(body, "temperature"));
	chat_reader_option(r, "top_p", tree_get(body, "top_p"));
	chat_reader_option(r, "top_k", tree_get(body, "top_k"));
	chat_reader_option(r, "user", tree_path(body, "metadata.user_id"));
	chat_reader_foreign_members(r, body, known_members, "");
	chat_reader_foreign_members(
	    r, tree_get(body, "metadata"), known_metadata, "metadata.");
	chat_reader_foreign_members(
	    r, tree_get(body, "output_config"), known_output, "output_config.");
}

enum status
anthropic_read_request(struct arena *arena, const struct tree *body,
    struct chat *chat, struct translate_fault *fault)
{
	struct chat_reader r;
	enum status s;

	chat_reader_init(&r, arena, chat, fault);
	s = anthropic_read_system(&r, tree_get(body, "system"));
	if (s == OK)
		s = read_messages(&r, tree_get(body, "messages"));
	if (s == OK)
		s = read_tools(&r, tree_get(body, "tools"));
	if (s == OK)
		s = read_tool_choice(&r, tree_get(body, "tool_choice"));
	if (s == OK)
		s = read_format(&r, body);
	if (s == OK)
		s = chat_reader_stops(&r, tree_get(body, "stop_sequences"),
		    STR("stop_sequences"));
	if (s != OK)
		return s;
	read_thinking(&r, body);
	read_settings(&r, body);
	return chat_reader_finish(&r);
}
