#include "market/bb_orders.h"

static size_t
slots_size(uint32_t capacity)
{
	return ((size_t)capacity + 1) * sizeof(struct bb_order);
}

static size_t
own_size(uint32_t capacity)
{
	return ((size_t)capacity + 1) * sizeof(struct bb_order_own);
}

size_t
bb_orders_bytes(uint32_t capacity)
{
	return bb_arena_round(slots_size(capacity)) + bb_arena_round(own_size(capacity)) +
	       bb_extras_bytes(capacity);
}

void
bb_orders_init(struct bb_orders *orders, struct bb_arena *arena, uint32_t capacity)
{
	*orders = (struct bb_orders){
		.slots = bb_arena_take(arena, slots_size(capacity)),
		.own = bb_arena_take(arena, own_size(capacity)),
		.capacity = capacity,
	};
	bb_extras_init(&orders->extras, arena, capacity);
}
