/*
 * tree.c - builds the tree from the lexer's tokens; see tree.h.
 *
 * The way from the root to the node that is being filled is kept in an array
 * as deep as the lexer goes, so nothing recurses.
 */
#include "dataplane/translate/tree.h"

#include <string.h>

#include "common/arena.h"
#include "common/map.h"
#include "dataplane/translate/lexer.h"

enum {
	FEW_MEMBERS = 16, /* compared one by one: no table is needed */
};

/* A node whose children are being read. */
struct level {
	struct tree *node;
	struct tree **tail; /* where the next child goes */
};

struct builder {
	struct arena *arena;
	struct lexer lexer;
	struct str name; /* of the member to come */
	struct tree *root;
	size_t depth;
	struct level levels[SCAN_DEPTH_MAX];
};

static struct str
text_of(struct builder *b)
{
	struct str raw = b->lexer.raw;
	struct str inner = str_make(raw.ptr + 1, raw.len - 2);
	char *text;

	if (!b->lexer.has_escape)
		return inner;
	text = arena_alloc(b->arena, inner.len);
	return str_make(text, lexer_unescape(inner, text));
}

static struct tree *
add_node(struct builder *b, enum tree_kind kind)
{
	struct tree *node = arena_alloc(b->arena, sizeof(*node));
	struct level *parent;

	node->kind = kind;
	node->raw = b->lexer.raw;
	node->name = b->name;
	b->name = STR("");
	if (b->depth == 0) {
		b->root = node;
		return node;
	}
	parent = &b->levels[b->depth - 1];
	*parent->tail = node;
	parent->tail = &node->next;
	parent->node->count++;
	return node;
}

static void
open_node(struct builder *b, enum tree_kind kind)
{
	struct tree *node = add_node(b, kind);

	b->levels[b->depth++] = (struct level){ node, &node->first };
}

static bool
has_twins_among_few(const struct tree *object)
{
	TREE_FOREACH(a, object)
	{
		for (const struct tree *b = a->next; b != NULL; b = b->next) {
			if (str_eq(a->name, b->name))
				return true;
		}
	}
	return false;
}

static bool
has_twins_among_many(const struct tree *object)
{
	CLEANUP(map_done) struct map seen;

	map_init(&seen);
	for (struct tree *child = object->first; child != NULL;
	     child = child->next) {
		if (map_put(&seen, child->name, child) != NULL)
			return true;
	}
	return false;
}

static bool
has_twins(const struct tree *object)
{
	if (object->kind != TREE_OBJECT)
		return false;
	return object->count <= FEW_MEMBERS ? has_twins_among_few(object)
					    : has_twins_among_many(object);
}

static void
close_node(struct builder *b)
{
	struct tree *node = b->levels[--b->depth].node;

	node->raw.len = (size_t)(b->lexer.at - node->raw.ptr);
	if (has_twins(node))
		lexer_fail(&b->lexer,
		    "member appears twice in the object "
		    "that ends here");
}

static void
take_token(struct builder *b, enum lexer_token token)
{
	switch (token) {
	case LEXER_KEY:
		b->name = text_of(b);
		break;
	case LEXER_NULL:
		add_node(b, TREE_NULL);
		break;
	case LEXER_FALSE:
		add_node(b, TREE_FALSE);
		break;
	case LEXER_TRUE:
		add_node(b, TREE_TRUE);
		break;
	case LEXER_NUMBER:
		add_node(b, TREE_NUMBER);
		break;
	case LEXER_STRING:
		add_node(b, TREE_STRING)->text = text_of(b);
		break;
	case LEXER_OPEN_ARRAY:
		open_node(b, TREE_ARRAY);
		break;
	case LEXER_OPEN_OBJECT:
		open_node(b, TREE_OBJECT);
		break;
	case LEXER_CLOSE:
		close_node(b);
		break;
	case LEXER_FAULT:
	case LEXER_END:
		break;
	}
}

/* A small body can be many nodes: the arena's limit is asked at each. */
static void
build(struct builder *b)
{
	enum lexer_token token;

	do {
		token = lexer_next(&b->lexer);
		take_token(b, token);
		if (arena_has_failed(b->arena))
			lexer_fail(&b->lexer, "too many values");
	} while (token != LEXER_FAULT && token != LEXER_END);
}

enum status
tree_parse(struct arena *arena, struct str body, struct tree **out,
    struct scan_fault *fault)
{
	struct builder b;
	enum status status;

	b.arena = arena;
	b.name = STR("");
	b.root = NULL;
	b.depth = 0;
	lexer_init(&b.lexer, body);
	build(&b);
	status = lexer_finish(&b.lexer, fault);
	if (arena_has_failed(arena))
		return E_TOO_LARGE;
	if (status != OK)
		return status;
	*out = b.root;
	return OK;
}

/* ---- reading ---- */

static const struct tree *
get_member(const struct tree *object, struct str name)
{
	if (!tree_is(object, TREE_OBJECT))
		return NULL;
	TREE_FOREACH(child, object)
	{
		if (str_eq(child->name, name))
			return child;
	}
	return NULL;
}

const struct tree *
tree_get(const struct tree *object, const char *name)
{
	return get_member(object, str_from(name));
}

const struct tree *
tree_path(const struct tree *object, const char *path)
{
	struct str rest = str_from(path);
	struct str name;

	while (object != NULL && str_next(&rest, '.', &name))
		object = get_member(object, name);
	return object;
}

struct str
tree_text(const struct tree *node)
{
	return tree_is(node, TREE_STRING) ? node->text : STR("");
}

bool
tree_is(const struct tree *node, enum tree_kind kind)
{
	return node != NULL && node->kind == kind;
}

bool
tree_is_true(const struct tree *node)
{
	return tree_is(node, TREE_TRUE);
}

int64_t
tree_int(const struct tree *node, int64_t fallback)
{
	int64_t value;

	if (!tree_is(node, TREE_NUMBER) || str_to_i64(node->raw, &value) != OK)
		return fallback;
	return value;
}
