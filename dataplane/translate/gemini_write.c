/*
 * gemini_write.c - a conversation as a generateContent request: its path, its
 * tools and all that is not content.
 */
#include "dataplane/translate/gemini.h"

#include "common/arena.h"

#define HEX "0123456789ABCDEF"

/* What it is called within generationConfig. */
static const struct option_word words[] = {
	{ "temperature", "temperature" },
	{ "top_p", "topP" },
	{ "top_k", "topK" },
	{ "seed", "seed" },
	{ "presence_penalty", "presencePenalty" },
	{ "frequency_penalty", "frequencyPenalty" },
	{ "logprobs", "responseLogprobs" },
	{ "top_logprobs", "logprobs" },
};

int
gemini_generation(struct str model)
{
	char digit;

	if (!str_has_prefix(model, STR("gemini-")) ||
	    model.len <= STR("gemini-").len)
		return 0;
	digit = model.ptr[STR("gemini-").len];
	return digit >= '1' && digit <= '9' ? digit - '0' : 0;
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

/* A model's name must not lead elsewhere: it is one segment of the path. */
static enum status
write_path(struct chat_writer *w)
{
	struct str model = w->model;
	char *encoded;
	size_t len = 0;

	if (str_has_prefix(model, STR("models/")))
		model = str_skip(model, STR("models/").len);
	if (str_is_empty(model) || str_find_char(model, '/') >= 0 ||
	    str_find_char(model, '?') >= 0 || str_find_char(model, '#') >= 0 ||
	    str_find(model, STR("..")) >= 0)
		return chat_writer_refuse(
		    w, STR("model"), "is not a name this provider can have");

	encoded = arena_alloc(w->arena, 3 * model.len);
	for (size_t i = 0; i < model.len; i++) {
		unsigned char c = (unsigned char)model.ptr[i];

		if (is_unreserved(model.ptr[i])) {
			encoded[len++] = model.ptr[i];
			continue;
		}
		encoded[len++] = '%';
		encoded[len++] = HEX[c >> 4];
		encoded[len++] = HEX[c & 15];
	}
	w->out->path =
	    str_printf(w->arena, "/v1beta/models/%.*s:%s", (int)len, encoded,
		w->chat->stream ? "streamGenerateContent?alt=sse"
				: "generateContent");
	w->model = model;
	return OK;
}

static void
write_tool(struct chat_writer *w, const struct chat_tool *tool)
{
	struct emit *e = &w->emit;

	emit_object_open(e);
	emit_field_str(e, "name", tool->name);
	if (tool->description.len > 0)
		emit_field_str(e, "description", tool->description);
	if (tool->schema.len > 2)
		emit_field_raw(e, "parametersJsonSchema", tool->schema);
	emit_object_close(e);
	if (tool->strict)
		chat_writer_drop(w, "tools[].strict");
	if (tool->cache_control.len > 0)
		chat_writer_drop(w, "cache_control");
}

static void
write_tool_choice(struct chat_writer *w)
{
	static const char *const modes[] = {
		[TOOLS_AUTO] = "AUTO",
		[TOOLS_REQUIRED] = "ANY",
		[TOOLS_NONE] = "NONE",
		[TOOLS_NAMED] = "ANY",
	};
	struct emit *e = &w->emit;

	if (w->chat->tool_choice == TOOLS_UNSAID)
		return;
	emit_key(e, "toolConfig");
	emit_object_open(e);
	emit_key(e, "functionCallingConfig");
	emit_object_open(e);
	emit_field_cstr(e, "mode", modes[w->chat->tool_choice]);
	if (w->chat->tool_choice == TOOLS_NAMED) {
		emit_key(e, "allowedFunctionNames");
		emit_array_open(e);
		emit_str(e, w->chat->tool_name);
		emit_array_close(e);
	}
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
	emit_object_open(e);
	emit_key(e, "functionDeclarations");
	emit_array_open(e);
	for (const struct chat_tool *t = w->chat->tools; t != NULL; t = t->next)
		write_tool(w, t);
	emit_array_close(e);
	emit_object_close(e);
	emit_array_close(e);
	write_tool_choice(w);
	if (w->chat->parallel_said && !w->chat->parallel)
		chat_writer_drop(w, "parallel_tool_calls");
}

static void
write_format(struct chat_writer *w)
{
	if (w->chat->format == FORMAT_TEXT)
		return;
	emit_field_cstr(&w->emit, "responseMimeType", "application/json");
	if (w->chat->format == FORMAT_SCHEMA)
		emit_field_raw(
		    &w->emit, "responseJsonSchema", w->chat->format_schema);
}

static void
write_config(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	emit_key(e, "generationConfig");
	emit_object_open(e);
	if (w->chat->max_tokens >= 0)
		emit_field_int(e, "maxOutputTokens", w->chat->max_tokens);
	if (w->chat->choices > 1)
		emit_field_int(e, "candidateCount", w->chat->choices);
	chat_writer_stops(w, "stopSequences");
	chat_writer_options(w, words, ARRAY_LEN(words));
	write_format(w);
	gemini_write_thinking(w);
	emit_object_close(e);
	chat_writer_drop_options(w, words, ARRAY_LEN(words));
}

enum status
gemini_write_request(struct arena *arena, const struct chat *chat,
    struct str model, uint32_t quirks, struct outbound *out,
    struct translate_fault *fault)
{
	struct chat_writer w;
	enum status s;

	chat_writer_init(&w, arena, out, fault);
	w.chat = chat;
	w.model = model;
	w.quirks = quirks;
	out->stream = chat->stream;
	s = write_path(&w);
	if (s != OK)
		return s;

	emit_object_open(&w.emit);
	s = gemini_write_contents(&w);
	if (s != OK)
		return s;
	write_tools(&w);
	write_config(&w);
	emit_object_close(&w.emit);
	return chat_writer_finish(&w);
}
