/*
 * anthropic_messages.c - the messages of a Messages request.
 *
 * Turns alternate: what stands together for one side becomes one turn, with
 * the results of tool calls in front.  Instructions, wherever they stood, go
 * to the top, which is the only place all models take them.
 */
#include "dataplane/translate/anthropic.h"

#include "common/arena.h"
#include "dataplane/translate/tool_id.h"

static void
block_open(struct chat_writer *w, const char *type)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "type", type);
}

static void
block_close(struct chat_writer *w, const struct chat_part *part)
{
	if (part->cache_control.len > 0)
		emit_field_raw(&w->emit, "cache_control", part->cache_control);
	emit_object_close(&w->emit);
}

/* Anthropic refuses empty texts. */
static void
write_text(struct chat_writer *w, const struct chat_part *part)
{
	if (str_is_empty(part->text))
		return;
	block_open(w, "text");
	emit_field_str(&w->emit, "text", part->text);
	block_close(w, part);
}

static void
write_source(struct chat_writer *w, const struct chat_media *media)
{
	struct emit *e = &w->emit;

	emit_key(e, "source");
	emit_object_open(e);
	if (media->url.len > 0) {
		emit_field_cstr(e, "type", "url");
		emit_field_str(e, "url", media->url);
	} else {
		emit_field_cstr(e, "type", "base64");
		emit_field_str(e, "media_type", media->type);
		emit_field_str(e, "data", media->base64);
	}
	emit_object_close(e);
}

static void
write_text_source(struct chat_writer *w, struct str text)
{
	struct emit *e = &w->emit;

	emit_key(e, "source");
	emit_object_open(e);
	emit_field_cstr(e, "type", "text");
	emit_field_cstr(e, "media_type", "text/plain");
	emit_field_str(e, "data", text);
	emit_object_close(e);
}

static enum status
write_document(struct chat_writer *w, const struct chat_part *part)
{
	bool is_text = str_has_prefix(part->media.type, STR("text/"));
	struct str text = STR("");

	if (is_text && chat_writer_document_text(w, part, &text) != OK)
		return E_INVALID;
	if (!is_text && part->media.url.len == 0 &&
	    !str_eq(part->media.type, STR("application/pdf")))
		return chat_writer_refuse(w, part->where,
		    "documents of type %.*s cannot be carried to this "
		    "provider",
		    STR_ARGS(part->media.type));
	block_open(w, "document");
	if (is_text)
		write_text_source(w, text);
	else
		write_source(w, &part->media);
	if (part->media.filename.len > 0)
		emit_field_str(&w->emit, "title", part->media.filename);
	block_close(w, part);
	return OK;
}

static void
write_call(struct chat_writer *w, const struct chat_part *part)
{
	block_open(w, "tool_use");
	emit_field_str(
	    &w->emit, "id", tool_id_fit(w->arena, part->id, TOOL_ID_ANTHROPIC));
	emit_field_str(&w->emit, "name", part->name);
	emit_field_raw(&w->emit, "input", chat_arguments(w->arena, part->json));
	block_close(w, part);
}

static enum status
write_content(struct chat_writer *w, const struct chat_part *part)
{
	switch (part->kind) {
	case PART_TEXT:
	case PART_REFUSAL:
		write_text(w, part);
		return OK;
	case PART_IMAGE:
		block_open(w, "image");
		write_source(w, &part->media);
		block_close(w, part);
		return OK;
	case PART_DOCUMENT:
		return write_document(w, part);
	case PART_CALL:
		write_call(w, part);
		return OK;
	case PART_AUDIO:
		return chat_writer_refuse(
		    w, part->where, "audio cannot be carried to this provider");
	case PART_REASONING: /* of another issuer, or without its proof */
	case PART_RESULT:    /* written in front of the rest */
		return OK;
	}
	return OK;
}

static enum status
write_result(struct chat_writer *w, const struct chat_part *result)
{
	enum status s = OK;

	block_open(w, "tool_result");
	emit_field_str(&w->emit, "tool_use_id",
	    tool_id_fit(w->arena, result->id, TOOL_ID_ANTHROPIC));
	if (result->parts != NULL) {
		emit_key(&w->emit, "content");
		emit_array_open(&w->emit);
		for (const struct chat_part *p = result->parts;
		     p != NULL && s == OK; p = p->next)
			s = write_content(w, p);
		emit_array_close(&w->emit);
	}
	if (result->is_error)
		emit_field_bool(&w->emit, "is_error", true);
	block_close(w, result);
	return s;
}

static bool
is_written(const struct chat_part *part)
{
	if (part->kind == PART_TEXT || part->kind == PART_REFUSAL)
		return !str_is_empty(part->text);
	return part->kind != PART_REASONING;
}

static bool
has_content(const struct chat_message *first, const struct chat_message *end)
{
	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts;
		     p != NULL && m->role != CHAT_SYSTEM; p = p->next)
			if (is_written(p))
				return true;
	return false;
}

static enum status
write_turn_parts(struct chat_writer *w, const struct chat_message *first,
    const struct chat_message *end)
{
	enum status s = OK;

	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts; p != NULL && s == OK;
		     p = p->next)
			if (p->kind == PART_RESULT)
				s = write_result(w, p);
	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts;
		     p != NULL && s == OK && m->role != CHAT_SYSTEM;
		     p = p->next)
			s = write_content(w, p);
	return s;
}

static enum status
write_turn(struct chat_writer *w, const struct chat_message *first,
    const struct chat_message *end, bool *has_any)
{
	enum status s;

	if (!has_content(first, end))
		return OK;
	*has_any = true;
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "role",
	    first->role == CHAT_ASSISTANT ? "assistant" : "user");
	emit_key(&w->emit, "content");
	emit_array_open(&w->emit);
	s = write_turn_parts(w, first, end);
	emit_array_close(&w->emit);
	emit_object_close(&w->emit);
	return s;
}

enum status
anthropic_write_messages(struct chat_writer *w)
{
	const struct chat_message *m = w->chat->messages;
	bool has_any = false;
	enum status s = OK;

	emit_key(&w->emit, "messages");
	emit_array_open(&w->emit);
	while (m != NULL && s == OK) {
		const struct chat_message *end = chat_turn_end(m);

		if (m->role == CHAT_SYSTEM)
			end = m->next;
		else
			s = write_turn(w, m, end, &has_any);
		m = end;
	}
	emit_array_close(&w->emit);
	if (s == OK && !has_any)
		return chat_writer_refuse(w, STR("messages"),
		    "hold nothing that the model could answer");
	return s;
}

void
anthropic_write_system(struct chat_writer *w)
{
	bool is_open = false;

	for (const struct chat_message *m = w->chat->messages; m != NULL;
	     m = m->next)
		for (const struct chat_part *p = m->parts;
		     p != NULL && m->role == CHAT_SYSTEM; p = p->next) {
			if (str_is_empty(p->text))
				continue;
			if (!is_open) {
				emit_key(&w->emit, "system");
				emit_array_open(&w->emit);
			}
			is_open = true;
			write_text(w, p);
		}
	if (is_open)
		emit_array_close(&w->emit);
}
