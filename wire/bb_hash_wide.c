/* Sixteen messages at once with AVX-512, one in each 32 bits of a vector: a step is one block
 * of each. */
#include "wire/bb_hash_inside.h"

#include <immintrin.h>
#include <string.h>

#define LANES BB_HASH_WIDE_LANES

static inline __m512i
add(__m512i a, __m512i b)
{
	return _mm512_add_epi32(a, b);
}

/* _mm512_ternarylogic takes a truth table: 0x96 is a ^ b ^ c, 0xca a ? b : c, 0xe8 what two
 * of three are. */
static inline __m512i
xor3(__m512i a, __m512i b, __m512i c)
{
	return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

/* One round of FIPS 180-4, 6.2.2.  Instead of moving A to H, the names move: t rounds on, A
 * is state[-t mod 8].  What waits for E is added last: every step of that way takes two
 * cycles, and no other message of the vector can use them. */
__attribute__((always_inline)) static inline void
make_round(__m512i state[8], uint32_t t, __m512i word)
{
	const __m512i a = state[(0 - t) & 7], b = state[(1 - t) & 7], c = state[(2 - t) & 7];
	const __m512i e = state[(4 - t) & 7], f = state[(5 - t) & 7], g = state[(6 - t) & 7];
	__m512i *const d = &state[(3 - t) & 7], *const h = &state[(7 - t) & 7];
	const __m512i sum1 = xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11),
				  _mm512_ror_epi32(e, 25));
	const __m512i sum0 = xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13),
				  _mm512_ror_epi32(a, 22));
	const __m512i early = add(add(*h, word), _mm512_ternarylogic_epi32(e, f, g, 0xca));
	const __m512i t2 = add(sum0, _mm512_ternarylogic_epi32(a, b, c, 0xe8));

	*d = add(add(*d, early), sum1);
	*h = add(add(t2, early), sum1);
}

/* The message schedule: w[t] becomes the word sixteen rounds later. */
__attribute__((always_inline)) static inline void
schedule(__m512i w[16], uint32_t t)
{
	const __m512i w1 = w[(t + 1) & 15], w14 = w[(t + 14) & 15];
	const __m512i sigma0 = xor3(_mm512_ror_epi32(w1, 7), _mm512_ror_epi32(w1, 18),
				    _mm512_srli_epi32(w1, 3));
	const __m512i sigma1 = xor3(_mm512_ror_epi32(w14, 17), _mm512_ror_epi32(w14, 19),
				    _mm512_srli_epi32(w14, 10));

	w[t] = add(add(w[t], sigma0), add(w[(t + 9) & 15], sigma1));
}

/* Reads a block of each lane and turns 16 x 16 words over: words are interleaved with those of
 * the next lane, pairs of words with the next pair of lanes, then quarters are exchanged. */
__attribute__((always_inline)) static inline void
load_words(__m512i w[16], const uint8_t *const bytes[LANES], size_t at)
{
	const __m512i swap = _mm512_broadcast_i32x4(
		_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
	__m512i pairs[LANES], fours[LANES];

#pragma GCC unroll 8
	for (uint32_t i = 0; i < LANES; i += 2) {
		const __m512i x = _mm512_shuffle_epi8(_mm512_loadu_si512(bytes[i] + at), swap);
		const __m512i y = _mm512_shuffle_epi8(_mm512_loadu_si512(bytes[i + 1] + at), swap);

		pairs[i] = _mm512_unpacklo_epi32(x, y);
		pairs[i + 1] = _mm512_unpackhi_epi32(x, y);
	}
#pragma GCC unroll 4
	for (uint32_t i = 0; i < LANES; i += 4) {
		fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
		fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
		fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
		fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
	}
#pragma GCC unroll 4
	for (uint32_t i = 0; i < 4; i++) {
		const __m512i u0 = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0x88);
		const __m512i u1 = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0x88);
		const __m512i v0 = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0xdd);
		const __m512i v1 = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0xdd);

		w[i] = _mm512_shuffle_i32x4(u0, u1, 0x88);
		w[8 + i] = _mm512_shuffle_i32x4(u0, u1, 0xdd);
		w[4 + i] = _mm512_shuffle_i32x4(v0, v1, 0x88);
		w[12 + i] = _mm512_shuffle_i32x4(v0, v1, 0xdd);
	}
}

/* Takes count blocks of all lanes; those of fresh begin, which costs nothing here. */
static void
compress(uint32_t states[8][LANES], uint32_t fresh, const uint8_t *const bytes[LANES],
	 size_t count)
{
	__m512i state[8];

	for (uint32_t i = 0; i < 8; i++)
		state[i] = _mm512_mask_mov_epi32(_mm512_load_si512(states[i]), (__mmask16)fresh,
						 _mm512_set1_epi32((int)bb_sha_start[i]));
	for (size_t block = 0; block < count; block++) {
		__m512i w[16], before[8];

		for (uint32_t i = 0; i < 8; i++)
			before[i] = state[i];
		load_words(w, bytes, block * BB_SHA_BLOCK);
#pragma GCC unroll 16
		for (uint32_t t = 0; t < 16; t++)
			make_round(state, t, add(w[t], _mm512_set1_epi32((int)bb_sha_rounds[t])));
		for (uint32_t first = 16; first < 64; first += 16) {
			const uint32_t *constants = bb_sha_rounds + first;
#pragma GCC unroll 16
			for (uint32_t t = 0; t < 16; t++) {
				schedule(w, t);
				make_round(state, t,
					   add(w[t], _mm512_set1_epi32((int)constants[t])));
			}
		}
		for (uint32_t i = 0; i < 8; i++)
			state[i] = add(state[i], before[i]);
	}
	for (uint32_t i = 0; i < 8; i++)
		_mm512_store_si512(states[i], state[i]);
}

void
bb_hash_wide_init(struct bb_hash_wide *wide)
{
	for (uint32_t i = 0; i < LANES; i++) {
		wide->lanes[i].hash = NULL;
		wide->lanes[i].next = NULL;
	}
}

/* Puts a message into a free lane.  A masked load reads what is left of whole blocks and not
 * a byte more; the tail is stored as it is loaded again, a vector at a time, since a load of
 * what was just stored in pieces would wait. */
static void
begin(struct bb_hash_lane *lane, const struct bb_hash_job *job)
{
	const uint32_t rest = job->size % BB_SHA_BLOCK;
	const uint8_t *bytes = job->bytes;
	const size_t whole = job->size / BB_SHA_BLOCK;
	const __m512i length =
		_mm512_set1_epi64((long long)__builtin_bswap64((uint64_t)job->size * 8));
	const __mmask64 end = UINT64_C(1) << rest;
	__m512i last = _mm512_setzero_si512();

	if (rest > 0)
		last = _mm512_maskz_loadu_epi8(end - 1, bytes + whole * BB_SHA_BLOCK);
	last = _mm512_mask_mov_epi8(last, end, _mm512_set1_epi8((char)0x80));
	lane->tail_blocks = 1;
	if (rest >= BB_SHA_BLOCK - 8) {
		_mm512_store_si512(lane->tail + BB_SHA_BLOCK, _mm512_maskz_mov_epi64(0x80, length));
		lane->tail_blocks = 2;
	} else {
		last = _mm512_mask_mov_epi64(last, 0x80, length);
	}
	_mm512_store_si512(lane->tail, last);
	lane->next = bytes;
	lane->blocks = whole;
	lane->hash = job->hash;
	if (whole == 0)
		bb_hash_lane_to_tail(lane);
}

static void
end(struct bb_hash_wide *wide, uint32_t index)
{
	struct bb_hash_lane *lane = &wide->lanes[index];

	for (uint32_t i = 0; i < 8; i++) {
		const uint32_t word = __builtin_bswap32(wide->state[i][index]);

		memcpy(&lane->hash->bytes[4 * i], &word, 4);
	}
	lane->hash = NULL;
}

/* Lets all lanes of busy go on to where the first of them needs something new; returns those
 * that still are.  The others work on what one of these does, for nothing. */
static uint32_t
step(struct bb_hash_wide *wide, uint32_t busy, uint32_t fresh)
{
	const uint8_t *bytes[LANES];
	size_t count = SIZE_MAX;

	for (uint32_t i = 0; i < LANES; i++) {
		const struct bb_hash_lane *lane = &wide->lanes[i];

		bytes[i] = lane->next;
		if ((busy >> i & 1) != 0 && lane->blocks < count)
			count = lane->blocks;
	}
	const uint8_t *some = bytes[__builtin_ctz(busy)];
	for (uint32_t idle = busy ^ 0xffff; idle != 0; idle &= idle - 1)
		bytes[__builtin_ctz(idle)] = some;
	compress(wide->state, fresh, bytes, count);
	for (uint32_t left = busy; left != 0; left &= left - 1) {
		const uint32_t index = (uint32_t)__builtin_ctz(left);

		if (!bb_hash_lane_go(&wide->lanes[index], count))
			continue;
		end(wide, index);
		busy &= ~(1u << index);
	}
	return busy;
}

/* For those that begin here and go on elsewhere. */
static void
start_states(struct bb_hash_wide *wide, uint32_t fresh)
{
	for (; fresh != 0; fresh &= fresh - 1)
		for (uint32_t i = 0; i < 8; i++)
			wide->state[i][__builtin_ctz(fresh)] = bb_sha_start[i];
}

void
bb_hash_wide_run(struct bb_hash_wide *wide, const struct bb_hash_job *const *jobs, uint32_t count,
		 uint32_t least)
{
	uint32_t next = 0;
	uint32_t busy = 0;

	for (uint32_t i = 0; i < LANES; i++)
		busy |= (uint32_t)(wide->lanes[i].hash != NULL) << i;
	for (;;) {
		const uint32_t before = busy;

		for (uint32_t idle = busy ^ 0xffff; idle != 0 && next < count; idle &= idle - 1) {
			const uint32_t index = (uint32_t)__builtin_ctz(idle);

			begin(&wide->lanes[index], jobs[next++]);
			busy |= 1u << index;
		}
		if (next == count && (uint32_t)__builtin_popcount(busy) < least) {
			start_states(wide, busy ^ before);
			return;
		}
		busy = step(wide, busy, busy ^ before);
	}
}
