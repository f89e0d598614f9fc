#include "tests/market/market_model.h"

#include <string.h>

#include "base/bb_assert.h"

void
model_init(struct model *model, const struct bb_market_size *size,
	   const uint8_t operator_key[32])
{
	memset(model, 0, sizeof(*model));
	BB_ASSERT(size->participants <= MODEL_MEMBERS && size->products <= MODEL_PRODUCTS &&
		  size->orders <= MODEL_ORDERS);
	model->size = *size;
	model->members[1] = (struct bb_member){
		.participant = 1, .roles = BB_ROLE_OPERATOR, .status = BB_MEMBER_ACTIVE,
	};
	memcpy(model->members[1].key, operator_key, 32);
}

struct bb_event *
model_say(struct model *model, enum bb_event_kind kind, uint32_t participant)
{
	struct bb_event *event = &model->events[model->event_count++];

	BB_ASSERT(model->event_count <= MODEL_EVENTS);
	memset(event, 0, sizeof(*event));
	event->number = model->number;
	event->kind = (uint8_t)kind;
	event->participant = participant;
	return event;
}

static struct bb_event *
say_order(struct model *model, enum bb_event_kind kind, const struct model_order *order)
{
	struct bb_event *event = model_say(model, kind, order->participant);

	event->order_id = order->order_id;
	event->product = order->product;
	event->side = order->side;
	event->price = order->price;
	event->quantity_wh = order->quantity_wh;
	return event;
}

struct bb_member *
model_member(struct model *model, uint32_t participant)
{
	if (participant < 1 || participant > model->size.participants ||
	    model->members[participant].status == BB_MEMBER_NONE)
		return NULL;
	return &model->members[participant];
}

struct bb_product *
model_product(struct model *model, uint32_t product)
{
	for (uint32_t i = 0; i < model->product_count; i++)
		if (model->products[i].terms.product == product)
			return &model->products[i];
	return NULL;
}

static uint32_t
find_order(const struct model *model, uint32_t participant, uint64_t order_id)
{
	uint32_t row = 0;
	while (row < model->order_count && (model->orders[row].participant != participant ||
					    model->orders[row].order_id != order_id))
		row++;
	return row;
}

static uint32_t
find_pair(const struct model *model, uint32_t participant, uint32_t product)
{
	uint32_t row = 0;
	while (row < model->pair_count && (model->pairs[row].participant != participant ||
					   model->pairs[row].product != product))
		row++;
	return row;
}

static void
add_order(struct model *model, const struct model_order *order)
{
	if (find_pair(model, order->participant, order->product) == model->pair_count)
		model->pairs[model->pair_count++] = (struct model_pair){
			order->participant, order->product,
		};
	model->orders[model->order_count++] = *order;
	model_member(model, order->participant)->orders_live++;
	model_product(model, order->product)->orders_live++;
}

static void
remove_order(struct model *model, uint32_t row)
{
	const struct model_order gone = model->orders[row];

	model->order_count--;
	memmove(&model->orders[row], &model->orders[row + 1],
		(model->order_count - row) * sizeof(gone));
	model_member(model, gone.participant)->orders_live--;
	model_product(model, gone.product)->orders_live--;
	for (uint32_t i = 0; i < model->order_count; i++)
		if (model->orders[i].participant == gone.participant &&
		    model->orders[i].product == gone.product)
			return;
	const uint32_t pair = find_pair(model, gone.participant, gone.product);
	model->pair_count--;
	memmove(&model->pairs[pair], &model->pairs[pair + 1],
		(model->pair_count - pair) * sizeof(model->pairs[0]));
}

static bool
reaches(const struct model_order *order, const struct model_order *resting)
{
	if (resting->product != order->product || resting->side == order->side)
		return false;
	return order->side == BB_BUY ? resting->price <= order->price
				     : resting->price >= order->price;
}

/* The row that order trades with next. */
static uint32_t
best_for(const struct model *model, const struct model_order *order)
{
	uint32_t best = model->order_count;

	for (uint32_t row = 0; row < model->order_count; row++) {
		if (!reaches(order, &model->orders[row]))
			continue;
		if (best == model->order_count ||
		    (order->side == BB_BUY
			     ? model->orders[row].price < model->orders[best].price
			     : model->orders[row].price > model->orders[best].price))
			best = row;
	}
	return best;
}

static bool
reaches_own(const struct model *model, const struct model_order *order)
{
	for (uint32_t row = 0; row < model->order_count; row++)
		if (model->orders[row].participant == order->participant &&
		    reaches(order, &model->orders[row]))
			return true;
	return false;
}

static __int128
size_of(__int128 number)
{
	return number < 0 ? -number : number;
}

/* Whether every account stays in range whatever order trades with; except is a row that
 * order takes the place of. */
static bool
fits(struct model *model, const struct model_order *order, uint32_t except)
{
	const struct bb_member *member = model_member(model, order->participant);
	const struct bb_product *product = model_product(model, order->product);
	const __int128 lowest = size_of(product->terms.price_min);
	const __int128 highest = size_of(product->terms.price_max);
	__int128 money = size_of(member->money);
	__int128 energy = (__int128)member->bought_wh + member->sold_wh;

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *other = &model->orders[row];
		if (row == except || other->participant != order->participant)
			continue;
		money += size_of((__int128)other->price * other->quantity_wh);
		energy += other->quantity_wh;
	}
	money += (lowest > highest ? lowest : highest) * order->quantity_wh;
	return money <= INT64_MAX && energy + order->quantity_wh <= INT64_MAX &&
	       (__int128)product->traded_wh + order->quantity_wh <= INT64_MAX;
}

static enum bb_result
check_terms(struct model *model, const struct model_order *order)
{
	const struct bb_product_command *terms = &model_product(model, order->product)->terms;

	if (model->halted)
		return BB_ERR_HALTED;
	if (order->price % (int64_t)terms->tick != 0)
		return BB_ERR_TICK;
	if (order->price < terms->price_min || order->price > terms->price_max)
		return BB_ERR_PRICE;
	if (order->quantity_wh < 1 || order->quantity_wh > terms->quantity_max_wh)
		return BB_ERR_QUANTITY;
	return order->quantity_wh % terms->lot_wh == 0 ? BB_OK : BB_ERR_LOT;
}

static uint64_t
packed(const struct model_order *before)
{
	return before->quantity_wh * UINT64_C(0x100000000) + (uint32_t)before->price;
}

/* Trades what order can and rests what is left; before is what it replaces, or NULL. */
static void
trade_and_rest(struct model *model, struct model_order order, uint8_t type,
	       const struct model_order *before)
{
	const struct model_order entered = order;
	uint32_t row;

	while (order.quantity_wh > 0 && (row = best_for(model, &order)) < model->order_count) {
		struct model_order *resting = &model->orders[row];
		struct bb_product *product = model_product(model, order.product);
		struct bb_member *buyer = model_member(model, order.participant);
		struct bb_member *seller = model_member(model, resting->participant);
		const uint32_t quantity = order.quantity_wh < resting->quantity_wh
						  ? order.quantity_wh
						  : resting->quantity_wh;
		struct bb_event *event = say_order(model, BB_EVENT_TRADED, &order);
		if (order.side == BB_SELL) {
			seller = buyer;
			buyer = model_member(model, resting->participant);
		}
		order.quantity_wh -= quantity;
		resting->quantity_wh -= quantity;
		event->counterparty = resting->participant;
		event->counter_order_id = resting->order_id;
		event->price = resting->price;
		event->quantity_wh = quantity;
		event->remaining_wh = order.quantity_wh;
		event->counter_remaining_wh = resting->quantity_wh;
		buyer->money -= (int64_t)resting->price * quantity;
		seller->money += (int64_t)resting->price * quantity;
		buyer->bought_wh += quantity;
		seller->sold_wh += quantity;
		product->last_price = resting->price;
		product->trades++;
		product->traded_wh += quantity;
		if (resting->quantity_wh == 0)
			remove_order(model, row);
	}

	struct bb_event *event =
		say_order(model, before ? BB_EVENT_REPLACED : BB_EVENT_ACCEPTED, &entered);
	if (before != NULL)
		event->counter_order_id = packed(before);
	if (order.quantity_wh > 0 && type == BB_LIMIT_GTC) {
		event->remaining_wh = order.quantity_wh;
		add_order(model, &order);
	} else if (order.quantity_wh > 0) {
		say_order(model, BB_EVENT_CANCELLED, &order)->result = BB_BY_IOC;
	}
}

bool
model_zero(const uint8_t *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

static enum bb_result
apply_new(struct model *model, const struct bb_command *command)
{
	const struct bb_order_command *asked = &command->order;
	const struct bb_member *member = model_member(model, command->participant);
	const struct model_order order = {
		.order_id = asked->order_id, .participant = command->participant,
		.product = asked->product, .price = asked->price,
		.quantity_wh = asked->quantity_wh, .side = asked->side,
	};

	if (model_product(model, asked->product) == NULL)
		return BB_ERR_PRODUCT;
	if (asked->side > 1 || !model_zero(asked->reserved, sizeof(asked->reserved)))
		return BB_ERR_RECORD;
	const enum bb_result result = check_terms(model, &order);
	if (result != BB_OK)
		return result;
	if (find_order(model, command->participant, asked->order_id) < model->order_count)
		return BB_ERR_ORDER_EXISTS;
	if (asked->type != BB_LIMIT_IOC && member->orders_live >= member->orders_max)
		return BB_ERR_ORDERS;
	if ((asked->type != BB_LIMIT_GTC && asked->type != BB_LIMIT_IOC) || asked->shown_wh != 0)
		return BB_ERR_UNSUPPORTED;
	if (reaches_own(model, &order))
		return BB_ERR_SELF_TRADE;
	if (!fits(model, &order, MODEL_ORDERS))
		return BB_ERR_POSITION;
	if (asked->type == BB_LIMIT_GTC && model->order_count == model->size.orders) {
		/* Would a whole order leave, or all of this one trade? */
		const uint32_t row = best_for(model, &order);
		if (row == model->order_count)
			return BB_ERR_BOOK_FULL;
	}
	trade_and_rest(model, order, asked->type, NULL);
	return BB_OK;
}

static enum bb_result
apply_replace(struct model *model, const struct bb_command *command)
{
	const uint32_t row = find_order(model, command->participant, command->order.order_id);
	if (row == model->order_count)
		return BB_ERR_ORDER_UNKNOWN;
	if (!model_zero(command->order.reserved, sizeof(command->order.reserved)))
		return BB_ERR_RECORD;

	struct model_order *standing = &model->orders[row];
	struct model_order order = *standing;
	order.price = command->order.price;
	order.quantity_wh = command->order.quantity_wh;
	const enum bb_result result = check_terms(model, &order);
	if (result != BB_OK)
		return result;
	if (reaches_own(model, &order))
		return BB_ERR_SELF_TRADE;
	if (!fits(model, &order, row))
		return BB_ERR_POSITION;

	if (order.price == standing->price && order.quantity_wh < standing->quantity_wh) {
		struct bb_event *event = say_order(model, BB_EVENT_REPLACED, &order);
		event->remaining_wh = order.quantity_wh;
		event->counter_order_id = packed(standing);
		standing->quantity_wh = order.quantity_wh;
		return BB_OK;
	}
	const struct model_order before = *standing;
	remove_order(model, row);
	trade_and_rest(model, order, BB_LIMIT_GTC, &before);
	return BB_OK;
}

static void
cancel(struct model *model, uint32_t row, enum bb_result reason)
{
	say_order(model, BB_EVENT_CANCELLED, &model->orders[row])->result = (uint16_t)reason;
	remove_order(model, row);
}

/* Cancels the orders of one pair, oldest first. */
static void
cancel_pair(struct model *model, struct model_pair pair, enum bb_result reason)
{
	for (uint32_t row = 0; row < model->order_count;) {
		if (model->orders[row].participant == pair.participant &&
		    model->orders[row].product == pair.product)
			cancel(model, row, reason);
		else
			row++;
	}
}

void
model_cancel_all(struct model *model, uint32_t participant, enum bb_result reason)
{
	for (uint32_t row = 0; row < model->pair_count;) {
		if (model->pairs[row].participant == participant)
			cancel_pair(model, model->pairs[row], reason);
		else
			row++;
	}
}

static enum bb_result
apply_cancels(struct model *model, const struct bb_command *command)
{
	const uint32_t events = model->event_count;
	uint32_t row;

	switch (command->kind) {
	case BB_COMMAND_CANCEL:
		row = find_order(model, command->participant, command->order.order_id);
		if (row == model->order_count)
			return BB_ERR_ORDER_UNKNOWN;
		cancel(model, row, BB_BY_PARTICIPANT);
		return BB_OK;
	case BB_COMMAND_CANCEL_PRODUCT:
		if (model_product(model, command->order.product) == NULL)
			return BB_ERR_PRODUCT;
		cancel_pair(model,
			    (struct model_pair){ command->participant, command->order.product },
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

static enum bb_result
apply_any(struct model *model, const struct bb_command *command)
{
	const struct bb_member *sender = model_member(model, command->participant);

	if (sender == NULL)
		return BB_ERR_PARTICIPANT;
	if (sender->status != BB_MEMBER_ACTIVE)
		return BB_ERR_SUSPENDED;
	switch (command->kind) {
	case BB_COMMAND_NEW:
	case BB_COMMAND_REPLACE:
	case BB_COMMAND_CANCEL:
	case BB_COMMAND_CANCEL_PRODUCT:
	case BB_COMMAND_CANCEL_ALL:
		if ((sender->roles & BB_ROLE_TRADER) == 0)
			return BB_ERR_ROLE;
		return command->kind == BB_COMMAND_NEW       ? apply_new(model, command)
		       : command->kind == BB_COMMAND_REPLACE ? apply_replace(model, command)
							     : apply_cancels(model, command);
	case BB_COMMAND_MEMBER_ADD:
	case BB_COMMAND_MEMBER_REVOKE:
	case BB_COMMAND_PRODUCT_ADD:
	case BB_COMMAND_HALT:
	case BB_COMMAND_RESUME:
		if ((sender->roles & BB_ROLE_OPERATOR) == 0)
			return BB_ERR_ROLE;
		if (command->kind == BB_COMMAND_PRODUCT_ADD)
			return model_apply_product(model, command);
		if (command->kind < BB_COMMAND_PRODUCT_ADD)
			return model_apply_member(model, command);
		model->halted = command->kind == BB_COMMAND_HALT;
		model_say(model, model->halted ? BB_EVENT_HALTED : BB_EVENT_RESUMED,
		    command->participant);
		return BB_OK;
	default:
		return BB_ERR_RECORD;
	}
}

void
model_apply(struct model *model, const struct bb_command *command, uint64_t number)
{
	model->number = number;
	model->event_count = 0;
	const enum bb_result result = apply_any(model, command);
	if (result == BB_OK)
		return;

	struct bb_event *event = model_say(model, BB_EVENT_REFUSED, command->participant);
	event->result = (uint16_t)result;
	if (command->kind <= BB_COMMAND_CANCEL_ALL) {
		event->order_id = command->order.order_id;
		event->product = command->order.product;
	} else if (command->kind == BB_COMMAND_PRODUCT_ADD) {
		event->product = command->product.product;
	}
}

uint32_t
model_depth(const struct model *model, uint32_t product, enum bb_side side,
	    struct bb_depth *depth)
{
	uint32_t count = 0;

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *order = &model->orders[row];
		if (order->product != product || order->side != side)
			continue;
		uint32_t at = 0;
		while (at < count && (side == BB_BUY ? depth[at].price > order->price
						     : depth[at].price < order->price))
			at++;
		if (at == count || depth[at].price != order->price) {
			memmove(&depth[at + 1], &depth[at], (count - at) * sizeof(depth[0]));
			depth[at] = (struct bb_depth){ .price = order->price };
			count++;
		}
		depth[at].orders++;
		depth[at].quantity_wh += order->quantity_wh;
	}
	return count;
}
