#include "market/bb_ladder.h"

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
	uint32_t word = rung / 64;
	uint32_t middle = word / 64;

	uint64_t bits = above(ladder->occupied[word], rung % 64);
	if (bits != 0)
		return 64 * word + bb_bit_lowest(bits);

	bits = above(ladder->middle[middle], word % 64);
	if (bits == 0) {
		const uint64_t tops = above(ladder->top, middle);
		if (tops == 0)
			return BB_RUNG_NONE;
		middle = bb_bit_lowest(tops);
		bits = ladder->middle[middle];
	}
	word = 64 * middle + bb_bit_lowest(bits);
	return 64 * word + bb_bit_lowest(ladder->occupied[word]);
}
