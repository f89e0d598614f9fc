#include "market/bb_extras.h"

#include "base/bb_assert.h"

static size_t
slots_size(uint32_t orders)
{
	return ((size_t)BB_EXTRAS_MAX(orders) + 1) * sizeof(struct bb_extra);
}

static size_t
heap_size(uint32_t orders)
{
	return ((size_t)BB_EXTRAS_MAX(orders) + 1) * sizeof(uint32_t);
}

size_t
bb_extras_bytes(uint32_t orders)
{
	return bb_arena_round(slots_size(orders)) + bb_arena_round(heap_size(orders));
}

void
bb_extras_init(struct bb_extras *extras, struct bb_arena *arena, uint32_t orders)
{
	*extras = (struct bb_extras){
		.slots = bb_arena_take(arena, slots_size(orders)),
		.heap = bb_arena_take(arena, heap_size(orders)),
		.capacity = BB_EXTRAS_MAX(orders),
		.icebergs_max = BB_ICEBERGS_MAX(orders),
	};
}

static void
put(struct bb_extras *extras, uint32_t at, uint32_t extra)
{
	extras->heap[at] = extra;
	extras->slots[extra].at = at;
}

static bool
earlier(const struct bb_extras *extras, uint32_t a, uint32_t b)
{
	return extras->slots[a].expires_s < extras->slots[b].expires_s;
}

/* Brings extra, which stands nowhere, from the gap at to where it belongs. */
static void
settle(struct bb_extras *extras, uint32_t at, uint32_t extra)
{
	while (at > 1 && earlier(extras, extra, extras->heap[at / 2])) {
		put(extras, at, extras->heap[at / 2]);
		at /= 2;
	}
	for (uint32_t child; (child = 2 * at) <= extras->timed; at = child) {
		if (child < extras->timed &&
		    earlier(extras, extras->heap[child + 1], extras->heap[child]))
			child++;
		if (!earlier(extras, extras->heap[child], extra))
			break;
		put(extras, at, extras->heap[child]);
	}
	put(extras, at, extra);
}

uint32_t
bb_extras_take(struct bb_extras *extras, uint32_t slot, uint32_t expires_s, uint32_t clip_wh,
	       uint32_t hidden_wh)
{
	uint32_t extra = extras->free_first;

	BB_ASSERT(bb_extras_room(extras, clip_wh));
	if (extra == BB_EXTRA_NONE)
		extra = ++extras->used;
	else
		extras->free_first = extras->slots[extra].slot;
	extras->live++;
	extras->icebergs += clip_wh != 0;
	extras->clips_wh += clip_wh;
	extras->slots[extra] = (struct bb_extra){
		.slot = slot,
		.expires_s = expires_s,
		.clip_wh = clip_wh,
		.hidden_wh = hidden_wh,
	};
	if (expires_s != 0)
		settle(extras, ++extras->timed, extra);
	return extra;
}

/* The last of the heap takes the place of the one at. */
static void
leave_heap(struct bb_extras *extras, uint32_t at)
{
	const uint32_t last = extras->heap[extras->timed--];

	if (at <= extras->timed)
		settle(extras, at, last);
}

void
bb_extras_give(struct bb_extras *extras, uint32_t extra)
{
	struct bb_extra *given = &extras->slots[extra];

	BB_ASSERT(extra != BB_EXTRA_NONE && extras->live > 0);
	if (given->at != 0)
		leave_heap(extras, given->at);
	extras->icebergs -= given->clip_wh != 0;
	extras->clips_wh -= given->clip_wh;
	*given = (struct bb_extra){ .slot = extras->free_first };
	extras->free_first = extra;
	extras->live--;
}

void
bb_extras_check(const struct bb_extras *extras)
{
	uint32_t free_extras = 0;

	for (uint32_t extra = extras->free_first; extra != BB_EXTRA_NONE;
	     extra = extras->slots[extra].slot)
		BB_ASSERT(++free_extras <= extras->capacity);
	BB_ASSERT(extras->live + free_extras == extras->used);
	BB_ASSERT(extras->icebergs <= extras->icebergs_max);
	BB_ASSERT(extras->timed + extras->icebergs == extras->live);
	for (uint32_t at = 1; at <= extras->timed; at++) {
		const struct bb_extra *extra = &extras->slots[extras->heap[at]];
		BB_ASSERT(extra->at == at && extra->expires_s != 0);
		BB_ASSERT(at == 1 || !earlier(extras, extras->heap[at], extras->heap[at / 2]));
	}
}
