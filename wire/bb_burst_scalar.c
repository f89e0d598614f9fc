/* One product at a time, in 64-bit integers.  Compiled twice: BB_BURST_SCALAR_NAME names the
 * second one, whose compiler flags allow BMI2 and ADX. */
#include "wire/bb_burst_inside.h"

#ifndef BB_BURST_SCALAR_NAME
#define BB_BURST_SCALAR_NAME bb_burst_multiply_scalar
#endif

struct entry {
	struct bb_fe sum, difference, product;
};

static inline struct entry
load_entry(const struct bb_entry *block, struct bb_digit digit)
{
	const struct bb_entry *entry = block + digit.index;
	struct entry r;

	for (int i = 0; i < 5; i++) {
		r.sum.limbs[i] = entry->sum[i];
		r.difference.limbs[i] = entry->difference[i];
		r.product.limbs[i] = entry->product[i];
	}

	if (digit.negative) {
		const struct bb_fe swap = r.sum;
		r.sum = r.difference;
		r.difference = swap;
		r.product = bb_fe_negate(&r.product);
	}
	return r;
}

/* Mixed addition, everything halved, as in bb_burst_avx2.c. */
static inline void
add_entry(struct bb_point *p, const struct entry *q)
{
	struct bb_fe s = bb_fe_subtract(&p->y, &p->x);
	const struct bb_fe a = bb_fe_mul(&s, &q->difference);
	s = bb_fe_add(&p->y, &p->x);
	const struct bb_fe b = bb_fe_mul(&s, &q->sum);
	const struct bb_fe c = bb_fe_mul(&p->t, &q->product);
	const struct bb_fe e = bb_fe_subtract(&b, &a);
	const struct bb_fe f = bb_fe_subtract(&p->z, &c);
	const struct bb_fe g = bb_fe_add(&p->z, &c);
	const struct bb_fe h = bb_fe_add(&b, &a);

	*p = bb_point_of(&e, &f, &g, &h);
}

void
BB_BURST_SCALAR_NAME(const struct bb_entry *base, const struct bb_comb *comb,
		     const struct bb_product *products, uint32_t count,
		     struct bb_projective *results)
{
	const uint32_t half = 1u << (comb->teeth - 1);

	for (uint32_t i = 0; i < count; i++) {
		const struct bb_product *product = &products[i];
		struct bb_point r = bb_point_identity;
		for (uint32_t column = BB_COMB_COLUMNS; column-- > 0;) {
			struct entry entry;
			r = bb_point_double(&r);
			for (uint32_t block = 0; block < 2; block++) {
				entry = load_entry(base + (block << 15),
						   product->base[column][block]);
				add_entry(&r, &entry);
			}
			for (uint32_t block = 0; block < comb->blocks; block++) {
				entry = load_entry(product->entries + block * half,
						   product->key[column][block]);
				add_entry(&r, &entry);
			}
		}
		results[i] = (struct bb_projective){ .x = r.x, .y = r.y, .z = r.z };
	}
}
