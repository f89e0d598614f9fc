#include "market/bb_ids.h"

#include "base/bb_assert.h"

size_t
bb_ids_bytes(uint32_t capacity)
{
	return bb_arena_round(((size_t)capacity + 1) * sizeof(uint32_t));
}

void
bb_ids_init(struct bb_ids *ids, struct bb_arena *arena, uint32_t capacity)
{
	*ids = (struct bb_ids){
		.places = bb_arena_take(arena, ((size_t)capacity + 1) * sizeof(uint32_t)),
		.capacity = capacity,
	};
}

/* The smallest power of two that is not below orders_max; 0 for none. */
static uint64_t
places_for(uint32_t orders_max)
{
	uint64_t places = orders_max == 0 ? 0 : 1;

	while (places < orders_max)
		places *= 2;
	return places;
}

bool
bb_ids_room(const struct bb_ids *ids, uint32_t orders_max)
{
	return places_for(orders_max) <= ids->capacity - ids->used;
}

struct bb_id_table
bb_ids_open(struct bb_ids *ids, uint32_t orders_max)
{
	const uint32_t places = (uint32_t)places_for(orders_max);

	BB_ASSERT(bb_ids_room(ids, orders_max));
	if (places == 0)
		return (struct bb_id_table){ 0 };
	const struct bb_id_table table = { .first = 1 + ids->used, .mask = places - 1 };
	ids->used += places;
	return table;
}
