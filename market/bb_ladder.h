/* bb_ladder - one side of one book: a rung for each price, best rung first.
 *
 * Rung 0 is the best price that the product's band allows on this side: the highest
 * for buyers, the lowest for sellers.  So one code path serves both sides, and best means
 * lowest set bit.  A rung is a chain of orders, oldest first.
 *
 *	top          bit m: word m of middle is not zero
 *	middle       bit s: stretch s has an order
 *	directory    of stretch s: bit r of occupied: its rung r has an order; and where the
 *	             rungs are in the pool, 0: nowhere
 *	rungs        what rests there: sums, first and last order; 16 B, four a cache line
 *
 * Three words of 64 reach 64 x 64 x 64 rungs: no search, at any depth.  A stretch is 64 rungs
 * side by side; it is taken from the venue's pool with its first order and given back with
 * its last, so that a ladder costs what is used of it, however wide the band.  The best rung
 * is kept besides.
 *
 * Memory   Words and directory are given; stretches are the pool's (bb_stretches_bytes).
 * Threads  The matching core only.
 * Errors   BB_ASSERT only: the caller asks bb_ladder_room first.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_LADDER_H
#define BB_LADDER_H

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_bits.h"
#include "base/bb_hint.h"
#include "base/bb_limits.h"

#define BB_RUNG_NONE    UINT32_MAX
#define BB_STRETCH      64u /* rungs */
#define BB_STRETCH_NONE 0u

_Static_assert(BB_LEVELS_MAX <= 64 * 64 * 64, "three words reach every rung");

/* How much may rest on one rung: 2^42 Wh, a thousand of the largest orders, ten times what
 * Europe uses in a quarter-hour.  So quantity and count fit one word. */
#define BB_RUNG_WH_MAX      (UINT64_C(1) << 42)
#define BB_RUNG_ORDERS_BITS 21u

_Static_assert(BB_ORDERS_MAX < 1u << BB_RUNG_ORDERS_BITS, "all orders fit one rung");

struct bb_rung {
	uint64_t sums;  /* quantity above, count of orders in the low 21 bits */
	uint32_t first; /* slots; BB_SLOT_NONE in an empty rung */
	uint32_t last;
};

struct bb_stretch {
	struct bb_rung rungs[BB_STRETCH]; /* zeros in a free one, but for the first's link */
};

struct bb_stretches {
	struct bb_stretch *slots; /* [capacity + 1]; the first is empty for good */
	uint32_t capacity;
	uint32_t live;
	uint32_t used;       /* 1..used were taken at least once */
	uint32_t free_first; /* chained by first of their first rungs */
};

struct bb_directory {
	uint64_t occupied;
	uint32_t stretch;
	uint32_t reserved; /* zero */
};

struct bb_ladder {
	uint64_t top;
	uint64_t *middle;
	struct bb_directory *directory;
	struct bb_stretch *slots; /* of the pool */
	struct bb_stretches *stretches;
	uint32_t best; /* rung; BB_RUNG_NONE: there is no order */
	uint32_t rung_count;
};

static inline uint64_t
bb_rung_wh(const struct bb_rung *rung)
{
	return rung->sums >> BB_RUNG_ORDERS_BITS;
}

static inline uint32_t
bb_rung_orders(const struct bb_rung *rung)
{
	return (uint32_t)(rung->sums & ((UINT64_C(1) << BB_RUNG_ORDERS_BITS) - 1));
}

size_t bb_stretches_bytes(uint32_t capacity);
void bb_stretches_init(struct bb_stretches *stretches, struct bb_arena *arena,
		       uint32_t capacity);

static inline uint32_t
bb_ladder_stretches(uint32_t rung_count)
{
	return (rung_count + BB_STRETCH - 1) / BB_STRETCH;
}

/* bb_ladder_words returns how many words middle has. */
static inline uint32_t
bb_ladder_words(uint32_t rung_count)
{
	return (bb_ladder_stretches(rung_count) + 63) / 64;
}

/* bb_ladder_init starts an empty ladder; middle and directory are zeros. */
static inline void
bb_ladder_init(struct bb_ladder *ladder, uint32_t rung_count, uint64_t *middle,
	       struct bb_directory *directory, struct bb_stretches *stretches)
{
	BB_ASSERT(rung_count <= BB_LEVELS_MAX);
	*ladder = (struct bb_ladder){
		.middle = middle,
		.directory = directory,
		.slots = stretches->slots,
		.stretches = stretches,
		.best = BB_RUNG_NONE,
		.rung_count = rung_count,
	};
}

/* bb_ladder_best returns the best rung that has an order, or BB_RUNG_NONE. */
static inline uint32_t
bb_ladder_best(const struct bb_ladder *ladder)
{
	return ladder->best;
}

/* bb_ladder_after returns the best rung behind rung that has an order, or BB_RUNG_NONE. */
uint32_t bb_ladder_after(const struct bb_ladder *ladder, uint32_t rung);

/* bb_ladder_occupied returns which rungs of the stretch around rung have orders. */
BB_INLINE uint64_t
bb_ladder_occupied(const struct bb_ladder *ladder, uint32_t rung)
{
	return ladder->directory[rung / BB_STRETCH].occupied;
}

BB_INLINE struct bb_rung *
bb_ladder_at(const struct bb_ladder *ladder, uint32_t rung)
{
	return &ladder->slots[ladder->directory[rung / BB_STRETCH].stretch]
			.rungs[rung % BB_STRETCH];
}

/* bb_ladder_rung returns what rests on a rung, which may be nothing. */
BB_INLINE const struct bb_rung *
bb_ladder_rung(const struct bb_ladder *ladder, uint32_t rung)
{
	return bb_ladder_at(ladder, rung);
}

/* bb_ladder_has returns whether rung has its stretch; bb_ladder_room whether it has or can
 * get it. */
static inline bool
bb_ladder_has(const struct bb_ladder *ladder, uint32_t rung)
{
	return ladder->directory[rung / BB_STRETCH].stretch != BB_STRETCH_NONE;
}

static inline bool
bb_ladder_room(const struct bb_ladder *ladder, uint32_t rung)
{
	return bb_ladder_has(ladder, rung) ||
	       ladder->stretches->live < ladder->stretches->capacity;
}

/* bb_ladder_extend gives rung its stretch; bb_ladder_shrink gives an empty one back. */
void bb_ladder_extend(struct bb_ladder *ladder, uint32_t rung);
void bb_ladder_shrink(struct bb_ladder *ladder, uint32_t rung);

/* bb_ladder_set marks a rung, whose stretch is there, as having an order. */
BB_INLINE void
bb_ladder_set(struct bb_ladder *ladder, uint32_t rung)
{
	ladder->directory[rung / BB_STRETCH].occupied |= UINT64_C(1) << rung % BB_STRETCH;
	ladder->best = rung < ladder->best ? rung : ladder->best; /* BB_RUNG_NONE is above all */
}

/* bb_ladder_clear marks a rung as empty, and finds the best again if it was that. */
BB_INLINE void
bb_ladder_clear(struct bb_ladder *ladder, uint32_t rung)
{
	uint64_t *occupied = &ladder->directory[rung / BB_STRETCH].occupied;
	const uint64_t left = *occupied & ~(UINT64_C(1) << rung % BB_STRETCH);

	*occupied = left;
	if (BB_LIKELY(left != 0 && rung != ladder->best))
		return;
	if (rung == ladder->best) {
		/* All that is left of this stretch is worse; most often it is near. */
		ladder->best = left != 0 ? rung - rung % BB_STRETCH + bb_bit_lowest(left)
					 : bb_ladder_after(ladder, rung);
	}
	if (left == 0)
		bb_ladder_shrink(ladder, rung);
}

#endif
