/* bb_burst_lanes - [S]B - [k]A for as many products at once as a vector has lanes: the points
 * and the way through the combs, whatever the numbers are made of.
 *
 * Included once by each file that has vector numbers, after it has defined
 *
 *	LANES                       how many
 *	NUMBER                      the type of that many numbers
 *	ADD, SUBTRACT, MUL          on NUMBERs
 *	SETTLE                      of a sum of up to four reduced NUMBERs, where MUL needs it
 *	ONE()                       all ones
 *
 * and which then defines load_leg() and to_lanes(), declared below.
 *
 * Bounds   Every factor of a multiplication here is reduced, or a sum or difference of two
 *          reduced numbers, or settled.
 * Source, memory, threads, errors, replay: as bb_burst.h.
 */
#ifndef BB_BURST_LANES_H
#define BB_BURST_LANES_H

#include "wire/bb_burst_inside.h"

struct points {
	NUMBER x, y, z, t;
};

struct entries {
	NUMBER sum, difference, product;
};

/* One block of one column: an entry a lane, and in which lanes it is negative. */
struct leg {
	const struct bb_entry *entries[LANES];
	uint32_t negative; /* a bit a lane */
};

/* load_leg gathers the entries; a negative one has sum and difference swapped and the sign of
 * its product turned. */
static inline struct entries load_leg(const struct leg *leg);

static inline void to_lanes(struct bb_fe numbers[LANES], const NUMBER *a);

/* Mixed addition, everything halved: a = (Y-X) difference, b = (Y+X) sum, c = T product,
 * e = b-a, f = Z-c, g = Z+c, h = b+a.  T is left out where a doubling follows, which does not
 * read it. */
static inline struct points
add_entries(const struct points *p, const struct entries *q, bool with_t)
{
	const NUMBER a = MUL(SUBTRACT(p->y, p->x), q->difference);
	const NUMBER b = MUL(ADD(p->y, p->x), q->sum);
	const NUMBER c = MUL(p->t, q->product);
	const NUMBER e = SUBTRACT(b, a);
	const NUMBER f = SUBTRACT(p->z, c);
	const NUMBER g = ADD(p->z, c);
	const NUMBER h = ADD(b, a);
	struct points r;

	r.x = MUL(e, f);
	r.y = MUL(g, h);
	r.z = MUL(f, g);
	r.t = with_t ? MUL(e, h) : p->t;
	return r;
}

/* dbl-2008-hwcd: e is a sum of three reduced numbers and f of four, so both are settled. */
static inline struct points
double_points(const struct points *p)
{
	const NUMBER a = MUL(p->x, p->x);
	const NUMBER b = MUL(p->y, p->y);
	const NUMBER z2 = MUL(p->z, p->z);
	const NUMBER sum = ADD(p->x, p->y);
	const NUMBER h = ADD(a, b);
	const NUMBER e = SETTLE(SUBTRACT(h, MUL(sum, sum)));
	const NUMBER g = SUBTRACT(a, b);
	const NUMBER f = SETTLE(ADD(ADD(z2, z2), g));
	struct points r;

	r.x = MUL(e, f);
	r.y = MUL(g, h);
	r.z = MUL(f, g);
	r.t = MUL(e, h);
	return r;
}

/* first_points is entries as points: x = sum - difference, y = sum + difference, z = 1.  x and
 * y go through a multiplication by one, which leaves them reduced. */
static inline struct points
first_points(const struct entries *q)
{
	struct points r;

	r.z = ONE();
	r.x = MUL(SUBTRACT(q->sum, q->difference), r.z);
	r.y = MUL(ADD(q->sum, q->difference), r.z);
	r.t = MUL(r.x, r.y);
	return r;
}

static inline void
set_leg(struct leg *leg, uint32_t lane, const struct bb_entry *block, struct bb_digit digit)
{
	const struct bb_entry *entry = block + digit.index;

	leg->entries[lane] = entry;
	leg->negative |= (uint32_t)digit.negative << lane;
	__builtin_prefetch(entry);
	__builtin_prefetch((const uint8_t *)entry + 64);
}

/* column_legs looks up the entries of a column and starts fetching them. */
static void
column_legs(struct leg *legs, const struct bb_entry *base, const struct bb_comb *comb,
	    const struct bb_product *const products[LANES], uint32_t column)
{
	const uint32_t half = 1u << (comb->teeth - 1);

	for (uint32_t i = 0; i < 2 + comb->blocks; i++)
		legs[i].negative = 0;
	for (uint32_t lane = 0; lane < LANES; lane++) {
		const struct bb_product *product = products[lane];
		for (uint32_t i = 0; i < 2; i++)
			set_leg(&legs[i], lane, base + (i << 15), product->base[column][i]);
		for (uint32_t i = 0; i < comb->blocks; i++)
			set_leg(&legs[2 + i], lane, product->entries + i * half,
				product->key[column][i]);
	}
}

/* Not inlined: the compiler must not move arithmetic across a change of rounding. */
__attribute__((noinline)) static struct points
multiply(const struct bb_entry *base, const struct bb_comb *comb,
	 const struct bb_product *const products[LANES])
{
	const uint32_t count = 2 + comb->blocks;
	struct leg legs[2][2 + BB_COMB_BLOCKS_MAX];

	column_legs(legs[1], base, comb, products, BB_COMB_COLUMNS - 1);
	const struct entries top = load_leg(&legs[1][0]);
	struct points r = first_points(&top);

	for (uint32_t column = BB_COMB_COLUMNS; column-- > 0;) {
		const struct leg *now = legs[column & 1];
		const bool first = column == BB_COMB_COLUMNS - 1;
		if (column > 0)
			column_legs(legs[(column - 1) & 1], base, comb, products, column - 1);
		if (!first)
			r = double_points(&r);
		for (uint32_t i = first ? 1 : 0; i < count; i++) {
			const struct entries entries = load_leg(&now[i]);
			r = add_entries(&r, &entries, i + 1 < count);
		}
	}
	return r;
}

static void
multiply_all(const struct bb_entry *base, const struct bb_comb *comb,
	     const struct bb_product *products, uint32_t count, struct bb_projective *results)
{
	for (uint32_t first = 0; first < count; first += LANES) {
		const struct bb_product *lanes[LANES];
		struct bb_fe x[LANES], y[LANES], z[LANES];
		/* A short last group repeats its first product in the lanes left over. */
		for (uint32_t lane = 0; lane < LANES; lane++)
			lanes[lane] = &products[first + lane < count ? first + lane : first];
		const struct points points = multiply(base, comb, lanes);
		to_lanes(x, &points.x);
		to_lanes(y, &points.y);
		to_lanes(z, &points.z);
		for (uint32_t lane = 0; lane < LANES && first + lane < count; lane++)
			results[first + lane] =
				(struct bb_projective){ x[lane], y[lane], z[lane] };
	}
}

#endif
