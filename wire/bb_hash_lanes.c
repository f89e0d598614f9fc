#include "wire/bb_hash_lanes.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define BLOCK_SIZE 64u
#define LANES      2u

/* One message on its way: whole blocks of 64 bytes, then the padded rest. */
struct lane {
	_Alignas(16) uint32_t state[8]; /* as the instructions want it: ABEF, CDGH */
	const uint8_t *next;
	size_t blocks; /* at next */
	uint32_t tail_blocks; /* still to come, 0 once next points there */
	struct bb_hash *hash; /* NULL: the lane is free */
	uint8_t tail[128];
};

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

/* FIPS 180-4, 4.2.2 and 5.3.3. */
static const _Alignas(16) uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* A..H = 6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19, in the
 * order of the instructions: F E B A, H G D C. */
static const uint32_t first_state[8] = { 0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667,
					 0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372 };

/* Where A..H lie in a state. */
static const uint8_t word_at[8] = { 3, 2, 7, 6, 1, 0, 5, 4 };

static bool has_instructions;

/* Once, before main: in a virtual machine each question to the CPU takes microseconds. */
__attribute__((constructor)) static void
look_at_cpu(void)
{
	unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;

	/* Leaf 1, ECX bits 9 and 19: SSSE3, SSE4.1; leaf 7, EBX bit 29: SHA. */
	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & 1u << 9) == 0 ||
	    (ecx & 1u << 19) == 0)
		return;
	has_instructions = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
			   (ebx & 1u << 29) != 0;
}

bool
bb_hash_lanes_fast(void)
{
	return has_instructions;
}

/* Takes count blocks of both lanes through the 64 rounds, one block each at a time. */
__attribute__((target("sha,sse4.1"))) static void
compress(uint32_t *const state[LANES], const uint8_t *const bytes[LANES],
	 size_t count)
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
				(const __m128i *)(const void *)&round_constants[four * 4]);
#pragma GCC unroll 2
			for (uint32_t lane = 0; lane < LANES; lane++) {
				__m128i *m = w[lane];
				const __m128i *from = (const __m128i *)(const void *)(
					bytes[lane] + block * BLOCK_SIZE);
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

#else

static const uint32_t first_state[8];
static const uint8_t word_at[8];

bool
bb_hash_lanes_fast(void)
{
	return false;
}

static void
compress(uint32_t *const state[LANES], const uint8_t *const bytes[LANES],
	 size_t count)
{
	(void)state;
	(void)bytes;
	(void)count;
	BB_ASSERT(false); /* nobody may ask */
}

#endif

/* Puts a message into a free lane: what is left of whole blocks is copied and padded. */
static void
begin(struct lane *lane, const struct bb_hash_job *job)
{
	const size_t rest = job->size % BLOCK_SIZE;
	const uint64_t bits = (uint64_t)job->size * 8;

	memcpy(lane->state, first_state, sizeof(first_state));
	lane->next = job->bytes;
	lane->blocks = job->size / BLOCK_SIZE;
	lane->hash = job->hash;
	lane->tail_blocks = rest < BLOCK_SIZE - 8 ? 1 : 2;
	const uint64_t big_endian = __builtin_bswap64(bits);
	memset(lane->tail, 0, sizeof(lane->tail));
	if (rest > 0)
		memcpy(lane->tail, lane->next + lane->blocks * BLOCK_SIZE, rest);
	lane->tail[rest] = 0x80;
	memcpy(lane->tail + lane->tail_blocks * BLOCK_SIZE - 8, &big_endian, 8);
	if (lane->blocks == 0) {
		lane->next = lane->tail;
		lane->blocks = lane->tail_blocks;
		lane->tail_blocks = 0;
	}
}

/* Goes count blocks further; returns whether the message is done. */
static bool
advance(struct lane *lane, size_t count)
{
	lane->next += count * BLOCK_SIZE;
	lane->blocks -= count;
	if (lane->blocks > 0)
		return false;
	if (lane->tail_blocks > 0) {
		lane->next = lane->tail;
		lane->blocks = lane->tail_blocks;
		lane->tail_blocks = 0;
		return false;
	}
	for (uint32_t i = 0; i < 8; i++) {
		const uint32_t word = __builtin_bswap32(lane->state[word_at[i]]);

		memcpy(&lane->hash->bytes[4 * i], &word, 4);
	}
	lane->hash = NULL;
	return true;
}

/* Lets both lanes go on to where the first of them needs something new; returns how many
 * messages were done.  A free lane works on what the other one does, for nothing. */
static uint32_t
step(struct lane lanes[LANES])
{
	struct lane *a = &lanes[0];
	struct lane *b = &lanes[1];
	_Alignas(16) uint32_t idle[8] = { 0 };
	const bool both = a->hash != NULL && b->hash != NULL;
	struct lane *busy = a->hash != NULL ? a : b;
	const size_t count = both && b->blocks < a->blocks ? b->blocks : busy->blocks;
	uint32_t *const state[LANES] = { busy->state, both ? b->state : idle };
	const uint8_t *const bytes[LANES] = { busy->next, both ? b->next : busy->next };
	uint32_t done = 0;

	compress(state, bytes, count);
	done += advance(busy, count);
	if (both)
		done += advance(b, count);
	return done;
}

void
bb_hash_lanes_run(const struct bb_hash_job *jobs, uint32_t count, bool fast)
{
	struct lane lanes[LANES];
	uint32_t next = 0;
	uint32_t done = 0;

	BB_ASSERT(!fast || bb_hash_lanes_fast());
	for (; !fast && done < count; done++)
		*jobs[done].hash = bb_hash_of(jobs[done].bytes, jobs[done].size);
	for (uint32_t i = 0; i < LANES; i++)
		lanes[i].hash = NULL;
	while (done < count) {
		for (uint32_t i = 0; i < LANES; i++)
			if (lanes[i].hash == NULL && next < count)
				begin(&lanes[i], &jobs[next++]);
		done += step(lanes);
	}
}

/* Makes the parents of pairs of nodes. */
static void
make_parents(const struct bb_hash *nodes, uint32_t pairs, struct bb_hash *parents, bool fast)
{
	uint8_t messages[BB_HASH_LANES_LEAVES / 2 + 1][1 + 2 * BB_HASH_SIZE];
	struct bb_hash_job jobs[BB_HASH_LANES_LEAVES / 2 + 1];

	for (uint32_t i = 0; i < pairs; i++) {
		messages[i][0] = 0x01;
		memcpy(messages[i] + 1, &nodes[2 * i], 2 * sizeof(nodes[0]));
		jobs[i] = (struct bb_hash_job){ messages[i], sizeof(messages[i]), &parents[i] };
	}
	if (pairs > 0)
		bb_hash_lanes_run(jobs, pairs, fast);
}

/* At each height the row of new nodes begins behind those that are in the tree.  If their number
 * is odd, the last of them, which is on top of the stack, is the left half of the row's first
 * pair; if the row's end is odd, its last node is left for the stack. */
void
bb_hash_lanes_grow(struct bb_tree *tree, const struct bb_hash *leaves, uint32_t count, bool fast)
{
	const uint64_t size = tree->size + count;
	uint32_t depth = (uint32_t)__builtin_popcountll(tree->size);
	struct bb_hash row[1 + BB_HASH_LANES_LEAVES];
	struct bb_hash left[64]; /* by height */
	uint32_t height = 0;

	BB_ASSERT(count <= BB_HASH_LANES_LEAVES && size >= tree->size);
	memcpy(row + 1, leaves, count * sizeof(leaves[0]));
	for (; count > 0; height++) {
		struct bb_hash *first = row + 1;

		if ((tree->size >> height & 1) != 0) {
			*--first = tree->stack[--depth];
			count++;
		}
		if (count % 2 == 1)
			left[height] = first[--count];
		count /= 2;
		make_parents(first, count, row + 1, fast);
	}
	while (height-- > 0)
		if ((size >> height & 1) != 0)
			tree->stack[depth++] = left[height];
	tree->size = size;
}
