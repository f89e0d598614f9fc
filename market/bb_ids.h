/* bb_ids - from a participant's own order id to its order, without a search.
 *
 * Every participant gets a table of places when it is admitted: as many as it may have live
 * orders, rounded up to a power of two.  The low bits of an order id are the place:
 *
 *	slot = places[table.first + (order_id & table.mask)]
 *
 * So no two live orders of one participant may have the same low bits, and the one that
 * comes second is refused (BB_ERR_ORDER_EXISTS).  A sender keeps to it by taking a free place
 * of its own as the low bits and whatever it likes as the others: the own id is the handle.
 *
 * Units    places hold slots of market/bb_orders.h; 0: free.
 * Memory   bb_ids_bytes(places) from the arena.  Tables are never given back: ids of
 *          participants are not given twice either.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only: the caller asks bb_ids_room first.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_IDS_H
#define BB_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_arena.h"

/* The table of who may have no order: the one place before all others, always free. */
struct bb_id_table {
	uint32_t first;
	uint32_t mask; /* places less one */
};

struct bb_ids {
	uint32_t *places; /* [capacity + 1] */
	uint32_t capacity;
	uint32_t used;
};

size_t bb_ids_bytes(uint32_t capacity);
void bb_ids_init(struct bb_ids *ids, struct bb_arena *arena, uint32_t capacity);

/* bb_ids_room returns whether there is room for a table of orders_max. */
bool bb_ids_room(const struct bb_ids *ids, uint32_t orders_max);

struct bb_id_table bb_ids_open(struct bb_ids *ids, uint32_t orders_max);

/* bb_ids_place returns where the slot of order_id stands, if there is such an order. */
static inline uint32_t *
bb_ids_place(const struct bb_ids *ids, struct bb_id_table table, uint64_t order_id)
{
	return &ids->places[table.first + ((uint32_t)order_id & table.mask)];
}

#endif
