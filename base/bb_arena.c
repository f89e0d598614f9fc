#include "base/bb_arena.h"

#include "base/bb_assert.h"

void
bb_arena_init(struct bb_arena *arena, void *bytes, size_t size)
{
	BB_ASSERT((uintptr_t)bytes % BB_ARENA_ALIGN == 0);
	*arena = (struct bb_arena){ .bytes = bytes, .size = size };
}

void *
bb_arena_take(struct bb_arena *arena, size_t size)
{
	BB_ASSERT(!arena->sealed);
	BB_ASSERT(size <= arena->size);
	BB_ASSERT(bb_arena_round(size) <= arena->size - arena->used);

	void *taken = arena->bytes + arena->used;
	arena->used += bb_arena_round(size);
	return taken;
}

void
bb_arena_seal(struct bb_arena *arena)
{
	arena->sealed = true;
}
