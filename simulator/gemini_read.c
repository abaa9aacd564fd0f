/*
 * gemini_read.c - generateContent requests; see dialect_inside.h.
 *
 * Every member may be spelt in camelCase or in snake_case, and a single
 * object may stand where a list is expected.
 */
#include "simulator/dialect_inside.h"

/* "functionCall" is also "function_call". */
static bool
is_key(struct str key, struct str camel)
{
	size_t at = 0;

	for (size_t i = 0; i < camel.len; i++) {
		char c = camel.ptr[i];
		bool is_upper = c >= 'A' && c <= 'Z';

		if (at < key.len && key.ptr[at] == c) {
			at++;
			continue;
		}
		if (!is_upper || at + 1 >= key.len || key.ptr[at] != '_' ||
		    key.ptr[at + 1] != (char)(c | 0x20))
			return false;
		at += 2;
	}
	return at == key.len;
}

/* Calls read_one for each element, or once for a lone object. */
static void
read_list(struct ask *ask, struct reader *r, void *turn,
    void (*read_one)(struct ask *, struct reader *, void *turn))
{
	if (reader_peek(r) != READER_ARRAY) {
		read_one(ask, r, turn);
		return;
	}
	reader_array_open(r);
	while (reader_next_element(r))
		read_one(ask, r, turn);
}

struct turn { /* one content while it is read */
	struct str text;
	struct str result;
	bool has_result;
};

static void
read_function_response(struct ask *ask, struct reader *r, struct turn *turn)
{
	struct str key;

	turn->has_result = true;
	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("response"))) {
			turn->result = reader_skip(r);
			ask_add_text(ask, turn->result);
		} else {
			(void)reader_skip(r);
		}
	}
}

static void
read_part(struct ask *ask, struct reader *r, void *arg)
{
	struct turn *turn = arg;
	struct str key;
	struct str text;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("text"))) {
			text = reader_text(r);
			ask_add_text(ask, text);
			turn->text = ask_join(r->arena, turn->text, text);
		} else if (is_key(key, STR("functionResponse"))) {
			read_function_response(ask, r, turn);
		} else {
			(void)reader_skip(r);
		}
	}
}

/* Returns the role, empty when it is not said: then it is the user's. */
static struct str
read_content(struct ask *ask, struct reader *r, struct turn *turn)
{
	struct str role = STR("");
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("role")))
			role = reader_text(r);
		else if (str_eq(key, STR("parts")))
			read_list(ask, r, turn, read_part);
		else
			(void)reader_skip(r);
	}
	return role;
}

struct reading { /* what the list callbacks need */
	struct fault *fault;
	enum status status;
};

static void
read_message(struct ask *ask, struct reader *r, void *arg)
{
	struct reading *reading = arg;
	struct turn turn = { 0 };
	struct str role = read_content(ask, r, &turn);
	bool is_model = str_eq(role, STR("model"));

	if (!is_model && !str_is_empty(role) && !str_eq(role, STR("user")))
		reading->status = fault_set(reading->fault, 400,
		    STR("Please use a valid role: user, model."), STR(""));
	if (!is_model && !turn.has_result)
		ask->user_text = turn.text;
	ask->ends_with_tool_result = turn.has_result;
	ask->tool_result = turn.result;
	ask->message_count++;
}

static void
read_declaration(struct ask *ask, struct reader *r, void *arg)
{
	struct str schema = STR("");
	struct str name = STR("");
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("name")))
			name = reader_text(r);
		else if (str_eq(key, STR("parameters")) ||
		    is_key(key, STR("parametersJsonSchema")))
			schema = reader_skip(r);
		else
			(void)reader_skip(r);
	}
	ask_add_tool(ask, r->arena, name, schema);
}

static void
read_tool(struct ask *ask, struct reader *r, void *arg)
{
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (is_key(key, STR("functionDeclarations")))
			read_list(ask, r, NULL, read_declaration);
		else
			(void)reader_skip(r);
	}
}

static void
read_allowed_name(struct ask *ask, struct reader *r, void *arg)
{
	struct str name = reader_text(r);

	if (str_is_empty(ask->tool_name))
		ask->tool_name = name;
}

static void
read_calling_config(struct ask *ask, struct reader *r)
{
	struct str key;
	struct str mode = STR("");

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("mode")))
			mode = reader_text(r);
		else if (is_key(key, STR("allowedFunctionNames")))
			read_list(ask, r, NULL, read_allowed_name);
		else
			(void)reader_skip(r);
	}
	if (str_eq(mode, STR("NONE")))
		ask->tool_mode = TOOLS_NONE;
	else if (str_eq(mode, STR("ANY")))
		ask->tool_mode =
		    str_is_empty(ask->tool_name) ? TOOLS_ANY : TOOLS_NAMED;
}

static void
read_tool_config(struct ask *ask, struct reader *r)
{
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (is_key(key, STR("functionCallingConfig")))
			read_calling_config(ask, r);
		else
			(void)reader_skip(r);
	}
}

static void
read_thinking(struct ask *ask, struct reader *r)
{
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (is_key(key, STR("includeThoughts")))
			ask->wants_thoughts = reader_bool(r);
		else
			(void)reader_skip(r);
	}
}

static void
read_generation_config(struct ask *ask, struct reader *r)
{
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (is_key(key, STR("maxOutputTokens")))
			ask->max_tokens = reader_int(r);
		else if (is_key(key, STR("candidateCount")))
			ask->choices = i64_max(1, i64_min(reader_int(r), 8));
		else if (is_key(key, STR("thinkingConfig")))
			read_thinking(ask, r);
		else if (is_key(key, STR("responseSchema")) ||
		    is_key(key, STR("responseJsonSchema")))
			ask->schema = reader_skip(r);
		else
			(void)reader_skip(r);
	}
}

static void
read_member(struct ask *ask, struct reader *r, struct str key)
{
	struct turn system = { 0 };

	if (str_eq(key, STR("tools")))
		read_list(ask, r, NULL, read_tool);
	else if (is_key(key, STR("toolConfig")))
		read_tool_config(ask, r);
	else if (is_key(key, STR("generationConfig")))
		read_generation_config(ask, r);
	else if (is_key(key, STR("systemInstruction")))
		(void)read_content(ask, r, &system);
	else
		(void)reader_skip(r);
}

enum status
gemini_read(
    struct ask *ask, struct arena *arena, struct str body, struct fault *fault)
{
	struct reading reading = { .fault = fault, .status = OK };
	struct reader r;
	struct str key;

	reader_init(&r, arena, body);
	reader_object_open(&r);
	while (reader_next_key(&r, &key)) {
		if (str_eq(key, STR("contents")))
			read_list(ask, &r, &reading, read_message);
		else
			read_member(ask, &r, key);
	}
	if (reading.status != OK)
		return reading.status;
	if (reader_end(&r) != OK)
		return fault_set(
		    fault, 400, STR("Invalid JSON payload received."), STR(""));
	if (ask->message_count == 0)
		return fault_set(fault, 400,
		    STR("* GenerateContentRequest.contents: contents is not "
			"specified"),
		    STR(""));
	return OK;
}
