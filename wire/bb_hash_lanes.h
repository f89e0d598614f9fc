/* bb_hash_lanes - many SHA-256 at once, two messages side by side.
 *
 * The CPU's SHA instructions take four cycles each and can begin every two: one message
 * leaves half of them idle.  So two lanes work in step, each on a message of its own; where
 * one ends, the lane takes the next.  Without these instructions libcrypto does the same.
 *
 * Memory   Of its own some hundred bytes of stack.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure: equal bytes give FIPS 180-4's hash, in whatever order.
 */
#ifndef BB_HASH_LANES_H
#define BB_HASH_LANES_H

#include <stdbool.h>

#include "wire/bb_hash.h"

struct bb_hash_job {
	const void *bytes;
	size_t size;
	struct bb_hash *hash;
};

/* bb_hash_lanes_fast returns whether this CPU has the instructions. */
bool bb_hash_lanes_fast(void);

/* bb_hash_lanes_run makes the hashes of count jobs; fast false: by libcrypto. */
void bb_hash_lanes_run(const struct bb_hash_job *jobs, uint32_t count, bool fast);

#define BB_HASH_LANES_LEAVES 32u

/* bb_hash_lanes_grow does what bb_tree_add_hash does for each of count hashes, in order, at most
 * BB_HASH_LANES_LEAVES: nodes of one height are made side by side. */
void bb_hash_lanes_grow(struct bb_tree *tree, const struct bb_hash *leaves, uint32_t count,
			bool fast);

#endif
