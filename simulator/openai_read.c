/* openai_read.c - chat completions requests; see dialect_inside.h. */
#include "simulator/dialect_inside.h"

static const struct str roles[] = { STR("system"), STR("user"),
	STR("assistant"), STR("tool"), STR("developer"), STR("function") };

enum role {
	ROLE_USER = 1,
	ROLE_TOOL = 3,
	ROLE_DEVELOPER = 4,
};

static enum status
read_message(
    struct ask *ask, struct reader *r, bool has_developer, struct fault *fault)
{
	struct str role = STR("");
	struct str text = STR("");
	struct str key;
	int kind;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("role")))
			role = reader_text(r);
		else if (str_eq(key, STR("content")))
			text = dialect_read_content(ask, r);
		else
			(void)reader_skip(r);
	}
	kind = dialect_find_word(role, roles, ARRAY_LEN(roles));
	if (kind < 0 || (kind == ROLE_DEVELOPER && !has_developer))
		return fault_set(fault, 400,
		    str_printf(r->arena,
			"Invalid value: '%.*s' is not a supported role.",
			STR_ARGS(role)),
		    STR("messages.role"));
	if (kind == ROLE_USER)
		ask->user_text = text;
	ask->ends_with_tool_result = kind == ROLE_TOOL;
	if (kind == ROLE_TOOL)
		ask->tool_result = text;
	ask->message_count++;
	return OK;
}

static enum status
read_messages(
    struct ask *ask, struct reader *r, bool has_developer, struct fault *fault)
{
	enum status s = OK;

	reader_array_open(r);
	while (s == OK && reader_next_element(r))
		s = read_message(ask, r, has_developer, fault);
	return s;
}

/* {"name": …, "parameters": …} */
static void
read_function(struct ask *ask, struct reader *r)
{
	struct str schema = STR("");
	struct str name = STR("");
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("name")))
			name = reader_text(r);
		else if (str_eq(key, STR("parameters")))
			schema = reader_skip(r);
		else
			(void)reader_skip(r);
	}
	ask_add_tool(ask, r->arena, name, schema);
}

static void
read_tools(struct ask *ask, struct reader *r)
{
	struct str key;

	reader_array_open(r);
	while (reader_next_element(r)) {
		reader_object_open(r);
		while (reader_next_key(r, &key)) {
			if (str_eq(key, STR("function")))
				read_function(ask, r);
			else
				(void)reader_skip(r);
		}
	}
}

/* {"type": "function", "function": {"name": …}} */
static void
read_named_choice(struct ask *ask, struct reader *r)
{
	struct str inner;
	struct str key;

	ask->tool_mode = TOOLS_NAMED;
	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (!str_eq(key, STR("function"))) {
			(void)reader_skip(r);
			continue;
		}
		reader_object_open(r);
		while (reader_next_key(r, &inner)) {
			if (str_eq(inner, STR("name")))
				ask->tool_name = reader_text(r);
			else
				(void)reader_skip(r);
		}
	}
}

static void
read_tool_choice(struct ask *ask, struct reader *r)
{
	struct str word;

	if (reader_peek(r) == READER_OBJECT) {
		read_named_choice(ask, r);
		return;
	}
	word = reader_text(r);
	if (str_eq(word, STR("required")))
		ask->tool_mode = TOOLS_ANY;
	else if (str_eq(word, STR("none")))
		ask->tool_mode = TOOLS_NONE;
}

/* {"type": "json_schema", "json_schema": {"schema": …}} */
static void
read_response_format(struct ask *ask, struct reader *r)
{
	struct str inner;
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (!str_eq(key, STR("json_schema"))) {
			(void)reader_skip(r);
			continue;
		}
		reader_object_open(r);
		while (reader_next_key(r, &inner)) {
			if (str_eq(inner, STR("schema")))
				ask->schema = reader_skip(r);
			else
				(void)reader_skip(r);
		}
	}
}

static void
read_stream_options(struct ask *ask, struct reader *r)
{
	struct str key;

	if (reader_peek(r) != READER_OBJECT) {
		(void)reader_skip(r);
		return;
	}
	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("include_usage")))
			ask->wants_usage = reader_bool(r);
		else
			(void)reader_skip(r);
	}
}

/* The members that only set something; false when it is none of them. */
static bool
read_option(struct ask *ask, struct reader *r, struct str key)
{
	if (str_eq(key, STR("model")))
		ask->model = reader_text(r);
	else if (str_eq(key, STR("stream")))
		ask->is_stream = reader_bool(r);
	else if (str_eq(key, STR("max_tokens")) ||
	    str_eq(key, STR("max_completion_tokens")))
		ask->max_tokens = reader_int(r);
	else if (str_eq(key, STR("n")))
		ask->choices = i64_max(1, i64_min(reader_int(r), 8));
	else if (str_eq(key, STR("stream_options")))
		read_stream_options(ask, r);
	else
		return false;
	return true;
}

/* The members that are lists or objects, when they are not null. */
static void
read_structure(struct ask *ask, struct reader *r, struct str key)
{
	enum reader_kind kind = reader_peek(r);

	if (str_eq(key, STR("tools")) && kind == READER_ARRAY)
		read_tools(ask, r);
	else if (str_eq(key, STR("tool_choice")))
		read_tool_choice(ask, r);
	else if (str_eq(key, STR("response_format")) && kind == READER_OBJECT)
		read_response_format(ask, r);
	else
		(void)reader_skip(r);
}

static enum status
check(const struct ask *ask, struct reader *r, struct fault *fault)
{
	if (reader_end(r) != OK)
		return fault_set(fault, 400,
		    STR("We could not parse the JSON body of your request."),
		    STR(""));
	if (str_is_empty(ask->model))
		return fault_set(fault, 400,
		    STR("you must provide a model parameter"), STR("model"));
	if (ask->message_count == 0)
		return fault_set(fault, 400,
		    STR("Missing required parameter: 'messages'."),
		    STR("messages"));
	return OK;
}

enum status
openai_read(struct ask *ask, struct arena *arena, struct str body,
    bool has_developer, struct fault *fault)
{
	enum status s = OK;
	struct reader r;
	struct str key;

	reader_init(&r, arena, body);
	reader_object_open(&r);
	while (s == OK && reader_next_key(&r, &key)) {
		if (str_eq(key, STR("messages")))
			s = read_messages(ask, &r, has_developer, fault);
		else if (!read_option(ask, &r, key))
			read_structure(ask, &r, key);
	}
	return s == OK ? check(ask, &r, fault) : s;
}
