#include "market/bb_orders.h"

#include "base/bb_assert.h"

size_t
bb_orders_bytes(uint32_t capacity)
{
	return bb_arena_round(((size_t)capacity + 1) * sizeof(struct bb_order));
}

void
bb_orders_init(struct bb_orders *orders, struct bb_arena *arena, uint32_t capacity)
{
	*orders = (struct bb_orders){
		.slots = bb_arena_take(arena, ((size_t)capacity + 1) * sizeof(struct bb_order)),
		.capacity = capacity,
	};
}

uint32_t
bb_orders_take(struct bb_orders *orders)
{
	BB_ASSERT(bb_orders_room(orders));
	uint32_t slot = orders->free_first;

	if (slot == BB_SLOT_NONE)
		slot = ++orders->used;
	else
		orders->free_first = orders->slots[slot].next;
	BB_ASSERT(slot <= orders->capacity);
	BB_ASSERT(orders->slots[slot].quantity_wh == 0);
	orders->slots[slot] = (struct bb_order){ 0 };
	orders->live++;
	return slot;
}

void
bb_orders_give(struct bb_orders *orders, uint32_t slot)
{
	BB_ASSERT(slot != BB_SLOT_NONE);
	BB_ASSERT(orders->live > 0);

	orders->slots[slot] = (struct bb_order){ .next = orders->free_first };
	orders->free_first = slot;
	orders->live--;
}
