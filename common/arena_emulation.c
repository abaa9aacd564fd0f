/*
 * arena_emulation.c - an arena in which each allocation is its own malloc.
 *
 * Slow, and chosen for test builds: a sanitizer then sees a read or write
 * past one allocation, which in a block would hit the next one unnoticed.
 * The list lies apart from the memory, so that nothing shields either end.
 */
#include "common/arena_blocks.h"

#include "common/base.h"

struct arena_block {
	struct arena_block *older;
	void *memory;
};

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = malloc(sizeof(*block));
	void *memory = calloc(1, size_max(size, 1));

	if (block == NULL || memory == NULL)
		abort();
	arena->used_bytes += arena_rounded(size);
	*block = (struct arena_block){ arena->block, memory };
	arena->block = block;
	return memory;
}

void *
arena_alloc_raw(struct arena *arena, size_t size)
{
	return arena_alloc(arena, size);
}

void
arena_blocks_free(struct arena *arena)
{
	while (arena->block != NULL) {
		struct arena_block *block = arena->block;

		arena->block = block->older;
		free(block->memory);
		free(block);
	}
}

void
arena_blocks_empty(struct arena *arena)
{
	arena_blocks_free(arena);
}
