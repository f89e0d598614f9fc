/* bb_trade - an order that was accepted trades, and what is left of it rests or is gone.
 *
 * Inline, since this is the way of every order: bb_entry.c is its only caller but for
 * bb_across.c, where an order meets the books of several zones.
 *
 * Memory, threads, replay: as bb_state.h.
 * Errors   BB_ASSERT only: entry has checked.
 */
#ifndef BB_TRADE_H
#define BB_TRADE_H

#include "market/bb_across.h"
#include "market/bb_contract.h"
#include "market/bb_resting.h"

/* What is left is cancelled, or told to be where the band stopped it; apart, since it is rare. */
void bb_trade_cancel_rest(struct bb_slice *slice, const struct bb_take *take);
void bb_trade_break(struct bb_market *market, struct bb_slice *slice,
		    const struct bb_take *take);

/* bb_trade_carried tells participant, who has product, what quantity_wh of other over way costs;
 * the order, and what else is known of both, is left to the caller. */
struct bb_event *bb_trade_carried(struct bb_slice *slice, uint32_t participant,
				  uint32_t product, const struct bb_way *way, uint32_t other,
				  uint32_t quantity_wh);

/* bb_trade_with trades with the order in slot, over way if it stands in another zone (NULL: it
 * does not, which whoever calls knows when it is compiled), and returns how much. */
BB_INLINE uint32_t
bb_trade_with(struct bb_market *market, struct bb_slice *slice, struct bb_take *take,
	      uint32_t slot, const struct bb_way *way)
{
	const struct bb_standing standing =
		way == NULL ? bb_resting_look_in(market, take->listing, slot)
			    : bb_resting_look(market, slot);
	struct bb_product *product = &standing.listing->product;
	const uint32_t own_product = take->listing->product.terms.product;
	const uint32_t resting_wh = standing.order->quantity_wh;
	uint32_t quantity_wh = take->left_wh < resting_wh ? take->left_wh : resting_wh;

	if (way != NULL && way->room_wh < quantity_wh)
		quantity_wh = (uint32_t)way->room_wh;
	BB_ASSERT(standing.account != take->account);
	take->left_wh -= quantity_wh;
	*bb_slice_next(slice) = (struct bb_event){
		.number = slice->number,
		.order_id = take->order_id,
		.counter_order_id = standing.order->order_id,
		.participant = take->account->participant,
		.counterparty = standing.account->participant,
		.product = own_product,
		.price = standing.price,
		.quantity_wh = quantity_wh,
		.remaining_wh = take->left_wh,
		.counter_remaining_wh = resting_wh - quantity_wh,
		.record = slice->record,
		.kind = BB_EVENT_TRADED,
		.side = (uint8_t)take->side,
		.across = way == NULL ? 0 : bb_event_across(own_product, product->terms.product),
	};
	if (way != NULL) {
		struct bb_event *event =
			bb_trade_carried(slice, take->account->participant, own_product, way,
					 product->terms.product, quantity_wh);
		event->order_id = take->order_id;
		event->side = (uint8_t)take->side;
	}

	/* First off what is open and locked, then onto what is contracted: all sums stay in
	 * range. */
	const uint32_t extra = standing.order->extra;
	bb_resting_reduce(market, &standing, quantity_wh);
	if (BB_UNLIKELY(extra != BB_EXTRA_NONE) && quantity_wh == resting_wh &&
	    standing.order->quantity_wh > 0)
		bb_resting_tell(market, slice, &standing);
	bb_contract_trade(market, take, &standing, quantity_wh, way == NULL ? 0 : way->fee);
	product->last_price = standing.price;
	product->trades++;
	product->traded_wh += quantity_wh;
	return quantity_wh;
}

/* How an order is answered, once it has traded: the one event that always comes. */
BB_INLINE void
bb_trade_answer(struct bb_slice *slice, const struct bb_take *take, uint32_t resting_wh)
{
	*bb_slice_next(slice) = (struct bb_event){
		.number = slice->number,
		.order_id = take->order_id,
		.counter_order_id = take->before,
		.participant = take->account->participant,
		.product = take->listing->product.terms.product,
		.price = take->price,
		.quantity_wh = take->quantity_wh,
		.remaining_wh = resting_wh,
		.counter_remaining_wh = resting_wh == 0 ? 0 : resting_wh - bb_take_shown(take),
		.record = slice->record,
		.kind = take->before ? BB_EVENT_REPLACED : BB_EVENT_ACCEPTED,
		.side = (uint8_t)take->side,
	};
}

/* Whether what is left would trade in its own zone, but for the band. */
BB_INLINE bool
bb_trade_leaves_band(const struct bb_take *take)
{
	return BB_UNLIKELY(take->limit < take->reach) && take->trades && take->left_wh > 0 &&
	       bb_book_reaches(&take->listing->book, bb_side_other(take->side), take->reach);
}

/* Orders that a take will come to: the next, and the one behind it. */
struct bb_trade_ahead {
	uint32_t next;
	struct bb_book_place place;
};

BB_INLINE struct bb_trade_ahead
bb_trade_ahead(const struct bb_market *market, const struct bb_book *book, enum bb_side side)
{
	struct bb_trade_ahead ahead = { .place = bb_book_front(book, side) };

	bb_book_pass(book, side, &market->orders, &ahead.place);
	ahead.next = ahead.place.slot;
	bb_book_pass(book, side, &market->orders, &ahead.place);
	return ahead;
}

/* Asks for what hangs on both, and for the one behind them: each a trade before the next of
 * these is read, as in market/bb_foresee.c. */
BB_INLINE void
bb_trade_look(const struct bb_market *market, const struct bb_book *book, enum bb_side side,
	      struct bb_trade_ahead *ahead)
{
	const struct bb_order *slots = market->orders.slots;
	const struct bb_order_own *own = market->orders.own;
	const struct bb_position *positions = market->positions.slots;
	const struct bb_order *next = &slots[ahead->next];
	const uint32_t maker = positions[next->position].participant;

	BB_FETCH(&own[own[ahead->next].prev]);
	BB_FETCH(&own[own[ahead->next].next]);
	BB_FETCH(bb_ids_place(&market->ids, market->members.accounts[maker].ids, next->order_id));
	ahead->next = ahead->place.slot;
	BB_FETCH(&positions[slots[ahead->next].position]);
	BB_FETCH(&positions[slots[ahead->next].position].locked);
	bb_book_pass(book, side, &market->orders, &ahead->place);
	BB_FETCH(&slots[ahead->place.slot]);
	BB_FETCH(&own[ahead->place.slot]);
}

/* Trades with all that an order of a zone without lines reaches; false if the slice is full
 * before. */
BB_INLINE bool
bb_trade_inside(struct bb_market *market, struct bb_slice *slice, struct bb_take *take)
{
	const struct bb_book *book = &take->listing->book;
	const enum bb_side other = bb_side_other(take->side);

	struct bb_trade_ahead ahead;
	bool knows = false;

	while (take->left_wh > 0 && take->trades && bb_book_reaches(book, other, take->limit)) {
		if (bb_slice_left(slice) < 2) /* the trade, and an iceberg's next clip */
			return false;
		const uint32_t slot = bb_book_first(book, other, take->limit);
		if (take->left_wh > market->orders.slots[slot].quantity_wh) {
			if (!knows)
				ahead = bb_trade_ahead(market, book, other);
			knows = true;
			bb_trade_look(market, book, other, &ahead);
		}
		bb_trade_with(market, slice, take, slot, NULL);
	}
	return true;
}

/* bb_trade_run trades and then rests an order; false if the slice is full before that is done. */
BB_INLINE bool
bb_trade_run(struct bb_market *market, struct bb_slice *slice, struct bb_take *take)
{
	if (BB_UNLIKELY(take->listing->joined) ? !bb_across_trade(market, slice, take)
					       : !bb_trade_inside(market, slice, take))
		return false;
	const bool breaks = bb_trade_leaves_band(take);
	if (bb_slice_left(slice) < BB_SLICE_ROOM_MIN + breaks)
		return false;

	const bool rests = take->left_wh > 0 && take->type != BB_LIMIT_IOC; /* whole: none left */
	bb_trade_answer(slice, take, rests ? take->left_wh : 0);
	if (rests)
		bb_resting_add(market, take);
	else if (take->left_wh > 0)
		bb_trade_cancel_rest(slice, take);
	if (BB_UNLIKELY(!rests))
		bb_resting_tidy(market, take->position, take->listing);
	if (BB_UNLIKELY(breaks))
		bb_trade_break(market, slice, take);
	return true;
}

#endif
