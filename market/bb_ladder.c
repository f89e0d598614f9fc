#include "market/bb_ladder.h"

_Static_assert(sizeof(struct bb_rung) == 16, "four a cache line");

size_t
bb_stretches_bytes(uint32_t capacity)
{
	return bb_arena_round(((size_t)capacity + 1) * sizeof(struct bb_stretch));
}

void
bb_stretches_init(struct bb_stretches *stretches, struct bb_arena *arena, uint32_t capacity)
{
	*stretches = (struct bb_stretches){
		.slots = bb_arena_take(arena, ((size_t)capacity + 1) * sizeof(struct bb_stretch)),
		.capacity = capacity,
	};
}

void
bb_ladder_extend(struct bb_ladder *ladder, uint32_t rung)
{
	struct bb_stretches *stretches = ladder->stretches;
	const uint32_t word = rung / BB_STRETCH;
	uint32_t taken = stretches->free_first;

	BB_ASSERT(stretches->live < stretches->capacity);
	BB_ASSERT(ladder->directory[word].stretch == BB_STRETCH_NONE);
	if (taken == BB_STRETCH_NONE)
		taken = ++stretches->used;
	else
		stretches->free_first = stretches->slots[taken].rungs[0].first;
	stretches->slots[taken].rungs[0].first = 0;
	stretches->live++;
	ladder->directory[word].stretch = taken;
	bb_bit_set(ladder->middle, word);
	bb_bit_set(&ladder->top, word / 64);
}

void
bb_ladder_shrink(struct bb_ladder *ladder, uint32_t rung)
{
	struct bb_stretches *stretches = ladder->stretches;
	const uint32_t word = rung / BB_STRETCH;
	const uint32_t given = ladder->directory[word].stretch;

	BB_ASSERT(given != BB_STRETCH_NONE);
	BB_ASSERT(ladder->directory[word].occupied == 0);
	stretches->slots[given].rungs[0].first = stretches->free_first;
	stretches->free_first = given;
	stretches->live--;
	ladder->directory[word].stretch = BB_STRETCH_NONE;
	bb_bit_clear(ladder->middle, word);
	if (ladder->middle[word / 64] == 0)
		bb_bit_clear(&ladder->top, word / 64);
}

/* The bits of word above bit; shifted twice, since 64 at once is undefined. */
static uint64_t
above(uint64_t word, uint32_t bit)
{
	return word & (UINT64_MAX << bit << 1);
}

uint32_t
bb_ladder_after(const struct bb_ladder *ladder, uint32_t rung)
{
	BB_ASSERT(rung < ladder->rung_count);
	uint32_t word = rung / BB_STRETCH;
	uint32_t middle = word / 64;

	uint64_t bits = above(bb_ladder_occupied(ladder, rung), rung % BB_STRETCH);
	if (bits != 0)
		return BB_STRETCH * word + bb_bit_lowest(bits);

	bits = above(ladder->middle[middle], word % 64);
	if (bits == 0) {
		const uint64_t tops = above(ladder->top, middle);
		if (tops == 0)
			return BB_RUNG_NONE;
		middle = bb_bit_lowest(tops);
		bits = ladder->middle[middle];
	}
	word = 64 * middle + bb_bit_lowest(bits);
	return BB_STRETCH * word + bb_bit_lowest(ladder->directory[word].occupied);
}
