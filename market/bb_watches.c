#include "market/bb_watches.h"

#include "base/bb_assert.h"

size_t
bb_watches_bytes(uint32_t participants)
{
	return bb_arena_round(((size_t)participants + 1) * sizeof(struct bb_watch)) +
	       bb_arena_round(((size_t)participants + 1) * sizeof(uint32_t));
}

void
bb_watches_init(struct bb_watches *watches, struct bb_arena *arena, uint32_t participants)
{
	const size_t count = (size_t)participants + 1;

	*watches = (struct bb_watches){
		.slots = bb_arena_take(arena, count * sizeof(struct bb_watch)),
		.heap = bb_arena_take(arena, count * sizeof(uint32_t)),
		.capacity = participants,
	};
}

static void
put(struct bb_watches *watches, uint32_t at, uint32_t participant)
{
	watches->heap[at] = participant;
	watches->slots[participant].at = at;
}

static bool
earlier(const struct bb_watches *watches, uint32_t a, uint32_t b)
{
	const uint64_t a_ns = watches->slots[a].due_ns;
	const uint64_t b_ns = watches->slots[b].due_ns;

	return a_ns < b_ns || (a_ns == b_ns && a < b);
}

/* Brings participant, which stands nowhere, from the gap at to where it belongs. */
static void
settle(struct bb_watches *watches, uint32_t at, uint32_t participant)
{
	while (at > 1 && earlier(watches, participant, watches->heap[at / 2])) {
		put(watches, at, watches->heap[at / 2]);
		at /= 2;
	}
	for (uint32_t child; (child = 2 * at) <= watches->count; at = child) {
		if (child < watches->count &&
		    earlier(watches, watches->heap[child + 1], watches->heap[child]))
			child++;
		if (!earlier(watches, watches->heap[child], participant))
			break;
		put(watches, at, watches->heap[child]);
	}
	put(watches, at, participant);
}

void
bb_watches_set(struct bb_watches *watches, uint32_t participant, uint64_t due_ns)
{
	struct bb_watch *watch = &watches->slots[participant];

	BB_ASSERT(participant >= 1 && participant <= watches->capacity);
	watch->due_ns = due_ns;
	settle(watches, watch->at != 0 ? watch->at : ++watches->count, participant);
}

void
bb_watches_drop(struct bb_watches *watches)
{
	BB_ASSERT(watches->count > 0);
	const uint32_t last = watches->heap[watches->count];

	watches->slots[watches->heap[1]] = (struct bb_watch){ 0 };
	watches->heap[watches->count--] = 0;
	if (watches->count > 0)
		settle(watches, 1, last);
}

void
bb_watches_check(const struct bb_watches *watches)
{
	BB_ASSERT(watches->count <= watches->capacity);
	for (uint32_t at = 1; at <= watches->count; at++) {
		BB_ASSERT(watches->slots[watches->heap[at]].at == at);
		BB_ASSERT(at == 1 || !earlier(watches, watches->heap[at], watches->heap[at / 2]));
	}
	for (uint32_t id = 1; id <= watches->capacity; id++)
		BB_ASSERT(watches->slots[id].at <= watches->count);
}
