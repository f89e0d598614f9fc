#include "tests/market/market_model.h"

static void
cancel(struct model *model, uint32_t row, enum bb_result reason)
{
	struct bb_event *event = model_say_order(model, BB_EVENT_CANCELLED, &model->orders[row]);

	event->quantity_wh += model->orders[row].hidden_wh;
	event->counter_remaining_wh = model->orders[row].hidden_wh;
	event->result = (uint16_t)reason;
	model_remove_order(model, row);
}

/* Cancels the orders of a participant in product, or in all; of one side, or of both (2). */
static void
cancel_many(struct model *model, uint32_t participant, const struct bb_product *product,
	    uint32_t side, enum bb_result reason)
{
	for (uint32_t row = 0; row < model->order_count;) {
		if (model->orders[row].participant == participant &&
		    (side == 2 || model->orders[row].side == side) &&
		    (product == NULL || model->orders[row].product == product->terms.product))
			cancel(model, row, reason);
		else
			row++;
	}
}

void
model_cancel_all(struct model *model, uint32_t participant, enum bb_result reason)
{
	cancel_many(model, participant, NULL, 2, reason);
}

static enum bb_result
apply_cancels(struct model *model, const struct bb_command *command)
{
	const uint32_t events = model->event_count;
	uint32_t row;

	switch (command->kind) {
	case BB_COMMAND_CANCEL:
		row = model_find_order(model, command->participant, command->order.order_id);
		if (row == model->order_count)
			return BB_ERR_ORDER_UNKNOWN;
		cancel(model, row, BB_BY_PARTICIPANT);
		return BB_OK;
	case BB_COMMAND_CANCEL_PRODUCT:
	case BB_COMMAND_CANCEL_SIDE:
		if (model_product(model, command->order.product) == NULL)
			return BB_ERR_PRODUCT;
		if (command->kind == BB_COMMAND_CANCEL_SIDE && command->order.side > 1)
			return BB_ERR_RECORD;
		cancel_many(model, command->participant,
			    model_product(model, command->order.product),
			    command->kind == BB_COMMAND_CANCEL_SIDE ? command->order.side : 2,
			    BB_BY_PARTICIPANT);
		if (model->event_count == events)
			model_say(model, BB_EVENT_ACCEPTED, command->participant)->product =
				command->order.product;
		return BB_OK;
	default:
		model_cancel_all(model, command->participant, BB_BY_PARTICIPANT);
		if (model->event_count == events)
			model_say(model, BB_EVENT_ACCEPTED, command->participant);
		return BB_OK;
	}
}

static uint64_t
expiry_ns(const struct model_order *order)
{
	return order->expires_s == 0 ? UINT64_MAX : order->expires_s * UINT64_C(1000000000);
}

/* When the participant's silence ends the life of its orders, if it has any. */
static uint64_t
silence_ns(const struct model *model, uint32_t participant)
{
	const struct bb_member *member = &model->members[participant];

	return member->silence_s == 0 ? UINT64_MAX
				      : model->heard_ns[participant] +
						member->silence_s * UINT64_C(1000000000);
}

uint64_t
model_due_ns(const struct model *model)
{
	uint64_t due_ns = UINT64_MAX;

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *order = &model->orders[row];
		const uint64_t silent_ns = silence_ns(model, order->participant);
		if (expiry_ns(order) < due_ns)
			due_ns = expiry_ns(order);
		if (silent_ns < due_ns)
			due_ns = silent_ns;
	}
	return due_ns;
}

static enum bb_result
apply_tick(struct model *model)
{
	for (uint32_t row = 0; row < model->order_count;) {
		const struct model_order *order = &model->orders[row];
		if (expiry_ns(order) <= model->time_ns)
			cancel(model, row, BB_BY_EXPIRY);
		else if (silence_ns(model, order->participant) <= model->time_ns)
			cancel(model, row, BB_BY_SILENCE);
		else
			row++;
	}
	if (model->event_count == 0)
		model_say(model, BB_EVENT_TICKED, 0);
	return BB_OK;
}

static enum bb_result
apply_silence(struct model *model, const struct bb_command *command)
{
	if (command->order.quantity_wh > 86400)
		return BB_ERR_PARAM;
	model_member(model, command->participant)->silence_s = command->order.quantity_wh;
	model_say(model, BB_EVENT_ACCEPTED, command->participant);
	return BB_OK;
}

/* Whether whoever has these roles may send it. */
static bool
may_send(uint16_t roles, uint8_t kind)
{
	if (kind == BB_COMMAND_MALFORMED || kind >= BB_COMMAND_KINDS)
		return true;
	if (kind == BB_COMMAND_TICK)
		return false;
	if (kind <= BB_COMMAND_CANCEL_ALL ||
	    (kind >= BB_COMMAND_QUOTE && kind <= BB_COMMAND_DISPUTE))
		return (roles & BB_ROLE_TRADER) != 0;
	if (kind == BB_COMMAND_METER)
		return (roles & BB_ROLE_METER) != 0;
	return (roles & (kind >= BB_COMMAND_LINE ? BB_ROLE_GRID : BB_ROLE_OPERATOR)) != 0;
}

static enum bb_result
apply_order(struct model *model, const struct bb_command *command)
{
	const bool live = model_find_order(model, command->participant,
					   command->order.order_id) < model->order_count;

	switch (command->kind) {
	case BB_COMMAND_SILENCE:
		return apply_silence(model, command);
	case BB_COMMAND_NEW:
		return model_apply_new(model, command);
	case BB_COMMAND_REPLACE:
		return model_apply_replace(model, command);
	case BB_COMMAND_QUOTE:
		return live ? model_apply_replace(model, command)
			    : model_apply_new(model, command);
	default:
		return apply_cancels(model, command);
	}
}

static enum bb_result
apply_any(struct model *model, const struct bb_command *command)
{
	const struct bb_member *sender = model_member(model, command->participant);

	if (command->kind == BB_COMMAND_TICK && command->participant == 0)
		return apply_tick(model);
	if (sender == NULL)
		return BB_ERR_PARTICIPANT;
	if (sender->status != BB_MEMBER_ACTIVE)
		return BB_ERR_SUSPENDED;
	if (!may_send(sender->roles, command->kind))
		return BB_ERR_ROLE;
	model->heard_ns[command->participant] = model->time_ns;
	switch (command->kind) {
	case BB_COMMAND_NEW:
	case BB_COMMAND_REPLACE:
	case BB_COMMAND_CANCEL:
	case BB_COMMAND_CANCEL_PRODUCT:
	case BB_COMMAND_CANCEL_ALL:
	case BB_COMMAND_CANCEL_SIDE:
	case BB_COMMAND_QUOTE:
	case BB_COMMAND_SILENCE:
		return apply_order(model, command);
	case BB_COMMAND_MEMBER_ADD:
	case BB_COMMAND_MEMBER_REVOKE:
		return model_apply_member(model, command);
	case BB_COMMAND_PRODUCT_ADD:
		return model_apply_product(model, command);
	case BB_COMMAND_HALT:
	case BB_COMMAND_RESUME:
		model->halted = command->kind == BB_COMMAND_HALT;
		model_say(model, model->halted ? BB_EVENT_HALTED : BB_EVENT_RESUMED,
			  command->participant);
		return BB_OK;
	default: /* what needs a calendar, accounts or attributes is not driven here */
		return command->kind < BB_COMMAND_KINDS && command->kind != BB_COMMAND_MALFORMED
			       ? BB_ERR_UNSUPPORTED
			       : BB_ERR_RECORD;
	}
}

static void
add_up_locks(struct model *model)
{
	for (uint32_t id = 1; id <= model->size.participants; id++)
		model->members[id].locked = 0;
	for (uint32_t row = 0; row < model->order_count; row++)
		model->members[model->orders[row].participant].locked +=
			(uint64_t)model_need(&model->orders[row]);
}

void
model_cover(struct model *model, uint32_t participant, int64_t amount)
{
	model->members[participant].escrow = true;
	model->members[participant].money = amount;
	model->money[participant] = amount;
}

static void
apply_one(struct model *model, const struct bb_command *command)
{
	const enum bb_result result = apply_any(model, command);

	add_up_locks(model);
	if (result == BB_OK)
		return;
	struct bb_event *event = model_say(model, BB_EVENT_REFUSED, command->participant);
	event->result = (uint16_t)result;
	if (command->kind <= BB_COMMAND_CANCEL_ALL ||
	    (command->kind >= BB_COMMAND_QUOTE && command->kind <= BB_COMMAND_DISPUTE)) {
		event->order_id = command->order.order_id;
		event->product = command->order.product;
	} else if (command->kind == BB_COMMAND_PRODUCT_ADD) {
		event->product = command->product.product;
	}
}

void
model_apply(struct model *model, const struct bb_command *commands, uint32_t count,
	    uint64_t number, uint64_t time_ns)
{
	model->number = number;
	model->time_ns = time_ns;
	model->packet = commands;
	model->packet_count = count;
	model->answered = 0;
	model->event_count = 0;
	for (model->record = 0; model->record < count; model->record++)
		apply_one(model, &commands[model->record]);
}
