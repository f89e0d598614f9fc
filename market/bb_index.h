/* bb_index - from a key to a slot number, by open addressing.
 *
 * The keys stay where the slots are: an entry holds 32 bits of the key's hash and the
 * slot, and whoever looks compares the key itself.  Linear probing at a load of at most
 * one half.  What is filed stays: a participant's key is never given twice (bb_members.h).
 *
 * The hash multiplies with a secret, so that a stranger who chooses keys cannot make them
 * collide.
 *
 * Units    values are slot numbers from 1; 0 means none.
 * Memory   bb_index_bytes(most) from the arena.
 * Threads  The matching core only.
 * Errors   More than most entries: BB_ASSERT.
 * Replay   The secret decides where entries lie, never what is found.
 */
#ifndef BB_INDEX_H
#define BB_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/bb_arena.h"

struct bb_index_entry {
	uint32_t hash;
	uint32_t value; /* 0: free */
};

struct bb_index {
	struct bb_index_entry *entries;
	uint64_t secret[2];
	uint32_t mask; /* entries - 1, a power of two less one */
	uint32_t count;
	uint32_t most;
};

size_t bb_index_bytes(uint32_t most);
void bb_index_init(struct bb_index *index, struct bb_arena *arena, uint32_t most,
		   uint64_t hash_key);

/* bb_index_mix folds two words into one that a stranger cannot steer. */
static inline uint64_t
bb_index_mix(const struct bb_index *index, uint64_t left, uint64_t right)
{
	const unsigned __int128 product =
		(unsigned __int128)(left ^ index->secret[0]) * (right ^ index->secret[1]);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t
bb_index_hash(const struct bb_index *index, uint64_t left, uint64_t right)
{
	const uint64_t mixed = bb_index_mix(index, left, right);
	return (uint32_t)(mixed ^ mixed >> 32);
}

/* bb_index_next returns the next value filed under hash, or 0 after the last.  Set *at
 * to hash before the first call. */
uint32_t bb_index_next(const struct bb_index *index, uint32_t hash, uint32_t *at);

void bb_index_add(struct bb_index *index, uint32_t hash, uint32_t value);

/* bb_index_clear removes all entries. */
void bb_index_clear(struct bb_index *index);

#endif
