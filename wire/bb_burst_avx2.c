/* Four products at once, one a lane: the four keys are different ones as a rule. */
#include "wire/bb_field4.h"

#define LANES    4u
#define NUMBER   struct bb_fe4
#define ADD      bb_fe4_add
#define SUBTRACT bb_fe4_subtract
#define MUL      bb_fe4_mul
#define SETTLE   bb_fe4_settle
#define ONE      bb_fe4_one

#include "wire/bb_burst_lanes.h"

/* whole4 makes doubles of numbers below 2^52: the bits of 2^52 + it, less 2^52. */
static inline __m256d
whole4(__m256d bits)
{
	const __m256d magic = _mm256_set1_pd(0x1p52);
	return _mm256_sub_pd(_mm256_or_pd(bits, magic), magic);
}

/* transpose4 reads four limbs from each lane and returns them limb by limb, as doubles. */
static inline void
transpose4(__m256d limbs[4], const struct leg *leg, int at)
{
	__m256d r[LANES];
	for (uint32_t lane = 0; lane < LANES; lane++)
		r[lane] = _mm256_castsi256_pd(_mm256_load_si256(
			(const __m256i *)(const void *)(leg->entries[lane]->all + at)));
	const __m256d low01 = _mm256_unpacklo_pd(r[0], r[1]);
	const __m256d high01 = _mm256_unpackhi_pd(r[0], r[1]);
	const __m256d low23 = _mm256_unpacklo_pd(r[2], r[3]);
	const __m256d high23 = _mm256_unpackhi_pd(r[2], r[3]);

	limbs[0] = whole4(_mm256_permute2f128_pd(low01, low23, 0x20));
	limbs[1] = whole4(_mm256_permute2f128_pd(high01, high23, 0x20));
	limbs[2] = whole4(_mm256_permute2f128_pd(low01, low23, 0x31));
	limbs[3] = whole4(_mm256_permute2f128_pd(high01, high23, 0x31));
}

static inline struct entries
load_leg(const struct leg *leg)
{
	/* A bit a lane becomes a mask a lane. */
	const __m256i bits = _mm256_setr_epi64x(1, 2, 4, 8);
	const __m256i mine = _mm256_and_si256(_mm256_set1_epi64x(leg->negative), bits);
	const __m256d negative = _mm256_castsi256_pd(_mm256_cmpeq_epi64(mine, bits));
	const __m256d sign = _mm256_and_pd(negative, _mm256_set1_pd(-0.0));
	__m256d limbs[16];
	struct entries r;

	for (int at = 0; at < 16; at += 4)
		transpose4(limbs + at, leg, at);
	for (int i = 0; i < 5; i++) {
		r.sum.limbs[i] = _mm256_blendv_pd(limbs[i], limbs[5 + i], negative);
		r.difference.limbs[i] = _mm256_blendv_pd(limbs[5 + i], limbs[i], negative);
		r.product.limbs[i] = _mm256_xor_pd(limbs[10 + i], sign);
	}
	return r;
}

/* to_lanes turns numbers with limbs within 2^51 of zero into reduced ones. */
static inline void
to_lanes(struct bb_fe numbers[LANES], const struct bb_fe4 *a)
{
	/* 4p, limb by limb, makes them positive; 1.5 x 2^52 + it shows them as integers. */
	_Alignas(32) uint64_t limbs[5][LANES];

	for (int i = 0; i < 5; i++) {
		const __m256d magic = _mm256_set1_pd(0x1.8p52);
		const int64_t positive = (INT64_C(4) << 51) - (i == 0 ? 4 * 19 : 4) -
					 INT64_C(0x4338000000000000);
		const __m256i whole = _mm256_castpd_si256(_mm256_add_pd(a->limbs[i], magic));
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

	multiply_all(base, comb, products, count, results);
	bb_rounding_end(rounding);
}
