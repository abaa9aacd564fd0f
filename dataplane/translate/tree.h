/*
 * tree.h - a JSON document as a tree in an arena, for bodies that change.
 *
 * Every node remembers its raw bytes, so what needs no change is copied as it
 * stands: numbers keep their digits, schemas their order.  Nodes borrow from
 * the body, which must live as long as the tree.  Duplicate members are
 * refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"
#include "common/str.h"
#include "dataplane/translate/scan.h"

struct arena;

enum tree_kind {
	TREE_NULL,
	TREE_FALSE,
	TREE_TRUE,
	TREE_NUMBER,
	TREE_STRING,
	TREE_ARRAY,
	TREE_OBJECT,
};

struct tree {
	enum tree_kind kind;
	struct str raw;	    /* the value's bytes, quotes included */
	struct str name;    /* unescaped; when it is a member */
	struct str text;    /* unescaped; of a string */
	struct tree *first; /* child of an array or object */
	struct tree *next;  /* sibling */
	size_t count;	    /* of children */
};

/*
 * E_INVALID with the fault (which may be NULL), or E_TOO_LARGE when the nodes
 * take more than the arena's limit.
 */
enum status tree_parse(struct arena *, struct str body, struct tree **out,
    struct scan_fault *fault);

/* NULL when absent, or when the node is NULL or no object. */
const struct tree *tree_get(const struct tree *, const char *name);

/* Walks "a.b.c" through objects; NULL when any is missing. */
const struct tree *tree_path(const struct tree *, const char *path);

/* Empty for NULL and for what is not a string. */
struct str tree_text(const struct tree *);
bool tree_is(const struct tree *, enum tree_kind); /* false for NULL */
bool tree_is_true(const struct tree *);

/* The fallback when absent, not a whole number, or too large. */
int64_t tree_int(const struct tree *, int64_t fallback);

#define TREE_FOREACH(child, parent)                                        \
	for (const struct tree *child = (parent) ? (parent)->first : NULL; \
	     child != NULL; child = child->next)
