#include "market/bb_position.h"

/* Pages are made with their first position, so there are never more of them. */
static size_t
pages_for(uint32_t capacity, uint32_t participants, uint32_t row)
{
	const uint64_t most = (uint64_t)participants * row;
	return most < capacity ? (size_t)most : capacity;
}

static uint32_t
row_for(uint32_t listings)
{
	return (listings + BB_PAGE - 1) / BB_PAGE;
}

size_t
bb_positions_bytes(uint32_t capacity, uint32_t participants, uint32_t listings)
{
	const size_t count = (size_t)capacity + 1;
	const uint32_t row = row_for(listings);

	return bb_arena_round(count * sizeof(struct bb_position)) +
	       bb_arena_round(count * sizeof(struct bb_position_settled)) +
	       bb_arena_round((pages_for(capacity, participants, row) + 1) * BB_PAGE *
			      sizeof(uint32_t)) +
	       bb_arena_round(((size_t)participants + 1) * row * sizeof(uint32_t));
}

void
bb_positions_init(struct bb_positions *positions, struct bb_arena *arena, uint32_t capacity,
		  uint32_t participants, uint32_t listings)
{
	const size_t count = (size_t)capacity + 1;
	const uint32_t row = row_for(listings);
	const size_t pages = pages_for(capacity, participants, row);

	*positions = (struct bb_positions){
		.slots = bb_arena_take(arena, count * sizeof(struct bb_position)),
		.settled = bb_arena_take(arena, count * sizeof(struct bb_position_settled)),
		.pages = bb_arena_take(arena, (pages + 1) * BB_PAGE * sizeof(uint32_t)),
		.rows = bb_arena_take(arena,
				      ((size_t)participants + 1) * row * sizeof(uint32_t)),
		.row = row,
		.capacity = capacity,
		.page_capacity = (uint32_t)pages,
	};
}

static uint32_t
make_page(struct bb_positions *positions)
{
	uint32_t made = positions->page_free;

	if (made == 0)
		made = ++positions->page_used;
	else
		positions->page_free = positions->pages[made][0];
	BB_ASSERT(made <= positions->page_capacity);
	positions->pages[made][0] = BB_POSITION_NONE;
	positions->page_live++;
	return made;
}

uint32_t
bb_position_make(struct bb_positions *positions, uint32_t participant, uint32_t listing,
		 uint32_t *listed)
{
	uint32_t *page = bb_position_page(positions, participant, listing);
	uint32_t made = positions->free_first;

	BB_ASSERT(bb_positions_room(positions));
	if (made == BB_POSITION_NONE)
		made = ++positions->used;
	else
		positions->free_first = positions->slots[made].next;
	positions->slots[made] = (struct bb_position){
		.participant = participant, .listing = (uint16_t)listing, .next = *listed,
	};
	if (*listed != BB_POSITION_NONE)
		positions->slots[*listed].prev = made;
	*listed = made;
	positions->live++;

	if (*page == 0)
		*page = make_page(positions);
	BB_ASSERT(positions->pages[*page][listing % BB_PAGE] == BB_POSITION_NONE);
	positions->pages[*page][listing % BB_PAGE] = made;
	return made;
}

static void
forget(struct bb_positions *positions, uint32_t participant, uint32_t listing)
{
	uint32_t *page = bb_position_page(positions, participant, listing);
	uint32_t *entries = positions->pages[*page];

	entries[listing % BB_PAGE] = BB_POSITION_NONE;
	for (uint32_t i = 0; i < BB_PAGE; i++)
		if (entries[i] != BB_POSITION_NONE)
			return;
	entries[0] = positions->page_free;
	positions->page_free = *page;
	positions->page_live--;
	*page = 0;
}

void
bb_position_list(struct bb_positions *positions, uint32_t position, uint32_t *owned)
{
	BB_ASSERT(!positions->slots[position].own_listed);
	positions->slots[position].own_listed = 1;
	positions->slots[position].own_prev = BB_POSITION_NONE;
	positions->slots[position].own_next = *owned;
	if (*owned != BB_POSITION_NONE)
		positions->slots[*owned].own_prev = position;
	*owned = position;
}

static void
unlist(struct bb_positions *positions, uint32_t position, uint32_t *owned)
{
	struct bb_position *gone = &positions->slots[position];

	BB_ASSERT(gone->own_listed);
	if (gone->own_prev == BB_POSITION_NONE)
		*owned = gone->own_next;
	else
		positions->slots[gone->own_prev].own_next = gone->own_next;
	if (gone->own_next != BB_POSITION_NONE)
		positions->slots[gone->own_next].own_prev = gone->own_prev;
	gone->own_prev = gone->own_next = BB_POSITION_NONE;
	gone->own_listed = 0;
}

uint32_t
bb_position_first(struct bb_positions *positions, uint32_t *owned)
{
	while (*owned != BB_POSITION_NONE) {
		const struct bb_position *position = &positions->slots[*owned];
		if ((position->orders[BB_BUY] | position->orders[BB_SELL]) != 0)
			break;
		unlist(positions, *owned, owned);
	}
	return *owned;
}

void
bb_position_drop(struct bb_positions *positions, uint32_t dropped, uint32_t *listed,
		 uint32_t *owned)
{
	const struct bb_position *position = &positions->slots[dropped];

	BB_ASSERT(dropped != BB_POSITION_NONE && bb_position_idle(position));
	forget(positions, position->participant, position->listing);
	if (position->own_listed)
		unlist(positions, dropped, owned);
	if (position->prev == BB_POSITION_NONE)
		*listed = position->next;
	else
		positions->slots[position->prev].next = position->next;
	if (position->next != BB_POSITION_NONE)
		positions->slots[position->next].prev = position->prev;
	positions->slots[dropped] = (struct bb_position){ .next = positions->free_first };
	positions->settled[dropped] = (struct bb_position_settled){ 0 };
	positions->free_first = dropped;
	positions->live--;
}

/* Joins two heaps, of which neither is empty; returns the top. */
static uint32_t
meld(struct bb_orders *orders, uint32_t top, uint32_t below)
{
	struct bb_order_own *own = orders->own;

	if (bb_order_rung(&orders->slots[below]) < bb_order_rung(&orders->slots[top])) {
		const uint32_t swapped = top;
		top = below;
		below = swapped;
	}
	const uint32_t child = own[top].heap_child;
	own[below].next = child;
	own[below].prev = top;
	if (child != BB_SLOT_NONE)
		own[child].prev = below;
	own[top].heap_child = below;
	return top;
}

uint32_t
bb_position_sort(struct bb_position *position, struct bb_orders *orders, enum bb_side side)
{
	uint32_t top = position->heap[side];
	uint32_t next;

	for (uint32_t slot = position->fresh[side]; slot != BB_SLOT_NONE; slot = next) {
		struct bb_order_own *own = &orders->own[slot];
		next = own->next;
		own->prev = own->next = own->heap_child = BB_SLOT_NONE;
		top = top == BB_SLOT_NONE ? slot : meld(orders, top, slot);
	}
	BB_ASSERT(top != BB_SLOT_NONE);
	position->fresh[side] = BB_SLOT_NONE;
	position->heap[side] = top;
	position->bound[side] = bb_order_rung(&orders->slots[top]);
	return position->bound[side];
}

/* Makes one heap of siblings, first to last in pairs, then all pairs last to first. */
static uint32_t
meld_siblings(struct bb_orders *orders, uint32_t first)
{
	struct bb_order_own *own = orders->own;
	uint32_t pairs = BB_SLOT_NONE; /* melded ones, chained by next */

	while (first != BB_SLOT_NONE) {
		uint32_t pair = first;
		const uint32_t second = own[first].next;
		first = second == BB_SLOT_NONE ? BB_SLOT_NONE : own[second].next;
		if (second != BB_SLOT_NONE)
			pair = meld(orders, pair, second);
		own[pair].next = pairs;
		pairs = pair;
	}

	uint32_t top = pairs;
	uint32_t rest = own[top].next;
	while (rest != BB_SLOT_NONE) {
		const uint32_t next = own[rest].next;
		top = meld(orders, top, rest);
		rest = next;
	}
	own[top].next = BB_SLOT_NONE;
	own[top].prev = BB_SLOT_NONE;
	return top;
}

/* The children of what is removed take its place. */
void
bb_position_heap_remove(struct bb_position *position, struct bb_orders *orders, uint32_t slot)
{
	struct bb_order_own *own = orders->own;
	uint32_t *top = &position->heap[bb_order_side(&orders->slots[slot])];
	uint32_t heir = own[slot].heap_child;
	if (heir != BB_SLOT_NONE)
		heir = meld_siblings(orders, heir);

	if (*top == slot) {
		*top = heir;
		return;
	}
	const uint32_t next = own[slot].next;
	const uint32_t prev = own[slot].prev;
	if (heir != BB_SLOT_NONE) {
		own[heir].next = next;
		own[heir].prev = prev;
		if (next != BB_SLOT_NONE)
			own[next].prev = heir;
	} else {
		heir = next;
		if (next != BB_SLOT_NONE)
			own[next].prev = prev;
	}
	if (own[prev].heap_child == slot)
		own[prev].heap_child = heir;
	else
		own[prev].next = heir;
}

struct walk {
	const struct bb_orders *orders;
	uint32_t position;
	enum bb_side side;
	uint32_t count;
	uint64_t open_wh;
};

static void
check_order(struct walk *walk, const struct bb_position *position, uint32_t slot)
{
	const struct bb_order *order = &walk->orders->slots[slot];

	BB_ASSERT(order->position == walk->position);
	BB_ASSERT(bb_order_side(order) == walk->side);
	BB_ASSERT(bb_order_rung(order) >= position->bound[walk->side]);
	walk->open_wh += order->quantity_wh;
	walk->open_wh += bb_order_hidden(walk->orders, order);
	walk->count++;
	BB_ASSERT(walk->count <= walk->orders->live);
}

/* A heap may be deep, so that the walk goes by links: down, along, and up by the first
 * child's link to its parent. */
static void
check_heap(struct walk *walk, const struct bb_position *position)
{
	const struct bb_order_own *own = walk->orders->own;
	uint32_t slot = position->heap[walk->side];

	if (slot == BB_SLOT_NONE)
		return;
	BB_ASSERT(own[slot].next == BB_SLOT_NONE);
	for (;;) {
		check_order(walk, position, slot);
		const uint32_t child = own[slot].heap_child;
		BB_ASSERT(child != BB_OWN_FRESH);
		if (child != BB_SLOT_NONE) {
			BB_ASSERT(own[child].prev == slot);
			BB_ASSERT(bb_order_rung(&walk->orders->slots[child]) >=
				  bb_order_rung(&walk->orders->slots[slot]));
			slot = child;
			continue;
		}
		while (own[slot].next == BB_SLOT_NONE && slot != position->heap[walk->side]) {
			while (own[own[slot].prev].heap_child != slot)
				slot = own[slot].prev;
			slot = own[slot].prev;
		}
		if (slot == position->heap[walk->side])
			return;
		BB_ASSERT(own[own[slot].next].prev == slot);
		/* Every sibling stands under the same parent, whose rung the first one met. */
		uint32_t first = slot;
		while (own[own[first].prev].heap_child != first)
			first = own[first].prev;
		slot = own[slot].next;
		BB_ASSERT(bb_order_rung(&walk->orders->slots[slot]) >=
			  bb_order_rung(&walk->orders->slots[own[first].prev]));
	}
}

static void
check_fresh(struct walk *walk, const struct bb_position *position)
{
	const struct bb_order_own *own = walk->orders->own;
	uint32_t before = BB_SLOT_NONE;

	for (uint32_t slot = position->fresh[walk->side]; slot != BB_SLOT_NONE;
	     slot = own[slot].next) {
		BB_ASSERT(own[slot].heap_child == BB_OWN_FRESH);
		BB_ASSERT(own[slot].prev == before);
		check_order(walk, position, slot);
		before = slot;
	}
}

uint32_t
bb_position_check(const struct bb_positions *positions, const struct bb_orders *orders,
		  uint32_t position)
{
	const struct bb_position *checked = &positions->slots[position];

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		struct walk walk = {
			.orders = orders, .position = position, .side = (enum bb_side)side,
		};
		check_fresh(&walk, checked);
		check_heap(&walk, checked);
		BB_ASSERT(walk.count == checked->orders[side]);
		BB_ASSERT(walk.open_wh == checked->open_wh[side]);
	}
	BB_ASSERT(!bb_position_idle(checked));
	BB_ASSERT(bb_position_find(positions, checked->participant, checked->listing) == position);
	return checked->orders[BB_BUY] + checked->orders[BB_SELL];
}

void
bb_positions_check(const struct bb_positions *positions)
{
	uint32_t free_slots = 0;
	uint32_t free_pages = 0;

	for (uint32_t slot = positions->free_first; slot != BB_POSITION_NONE;
	     slot = positions->slots[slot].next)
		BB_ASSERT(++free_slots <= positions->capacity);
	for (uint32_t page = positions->page_free; page != 0; page = positions->pages[page][0])
		BB_ASSERT(++free_pages <= positions->page_capacity);
	BB_ASSERT(positions->live + free_slots == positions->used);
	BB_ASSERT(positions->page_live + free_pages == positions->page_used);
	for (uint32_t i = 0; i < BB_PAGE; i++)
		BB_ASSERT(positions->pages[0][i] == BB_POSITION_NONE);
}
