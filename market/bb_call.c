#include "market/bb_call.h"

#include <stdbool.h>

#include "base/bb_assert.h"
#include "base/bb_sort.h"

static bool
book_order(const void *left_order, const void *right_order)
{
	const struct bb_call_order *left = left_order;
	const struct bb_call_order *right = right_order;

	if (left->node != right->node)
		return left->node < right->node;
	if (left->price != right->price)
		return left->price < right->price;
	if (left->side != right->side)
		return left->side < right->side;
	return left->order < right->order;
}

void
bb_call_curves(struct bb_call_order *orders, uint32_t count, uint32_t node_count,
	       struct bb_step *steps, struct bb_curve *curves)
{
	uint32_t used = 0;

	bb_sort(orders, count, sizeof(*orders), book_order);
	for (uint32_t node = 0, at = 0; node < node_count; node++) {
		struct bb_curve *curve = &curves[node];
		*curve = (struct bb_curve){ .steps = &steps[used] };
		for (; at < count && orders[at].node == node; at++) {
			const struct bb_call_order *order = &orders[at];
			if (curve->count == 0 || steps[used - 1].price != order->price) {
				steps[used++] = (struct bb_step){ .price = order->price };
				curve->count++;
			}
			if (order->side == BB_SELL)
				steps[used - 1].sell_wh += order->quantity_wh;
			else
				steps[used - 1].buy_wh += order->quantity_wh;
		}
		BB_ASSERT(node + 1 < node_count || at == count); /* no order beyond */
	}
}

/* fill_level shares amount over the run of orders from first that have its price and side;
 * returns the end of the run. */
static uint32_t
fill_level(struct bb_call_order *orders, uint32_t count, uint32_t first, uint64_t amount,
	   struct bb_claim *claims)
{
	uint32_t end = first;

	for (; end < count && orders[end].node == orders[first].node &&
	       orders[end].price == orders[first].price &&
	       orders[end].side == orders[first].side; end++)
		claims[end - first] = (struct bb_claim){
			.quantity = orders[end].quantity_wh,
			.order = orders[end].order,
			.reputation = orders[end].reputation,
			.index = end,
		};
	bb_prorata(claims, end - first, amount);
	for (uint32_t i = 0; i < end - first; i++)
		orders[claims[i].index].filled_wh = claims[i].given;
	return end;
}

void
bb_call_fill(struct bb_call_order *orders, uint32_t count, const struct bb_curve *curves,
	     const struct bb_clearing *clearing, struct bb_claim *claims)
{
	uint32_t node = 0;
	uint32_t step = 0;

	for (uint32_t at = 0; at < count;) {
		const struct bb_call_order *order = &orders[at];
		uint64_t sold, bought;
		if (order->node != node) {
			node = order->node;
			step = 0;
		}
		while (curves[node].steps[step].price != order->price)
			step++;
		bb_step_share(&curves[node], &clearing->nodes[node].mark, step, &sold, &bought);
		at = fill_level(orders, count, at, order->side == BB_SELL ? sold : bought,
				claims);
	}
}
