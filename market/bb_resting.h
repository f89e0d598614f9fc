/* bb_resting - the one place where an order comes to rest, shrinks and leaves.
 *
 * Book, position, id table, pool, locks and live counts change together here, and
 * nowhere else.  Nothing here can fail: bb_entry.c has checked.
 *
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_RESTING_H
#define BB_RESTING_H

#include "market/bb_state.h"

/* An order in the book, and all that belongs to it. */
struct bb_standing {
	struct bb_order *order;
	struct bb_position *position;
	struct bb_account *account;
	struct bb_listing *listing;
	uint32_t slot;
	int32_t price;
	enum bb_side side;
};

/* bb_resting_find returns the slot of a live order, or BB_SLOT_NONE. */
static inline uint32_t
bb_resting_find(const struct bb_market *market, const struct bb_account *account,
		uint64_t order_id)
{
	const uint32_t slot = *bb_ids_place(&market->ids, account->ids, order_id);

	return market->orders.slots[slot].order_id == order_id ? slot : BB_SLOT_NONE;
}

/* bb_resting_look_in returns what belongs to the order in slot, which is one of listing's. */
BB_INLINE struct bb_standing
bb_resting_look_in(struct bb_market *market, struct bb_listing *listing, uint32_t slot)
{
	struct bb_order *order = &market->orders.slots[slot];
	struct bb_position *position = &market->positions.slots[order->position];
	const enum bb_side side = bb_order_side(order);

	return (struct bb_standing){
		.order = order,
		.position = position,
		.account = &market->members.accounts[position->participant],
		.listing = listing,
		.slot = slot,
		.price = bb_book_price(&listing->book, side, bb_order_rung(order)),
		.side = side,
	};
}

/* bb_resting_look returns it of any order. */
BB_INLINE struct bb_standing
bb_resting_look(struct bb_market *market, uint32_t slot)
{
	const struct bb_order *order = &market->orders.slots[slot];

	return bb_resting_look_in(market, &market->products.listings[order->listing], slot);
}

/* bb_resting_need returns what an order needs of its owner's account. */
static inline uint64_t
bb_resting_need(const struct bb_listing *listing, enum bb_side side, int32_t price,
		uint32_t quantity_wh)
{
	return bb_escrow_need(side, price, listing->margin, quantity_wh);
}

/* bb_take_shown returns how much of what is left of an order others will see. */
static inline uint32_t
bb_take_shown(const struct bb_take *take)
{
	return BB_UNLIKELY(take->type == BB_LIMIT_ICEBERG) && take->detail < take->left_wh
		       ? take->detail
		       : take->left_wh;
}

/* bb_take_odd returns whether an auction has to look at the order itself, as its rung's sum does
 * not say what it is. */
static inline bool
bb_take_odd(const struct bb_take *take)
{
	return take->type == BB_LIMIT_ICEBERG ||
	       (take->side == BB_BUY && take->accept_sources != 0 &&
		take->accept_sources != UINT16_MAX);
}

/* bb_resting_add rests what is left of an order, whose position is made. */
void bb_resting_add(struct bb_market *market, const struct bb_take *take);

/* bb_resting_show has an iceberg, which has none left, show its next clip, behind all at its
 * price; false if there is none.  Then the extra is gone, as it is with a time. */
bool bb_resting_show(struct bb_market *market, const struct bb_standing *standing);

/* bb_resting_reduce takes quantity, at most what it shows, off a resting order: off the book,
 * off what is open, off what is locked.  With its last Wh it is gone and the slot is free, and
 * what standing points to in the pool means nothing any more. */
BB_INLINE void
bb_resting_reduce(struct bb_market *market, const struct bb_standing *standing,
		  uint32_t quantity_wh)
{
	struct bb_position *position = standing->position;
	struct bb_account *account = standing->account;

	bb_accounts_unlock(bb_accounts_purse(&market->accounts, position->participant),
			   bb_resting_need(standing->listing, standing->side, standing->price,
					   quantity_wh));
	position->open_wh[standing->side] -= quantity_wh;
	if (bb_book_reduce(&standing->listing->book, &market->orders, standing->slot,
			   quantity_wh) > 0)
		return;
	if (BB_UNLIKELY(standing->order->extra != BB_EXTRA_NONE) &&
	    bb_resting_show(market, standing))
		return;

	*bb_ids_place(&market->ids, account->ids, standing->order->order_id) = BB_SLOT_NONE;
	bb_position_leave(position, &market->orders, standing->slot);
	bb_orders_give(&market->orders, standing->slot);
	account->orders_live--;
	standing->listing->product.orders_live--;
}

/* bb_resting_cancel takes quantity off as nobody's trade does: it is not contracted. */
BB_INLINE void
bb_resting_cancel(struct bb_market *market, const struct bb_standing *standing,
		  uint32_t quantity_wh)
{
	standing->account->energy_wh -= quantity_wh;
	bb_resting_reduce(market, standing, quantity_wh);
}

/* bb_resting_left returns all that an order has left to trade, shown or not. */
static inline uint32_t
bb_resting_left(const struct bb_market *market, const struct bb_standing *standing)
{
	return standing->order->quantity_wh + bb_order_hidden(&market->orders, standing->order);
}

/* bb_resting_shrink cancels a part of an order, which keeps its place: what it hides first. */
void bb_resting_shrink(struct bb_market *market, const struct bb_standing *standing,
		       uint32_t quantity_wh);

/* bb_resting_remove cancels all of an order. */
BB_INLINE void
bb_resting_remove(struct bb_market *market, const struct bb_standing *standing)
{
	if (BB_UNLIKELY(standing->order->extra != BB_EXTRA_NONE))
		bb_resting_shrink(market, standing,
				  bb_order_hidden(&market->orders, standing->order));
	bb_resting_cancel(market, standing, standing->order->quantity_wh);
}

/* bb_resting_fill takes quantity off in an auction, where all that an order has counts. */
void bb_resting_fill(struct bb_market *market, const struct bb_standing *standing,
		     uint32_t quantity_wh);

/* bb_resting_tell tells that an iceberg shows its next clip. */
void bb_resting_tell(const struct bb_market *market, struct bb_slice *slice,
		     const struct bb_standing *standing);

/* bb_resting_tidy drops a position that nothing is left of. */
static inline void
bb_resting_tidy(struct bb_market *market, uint32_t position, struct bb_listing *listing)
{
	const struct bb_position *idle = &market->positions.slots[position];

	if (bb_position_idle(idle))
		bb_position_drop(&market->positions, position, &listing->positions,
				 &market->members.accounts[idle->participant].positions);
}

#endif
