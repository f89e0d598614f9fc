/* bb_hash_lanes - many SHA-256 at once, side by side in one core.
 *
 * The CPU's SHA instructions take four cycles each and can begin every two: one message
 * leaves half of them idle.  So two lanes work in step, each on a message of its own.  With
 * AVX-512 sixteen do, each in 32 bits of a vector, which is more than twice as fast while there
 * are enough messages; when there are not, what is left goes on two by two.  Where a
 * message ends, its lane takes the next.  Without these instructions libcrypto does the same.
 *
 * Memory   Of its own five KiB of stack.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure: equal bytes give FIPS 180-4's hash, in whatever order, by every code.
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

enum bb_hash_code {
	BB_HASH_BEST,      /* the fastest that this CPU has */
	BB_HASH_LIBCRYPTO, /* one after the other */
	BB_HASH_SHA,       /* two at once: SHA instructions */
	BB_HASH_WIDE,      /* sixteen at once: AVX-512, of a CPU without those */
	BB_HASH_WIDE_SHA,  /* sixteen, and the rest by two */
};

/* bb_hash_lanes_have returns whether this CPU can run code. */
bool bb_hash_lanes_have(enum bb_hash_code code);

/* bb_hash_lanes_run makes the hashes of count jobs. */
void bb_hash_lanes_run(const struct bb_hash_job *jobs, uint32_t count, enum bb_hash_code code);

#define BB_HASH_LANES_LEAVES 64u

/* bb_hash_lanes_grow does what bb_tree_add_hash does for each of count hashes, in order, at most
 * BB_HASH_LANES_LEAVES: nodes of one height are made side by side. */
void bb_hash_lanes_grow(struct bb_tree *tree, const struct bb_hash *leaves, uint32_t count,
			enum bb_hash_code code);

#endif
