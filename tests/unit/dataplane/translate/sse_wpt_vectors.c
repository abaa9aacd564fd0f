/*
 * sse_wpt_vectors.c - the event streams of web-platform-tests, cut in two at
 * every place and byte by byte.
 *
 * Usage: sse_wpt_vectors DIRECTORY (with expected.json)
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "dataplane/translate/sse.h"
#include "dataplane/translate/tree.h"

enum {
	FILE_MAX = 1 << 20,
};

struct progress {
	const struct tree *expected; /* the event to come */
	bool is_right;
};

static void
take(struct progress *progress, const struct sse_event *event)
{
	const struct tree *expected = progress->expected;
	struct str name = event->name.len > 0 ? event->name : STR("message");

	if (!event->has_data)
		return;
	progress->is_right &= expected != NULL &&
	    str_eq(tree_text(tree_get(expected, "event")), name) &&
	    str_eq(tree_text(tree_get(expected, "data")), event->data);
	if (expected != NULL)
		progress->expected = expected->next;
}

static void
feed(struct sse *sse, struct str bytes, struct progress *progress)
{
	struct sse_event event;

	progress->is_right &= sse_feed(sse, bytes) == OK;
	while (sse_next(sse, &event))
		take(progress, &event);
}

/* In pieces: up to `cut`, then `step` bytes at a time. */
static bool
agrees(struct str stream, size_t cut, size_t step, const struct tree *events)
{
	struct progress progress = { events->first, true };
	struct sse sse;

	sse_init(&sse, FILE_MAX);
	feed(&sse, str_head(stream, cut), &progress);
	for (; cut < stream.len; cut += step)
		feed(&sse, str_head(str_skip(stream, cut), step), &progress);
	sse_done(&sse);
	return progress.is_right && progress.expected == NULL;
}

static struct str
read_file(const char *folder, const char *name, char *bytes)
{
	char path[4096];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	len = fread(bytes, 1, FILE_MAX, file);
	fclose(file);
	return str_make(bytes, len);
}

static bool
check(struct arena *arena, const char *folder, const struct tree *vector)
{
	static char bytes[FILE_MAX];
	const char *name = str_cstr(arena, tree_text(tree_get(vector, "file")));
	const struct tree *events = tree_get(vector, "events");
	struct str stream = read_file(folder, name, bytes);
	bool is_right = agrees(stream, 0, 1, events);

	for (size_t cut = 0; cut <= stream.len; cut++)
		is_right &= agrees(stream, cut, FILE_MAX, events);
	if (!is_right)
		printf("%s: other events than expected\n", name);
	return is_right;
}

int
main(int argc, char **argv)
{
	static char bytes[FILE_MAX];
	const char *folder = argc > 1 ? argv[1] : ".";
	struct tree *vectors;
	struct arena arena;
	size_t failed = 0;

	arena_init(&arena, 0);
	if (tree_parse(&arena, read_file(folder, "expected.json", bytes),
		&vectors, NULL) != OK ||
	    vectors->count == 0) {
		fprintf(stderr, "expected.json cannot be read\n");
		return EXIT_FAILURE;
	}
	TREE_FOREACH(vector, vectors)
	failed += check(&arena, folder, vector) ? 0 : 1;
	printf("%zu passed, %zu failed\n", vectors->count - failed, failed);
	arena_done(&arena);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
