#include "market/bb_interest.h"

#include "base/bb_assert.h"

size_t
bb_interests_bytes(uint32_t most)
{
	return bb_arena_round(((size_t)most + 1) * sizeof(struct bb_interest)) +
	       bb_index_bytes(most);
}

void
bb_interests_init(struct bb_interests *interests, struct bb_arena *arena, uint32_t most,
		  uint64_t hash_key)
{
	*interests = (struct bb_interests){
		.slots = bb_arena_take(arena, ((size_t)most + 1) * sizeof(struct bb_interest)),
		.most = most,
	};
	bb_index_init(&interests->index, arena, most, hash_key);
}

uint32_t
bb_interest_find(const struct bb_interests *interests, uint32_t participant, uint32_t listing)
{
	const uint32_t hash = bb_index_hash(&interests->index, participant, listing);
	uint32_t at = hash;
	uint32_t found;

	while ((found = bb_index_next(&interests->index, hash, &at)) != BB_INTEREST_NONE) {
		const struct bb_interest *interest = &interests->slots[found];
		if (interest->participant == participant && interest->listing == listing)
			break;
	}
	return found;
}

static uint32_t
make(struct bb_interests *interests, struct bb_interest_list *list, uint32_t participant,
     uint32_t listing)
{
	uint32_t made = interests->free_first;
	if (made == BB_INTEREST_NONE)
		made = ++interests->used;
	else
		interests->free_first = interests->slots[made].next;
	BB_ASSERT(made <= interests->most);

	interests->slots[made] = (struct bb_interest){
		.participant = participant, .listing = listing, .prev = list->last,
	};
	if (list->last == BB_INTEREST_NONE)
		list->first = made;
	else
		interests->slots[list->last].next = made;
	list->last = made;
	interests->live++;
	bb_index_add(&interests->index, bb_index_hash(&interests->index, participant, listing),
		     made);
	return made;
}

static void
drop(struct bb_interests *interests, struct bb_interest_list *list, uint32_t dropped)
{
	struct bb_interest *interest = &interests->slots[dropped];
	bb_index_remove(&interests->index,
			bb_index_hash(&interests->index, interest->participant,
				      interest->listing), dropped);

	if (interest->prev == BB_INTEREST_NONE)
		list->first = interest->next;
	else
		interests->slots[interest->prev].next = interest->next;
	if (interest->next == BB_INTEREST_NONE)
		list->last = interest->prev;
	else
		interests->slots[interest->next].prev = interest->prev;
	*interest = (struct bb_interest){ .next = interests->free_first };
	interests->free_first = dropped;
	interests->live--;
}

/* Joins two heaps, of which neither is empty; returns the top. */
static uint32_t
meld(struct bb_order *slots, uint32_t top, uint32_t below)
{
	if (slots[below].place < slots[top].place) { /* of one side: the rungs decide */
		const uint32_t swapped = top;
		top = below;
		below = swapped;
	}
	const uint32_t child = slots[top].heap_child;
	slots[below].heap_next = child;
	slots[below].heap_prev = top;
	if (child != BB_SLOT_NONE)
		slots[child].heap_prev = below;
	slots[top].heap_child = below;
	return top;
}

/* Makes one heap of siblings, first to last in pairs, then all pairs last to first. */
static uint32_t
meld_siblings(struct bb_order *slots, uint32_t first)
{
	uint32_t pairs = BB_SLOT_NONE; /* melded ones, chained by heap_next */

	while (first != BB_SLOT_NONE) {
		uint32_t pair = first;
		const uint32_t second = slots[first].heap_next;
		first = second == BB_SLOT_NONE ? BB_SLOT_NONE : slots[second].heap_next;
		if (second != BB_SLOT_NONE)
			pair = meld(slots, pair, second);
		slots[pair].heap_next = pairs;
		pairs = pair;
	}

	uint32_t top = pairs;
	uint32_t rest = slots[top].heap_next;
	while (rest != BB_SLOT_NONE) {
		const uint32_t next = slots[rest].heap_next;
		top = meld(slots, top, rest);
		rest = next;
	}
	slots[top].heap_next = BB_SLOT_NONE;
	slots[top].heap_prev = BB_SLOT_NONE;
	return top;
}

/* Takes slot out of the heap under *best; its children take its place. */
static void
heap_remove(struct bb_order *slots, uint32_t *best, uint32_t slot)
{
	const struct bb_order *order = &slots[slot];
	uint32_t heir = order->heap_child;
	if (heir != BB_SLOT_NONE)
		heir = meld_siblings(slots, heir);

	if (*best == slot) {
		*best = heir;
		return;
	}
	const uint32_t next = order->heap_next;
	const uint32_t prev = order->heap_prev;
	if (heir != BB_SLOT_NONE) {
		slots[heir].heap_next = next;
		slots[heir].heap_prev = prev;
		if (next != BB_SLOT_NONE)
			slots[next].heap_prev = heir;
	} else {
		heir = next;
		if (next != BB_SLOT_NONE)
			slots[next].heap_prev = prev;
	}
	if (slots[prev].heap_child == slot)
		slots[prev].heap_child = heir;
	else
		slots[prev].heap_next = heir;
}

void
bb_interest_join(struct bb_interests *interests, struct bb_interest_list *list,
		 struct bb_orders *orders, uint32_t slot, uint32_t participant, uint32_t listing)
{
	uint32_t joined = bb_interest_find(interests, participant, listing);
	if (joined == BB_INTEREST_NONE)
		joined = make(interests, list, participant, listing);
	struct bb_interest *interest = &interests->slots[joined];
	struct bb_order *order = &orders->slots[slot];

	order->interest = joined;
	order->own_prev = interest->newest;
	order->own_next = BB_SLOT_NONE;
	if (interest->newest == BB_SLOT_NONE)
		interest->oldest = slot;
	else
		orders->slots[interest->newest].own_next = slot;
	interest->newest = slot;

	uint32_t *best = &interest->best[bb_order_side(order)];
	*best = *best == BB_SLOT_NONE ? slot : meld(orders->slots, *best, slot);
}

void
bb_interest_leave(struct bb_interests *interests, struct bb_interest_list *list,
		  struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order *order = &orders->slots[slot];
	struct bb_interest *interest = &interests->slots[order->interest];

	heap_remove(orders->slots, &interest->best[bb_order_side(order)], slot);
	if (order->own_prev == BB_SLOT_NONE)
		interest->oldest = order->own_next;
	else
		orders->slots[order->own_prev].own_next = order->own_next;
	if (order->own_next == BB_SLOT_NONE)
		interest->newest = order->own_prev;
	else
		orders->slots[order->own_next].own_prev = order->own_prev;
	if (interest->oldest == BB_SLOT_NONE)
		drop(interests, list, order->interest);
}

/* Every order but the top is the child of exactly one that is not worse. */
static uint32_t
check_children(const struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order *parent = &orders->slots[slot];
	uint32_t count = 0;
	uint32_t left = slot;

	for (uint32_t child = parent->heap_child; child != BB_SLOT_NONE;
	     child = orders->slots[child].heap_next) {
		BB_ASSERT(orders->slots[child].interest == parent->interest);
		BB_ASSERT(orders->slots[child].place >= parent->place);
		BB_ASSERT(orders->slots[child].heap_prev == left);
		left = child;
		count++;
		BB_ASSERT(count <= orders->live);
	}
	return count;
}

uint32_t
bb_interest_check(const struct bb_interests *interests, const struct bb_orders *orders,
		  uint32_t interest)
{
	const struct bb_interest *checked = &interests->slots[interest];
	uint32_t orders_of[2] = { 0, 0 };
	uint32_t children_of[2] = { 0, 0 };
	uint32_t before = BB_SLOT_NONE;

	BB_ASSERT(checked->oldest != BB_SLOT_NONE);
	for (uint32_t slot = checked->oldest; slot != BB_SLOT_NONE;
	     slot = orders->slots[slot].own_next) {
		const struct bb_order *order = &orders->slots[slot];
		const enum bb_side side = bb_order_side(order);
		BB_ASSERT(order->interest == interest);
		BB_ASSERT(order->own_prev == before);
		BB_ASSERT(order->place >= orders->slots[checked->best[side]].place);
		orders_of[side]++;
		children_of[side] += check_children(orders, slot);
		before = slot;
		BB_ASSERT(orders_of[side] <= orders->live);
	}
	BB_ASSERT(checked->newest == before);
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		BB_ASSERT((orders_of[side] == 0) == (checked->best[side] == BB_SLOT_NONE));
		BB_ASSERT(orders_of[side] == 0 || children_of[side] == orders_of[side] - 1);
	}
	return orders_of[BB_BUY] + orders_of[BB_SELL];
}
