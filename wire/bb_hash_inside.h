/* bb_hash_inside - what the codes of bb_hash_lanes share; nobody else includes it.
 *
 * Source   FIPS 180-4: the constants, and the padding that makes a tail.
 * Memory, threads, errors, replay: as bb_hash_lanes.h.
 */
#ifndef BB_HASH_INSIDE_H
#define BB_HASH_INSIDE_H

#include "wire/bb_hash_lanes.h"

#define BB_SHA_BLOCK 64u
#define BB_HASH_WIDE_LANES 16u

extern const uint32_t bb_sha_rounds[64]; /* 4.2.2; aligned to 64 */
extern const uint32_t bb_sha_start[8];   /* 5.3.3: A to H */

/* One message on its way: whole blocks of 64 bytes, then the padded rest. */
struct bb_hash_lane {
	_Alignas(64) uint8_t tail[2 * BB_SHA_BLOCK];
	_Alignas(16) uint32_t state[8]; /* two lanes only, in their order */
	const uint8_t *next;
	size_t blocks;        /* at next */
	uint32_t tail_blocks; /* still to come, 0 once next points there */
	struct bb_hash *hash; /* NULL: the lane is free */
};

/* Sixteen messages; word i of the state of lane j lies at state[i][j]. */
struct bb_hash_wide {
	_Alignas(64) uint32_t state[8][BB_HASH_WIDE_LANES];
	struct bb_hash_lane lanes[BB_HASH_WIDE_LANES];
};

static inline void
bb_hash_lane_to_tail(struct bb_hash_lane *lane)
{
	lane->next = lane->tail;
	lane->blocks = lane->tail_blocks;
	lane->tail_blocks = 0;
}

/* bb_hash_lane_go goes count blocks further; returns whether the message is done. */
static inline bool
bb_hash_lane_go(struct bb_hash_lane *lane, size_t count)
{
	lane->next += count * BB_SHA_BLOCK;
	lane->blocks -= count;
	if (lane->blocks > 0)
		return false;
	bb_hash_lane_to_tail(lane);
	return lane->blocks == 0;
}

/* bb_hash_wide_init frees all lanes. */
void bb_hash_wide_init(struct bb_hash_wide *wide);

/* bb_hash_wide_run begins all jobs, and goes on until fewer than least lanes are busy; those
 * stay as they are, for the next call or another code. */
void bb_hash_wide_run(struct bb_hash_wide *wide, const struct bb_hash_job *const *jobs,
		      uint32_t count, uint32_t least);

/* bb_sha_compress takes count blocks of both lanes, one block each at a time.  States in the
 * order of the instructions: F E B A, H G D C. */
void bb_sha_compress(uint32_t *const state[2], const uint8_t *const bytes[2], size_t count);

#endif
