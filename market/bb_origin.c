#include "market/bb_origin.h"

#include <string.h>

#include "base/bb_assert.h"

#define NONE UINT32_MAX

/* What is known of the zones before there are nodes. */
struct zones {
	uint32_t count;
	uint32_t group[BB_NODES_MAX]; /* the lowest zone that lines join it to */
	uint32_t size[BB_NODES_MAX];  /* of a group */
	uint16_t sold[BB_NODES_MAX];  /* in a group */
	bool divided[BB_NODES_MAX];
};

static void
join_zones(struct zones *zones, const struct bb_line *lines, uint32_t line_count)
{
	bool changed = true;

	for (uint32_t i = 0; i < zones->count; i++)
		zones->group[i] = i;
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < line_count; i++) {
			uint32_t *from = &zones->group[lines[i].from];
			uint32_t *to = &zones->group[lines[i].to];
			/* Where nothing can flow, nothing is shared. */
			if (lines[i].capacity_wh + lines[i].capacity_reverse_wh == 0 ||
			    *from == *to)
				continue;
			*from = *to = *from < *to ? *from : *to;
			changed = true;
		}
	}
	for (uint32_t i = 0; i < zones->count; i++)
		zones->size[zones->group[i]]++;
}

/* divide_zones finds the zones where somebody does not accept all that is sold. */
static uint32_t
divide_zones(struct zones *zones, const struct bb_origin_order *orders, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (orders[i].side == BB_SELL)
			zones->sold[zones->group[orders[i].zone]] |=
				(uint16_t)(1u << orders[i].source);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t group = zones->group[orders[i].zone];
		if (orders[i].side == BB_SELL || (zones->sold[group] & ~orders[i].accept) == 0)
			continue;
		if (zones->size[group] > 1)
			return i;
		zones->divided[orders[i].zone] = true;
	}
	return NONE;
}

static bool
add_node(struct bb_origin *origin, const struct bb_origin_node *node)
{
	if (origin->node_count == BB_NODES_MAX)
		return false;
	origin->nodes[origin->node_count++] = *node;
	return true;
}

/* add_buys gives every set of sources that somebody in zone accepts a node. */
static bool
add_buys(struct bb_origin *origin, uint32_t zone, uint16_t sold,
	 const struct bb_origin_order *orders, uint32_t count)
{
	const uint32_t first = origin->node_count;

	for (uint32_t i = 0; i < count; i++) {
		const uint16_t accepted = orders[i].accept & sold;
		uint32_t at = first;
		if (orders[i].side == BB_SELL || orders[i].zone != zone)
			continue;
		while (at < origin->node_count && origin->nodes[at].sources != accepted)
			at++;
		if (at < origin->node_count)
			continue;
		const struct bb_origin_node node = { .zone = zone, .side = BB_BUY,
						     .sources = accepted, .part = true };
		if (!add_node(origin, &node))
			return false;
	}
	return true;
}

/* add_sells: sources that the same buys accept share a node, those of buys being the nodes
 * from first to end. */
static bool
add_sells(struct bb_origin *origin, uint32_t zone, uint16_t sold, uint32_t first, uint32_t end)
{
	uint16_t left = sold;

	while (left != 0) {
		const uint16_t lowest = left & (uint16_t)-left;
		uint16_t alike = left;
		for (uint32_t i = first; i < end; i++) {
			const uint16_t accepted = origin->nodes[i].sources;
			alike &= (accepted & lowest) != 0 ? accepted : (uint16_t)~accepted;
		}
		const struct bb_origin_node node = { .zone = zone, .side = BB_SELL,
						     .sources = alike, .part = true };
		if (!add_node(origin, &node))
			return false;
		left &= (uint16_t)~alike;
	}
	return true;
}

static bool
add_lines(struct bb_origin *origin, uint32_t first, uint32_t sells, uint32_t end)
{
	for (uint32_t sell = sells; sell < end; sell++) {
		for (uint32_t buy = first; buy < sells; buy++) {
			if ((origin->nodes[sell].sources & origin->nodes[buy].sources) == 0)
				continue;
			if (origin->line_count == BB_LINES_MAX)
				return false;
			origin->lines[origin->line_count++] = (struct bb_line){
				.from = sell, .to = buy, .capacity_wh = BB_LINE_UNLIMITED,
			};
		}
	}
	return true;
}

static enum bb_origin_result
divide(struct bb_origin *origin, uint32_t zone, uint16_t sold,
       const struct bb_origin_order *orders, uint32_t count)
{
	const uint32_t first = origin->node_count;

	origin->parts = true;
	if (!add_buys(origin, zone, sold, orders, count))
		return BB_ORIGIN_NODES;
	const uint32_t sells = origin->node_count;
	if (!add_sells(origin, zone, sold, first, sells))
		return BB_ORIGIN_NODES;
	return add_lines(origin, first, sells, origin->node_count) ? BB_ORIGIN_OK
								    : BB_ORIGIN_LINES;
}

/* node_of finds an order's node among those of its zone, which begin at first. */
static uint32_t
node_of(const struct bb_origin *origin, const struct bb_origin_order *order, uint32_t first,
	uint16_t sold)
{
	const uint16_t accepted = order->accept & sold;

	if (!origin->nodes[first].part)
		return first;
	for (uint32_t i = first; i < origin->node_count; i++) {
		const struct bb_origin_node *node = &origin->nodes[i];
		if (node->zone != order->zone || node->side != order->side)
			continue;
		if (order->side == BB_SELL ? (node->sources >> order->source & 1) != 0
					   : node->sources == accepted)
			return i;
	}
	BB_ASSERT(false);
	return NONE;
}

enum bb_origin_result
bb_origin_make(struct bb_origin *origin, uint32_t zone_count, const struct bb_line *lines,
	       uint32_t line_count, struct bb_origin_order *orders, uint32_t count,
	       uint32_t *wrong)
{
	struct zones zones = { .count = zone_count };
	uint32_t first[BB_NODES_MAX];

	BB_ASSERT(zone_count <= BB_NODES_MAX && line_count <= BB_LINES_MAX);
	memset(origin, 0, sizeof(*origin));
	for (uint32_t i = 0; i < line_count; i++)
		origin->lines[i] = lines[i];
	origin->line_count = line_count;
	join_zones(&zones, lines, line_count);
	*wrong = divide_zones(&zones, orders, count);
	if (*wrong != NONE)
		return BB_ORIGIN_JOINED;

	for (uint32_t i = 0; i < zone_count; i++) {
		const uint16_t sold = zones.sold[zones.group[i]];
		const struct bb_origin_node whole = { .zone = i, .sources = sold };
		enum bb_origin_result result = BB_ORIGIN_OK;
		first[i] = origin->node_count;
		if (zones.divided[i])
			result = divide(origin, i, sold, orders, count);
		else if (!add_node(origin, &whole))
			result = BB_ORIGIN_NODES;
		if (result != BB_ORIGIN_OK)
			return result;
	}
	for (uint32_t i = 0; i < line_count; i++) {
		origin->lines[i].from = first[lines[i].from];
		origin->lines[i].to = first[lines[i].to];
	}
	for (uint32_t i = 0; i < count; i++)
		orders[i].node = node_of(origin, &orders[i], first[orders[i].zone],
					 zones.sold[zones.group[orders[i].zone]]);
	return BB_ORIGIN_OK;
}

/* half rounds down. */
static int64_t
half(int64_t price)
{
	return price >= 0 ? price / 2 : -((1 - price) / 2);
}

void
bb_origin_refine(struct bb_origin *origin, struct bb_auction *auction,
		 struct bb_call_order *orders, uint32_t count)
{
	if (!origin->parts)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_origin_node *node = &origin->nodes[orders[i].node];
		orders[i].price *= 2;
		if (node->part && node->side == BB_BUY)
			orders[i].price++;
	}
	for (uint32_t i = 0; i < origin->line_count; i++)
		origin->lines[i].fee *= 2;
	auction->price_min *= 2;
	auction->price_max = auction->price_max * 2 + 1;
}

void
bb_origin_coarsen(struct bb_origin *origin, struct bb_auction *auction,
		  struct bb_call_order *orders, uint32_t count, struct bb_clearing *clearing)
{
	if (!origin->parts)
		return;
	for (uint32_t i = 0; i < count; i++)
		orders[i].price = half(orders[i].price);
	for (uint32_t i = 0; i < origin->line_count; i++)
		origin->lines[i].fee /= 2;
	auction->price_min = half(auction->price_min);
	auction->price_max = half(auction->price_max);
	for (uint32_t i = 0; i < origin->node_count; i++) {
		struct bb_node_result *node = &clearing->nodes[i];
		node->lo = half(node->lo);
		node->hi = half(node->hi);
		node->price = node->lo + (node->hi - node->lo) * auction->k_milli / 1000;
	}
}
