/* bb_table - multiples of one point, laid out for a signed comb.
 *
 * The digits of a scalar (bb_scalar.h) are numbered i = tooth x (blocks x 8) + block x 8 +
 * column.  For every block the table holds, for every choice of signs of its teeth but the
 * last, the sum of the teeth's points; the last tooth is positive, and a digit where it is
 * not is the negative of the entry of the opposite signs.  A multiplication is then one
 * addition a block and column, and seven doublings in all.
 *
 * An entry is an affine point as ((y+x)/2, (y-x)/2, dxy), 128 B: halves, so that all sums in
 * an addition stay within the bounds of bb_field4.h.
 *
 * Bounds   Limbs are below 2^51 + 19.
 * Memory   blocks x 2^(teeth-1) x 128 B: 64 KiB for 8 x 4, 8 KiB for 4 x 8, 8 MiB for 16 x 2.
 *          The caller owns it, aligned to 64; hugepages save a third of the misses.
 * Threads  Built by one; read by any afterwards.
 * Errors   None: the point is of order L, which the caller has made sure of.
 * Replay   Pure.
 */
#ifndef BB_TABLE_H
#define BB_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/bb_group.h"

#define BB_COMB_COLUMNS 8u
#define BB_COMB_DIGITS  256u

/* teeth x blocks = 32 */
struct bb_comb {
	uint32_t teeth;
	uint32_t blocks;
};

#define BB_COMB_SMALL ((struct bb_comb){ 4, 8 })  /* 8 KiB a key */
#define BB_COMB_LARGE ((struct bb_comb){ 8, 4 })  /* 64 KiB a key */
#define BB_COMB_BASE  ((struct bb_comb){ 16, 2 }) /* 8 MiB, once */
#define BB_COMB_BLOCKS_MAX 8u

struct bb_entry {
	union {
		_Alignas(64) uint64_t all[16]; /* as vectors load them */
		struct {
			uint64_t sum[5];        /* (y+x)/2 */
			uint64_t difference[5]; /* (y-x)/2 */
			uint64_t product[5];    /* dxy */
			uint64_t unused;
		};
	};
};

_Static_assert(sizeof(struct bb_entry) == 128, "two cache lines");

static inline uint32_t
bb_comb_entries(const struct bb_comb *comb)
{
	return comb->blocks << (comb->teeth - 1);
}

/* bb_table_scratch returns how many points of scratch bb_table_build needs. */
static inline uint32_t
bb_table_scratch(const struct bb_comb *comb)
{
	return 1u << comb->teeth; /* the points of one block, and their products of z */
}

/* bb_table_build fills in entries, which has room for bb_comb_entries. */
void bb_table_build(struct bb_entry *entries, const struct bb_comb *comb,
		    const struct bb_point *point, struct bb_point *scratch);

#endif
