/*
 * arena_blocks.c - an arena's memory, cut from blocks that double in size.
 *
 * Only the newest block is cut from.  What would take most of a block gets
 * one of its own, put behind the newest, whose rest stays in use.  Memory is
 * zeroed when it is handed out: the unused end of a block is never touched
 * and costs no page.
 */
#include "common/arena_blocks.h"

#include <string.h>

#include "common/base.h"

enum {
	FIRST_BLOCK_BYTES = 1024,
	LARGEST_BLOCK_BYTES = 64 * 1024,
};

struct arena_block {
	struct arena_block *older;
	size_t size; /* of bytes */
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

static struct arena_block *
block_checked(struct arena_block *block, size_t size)
{
	if (block == NULL)
		abort();
	block->size = size;
	block->used = 0;
	return block;
}

static void
add_block(struct arena *arena, size_t size)
{
	struct arena_block *block =
	    block_checked(malloc(sizeof(*block) + size), size);

	block->older = arena->block;
	arena->block = block;
}

static void *
alloc_own_block(struct arena *arena, size_t size)
{
	struct arena_block *block =
	    block_checked(malloc(sizeof(*block) + size), size);

	block->used = size;
	block->older = arena->block->older;
	arena->block->older = block;
	return block->bytes;
}

static size_t
next_block_size(const struct arena_block *block)
{
	size_t bytes = FIRST_BLOCK_BYTES;

	if (block != NULL)
		bytes = size_min(
		    2 * (sizeof(*block) + block->size), LARGEST_BLOCK_BYTES);
	return bytes - sizeof(*block);
}

/* For what the newest block has no room for. */
static void *
alloc_slowly(struct arena *arena, size_t size)
{
	size_t block_size = next_block_size(arena->block);

	if (size <= block_size / 2 || arena->block == NULL)
		add_block(arena, block_size);
	if (size > arena->block->size - arena->block->used)
		return alloc_own_block(arena, size);
	arena->block->used = size;
	return arena->block->bytes;
}

void *
arena_alloc_raw(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->block;
	size_t rounded = arena_rounded(size);
	char *memory;

	arena->used_bytes += rounded;
	if (block == NULL || rounded > block->size - block->used)
		return alloc_slowly(arena, rounded);
	memory = block->bytes + block->used;
	block->used += rounded;
	return memory;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_alloc_raw(arena, size), 0, arena_rounded(size));
}

void
arena_blocks_free(struct arena *arena)
{
	while (arena->block != NULL) {
		struct arena_block *block = arena->block;

		arena->block = block->older;
		free(block);
	}
}

/* A block of its own never is the newest: what stays is an ordinary one. */
void
arena_blocks_empty(struct arena *arena)
{
	struct arena_block *kept = arena->block;

	if (kept == NULL)
		return;
	arena->block = kept->older;
	arena_blocks_free(arena);
	kept->older = NULL;
	kept->used = 0;
	arena->block = kept;
}
