#include "base/bb_bytes.h"
#include "market/bb_operator.h"
#include "market/bb_tick.h"

enum bb_result
bb_operator_product_add(struct bb_market *market, const struct bb_command *command,
			struct bb_slice *slice)
{
	const enum bb_result result = bb_terms_check(&market->products, &command->product);
	if (result != BB_OK)
		return result;

	const struct bb_product_command *terms = &command->product;
	bb_products_add(&market->products, terms);
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_PRODUCT_ADDED, command->participant);
	event->product = terms->product;
	event->order_id = bb_prices(terms->price_min, terms->price_max);
	event->counter_order_id = terms->quantity_max_wh;
	event->quantity_wh = terms->lot_wh;
	event->remaining_wh = terms->tick;
	return BB_OK;
}

void
bb_operator_halt(struct bb_market *market, const struct bb_command *command,
		 struct bb_slice *slice)
{
	const bool halt = command->kind == BB_COMMAND_HALT;

	market->halted = halt;
	bb_slice_add(slice, halt ? BB_EVENT_HALTED : BB_EVENT_RESUMED, command->participant);
}

enum bb_result
bb_operator_product_halt(struct bb_market *market, const struct bb_command *command,
			 struct bb_slice *slice)
{
	const bool halt = command->kind == BB_COMMAND_PRODUCT_HALT;
	const uint32_t product = command->product.product;
	struct bb_course *course =
		bb_calendar_find(&market->calendar, bb_product_quarter(product));

	if (course == NULL)
		return BB_ERR_PRODUCT;
	if (course->action != BB_ACTION_NONE ||
	    !bb_course_accepts((enum bb_course_state)course->state,
			       (enum bb_command_kind)command->kind, false))
		return BB_ERR_STATE;

	bb_slice_add(slice, halt ? BB_EVENT_HALTED : BB_EVENT_RESUMED, command->participant)
		->product = product;
	bb_tick_move(market, course, halt ? BB_COURSE_HALTS : BB_COURSE_RESUMES, slice);
	return BB_OK;
}

enum bb_result
bb_operator_param(struct bb_market *market, const struct bb_command *command,
		  struct bb_slice *slice)
{
	struct bb_rules rules = market->calendar.rules;
	const enum bb_result result = bb_rules_set(&rules, &command->param);
	if (result != BB_OK)
		return result;

	bb_calendar_set_rules(&market->calendar, &rules, market->time_ns);
	bb_rebate_plan(market);
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_PARAM_SET, command->participant);
	event->counterparty = command->participant;
	event->quantity_wh = command->param.group;
	return BB_OK;
}

/* Participants and those technical accounts that stand for somebody outside. */
static bool
can_transfer(const struct bb_market *market, uint32_t account)
{
	return bb_members_find(&market->members, account) != NULL ||
	       (account >= BB_ACCOUNT_FIRST && account < BB_ACCOUNT_MARKET);
}

enum bb_result
bb_operator_transfer(struct bb_market *market, const struct bb_command *command,
		     struct bb_slice *slice)
{
	const struct bb_transfer_command *transfer = &command->transfer;
	const int64_t amount = transfer->amount;

	if (!bb_is_zero((const uint8_t *)transfer->reserved, sizeof(transfer->reserved)))
		return BB_ERR_RECORD;
	if (!can_transfer(market, transfer->participant))
		return BB_ERR_PARTICIPANT;
	const struct bb_purse *purse =
		bb_accounts_purse(&market->accounts, transfer->participant);
	if (amount == 0 || (amount < 0 && purse->balance - purse->locked < -(__int128)amount))
		return BB_ERR_BALANCE;

	bb_accounts_move(&market->accounts, BB_ACCOUNT_BANK, transfer->participant, amount);
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_TRANSFERRED, transfer->participant);
	event->counterparty = command->participant;
	event->order_id = (uint64_t)amount;
	return BB_OK;
}
