/* Four products at once, one a lane: the four keys are different ones as a rule. */
#include "wire/bb_burst_inside.h"
#include "wire/bb_field4.h"

#define LANES 4u

struct point4 {
	struct bb_fe4 x, y, z, t;
};

struct entry4 {
	struct bb_fe4 sum, difference, product;
};

/* whole4 makes doubles of numbers below 2^52: the bits of 2^52 + it, less 2^52. */
static inline __m256d
whole4(__m256d bits)
{
	const __m256d magic = _mm256_set1_pd(0x1p52);
	return _mm256_sub_pd(_mm256_or_pd(bits, magic), magic);
}

/* transpose4 reads four limbs from each lane and returns them limb by limb, as doubles. */
static inline void
transpose4(__m256d limbs[4], const uint64_t *const rows[LANES], int at)
{
	__m256d r[LANES];
	for (uint32_t lane = 0; lane < LANES; lane++)
		r[lane] = _mm256_castsi256_pd(
			_mm256_load_si256((const __m256i *)(const void *)(rows[lane] + at)));
	const __m256d low01 = _mm256_unpacklo_pd(r[0], r[1]);
	const __m256d high01 = _mm256_unpackhi_pd(r[0], r[1]);
	const __m256d low23 = _mm256_unpacklo_pd(r[2], r[3]);
	const __m256d high23 = _mm256_unpackhi_pd(r[2], r[3]);

	limbs[0] = whole4(_mm256_permute2f128_pd(low01, low23, 0x20));
	limbs[1] = whole4(_mm256_permute2f128_pd(high01, high23, 0x20));
	limbs[2] = whole4(_mm256_permute2f128_pd(low01, low23, 0x31));
	limbs[3] = whole4(_mm256_permute2f128_pd(high01, high23, 0x31));
}

/* load_entries gathers one entry a lane; a negative one has sum and difference swapped and
 * the product's sign turned. */
static inline struct entry4
load_entries(const struct bb_entry *const entries[LANES], __m256d negative)
{
	const uint64_t *const rows[LANES] = { entries[0]->sum, entries[1]->sum, entries[2]->sum,
					      entries[3]->sum };
	const __m256d sign = _mm256_and_pd(negative, _mm256_set1_pd(-0.0));
	__m256d limbs[16];
	struct entry4 r;

	for (int at = 0; at < 16; at += 4)
		transpose4(limbs + at, rows, at);
	for (int i = 0; i < 5; i++) {
		r.sum.limbs[i] = _mm256_blendv_pd(limbs[i], limbs[5 + i], negative);
		r.difference.limbs[i] = _mm256_blendv_pd(limbs[5 + i], limbs[i], negative);
		r.product.limbs[i] = _mm256_xor_pd(limbs[10 + i], sign);
	}
	return r;
}

/* Mixed addition, everything halved: a = (Y-X) difference, b = (Y+X) sum, c = T product,
 * e = b-a, f = Z-c, g = Z+c, h = b+a.  Each of these is a sum of two reduced numbers.  T is
 * left out where a doubling follows, which does not read it. */
static inline struct point4
add4(const struct point4 *p, const struct entry4 *q, bool with_t)
{
	const struct bb_fe4 a = bb_fe4_mul(bb_fe4_subtract(p->y, p->x), q->difference);
	const struct bb_fe4 b = bb_fe4_mul(bb_fe4_add(p->y, p->x), q->sum);
	const struct bb_fe4 c = bb_fe4_mul(p->t, q->product);
	const struct bb_fe4 e = bb_fe4_subtract(b, a);
	const struct bb_fe4 f = bb_fe4_subtract(p->z, c);
	const struct bb_fe4 g = bb_fe4_add(p->z, c);
	const struct bb_fe4 h = bb_fe4_add(b, a);
	struct point4 r;

	r.x = bb_fe4_mul(e, f);
	r.y = bb_fe4_mul(g, h);
	r.z = bb_fe4_mul(f, g);
	r.t = with_t ? bb_fe4_mul(e, h) : p->t;
	return r;
}

/* dbl-2008-hwcd: e is a sum of three reduced numbers and f of four, so both are settled. */
static inline struct point4
double4(const struct point4 *p)
{
	const struct bb_fe4 a = bb_fe4_mul(p->x, p->x);
	const struct bb_fe4 b = bb_fe4_mul(p->y, p->y);
	const struct bb_fe4 z2 = bb_fe4_mul(p->z, p->z);
	const struct bb_fe4 sum = bb_fe4_add(p->x, p->y);
	const struct bb_fe4 h = bb_fe4_add(a, b);
	const struct bb_fe4 e =
		bb_fe4_settle(bb_fe4_subtract(h, bb_fe4_mul(sum, sum)));
	const struct bb_fe4 g = bb_fe4_subtract(a, b);
	const struct bb_fe4 f = bb_fe4_settle(bb_fe4_add(bb_fe4_add(z2, z2), g));
	struct point4 r;

	r.x = bb_fe4_mul(e, f);
	r.y = bb_fe4_mul(g, h);
	r.z = bb_fe4_mul(f, g);
	r.t = bb_fe4_mul(e, h);
	return r;
}

/* first4 is an entry as a point: x = sum - difference, y = sum + difference, z = 1.  x and y
 * go through a multiplication by one, which leaves them reduced. */
static inline struct point4
first4(const struct entry4 *q)
{
	struct point4 r;

	for (int i = 0; i < 5; i++)
		r.z.limbs[i] = _mm256_set1_pd(i == 0 ? 1.0 : 0.0);
	r.x = bb_fe4_mul(bb_fe4_subtract(q->sum, q->difference), r.z);
	r.y = bb_fe4_mul(bb_fe4_add(q->sum, q->difference), r.z);
	r.t = bb_fe4_mul(r.x, r.y);
	return r;
}

/* One block of one column: the entries of four lanes. */
struct leg {
	const struct bb_entry *entries[LANES];
	uint64_t negative[LANES];
};

static inline void
set_leg(struct leg *leg, uint32_t lane, const struct bb_entry *block, struct bb_digit digit)
{
	const struct bb_entry *entry = block + digit.index;

	leg->entries[lane] = entry;
	leg->negative[lane] = 0 - (uint64_t)digit.negative;
	__builtin_prefetch(entry);
	__builtin_prefetch((const uint8_t *)entry + 64);
}

/* column_legs looks up the entries of a column and starts fetching them. */
static uint32_t
column_legs(struct leg *legs, const struct bb_entry *base, const struct bb_comb *comb,
	    const struct bb_product *const products[LANES], uint32_t column)
{
	const uint32_t half = 1u << (comb->teeth - 1);

	for (uint32_t lane = 0; lane < LANES; lane++) {
		const struct bb_product *product = products[lane];
		for (uint32_t i = 0; i < 2; i++)
			set_leg(&legs[i], lane, base + (i << 15), product->base[column][i]);
		for (uint32_t i = 0; i < comb->blocks; i++)
			set_leg(&legs[2 + i], lane, product->entries + i * half,
				product->key[column][i]);
	}
	return 2 + comb->blocks;
}

static inline struct entry4
load_leg(const struct leg *leg)
{
	return load_entries(leg->entries,
			    _mm256_castsi256_pd(_mm256_loadu_si256(
				    (const __m256i *)(const void *)leg->negative)));
}

/* Not inlined: the compiler must not move arithmetic across the change of rounding. */
__attribute__((noinline)) static struct point4
multiply4(const struct bb_entry *base, const struct bb_comb *comb,
	  const struct bb_product *const products[LANES])
{
	struct leg legs[2][2 + BB_COMB_BLOCKS_MAX];
	uint32_t count = column_legs(legs[1], base, comb, products, BB_COMB_COLUMNS - 1);
	const struct entry4 top = load_leg(&legs[1][0]);
	struct point4 r = first4(&top);

	for (uint32_t column = BB_COMB_COLUMNS; column-- > 0;) {
		const struct leg *now = legs[column & 1];
		const bool first = column == BB_COMB_COLUMNS - 1;
		if (column > 0)
			column_legs(legs[(column - 1) & 1], base, comb, products, column - 1);
		if (!first)
			r = double4(&r);
		for (uint32_t i = first ? 1 : 0; i < count; i++) {
			const struct entry4 entry = load_leg(&now[i]);
			r = add4(&r, &entry, i + 1 < count);
		}
	}
	return r;
}

/* to_lanes turns four numbers with limbs within 2^51 of zero into reduced ones. */
static inline void
to_lanes(struct bb_fe numbers[LANES], const struct bb_fe4 *a)
{
	/* 4p, limb by limb, makes them positive; 1.5 x 2^52 + it shows them as integers. */
	_Alignas(32) uint64_t limbs[5][LANES];

	for (int i = 0; i < 5; i++) {
		const __m256d magic = _mm256_set1_pd(0x1.8p52);
		const int64_t positive = (INT64_C(4) << 51) - (i == 0 ? 4 * 19 : 4) -
					 INT64_C(0x4338000000000000);
		const __m256i whole =
			_mm256_castpd_si256(_mm256_add_pd(a->limbs[i], magic));
		_mm256_store_si256((__m256i *)(void *)limbs[i],
				   _mm256_add_epi64(whole, _mm256_set1_epi64x(positive)));
	}
	for (uint32_t lane = 0; lane < LANES; lane++) {
		const uint64_t t[5] = { limbs[0][lane], limbs[1][lane], limbs[2][lane],
					limbs[3][lane], limbs[4][lane] };
		numbers[lane] = bb_fe_carry(t);
	}
}

void
bb_burst_multiply_avx2(const struct bb_entry *base, const struct bb_comb *comb,
		       const struct bb_product *products, uint32_t count,
		       struct bb_projective *results)
{
	const uint32_t rounding = bb_rounding_start();

	for (uint32_t first = 0; first < count; first += LANES) {
		const struct bb_product *lanes[LANES];
		/* A short last group repeats its first product in the lanes left over. */
		for (uint32_t lane = 0; lane < LANES; lane++)
			lanes[lane] = &products[first + lane < count ? first + lane : first];
		const struct point4 point = multiply4(base, comb, lanes);
		struct bb_fe x[LANES], y[LANES], z[LANES];
		to_lanes(x, &point.x);
		to_lanes(y, &point.y);
		to_lanes(z, &point.z);
		for (uint32_t lane = 0; lane < LANES && first + lane < count; lane++)
			results[first + lane] =
				(struct bb_projective){ x[lane], y[lane], z[lane] };
	}
	bb_rounding_end(rounding);
}
