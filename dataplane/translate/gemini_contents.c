/*
 * gemini_contents.c - the turns of a generateContent request.
 *
 * Gemini tells results apart by the tool's name and their order alone, so
 * they stand right behind the turn that called, in the order of the calls.
 * Signatures of calls that came back with the history go to their call; for
 * a call that another model made, models that insist on one are told so.
 */
#include "dataplane/translate/gemini.h"

#include "common/arena.h"
#include "dataplane/translate/scan.h"

/* Google's documented word for calls that no Gemini model signed. */
#define UNSIGNED_CALL "skip_thought_signature_validator"

static void
content_open(struct chat_writer *w, const char *role)
{
	emit_object_open(&w->emit);
	emit_field_cstr(&w->emit, "role", role);
	emit_key(&w->emit, "parts");
	emit_array_open(&w->emit);
}

static void
content_close(struct chat_writer *w)
{
	emit_array_close(&w->emit);
	emit_object_close(&w->emit);
}

static void
write_text(struct chat_writer *w, struct str text)
{
	if (str_is_empty(text))
		return;
	emit_object_open(&w->emit);
	emit_field_str(&w->emit, "text", text);
	emit_object_close(&w->emit);
}

/* Addresses that Google fetches from itself; others it does not. */
static const char *const fetched[] = {
	"https://generativelanguage.googleapis.com/",
	"https://www.youtube.com/",
	"https://m.youtube.com/",
	"https://youtu.be/",
};

static bool
is_fetched(struct str url)
{
	for (size_t i = 0; i < ARRAY_LEN(fetched); i++)
		if (str_has_prefix(url, str_from(fetched[i])))
			return true;
	return false;
}

static enum status
write_address(struct chat_writer *w, const struct chat_part *part)
{
	struct emit *e = &w->emit;

	if (!is_fetched(part->media.url))
		return chat_writer_refuse(w, part->where,
		    "this provider takes media as bytes only, not by address");
	emit_object_open(e);
	emit_key(e, "fileData");
	emit_object_open(e);
	if (part->media.type.len > 0)
		emit_field_str(e, "mimeType", part->media.type);
	emit_field_str(e, "fileUri", part->media.url);
	emit_object_close(e);
	emit_object_close(e);
	return OK;
}

static enum status
write_media(struct chat_writer *w, const struct chat_part *part)
{
	struct emit *e = &w->emit;

	if (part->media.url.len > 0)
		return write_address(w, part);
	emit_object_open(e);
	emit_key(e, "inlineData");
	emit_object_open(e);
	emit_field_str(e, "mimeType", part->media.type);
	emit_field_str(e, "data", part->media.base64);
	emit_object_close(e);
	emit_object_close(e);
	return OK;
}

static void
write_call(struct chat_writer *w, const struct chat_part *call, bool is_first)
{
	struct emit *e = &w->emit;

	emit_object_open(e);
	emit_key(e, "functionCall");
	emit_object_open(e);
	emit_field_str(e, "name", call->name);
	emit_field_raw(e, "args", chat_arguments(w->arena, call->json));
	emit_object_close(e);
	if (call->signature.len > 0)
		emit_field_str(e, "thoughtSignature", call->signature);
	else if (is_first && gemini_generation(w->model) >= 3)
		emit_field_cstr(e, "thoughtSignature", UNSIGNED_CALL);
	emit_object_close(e);
}

static bool
is_media(const struct chat_part *part)
{
	return part->kind == PART_IMAGE || part->kind == PART_DOCUMENT ||
	    part->kind == PART_AUDIO;
}

static bool
has_media(const struct chat_part *part)
{
	while (part != NULL && !is_media(part))
		part = part->next;
	return part != NULL;
}

/* A response is an object: one that the tool gave, or its words in one. */
static void
write_response(struct chat_writer *w, const struct chat_part *call)
{
	const struct chat_part *result = call->answer;
	struct str text = chat_writer_join(w, result->parts, "\n");
	struct emit *e = &w->emit;

	emit_object_open(e);
	emit_key(e, "functionResponse");
	emit_object_open(e);
	emit_field_str(e, "name", call->name);
	emit_key(e, "response");
	if (!result->is_error && scan_value(str_trim(text), NULL) == OK &&
	    scan_is_object(str_trim(text))) {
		emit_raw(e, str_trim(text));
	} else {
		emit_object_open(e);
		emit_field_str(e, result->is_error ? "error" : "result", text);
		emit_object_close(e);
	}
	emit_object_close(e);
	emit_object_close(e);
}

static enum status
write_response_media(struct chat_writer *w, const struct chat_part *result)
{
	enum status s = OK;

	for (const struct chat_part *p = result->parts; p != NULL && s == OK;
	     p = p->next)
		if (is_media(p))
			s = write_media(w, p);
	return s;
}

static bool
is_answered(const struct chat_part *part)
{
	return part->kind == PART_CALL && part->answer != NULL;
}

static void
write_responses(struct chat_writer *w, const struct chat_message *first,
    const struct chat_message *end)
{
	bool is_open = false;

	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts; p != NULL;
		     p = p->next) {
			if (!is_answered(p))
				continue;
			if (!is_open)
				content_open(w, "user");
			is_open = true;
			write_response(w, p);
		}
	if (is_open)
		content_close(w);
}

/* Images that tools returned follow: a response itself is JSON. */
static enum status
write_returned_media(struct chat_writer *w, const struct chat_message *first,
    const struct chat_message *end)
{
	enum status s = OK;

	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts; p != NULL && s == OK;
		     p = p->next) {
			if (!is_answered(p) || !has_media(p->answer->parts))
				continue;
			content_open(w, "user");
			write_text(w,
			    str_printf(w->arena,
				"Returned by %.*s:", STR_ARGS(p->name)));
			s = write_response_media(w, p->answer);
			content_close(w);
		}
	return s;
}

static enum status
write_part(
    struct chat_writer *w, const struct chat_part *part, bool *is_first_call)
{
	if (part->cache_control.len > 0)
		chat_writer_drop(w, "cache_control");
	switch (part->kind) {
	case PART_TEXT:
	case PART_REFUSAL:
		write_text(w, part->text);
		return OK;
	case PART_IMAGE:
	case PART_DOCUMENT:
	case PART_AUDIO:
		return write_media(w, part);
	case PART_CALL:
		write_call(w, part, *is_first_call);
		*is_first_call = false;
		return OK;
	case PART_REASONING: /* another issuer's, or without its proof */
	case PART_RESULT:    /* written behind its call */
		return OK;
	}
	return OK;
}

static bool
is_written(const struct chat_part *part)
{
	if (part->kind == PART_TEXT || part->kind == PART_REFUSAL)
		return !str_is_empty(part->text);
	return part->kind != PART_REASONING && part->kind != PART_RESULT;
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
write_turn(struct chat_writer *w, const struct chat_message *first,
    const struct chat_message *end, bool *has_any)
{
	bool is_first_call = true;
	enum status s = OK;

	if (!has_content(first, end))
		return OK;
	*has_any = true;
	content_open(w, first->role == CHAT_ASSISTANT ? "model" : "user");
	for (const struct chat_message *m = first; m != end; m = m->next)
		for (const struct chat_part *p = m->parts;
		     p != NULL && s == OK && m->role != CHAT_SYSTEM;
		     p = p->next)
			s = write_part(w, p, &is_first_call);
	content_close(w);
	if (s != OK)
		return s;
	write_responses(w, first, end);
	return write_returned_media(w, first, end);
}

static void
write_system(struct chat_writer *w)
{
	bool is_open = false;

	for (const struct chat_message *m = w->chat->messages; m != NULL;
	     m = m->next)
		for (const struct chat_part *p = m->parts;
		     p != NULL && m->role == CHAT_SYSTEM; p = p->next) {
			if (p->cache_control.len > 0)
				chat_writer_drop(w, "cache_control");
			if (str_is_empty(p->text))
				continue;
			if (!is_open) {
				emit_key(&w->emit, "systemInstruction");
				emit_object_open(&w->emit);
				emit_key(&w->emit, "parts");
				emit_array_open(&w->emit);
			}
			is_open = true;
			write_text(w, p->text);
		}
	if (is_open)
		content_close(w);
}

enum status
gemini_write_contents(struct chat_writer *w)
{
	const struct chat_message *m = w->chat->messages;
	bool has_any = false;
	enum status s = OK;

	write_system(w);
	emit_key(&w->emit, "contents");
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
