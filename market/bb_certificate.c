#include "market/bb_certificate.h"

#include <string.h>

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

/* check_level shares out again what the orders of one level got together. */
static enum bb_certificate
check_level(const struct bb_call_order *orders, uint32_t count, struct bb_claim *claims)
{
	uint64_t amount = 0;

	for (uint32_t i = 0; i < count; i++) {
		amount += orders[i].filled_wh;
		claims[i] = (struct bb_claim){
			.quantity = orders[i].quantity_wh,
			.order = orders[i].order,
			.reputation = orders[i].reputation,
			.index = i,
		};
	}
	bb_prorata(claims, count, amount);
	for (uint32_t i = 0; i < count; i++)
		if (claims[i].given != orders[claims[i].index].filled_wh)
			return BB_CERTIFICATE_PRORATA;
	return BB_CERTIFIED;
}

static enum bb_certificate
check_orders(const struct bb_auction *auction, const struct bb_clearing *clearing,
	     const struct bb_call_order *orders, uint32_t count, struct bb_claim *claims,
	     int64_t net_wh[BB_NODES_MAX])
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
		if (check_level(&orders[first], i + 1 - first, claims) != BB_CERTIFIED)
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
bb_certify(const struct bb_auction *auction, const struct bb_clearing *clearing,
	   const struct bb_call_order *orders, uint32_t count, struct bb_claim *claims)
{
	int64_t net_wh[BB_NODES_MAX] = { 0 };
	enum bb_certificate wrong =
		check_orders(auction, clearing, orders, count, claims, net_wh);

	for (uint32_t i = 0; i < auction->line_count && wrong == BB_CERTIFIED; i++) {
		const struct bb_line *line = &auction->lines[i];
		wrong = check_line(clearing, line, clearing->flow_wh[i]);
		net_wh[line->from] -= clearing->flow_wh[i];
		net_wh[line->to] += clearing->flow_wh[i];
	}
	for (uint32_t i = 0; i < auction->node_count && wrong == BB_CERTIFIED; i++) {
		const struct bb_node_result *node = &clearing->nodes[i];
		if (net_wh[i] != 0)
			wrong = BB_CERTIFICATE_BALANCE;
		else if (node->lo > node->hi ||
			 node->price != node->lo + (node->hi - node->lo) *
							  auction->k_milli / 1000)
			wrong = BB_CERTIFICATE_INTERVAL;
	}
	return wrong;
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
