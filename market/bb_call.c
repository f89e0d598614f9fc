#include "market/bb_call.h"

#include <stdbool.h>
#include <string.h>

#include "base/bb_assert.h"

#define DIGIT_BITS 8u
#define DIGITS     (1u << DIGIT_BITS)
#define FEW        24u /* orders that are sorted faster by comparing them */

/* What orders are sorted by, the first that differs. */
enum key { KEY_NODE, KEY_PRICE, KEY_SIDE, KEY_ORDER, KEYS };

static bool
comes_before(const struct bb_call_order *left, const struct bb_call_order *right)
{
	if (left->node != right->node)
		return left->node < right->node;
	if (left->price != right->price)
		return left->price < right->price;
	if (left->side != right->side)
		return left->side < right->side;
	return left->order < right->order;
}

static inline uint64_t
key_of(const struct bb_call_order *order, enum key key)
{
	switch (key) {
	case KEY_NODE:
		return order->node;
	case KEY_PRICE:
		return (uint64_t)order->price ^ UINT64_C(1) << 63; /* the negative first */
	case KEY_SIDE:
		return order->side;
	default:
		return order->order;
	}
}

static inline uint32_t
digit_of(const struct bb_call_order *order, enum key key, uint32_t shift)
{
	return key_of(order, key) >> shift & (DIGITS - 1);
}

/* spread puts orders in place by one digit of the key, each swapped to where it belongs until
 * one comes that belongs here; ends[d] is where those of digit d end then. */
static void
spread(struct bb_call_order *orders, uint32_t count, enum key key, uint32_t shift,
       uint32_t ends[DIGITS])
{
	uint32_t next[DIGITS];
	uint32_t place = 0;

	memset(ends, 0, DIGITS * sizeof(ends[0]));
	for (uint32_t i = 0; i < count; i++)
		ends[digit_of(&orders[i], key, shift)]++;
	for (uint32_t digit = 0; digit < DIGITS; digit++) {
		next[digit] = place;
		place += ends[digit];
		ends[digit] = place;
	}
	for (uint32_t digit = 0; digit < DIGITS; digit++) {
		while (next[digit] < ends[digit]) {
			struct bb_call_order order = orders[next[digit]];
			uint32_t own = digit_of(&order, key, shift);
			while (own != digit) {
				const struct bb_call_order other = orders[next[own]];
				orders[next[own]++] = order;
				order = other;
				own = digit_of(&order, key, shift);
			}
			orders[next[digit]++] = order;
		}
	}
}

static void
sort_few(struct bb_call_order *orders, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		const struct bb_call_order order = orders[i];
		uint32_t to = i;
		for (; to > 0 && comes_before(&order, &orders[to - 1]); to--)
			orders[to] = orders[to - 1];
		orders[to] = order;
	}
}

/* sort_from sorts orders whose keys before this one are the same.  Each call of itself leaves
 * a digit or a key behind, so there are never more than those under way. */
static void
sort_from(struct bb_call_order *orders, uint32_t count, enum key key)
{
	uint32_t ends[DIGITS];
	uint64_t varying = 0;

	if (count <= FEW) {
		sort_few(orders, count);
		return;
	}
	for (; key < KEYS && varying == 0; key++)
		for (uint32_t i = 1; i < count; i++)
			varying |= key_of(&orders[i], key) ^ key_of(&orders[0], key);
	BB_ASSERT(varying != 0); /* no two have the same order */
	key--;
	const uint32_t top = 63 - (uint32_t)__builtin_clzll(varying);
	const uint32_t shift = top >= DIGIT_BITS ? top - (DIGIT_BITS - 1) : 0;
	spread(orders, count, key, shift, ends);
	for (uint32_t digit = 0, first = 0; digit < DIGITS; first = ends[digit++])
		if (ends[digit] - first > 1)
			sort_from(&orders[first], ends[digit] - first, key);
}

void
bb_call_curves(struct bb_call_order *orders, uint32_t count, uint32_t node_count,
	       struct bb_step *steps, struct bb_curve *curves)
{
	uint32_t used = 0;

	sort_from(orders, count, KEY_NODE);
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
