/*
 * arena.h - memory that dies together.
 *
 * An arena hands out zeroed memory from blocks and frees all of it at once.
 * It belongs to one thread.  arena_alloc() never returns NULL: a host out of
 * memory aborts, and going past the limit is remembered instead of refused,
 * so builders stay straight-line code and ask arena_has_failed() once, at
 * the end of a stage.  Inputs are bounded before they reach an arena, so
 * what may be taken past the limit between two such questions is bounded too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena_block;
struct arena_defer;

struct arena { /* fields are private */
	struct arena_block *block;
	struct arena_defer *defers;
	size_t used_bytes;
	size_t limit_bytes;
};

/* limit_bytes 0 means without limit. */
void arena_init(struct arena *, size_t limit_bytes);

/* Runs the deferred calls, newest first, then frees everything. */
void arena_done(struct arena *);

/*
 * Empties it for what comes next, and may keep a little memory for that: an
 * arena that is not used again still needs arena_done().
 */
void arena_reset(struct arena *);

/* Zeroed, aligned for any type; size 0 gives a valid, unique pointer. */
void *arena_alloc(struct arena *, size_t size) __attribute__((malloc));

/* Not zeroed: for bytes that are all written at once. */
void *arena_alloc_raw(struct arena *, size_t size) __attribute__((malloc));

/* count * size; an overflowing product aborts. */
void *arena_alloc_array(struct arena *, size_t count, size_t size)
    __attribute__((malloc));

/* Calls fn(arg) when the arena ends: ties a foreign resource to it. */
void arena_defer(struct arena *, void (*fn)(void *), void *arg);

bool arena_has_failed(const struct arena *);
size_t arena_used_bytes(const struct arena *);
