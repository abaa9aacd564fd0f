/*
 * fuzz_scan.c - JSON: the scanner and the tree agree on what it is, and what
 * they point at lies inside it and is JSON itself.
 */
#include <stdlib.h>

#include "common/arena.h"
#include "dataplane/translate/scan.h"
#include "dataplane/translate/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum {
	ARENA_MAX_BYTES = 16 << 20,
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_inside(struct str body, struct str part)
{
	check(part.ptr >= body.ptr);
	check(part.len <= body.len);
	check(part.ptr + part.len <= body.ptr + body.len);
}

static void
check_members(struct str body)
{
	struct scan_member wanted[] = {
		{ .name = "model" },
		{ .name = "stream" },
		{ .name = "messages" },
	};
	struct scan_fault fault = { .offset = SIZE_MAX };

	if (scan_object(body, wanted, ARRAY_LEN(wanted), &fault) != OK) {
		check(fault.offset <= body.len && fault.what != NULL);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (wanted[i].value.len == 0)
			continue;
		check_inside(body, wanted[i].pair);
		check_inside(wanted[i].pair, wanted[i].value);
		check(scan_value(wanted[i].value, NULL) == OK);
	}
}

static void
check_node(const struct tree *parent, const struct tree *node)
{
	check_inside(parent->raw, node->raw);
	check(str_is_utf8(node->text) && str_is_utf8(node->name));
}

/* Down one branch is enough: the fuzzer chooses the document. */
static void
check_tree(const struct tree *root)
{
	while (root != NULL) {
		size_t count = 0;

		TREE_FOREACH(child, root)
		{
			check_node(root, child);
			count++;
		}
		check(count == root->count);
		root = root->first;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str body = str_make(bytes, size);
	struct scan_fault fault = { .offset = SIZE_MAX };
	bool is_json = scan_value(body, &fault) == OK;
	struct tree *root;
	struct arena arena;
	enum status status;

	check(is_json || (fault.offset <= size && fault.what != NULL));
	check_members(body);
	arena_init(&arena, ARENA_MAX_BYTES);
	status = tree_parse(&arena, body, &root, NULL);
	check(status != OK || is_json);
	if (status == OK)
		check_tree(root);
	arena_done(&arena);
	return 0;
}
