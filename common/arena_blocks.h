/*
 * arena_blocks.h - where an arena's memory comes from; private to arena.
 *
 * Two files implement arena_alloc() and what is declared here, and the build
 * picks one: arena_blocks.c, or arena_emulation.c, in which every allocation
 * is a malloc of its own, so that sanitizers see each overrun.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "common/arena.h"

/* Frees all memory; the deferred calls have run. */
void arena_blocks_free(struct arena *);

/* The same, but a block may stay, empty. */
void arena_blocks_empty(struct arena *);

/* What an allocation counts for, and takes: a multiple of the alignment. */
static inline size_t
arena_rounded(size_t size)
{
	const size_t unit = _Alignof(max_align_t);

	if (size > PTRDIFF_MAX - unit)
		abort();
	return size == 0 ? unit : (size + unit - 1) & ~(unit - 1);
}
