/* bb_extras - what belongs to an order that is good till a time, or that shows a clip at a time.
 *
 * Plain orders have none.  An extra comes with the order's slot and leaves with it.  Those
 * with a time are in a binary heap, earliest first, each knowing where in it it stands: the next
 * to expire is at the top, and adding and removing take logarithmic time.
 *
 * Half of the venue's orders may have an extra, and a sixteenth may be icebergs: each of these
 * can make up to BB_CLIPS_MAX trades of one order that comes in, and one input's events must
 * fit a block (bb_market_events_max).
 *
 * Units    expires_s: Unix time.
 * Memory   bb_extras_bytes(orders) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only: the caller asks bb_extras_room first.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_EXTRAS_H
#define BB_EXTRAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_arena.h"

#define BB_EXTRA_NONE 0u

/* An iceberg has at most so many clips. */
#define BB_CLIPS_MAX 8u

/* All clips together: a rung that was full when a clip came to it again has room for so much
 * above its own limit. */
#define BB_CLIPS_WH_MAX ((UINT64_C(1) << 42) - 1)

#define BB_EXTRAS_MAX(orders)   (((orders) + 1u) / 2u)
#define BB_ICEBERGS_MAX(orders) (((orders) + 15u) / 16u)

struct bb_extra {
	uint32_t slot;      /* of its order; of a free one: the next free */
	uint32_t expires_s; /* 0: never */
	uint32_t at;        /* in the heap, from 1 on; 0: not in it */
	uint32_t clip_wh;   /* of an iceberg; 0: it is none */
	uint32_t hidden_wh; /* behind what it shows */
};

struct bb_extras {
	struct bb_extra *slots; /* [capacity + 1] */
	uint32_t *heap;         /* [capacity + 1]; the first is not used */
	uint32_t capacity;
	uint32_t live;
	uint32_t used;
	uint32_t free_first;
	uint32_t timed; /* in the heap */
	uint32_t icebergs;
	uint32_t icebergs_max;
	uint32_t reserved; /* zero */
	uint64_t clips_wh; /* all clips together */
};

size_t bb_extras_bytes(uint32_t orders);
void bb_extras_init(struct bb_extras *extras, struct bb_arena *arena, uint32_t orders);

/* bb_extras_room returns whether there is one left, for an iceberg's clip or (0) for a time. */
static inline bool
bb_extras_room(const struct bb_extras *extras, uint32_t clip_wh)
{
	return extras->live < extras->capacity &&
	       (clip_wh == 0 || (extras->icebergs < extras->icebergs_max &&
				 extras->clips_wh + clip_wh <= BB_CLIPS_WH_MAX));
}

/* bb_extras_take gives the order in slot a time, or a clip and what is hidden, and returns the
 * extra; bb_extras_give takes it back. */
uint32_t bb_extras_take(struct bb_extras *extras, uint32_t slot, uint32_t expires_s,
			uint32_t clip_wh, uint32_t hidden_wh);
void bb_extras_give(struct bb_extras *extras, uint32_t extra);

/* bb_extras_first returns which one expires first, or BB_EXTRA_NONE. */
static inline uint32_t
bb_extras_first(const struct bb_extras *extras)
{
	return extras->timed == 0 ? BB_EXTRA_NONE : extras->heap[1];
}

/* bb_extras_check asserts heap and counts. */
void bb_extras_check(const struct bb_extras *extras);

#endif
