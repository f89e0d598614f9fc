#include "market/bb_entry.h"

#include "base/bb_bytes.h"
#include "market/bb_basket.h"
#include "market/bb_trade.h"
#include "market/bb_type.h"

/* What an order stands for in the sums that judge it, and what it takes the place of. */
struct claim {
	uint32_t quantity_wh;
	uint32_t standing_wh;
	uint64_t need;
	uint64_t standing_need;
};

/* On success *tick says where in the band the price lies. */
BB_INLINE enum bb_result
check_terms(const struct bb_market *market, const struct bb_account *account,
	    const struct bb_listing *listing, const struct bb_order_command *order,
	    uint32_t *tick)
{
	const struct bb_book *book = &listing->book;
	const uint32_t above = (uint32_t)order->price - (uint32_t)book->price_min;

	if (BB_UNLIKELY(account->killed))
		return BB_ERR_KILLED;
	if (BB_UNLIKELY(market->halted))
		return BB_ERR_HALTED;
	if (BB_UNLIKELY(market->time_ns >= listing->until_ns))
		return BB_ERR_STATE;
	if (BB_UNLIKELY(above > book->width)) /* or below: then it wraps to far more */
		return order->price % (int64_t)book->tick != 0 ? BB_ERR_TICK : BB_ERR_PRICE;
	*tick = bb_divide(book->by_tick, above);
	if (BB_UNLIKELY(*tick * book->tick != above))
		return BB_ERR_TICK;
	const uint32_t quantity_wh = order->quantity_wh;
	if (BB_UNLIKELY(quantity_wh == 0 ||
			quantity_wh > listing->product.terms.quantity_max_wh ||
			(account->order_wh_max != 0 && quantity_wh > account->order_wh_max)))
		return BB_ERR_QUANTITY;
	if (BB_UNLIKELY(bb_divide(listing->by_lot, quantity_wh) * listing->by_lot.by !=
			quantity_wh))
		return BB_ERR_LOT;
	return BB_OK;
}

BB_INLINE enum bb_result
check_identity(const struct bb_market *market, const struct bb_account *account,
	       const struct bb_order_command *order)
{
	const uint32_t slot = *bb_ids_place(&market->ids, account->ids, order->order_id);
	const bool rests = bb_type_rests(order->type);

	if (BB_UNLIKELY(rests && account->orders_live >= account->orders_max))
		return BB_ERR_ORDERS;
	if (BB_UNLIKELY(slot != BB_SLOT_NONE &&
			(rests || market->orders.slots[slot].order_id == order->order_id)))
		return BB_ERR_ORDER_EXISTS;
	return BB_OK;
}

/* Net purchase or sale, open orders included, against the participant's limit of it. */
BB_INLINE bool
within_cap(const struct bb_account *account, const struct bb_position *position,
	   enum bb_side side, const struct claim *claim)
{
	const uint64_t cap = bb_by_side(side, account->cap_in_wh, account->cap_out_wh);

	if (BB_LIKELY(cap == 0))
		return true;
	const uint64_t net = position->bought_wh - position->sold_wh;
	const int64_t open = (int64_t)(position->open_wh[side] - claim->standing_wh);
	return (int64_t)bb_by_side(side, net, -net) + open + claim->quantity_wh <= (int64_t)cap;
}

/* Whether every sum stays in range, whatever the order trades with.  What stands is below
 * 2^63 and a quantity below 2^32: no sum wraps.  What other zones of a course trade is bounded by
 * the positions there. */
BB_INLINE bool
within_range(const struct bb_account *account, const struct bb_listing *listing,
	     const struct bb_position *position, enum bb_side side, const struct claim *claim)
{
	const uint64_t quantity_wh = claim->quantity_wh;

	if (account->energy_wh - claim->standing_wh + quantity_wh > BB_ENERGY_MAX ||
	    listing->product.traded_wh + quantity_wh > BB_ENERGY_MAX)
		return false;
	if (listing->course == 0)
		return true;
	const uint64_t contracted = side == BB_BUY ? position->bought_wh : position->sold_wh;
	return contracted + position->open_wh[side] - claim->standing_wh + quantity_wh <=
	       BB_POSITION_WH_MAX;
}

BB_INLINE enum bb_result
check_account(const struct bb_market *market, const struct bb_account *account,
	      const struct bb_listing *listing, const struct bb_position *position,
	      enum bb_side side, const struct claim *claim)
{
	const struct bb_purse *purse =
		bb_accounts_purse(&market->accounts, account->participant);
	const uint64_t locked = purse->locked - claim->standing_need;

	if (BB_UNLIKELY(!within_cap(account, position, side, claim) ||
			!within_range(account, listing, position, side, claim)))
		return BB_ERR_POSITION;
	if (BB_UNLIKELY(claim->need > (uint64_t)INT64_MAX - locked))
		return BB_ERR_POSITION;
	if (account->escrow && purse->balance < (__int128)(locked + claim->need))
		return BB_ERR_ESCROW;
	return BB_OK;
}

/* Whether the order reaches one of its owner's. */
BB_INLINE bool
reaches_own(struct bb_market *market, const struct bb_take *take)
{
	const enum bb_side other = bb_side_other(take->side);
	struct bb_position *position = &market->positions.slots[take->position];

	if (BB_UNLIKELY(take->listing->joined) && bb_across_owns(market, take))
		return true;
	if (BB_LIKELY(!bb_book_reaches(&take->listing->book, other, take->reach)))
		return false;
	if (BB_LIKELY(position->orders[other] == 0 || position->bound[other] > take->reach))
		return false;
	return bb_position_sort(position, &market->orders, other) <= take->reach;
}

/* Whether all of an order can trade at once. */
static bool
fills(struct bb_market *market, const struct bb_take *take)
{
	return take->listing->joined ? bb_across_fills(market, take) : bb_type_fills(take);
}

bool
bb_entry_continue(struct bb_market *market, struct bb_slice *slice)
{
	return bb_trade_run(market, slice, &market->work.take);
}

/* Runs an order as far as the slice has room; what is left of it becomes the work. */
BB_INLINE void
begin(struct bb_market *market, struct bb_slice *slice, struct bb_take *take)
{
	if (BB_LIKELY(bb_trade_run(market, slice, take)))
		return;
	market->work.kind = BB_WORK_TAKE;
	market->work.take = *take;
}

BB_INLINE enum bb_result
check_room(const struct bb_market *market, const struct bb_take *take, bool replaces)
{
	const struct bb_book *book = &take->listing->book;

	if (bb_type_rests(take->type)) {
		if (BB_UNLIKELY(!replaces && !bb_orders_room(&market->orders)) &&
		    !(take->trades &&
		      bb_book_reaches(book, bb_side_other(take->side), take->limit)))
			return BB_ERR_BOOK_FULL;
		if (BB_UNLIKELY(!bb_book_room(book, take->side, take->place & BB_PLACE_RUNG,
					      take->quantity_wh)))
			return BB_ERR_BOOK_FULL;
	}
	if (BB_UNLIKELY(take->position == BB_POSITION_NONE &&
			!bb_positions_room(&market->positions)))
		return BB_ERR_FULL;
	return BB_OK;
}

BB_INLINE void
aim(struct bb_take *take, const struct bb_book *book, uint32_t tick, uint32_t source)
{
	take->place = bb_order_place(take->side, bb_book_turn(book, take->side, tick)) |
		      source << BB_PLACE_SOURCE_SHIFT;
	take->reach = bb_book_turn(book, bb_side_other(take->side), tick);
	const uint32_t band = take->listing->band[take->side];
	take->limit = band < take->reach ? band : take->reach;
}

/* Judges a new order and says how it will trade.  A plain one, which is neither of a special
 * type nor has a market price, is known to be so by whoever calls. */
BB_INLINE enum bb_result
judge(struct bb_market *market, const struct bb_order_command *order,
      struct bb_account *account, bool plain, struct bb_take *take)
{
	struct bb_listing *listing = bb_products_find(&market->products, order->product);
	struct bb_order_command priced;
	enum bb_result result;
	uint32_t tick = 0;

	if (BB_UNLIKELY(listing == NULL))
		return BB_ERR_PRODUCT;
	if (BB_UNLIKELY(order->side > BB_SELL ||
			!bb_is_zero(order->reserved, sizeof(order->reserved))))
		return BB_ERR_RECORD;
	if (!plain && order->type == BB_MARKET_LIMIT) {
		priced = *order;
		if ((result = bb_type_price(market, listing, order, &priced.price)) != BB_OK)
			return result;
		order = &priced;
	}
	if ((result = check_terms(market, account, listing, order, &tick)) != BB_OK ||
	    (result = check_identity(market, account, order)) != BB_OK)
		return result;
	if (plain && BB_UNLIKELY(order->shown_wh != 0))
		return BB_ERR_UNSUPPORTED;
	if (!plain && (result = bb_type_check(market, listing, order)) != BB_OK)
		return result;

	const enum bb_side side = (enum bb_side)order->side;
	const uint32_t index = bb_listing_index(&market->products, listing);
	*take = (struct bb_take){
		.account = account,
		.listing = listing,
		.order_id = order->order_id,
		.price = order->price,
		.quantity_wh = order->quantity_wh,
		.left_wh = order->quantity_wh,
		.position = bb_position_find(&market->positions, account->participant, index),
		.side = side,
		.trades = market->time_ns < listing->trades_until_ns,
		.accept_sources = order->accept_sources,
		.prefer_sources = order->prefer_sources,
		.type = order->type,
		.detail = plain || order->type == BB_BASKET_LEG ? 0 : order->shown_wh,
	};
	aim(take, &listing->book, tick, order->source & 0xf);
	struct bb_position *position = &market->positions.slots[take->position];
	const struct claim claim = {
		.quantity_wh = order->quantity_wh,
		.need = bb_resting_need(listing, side, order->price, order->quantity_wh),
	};
	if ((result = check_account(market, account, listing, position, side, &claim)) != BB_OK ||
	    (result = check_room(market, take, false)) != BB_OK)
		return result;
	if (!plain && take->detail != 0 &&
	    !bb_extras_room(&market->orders.extras,
			    take->type == BB_LIMIT_ICEBERG ? take->detail : 0))
		return BB_ERR_BOOK_FULL;
	if (!plain && bb_type_whole(take->type) && !fills(market, take))
		return BB_ERR_UNFILLED;
	return reaches_own(market, take) ? BB_ERR_SELF_TRADE : BB_OK;
}

BB_INLINE void
enter(struct bb_market *market, struct bb_take *take, struct bb_slice *slice)
{
	if (BB_UNLIKELY(take->position == BB_POSITION_NONE))
		take->position = bb_position_make(
			&market->positions, take->account->participant,
			bb_listing_index(&market->products, take->listing),
			&take->listing->positions);
	begin(market, slice, take);
}

BB_COLD enum bb_result
bb_entry_judge(struct bb_market *market, const struct bb_order_command *order,
	       struct bb_account *account, struct bb_take *take)
{
	return judge(market, order, account, false, take);
}

BB_COLD void
bb_entry_enter(struct bb_market *market, struct bb_take *take, struct bb_slice *slice)
{
	enter(market, take, slice);
}

/* The types beyond limit orders; apart, so that these do not pay for them. */
BB_COLD static enum bb_result
enter_special(struct bb_market *market, const struct bb_command *command,
	      struct bb_account *account, struct bb_slice *slice)
{
	struct bb_take take;

	if (command->order.type == BB_BASKET_LEG)
		return bb_basket_leg(market, command, account, slice);
	const enum bb_result result = bb_entry_judge(market, &command->order, account, &take);
	if (result == BB_OK)
		bb_entry_enter(market, &take, slice);
	return result;
}

enum bb_result
bb_entry_new(struct bb_market *market, const struct bb_command *command,
	     struct bb_account *account, struct bb_slice *slice)
{
	const struct bb_order_command *order = &command->order;
	struct bb_take take;

	if (BB_UNLIKELY(order->type > BB_LIMIT_IOC))
		return enter_special(market, command, account, slice);
	const enum bb_result result = judge(market, order, account, true, &take);
	if (BB_UNLIKELY(result != BB_OK))
		return result;
	/* Accepted: from here on nothing can fail. */

	enter(market, &take, slice);
	return BB_OK;
}

/* Whether a replaced order finds a rung: its own may be the last of a stretch, and then makes
 * room for it, but at no price for more than rests there at most. */
static bool
replace_has_room(const struct bb_market *market, const struct bb_standing *standing,
		 const struct bb_take *take)
{
	const struct bb_ladder *ladder = &standing->listing->book.ladders[standing->side];
	const uint32_t rung = bb_order_rung(standing->order);
	const uint64_t occupied = bb_ladder_occupied(ladder, rung);
	const uint64_t there_wh =
		bb_rung_wh(bb_ladder_rung(ladder, take->place & BB_PLACE_RUNG));

	return check_room(market, take, true) == BB_OK ||
	       ((occupied & (occupied - 1)) == 0 &&
		bb_rung_orders(bb_ladder_rung(ladder, rung)) == 1 &&
		there_wh + take->quantity_wh <= BB_RUNG_WH_MAX);
}

enum bb_result
bb_entry_replace(struct bb_market *market, const struct bb_command *command,
		 struct bb_account *account, struct bb_slice *slice)
{
	const struct bb_order_command *order = &command->order;
	const uint32_t slot = bb_resting_find(market, account, order->order_id);
	enum bb_result result;
	uint32_t tick = 0;

	if (slot == BB_SLOT_NONE)
		return BB_ERR_ORDER_UNKNOWN;
	if (!bb_is_zero(order->reserved, sizeof(order->reserved)))
		return BB_ERR_RECORD;
	const struct bb_standing standing = bb_resting_look(market, slot);
	struct bb_listing *listing = standing.listing;
	const struct bb_extra *extra = &market->orders.extras.slots[standing.order->extra];
	const uint32_t standing_wh = standing.order->quantity_wh + extra->hidden_wh;
	if ((result = check_terms(market, account, listing, order, &tick)) != BB_OK)
		return result;
	if (extra->clip_wh != 0 && !bb_type_clips(order->quantity_wh, extra->clip_wh))
		return BB_ERR_QUANTITY;

	struct bb_take take = {
		.account = account,
		.listing = listing,
		.order_id = order->order_id,
		.before = bb_event_before(standing.order->quantity_wh, standing.price),
		.price = order->price,
		.quantity_wh = order->quantity_wh,
		.left_wh = order->quantity_wh,
		.position = standing.order->position,
		.side = standing.side,
		.trades = market->time_ns < listing->trades_until_ns,
		.accept_sources = market->orders.own[slot].accept,
		.prefer_sources = market->orders.own[slot].prefer,
		.type = extra->clip_wh != 0 ? BB_LIMIT_ICEBERG : BB_LIMIT_GTC,
		.detail = extra->clip_wh != 0 ? extra->clip_wh : extra->expires_s,
	};
	aim(&take, &listing->book, tick, bb_order_source(standing.order));
	const struct claim claim = {
		.quantity_wh = order->quantity_wh,
		.standing_wh = standing_wh,
		.need = bb_resting_need(listing, standing.side, order->price, order->quantity_wh),
		.standing_need =
			bb_resting_need(listing, standing.side, standing.price, standing_wh),
	};
	if ((result = check_account(market, account, listing, standing.position, standing.side,
				    &claim)) != BB_OK)
		return result;
	if (!replace_has_room(market, &standing, &take))
		return BB_ERR_BOOK_FULL;
	if (reaches_own(market, &take))
		return BB_ERR_SELF_TRADE;
	/* Accepted: from here on nothing can fail.  A slot for the rest is this one's. */

	if (order->price == standing.price && order->quantity_wh < standing_wh) {
		bb_resting_shrink(market, &standing, standing_wh - order->quantity_wh);
		take.detail = standing.order->quantity_wh; /* of a clip a part may have traded */
		bb_trade_answer(slice, &take, order->quantity_wh);
		return BB_OK;
	}
	bb_resting_remove(market, &standing);
	begin(market, slice, &take);
	return BB_OK;
}
