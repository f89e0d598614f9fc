/* bb_ladder - one side of one book: a rung for each price, best rung first.
 *
 * Rung 0 is the best price that the product's band allows on this side: the highest
 * for buyers, the lowest for sellers.  So one code path serves both sides, and best means
 * lowest set bit.  A rung is a chain of orders, oldest first.
 *
 *	top          bit m: word m of middle is not zero
 *	middle       bit w: word w of occupied is not zero
 *	occupied     bit r: rung r has an order
 *	rungs        what rests there: sums, first and last order
 *
 * Three words of 64 reach 64 x 64 x 64 rungs: no search, at any depth.
 *
 * Memory   Rungs and words belong to the products' pools (market/bb_products.h).
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_LADDER_H
#define BB_LADDER_H

#include "base/bb_assert.h"
#include "base/bb_bits.h"
#include "base/bb_limits.h"

#define BB_RUNG_NONE UINT32_MAX

_Static_assert(BB_LEVELS_MAX <= 64 * 64 * 64, "three words reach every rung");

struct bb_rung {
	uint64_t quantity_wh;
	uint32_t orders;
	uint32_t first; /* slots; BB_SLOT_NONE in an empty rung */
	uint32_t last;
	uint32_t reserved; /* zero */
};

struct bb_ladder {
	uint64_t top;
	uint64_t *middle;
	uint64_t *occupied;
	struct bb_rung *rungs;
	uint32_t rung_count;
};

/* bb_ladder_words returns how many words of bitmap a ladder takes from its pool. */
static inline uint32_t
bb_ladder_words(uint32_t rung_count)
{
	return (rung_count + 63) / 64 + (rung_count + 64 * 64 - 1) / (64 * 64);
}

static inline void
bb_ladder_init(struct bb_ladder *ladder, uint32_t rung_count, struct bb_rung *rungs,
	       uint64_t *words)
{
	BB_ASSERT(rung_count <= BB_LEVELS_MAX);
	*ladder = (struct bb_ladder){
		.occupied = words,
		.middle = words + (rung_count + 63) / 64,
		.rungs = rungs,
		.rung_count = rung_count,
	};
}

static inline void
bb_ladder_set(struct bb_ladder *ladder, uint32_t rung)
{
	bb_bit_set(ladder->occupied, rung);
	bb_bit_set(ladder->middle, rung / 64);
	bb_bit_set(&ladder->top, rung / (64 * 64));
}

static inline void
bb_ladder_clear(struct bb_ladder *ladder, uint32_t rung)
{
	bb_bit_clear(ladder->occupied, rung);
	if (ladder->occupied[rung / 64] != 0)
		return;
	bb_bit_clear(ladder->middle, rung / 64);
	if (ladder->middle[rung / (64 * 64)] == 0)
		bb_bit_clear(&ladder->top, rung / (64 * 64));
}

/* bb_ladder_best returns the best rung that has an order, or BB_RUNG_NONE. */
static inline uint32_t
bb_ladder_best(const struct bb_ladder *ladder)
{
	if (ladder->top == 0)
		return BB_RUNG_NONE;
	const uint32_t middle = bb_bit_lowest(ladder->top);
	const uint32_t word = 64 * middle + bb_bit_lowest(ladder->middle[middle]);
	return 64 * word + bb_bit_lowest(ladder->occupied[word]);
}

/* bb_ladder_after returns the best rung behind rung that has an order, or BB_RUNG_NONE. */
uint32_t bb_ladder_after(const struct bb_ladder *ladder, uint32_t rung);

#endif
