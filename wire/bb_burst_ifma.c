/* Eight products at once with AVX-512 IFMA, one a lane. */
#include "wire/bb_field8.h"

#define LANES    8u
#define NUMBER   struct bb_fe8
#define ADD      bb_fe8_add
#define SUBTRACT bb_fe8_subtract
#define MUL      bb_fe8_mul
#define SETTLE   /* sums are carried as they are made */
#define ONE      bb_fe8_one

#include "wire/bb_burst_lanes.h"

/* transpose8 reads eight numbers from each lane and returns them limb by limb: pairs of
 * lanes are interleaved, then halves and quarters exchanged. */
static inline void
transpose8(__m512i limbs[8], const struct leg *leg, int at)
{
	__m512i even[4], odd[4];

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const __m512i left = _mm512_load_si512(leg->entries[2 * i]->all + at);
		const __m512i right = _mm512_load_si512(leg->entries[2 * i + 1]->all + at);
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

static inline struct entries
load_leg(const struct leg *leg)
{
	const __mmask8 negative = (__mmask8)leg->negative;
	__m512i limbs[16];
	struct entries r;

	transpose8(limbs, leg, 0);
	transpose8(limbs + 8, leg, 8);
#pragma GCC unroll 5
	for (int i = 0; i < 5; i++) {
		r.sum.limbs[i] = _mm512_mask_mov_epi64(limbs[i], negative, limbs[5 + i]);
		r.difference.limbs[i] = _mm512_mask_mov_epi64(limbs[5 + i], negative, limbs[i]);
		r.product.limbs[i] = limbs[10 + i];
	}
	r.product = bb_fe8_negate(r.product, negative);
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
	multiply_all(base, comb, products, count, results);
}
