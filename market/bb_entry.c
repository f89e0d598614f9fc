#include "market/bb_entry.h"

#include "base/bb_bytes.h"
#include "market/bb_resting.h"

static enum bb_result
check_terms(const struct bb_market *market, const struct bb_listing *listing,
	    const struct bb_order_command *order)
{
	const struct bb_product_command *terms = &listing->product.terms;

	if (market->halted)
		return BB_ERR_HALTED;
	if (order->price % (int64_t)terms->tick != 0)
		return BB_ERR_TICK;
	if (order->price < terms->price_min || order->price > terms->price_max)
		return BB_ERR_PRICE;
	if (order->quantity_wh == 0 || order->quantity_wh > terms->quantity_max_wh)
		return BB_ERR_QUANTITY;
	if (order->quantity_wh % terms->lot_wh != 0)
		return BB_ERR_LOT;
	return BB_OK;
}

static enum bb_result
check_identity(const struct bb_market *market, const struct bb_account *account,
	       const struct bb_order_command *order)
{
	const struct bb_member *member = &account->member;

	if (bb_resting_find(market, member->participant, order->order_id) != BB_SLOT_NONE)
		return BB_ERR_ORDER_EXISTS;
	if (order->type != BB_LIMIT_IOC && member->orders_live >= member->orders_max)
		return BB_ERR_ORDERS;
	if (order->type >= BB_ORDER_TYPES || order->shown_wh != 0)
		return BB_ERR_UNSUPPORTED;
	return BB_OK;
}

/* Whether account and product can carry an order of quantity at any price of the band. */
static bool
fits(const struct bb_account *account, const struct bb_listing *listing, uint32_t quantity_wh)
{
	return bb_account_fits(account, listing->price_size, quantity_wh) &&
	       listing->product.traded_wh <= BB_ENERGY_MAX - quantity_wh;
}

static bool
must_rest_without_room(const struct bb_market *market, const struct bb_take *take)
{
	if (take->type == BB_LIMIT_IOC || bb_orders_room(&market->orders))
		return false;
	return bb_book_first(&take->listing->book, bb_side_other(take->side), take->limit) ==
	       BB_SLOT_NONE;
}

enum bb_result
bb_entry_new(struct bb_market *market, const struct bb_command *command)
{
	const struct bb_order_command *order = &command->order;
	struct bb_account *account = bb_members_find(&market->members, command->participant);
	struct bb_listing *listing = bb_products_find(&market->products, order->product);
	enum bb_result result;

	if (listing == NULL)
		return BB_ERR_PRODUCT;
	if (order->side > BB_SELL || !bb_is_zero(order->reserved, sizeof(order->reserved)))
		return BB_ERR_RECORD;
	if ((result = check_terms(market, listing, order)) != BB_OK ||
	    (result = check_identity(market, account, order)) != BB_OK)
		return result;

	const enum bb_side side = (enum bb_side)order->side;
	const struct bb_take take = {
		.account = account,
		.listing = listing,
		.order_id = order->order_id,
		.price = order->price,
		.quantity_wh = order->quantity_wh,
		.left_wh = order->quantity_wh,
		.limit = bb_book_rung(&listing->book, bb_side_other(side), order->price),
		.side = side,
		.type = order->type,
	};
	if (bb_resting_reaches(market, account, listing, side, order->price))
		return BB_ERR_SELF_TRADE;
	if (!fits(account, listing, order->quantity_wh))
		return BB_ERR_POSITION;
	if (must_rest_without_room(market, &take))
		return BB_ERR_BOOK_FULL;
	/* Accepted: from here on nothing can fail. */

	market->work.kind = BB_WORK_TAKE;
	market->work.take = take;
	return BB_OK;
}

static struct bb_event *
add_event(struct bb_slice *slice, enum bb_event_kind kind, const struct bb_take *take)
{
	struct bb_event *event = bb_slice_add(slice, kind, take->account->member.participant);

	event->order_id = take->order_id;
	event->product = take->listing->product.terms.product;
	event->side = (uint8_t)take->side;
	event->price = take->price;
	event->quantity_wh = take->quantity_wh;
	return event;
}

/* The answer to the order itself, after its trades. */
static void
answer(struct bb_slice *slice, const struct bb_take *take, uint32_t resting_wh)
{
	struct bb_event *event =
		add_event(slice, take->before ? BB_EVENT_REPLACED : BB_EVENT_ACCEPTED, take);

	event->counter_order_id = take->before;
	event->remaining_wh = resting_wh;
}

enum bb_result
bb_entry_replace(struct bb_market *market, const struct bb_command *command,
		 struct bb_slice *slice)
{
	const struct bb_order_command *order = &command->order;
	struct bb_account *account = bb_members_find(&market->members, command->participant);
	const uint32_t slot = bb_resting_find(market, command->participant, order->order_id);
	enum bb_result result;

	if (slot == BB_SLOT_NONE)
		return BB_ERR_ORDER_UNKNOWN;
	if (!bb_is_zero(order->reserved, sizeof(order->reserved)))
		return BB_ERR_RECORD;
	struct bb_listing *listing = bb_resting_listing(market, slot);
	const enum bb_side side = bb_order_side(&market->orders.slots[slot]);
	const uint32_t standing_wh = market->orders.slots[slot].quantity_wh;
	const int32_t standing_price = bb_resting_price(market, slot);
	if ((result = check_terms(market, listing, order)) != BB_OK)
		return result;
	if (bb_resting_reaches(market, account, listing, side, order->price))
		return BB_ERR_SELF_TRADE;
	struct bb_account without = *account;
	bb_account_close(&without, standing_price, standing_wh);
	if (!fits(&without, listing, order->quantity_wh))
		return BB_ERR_POSITION;
	/* Accepted: from here on nothing can fail.  A slot for the rest is this one's. */

	const struct bb_take take = {
		.account = account,
		.listing = listing,
		.order_id = order->order_id,
		.before = bb_event_before(standing_wh, standing_price),
		.price = order->price,
		.quantity_wh = order->quantity_wh,
		.left_wh = order->quantity_wh,
		.limit = bb_book_rung(&listing->book, bb_side_other(side), order->price),
		.side = side,
		.type = BB_LIMIT_GTC,
	};
	if (order->price == standing_price && order->quantity_wh < standing_wh) {
		bb_resting_reduce(market, slot, standing_wh - order->quantity_wh);
		answer(slice, &take, order->quantity_wh);
		return BB_OK;
	}
	bb_resting_reduce(market, slot, standing_wh);
	market->work.kind = BB_WORK_TAKE;
	market->work.take = take;
	return BB_OK;
}

static void
trade(struct bb_market *market, struct bb_slice *slice, struct bb_take *take, uint32_t slot)
{
	const struct bb_order *resting = &market->orders.slots[slot];
	struct bb_account *owner = bb_resting_owner(market, slot);
	struct bb_product *product = &take->listing->product;
	const int32_t price = bb_resting_price(market, slot);
	const uint32_t quantity_wh =
		take->left_wh < resting->quantity_wh ? take->left_wh : resting->quantity_wh;
	struct bb_event *event = add_event(slice, BB_EVENT_TRADED, take);

	BB_ASSERT(owner != take->account);
	take->left_wh -= quantity_wh;
	event->counterparty = owner->member.participant;
	event->counter_order_id = resting->order_id;
	event->price = price;
	event->quantity_wh = quantity_wh;
	event->remaining_wh = take->left_wh;
	event->counter_remaining_wh = resting->quantity_wh - quantity_wh;

	/* First off what is open, then onto the accounts: the sum of both stays in range. */
	bb_resting_reduce(market, slot, quantity_wh);
	if (take->side == BB_BUY)
		bb_account_trade(take->account, owner, price, quantity_wh);
	else
		bb_account_trade(owner, take->account, price, quantity_wh);
	product->last_price = price;
	product->trades++;
	product->traded_wh += quantity_wh;
}

static void
finish(struct bb_market *market, struct bb_slice *slice, const struct bb_take *take)
{
	const bool rests = take->left_wh > 0 && take->type != BB_LIMIT_IOC;

	answer(slice, take, rests ? take->left_wh : 0);
	if (rests) {
		bb_resting_add(market, take);
	} else if (take->left_wh > 0) {
		struct bb_event *event = add_event(slice, BB_EVENT_CANCELLED, take);
		event->quantity_wh = take->left_wh;
		event->result = BB_BY_IOC;
	}
}

bool
bb_entry_continue(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_take *take = &market->work.take;
	const enum bb_side other = bb_side_other(take->side);

	while (take->left_wh > 0) {
		const uint32_t slot = bb_book_first(&take->listing->book, other, take->limit);
		if (slot == BB_SLOT_NONE)
			break;
		if (bb_slice_left(slice) == 0)
			return false;
		trade(market, slice, take, slot);
	}
	if (bb_slice_left(slice) < BB_SLICE_ROOM_MIN)
		return false;
	finish(market, slice, take);
	return true;
}
