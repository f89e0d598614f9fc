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
		.reputation = 500000,
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
	event->record = (uint16_t)model->record;
	event->kind = (uint8_t)kind;
	event->participant = participant;
	return event;
}

struct bb_event *
model_say_order(struct model *model, enum bb_event_kind kind, const struct model_order *order)
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

uint32_t
model_find_order(const struct model *model, uint32_t participant, uint64_t order_id)
{
	uint32_t row = 0;
	while (row < model->order_count && (model->orders[row].participant != participant ||
					    model->orders[row].order_id != order_id))
		row++;
	return row;
}

static bool
id_taken(const struct model *model, uint32_t participant, uint64_t order_id, bool rests)
{
	const uint32_t places = model_table(model->members[participant].orders_max);

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *order = &model->orders[row];
		if (order->participant == participant &&
		    (order->order_id == order_id ||
		     (rests && order->order_id % places == order_id % places)))
			return true;
	}
	return false;
}

static void
add_order(struct model *model, const struct model_order *order)
{
	model->orders[model->order_count++] = *order;
	model_member(model, order->participant)->orders_live++;
	model_product(model, order->product)->orders_live++;
}

void
model_remove_order(struct model *model, uint32_t row)
{
	const struct model_order gone = model->orders[row];

	model->order_count--;
	memmove(&model->orders[row], &model->orders[row + 1],
		(model->order_count - row) * sizeof(gone));
	model_member(model, gone.participant)->orders_live--;
	model_product(model, gone.product)->orders_live--;
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

/* A balance beyond what views show is shown as their end. */
static void
pay(struct model *model, uint32_t participant, __int128 amount)
{
	__int128 money = model->money[participant] += amount;

	if (money > INT64_MAX)
		money = INT64_MAX;
	if (money < -INT64_MAX)
		money = -INT64_MAX;
	model->members[participant].money = (int64_t)money;
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

/* What has traded all it showed goes behind all others with its next clip, if it has one. */
static void
show_or_remove(struct model *model, uint32_t row)
{
	struct model_order order = model->orders[row];

	model_remove_order(model, row);
	if (order.hidden_wh == 0)
		return;
	order.quantity_wh = order.clip_wh < order.hidden_wh ? order.clip_wh : order.hidden_wh;
	order.hidden_wh -= order.quantity_wh;
	add_order(model, &order);
	struct bb_event *event = model_say_order(model, BB_EVENT_SHOWN, &order);
	event->remaining_wh = order.quantity_wh;
	event->quantity_wh = order.quantity_wh + order.hidden_wh;
}

/* Trades what order can and rests what is left; before is what it replaces, or NULL. */
void
model_trade(struct model *model, struct model_order order, bool rests,
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
		struct bb_event *event = model_say_order(model, BB_EVENT_TRADED, &order);
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
		pay(model, buyer->participant, -(__int128)resting->price * quantity);
		pay(model, seller->participant, (__int128)resting->price * quantity);
		model->contracted[buyer->participant][product - model->products] = true;
		model->contracted[seller->participant][product - model->products] = true;
		buyer->bought_wh += quantity;
		seller->sold_wh += quantity;
		product->last_price = resting->price;
		product->trades++;
		product->traded_wh += quantity;
		if (resting->quantity_wh == 0)
			show_or_remove(model, row);
	}

	struct bb_event *event =
		model_say_order(model, before ? BB_EVENT_REPLACED : BB_EVENT_ACCEPTED, &entered);
	if (before != NULL)
		event->counter_order_id = packed(before);
	if (order.quantity_wh > 0 && rests) {
		event->remaining_wh = order.quantity_wh;
		if (order.clip_wh != 0 && order.clip_wh < order.quantity_wh) {
			order.hidden_wh = order.quantity_wh - order.clip_wh;
			order.quantity_wh = order.clip_wh;
			event->counter_remaining_wh = order.hidden_wh;
		}
		add_order(model, &order);
	} else if (order.quantity_wh > 0) {
		model_say_order(model, BB_EVENT_CANCELLED, &order)->result = BB_BY_IOC;
	}
}

/* All that rests on the other side within the limit of order. */
static uint64_t
within_reach(const struct model *model, const struct model_order *order)
{
	uint64_t quantity = 0;

	for (uint32_t row = 0; row < model->order_count; row++)
		if (reaches(order, &model->orders[row]))
			quantity += model->orders[row].quantity_wh;
	return quantity;
}

/* The best price of the other side, whatever the limit; false where there is none. */
static bool
price_at_market(const struct model *model, struct model_order *order)
{
	order->price = order->side == BB_BUY ? INT32_MAX : INT32_MIN;
	const uint32_t row = best_for(model, order);

	if (row == model->order_count)
		return false;
	order->price = model->orders[row].price;
	return true;
}

bool
model_rests(uint8_t type)
{
	return type == BB_LIMIT_GTC || type == BB_LIMIT_GTD || type == BB_LIMIT_ICEBERG ||
	       type == BB_MARKET_LIMIT;
}

enum bb_result
model_judge(struct model *model, const struct bb_command *command, struct model_order *order)
{
	const struct bb_order_command *asked = &command->order;
	const struct bb_member *member = model_member(model, command->participant);
	const bool rests = model_rests(asked->type);
	const bool whole = asked->type == BB_LIMIT_FOK || asked->type == BB_LIMIT_AON ||
			   asked->type == BB_BASKET_LEG;

	*order = (struct model_order){
		.order_id = asked->order_id, .participant = command->participant,
		.product = asked->product, .price = asked->price,
		.quantity_wh = asked->quantity_wh, .side = asked->side,
	};
	if (model_product(model, asked->product) == NULL)
		return BB_ERR_PRODUCT;
	if (asked->side > 1 || !model_zero(asked->reserved, sizeof(asked->reserved)))
		return BB_ERR_RECORD;
	if (asked->type == BB_MARKET_LIMIT && !price_at_market(model, order))
		return BB_ERR_UNFILLED;
	enum bb_result result = check_terms(model, order);
	if (result != BB_OK)
		return result;
	if (rests && member->orders_live >= member->orders_max)
		return BB_ERR_ORDERS;
	if (id_taken(model, command->participant, asked->order_id, rests))
		return BB_ERR_ORDER_EXISTS;
	result = model_type(model, asked, model_product(model, asked->product)->terms.lot_wh);
	if (result != BB_OK ||
	    (result = model_fits(model, order, MODEL_ORDERS, NULL)) != BB_OK)
		return result;
	if (rests && model->order_count == model->size.orders) {
		/* Would a whole order leave, or all of this one trade? */
		const uint32_t row = best_for(model, order);
		if (row == model->order_count)
			return BB_ERR_BOOK_FULL;
	}
	if (rests && !model_stretch_left(model, order, MODEL_ORDERS))
		return BB_ERR_BOOK_FULL;
	if (!model_has_position(model, command->participant, asked->product) &&
	    model_count_positions(model) == model->size.positions)
		return BB_ERR_FULL;
	if (asked->type == BB_LIMIT_GTD || asked->type == BB_LIMIT_ICEBERG) {
		if (!model_extras_left(model, asked->type == BB_LIMIT_ICEBERG))
			return BB_ERR_BOOK_FULL;
		order->expires_s = asked->type == BB_LIMIT_GTD ? asked->expires_s : 0;
		order->clip_wh = asked->type == BB_LIMIT_ICEBERG ? asked->shown_wh : 0;
	}
	if (whole && within_reach(model, order) < order->quantity_wh)
		return BB_ERR_UNFILLED;
	return reaches_own(model, order) ? BB_ERR_SELF_TRADE : BB_OK;
}

enum bb_result
model_apply_new(struct model *model, const struct bb_command *command)
{
	struct model_order order;

	if (command->order.type == BB_BASKET_LEG)
		return model_apply_leg(model, command);
	const enum bb_result result = model_judge(model, command, &order);
	if (result == BB_OK)
		model_trade(model, order, model_rests(command->order.type), NULL);
	return result;
}

enum bb_result
model_apply_replace(struct model *model, const struct bb_command *command)
{
	const uint32_t row = model_find_order(model, command->participant, command->order.order_id);
	if (row == model->order_count)
		return BB_ERR_ORDER_UNKNOWN;
	if (!model_zero(command->order.reserved, sizeof(command->order.reserved)))
		return BB_ERR_RECORD;

	struct model_order *standing = &model->orders[row];
	const uint32_t standing_wh = standing->quantity_wh + standing->hidden_wh;
	struct model_order order = *standing;
	order.hidden_wh = 0;
	order.price = command->order.price;
	order.quantity_wh = command->order.quantity_wh;
	enum bb_result result = check_terms(model, &order);
	if (result != BB_OK)
		return result;
	if (order.clip_wh != 0 && order.quantity_wh > UINT64_C(8) * order.clip_wh)
		return BB_ERR_QUANTITY;
	if ((result = model_fits(model, &order, row, NULL)) != BB_OK)
		return result;
	if (!model_stretch_left(model, &order, row))
		return BB_ERR_BOOK_FULL;
	if (reaches_own(model, &order))
		return BB_ERR_SELF_TRADE;

	if (order.price == standing->price && order.quantity_wh < standing_wh) {
		struct bb_event *event = model_say_order(model, BB_EVENT_REPLACED, &order);
		event->remaining_wh = order.quantity_wh;
		event->counter_order_id = packed(standing);
		if (standing->quantity_wh > order.quantity_wh)
			standing->quantity_wh = order.quantity_wh;
		standing->hidden_wh = order.quantity_wh - standing->quantity_wh;
		event->counter_remaining_wh = standing->hidden_wh;
		return BB_OK;
	}
	const struct model_order before = *standing;
	model_remove_order(model, row);
	model_trade(model, order, true, &before);
	return BB_OK;
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
