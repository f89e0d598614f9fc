#include "wire/bb_hash_lanes.h"

#include <string.h>

#include "base/bb_assert.h"
#include "wire/bb_hash_inside.h"

#define SORTED 128u

/* Where sixteen lanes and two take equally long: below it two are faster.  Without the
 * instructions for two, one message alone is libcrypto's. */
#define WIDE_LEAST       7u
#define WIDE_ALONE_LEAST 2u

const _Alignas(64) uint32_t bb_sha_rounds[64] = {
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

const uint32_t bb_sha_start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

#if defined(__x86_64__)

#include <cpuid.h>

static enum bb_hash_code best = BB_HASH_LIBCRYPTO;
static bool has_sha;
static bool has_wide;

/* Once, before main: in a virtual machine each question to the CPU takes microseconds. */
__attribute__((constructor)) static void
look_at_cpu(void)
{
	unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;

	/* __builtin_cpu_supports knows whether the kernel saves the vectors; SHA it knows in
	 * newer compilers only: leaf 7, EBX bit 29. */
	__builtin_cpu_init();
	has_sha = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
		  __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx & 1u << 29) != 0;
	has_wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
	for (best = BB_HASH_WIDE_SHA; !bb_hash_lanes_have(best); best--)
		; /* they are in the order of their speed */
}

bool
bb_hash_lanes_have(enum bb_hash_code code)
{
	switch (code) {
	case BB_HASH_WIDE_SHA: return has_wide && has_sha;
	case BB_HASH_WIDE: return has_wide;
	case BB_HASH_SHA: return has_sha;
	default: return true;
	}
}

/* Where A..H lie in a state of two lanes. */
static const uint8_t word_at[8] = { 3, 2, 7, 6, 1, 0, 5, 4 };

/* Puts a message into a free lane of two: what is left of whole blocks is copied and padded. */
static void
begin(struct bb_hash_lane *lane, const struct bb_hash_job *job)
{
	const size_t rest = job->size % BB_SHA_BLOCK;
	const uint64_t big_endian = __builtin_bswap64((uint64_t)job->size * 8);

	for (uint32_t i = 0; i < 8; i++)
		lane->state[word_at[i]] = bb_sha_start[i];
	lane->next = job->bytes;
	lane->blocks = job->size / BB_SHA_BLOCK;
	lane->hash = job->hash;
	lane->tail_blocks = rest < BB_SHA_BLOCK - 8 ? 1 : 2;
	memset(lane->tail, 0, BB_SHA_BLOCK);
	if (lane->tail_blocks == 2)
		memset(lane->tail + BB_SHA_BLOCK, 0, BB_SHA_BLOCK);
	if (rest > 0)
		memcpy(lane->tail, lane->next + lane->blocks * BB_SHA_BLOCK, rest);
	lane->tail[rest] = 0x80;
	memcpy(lane->tail + lane->tail_blocks * BB_SHA_BLOCK - 8, &big_endian, 8);
	if (lane->blocks == 0)
		bb_hash_lane_to_tail(lane);
}

/* Goes count blocks further; the hash of a message that ends is written. */
static void
go(struct bb_hash_lane *lane, size_t count)
{
	if (!bb_hash_lane_go(lane, count))
		return;
	for (uint32_t i = 0; i < 8; i++) {
		const uint32_t word = __builtin_bswap32(lane->state[word_at[i]]);

		memcpy(&lane->hash->bytes[4 * i], &word, 4);
	}
	lane->hash = NULL;
}

/* Lets both lanes go on to where the first of them needs something new.  A free lane works on
 * what the other one does, for nothing.  Returns false if both are free. */
static bool
step(struct bb_hash_lane *const lanes[2])
{
	struct bb_hash_lane *a = lanes[0];
	struct bb_hash_lane *b = lanes[1];
	_Alignas(16) uint32_t idle[8] = { 0 };
	const bool both = a->hash != NULL && b->hash != NULL;
	struct bb_hash_lane *busy = a->hash != NULL ? a : b;

	if (busy->hash == NULL)
		return false;
	const size_t count = both && b->blocks < a->blocks ? b->blocks : busy->blocks;
	uint32_t *const state[2] = { busy->state, both ? b->state : idle };
	const uint8_t *const bytes[2] = { busy->next, both ? b->next : busy->next };

	bb_sha_compress(state, bytes, count);
	go(busy, count);
	if (both)
		go(b, count);
	return true;
}

static void
run_two(const struct bb_hash_job *jobs, uint32_t count)
{
	struct bb_hash_lane two[2];
	struct bb_hash_lane *const lanes[2] = { &two[0], &two[1] };
	uint32_t next = 0;

	two[0].hash = NULL;
	two[1].hash = NULL;
	do {
		for (uint32_t i = 0; i < 2; i++)
			if (two[i].hash == NULL && next < count)
				begin(&two[i], &jobs[next++]);
	} while (step(lanes));
}

/* Ends what sixteen lanes have left. */
static void
end_two(struct bb_hash_wide *wide)
{
	struct bb_hash_lane none = { .hash = NULL };
	struct bb_hash_lane *lanes[2] = { &none, &none };
	uint32_t next = 0;

	do {
		for (uint32_t i = 0; i < 2; i++)
			for (; lanes[i]->hash == NULL && next < BB_HASH_WIDE_LANES; next++) {
				if (wide->lanes[next].hash == NULL)
					continue;
				lanes[i] = &wide->lanes[next];
				for (uint32_t j = 0; j < 8; j++)
					lanes[i]->state[word_at[j]] = wide->state[j][next];
			}
	} while (step(lanes));
}

/* The longest first, so that all lanes end at about the same time, and those side by side are
 * of one length if there are such.  Beyond 63 blocks all count as equal. */
static void
sort(const struct bb_hash_job *sorted[SORTED], const struct bb_hash_job *jobs, uint32_t count)
{
	uint8_t keys[SORTED];
	uint8_t first[64 + 1] = { 0 };
	bool equal = true;

	for (uint32_t i = 0; i < count; i++) {
		const size_t blocks = (jobs[i].size + 8) / BB_SHA_BLOCK;

		keys[i] = blocks < 63 ? (uint8_t)(63 - blocks) : 0;
		first[keys[i] + 1]++;
		equal = equal && keys[i] == keys[0];
		sorted[i] = &jobs[i];
	}
	for (uint32_t i = 0; !equal && i < 64; i++)
		first[i + 1] = (uint8_t)(first[i + 1] + first[i]);
	for (uint32_t i = 0; !equal && i < count; i++)
		sorted[first[keys[i]]++] = &jobs[i];
}

static void
run_wide(const struct bb_hash_job *jobs, uint32_t count, bool alone)
{
	const struct bb_hash_job *sorted[SORTED];
	struct bb_hash_wide wide;

	bb_hash_wide_init(&wide);
	for (uint32_t first = 0; first < count; first += SORTED) {
		const bool last = count - first <= SORTED;
		const uint32_t some = last ? count - first : SORTED;
		const uint32_t least = alone ? 1 : WIDE_LEAST;

		sort(sorted, jobs + first, some);
		bb_hash_wide_run(&wide, sorted, some, last ? least : BB_HASH_WIDE_LANES);
	}
	if (!alone)
		end_two(&wide);
}

#else

static const enum bb_hash_code best = BB_HASH_LIBCRYPTO;

bool
bb_hash_lanes_have(enum bb_hash_code code)
{
	return code == BB_HASH_LIBCRYPTO || code == BB_HASH_BEST;
}

static void
run_two(const struct bb_hash_job *jobs, uint32_t count)
{
	(void)jobs;
	(void)count;
	BB_ASSERT(false); /* nobody may ask */
}

static void
run_wide(const struct bb_hash_job *jobs, uint32_t count, bool alone)
{
	(void)alone;
	run_two(jobs, count);
}

#endif

void
bb_hash_lanes_run(const struct bb_hash_job *jobs, uint32_t count, enum bb_hash_code code)
{
	if (code == BB_HASH_BEST)
		code = best;
	BB_ASSERT(bb_hash_lanes_have(code));
	if (code == BB_HASH_WIDE_SHA && count >= WIDE_LEAST)
		run_wide(jobs, count, false);
	else if (code == BB_HASH_WIDE && count >= WIDE_ALONE_LEAST)
		run_wide(jobs, count, true);
	else if (code == BB_HASH_WIDE_SHA || code == BB_HASH_SHA)
		run_two(jobs, count);
	else
		for (uint32_t i = 0; i < count; i++)
			*jobs[i].hash = bb_hash_of(jobs[i].bytes, jobs[i].size);
}

/* Makes the parents of pairs of nodes. */
static void
make_parents(const struct bb_hash *nodes, uint32_t pairs, struct bb_hash *parents,
	     enum bb_hash_code code)
{
	uint8_t messages[BB_HASH_LANES_LEAVES / 2 + 1][1 + 2 * BB_HASH_SIZE];
	struct bb_hash_job jobs[BB_HASH_LANES_LEAVES / 2 + 1];

	for (uint32_t i = 0; i < pairs; i++) {
		messages[i][0] = 0x01;
		memcpy(messages[i] + 1, &nodes[2 * i], 2 * sizeof(nodes[0]));
		jobs[i] = (struct bb_hash_job){ messages[i], sizeof(messages[i]), &parents[i] };
	}
	if (pairs > 0)
		bb_hash_lanes_run(jobs, pairs, code);
}

/* At each height the row of new nodes begins behind those that are in the tree.  If their number
 * is odd, the last of them, which is on top of the stack, is the left half of the row's first
 * pair; if the row's end is odd, its last node is left for the stack. */
void
bb_hash_lanes_grow(struct bb_tree *tree, const struct bb_hash *leaves, uint32_t count,
		   enum bb_hash_code code)
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
		make_parents(first, count, row + 1, code);
	}
	while (height-- > 0)
		if ((size >> height & 1) != 0)
			tree->stack[depth++] = left[height];
	tree->size = size;
}
