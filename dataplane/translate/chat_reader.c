/*
 * chat_reader.c - see chat_reader.h.
 */
#include "dataplane/translate/chat_reader.h"

#include <stdarg.h>

#include "common/arena.h"

void
chat_reader_init(struct chat_reader *r, struct arena *arena, struct chat *chat,
    struct translate_fault *fault)
{
	chat_init(chat);
	*r = (struct chat_reader){
		.arena = arena,
		.chat = chat,
		.fault = fault,
		.message_end = &chat->messages,
		.tool_end = &chat->tools,
		.option_end = &chat->options,
	};
}

enum status
chat_reader_refuse(
    struct chat_reader *r, struct str where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	r->fault->param = where;
	r->fault->message = str_vprintf(r->arena, fmt, args);
	va_end(args);
	return E_INVALID;
}

struct chat_message *
chat_reader_message(struct chat_reader *r, enum chat_role role)
{
	struct chat_message *message = arena_alloc(r->arena, sizeof(*message));

	message->role = role;
	*r->message_end = message;
	r->message_end = &message->next;
	r->part_end = &message->parts;
	return message;
}

struct chat_part *
chat_reader_part(
    struct chat_reader *r, enum chat_part_kind kind, struct str where)
{
	struct chat_part *part = arena_alloc(r->arena, sizeof(*part));

	part->kind = kind;
	part->where = where;
	*r->part_end = part;
	r->part_end = &part->next;
	return part;
}

void
chat_reader_text(struct chat_reader *r, struct str text, struct str where)
{
	chat_reader_part(r, PART_TEXT, where)->text = text;
}

struct chat_tool *
chat_reader_tool(struct chat_reader *r)
{
	struct chat_tool *tool = arena_alloc(r->arena, sizeof(*tool));

	*r->tool_end = tool;
	r->tool_end = &tool->next;
	return tool;
}

static struct chat_option *
option_append(struct chat_reader *r, struct str name)
{
	struct chat_option *option = arena_alloc(r->arena, sizeof(*option));

	option->name = name;
	*r->option_end = option;
	r->option_end = &option->next;
	return option;
}

void
chat_reader_option(
    struct chat_reader *r, const char *name, const struct tree *value)
{
	if (value == NULL || tree_is(value, TREE_NULL))
		return;
	option_append(r, str_from(name))->json = value->raw;
}

void
chat_reader_foreign(struct chat_reader *r, struct str name)
{
	const struct chat_option *known = r->chat->options;

	if (r->foreign_count >= READER_FOREIGN_MAX)
		return;
	while (known != NULL && !str_eq(known->name, name))
		known = known->next;
	if (known != NULL)
		return;
	option_append(r, name)->foreign = true;
	r->foreign_count++;
}

bool
chat_reader_is_known(struct str name, const char *const *known)
{
	while (*known != NULL && !str_eq(name, str_from(*known)))
		known++;
	return *known != NULL;
}

void
chat_reader_foreign_members(struct chat_reader *r, const struct tree *object,
    const char *const *known, const char *prefix)
{
	TREE_FOREACH(member, object)
	{
		if (r->foreign_count >= READER_FOREIGN_MAX)
			return;
		if (tree_is(member, TREE_NULL) ||
		    chat_reader_is_known(member->name, known))
			continue;
		chat_reader_foreign(r,
		    str_printf(
			r->arena, "%s%.*s", prefix, STR_ARGS(member->name)));
	}
}

/* Elsewhere somebody must have said something to the model. */
static void
speak_last_instruction(struct chat *chat)
{
	struct chat_message *last = NULL;

	for (struct chat_message *m = chat->messages; m != NULL; m = m->next) {
		if (m->role != CHAT_SYSTEM)
			return;
		last = m;
	}
	if (last != NULL)
		last->role = CHAT_USER;
}

enum status
chat_reader_finish(struct chat_reader *r)
{
	struct chat_part *part;

	if (chat_pair_results(r->chat, &part) != OK)
		return chat_reader_refuse(r, part->where,
		    "answers no tool call, or one that has its result");
	speak_last_instruction(r->chat);
	return arena_has_failed(r->arena) ? E_TOO_LARGE : OK;
}

enum status
chat_reader_stops(
    struct chat_reader *r, const struct tree *stops, struct str where)
{
	size_t count = 0;

	if (stops == NULL || tree_is(stops, TREE_NULL))
		return OK;
	if (!tree_is(stops, TREE_STRING) && !tree_is(stops, TREE_ARRAY))
		return chat_reader_refuse(
		    r, where, "must be a string or a list of strings");

	r->chat->stops = arena_alloc_array(
	    r->arena, stops->count + 1, sizeof(*r->chat->stops));
	if (tree_is(stops, TREE_STRING))
		r->chat->stops[count++] = stops->text;
	TREE_FOREACH(stop, stops)
	{
		if (!tree_is(stop, TREE_STRING))
			return chat_reader_refuse(
			    r, where, "must be a list of strings");
		r->chat->stops[count++] = stop->text;
	}
	r->chat->stop_count = count;
	return OK;
}

enum status
chat_reader_url(struct chat_reader *r, struct str url, struct chat_media *media,
    struct str where)
{
	struct str head, type;
	ptrdiff_t comma;

	if (str_has_prefix_nocase(url, STR("https://")) ||
	    str_has_prefix_nocase(url, STR("http://"))) {
		media->url = url;
		return OK;
	}
	comma = str_find_char(url, ',');
	head = str_head(url, comma < 0 ? 0 : (size_t)comma);
	if (!str_has_prefix_nocase(head, STR("data:")) ||
	    !str_has_suffix(head, STR(";base64")))
		return chat_reader_refuse(r, where,
		    "must be an http(s) address or a base64 data URL");

	head = str_skip(head, 5);
	if (!str_next(&head, ';', &type) || str_find_char(type, '/') < 0)
		return chat_reader_refuse(
		    r, where, "the data URL does not name a media type");
	media->type = type;
	media->base64 = str_skip(url, (size_t)comma + 1);
	return OK;
}

struct str
chat_reader_where(struct chat_reader *r, const char *fmt, ...)
{
	struct str where;
	va_list args;

	va_start(args, fmt);
	where = str_vprintf(r->arena, fmt, args);
	va_end(args);
	return where;
}
