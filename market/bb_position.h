/* bb_position - what one participant has in one product: live orders, energy, money.
 *
 * Made when it first enters an order there, gone when nothing is left of orders, energy
 * and money.  Found by participant and listing with two loads: a row of pages for each
 * participant, a page for every BB_PAGE listings.
 *
 * Would an order trade with its owner's?  Three questions, the cheap ones first:
 *
 *	Has the owner orders on the other side?                      orders[]
 *	Can one of them be reached?   bound[]: no live order of that side has a better rung
 *	Is one reached?               the top of a pairing heap
 *
 * An order joins a list (fresh) in constant time and leaves it so.  Only who asks the third
 * question has all fresh orders of that side sorted into the heap, each once in its life; the
 * bound is then exact again.  Adding to a pairing heap takes constant time, removing from it
 * amortised logarithmic time, so nobody can make the check dear, and who only adds and
 * cancels never pays for it.
 * Source: Fredman, Sedgewick, Sleator, Tarjan, "The Pairing Heap", Algorithmica 1, 1986.
 *
 * All positions are in a list of their listing, those with live orders in one of their
 * participant.  From that a position is not taken with its last order, since the next one often
 * comes soon, but when whoever looks for orders finds none there: once for each time that it was
 * put there.
 *
 * Units    Wh; nano-currency.
 * Memory   bb_positions_bytes() from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only: the caller asks bb_positions_room first.
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_POSITION_H
#define BB_POSITION_H

#include "base/bb_hint.h"
#include "market/bb_orders.h"

#define BB_POSITION_NONE 0u
#define BB_PAGE          16u /* listings: a cache line */

struct bb_position {
	/* every order reads this line */
	uint32_t participant;
	uint16_t listing;
	uint16_t own_listed; /* 1: in its participant's list */
	uint32_t orders[2];  /* live, by side */
	uint64_t open_wh[2]; /* of them */
	uint64_t bought_wh;  /* contracted */
	uint64_t sold_wh;
	uint32_t fresh[2]; /* slots: first of those that no heap has seen */
	uint32_t bound[2]; /* rung; means nothing without orders */
	/* and trades and the first and last order this one */
	uint32_t heap[2];            /* slots: top */
	uint32_t own_prev, own_next; /* of its participant, while own_listed */
	uint32_t prev, next;         /* of its listing */
	int64_t cash;                /* of contracts that are not settled: received less paid */
	uint64_t locked;             /* for them */
	int64_t fee;                 /* paid */
	int64_t congestion;          /* paid */
	uint32_t curtailed_wh;
	uint32_t flags; /* of whoever settles; 0: nothing to keep it for */
};

_Static_assert(sizeof(struct bb_position) == 128, "two cache lines");

/* What was metered and posted last: for settlement alone, apart from the others. */
struct bb_position_settled {
	int64_t metered_wh;
	int64_t imbalance;
	int64_t no_gain;
	int64_t penalty;
};

struct bb_positions {
	struct bb_position *slots;           /* [capacity + 1] */
	struct bb_position_settled *settled; /* [capacity + 1] */
	uint32_t (*pages)[BB_PAGE];          /* [page_capacity + 1]; the first stays empty */
	uint32_t *rows;                      /* [participants + 1][row]: page of 16 listings */
	uint32_t row;
	uint32_t capacity;
	uint32_t live;
	uint32_t used;
	uint32_t free_first; /* chained by next */
	uint32_t page_capacity;
	uint32_t page_live;
	uint32_t page_used;
	uint32_t page_free; /* chained by their first entries */
	uint32_t reserved;  /* zero */
};

size_t bb_positions_bytes(uint32_t capacity, uint32_t participants, uint32_t listings);
void bb_positions_init(struct bb_positions *positions, struct bb_arena *arena, uint32_t capacity,
		       uint32_t participants, uint32_t listings);

/* bb_position_page returns where the page of a participant's positions around listing is
 * noted; 0 is the one that stays empty. */
static inline uint32_t *
bb_position_page(const struct bb_positions *positions, uint32_t participant, uint32_t listing)
{
	return &positions->rows[(size_t)participant * positions->row + listing / BB_PAGE];
}

/* bb_position_find returns the position, or BB_POSITION_NONE. */
static inline uint32_t
bb_position_find(const struct bb_positions *positions, uint32_t participant, uint32_t listing)
{
	const uint32_t page = *bb_position_page(positions, participant, listing);
	return positions->pages[page][listing % BB_PAGE];
}

static inline bool
bb_positions_room(const struct bb_positions *positions)
{
	return positions->live < positions->capacity;
}

/* bb_position_make makes one that is not there, in the listing's list that begins at
 * *listed. */
uint32_t bb_position_make(struct bb_positions *positions, uint32_t participant,
			  uint32_t listing, uint32_t *listed);

/* bb_position_idle returns whether nothing is left to keep a position for. */
static inline bool
bb_position_idle(const struct bb_position *position)
{
	return (position->orders[BB_BUY] | position->orders[BB_SELL]) == 0 &&
	       (position->bought_wh | position->sold_wh) == 0 && position->cash == 0 &&
	       (position->locked | position->flags) == 0 &&
	       (position->fee | position->congestion) == 0 && position->curtailed_wh == 0;
}

/* bb_position_drop takes an idle one away, out of its listing's list and its participant's. */
void bb_position_drop(struct bb_positions *positions, uint32_t dropped, uint32_t *listed,
		      uint32_t *owned);

/* bb_position_list puts one that is not there in its participant's list, from *owned on. */
void bb_position_list(struct bb_positions *positions, uint32_t position, uint32_t *owned);

/* bb_position_first returns the first of a participant's that has live orders, or
 * BB_POSITION_NONE.  It takes those out of the list that have none any more. */
uint32_t bb_position_first(struct bb_positions *positions, uint32_t *owned);

/* bb_position_sort brings the fresh orders of a side, which has one at least, into its heap,
 * and returns the best rung of the side. */
uint32_t bb_position_sort(struct bb_position *position, struct bb_orders *orders,
			  enum bb_side side);

/* bb_position_heap_remove takes slot, which is not fresh, out of its side's heap. */
void bb_position_heap_remove(struct bb_position *position, struct bb_orders *orders,
			     uint32_t slot);

/* bb_position_join adds the order in slot, whose place, quantity and position are set. */
static inline void
bb_position_join(struct bb_position *position, struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order *order = &orders->slots[slot];
	const enum bb_side side = bb_order_side(order);
	const uint32_t rung = bb_order_rung(order);
	const uint32_t first = position->fresh[side];

	orders->own[slot].prev = BB_SLOT_NONE;
	orders->own[slot].next = first;
	orders->own[slot].heap_child = BB_OWN_FRESH;
	if (first != BB_SLOT_NONE)
		orders->own[first].prev = slot;
	position->fresh[side] = slot;
	/* Without orders it was beyond all rungs; no branch, since nobody can predict it. */
	const uint32_t bound = position->bound[side] | -(uint32_t)(position->orders[side] == 0);
	position->bound[side] = rung < bound ? rung : bound;
	position->orders[side]++;
	position->open_wh[side] += order->quantity_wh;
}

/* bb_position_leave removes the order in slot, of which nothing is open any more. */
static inline void
bb_position_leave(struct bb_position *position, struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order_own *own = &orders->own[slot];
	const enum bb_side side = bb_order_side(&orders->slots[slot]);

	position->orders[side]--;
	if (BB_UNLIKELY(own->heap_child != BB_OWN_FRESH)) {
		bb_position_heap_remove(position, orders, slot);
		return;
	}
	if (own->prev == BB_SLOT_NONE)
		position->fresh[side] = own->next;
	else
		orders->own[own->prev].next = own->next;
	if (own->next != BB_SLOT_NONE)
		orders->own[own->next].prev = own->prev;
}

/* bb_position_any returns a live order of a side, or BB_SLOT_NONE: the newest fresh one, or
 * else the best. */
static inline uint32_t
bb_position_any(const struct bb_position *position, enum bb_side side)
{
	return position->fresh[side] != BB_SLOT_NONE ? position->fresh[side]
						     : position->heap[side];
}

/* bb_position_check asserts lists, heaps and sums of one; returns its orders. */
uint32_t bb_position_check(const struct bb_positions *positions, const struct bb_orders *orders,
			   uint32_t position);

/* bb_positions_check asserts that pools and pages add up. */
void bb_positions_check(const struct bb_positions *positions);

#endif
