/*
 * openai_chat_messages.c - the messages of a Chat Completions request.
 *
 * One turn of the conversation may become several messages: every result of
 * a tool call is a message of its own, right behind the call, and images that
 * a tool returned follow in the user's message, as a tool's own message may
 * hold text only.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"
#include "dataplane/translate/tool_id.h"

static struct str
fitting_id(struct chat_writer *w, struct str id)
{
	return tool_id_fit(w->arena, id,
	    w->quirks & QUIRK_NINE_LETTER_IDS ? TOOL_ID_NINE : TOOL_ID_OPENAI);
}

static void
message_open(struct chat_writer *w, const char *role)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "role", role);
}

static void
write_text_part(struct chat_writer *w, struct str text)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type", "text");
	emit_field_str(&w->emit, "text", text);
	emit_object_close(&w->emit);
}

static void
write_image(struct chat_writer *w, const struct chat_part *part)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type", "image_url");
	emit_key(&w->emit, "image_url");
	emit_object_open(&w->emit);
	chat_writer_url(w, "url", &part->media);
	if (part->media.detail.len > 0)
		emit_field_str(&w->emit, "detail", part->media.detail);
	emit_object_close(&w->emit);
	emit_object_close(&w->emit);
}

static void
write_audio(struct chat_writer *w, const struct chat_part *part)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type", "input_audio");
	emit_key(&w->emit, "input_audio");
	emit_object_open(&w->emit);
	emit_field_str(&w->emit, "data", part->media.base64);
	emit_field_str(
	    &w->emit, "format", str_skip(part->media.type, STR("audio/").len));
	emit_object_close(&w->emit);
	emit_object_close(&w->emit);
}

static enum status
write_document(struct chat_writer *w, const struct chat_part *part)
{
	struct str text;
	enum status s;

	if (!str_is_empty(part->media.url))
		return chat_writer_refuse(w, part->where,
		    "a document by address cannot be carried to this "
		    "provider; send its bytes");
	if (str_has_prefix(part->media.type, STR("text/"))) {
		s = chat_writer_document_text(w, part, &text);
		if (s == OK)
			write_text_part(w, text);
		return s;
	}
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type", "file");
	emit_key(&w->emit, "file");
	emit_object_open(&w->emit);
	emit_field_str(&w->emit, "filename",
	    part->media.filename.len > 0 ? part->media.filename
					 : STR("document.pdf"));
	chat_writer_url(w, "file_data", &part->media);
	emit_object_close(&w->emit);
	emit_object_close(&w->emit);
	return OK;
}

static enum status
write_part(struct chat_writer *w, const struct chat_part *part)
{
	if (part->cache_control.len > 0)
		chat_writer_drop(w, "cache_control");
	switch (part->kind) {
	case PART_TEXT:
		write_text_part(w, part->text);
		return OK;
	case PART_IMAGE:
		write_image(w, part);
		return OK;
	case PART_AUDIO:
		write_audio(w, part);
		return OK;
	case PART_DOCUMENT:
		return write_document(w, part);
	default:
		return OK; /* results have their own messages */
	}
}

static bool
is_media(const struct chat_part *part)
{
	return part->kind == PART_IMAGE || part->kind == PART_DOCUMENT ||
	    part->kind == PART_AUDIO;
}

/* "Error: " tells what is_error says; the dialect has no other way. */
static void
write_result(struct chat_writer *w, const struct chat_part *result)
{
	struct str text = chat_writer_join(w, result->parts, "\n");

	if (result->is_error)
		text = str_printf(w->arena, "Error: %.*s", STR_ARGS(text));
	message_open(w, "tool");
	emit_field_str(&w->emit, "tool_call_id", fitting_id(w, result->id));
	emit_field_str(&w->emit, "content", text);
	emit_object_close(&w->emit);
}

static size_t
count_parts(const struct chat_part *part)
{
	size_t count = 0;

	for (; part != NULL; part = part->next)
		count += part->kind != PART_RESULT;
	return count;
}

static enum status
write_result_media(struct chat_writer *w, const struct chat_part *result)
{
	bool is_named = false;

	for (const struct chat_part *p = result->parts; p != NULL;
	     p = p->next) {
		enum status s;

		if (!is_media(p))
			continue;
		if (!is_named)
			write_text_part(w,
			    str_printf(w->arena, "Returned by tool call %.*s:",
				STR_ARGS(fitting_id(w, result->id))));
		is_named = true;
		s = write_part(w, p);
		if (s != OK)
			return s;
	}
	return OK;
}

static bool
has_result_media(const struct chat_part *part)
{
	for (; part != NULL; part = part->next)
		for (const struct chat_part *p = part->parts; p != NULL;
		     p = p->next)
			if (is_media(p))
				return true;
	return false;
}

static enum status
write_user_parts(struct chat_writer *w, const struct chat_part *parts)
{
	enum status s = OK;

	for (const struct chat_part *p = parts; p != NULL && s == OK;
	     p = p->next)
		if (p->kind == PART_RESULT)
			s = write_result_media(w, p);
	for (const struct chat_part *p = parts; p != NULL && s == OK;
	     p = p->next)
		s = write_part(w, p);
	return s;
}

static enum status
write_user(struct chat_writer *w, const struct chat_part *parts)
{
	size_t count = count_parts(parts);
	bool has_media = has_result_media(parts);
	enum status s = OK;

	for (const struct chat_part *p = parts; p != NULL; p = p->next)
		if (p->kind == PART_RESULT)
			write_result(w, p);
	if (count == 0 && !has_media)
		return OK;

	message_open(w, "user");
	while (parts->kind == PART_RESULT && !has_media)
		parts = parts->next;
	if (count == 1 && !has_media && parts->kind == PART_TEXT) {
		emit_field_str(&w->emit, "content", parts->text);
	} else {
		emit_key(&w->emit, "content");
		emit_array_open(&w->emit);
		s = write_user_parts(w, parts);
		emit_array_close(&w->emit);
	}
	emit_object_close(&w->emit);
	return s;
}

static void
write_call(struct chat_writer *w, const struct chat_part *call)
{
	emit_object_open(&w->emit);
	emit_field_str(&w->emit, "id", fitting_id(w, call->id));
	emit_field_cstr(&w->emit, "type", "function");
	emit_key(&w->emit, "function");
	emit_object_open(&w->emit);
	emit_field_str(&w->emit, "name", call->name);
	emit_field_str(
	    &w->emit, "arguments", chat_arguments(w->arena, call->json));
	emit_object_close(&w->emit);
	emit_object_close(&w->emit);
}

/* Thinking of another issuer is left out: it proves nothing here. */
static void
write_assistant(struct chat_writer *w, const struct chat_part *parts)
{
	struct str text = chat_writer_join(w, parts, "\n");
	bool has_calls = false;

	for (const struct chat_part *p = parts; p != NULL; p = p->next)
		has_calls = has_calls || p->kind == PART_CALL;
	if (str_is_empty(text) && !has_calls)
		return;

	message_open(w, "assistant");
	if (str_is_empty(text))
		emit_field_null(&w->emit, "content");
	else
		emit_field_str(&w->emit, "content", text);
	if (has_calls) {
		emit_key(&w->emit, "tool_calls");
		emit_array_open(&w->emit);
		for (const struct chat_part *p = parts; p != NULL; p = p->next)
			if (p->kind == PART_CALL)
				write_call(w, p);
		emit_array_close(&w->emit);
	}
	emit_object_close(&w->emit);
}

static void
write_system(struct chat_writer *w, const struct chat_part *parts)
{
	for (const struct chat_part *p = parts; p != NULL; p = p->next)
		if (p->cache_control.len > 0)
			chat_writer_drop(w, "cache_control");
	message_open(w, "system");
	emit_field_str(&w->emit, "content", chat_writer_join(w, parts, "\n\n"));
	emit_object_close(&w->emit);
}

enum status
openai_chat_write_messages(struct chat_writer *w)
{
	enum status s = OK;

	emit_key(&w->emit, "messages");
	emit_array_open(&w->emit);
	for (const struct chat_message *m = w->chat->messages;
	     m != NULL && s == OK; m = m->next)
		if (m->role == CHAT_SYSTEM)
			write_system(w, m->parts);
		else if (m->role == CHAT_ASSISTANT)
			write_assistant(w, m->parts);
		else
			s = write_user(w, m->parts);
	emit_array_close(&w->emit);
	return s;
}
