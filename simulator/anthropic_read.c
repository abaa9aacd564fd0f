/* anthropic_read.c - Messages requests; see dialect_inside.h. */
#include "simulator/dialect_inside.h"

static const struct str roles[] = { STR("user"), STR("assistant"),
	STR("system") };

struct turn { /* one message while it is read */
	struct str text;
	struct str result; /* of its last tool_result */
	bool has_result;
};

/* {"type": "text"|"tool_result"|…, "text": …, "content": …} */
static void
read_block(struct ask *ask, struct reader *r, struct turn *turn)
{
	struct str content = STR("");
	struct str text = STR("");
	struct str type = STR("");
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("type")))
			type = reader_text(r);
		else if (str_eq(key, STR("text")))
			text = reader_text(r);
		else if (str_eq(key, STR("content")))
			content = dialect_read_content(ask, r);
		else
			(void)reader_skip(r);
	}
	if (str_eq(type, STR("tool_result"))) {
		turn->has_result = true;
		turn->result = content;
	} else if (!str_is_empty(text)) {
		ask_add_text(ask, text);
		turn->text = ask_join(r->arena, turn->text, text);
	}
}

static void
read_content(struct ask *ask, struct reader *r, struct turn *turn)
{
	if (reader_peek(r) != READER_ARRAY) {
		turn->text = dialect_read_content(ask, r);
		return;
	}
	reader_array_open(r);
	while (reader_next_element(r))
		read_block(ask, r, turn);
}

static enum status
read_message(struct ask *ask, struct reader *r, struct fault *fault)
{
	struct turn turn = { 0 };
	struct str role = STR("");
	struct str key;
	int kind;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("role")))
			role = reader_text(r);
		else if (str_eq(key, STR("content")))
			read_content(ask, r, &turn);
		else
			(void)reader_skip(r);
	}
	kind = dialect_find_word(role, roles, ARRAY_LEN(roles));
	if (kind < 0)
		return fault_set(fault, 400,
		    str_printf(r->arena,
			"messages.%zu.role: Input should be 'user' or "
			"'assistant'",
			ask->message_count),
		    STR(""));
	if (kind == 0 && !turn.has_result)
		ask->user_text = turn.text;
	ask->ends_with_tool_result = turn.has_result;
	ask->tool_result = turn.result;
	ask->message_count++;
	return OK;
}

static enum status
read_messages(struct ask *ask, struct reader *r, struct fault *fault)
{
	enum status s = OK;

	reader_array_open(r);
	while (s == OK && reader_next_element(r))
		s = read_message(ask, r, fault);
	return s;
}

static void
read_tools(struct ask *ask, struct reader *r)
{
	struct str schema;
	struct str name;
	struct str key;

	reader_array_open(r);
	while (reader_next_element(r)) {
		schema = STR("");
		name = STR("");
		reader_object_open(r);
		while (reader_next_key(r, &key)) {
			if (str_eq(key, STR("name")))
				name = reader_text(r);
			else if (str_eq(key, STR("input_schema")))
				schema = reader_skip(r);
			else
				(void)reader_skip(r);
		}
		ask_add_tool(ask, r->arena, name, schema);
	}
}

static void
read_tool_choice(struct ask *ask, struct reader *r)
{
	static const struct str words[] = { [TOOLS_AUTO] = STR("auto"),
		[TOOLS_NONE] = STR("none"),
		[TOOLS_ANY] = STR("any"),
		[TOOLS_NAMED] = STR("tool") };
	struct str key;
	int mode;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("type"))) {
			mode = dialect_find_word(
			    reader_text(r), words, ARRAY_LEN(words));
			ask->tool_mode =
			    mode < 0 ? TOOLS_AUTO : (enum tool_mode)mode;
		} else if (str_eq(key, STR("name"))) {
			ask->tool_name = reader_text(r);
		} else {
			(void)reader_skip(r);
		}
	}
}

/* {"format": {"schema": …}}; the older member is the format itself. */
static void
read_format(struct ask *ask, struct reader *r)
{
	struct str key;

	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("schema")))
			ask->schema = reader_skip(r);
		else if (str_eq(key, STR("format")) &&
		    reader_peek(r) == READER_OBJECT)
			read_format(ask, r);
		else
			(void)reader_skip(r);
	}
}

static void
read_member(struct ask *ask, struct reader *r, struct str key)
{
	enum reader_kind kind = reader_peek(r);

	if (str_eq(key, STR("model")))
		ask->model = reader_text(r);
	else if (str_eq(key, STR("stream")))
		ask->is_stream = reader_bool(r);
	else if (str_eq(key, STR("max_tokens")))
		ask->max_tokens = reader_int(r);
	else if (str_eq(key, STR("system")))
		(void)dialect_read_content(ask, r);
	else if (str_eq(key, STR("tools")) && kind == READER_ARRAY)
		read_tools(ask, r);
	else if (str_eq(key, STR("tool_choice")) && kind == READER_OBJECT)
		read_tool_choice(ask, r);
	else if ((str_eq(key, STR("output_config")) ||
		     str_eq(key, STR("output_format"))) &&
	    kind == READER_OBJECT)
		read_format(ask, r);
	else
		(void)reader_skip(r);
}

static enum status
check(const struct ask *ask, struct reader *r, struct fault *fault)
{
	if (reader_end(r) != OK)
		return fault_set(fault, 400,
		    STR("The request body is not valid JSON"), STR(""));
	if (str_is_empty(ask->model))
		return fault_set(
		    fault, 400, STR("model: Field required"), STR(""));
	if (ask->max_tokens <= 0)
		return fault_set(
		    fault, 400, STR("max_tokens: Field required"), STR(""));
	if (ask->message_count == 0)
		return fault_set(fault, 400,
		    STR("messages: at least one message is required"), STR(""));
	return OK;
}

enum status
anthropic_read(
    struct ask *ask, struct arena *arena, struct str body, struct fault *fault)
{
	enum status s = OK;
	struct reader r;
	struct str key;

	reader_init(&r, arena, body);
	reader_object_open(&r);
	while (s == OK && reader_next_key(&r, &key)) {
		if (str_eq(key, STR("messages")))
			s = read_messages(ask, &r, fault);
		else
			read_member(ask, &r, key);
	}
	return s == OK ? check(ask, &r, fault) : s;
}
