/*
 * anthropic_write.c - a conversation as a Messages request.
 */
#include "dataplane/translate/anthropic.h"

#include <stdlib.h>

#include "common/arena.h"

/* Carried as they are; temperature and user have their own ways. */
static const struct option_word words[] = {
	{ "top_p", "top_p" },
	{ "top_k", "top_k" },
};

static const struct option_word handled[] = {
	{ "top_p", "top_p" },
	{ "top_k", "top_k" },
	{ "temperature", "temperature" },
	{ "user", "metadata.user_id" },
};

static void
write_tool(struct chat_writer *w, const struct chat_tool *tool)
{
	struct emit *e = &w->emit;

	emit_object_open(e);
	emit_field_str(e, "name", tool->name);
	if (tool->description.len > 0)
		emit_field_str(e, "description", tool->description);
	emit_field_raw(e, "input_schema",
	    tool->schema.len > 2
		? tool->schema
		: STR("{\"type\":\"object\",\"properties\":{}}"));
	if (tool->strict)
		emit_field_bool(e, "strict", true);
	if (tool->cache_control.len > 0)
		emit_field_raw(e, "cache_control", tool->cache_control);
	emit_object_close(e);
}

/* One call at a time is said within the choice, which is auto unless said. */
static void
write_tool_choice(struct chat_writer *w)
{
	static const char *const types[] = {
		[TOOLS_UNSAID] = "auto",
		[TOOLS_AUTO] = "auto",
		[TOOLS_REQUIRED] = "any",
		[TOOLS_NONE] = "none",
		[TOOLS_NAMED] = "tool",
	};
	const struct chat *chat = w->chat;
	bool is_serial = chat->parallel_said && !chat->parallel;
	struct emit *e = &w->emit;

	if (chat->tool_choice == TOOLS_UNSAID && !is_serial)
		return;
	emit_key(e, "tool_choice");
	emit_object_open(e);
	emit_field_cstr(e, "type", types[chat->tool_choice]);
	if (chat->tool_choice == TOOLS_NAMED)
		emit_field_str(e, "name", chat->tool_name);
	if (is_serial && chat->tool_choice != TOOLS_NONE)
		emit_field_bool(e, "disable_parallel_tool_use", true);
	emit_object_close(e);
}

static void
write_tools(struct chat_writer *w)
{
	if (w->chat->tools == NULL)
		return;
	emit_key(&w->emit, "tools");
	emit_array_open(&w->emit);
	for (const struct chat_tool *t = w->chat->tools; t != NULL; t = t->next)
		write_tool(w, t);
	emit_array_close(&w->emit);
	write_tool_choice(w);
}

/* Ours goes to 2, Anthropic's to 1; thinking allows none but its own. */
static void
write_temperature(struct chat_writer *w)
{
	const struct chat_option *option =
	    chat_option_get(w->chat, "temperature");

	if (option == NULL)
		return;
	if (anthropic_thinks(w))
		chat_writer_drop(w, "temperature");
	else if (strtod(str_cstr(w->arena, option->json), NULL) > 1)
		emit_field_int(&w->emit, "temperature", 1);
	else
		emit_field_raw(&w->emit, "temperature", option->json);
}

static void
write_user(struct chat_writer *w)
{
	const struct chat_option *user = chat_option_get(w->chat, "user");

	if (user == NULL)
		return;
	emit_key(&w->emit, "metadata");
	emit_object_open(&w->emit);
	emit_field_raw(&w->emit, "user_id", user->json);
	emit_object_close(&w->emit);
}

/* Anthropic refuses stops that are blank. */
static void
write_stops(struct chat_writer *w)
{
	const struct chat *chat = w->chat;
	bool is_open = false;

	for (size_t i = 0; i < chat->stop_count; i++) {
		if (str_is_empty(str_trim(chat->stops[i]))) {
			chat_writer_drop(w, "stop");
			continue;
		}
		if (!is_open) {
			emit_key(&w->emit, "stop_sequences");
			emit_array_open(&w->emit);
		}
		is_open = true;
		emit_str(&w->emit, chat->stops[i]);
	}
	if (is_open)
		emit_array_close(&w->emit);
}

static void
write_settings(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	emit_field_int(e, "max_tokens", anthropic_max_tokens(w));
	if (w->chat->stream)
		emit_field_bool(e, "stream", true);
	write_stops(w);
	write_tools(w);
	anthropic_write_thinking(w);
	write_temperature(w);
	write_user(w);
	chat_writer_options(w, words, ARRAY_LEN(words));
	chat_writer_drop_options(w, handled, ARRAY_LEN(handled));
	if (w->chat->format == FORMAT_JSON)
		chat_writer_drop(w, "response_format");
}

enum status
anthropic_write_request(struct arena *arena, const struct chat *chat,
    struct str model, uint32_t quirks, struct outbound *out,
    struct translate_fault *fault)
{
	struct chat_writer w;
	enum status s;

	chat_writer_init(&w, arena, out, fault);
	w.chat = chat;
	w.model = model;
	w.quirks = quirks;
	out->path = STR("/v1/messages");
	out->stream = chat->stream;
	if (chat->choices > 1)
		return chat_writer_refuse(
		    &w, STR("n"), "this provider gives one answer at a time");

	emit_object_open(&w.emit);
	emit_field_str(&w.emit, "model", model);
	anthropic_write_system(&w);
	s = anthropic_write_messages(&w);
	if (s != OK)
		return s;
	write_settings(&w);
	emit_object_close(&w.emit);
	return chat_writer_finish(&w);
}
