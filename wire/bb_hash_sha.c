/* Two messages at once with the CPU's SHA instructions. */
#include <immintrin.h>

#include "wire/bb_hash_inside.h"

#define LANES 2u

void
bb_sha_compress(uint32_t *const state[LANES], const uint8_t *const bytes[LANES], size_t count)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i abef[LANES], cdgh[LANES];

	for (uint32_t lane = 0; lane < LANES; lane++) {
		abef[lane] = _mm_load_si128((const __m128i *)(const void *)state[lane]);
		cdgh[lane] = _mm_load_si128((const __m128i *)(const void *)(state[lane] + 4));
	}
	for (size_t block = 0; block < count; block++) {
		__m128i before[LANES][2], w[LANES][4];

		for (uint32_t lane = 0; lane < LANES; lane++) {
			before[lane][0] = abef[lane];
			before[lane][1] = cdgh[lane];
		}
#pragma GCC unroll 16
		for (uint32_t four = 0; four < 16; four++) {
			const __m128i k = _mm_load_si128(
				(const __m128i *)(const void *)&bb_sha_rounds[four * 4]);
#pragma GCC unroll 2
			for (uint32_t lane = 0; lane < LANES; lane++) {
				__m128i *m = w[lane];
				const __m128i *from = (const __m128i *)(const void *)(
					bytes[lane] + block * BB_SHA_BLOCK);
				if (four < 4) {
					m[four] = _mm_shuffle_epi8(_mm_loadu_si128(from + four),
								   swap);
				} else {
					const __m128i w7 = _mm_alignr_epi8(
						m[(four + 3) % 4], m[(four + 2) % 4], 4);
					const __m128i sum = _mm_add_epi32(
						_mm_sha256msg1_epu32(m[four % 4],
								     m[(four + 1) % 4]),
						w7);
					m[four % 4] =
						_mm_sha256msg2_epu32(sum, m[(four + 3) % 4]);
				}
				__m128i wk = _mm_add_epi32(m[four % 4], k);
				cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], wk);
				wk = _mm_shuffle_epi32(wk, 0x0e);
				abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], wk);
			}
		}
		for (uint32_t lane = 0; lane < LANES; lane++) {
			abef[lane] = _mm_add_epi32(abef[lane], before[lane][0]);
			cdgh[lane] = _mm_add_epi32(cdgh[lane], before[lane][1]);
		}
	}
	for (uint32_t lane = 0; lane < LANES; lane++) {
		_mm_store_si128((__m128i *)(void *)state[lane], abef[lane]);
		_mm_store_si128((__m128i *)(void *)(state[lane] + 4), cdgh[lane]);
	}
}
