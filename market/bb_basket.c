#include "market/bb_basket.h"

#include "market/bb_entry.h"
#include "market/bb_resting.h"

/* What the legs judged so far ask for together. */
struct burden {
	uint64_t quantity_wh;
	uint64_t need; /* at most 42 x 2^57 */
	uint32_t positions;
};

static bool
is_leg(const struct bb_command *command)
{
	return command->kind == BB_COMMAND_NEW && command->order.type == BB_BASKET_LEG;
}

static const struct bb_command *
leg(const struct bb_command *first, const struct bb_slice *slice, uint32_t index)
{
	return index == 0 ? first : &slice->behind[index - 1];
}

/* Returns how many legs stand in a row. */
static uint32_t
count_row(const struct bb_command *first, const struct bb_slice *slice)
{
	uint32_t count = is_leg(first);

	while (count > 0 && count <= slice->behind_count && is_leg(leg(first, slice, count)))
		count++;
	return count;
}

/* Whether the first of count are a basket: each says how many follow it. */
static bool
counts_down(const struct bb_command *first, const struct bb_slice *slice, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (leg(first, slice, i)->order.legs_after != count - 1 - i)
			return false;
	return true;
}

/* Whether lines lead from the product's zone to others. */
static bool
is_joined(const struct bb_market *market, uint32_t product)
{
	const struct bb_listing *listing = bb_products_find(&market->products, product);

	return listing != NULL && listing->joined;
}

/* Whether a leg's trades could change what an earlier one's judgement counted on: of the same
 * product, or in the same interval, where lines lead from the zones of both. */
static bool
meets_earlier(const struct bb_market *market, const struct bb_command *first,
	      const struct bb_slice *slice, uint32_t index)
{
	const uint32_t product = leg(first, slice, index)->order.product;
	const bool joined = is_joined(market, product);

	for (uint32_t i = 0; i < index; i++) {
		const uint32_t other = leg(first, slice, i)->order.product;
		if (other == product ||
		    (joined && bb_product_quarter(other) == bb_product_quarter(product) &&
		     is_joined(market, other)))
			return true;
	}
	return false;
}

/* What each of the legs may do alone, all of them together may not. */
static enum bb_result
check_burden(const struct bb_market *market, const struct bb_account *account,
	     const struct burden *burden)
{
	const struct bb_purse *purse =
		bb_accounts_purse(&market->accounts, account->participant);

	if (account->energy_wh + burden->quantity_wh > BB_ENERGY_MAX ||
	    burden->need > (uint64_t)INT64_MAX - purse->locked)
		return BB_ERR_POSITION;
	if (account->escrow && purse->balance < (__int128)(purse->locked + burden->need))
		return BB_ERR_ESCROW;
	return burden->positions > market->positions.capacity - market->positions.live
		       ? BB_ERR_FULL
		       : BB_OK;
}

static enum bb_result
judge_leg(struct bb_market *market, const struct bb_order_command *order,
	  struct bb_account *account, struct burden *burden)
{
	struct bb_take take;
	const enum bb_result result = bb_entry_judge(market, order, account, &take);

	if (result != BB_OK)
		return result;
	burden->quantity_wh += order->quantity_wh;
	burden->need += bb_resting_need(take.listing, take.side, take.price, order->quantity_wh);
	burden->positions += take.position == BB_POSITION_NONE;
	return check_burden(market, account, burden);
}

/* Decides about all legs with the first of them. */
static void
open_basket(struct bb_market *market, const struct bb_command *first,
	    struct bb_account *account, const struct bb_slice *slice)
{
	struct bb_basket *basket = &market->basket;
	const uint32_t row = count_row(first, slice);
	const uint32_t count = first->order.legs_after < row ? first->order.legs_after + 1 : 0;
	struct burden burden = { 0 };

	if (count < 2 || !counts_down(first, slice, count)) {
		*basket = (struct bb_basket){ .left = row > 0 ? row : 1, .result = BB_ERR_BASKET };
		return;
	}
	*basket = (struct bb_basket){ .left = count };
	for (uint32_t i = 0; i < count && basket->result == BB_OK; i++) {
		basket->result = meets_earlier(market, first, slice, i)
					 ? BB_ERR_BASKET
					 : judge_leg(market, &leg(first, slice, i)->order, account,
						     &burden);
		basket->fault = count - i;
	}
}

enum bb_result
bb_basket_leg(struct bb_market *market, const struct bb_command *command,
	      struct bb_account *account, struct bb_slice *slice)
{
	struct bb_basket *basket = &market->basket;
	struct bb_take take;

	if (basket->left == 0)
		open_basket(market, command, account, slice);
	enum bb_result result = basket->result;
	if (result != BB_OK && basket->left != basket->fault)
		result = BB_ERR_BASKET;
	if (--basket->left == 0)
		*basket = (struct bb_basket){ 0 };
	if (result != BB_OK)
		return result;

	/* Nothing has come between but the legs before it. */
	result = bb_entry_judge(market, &command->order, account, &take);
	BB_ASSERT(result == BB_OK);
	bb_entry_enter(market, &take, slice);
	return BB_OK;
}
