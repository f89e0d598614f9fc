/* bb_hash_lanes - many SHA-256 at once, two messages side by side.
 *
 * The CPU's SHA instructions take four cycles each and can begin every two: one message
 * leaves half of them idle.  So two lanes work in step, each on a message of its own; where
 * one ends, the lane takes the next.  Without these instructions libcrypto does the same.
 *
 *	add    a long message, of which there are few: they fill a lane that has nothing else
 *	run    short ones, all done when it returns; long ones go on meanwhile
 *	end    all long ones done
 *
 * Memory   The caller's; messages and hashes must stay where they are until they are done.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure: equal bytes give FIPS 180-4's hash, in whatever order.
 */
#ifndef BB_HASH_LANES_H
#define BB_HASH_LANES_H

#include <stdbool.h>

#include "wire/bb_hash.h"

#define BB_HASH_LANES      2u
#define BB_HASH_LANES_LONG 4u /* messages that may be added */

struct bb_hash_job {
	const void *bytes;
	size_t size;
	struct bb_hash *hash;
};

/* One message on its way: whole blocks of 64 bytes, then the padded rest. */
struct bb_hash_lane {
	_Alignas(16) uint32_t state[8]; /* as the instructions want it: ABEF, CDGH */
	const uint8_t *next;
	size_t blocks; /* at next */
	uint32_t tail_blocks; /* still to come, 0 once next points there */
	struct bb_hash *hash; /* NULL: the lane is free */
	bool is_long;
	uint8_t tail[128];
};

struct bb_hash_lanes {
	bool fast;
	struct bb_hash_lane lanes[BB_HASH_LANES];
	struct bb_hash_job longs[BB_HASH_LANES_LONG];
	uint32_t long_count;
	uint32_t long_next;
};

/* bb_hash_lanes_fast returns whether this CPU has the instructions. */
bool bb_hash_lanes_fast(void);

/* bb_hash_lanes_start begins with both lanes free; fast false: libcrypto. */
void bb_hash_lanes_start(struct bb_hash_lanes *lanes, bool fast);
void bb_hash_lanes_add(struct bb_hash_lanes *lanes, const void *bytes, size_t size,
		       struct bb_hash *hash);
void bb_hash_lanes_run(struct bb_hash_lanes *lanes, const struct bb_hash_job *jobs,
		       uint32_t count);
void bb_hash_lanes_end(struct bb_hash_lanes *lanes);

#endif
