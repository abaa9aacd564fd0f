/*
 * list.h - intrusive doubly linked list; the node lives in its owner.
 *
 * An initialised node that is on no list points to itself, so removing it
 * twice does no harm.
 */
#pragma once

#include <stdbool.h>

#include "common/base.h"

struct list {
	struct list *next;
	struct list *prev;
};

static inline void
list_init(struct list *node)
{
	node->next = node;
	node->prev = node;
}

static inline bool
list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void
list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

static inline void
list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* The node under the cursor may be removed inside the body. */
#define LIST_FOREACH(node, head)                                          \
	for (struct list *node = (head)->next, *node##_next = node->next; \
	     node != (head); node = node##_next, node##_next = node->next)
