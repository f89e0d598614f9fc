/* bb_orders - the slots of all resting orders of the venue: one pool.
 *
 * An order is 32 B, two a cache line: what trades, cancels and call auctions read.  What only
 * its owner's side of things needs (market/bb_position.h) lies in a second array at the same
 * number, 16 B, so that walking a book never brings it in.
 *
 *	prev, next           its rung: who trades first?        (market/bb_book.h)
 *	own prev, next       its owner's orders of that side of the product, as a list or as
 *	                     siblings in a heap                 (market/bb_position.h)
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
#include "base/bb_assert.h"
#include "market/bb_command.h"
#include "market/bb_extras.h"

#define BB_SLOT_NONE 0u

struct bb_order {
	uint64_t order_id;
	uint32_t quantity_wh; /* what may trade now */
	uint32_t place;       /* bit 31: side; 27..30: source; 0..17: rung */
	uint32_t position;    /* whose, and of which product */
	uint32_t prev, next;
	uint32_t extra : 20;   /* 0: a plain order; else what else belongs to it (bb_extras.h) */
	uint32_t listing : 12; /* its product's; the position says so too, a cache line away */
};

struct bb_order_own {
	uint32_t prev, next; /* list, or siblings; of a first child prev is the parent */
	uint32_t heap_child; /* its first child; BB_OWN_FRESH outside the heap */
	uint16_t accept;     /* sources, bits */
	uint16_t prefer;
};

_Static_assert(sizeof(struct bb_order) == 32, "two a cache line");
_Static_assert(BB_EXTRAS_MAX(BB_ORDERS_MAX) <= (1u << 20) - 1, "every extra has a number");
_Static_assert(BB_PRODUCTS_MAX <= 1u << 12, "every listing has a number");
_Static_assert(sizeof(struct bb_order_own) == 16, "four a cache line");

#define BB_OWN_FRESH UINT32_MAX

#define BB_ORDER_EXTRA   ((1u << 20) - 1)
#define BB_ORDER_LISTING ((1u << 12) - 1)

#define BB_PLACE_SIDE_SHIFT   31u
#define BB_PLACE_SOURCE_SHIFT 27u
#define BB_PLACE_RUNG         (BB_LEVELS_MAX - 1u)

_Static_assert((BB_LEVELS_MAX & BB_PLACE_RUNG) == 0, "a power of two masks the rung");

struct bb_orders {
	struct bb_order *slots;   /* [capacity + 1] */
	struct bb_order_own *own; /* [capacity + 1] */
	uint32_t capacity;
	uint32_t live;
	uint32_t used;       /* slots 1..used were taken at least once */
	uint32_t free_first; /* chained by next */
	struct bb_extras extras;
};

static inline uint32_t
bb_order_place(enum bb_side side, uint32_t rung)
{
	return (uint32_t)side << BB_PLACE_SIDE_SHIFT | rung;
}

static inline enum bb_side
bb_order_side(const struct bb_order *order)
{
	return (enum bb_side)(order->place >> BB_PLACE_SIDE_SHIFT);
}

static inline uint32_t
bb_order_rung(const struct bb_order *order)
{
	return order->place & BB_PLACE_RUNG;
}

static inline uint32_t
bb_order_source(const struct bb_order *order)
{
	return order->place >> BB_PLACE_SOURCE_SHIFT & 0xf;
}

/* bb_order_hidden returns what an order has behind what may trade now. */
static inline uint32_t
bb_order_hidden(const struct bb_orders *orders, const struct bb_order *order)
{
	return orders->extras.slots[order->extra].hidden_wh; /* 0 of the one that is none */
}

size_t bb_orders_bytes(uint32_t capacity);
void bb_orders_init(struct bb_orders *orders, struct bb_arena *arena, uint32_t capacity);

static inline bool
bb_orders_room(const struct bb_orders *orders)
{
	return orders->live < orders->capacity;
}

/* bb_orders_take returns a slot whose quantity is zero; the caller sets all of it. */
static inline uint32_t
bb_orders_take(struct bb_orders *orders)
{
	uint32_t slot = orders->free_first;

	BB_ASSERT(bb_orders_room(orders));
	if (slot == BB_SLOT_NONE)
		slot = ++orders->used;
	else
		orders->free_first = orders->slots[slot].next;
	BB_ASSERT(orders->slots[slot].quantity_wh == 0);
	orders->live++;
	return slot;
}

/* bb_orders_give takes back a slot whose quantity is zero. */
static inline void
bb_orders_give(struct bb_orders *orders, uint32_t slot)
{
	BB_ASSERT(slot != BB_SLOT_NONE);
	BB_ASSERT(orders->live > 0);
	BB_ASSERT(orders->slots[slot].quantity_wh == 0);

	orders->slots[slot].next = orders->free_first;
	orders->free_first = slot;
	orders->live--;
}

#endif
