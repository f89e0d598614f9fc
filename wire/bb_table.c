#include "wire/bb_table.h"

#include "base/bb_assert.h"

/* settled writes a number with limbs as small as two carries make them. */
static void
settled(uint64_t limbs[5], const struct bb_fe *a)
{
	const struct bb_fe once = bb_fe_carry(a->limbs);
	const struct bb_fe twice = bb_fe_carry(once.limbs);

	for (int i = 0; i < 5; i++)
		limbs[i] = twice.limbs[i];
}

/* sums_of_block makes all sums of a block's teeth: points[m] has tooth r positive where bit
 * r of m is set.  powers[r] is the point of tooth r. */
static void
sums_of_block(struct bb_point *points, uint32_t teeth, const struct bb_point *powers)
{
	struct bb_point twice[16];
	struct bb_point first = powers[teeth - 1];

	for (uint32_t r = 0; r + 1 < teeth; r++) {
		const struct bb_point negative = bb_point_negate(&powers[r]);
		twice[r] = bb_point_double(&powers[r]);
		first = bb_point_add(&first, &negative);
	}
	points[0] = first;
	for (uint32_t m = 1; m < 1u << (teeth - 1); m++)
		points[m] = bb_point_add(&points[m & (m - 1)], &twice[__builtin_ctz(m)]);
}

/* write_entries makes points affine with one inversion (Montgomery's trick): products[m] is
 * that of all z before m. */
static void
write_entries(struct bb_entry *entries, const struct bb_point *points,
	      struct bb_point *products, uint32_t count)
{
	struct bb_fe product = bb_fe_one;

	for (uint32_t m = 0; m < count; m++) {
		products[m].z = product;
		product = bb_fe_mul(&product, &points[m].z);
	}
	struct bb_fe inverse = bb_fe_invert(&product);
	for (uint32_t m = count; m-- > 0;) {
		const struct bb_fe z = bb_fe_mul(&inverse, &products[m].z);
		inverse = bb_fe_mul(&inverse, &points[m].z);

		const struct bb_fe x = bb_fe_mul(&points[m].x, &z);
		const struct bb_fe y = bb_fe_mul(&points[m].y, &z);
		const struct bb_fe sum = bb_fe_add(&y, &x);
		const struct bb_fe difference = bb_fe_subtract(&y, &x);
		const struct bb_fe sum_half = bb_fe_half(&sum);
		const struct bb_fe difference_half = bb_fe_half(&difference);
		const struct bb_fe xy = bb_fe_mul(&x, &y);
		const struct bb_fe dxy = bb_fe_mul(&xy, &bb_fe_d);
		settled(entries[m].sum, &sum_half);
		settled(entries[m].difference, &difference_half);
		settled(entries[m].product, &dxy);
		entries[m].unused = 0;
	}
}

void
bb_table_build(struct bb_entry *entries, const struct bb_comb *comb,
	       const struct bb_point *point, struct bb_point *scratch)
{
	const uint32_t half = 1u << (comb->teeth - 1);
	const uint32_t digits = comb->blocks * BB_COMB_COLUMNS; /* between two teeth */
	struct bb_point powers[BB_COMB_BLOCKS_MAX][16];
	struct bb_point power = *point;

	BB_ASSERT(comb->teeth <= 16 && comb->teeth * comb->blocks == 32);
	for (uint32_t i = 0; i < BB_COMB_DIGITS; i++) {
		if (i % BB_COMB_COLUMNS == 0)
			powers[i % digits / BB_COMB_COLUMNS][i / digits] = power;
		power = bb_point_double(&power);
	}
	for (uint32_t block = 0; block < comb->blocks; block++) {
		sums_of_block(scratch, comb->teeth, powers[block]);
		write_entries(entries + block * half, scratch, scratch + half, half);
	}
}
