/*
 * openai_chat_request.c - a client's Chat Completions body as a conversation.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"

/* Members that have a place of their own; the rest are options. */
static const char *const structural[] = {
	"model",
	"messages",
	"stream",
	"stream_options",
	"max_tokens",
	"max_completion_tokens",
	"n",
	"stop",
	"tools",
	"tool_choice",
	"parallel_tool_calls",
	"response_format",
	"reasoning_effort",
	"thinking",
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
		enum status s = openai_chat_read_message(r, message, index++);

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
	const struct tree *function = tree_get(tool, "function");
	const struct tree *schema = tree_get(function, "parameters");
	struct chat_tool *out;

	if (type.len > 0 && !str_eq(type, STR("function")))
		return chat_reader_refuse(r, where,
		    "tools of type \"%.*s\" cannot be carried to this "
		    "provider",
		    STR_ARGS(type));
	if (str_is_empty(tree_text(tree_get(function, "name"))))
		return chat_reader_refuse(r, where, "function.name is missing");

	out = chat_reader_tool(r);
	out->name = tree_text(tree_get(function, "name"));
	out->description = tree_text(tree_get(function, "description"));
	out->strict = tree_is_true(tree_get(function, "strict"));
	if (tree_is(schema, TREE_OBJECT))
		out->schema = schema->raw;
	if (tree_is(tree_get(tool, "cache_control"), TREE_OBJECT))
		out->cache_control = tree_get(tool, "cache_control")->raw;
	return OK;
}

static enum status
read_tools(struct chat_reader *r, const struct tree *tools)
{
	size_t index = 0;

	if (tools != NULL && !tree_is(tools, TREE_NULL) &&
	    !tree_is(tools, TREE_ARRAY))
		return chat_reader_refuse(r, STR("tools"), "must be a list");
	TREE_FOREACH(tool, tools)
	{
		enum status s = read_tool(r, tool, index++);

		if (s != OK)
			return s;
	}
	return OK;
}

static bool
is_allowed(const struct tree *allowed, struct str name)
{
	TREE_FOREACH(tool, allowed)
	if (str_eq(tree_text(tree_path(tool, "function.name")), name))
		return true;
	return false;
}

/* A choice among some of the tools is a choice among fewer tools. */
static void
keep_allowed(struct chat *chat, const struct tree *allowed)
{
	struct chat_tool **link = &chat->tools;

	while (*link != NULL)
		if (is_allowed(allowed, (*link)->name))
			link = &(*link)->next;
		else
			*link = (*link)->next;
}

static enum chat_tool_choice
choice_word(struct str word)
{
	if (str_eq(word, STR("auto")))
		return TOOLS_AUTO;
	if (str_eq(word, STR("required")) || str_eq(word, STR("any")))
		return TOOLS_REQUIRED;
	if (str_eq(word, STR("none")))
		return TOOLS_NONE;
	return TOOLS_UNSAID;
}

static enum status
read_tool_choice(struct chat_reader *r, const struct tree *choice)
{
	const struct tree *allowed = tree_get(choice, "allowed_tools");
	struct chat *chat = r->chat;

	if (choice == NULL || tree_is(choice, TREE_NULL))
		return OK;
	chat->tool_choice = choice_word(tree_text(choice));
	if (allowed != NULL) {
		keep_allowed(chat, tree_get(allowed, "tools"));
		chat->tool_choice =
		    choice_word(tree_text(tree_get(allowed, "mode")));
	}
	chat->tool_name = tree_text(tree_path(choice, "function.name"));
	if (chat->tool_name.len > 0)
		chat->tool_choice = TOOLS_NAMED;
	if (chat->tool_choice == TOOLS_UNSAID)
		return chat_reader_refuse(r, STR("tool_choice"),
		    "must be \"auto\", \"required\", \"none\" or a function");
	return OK;
}

static enum status
read_format(struct chat_reader *r, const struct tree *format)
{
	struct str type = tree_text(tree_get(format, "type"));
	const struct tree *schema = tree_get(format, "json_schema");
	const struct tree *strict = tree_get(schema, "strict");
	struct chat *chat = r->chat;

	if (format == NULL || tree_is(format, TREE_NULL) ||
	    str_eq(type, STR("text")))
		return OK;
	if (str_eq(type, STR("json_object"))) {
		chat->format = FORMAT_JSON;
		return OK;
	}
	if (!str_eq(type, STR("json_schema")) ||
	    !tree_is(tree_get(schema, "schema"), TREE_OBJECT))
		return chat_reader_refuse(r, STR("response_format"),
		    "must be text, json_object, or json_schema with a schema");

	chat->format = FORMAT_SCHEMA;
	chat->format_name = tree_text(tree_get(schema, "name"));
	chat->format_description = tree_text(tree_get(schema, "description"));
	chat->format_schema = tree_get(schema, "schema")->raw;
	chat->format_strict = tree_is_true(strict);
	chat->format_strict_said =
	    strict != NULL && !tree_is(strict, TREE_NULL);
	return OK;
}

/* OpenAI's word, or the "thinking" object that Ark and others understand. */
static enum status
read_effort(struct chat_reader *r, const struct tree *body)
{
	const struct tree *effort = tree_get(body, "reasoning_effort");
	struct str type = tree_text(tree_path(body, "thinking.type"));
	struct chat *chat = r->chat;

	chat->thinking_budget =
	    tree_int(tree_path(body, "thinking.budget_tokens"), -1);
	if (str_eq(type, STR("disabled")))
		chat->effort = EFFORT_NONE;
	if (str_eq(type, STR("enabled")) || str_eq(type, STR("auto")) ||
	    str_eq(type, STR("adaptive")))
		chat->effort = EFFORT_AUTO;
	if (effort == NULL || tree_is(effort, TREE_NULL))
		return OK;

	chat->effort = chat_effort_parse(tree_text(effort));
	if (chat->effort == EFFORT_UNSAID)
		return chat_reader_refuse(
		    r, STR("reasoning_effort"), "is not a known effort");
	return OK;
}

static enum status
read_limits(struct chat_reader *r, const struct tree *body)
{
	const struct tree *parallel = tree_get(body, "parallel_tool_calls");
	struct chat *chat = r->chat;

	chat->max_tokens = tree_int(tree_get(body, "max_completion_tokens"),
	    tree_int(tree_get(body, "max_tokens"), -1));
	chat->choices = tree_int(tree_get(body, "n"), 1);
	chat->stream = tree_is_true(tree_get(body, "stream"));
	chat->parallel = tree_is_true(parallel);
	chat->parallel_said = chat->parallel || tree_is(parallel, TREE_FALSE);
	if (chat->choices < 1)
		return chat_reader_refuse(r, STR("n"), "must be at least 1");
	return chat_reader_stops(r, tree_get(body, "stop"), STR("stop"));
}

enum status
openai_chat_read_request(struct arena *arena, const struct tree *body,
    struct chat *chat, struct translate_fault *fault)
{
	struct chat_reader r;
	enum status s;

	chat_reader_init(&r, arena, chat, fault);
	s = read_messages(&r, tree_get(body, "messages"));
	if (s == OK)
		s = read_tools(&r, tree_get(body, "tools"));
	if (s == OK)
		s = read_tool_choice(&r, tree_get(body, "tool_choice"));
	if (s == OK)
		s = read_format(&r, tree_get(body, "response_format"));
	if (s == OK)
		s = read_effort(&r, body);
	if (s == OK)
		s = read_limits(&r, body);
	if (s != OK)
		return s;

	TREE_FOREACH(member, body)
	if (!chat_reader_is_known(member->name, structural))
		chat_reader_option(&r, str_cstr(arena, member->name), member);
	return chat_reader_finish(&r);
}
