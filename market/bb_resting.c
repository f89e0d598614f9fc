#include "market/bb_resting.h"

#include "market/bb_silence.h"

void
bb_resting_add(struct bb_market *market, const struct bb_take *take)
{
	struct bb_account *account = take->account;
	struct bb_listing *listing = take->listing;
	struct bb_position *position = &market->positions.slots[take->position];
	const uint32_t shown_wh = bb_take_shown(take);
	const uint32_t slot = bb_orders_take(&market->orders);
	uint32_t *place = bb_ids_place(&market->ids, account->ids, take->order_id);

	BB_ASSERT(*place == BB_SLOT_NONE);
	*place = slot;
	market->orders.slots[slot] = (struct bb_order){
		.order_id = take->order_id,
		.quantity_wh = shown_wh,
		.place = take->place,
		.position = take->position,
		.listing = bb_listing_index(&market->products, listing) & BB_ORDER_LISTING,
	};
	market->orders.own[slot].accept = take->accept_sources;
	market->orders.own[slot].prefer = take->prefer_sources;
	bb_book_rest(&listing->book, &market->orders, slot);
	if (BB_UNLIKELY(account->orders_live == 0))
		bb_silence_watch(market, account);
	if (BB_UNLIKELY(!position->own_listed))
		bb_position_list(&market->positions, take->position, &account->positions);
	bb_position_join(position, &market->orders, slot);
	if (BB_UNLIKELY(take->detail != 0)) {
		const bool iceberg = take->type == BB_LIMIT_ICEBERG;
		market->orders.slots[slot].extra = bb_extras_take(
			&market->orders.extras, slot, iceberg ? 0 : take->detail,
			iceberg ? take->detail : 0, take->left_wh - shown_wh) & BB_ORDER_EXTRA;
		position->open_wh[take->side] += take->left_wh - shown_wh;
	}
	bb_accounts_lock(bb_accounts_purse(&market->accounts, account->participant),
			 bb_resting_need(listing, take->side, take->price, take->left_wh));
	if (BB_UNLIKELY(bb_take_odd(take)))
		listing->odd = true;
	account->energy_wh += take->left_wh;
	account->orders_live++;
	listing->product.orders_live++;
}

BB_COLD bool
bb_resting_show(struct bb_market *market, const struct bb_standing *standing)
{
	struct bb_order *order = standing->order;
	struct bb_extra *extra = &market->orders.extras.slots[order->extra];
	const uint32_t shown_wh =
		extra->clip_wh < extra->hidden_wh ? extra->clip_wh : extra->hidden_wh;

	if (shown_wh == 0) {
		bb_extras_give(&market->orders.extras, order->extra);
		return false;
	}
	extra->hidden_wh -= shown_wh;
	order->quantity_wh = shown_wh;
	bb_book_rest(&standing->listing->book, &market->orders, standing->slot);
	return true;
}

void
bb_resting_shrink(struct bb_market *market, const struct bb_standing *standing,
		  uint32_t quantity_wh)
{
	struct bb_extra *extra = &market->orders.extras.slots[standing->order->extra];
	const uint32_t hidden_wh = quantity_wh < extra->hidden_wh ? quantity_wh
								  : extra->hidden_wh;

	if (hidden_wh > 0) {
		extra->hidden_wh -= hidden_wh;
		standing->account->energy_wh -= hidden_wh;
		standing->position->open_wh[standing->side] -= hidden_wh;
		bb_accounts_unlock(
			bb_accounts_purse(&market->accounts, standing->position->participant),
			bb_resting_need(standing->listing, standing->side, standing->price,
					hidden_wh));
	}
	if (quantity_wh > hidden_wh)
		bb_resting_cancel(market, standing, quantity_wh - hidden_wh);
}

void
bb_resting_fill(struct bb_market *market, const struct bb_standing *standing,
		uint32_t quantity_wh)
{
	while (quantity_wh > 0) {
		const uint32_t shown_wh = standing->order->quantity_wh;
		const uint32_t part_wh = shown_wh < quantity_wh ? shown_wh : quantity_wh;
		bb_resting_reduce(market, standing, part_wh);
		quantity_wh -= part_wh;
	}
}

BB_COLD void
bb_resting_tell(const struct bb_market *market, struct bb_slice *slice,
		const struct bb_standing *standing)
{
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_SHOWN, standing->account->participant);

	event->order_id = standing->order->order_id;
	event->product = standing->listing->product.terms.product;
	event->side = (uint8_t)standing->side;
	event->price = standing->price;
	event->quantity_wh = bb_resting_left(market, standing);
	event->remaining_wh = standing->order->quantity_wh;
}
