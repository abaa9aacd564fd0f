/*
 * chat_writer.c - see chat_writer.h.
 */
#include "dataplane/translate/chat_writer.h"

#include <stdarg.h>

#include "common/arena.h"
#include "common/codec.h"

static void
body_release(void *body)
{
	buf_done(body);
}

static struct buf *
buf_in_arena(struct arena *arena)
{
	struct buf *body = arena_alloc(arena, sizeof(*body));

	buf_init(body, WRITER_BODY_MAX_BYTES);
	arena_defer(arena, body_release, body);
	return body;
}

void
chat_writer_init(struct chat_writer *w, struct arena *arena,
    struct outbound *out, struct translate_fault *fault)
{
	*w = (struct chat_writer){
		.arena = arena,
		.out = out,
		.fault = fault,
	};
	emit_init(&w->emit, buf_in_arena(arena));
}

enum status
chat_writer_finish(struct chat_writer *w)
{
	if (buf_has_failed(w->emit.out) || arena_has_failed(w->arena))
		return E_TOO_LARGE;
	w->out->body = buf_str(w->emit.out);
	return OK;
}

enum status
chat_writer_refuse(
    struct chat_writer *w, struct str where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	w->fault->param = where;
	w->fault->message = str_vprintf(w->arena, fmt, args);
	va_end(args);
	return E_INVALID;
}

void
chat_writer_drop(struct chat_writer *w, const char *name)
{
	struct str rest = w->out->dropped, known;

	while (str_next(&rest, ',', &known))
		if (str_eq(known, str_from(name)))
			return;
	if (w->out->dropped.len >= WRITER_DROPPED_MAX_BYTES)
		return;
	w->out->dropped =
	    str_printf(w->arena, "%.*s%s%s", STR_ARGS(w->out->dropped),
		str_is_empty(w->out->dropped) ? "" : ",", name);
}

static const char *
word_of(const struct option_word *table, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_from(table[i].name)))
			return table[i].word;
	return NULL;
}

void
chat_writer_options(
    struct chat_writer *w, const struct option_word *table, size_t count)
{
	const struct chat_option *option = w->chat->options;

	for (; option != NULL; option = option->next) {
		const char *word = word_of(table, count, option->name);

		if (word != NULL && !option->foreign)
			emit_field_raw(&w->emit, word, option->json);
	}
}

void
chat_writer_drop_options(
    struct chat_writer *w, const struct option_word *handled, size_t count)
{
	const struct chat_option *option = w->chat->options;

	for (; option != NULL; option = option->next)
		if (option->foreign ||
		    word_of(handled, count, option->name) == NULL)
			chat_writer_drop(w, str_cstr(w->arena, option->name));
}

void
chat_writer_stops(struct chat_writer *w, const char *key)
{
	if (w->chat->stop_count == 0)
		return;
	emit_key(&w->emit, key);
	emit_array_open(&w->emit);
	for (size_t i = 0; i < w->chat->stop_count; i++)
		emit_str(&w->emit, w->chat->stops[i]);
	emit_array_close(&w->emit);
}

/* The parts of a data URL need no escapes: base64 and a checked type. */
void
chat_writer_url(
    struct chat_writer *w, const char *key, const struct chat_media *media)
{
	struct buf *url;

	if (!str_is_empty(media->url)) {
		emit_field_str(&w->emit, key, media->url);
		return;
	}
	url = buf_in_arena(w->arena);
	buf_add_cstr(url, "data:");
	buf_add_str(url, media->type);
	buf_add_cstr(url, ";base64,");
	buf_add_str(url, media->base64);
	emit_field_str(&w->emit, key, buf_str(url));
	buf_release(url);
}

struct str
chat_writer_join(
    struct chat_writer *w, const struct chat_part *part, const char *between)
{
	const struct chat_part *only = NULL;
	struct buf *joined;
	size_t count = 0;

	for (const struct chat_part *p = part; p != NULL; p = p->next)
		if (p->kind == PART_TEXT || p->kind == PART_REFUSAL) {
			only = p;
			count++;
		}
	if (count <= 1)
		return only == NULL ? STR("") : only->text;

	joined = buf_in_arena(w->arena);
	for (; part != NULL; part = part->next) {
		if (part->kind != PART_TEXT && part->kind != PART_REFUSAL)
			continue;
		buf_add_str(joined, part->text);
		if (--count > 0)
			buf_add_cstr(joined, between);
	}
	return buf_str(joined);
}

enum status
chat_writer_document_text(
    struct chat_writer *w, const struct chat_part *part, struct str *out)
{
	struct str text;

	if (codec_base64_decode(w->arena, part->media.base64, &text) != OK ||
	    !str_is_utf8(text))
		return chat_writer_refuse(
		    w, part->where, "the document is not text in base64");
	*out = text;
	return OK;
}
