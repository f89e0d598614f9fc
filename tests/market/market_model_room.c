#include "tests/market/market_model.h"

bool
model_has_position(struct model *model, uint32_t participant, uint32_t product)
{
	for (uint32_t row = 0; row < model->order_count; row++)
		if (model->orders[row].participant == participant &&
		    model->orders[row].product == product)
			return true;
	return model->contracted[participant][model_product(model, product) - model->products];
}

uint32_t
model_count_positions(struct model *model)
{
	uint32_t count = 0;

	for (uint32_t id = 1; id <= model->size.participants; id++)
		for (uint32_t i = 0; i < model->product_count; i++)
			count += model_has_position(model, id, model->products[i].terms.product);
	return count;
}

/* Which 64 neighbouring prices of its side an order belongs to, best ones first. */
static uint32_t
stretch_of(struct model *model, const struct model_order *order)
{
	const struct bb_product_command *terms = &model_product(model, order->product)->terms;
	const int64_t behind = order->side == BB_BUY ? (int64_t)terms->price_max - order->price
						     : (int64_t)order->price - terms->price_min;
	return (uint32_t)(behind / terms->tick / 64);
}

static bool
same_stretch(struct model *model, const struct model_order *a, const struct model_order *b)
{
	return a->product == b->product && a->side == b->side &&
	       stretch_of(model, a) == stretch_of(model, b);
}

/* Whether order finds a stretch when it comes to rest; except is a row that is gone then. */
bool
model_stretch_left(struct model *model, const struct model_order *order, uint32_t except)
{
	uint32_t used = 0;

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *other = &model->orders[row];
		bool counted = row == except;
		if (!counted && same_stretch(model, order, other))
			return true;
		for (uint32_t i = 0; i < row && !counted; i++)
			counted = i != except && same_stretch(model, other, &model->orders[i]);
		used += !counted;
	}
	return used < (model->size.levels + 63) / 64;
}

/* What an order could cost its owner. */
__int128
model_need(const struct model_order *order)
{
	const __int128 price = order->side == BB_BUY ? order->price : -(__int128)order->price;
	return price > 0 ? price * ((__int128)order->quantity_wh + order->hidden_wh) : 0;
}

/* Whether every sum stays in range and covered whatever order trades with; except is a row that
 * it takes the place of, and legs what the legs before it in a basket ask for. */
enum bb_result
model_fits(struct model *model, const struct model_order *order, uint32_t except,
	   const struct model_legs *legs)
{
	const struct bb_member *member = model_member(model, order->participant);
	const struct bb_product *product = model_product(model, order->product);
	const __int128 need = model_need(order) + (legs != NULL ? legs->need : 0);
	__int128 energy = (__int128)member->bought_wh + member->sold_wh + order->quantity_wh +
			  (legs != NULL ? legs->quantity_wh : 0);
	__int128 locked = need;

	for (uint32_t row = 0; row < model->order_count; row++) {
		const struct model_order *other = &model->orders[row];
		if (row == except || other->participant != order->participant)
			continue;
		locked += model_need(other);
		energy += (__int128)other->quantity_wh + other->hidden_wh;
	}
	if (locked > INT64_MAX || energy > INT64_MAX ||
	    (__int128)product->traded_wh + order->quantity_wh > INT64_MAX)
		return BB_ERR_POSITION;
	return member->escrow && model->money[order->participant] < locked ? BB_ERR_ESCROW
									    : BB_OK;
}
