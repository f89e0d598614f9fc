/* bb_orders - the slots of all resting orders of the venue: one pool, 48 B each.
 *
 * A slot hangs in three places at once, each for one question:
 *
 *	prev, next             its rung: who trades first?       (market/bb_book.h)
 *	own_prev, own_next     its owner's orders in the product, oldest first: what does
 *	                       a cancel-all take off?            (market/bb_interest.h)
 *	heap_*                 its owner's orders of one side, best price on top: would
 *	                       an order trade with its owner's?  (market/bb_interest.h)
 *
 * Links are 32-bit slot numbers, 0 is none, so zeroed memory is an empty pool.  Freed
 * slots come back last in, first out: the warmest is reused first.
 *
 * Units    quantity_wh: what is left to trade; 0 in a free slot.
 * Memory   bb_orders_bytes(capacity) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only: the caller asks bb_orders_room first.
 * Replay   The same calls in the same order give the same slots.
 */
#ifndef BB_ORDERS_H
#define BB_ORDERS_H

#include <stdbool.h>

#include "base/bb_arena.h"
#include "market/bb_command.h"

#define BB_SLOT_NONE 0u

struct bb_order {
	uint64_t order_id;
	uint32_t quantity_wh;
	uint32_t place;    /* bit 31: side, below: rung */
	uint32_t interest; /* whose, and of which product */
	uint32_t prev, next;
	uint32_t own_prev, own_next;
	uint32_t heap_child; /* its first child */
	uint32_t heap_next;  /* its right sibling */
	uint32_t heap_prev;  /* its left sibling; of a first child the parent */
};

_Static_assert(sizeof(struct bb_order) == 48, "as promised above");

struct bb_orders {
	struct bb_order *slots; /* [capacity + 1] */
	uint32_t capacity;
	uint32_t live;
	uint32_t used;       /* slots 1..used were taken at least once */
	uint32_t free_first; /* chained by next */
};

static inline uint32_t
bb_order_place(enum bb_side side, uint32_t rung)
{
	return (uint32_t)side << 31 | rung;
}

static inline enum bb_side
bb_order_side(const struct bb_order *order)
{
	return order->place >> 31 ? BB_SELL : BB_BUY;
}

static inline uint32_t
bb_order_rung(const struct bb_order *order)
{
	return order->place & (UINT32_MAX >> 1);
}

size_t bb_orders_bytes(uint32_t capacity);
void bb_orders_init(struct bb_orders *orders, struct bb_arena *arena, uint32_t capacity);

static inline bool
bb_orders_room(const struct bb_orders *orders)
{
	return orders->live < orders->capacity;
}

/* bb_orders_take returns a slot of zeros. */
uint32_t bb_orders_take(struct bb_orders *orders);
void bb_orders_give(struct bb_orders *orders, uint32_t slot);

#endif
