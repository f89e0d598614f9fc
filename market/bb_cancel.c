#include "market/bb_cancel.h"

#include "market/bb_resting.h"

static void
cancel(struct bb_market *market, struct bb_slice *slice, uint32_t slot, enum bb_result reason)
{
	const struct bb_order *order = &market->orders.slots[slot];
	const uint32_t owner = bb_resting_owner(market, slot)->member.participant;
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_CANCELLED, owner);

	event->order_id = order->order_id;
	event->product = bb_resting_listing(market, slot)->product.terms.product;
	event->side = (uint8_t)bb_order_side(order);
	event->price = bb_resting_price(market, slot);
	event->quantity_wh = order->quantity_wh;
	event->result = (uint16_t)reason;
	bb_resting_reduce(market, slot, order->quantity_wh);
}

enum bb_result
bb_cancel_one(struct bb_market *market, const struct bb_command *command,
	      struct bb_slice *slice)
{
	const uint32_t slot =
		bb_resting_find(market, command->participant, command->order.order_id);

	if (slot == BB_SLOT_NONE)
		return BB_ERR_ORDER_UNKNOWN;
	cancel(market, slice, slot, BB_BY_PARTICIPANT);
	return BB_OK;
}

enum bb_result
bb_cancel_product(struct bb_market *market, const struct bb_command *command)
{
	struct bb_listing *listing = bb_products_find(&market->products, command->order.product);

	if (listing == NULL)
		return BB_ERR_PRODUCT;
	bb_cancel_all(market, bb_members_find(&market->members, command->participant),
		      BB_BY_PARTICIPANT);
	market->work.sweep.listing = listing;
	return BB_OK;
}

void
bb_cancel_all(struct bb_market *market, struct bb_account *account, enum bb_result reason)
{
	market->work.kind = BB_WORK_SWEEP;
	market->work.sweep = (struct bb_sweep){ .account = account, .reason = reason };
}

static uint32_t
next_order(const struct bb_market *market, const struct bb_sweep *sweep)
{
	uint32_t interest = sweep->account->interests.first;

	if (sweep->listing != NULL)
		interest = bb_interest_find(&market->interests, sweep->account->member.participant,
					    bb_listing_index(&market->products, sweep->listing));
	return interest == BB_INTEREST_NONE ? BB_SLOT_NONE
					    : market->interests.slots[interest].oldest;
}

bool
bb_cancel_continue(struct bb_market *market, const struct bb_command *command,
		   struct bb_slice *slice)
{
	struct bb_sweep *sweep = &market->work.sweep;
	uint32_t slot;

	while ((slot = next_order(market, sweep)) != BB_SLOT_NONE) {
		if (bb_slice_left(slice) == 0)
			return false;
		cancel(market, slice, slot, sweep->reason);
		sweep->found = true;
	}
	if (bb_slice_left(slice) == 0)
		return false;

	if (sweep->reason == BB_BY_REVOKE) {
		bb_slice_add(slice, BB_EVENT_MEMBER_REVOKED, sweep->account->member.participant)
			->counterparty = command->participant;
	} else if (!sweep->found) {
		struct bb_event *event =
			bb_slice_add(slice, BB_EVENT_ACCEPTED, command->participant);
		if (sweep->listing != NULL)
			event->product = sweep->listing->product.terms.product;
	}
	return true;
}
