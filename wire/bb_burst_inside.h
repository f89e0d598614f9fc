/* bb_burst_inside - what the parts of the burst check share; nobody else includes it.
 *
 * Bounds, source, memory, threads, errors, replay: as bb_burst.h.
 */
#ifndef BB_BURST_INSIDE_H
#define BB_BURST_INSIDE_H

#include "wire/bb_burst.h"

/* A digit of a comb: which entry of a block's table, and whether it is negative. */
struct bb_digit {
	uint16_t index;
	uint16_t negative;
};

/* The work of one signature: digits by column, then block. */
struct bb_product {
	struct bb_digit key[BB_COMB_COLUMNS][BB_COMB_BLOCKS_MAX];
	struct bb_digit base[BB_COMB_COLUMNS][2];
	const struct bb_entry *entries; /* the key's table */
};

/* A result before it is made affine. */
struct bb_projective {
	struct bb_fe x, y, z;
};

/* Each computes [S]B - [k]A for count products; count is 1..BB_BURST_CHECKS. */
typedef void bb_burst_multiply(const struct bb_entry *base, const struct bb_comb *comb,
			       const struct bb_product *products, uint32_t count,
			       struct bb_projective *results);

bb_burst_multiply bb_burst_multiply_scalar;
bb_burst_multiply bb_burst_multiply_bmi2;
bb_burst_multiply bb_burst_multiply_avx2;
bb_burst_multiply bb_burst_multiply_ifma;

#endif
