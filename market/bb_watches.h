/* bb_watches - participants by the time at which to look at them: a binary heap.
 *
 * Earliest first, at equal times the lowest number: what comes first depends on times alone,
 * not on how the heap came about.  Each knows where in it it stands, so setting a time takes
 * logarithmic time.
 *
 * Units    ns since 1970.
 * Memory   bb_watches_bytes(participants) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_WATCHES_H
#define BB_WATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_arena.h"

struct bb_watch {
	uint64_t due_ns;
	uint32_t at; /* in the heap, from 1 on; 0: not watched */
	uint32_t reserved;
};

struct bb_watches {
	struct bb_watch *slots; /* [capacity + 1], by participant */
	uint32_t *heap;         /* [capacity + 1]; the first is not used */
	uint32_t capacity;
	uint32_t count;
};

size_t bb_watches_bytes(uint32_t participants);
void bb_watches_init(struct bb_watches *watches, struct bb_arena *arena,
		     uint32_t participants);

/* bb_watches_first returns whom to look at first, or 0. */
static inline uint32_t
bb_watches_first(const struct bb_watches *watches)
{
	return watches->count == 0 ? 0 : watches->heap[1];
}

/* bb_watches_set has participant, watched or not, looked at when due_ns comes. */
void bb_watches_set(struct bb_watches *watches, uint32_t participant, uint64_t due_ns);

/* bb_watches_drop ends the watch of the first. */
void bb_watches_drop(struct bb_watches *watches);

/* bb_watches_check asserts the order, and that each stands where it says. */
void bb_watches_check(const struct bb_watches *watches);

#endif
