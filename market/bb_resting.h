/* bb_resting - the one place where an order comes to rest, shrinks and leaves.
 *
 * Book, interest, id index, pool, open sums and live counts change together here, and
 * nowhere else.  Nothing here can fail: bb_entry.c has checked.
 *
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_RESTING_H
#define BB_RESTING_H

#include "market/bb_state.h"

/* bb_resting_find returns the slot of a live order, or BB_SLOT_NONE. */
uint32_t bb_resting_find(const struct bb_market *market, uint32_t participant,
			 uint64_t order_id);

/* bb_resting_reaches returns whether an order of account on side at price would reach
 * one of its owner's own.  An order reaches every one that its price allows, even if
 * others stand before and would fill it: the rule must not depend on what they do. */
bool bb_resting_reaches(const struct bb_market *market, const struct bb_account *account,
			const struct bb_listing *listing, enum bb_side side, int32_t price);

/* bb_resting_add rests what is left of an order. */
void bb_resting_add(struct bb_market *market, const struct bb_take *take);

/* bb_resting_reduce takes quantity off a resting order; with its last Wh it is gone and
 * the slot is free. */
void bb_resting_reduce(struct bb_market *market, uint32_t slot, uint32_t quantity_wh);

static inline struct bb_account *
bb_resting_owner(const struct bb_market *market, uint32_t slot)
{
	const uint32_t interest = market->orders.slots[slot].interest;
	return &market->members.accounts[market->interests.slots[interest].participant];
}

static inline struct bb_listing *
bb_resting_listing(const struct bb_market *market, uint32_t slot)
{
	const uint32_t interest = market->orders.slots[slot].interest;
	return &market->products.listings[market->interests.slots[interest].listing];
}

static inline int32_t
bb_resting_price(const struct bb_market *market, uint32_t slot)
{
	const struct bb_order *order = &market->orders.slots[slot];
	return bb_book_price(&bb_resting_listing(market, slot)->book, bb_order_side(order),
			     bb_order_rung(order));
}

#endif
