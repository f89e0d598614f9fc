/* Eight products at once with AVX-512 IFMA, one a lane. */
#include "wire/bb_burst_inside.h"
#include "wire/bb_field8.h"

#define LANES 8u

struct point8 {
	struct bb_fe8 x, y, z, t;
};

struct entry8 {
	struct bb_fe8 sum, difference, product;
};

/* transpose8 reads eight numbers from each lane and returns them limb by limb: pairs of
 * lanes are interleaved, then halves and quarters exchanged. */
static inline void
transpose8(__m512i limbs[8], const uint64_t *const rows[LANES], int at)
{
	__m512i even[4], odd[4];

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const __m512i left = _mm512_load_si512((const void *)(rows[2 * i] + at));
		const __m512i right = _mm512_load_si512((const void *)(rows[2 * i + 1] + at));
		even[i] = _mm512_unpacklo_epi64(left, right);
		odd[i] = _mm512_unpackhi_epi64(left, right);
	}
#pragma GCC unroll 2
	for (int i = 0; i < 2; i++) {
		const __m512i *pairs = i == 0 ? even : odd;
		const __m512i u0 = _mm512_shuffle_i64x2(pairs[0], pairs[1], 0x88);
		const __m512i u1 = _mm512_shuffle_i64x2(pairs[2], pairs[3], 0x88);
		const __m512i v0 = _mm512_shuffle_i64x2(pairs[0], pairs[1], 0xdd);
		const __m512i v1 = _mm512_shuffle_i64x2(pairs[2], pairs[3], 0xdd);
		limbs[i] = _mm512_shuffle_i64x2(u0, u1, 0x88);
		limbs[2 + i] = _mm512_shuffle_i64x2(v0, v1, 0x88);
		limbs[4 + i] = _mm512_shuffle_i64x2(u0, u1, 0xdd);
		limbs[6 + i] = _mm512_shuffle_i64x2(v0, v1, 0xdd);
	}
}

/* One block of one column: the entries of all lanes, and which are negative. */
struct leg {
	const struct bb_entry *entries[LANES];
	uint32_t negative; /* a bit a lane */
};

static inline struct entry8
load_leg(const struct leg *leg)
{
	const uint64_t *rows[LANES];
	const __mmask8 negative = (__mmask8)leg->negative;
	__m512i limbs[16];
	struct entry8 r;

	for (uint32_t lane = 0; lane < LANES; lane++)
		rows[lane] = leg->entries[lane]->sum;
	transpose8(limbs, rows, 0);
	transpose8(limbs + 8, rows, 8);
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++) {
		r.sum.limbs[i] = _mm512_mask_mov_epi64(limbs[i], negative, limbs[5 + i]);
		r.difference.limbs[i] = _mm512_mask_mov_epi64(limbs[5 + i], negative, limbs[i]);
		r.product.limbs[i] = limbs[10 + i];
	}
	r.product = bb_fe8_negate(r.product, negative);
	return r;
}

/* The mixed addition of bb_burst_avx2.c. */
static inline struct point8
add8(const struct point8 *p, const struct entry8 *q, bool with_t)
{
	const struct bb_fe8 a = bb_fe8_mul(bb_fe8_subtract(p->y, p->x), q->difference);
	const struct bb_fe8 b = bb_fe8_mul(bb_fe8_add(p->y, p->x), q->sum);
	const struct bb_fe8 c = bb_fe8_mul(p->t, q->product);
	const struct bb_fe8 e = bb_fe8_subtract(b, a);
	const struct bb_fe8 f = bb_fe8_subtract(p->z, c);
	const struct bb_fe8 g = bb_fe8_add(p->z, c);
	const struct bb_fe8 h = bb_fe8_add(b, a);
	struct point8 r;

	r.x = bb_fe8_mul(e, f);
	r.y = bb_fe8_mul(g, h);
	r.z = bb_fe8_mul(f, g);
	r.t = with_t ? bb_fe8_mul(e, h) : p->t;
	return r;
}

static inline struct point8
double8(const struct point8 *p)
{
	const struct bb_fe8 a = bb_fe8_mul(p->x, p->x);
	const struct bb_fe8 b = bb_fe8_mul(p->y, p->y);
	const struct bb_fe8 z2 = bb_fe8_mul(p->z, p->z);
	const struct bb_fe8 sum = bb_fe8_add(p->x, p->y);
	const struct bb_fe8 h = bb_fe8_add(a, b);
	const struct bb_fe8 e = bb_fe8_subtract(h, bb_fe8_mul(sum, sum));
	const struct bb_fe8 g = bb_fe8_subtract(a, b);
	const struct bb_fe8 f = bb_fe8_add(bb_fe8_add(z2, z2), g);
	struct point8 r;

	r.x = bb_fe8_mul(e, f);
	r.y = bb_fe8_mul(g, h);
	r.z = bb_fe8_mul(f, g);
	r.t = bb_fe8_mul(e, h);
	return r;
}

/* first8 is an entry as a point: x = sum - difference, y = sum + difference, z = 1. */
static inline struct point8
first8(const struct entry8 *q)
{
	struct point8 r;

	r.x = bb_fe8_subtract(q->sum, q->difference);
	r.y = bb_fe8_add(q->sum, q->difference);
	r.t = bb_fe8_mul(r.x, r.y);
	for (int i = 0; i < 5; i++)
		r.z.limbs[i] = _mm512_set1_epi64(i == 0);
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

static struct point8
multiply8(const struct bb_entry *base, const struct bb_comb *comb,
	  const struct bb_product *const products[LANES])
{
	const uint32_t count = 2 + comb->blocks;
	struct leg legs[2][2 + BB_COMB_BLOCKS_MAX];

	column_legs(legs[1], base, comb, products, BB_COMB_COLUMNS - 1);
	const struct entry8 top = load_leg(&legs[1][0]);
	struct point8 r = first8(&top);

	for (uint32_t column = BB_COMB_COLUMNS; column-- > 0;) {
		const struct leg *now = legs[column & 1];
		const bool first = column == BB_COMB_COLUMNS - 1;
		if (column > 0)
			column_legs(legs[(column - 1) & 1], base, comb, products, column - 1);
		if (!first)
			r = double8(&r);
		for (uint32_t i = first ? 1 : 0; i < count; i++) {
			const struct entry8 entry = load_leg(&now[i]);
			r = add8(&r, &entry, i + 1 < count);
		}
	}
	return r;
}

static inline void
to_lanes(struct bb_fe numbers[LANES], const struct bb_fe8 *a)
{
	_Alignas(64) uint64_t limbs[5][LANES];

	for (int i = 0; i < 5; i++)
		_mm512_store_si512(limbs[i], a->limbs[i]);
	for (uint32_t lane = 0; lane < LANES; lane++)
		for (int i = 0; i < 5; i++)
			numbers[lane].limbs[i] = limbs[i][lane];
}

void
bb_burst_multiply_ifma(const struct bb_entry *base, const struct bb_comb *comb,
		       const struct bb_product *products, uint32_t count,
		       struct bb_projective *results)
{
	for (uint32_t first = 0; first < count; first += LANES) {
		const struct bb_product *lanes[LANES];
		struct bb_fe x[LANES], y[LANES], z[LANES];
		/* A short last group repeats its first product in the lanes left over. */
		for (uint32_t lane = 0; lane < LANES; lane++)
			lanes[lane] = &products[first + lane < count ? first + lane : first];
		const struct point8 point = multiply8(base, comb, lanes);
		to_lanes(x, &point.x);
		to_lanes(y, &point.y);
		to_lanes(z, &point.z);
		for (uint32_t lane = 0; lane < LANES && first + lane < count; lane++)
			results[first + lane] =
				(struct bb_projective){ x[lane], y[lane], z[lane] };
	}
}
