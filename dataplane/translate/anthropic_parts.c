/*
 * anthropic_parts.c - the messages of a client's Messages body.
 */
#include "dataplane/translate/anthropic.h"

#include "common/arena.h"
#include "common/codec.h"
#include "dataplane/translate/tool_id.h"

static enum status read_blocks(struct chat_reader *, const struct tree *,
    enum chat_role, struct str where);

static enum status
read_source(
    struct chat_reader *r, const struct tree *source, struct chat_part *out)
{
	struct str type = tree_text(tree_get(source, "type"));

	out->media.type = tree_text(tree_get(source, "media_type"));
	if (str_eq(type, STR("base64"))) {
		out->media.base64 = tree_text(tree_get(source, "data"));
		if (out->media.type.len > 0)
			return OK;
	}
	if (str_eq(type, STR("url"))) {
		out->media.url = tree_text(tree_get(source, "url"));
		if (out->media.url.len > 0)
			return OK;
	}
	return chat_reader_refuse(r, out->where,
	    "a source of type \"%.*s\" cannot be carried to this provider",
	    STR_ARGS(type));
}

static const char *const known_document[] = {
	"type",
	"source",
	"title",
	"cache_control",
	NULL,
};

static enum status
read_document(struct chat_reader *r, const struct tree *block, struct str where)
{
	const struct tree *source = tree_get(block, "source");
	struct str type = tree_text(tree_get(source, "type"));
	struct chat_part *out;

	chat_reader_foreign_members(
	    r, block, known_document, "messages[].content[].");
	if (str_eq(type, STR("text"))) {
		chat_reader_text(r, tree_text(tree_get(source, "data")), where);
		return OK;
	}
	if (str_eq(type, STR("content")))
		return read_blocks(
		    r, tree_get(source, "content"), CHAT_USER, where);
	out = chat_reader_part(r, PART_DOCUMENT, where);
	out->media.filename = tree_text(tree_get(block, "title"));
	return read_source(r, source, out);
}

static enum status
read_result(struct chat_reader *r, const struct tree *block, struct str where)
{
	struct chat_part *out = chat_reader_part(r, PART_RESULT, where);
	const struct tree *content = tree_get(block, "content");
	struct chat_part **outer = r->part_end;
	enum status s = OK;

	out->id = tree_text(tree_get(block, "tool_use_id"));
	out->is_error = tree_is_true(tree_get(block, "is_error"));
	r->part_end = &out->parts;
	if (content != NULL && !tree_is(content, TREE_NULL))
		s = read_blocks(r, content, CHAT_TOOL,
		    chat_reader_where(r, "%.*s.content", STR_ARGS(where)));
	r->part_end = outer;
	return s;
}

static enum status
read_call(struct chat_reader *r, const struct tree *block, struct str where)
{
	struct chat_part *out = chat_reader_part(r, PART_CALL, where);
	const struct tree *input = tree_get(block, "input");

	out->id = tree_text(tree_get(block, "id"));
	out->name = tree_text(tree_get(block, "name"));
	out->signature = tool_id_signature(r->arena, out->id);
	if (tree_is(input, TREE_OBJECT))
		out->json = input->raw;
	if (str_is_empty(out->name))
		return chat_reader_refuse(r, where, "name is missing");
	return OK;
}

static void
read_thinking(struct chat_reader *r, const struct tree *block, struct str where)
{
	struct chat_part *out = chat_reader_part(r, PART_REASONING, where);

	out->text = tree_text(tree_get(block, "thinking"));
	out->signature = tree_text(tree_get(block, "signature"));
}

static enum status
read_assistant_block(struct chat_reader *r, const struct tree *block,
    struct str type, struct str where)
{
	if (str_eq(type, STR("tool_use")))
		return read_call(r, block, where);
	if (str_eq(type, STR("thinking"))) {
		read_thinking(r, block, where);
		return OK;
	}
	if (str_eq(type, STR("redacted_thinking")))
		return OK; /* for its issuer's eyes only */
	return chat_reader_refuse(r, where,
	    "content blocks of type \"%.*s\" cannot be carried to this "
	    "provider",
	    STR_ARGS(type));
}

static enum status
read_block(struct chat_reader *r, const struct tree *block, enum chat_role role,
    struct str where)
{
	struct str type = tree_text(tree_get(block, "type"));
	const struct tree *cache = tree_get(block, "cache_control");
	struct chat_part **made = r->part_end;
	enum status s = OK;

	if (str_eq(type, STR("text")))
		chat_reader_text(r, tree_text(tree_get(block, "text")), where);
	else if (str_eq(type, STR("image")) && role != CHAT_SYSTEM)
		s = read_source(r, tree_get(block, "source"),
		    chat_reader_part(r, PART_IMAGE, where));
	else if (str_eq(type, STR("document")) && role != CHAT_SYSTEM)
		s = read_document(r, block, where);
	else if (str_eq(type, STR("tool_result")) && role == CHAT_USER)
		s = read_result(r, block, where);
	else
		s = read_assistant_block(r, block, type, where);
	if (s == OK && *made != NULL && tree_is(cache, TREE_OBJECT))
		(*made)->cache_control = cache->raw;
	return s;
}

/* A string, or a list of blocks. */
static enum status
read_blocks(struct chat_reader *r, const struct tree *content,
    enum chat_role role, struct str where)
{
	size_t index = 0;

	if (tree_is(content, TREE_STRING)) {
		chat_reader_text(r, content->text, where);
		return OK;
	}
	if (!tree_is(content, TREE_ARRAY))
		return chat_reader_refuse(
		    r, where, "must be a string or a list of blocks");
	TREE_FOREACH(block, content)
	{
		enum status s = read_block(r, block, role,
		    chat_reader_where(
			r, "%.*s[%zu]", STR_ARGS(where), index++));

		if (s != OK)
			return s;
	}
	return OK;
}

enum status
anthropic_read_system(struct chat_reader *r, const struct tree *system)
{
	if (system == NULL || tree_is(system, TREE_NULL))
		return OK;
	chat_reader_message(r, CHAT_SYSTEM);
	return read_blocks(r, system, CHAT_SYSTEM, STR("system"));
}

enum status
anthropic_read_message(
    struct chat_reader *r, const struct tree *message, size_t index)
{
	struct str role = tree_text(tree_get(message, "role"));
	enum chat_role neutral = CHAT_USER;

	if (str_eq(role, STR("assistant")))
		neutral = CHAT_ASSISTANT;
	else if (str_eq(role, STR("system")))
		neutral = CHAT_SYSTEM;
	else if (!str_eq(role, STR("user")))
		return chat_reader_refuse(r,
		    chat_reader_where(r, "messages[%zu].role", index),
		    "unknown role \"%.*s\"", STR_ARGS(role));
	chat_reader_message(r, neutral);
	return read_blocks(r, tree_get(message, "content"), neutral,
	    chat_reader_where(r, "messages[%zu].content", index));
}
