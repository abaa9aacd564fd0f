/*
 * openai_chat_write.c - a conversation as a Chat Completions request.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"

static const struct option_word words[] = {
	{ "temperature", "temperature" },
	{ "top_p", "top_p" },
	{ "frequency_penalty", "frequency_penalty" },
	{ "presence_penalty", "presence_penalty" },
	{ "logit_bias", "logit_bias" },
	{ "logprobs", "logprobs" },
	{ "top_logprobs", "top_logprobs" },
	{ "seed", "seed" },
	{ "user", "user" },
};

/* Models known to take reasoning_effort; others refuse the request for it. */
static const char *const reasoning_models[] = {
	"o1",
	"o3",
	"o4",
	"gpt-5",
	"gpt-oss",
	"openai/o",
	"openai/gpt-5",
	"openai/gpt-oss",
	"grok-3-mini",
	"gemini-",
};

static bool
takes_effort(const struct chat_writer *w)
{
	if (w->quirks & QUIRK_THINKING_SWITCH)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(reasoning_models); i++)
		if (str_has_prefix(w->model, str_from(reasoning_models[i])))
			return true;
	return false;
}

static void
write_tool(struct chat_writer *w, const struct chat_tool *tool)
{
	struct emit *e = &w->emit;

	emit_object_open(e);
	emit_field_cstr(e, "type", "function");
	emit_key(e, "function");
	emit_object_open(e);
	emit_field_str(e, "name", tool->name);
	if (tool->description.len > 0)
		emit_field_str(e, "description", tool->description);
	if (tool->schema.len > 0)
		emit_field_raw(e, "parameters", tool->schema);
	if (tool->strict)
		emit_field_bool(e, "strict", true);
	emit_object_close(e);
	emit_object_close(e);
}

static void
write_tool_choice(struct chat_writer *w)
{
	static const char *const choices[] = {
		[TOOLS_AUTO] = "auto",
		[TOOLS_REQUIRED] = "required",
		[TOOLS_NONE] = "none",
	};
	struct emit *e = &w->emit;

	if (w->chat->tool_choice == TOOLS_UNSAID)
		return;
	if (w->chat->tool_choice != TOOLS_NAMED) {
		emit_field_cstr(
		    e, "tool_choice", choices[w->chat->tool_choice]);
		return;
	}
	emit_key(e, "tool_choice");
	emit_object_open(e);
	emit_field_cstr(e, "type", "function");
	emit_key(e, "function");
	emit_object_open(e);
	emit_field_str(e, "name", w->chat->tool_name);
	emit_object_close(e);
	emit_object_close(e);
}

static void
write_tools(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	if (w->chat->tools == NULL)
		return;
	emit_key(e, "tools");
	emit_array_open(e);
	for (const struct chat_tool *t = w->chat->tools; t != NULL;
	     t = t->next) {
		write_tool(w, t);
		if (t->cache_control.len > 0)
			chat_writer_drop(w, "cache_control");
	}
	emit_array_close(e);
	write_tool_choice(w);
	if (w->chat->parallel_said)
		emit_field_bool(e, "parallel_tool_calls", w->chat->parallel);
}

static void
write_format(struct chat_writer *w)
{
	const struct chat *chat = w->chat;
	struct emit *e = &w->emit;

	if (chat->format == FORMAT_TEXT)
		return;
	emit_key(e, "response_format");
	emit_object_open(e);
	emit_field_cstr(e, "type",
	    chat->format == FORMAT_JSON ? "json_object" : "json_schema");
	if (chat->format == FORMAT_SCHEMA) {
		emit_key(e, "json_schema");
		emit_object_open(e);
		emit_field_str(e, "name",
		    chat->format_name.len > 0 ? chat->format_name
					      : STR("answer"));
		if (chat->format_description.len > 0)
			emit_field_str(
			    e, "description", chat->format_description);
		emit_field_raw(e, "schema", chat->format_schema);
		if (chat->format_strict_said)
			emit_field_bool(e, "strict", chat->format_strict);
		emit_object_close(e);
	}
	emit_object_close(e);
}

static void
write_thinking_switch(struct chat_writer *w, enum chat_effort effort)
{
	static const char *const types[] = {
		[EFFORT_NONE] = "disabled",
		[EFFORT_AUTO] = "auto",
	};

	emit_key(&w->emit, "thinking");
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type",
	    effort == EFFORT_NONE || effort == EFFORT_AUTO ? types[effort]
							   : "enabled");
	emit_object_close(&w->emit);
}

/* Thinking is off unless asked for, but where the model always thinks. */
static void
write_effort(struct chat_writer *w)
{
	enum chat_effort effort = w->chat->effort;

	if (effort == EFFORT_AUTO && w->chat->thinking_budget > 0)
		effort = chat_budget_effort(w->chat->thinking_budget);
	if (effort == EFFORT_UNSAID)
		return;
	if (w->quirks & QUIRK_THINKING_SWITCH)
		write_thinking_switch(w, effort);
	if (effort == EFFORT_NONE || effort == EFFORT_AUTO)
		return;
	if (!takes_effort(w)) {
		chat_writer_drop(w, "reasoning_effort");
		return;
	}
	if (effort > EFFORT_HIGH && !(w->quirks & QUIRK_THINKING_SWITCH))
		effort = EFFORT_HIGH;
	emit_field_cstr(&w->emit, "reasoning_effort", chat_effort_word(effort));
}

static void
write_settings(struct chat_writer *w)
{
	const struct chat *chat = w->chat;
	struct emit *e = &w->emit;

	if (chat->max_tokens >= 0)
		emit_field_int(e,
		    w->quirks & QUIRK_MAX_COMPLETION_TOKENS
			? "max_completion_tokens"
			: "max_tokens",
		    chat->max_tokens);
	if (chat->choices > 1)
		emit_field_int(e, "n", chat->choices);
	chat_writer_stops(w, "stop");
	write_tools(w);
	write_format(w);
	write_effort(w);
	chat_writer_options(w, words, ARRAY_LEN(words));
	chat_writer_drop_options(w, words, ARRAY_LEN(words));
}

static void
write_stream(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	if (!w->chat->stream)
		return;
	emit_field_bool(e, "stream", true);
	if (w->quirks & QUIRK_NO_STREAM_OPTIONS)
		return;
	emit_key(e, "stream_options");
	emit_object_open(e);
	emit_field_bool(e, "include_usage", true);
	emit_object_close(e);
}

enum status
openai_chat_write_request(struct arena *arena, const struct chat *chat,
    struct str model, uint32_t quirks, struct outbound *out,
    struct translate_fault *fault)
{
	struct chat_writer w;
	enum status s;

	chat_writer_init(&w, arena, out, fault);
	w.chat = chat;
	w.model = model;
	w.quirks = quirks;
	out->path = STR("/chat/completions");
	out->stream = chat->stream;

	emit_object_open(&w.emit);
	emit_field_str(&w.emit, "model", model);
	s = openai_chat_write_messages(&w);
	if (s != OK)
		return s;
	write_stream(&w);
	write_settings(&w);
	emit_object_close(&w.emit);
	return chat_writer_finish(&w);
}
