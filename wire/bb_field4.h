/* bb_field4 - four numbers modulo p = 2^255 - 19 at once: AVX2 and FMA, five limbs of
 * radix 2^51 held as doubles with whole values, centred around zero.
 *
 * A product of two limbs is split exactly by two fused multiply-adds, rounding towards zero
 * (bb_rounding_start must have been called):
 *
 *	h = fma(a, b, c1)        c1 = 1.5 x 2^104, whose last bit is worth 2^52:
 *	                         the mantissa of h counts H = floor(ab / 2^52)
 *	l = fma(a, b, c2 - h)    c2 = c1 + 2^52: the mantissa of l counts ab - 2^52 H
 *
 * so the bit patterns of h and l, less those of the constants, are added up as integers:
 * ab = l + 2 h 2^51, the two columns that a product falls into.
 *
 * Bounds   |a b| < 2^103 keeps h within one power of two, where that holds.
 *          Reduced: limbs within 2^50 + 2^15.  bb_fe4_mul returns reduced numbers and takes
 *          limbs within 2^51 + 2^17: sums and differences of two reduced numbers.
 *          A column adds at most 5 l and 5 x 2 h, below 2^55.4; with what is folded in from
 *          2^255 times 19 it stays below 2^60, so the biased carry below never wraps.
 * Source   the FMA split: Dekker; van der Hoeven, Lecerf, Quintin, "Modular SIMD arithmetic in
 *          Mathemagix", 2016, section 3.  Checked against wide integers by tests/wire.
 * Threads  None of its own.  Replay: pure, whatever the rounding mode was before.
 */
#ifndef BB_FIELD4_H
#define BB_FIELD4_H

#include <immintrin.h>
#include <stdint.h>

struct bb_fe4 {
	__m256d limbs[5];
};

/* bb_rounding_start rounds towards zero and returns what bb_rounding_end restores. */
static inline uint32_t
bb_rounding_start(void)
{
	const uint32_t before = _mm_getcsr();
	_mm_setcsr((before & ~(uint32_t)_MM_ROUND_MASK) | _MM_ROUND_TOWARD_ZERO);
	return before;
}

static inline void
bb_rounding_end(uint32_t before)
{
	_mm_setcsr(before);
}

static inline struct bb_fe4
bb_fe4_add(struct bb_fe4 a, struct bb_fe4 b)
{
	struct bb_fe4 r;
	for (int i = 0; i < 5; i++)
		r.limbs[i] = _mm256_add_pd(a.limbs[i], b.limbs[i]);
	return r;
}

static inline struct bb_fe4
bb_fe4_subtract(struct bb_fe4 a, struct bb_fe4 b)
{
	struct bb_fe4 r;
	for (int i = 0; i < 5; i++)
		r.limbs[i] = _mm256_sub_pd(a.limbs[i], b.limbs[i]);
	return r;
}

#define BB_FE4_C1      0x1.8p104
#define BB_FE4_C1_BITS INT64_C(0x4678000000000000)
#define BB_FE4_C2      (0x1.8p104 + 0x1p52)
#define BB_FE4_L_BITS  INT64_C(0x4330000000000000) /* of 2^52 */

/* One product into its two columns. */
static inline void
bb_fe4_split(__m256i *low, __m256i *high, __m256d a, __m256d b)
{
	const __m256d c1 = _mm256_set1_pd(BB_FE4_C1);
	const __m256d c2 = _mm256_set1_pd(BB_FE4_C2);
	const __m256d h = _mm256_fmadd_pd(a, b, c1);
	const __m256d l = _mm256_fmadd_pd(a, b, _mm256_sub_pd(c2, h));

	*high = _mm256_add_epi64(*high, _mm256_castpd_si256(h));
	*low = _mm256_add_epi64(*low, _mm256_castpd_si256(l));
}

/* bb_fe4_column adds up the products a[i] b[k - i]. */
static inline void
bb_fe4_column(__m256i *low, __m256i *high, const struct bb_fe4 *a, const struct bb_fe4 *b, int k)
{
	const int first = k < 5 ? 0 : k - 4;
	const int last = k < 5 ? k : 4;
	const uint64_t count = (uint64_t)(last - first + 1);

	*low = _mm256_set1_epi64x((int64_t)(0 - count * (uint64_t)BB_FE4_L_BITS));
	*high = _mm256_set1_epi64x((int64_t)(0 - count * (uint64_t)BB_FE4_C1_BITS));
	for (int i = first; i <= last; i++)
		bb_fe4_split(low, high, a->limbs[i], b->limbs[k - i]);
}

static inline __m256i
bb_fe4_times19(__m256i x)
{
	return _mm256_add_epi64(x, _mm256_add_epi64(_mm256_slli_epi64(x, 1),
						     _mm256_slli_epi64(x, 4)));
}

/* bb_fe4_carry turns five columns within 2^60 into a reduced number: one parallel carry, with
 * a bias that makes every column positive and leaves its limb centred. */
static inline struct bb_fe4
bb_fe4_carry(const __m256i columns[5])
{
	const __m256i bias = _mm256_set1_epi64x((INT64_C(1) << 61) + (INT64_C(1) << 50));
	const __m256i mask = _mm256_set1_epi64x((INT64_C(1) << 51) - 1);
	const __m256d magic = _mm256_set1_pd(0x1.8p52);
	/* Takes the bias out again and makes a whole number of 1.5 x 2^52 + it. */
	const int64_t whole = INT64_C(0x4338000000000000) - (INT64_C(1) << 50);
	const __m256i undo0 = _mm256_set1_epi64x(whole - 19 * (INT64_C(1) << 10));
	const __m256i undo = _mm256_set1_epi64x(whole - (INT64_C(1) << 10));
	__m256i rest[5], over[5];
	struct bb_fe4 r;

	for (int i = 0; i < 5; i++) {
		const __m256i t = _mm256_add_epi64(columns[i], bias);
		over[i] = _mm256_srli_epi64(t, 51);
		rest[i] = _mm256_and_si256(t, mask);
	}
	for (int i = 0; i < 5; i++) {
		const __m256i in = i == 0 ? bb_fe4_times19(over[4]) : over[i - 1];
		const __m256i v = _mm256_add_epi64(_mm256_add_epi64(rest[i], in),
						   i == 0 ? undo0 : undo);
		r.limbs[i] = _mm256_sub_pd(_mm256_castsi256_pd(v), magic);
	}
	return r;
}

static inline struct bb_fe4
bb_fe4_mul(struct bb_fe4 a, struct bb_fe4 b)
{
	__m256i low[9], high[9], columns[5];

#pragma GCC unroll 9
	for (int k = 0; k < 9; k++)
		bb_fe4_column(&low[k], &high[k], &a, &b, k);
#pragma GCC unroll 5
	for (int k = 0; k < 5; k++) {
		/* Column k + 5 stands for 2^255 times column k, so for 19 times it. */
		__m256i folded = _mm256_slli_epi64(high[k + 4], 1);
		if (k < 4)
			folded = _mm256_add_epi64(folded, low[k + 5]);
		columns[k] = _mm256_add_epi64(low[k], bb_fe4_times19(folded));
		if (k > 0)
			columns[k] = _mm256_add_epi64(columns[k],
						      _mm256_slli_epi64(high[k - 1], 1));
	}
	return bb_fe4_carry(columns);
}

/* bb_fe4_settle brings limbs within 2^53 back to within 2^51 + 2^7, none below -2^7: enough
 * for a sum of four reduced numbers to be multiplied. */
static inline struct bb_fe4
bb_fe4_settle(struct bb_fe4 a)
{
	const __m256d down = _mm256_set1_pd(0x1p-51);
	const __m256d up = _mm256_set1_pd(0x1p51);
	const __m256d magic = _mm256_set1_pd(0x1.8p52);
	__m256d over[5];
	struct bb_fe4 r;

	for (int i = 0; i < 5; i++) {
		/* Towards zero of a positive sum is the floor. */
		over[i] = _mm256_sub_pd(_mm256_fmadd_pd(a.limbs[i], down, magic), magic);
		r.limbs[i] = _mm256_fnmadd_pd(over[i], up, a.limbs[i]);
	}
	r.limbs[0] = _mm256_fmadd_pd(over[4], _mm256_set1_pd(19), r.limbs[0]);
	for (int i = 1; i < 5; i++)
		r.limbs[i] = _mm256_add_pd(r.limbs[i], over[i - 1]);
	return r;
}

#endif
