/*
 * arena.c - an arena's life, its limit and its deferred calls.
 *
 * Handing out memory is in arena_blocks.c.
 */
#include "common/arena.h"

#include <assert.h>
#include <stdlib.h>

#include "common/arena_blocks.h"

struct arena_defer {
	struct arena_defer *older;
	void (*fn)(void *);
	void *arg;
};

void
arena_init(struct arena *arena, size_t limit_bytes)
{
	*arena = (struct arena){ .limit_bytes = limit_bytes };
}

static void
run_deferred(struct arena *arena)
{
	/* A deferred call may still allocate, and even defer another one. */
	while (arena->defers != NULL) {
		struct arena_defer *defer = arena->defers;

		arena->defers = defer->older;
		defer->fn(defer->arg);
	}
}

void
arena_done(struct arena *arena)
{
	run_deferred(arena);
	arena_blocks_free(arena);
	arena->used_bytes = 0;
}

void
arena_reset(struct arena *arena)
{
	run_deferred(arena);
	arena_blocks_empty(arena);
	arena->used_bytes = 0;
}

void *
arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product))
		abort();
	return arena_alloc(arena, product);
}

void
arena_defer(struct arena *arena, void (*fn)(void *), void *arg)
{
	struct arena_defer *defer = arena_alloc(arena, sizeof(*defer));

	assert(fn != NULL);
	*defer = (struct arena_defer){ arena->defers, fn, arg };
	arena->defers = defer;
}

bool
arena_has_failed(const struct arena *arena)
{
	return arena->limit_bytes != 0 &&
	    arena->used_bytes > arena->limit_bytes;
}

size_t
arena_used_bytes(const struct arena *arena)
{
	return arena->used_bytes;
}
