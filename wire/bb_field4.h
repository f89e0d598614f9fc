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
bb_fe4_one(void)
{
	struct bb_fe4 r;
	for (int i = 0; i < 5; i++)
		r.limbs[i] = _mm256_set1_pd(i == 0 ? 1.0 : 0.0);
	return r;
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
#define BB_FE4_C1_BITS UINT64_C(0x4678000000000000)
#define BB_FE4_C2      (0x1.8p104 + 0x1p52)
#define BB_FE4_L_BITS  UINT64_C(0x4330000000000000) /* of 2^52 */

/* The sums of one column as they come, with the bits of the constants still in them. */
struct bb_fe4_sums {
	__m256i low;
	__m256i high;
};

/* bb_fe4_column adds up the products a[i] b[k - i].  The constants' bits are taken out once,
 * in the bias of the carry: everything between is a sum modulo 2^64. */
static inline struct bb_fe4_sums
bb_fe4_column(const struct bb_fe4 *a, const struct bb_fe4 *b, int k)
{
	const int first = k < 5 ? 0 : k - 4;
	const int last = k < 5 ? k : 4;
	const __m256d c1 = _mm256_set1_pd(BB_FE4_C1);
	const __m256d c2 = _mm256_set1_pd(BB_FE4_C2);
	struct bb_fe4_sums sums;

#pragma GCC unroll 5
	for (int i = first; i <= last; i++) {
		const __m256d x = a->limbs[i];
		const __m256d y = b->limbs[k - i];
		const __m256d h = _mm256_fmadd_pd(x, y, c1);
		const __m256d l = _mm256_fmadd_pd(x, y, _mm256_sub_pd(c2, h));
		if (i == first) {
			sums.low = _mm256_castpd_si256(l);
			sums.high = _mm256_castpd_si256(h);
		} else {
			sums.low = _mm256_add_epi64(sums.low, _mm256_castpd_si256(l));
			sums.high = _mm256_add_epi64(sums.high, _mm256_castpd_si256(h));
		}
	}
	return sums;
}

/* How many products column k has, 0..8; of others none. */
#define BB_FE4_PRODUCTS(k) \
	((k) < 0 || (k) > 8 ? 0 : (k) < 5 ? (uint64_t)(k) + 1 : 9 - (uint64_t)(k))

/* What the constants' bits come to in column k: low of k, twice high of k - 1. */
#define BB_FE4_EXTRA(k)                                       \
	(BB_FE4_PRODUCTS(k) * BB_FE4_L_BITS +                 \
	 2 * BB_FE4_PRODUCTS((k) - 1) * BB_FE4_C1_BITS)

/* The bias of the carry makes a column positive and its limb centred. */
#define BB_FE4_BIAS ((UINT64_C(1) << 61) + (UINT64_C(1) << 50))

/* The same, less what the constants left in folded column k. */
#define BB_FE4_FOLDED_BIAS(k) \
	((int64_t)(BB_FE4_BIAS - BB_FE4_EXTRA(k) - 19 * BB_FE4_EXTRA((k) + 5)))

static inline __m256i
bb_fe4_times19(__m256i x)
{
	return _mm256_add_epi64(x, _mm256_add_epi64(_mm256_slli_epi64(x, 1),
						     _mm256_slli_epi64(x, 4)));
}

/* bb_fe4_carry turns five biased columns into a reduced number: one carry, in parallel. */
static inline struct bb_fe4
bb_fe4_carry(const __m256i biased[5])
{
	const __m256i mask = _mm256_set1_epi64x((INT64_C(1) << 51) - 1);
	const __m256d magic = _mm256_set1_pd(0x1.8p52);
	/* Takes the bias out again and makes a whole number of 1.5 x 2^52 + it. */
	const int64_t whole = INT64_C(0x4338000000000000) - (INT64_C(1) << 50);
	const __m256i undo0 = _mm256_set1_epi64x(whole - 19 * (INT64_C(1) << 10));
	const __m256i undo = _mm256_set1_epi64x(whole - (INT64_C(1) << 10));
	struct bb_fe4 r;

	/* The highest limb's carry, 19 times, comes in below. */
	__m256i in = bb_fe4_times19(_mm256_srli_epi64(biased[4], 51));
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++) {
		const __m256i v =
			_mm256_add_epi64(_mm256_and_si256(biased[i], mask),
					 _mm256_add_epi64(in, i == 0 ? undo0 : undo));
		in = _mm256_srli_epi64(biased[i], 51);
		r.limbs[i] = _mm256_sub_pd(_mm256_castsi256_pd(v), magic);
	}
	return r;
}

/* Columns from the highest down, so that each pair of sums is used up at once: registers are
 * what is scarce. */
static inline struct bb_fe4
bb_fe4_mul(struct bb_fe4 a, struct bb_fe4 b)
{
	static const int64_t bias[5] = { BB_FE4_FOLDED_BIAS(0), BB_FE4_FOLDED_BIAS(1),
					 BB_FE4_FOLDED_BIAS(2), BB_FE4_FOLDED_BIAS(3),
					 BB_FE4_FOLDED_BIAS(4) };
	__m256i biased[5];
	__m256i above = _mm256_setzero_si256(); /* the low sums of the column before */

#pragma GCC unroll 4
	for (int k = 8; k > 4; k--) {
		/* Column k + 1 stands for 2^255 times column k - 4, so for 19 times it. */
		const struct bb_fe4_sums sums = bb_fe4_column(&a, &b, k);
		const __m256i twice = _mm256_slli_epi64(sums.high, 1);
		biased[k - 4] = bb_fe4_times19(k == 8 ? twice : _mm256_add_epi64(twice, above));
		above = sums.low;
	}
#pragma GCC unroll 5
	for (int k = 4; k >= 0; k--) {
		const struct bb_fe4_sums sums = bb_fe4_column(&a, &b, k);
		const __m256i twice = _mm256_slli_epi64(sums.high, 1);
		if (k == 4)
			biased[0] = bb_fe4_times19(_mm256_add_epi64(twice, above));
		else
			biased[k + 1] = _mm256_add_epi64(biased[k + 1], twice);
		biased[k] = _mm256_add_epi64(biased[k],
					     _mm256_add_epi64(sums.low,
							      _mm256_set1_epi64x(bias[k])));
	}
	return bb_fe4_carry(biased);
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
