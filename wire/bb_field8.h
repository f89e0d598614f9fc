/* bb_field8 - eight numbers modulo p = 2^255 - 19 at once: AVX-512 IFMA, five limbs of 51 bits.
 *
 * vpmadd52 adds the low or the high 52 bits of a product of two 52-bit numbers.  High ones
 * are worth 2^52 = 2 x 2^51, so column k of a product is low of k and twice high of k - 1;
 * what lies above 2^255 comes back 19 times.
 *
 * Bounds   Reduced: limbs below 2^51 + 2^15.  All functions take limbs below 2^52, which a
 *          multiplication needs exactly, and return reduced numbers; bb_fe8_negate returns
 *          limbs below 2^52.  A column is below 15 x 2^52, with the one folded in 19 times
 *          below 2^61.
 * Source   Gueron, Krasnov, "Accelerating big integer arithmetic using Intel IFMA
 *          extensions", 2016; the radix as in bb_field.h.
 * Threads  None of its own.  Replay: pure.
 */
#ifndef BB_FIELD8_H
#define BB_FIELD8_H

#include <immintrin.h>
#include <stdint.h>

struct bb_fe8 {
	__m512i limbs[5];
};

static inline struct bb_fe8
bb_fe8_one(void)
{
	struct bb_fe8 r;
	for (int i = 0; i < 5; i++)
		r.limbs[i] = _mm512_set1_epi64(i == 0);
	return r;
}

static inline __m512i
bb_fe8_times19(__m512i x)
{
	return _mm512_add_epi64(x, _mm512_add_epi64(_mm512_slli_epi64(x, 1),
						     _mm512_slli_epi64(x, 4)));
}

/* bb_fe8_carry takes limbs below 2^61. */
static inline struct bb_fe8
bb_fe8_carry(const __m512i t[5])
{
	const __m512i mask = _mm512_set1_epi64((INT64_C(1) << 51) - 1);
	__m512i in = bb_fe8_times19(_mm512_srli_epi64(t[4], 51));
	struct bb_fe8 r;

#pragma GCC unroll 5
	for (int i = 0; i < 5; i++) {
		r.limbs[i] = _mm512_add_epi64(_mm512_and_si512(t[i], mask), in);
		in = _mm512_srli_epi64(t[i], 51);
	}
	return r;
}

/* 2p, limb by limb: at or above every limb below 2^52 - 38. */
static inline __m512i
bb_fe8_two_p(int limb)
{
	return _mm512_set1_epi64((INT64_C(1) << 52) - (limb == 0 ? 2 * 19 : 2));
}

static inline struct bb_fe8
bb_fe8_add(struct bb_fe8 a, struct bb_fe8 b)
{
	__m512i t[5];
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++)
		t[i] = _mm512_add_epi64(a.limbs[i], b.limbs[i]);
	return bb_fe8_carry(t);
}

/* bb_fe8_subtract takes a reduced b. */
static inline struct bb_fe8
bb_fe8_subtract(struct bb_fe8 a, struct bb_fe8 b)
{
	__m512i t[5];
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++)
		t[i] = _mm512_add_epi64(a.limbs[i],
					_mm512_sub_epi64(bb_fe8_two_p(i), b.limbs[i]));
	return bb_fe8_carry(t);
}

/* bb_fe8_negate turns the sign of a reduced number in the lanes of which. */
static inline struct bb_fe8
bb_fe8_negate(struct bb_fe8 a, __mmask8 which)
{
	struct bb_fe8 r;
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++)
		r.limbs[i] = _mm512_mask_sub_epi64(a.limbs[i], which, bb_fe8_two_p(i),
						   a.limbs[i]);
	return r;
}

static inline struct bb_fe8
bb_fe8_mul(struct bb_fe8 a, struct bb_fe8 b)
{
	const __m512i zero = _mm512_setzero_si512();
	__m512i low[9], high[9], t[5];

#pragma GCC unroll 9
	for (int k = 0; k < 9; k++) {
		low[k] = zero;
		high[k] = zero;
	}
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
		for (int j = 0; j < 5; j++) {
			low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.limbs[i], b.limbs[j]);
			high[i + j] = _mm512_madd52hi_epu64(high[i + j], a.limbs[i], b.limbs[j]);
		}
	}
#pragma GCC unroll 5
	for (int k = 0; k < 5; k++) {
		__m512i above = _mm512_slli_epi64(high[k + 4], 1);
		if (k < 4)
			above = _mm512_add_epi64(above, low[k + 5]);
		t[k] = _mm512_add_epi64(low[k], bb_fe8_times19(above));
		if (k > 0)
			t[k] = _mm512_add_epi64(t[k], _mm512_slli_epi64(high[k - 1], 1));
	}
	return bb_fe8_carry(t);
}

#endif
