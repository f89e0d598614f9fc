#include "market/bb_certificate.h"

#include <stdbool.h>
#include <string.h>

#include "market/bb_fair.h"

static bool
same_level(const struct bb_call_order *left, const struct bb_call_order *right)
{
	return left->node == right->node && left->price == right->price &&
	       left->side == right->side;
}

static enum bb_certificate
check_order(const struct bb_auction *auction, const struct bb_clearing *clearing,
	    const struct bb_call_order *order)
{
	if (order->node >= auction->node_count)
		return BB_CERTIFICATE_NODE;
	if (order->filled_wh > order->quantity_wh)
		return BB_CERTIFICATE_OVERFILL;

	const int64_t price = clearing->nodes[order->node].price;
	const int64_t gain =
		order->side == BB_SELL ? price - order->price : order->price - price;
	if (gain < 0 && order->filled_wh > 0)
		return BB_CERTIFICATE_LIMIT;
	if (gain > 0 && order->filled_wh < order->quantity_wh)
		return BB_CERTIFICATE_UNFILLED;
	return BB_CERTIFIED;
}

static enum bb_certificate
check_level(const struct bb_call_order *orders, uint32_t count)
{
	uint64_t amount = 0;
	uint64_t total = 0;

	for (uint32_t i = 0; i < count; i++) {
		amount += orders[i].filled_wh;
		total += orders[i].quantity_wh;
	}
	if (amount == 0 || amount == total)
		return BB_CERTIFIED; /* since nobody is filled beyond its quantity */
	struct bb_fair fair = bb_fair(amount, total, NULL);
	for (uint32_t i = 0; i < count; i++)
		bb_fair_add(&fair, orders[i].quantity_wh, orders[i].reputation, orders[i].order,
			    orders[i].filled_wh);
	return bb_fair_right(&fair) ? BB_CERTIFIED : BB_CERTIFICATE_PRORATA;
}

static enum bb_certificate
check_orders(const struct bb_auction *auction, const struct bb_clearing *clearing,
	     const struct bb_call_order *orders, uint32_t count, int64_t net_wh[BB_NODES_MAX])
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct bb_call_order *order = &orders[i];
		const enum bb_certificate wrong = check_order(auction, clearing, order);
		if (wrong != BB_CERTIFIED)
			return wrong;
		net_wh[order->node] += order->side == BB_SELL ? (int64_t)order->filled_wh
							      : -(int64_t)order->filled_wh;
		const bool last = i + 1 == count || !same_level(order, order + 1);
		if (!last && order->order >= order[1].order)
			return BB_CERTIFICATE_ORDER;
		if (!last)
			continue;
		if (check_level(&orders[first], i + 1 - first) != BB_CERTIFIED)
			return BB_CERTIFICATE_PRORATA;
		first = i + 1;
	}
	return BB_CERTIFIED;
}

static enum bb_certificate
check_line(const struct bb_clearing *clearing, const struct bb_line *line, int64_t flow)
{
	const int64_t rise = clearing->nodes[line->to].price - clearing->nodes[line->from].price;

	if (flow > 0 && (uint64_t)flow > line->capacity_wh)
		return BB_CERTIFICATE_CAPACITY;
	if (flow < 0 && (uint64_t)-flow > line->capacity_reverse_wh)
		return BB_CERTIFICATE_CAPACITY;
	/* What flows must be worth its fee; what still could flow must not be worth more. */
	if ((flow > 0 && rise < line->fee) || (flow < 0 && -rise < line->fee))
		return BB_CERTIFICATE_LINE_PRICE;
	if (flow >= 0 && (uint64_t)flow < line->capacity_wh && rise > line->fee)
		return BB_CERTIFICATE_LINE_PRICE;
	if (flow <= 0 && (uint64_t)-flow < line->capacity_reverse_wh && -rise > line->fee)
		return BB_CERTIFICATE_LINE_PRICE;
	return BB_CERTIFIED;
}

enum bb_certificate
bb_certify_flows(const struct bb_auction *auction, const struct bb_clearing *clearing,
		 int64_t net_wh[BB_NODES_MAX])
{
	for (uint32_t i = 0; i < auction->line_count; i++) {
		const struct bb_line *line = &auction->lines[i];
		const enum bb_certificate wrong =
			check_line(clearing, line, clearing->flow_wh[i]);
		if (wrong != BB_CERTIFIED)
			return wrong;
		net_wh[line->from] -= clearing->flow_wh[i];
		net_wh[line->to] += clearing->flow_wh[i];
	}
	for (uint32_t i = 0; i < auction->node_count; i++) {
		const struct bb_node_result *node = &clearing->nodes[i];
		if (net_wh[i] != 0)
			return BB_CERTIFICATE_BALANCE;
		if (node->lo > node->hi ||
		    node->price !=
			    node->lo + (node->hi - node->lo) * auction->k_milli / 1000)
			return BB_CERTIFICATE_INTERVAL;
	}
	return BB_CERTIFIED;
}

enum bb_certificate
bb_certify(const struct bb_auction *auction, const struct bb_clearing *clearing,
	   const struct bb_call_order *orders, uint32_t count)
{
	int64_t net_wh[BB_NODES_MAX] = { 0 };
	const enum bb_certificate wrong = check_orders(auction, clearing, orders, count, net_wh);

	return wrong != BB_CERTIFIED ? wrong : bb_certify_flows(auction, clearing, net_wh);
}

static bool
follows(const struct bb_pair *pair, const struct bb_pair *before)
{
	if (pair->sell != before->sell)
		return pair->sell > before->sell;
	if (pair->buy != before->buy)
		return pair->buy > before->buy;
	return pair->bucket > before->bucket;
}

static bool
leaves(const struct bb_pairing_order *order, uint64_t left_wh)
{
	const uint64_t quantity_wh = order->terms.quantity_wh;

	return order->filled_wh <= quantity_wh && left_wh == quantity_wh - order->filled_wh;
}

static enum bb_certificate
check_pair(const struct bb_auction *auction, const struct bb_clearing *clearing,
	   const struct bb_pairing *pairing, const struct bb_pairing_order *orders,
	   uint32_t count, const struct bb_pair *pair)
{
	if (pair->sell >= count || pair->buy >= count || pair->quantity_wh == 0)
		return BB_CERTIFICATE_PAIR;

	const struct bb_pairing_order *sell = &orders[pair->sell];
	const struct bb_pairing_order *buy = &orders[pair->buy];
	if (sell->side != BB_SELL || buy->side != BB_BUY)
		return BB_CERTIFICATE_PAIR;
	if (sell->node >= auction->node_count || buy->node >= auction->node_count)
		return BB_CERTIFICATE_NODE;
	if (pair->price_sell != clearing->nodes[sell->node].price ||
	    pair->price_buy != clearing->nodes[buy->node].price)
		return BB_CERTIFICATE_PAIR_PRICE;
	if (pair->product_sell != bb_auction_product(auction, sell->node) ||
	    pair->product_buy != bb_auction_product(auction, buy->node))
		return BB_CERTIFICATE_PAIR_PRODUCT;
	if (!leaves(sell, pair->sell_left_wh) || !leaves(buy, pair->buy_left_wh))
		return BB_CERTIFICATE_PAIR_LEFT;
	if (pair->bucket >= pairing->bucket_count)
		return BB_CERTIFICATE_PAIR_PATH;

	const struct bb_bucket *bucket = &pairing->buckets[pair->bucket];
	if (bucket->from != sell->node || bucket->to != buy->node || bucket->fee != pair->fee)
		return BB_CERTIFICATE_PAIR_PATH;
	/* What is left of the difference is congestion, and nobody's loss. */
	return pair->price_buy - pair->price_sell < pair->fee ? BB_CERTIFICATE_PAIR_PRICE
							      : BB_CERTIFIED;
}

enum bb_certificate
bb_certify_pairs(const struct bb_auction *auction, const struct bb_clearing *clearing,
		 const struct bb_pairing *pairing, const struct bb_pairing_order *orders,
		 uint32_t count, uint64_t *sums)
{
	uint64_t carried[BB_BUCKETS_MAX] = { 0 };

	memset(sums, 0, count * sizeof(*sums));
	for (uint32_t i = 0; i < pairing->pair_count; i++) {
		const struct bb_pair *pair = &pairing->pairs[i];
		const enum bb_certificate wrong =
			check_pair(auction, clearing, pairing, orders, count, pair);
		if (wrong != BB_CERTIFIED)
			return wrong;
		if (i > 0 && !follows(pair, pair - 1))
			return BB_CERTIFICATE_PAIR_TWICE;
		/* Compared by what is left, so that no sum can run over. */
		if (pair->quantity_wh > orders[pair->sell].filled_wh - sums[pair->sell] ||
		    pair->quantity_wh > orders[pair->buy].filled_wh - sums[pair->buy])
			return BB_CERTIFICATE_PAIR_SUM;
		sums[pair->sell] += pair->quantity_wh;
		sums[pair->buy] += pair->quantity_wh;
		carried[pair->bucket] += pair->quantity_wh;
	}
	for (uint32_t i = 0; i < count; i++)
		if (sums[i] != orders[i].filled_wh)
			return BB_CERTIFICATE_PAIR_SUM;
	for (uint32_t i = 0; i < pairing->bucket_count; i++)
		if (carried[i] != pairing->buckets[i].quantity_wh)
			return BB_CERTIFICATE_PAIR_PATH;
	return BB_CERTIFIED;
}

const char *
bb_certificate_text(enum bb_certificate certificate)
{
	static const char *const texts[] = {
#define X(name, text) [name] = text,
		BB_CERTIFICATE_LIST(X)
#undef X
	};
	return texts[certificate];
}
