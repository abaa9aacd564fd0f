/*
 * gemini_partial.c - see gemini_partial.h.
 *
 * A small tree grows along the paths: members by name, elements by number.
 * The pieces of a text come under one path, one behind the other.
 */
#include "dataplane/translate/gemini_partial.h"

#include <assert.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/emit.h"
#include "dataplane/translate/tree.h"

#define DEPTH_MAX 64
#define TEXT_MAX ((size_t)64 << 20)

struct node {
	struct str key; /* a name, or the digits of a number */
	bool is_element;
	struct node *first;
	struct node *last;
	struct node *next;
	struct str raw;	  /* of a leaf that is no text */
	struct buf *text; /* of a leaf that is one */
};

struct gemini_partial {
	struct arena *arena;
	struct node root;
};

struct gemini_partial *
gemini_partial_new(struct arena *arena)
{
	struct gemini_partial *partial = arena_alloc(arena, sizeof(*partial));

	partial->arena = arena;
	return partial;
}

static void
text_release(void *text)
{
	buf_done(text);
}

static struct buf *
buf_new(struct gemini_partial *partial)
{
	struct buf *text = arena_alloc(partial->arena, sizeof(*text));

	buf_init(text, TEXT_MAX);
	arena_defer(partial->arena, text_release, text);
	return text;
}

static struct node *
child(struct gemini_partial *partial, struct node *parent, struct str key,
    bool is_element)
{
	struct node *node = parent->first;

	while (node != NULL && !str_eq(node->key, key))
		node = node->next;
	if (node != NULL)
		return node;
	node = arena_alloc(partial->arena, sizeof(*node));
	node->key = str_copy(partial->arena, key);
	node->is_element = is_element;
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	return node;
}

/* Takes ".name", "[0]" or "['name']" off the path; false at its end. */
static bool
step_next(struct str *path, struct str *key, bool *is_element)
{
	size_t len = 1;

	if (str_is_empty(*path))
		return false;
	*is_element = *path->ptr == '[';
	if (*is_element) {
		ptrdiff_t end = str_find_char(*path, ']');

		if (end < 0)
			return false;
		*key = str_make(path->ptr + 1, (size_t)end - 1);
		*path = str_skip(*path, (size_t)end + 1);
		if (key->len >= 2 && (*key->ptr == '\'' || *key->ptr == '"')) {
			*key = str_make(key->ptr + 1, key->len - 2);
			*is_element = false;
		}
		return true;
	}
	while (
	    len < path->len && path->ptr[len] != '.' && path->ptr[len] != '[')
		len++;
	*key = str_skip(str_head(*path, len), *path->ptr == '.' ? 1 : 0);
	*path = str_skip(*path, len);
	return true;
}

static struct node *
node_at(struct gemini_partial *partial, struct str path)
{
	struct node *node = &partial->root;
	struct str key;
	bool is_element;

	if (str_has_prefix(path, STR("$")))
		path = str_skip(path, 1);
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (!step_next(&path, &key, &is_element))
			return node;
		node = child(partial, node, key, is_element);
	}
	return NULL;
}

static void
add_piece(struct gemini_partial *partial, const struct tree *piece)
{
	static const char *const raw_members[] = { "numberValue", "boolValue" };
	struct node *node =
	    node_at(partial, tree_text(tree_get(piece, "jsonPath")));
	const struct tree *text = tree_get(piece, "stringValue");

	if (node == NULL || node == &partial->root)
		return;
	if (tree_is(text, TREE_STRING)) {
		if (node->text == NULL)
			node->text = buf_new(partial);
		buf_add_str(node->text, text->text);
	}
	for (size_t i = 0; i < ARRAY_LEN(raw_members); i++)
		if (tree_get(piece, raw_members[i]) != NULL)
			node->raw = str_copy(partial->arena,
			    tree_get(piece, raw_members[i])->raw);
	if (tree_get(piece, "nullValue") != NULL)
		node->raw = STR("null");
}

void
gemini_partial_add(struct gemini_partial *partial, const struct tree *pieces)
{
	TREE_FOREACH(piece, pieces)
	add_piece(partial, piece);
}

/* Recurses as deep as DEPTH_MAX. */
static void
write_node(struct emit *e, const struct node *node)
{
	bool is_array = node->first != NULL && node->first->is_element;

	if (node->text != NULL) {
		emit_str(e, buf_str(node->text));
		return;
	}
	if (node->raw.len > 0) {
		emit_raw(e, node->raw);
		return;
	}
	if (is_array)
		emit_array_open(e);
	else
		emit_object_open(e);
	for (const struct node *n = node->first; n != NULL; n = n->next) {
		if (!is_array)
			emit_key_str(e, n->key);
		write_node(e, n);
	}
	if (is_array)
		emit_array_close(e);
	else
		emit_object_close(e);
}

struct str
gemini_partial_json(struct gemini_partial *partial)
{
	struct buf *json = buf_new(partial);
	struct emit e;

	emit_init(&e, json);
	write_node(&e, &partial->root);
	return buf_str(json);
}
