#include "market/bb_cancel.h"

#include "market/bb_resting.h"

/* The slot is that of a live order. */
BB_INLINE void
cancel(struct bb_market *market, struct bb_slice *slice, uint32_t slot, enum bb_result reason)
{
	const struct bb_standing standing = bb_resting_look(market, slot);
	const uint32_t hidden_wh = bb_order_hidden(&market->orders, standing.order);
	const uint32_t position = standing.order->position;

	*bb_slice_next(slice) = (struct bb_event){
		.number = slice->number,
		.order_id = standing.order->order_id,
		.participant = standing.account->participant,
		.product = standing.listing->product.terms.product,
		.price = standing.price,
		.quantity_wh = standing.order->quantity_wh + hidden_wh,
		.counter_remaining_wh = hidden_wh,
		.record = slice->record,
		.result = (uint16_t)reason,
		.kind = BB_EVENT_CANCELLED,
		.side = (uint8_t)standing.side,
	};
	bb_resting_remove(market, &standing);
	bb_resting_tidy(market, position, standing.listing);
}

void
bb_cancel_slot(struct bb_market *market, struct bb_slice *slice, uint32_t slot,
	       enum bb_result reason)
{
	cancel(market, slice, slot, reason);
}

uint32_t
bb_cancel_any(struct bb_market *market, const struct bb_account *account)
{
	uint32_t *owned = &market->members.accounts[account->participant].positions;
	const struct bb_position *position =
		&market->positions.slots[bb_position_first(&market->positions, owned)];
	const uint32_t slot = bb_position_any(position, BB_BUY);

	return slot != BB_SLOT_NONE ? slot : bb_position_any(position, BB_SELL);
}

enum bb_result
bb_cancel_one(struct bb_market *market, const struct bb_command *command,
	      struct bb_account *account, struct bb_slice *slice)
{
	const uint32_t slot = bb_resting_find(market, account, command->order.order_id);

	if (BB_UNLIKELY(slot == BB_SLOT_NONE))
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
	if (command->kind == BB_COMMAND_CANCEL_SIDE && command->order.side > BB_SELL)
		return BB_ERR_RECORD;
	bb_cancel_all(market, bb_members_find(&market->members, command->participant),
		      BB_BY_PARTICIPANT);
	market->work.sweep.listing = listing;
	if (command->kind == BB_COMMAND_CANCEL_SIDE)
		market->work.sweep.spared[bb_side_other((enum bb_side)command->order.side)] = true;
	return BB_OK;
}

void
bb_cancel_all(struct bb_market *market, struct bb_account *account, enum bb_result reason)
{
	market->work.kind = BB_WORK_SWEEP;
	market->work.sweep = (struct bb_sweep){ .account = account, .reason = reason };
}

static uint32_t
next_order(struct bb_market *market, const struct bb_sweep *sweep)
{
	if (sweep->listing == NULL)
		return bb_cancel_any(market, sweep->account);
	const uint32_t index =
		bb_position_find(&market->positions, sweep->account->participant,
				 bb_listing_index(&market->products, sweep->listing));
	/* Where there is no position, one without orders stands for it. */
	const struct bb_position *position = &market->positions.slots[index];
	uint32_t slot = BB_SLOT_NONE;
	for (uint32_t side = BB_BUY; side <= BB_SELL && slot == BB_SLOT_NONE; side++)
		if (!sweep->spared[side])
			slot = bb_position_any(position, (enum bb_side)side);
	return slot;
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
		bb_slice_add(slice, BB_EVENT_MEMBER_REVOKED, sweep->account->participant)
			->counterparty = command->participant;
	} else if (sweep->reason == BB_BY_KILL) {
		const uint32_t killed = sweep->account->participant;
		struct bb_event *event = bb_slice_add(slice, BB_EVENT_KILLED, killed);
		event->counterparty = command->participant;
		event->result = command->participant == killed ? BB_BY_PARTICIPANT : BB_BY_OPERATOR;
	} else if (!sweep->found) {
		struct bb_event *event =
			bb_slice_add(slice, BB_EVENT_ACCEPTED, command->participant);
		if (sweep->listing != NULL)
			event->product = sweep->listing->product.terms.product;
	}
	return true;
}
