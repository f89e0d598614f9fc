#include "market/bb_degree_first.h"

#include "base/bb_assert.h"
#include "base/bb_sort.h"

/* The rank of pairs, as in bb_pairing.h. */
static bool
better_pair(const void *left_candidate, const void *right_candidate)
{
	const struct bb_candidate *left = left_candidate;
	const struct bb_candidate *right = right_candidate;

	if (left->degree != right->degree)
		return left->degree > right->degree;
	if (left->surplus != right->surplus)
		return left->surplus > right->surplus;
	if (left->reputation != right->reputation)
		return left->reputation > right->reputation;
	return left->sell != right->sell ? left->sell < right->sell : left->buy < right->buy;
}

static bool
by_orders(const void *left_pair, const void *right_pair)
{
	const struct bb_pair *left = left_pair;
	const struct bb_pair *right = right_pair;

	return left->sell != right->sell ? left->sell < right->sell : left->buy < right->buy;
}

static bool
few_enough(const struct bb_pairing_order *orders, uint32_t count)
{
	uint32_t sells[BB_NODES_MAX] = { 0 };
	uint32_t buys[BB_NODES_MAX] = { 0 };
	uint64_t pairs = 0;

	for (uint32_t i = 0; i < count; i++) {
		BB_ASSERT(orders[i].node < BB_NODES_MAX);
		(orders[i].side == BB_SELL ? sells : buys)[orders[i].node]++;
	}
	for (uint32_t i = 0; i < BB_NODES_MAX; i++)
		pairs += (uint64_t)sells[i] * buys[i];
	return pairs <= BB_CANDIDATES_MAX;
}

/* gather lists the pairs without a veto and finds the largest surplus among them. */
static uint32_t
gather(struct bb_degree_first *first, const struct bb_pairing_rules *rules,
       const struct bb_pairing_order *orders, uint32_t count)
{
	uint32_t used = 0;

	first->surplus_max = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_pairing_order *sell = &orders[i];
		for (uint32_t j = 0; sell->side == BB_SELL && j < count; j++) {
			const struct bb_pairing_order *buy = &orders[j];
			if (buy->side == BB_SELL || buy->node != sell->node ||
			    bb_candidate_degree(rules, 0, 0, sell, buy) == BB_DEGREE_VETO)
				continue;
			const int64_t surplus = buy->terms.price - sell->terms.price;
			if ((uint64_t)surplus > first->surplus_max)
				first->surplus_max = (uint64_t)surplus;
			first->candidates[used++] = (struct bb_candidate){
				.surplus = surplus, .reputation = sell->terms.reputation,
				.sell = i, .buy = j,
			};
		}
	}
	return used;
}

static int64_t
middle(int64_t low, int64_t high)
{
	return low + (high - low) / 2; /* of limits that the surplus says are in this order */
}

static void
trade(struct bb_degree_first *first, const struct bb_candidate *candidate,
      struct bb_pairing_order *orders)
{
	struct bb_pairing_order *sell = &orders[candidate->sell];
	struct bb_pairing_order *buy = &orders[candidate->buy];
	const uint64_t quantity = sell->left_wh < buy->left_wh ? sell->left_wh : buy->left_wh;
	const int64_t price = middle(sell->terms.price, buy->terms.price);

	if (quantity == 0)
		return;
	sell->left_wh -= quantity;
	buy->left_wh -= quantity;
	sell->filled_wh += quantity;
	buy->filled_wh += quantity;
	/* Each pair uses up a sell or a buy, so there are no more than orders. */
	first->pairs[first->pair_count++] = (struct bb_pair){
		.quantity_wh = quantity, .price_sell = price, .price_buy = price,
		.degree = candidate->degree, .sell = candidate->sell, .buy = candidate->buy,
	};
}

bool
bb_degree_first_make(struct bb_degree_first *first, const struct bb_pairing_rules *rules,
		     struct bb_pairing_order *orders, uint32_t count)
{
	if (!few_enough(orders, count))
		return false;
	bb_sort(orders, count, sizeof(*orders), bb_pairing_accepted_first);
	for (uint32_t i = 0; i < count; i++) {
		orders[i].left_wh = orders[i].terms.quantity_wh;
		orders[i].filled_wh = 0;
	}
	const uint32_t candidates = gather(first, rules, orders, count);
	for (uint32_t i = 0; i < candidates; i++) {
		struct bb_candidate *candidate = &first->candidates[i];
		candidate->degree = bb_candidate_degree(rules, first->surplus_max, 0,
							&orders[candidate->sell],
							&orders[candidate->buy]);
	}
	bb_sort(first->candidates, candidates, sizeof(*first->candidates), better_pair);
	first->pair_count = 0;
	for (uint32_t i = 0; i < candidates; i++)
		trade(first, &first->candidates[i], orders);
	for (uint32_t i = 0; i < first->pair_count; i++) {
		struct bb_pair *pair = &first->pairs[i];
		pair->sell_left_wh = orders[pair->sell].left_wh;
		pair->buy_left_wh = orders[pair->buy].left_wh;
	}
	bb_sort(first->pairs, first->pair_count, sizeof(*first->pairs), by_orders);
	return true;
}

struct bb_pairs_worth
bb_pairs_worth(const struct bb_pair *pairs, uint32_t pair_count,
	       const struct bb_pairing_order *orders)
{
	struct bb_pairs_worth worth = { 0 };

	for (uint32_t i = 0; i < pair_count; i++) {
		const struct bb_pair *pair = &pairs[i];
		const int64_t limit_sell = orders[pair->sell].terms.price;
		const int64_t limit_buy = orders[pair->buy].terms.price;
		const __int128 quantity = (__int128)pair->quantity_wh;

		worth.volume_wh += pair->quantity_wh;
		worth.welfare += quantity * (limit_buy - limit_sell - pair->fee);
		worth.turnover += quantity * pair->price_sell;
		worth.margin += quantity * (pair->price_sell - limit_sell);
		if (pair->degree != BB_DEGREE_VETO)
			worth.degree_sum += quantity * pair->degree;
	}
	return worth;
}
