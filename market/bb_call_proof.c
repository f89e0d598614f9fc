#include "market/bb_call_proof.h"

#include <string.h>

#include "base/bb_hint.h"
#include "market/bb_fair.h"

#define AHEAD 16u

/* How far the fills of a side are proven. */
struct proof {
	const struct bb_call_book *call;
	const struct bb_order *slots;
	const struct bb_call_fill *fills;
	uint32_t count;
	uint32_t at;
	uint64_t filled_wh;
};

/* A rung whose price is better than the node's: every order of it, in its order, in full. */
static enum bb_certificate
check_full(struct proof *proof, const struct bb_rung *rung, uint32_t place, uint32_t node)
{
	const uint32_t end = proof->at + bb_rung_orders(rung);
	uint32_t before = BB_SLOT_NONE;
	uint64_t sum = 0;

	if (end > proof->count)
		return BB_CERTIFICATE_UNFILLED;
	for (uint32_t i = proof->at; i < end; i++) {
		const struct bb_call_fill *fill = &proof->fills[i];
		const struct bb_order *order = &proof->slots[fill->slot];
		if (BB_LIKELY(i + AHEAD < proof->count))
			BB_FETCH(&proof->slots[proof->fills[i + AHEAD].slot]);
		if ((order->place & (UINT32_C(1) << BB_PLACE_SIDE_SHIFT | BB_PLACE_RUNG)) !=
			    place ||
		    order->prev != before)
			return BB_CERTIFICATE_ORDER;
		if (fill->node != node)
			return BB_CERTIFICATE_NODE;
		if (fill->filled_wh != order->quantity_wh)
			return fill->filled_wh > order->quantity_wh ? BB_CERTIFICATE_OVERFILL
								    : BB_CERTIFICATE_UNFILLED;
		before = fill->slot;
		sum += fill->filled_wh;
	}
	if (before != rung->last || sum != bb_rung_wh(rung))
		return BB_CERTIFICATE_ORDER;
	proof->at = end;
	proof->filled_wh += sum;
	return BB_CERTIFIED;
}

/* The rung at the price, which is the last one: what is left of the fills is its share. */
static enum bb_certificate
check_shared(struct proof *proof, const struct bb_rung *rung, uint32_t node)
{
	const struct bb_reputations ask = { bb_call_reputation, proof->call };
	uint64_t amount = 0;
	uint64_t place = 0;

	for (uint32_t i = proof->at; i < proof->count; i++)
		amount += proof->fills[i].filled_wh;
	struct bb_fair fair = bb_fair(amount, bb_rung_wh(rung), &ask);
	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; place++) {
		const struct bb_order *order = &proof->slots[slot];
		const bool filled =
			proof->at < proof->count && proof->fills[proof->at].slot == slot;
		const uint32_t given_wh = filled ? proof->fills[proof->at].filled_wh : 0;
		if (filled && proof->fills[proof->at].node != node)
			return BB_CERTIFICATE_NODE;
		if (given_wh > order->quantity_wh)
			return BB_CERTIFICATE_OVERFILL;
		if (amount < fair.total) /* else nobody can get less than all */
			bb_fair_add(&fair, order->quantity_wh, order->position, place, given_wh);
		proof->at += filled;
		slot = order->next;
	}
	proof->filled_wh += amount;
	return amount <= fair.total && bb_fair_right(&fair) ? BB_CERTIFIED
							    : BB_CERTIFICATE_PRORATA;
}

enum bb_certificate
bb_prove_ladder(const struct bb_call_book *call, enum bb_side side, uint32_t node, int64_t price,
		const struct bb_call_fill *fills, uint32_t count, uint64_t *filled_wh)
{
	const struct bb_ladder *ladder = &call->book->ladders[side];
	struct proof proof = {
		.call = call, .slots = call->orders->slots, .fills = fills, .count = count,
	};
	enum bb_certificate wrong = BB_CERTIFIED;

	for (uint32_t rung = bb_ladder_best(ladder); rung != BB_RUNG_NONE && wrong == BB_CERTIFIED;
	     rung = bb_ladder_after(ladder, rung)) {
		const int64_t limit = bb_book_price(call->book, side, rung);
		const int64_t gain = side == BB_SELL ? price - limit : limit - price;
		if (gain < 0)
			break;
		wrong = gain > 0 ? check_full(&proof, bb_ladder_rung(ladder, rung),
					      bb_order_place(side, rung), node)
				 : check_shared(&proof, bb_ladder_rung(ladder, rung), node);
	}
	if (wrong == BB_CERTIFIED && proof.at != count)
		wrong = BB_CERTIFICATE_LIMIT;
	*filled_wh = proof.filled_wh;
	return wrong;
}

static enum bb_certificate
check_entry(enum bb_side side, const struct bb_call_entry *entry, int64_t price, uint64_t given_wh)
{
	const int64_t gain = side == BB_SELL ? price - (int64_t)bb_call_above(entry)
					     : (int64_t)bb_call_above(entry) - price;

	if (given_wh > entry->quantity_wh)
		return BB_CERTIFICATE_OVERFILL;
	if (gain < 0 && given_wh > 0)
		return BB_CERTIFICATE_LIMIT;
	if (gain > 0 && given_wh < entry->quantity_wh)
		return BB_CERTIFICATE_UNFILLED;
	return BB_CERTIFIED;
}

/* What the orders of each node get that have its very price. */
struct levels {
	uint64_t amount[BB_CALL_NODES];
	uint64_t total[BB_CALL_NODES];
	struct bb_fair fair[BB_CALL_NODES];
};

/* check_levels looks at those orders again, now that it is known what they share. */
static enum bb_certificate
check_levels(const struct bb_call_book *call, const struct bb_call_entry *entries,
	     uint32_t entry_count, uint32_t node_count, const struct bb_node_result *nodes,
	     const struct bb_call_fill *fills, uint32_t count, struct levels *levels)
{
	const struct bb_reputations ask = { bb_call_reputation, call };
	uint32_t at = 0;
	bool shared = false;

	for (uint32_t i = 0; i < node_count; i++) {
		levels->fair[i] = bb_fair(levels->amount[i], levels->total[i], &ask);
		shared |= levels->amount[i] > 0 && levels->amount[i] < levels->total[i];
	}
	if (!shared)
		return BB_CERTIFIED;
	for (uint32_t i = 0; i < entry_count; i++) {
		const struct bb_call_entry *entry = &entries[i];
		const bool filled = at < count && fills[at].slot == entry->slot;
		const uint64_t given_wh = filled ? fills[at].filled_wh : 0;
		struct bb_fair *fair = &levels->fair[bb_call_node(entry)];
		at += filled;
		if (call->book->price_min + (int64_t)bb_call_above(entry) ==
			    nodes[bb_call_node(entry)].price &&
		    fair->amount > 0 && fair->amount < fair->total)
			bb_fair_add(fair, entry->quantity_wh,
				    call->orders->slots[entry->slot].position, i, given_wh);
	}
	for (uint32_t i = 0; i < node_count; i++)
		if (!bb_fair_right(&levels->fair[i]))
			return BB_CERTIFICATE_PRORATA;
	return BB_CERTIFIED;
}

enum bb_certificate
bb_prove_list(const struct bb_call_book *call, enum bb_side side,
	      const struct bb_call_entry *entries, uint32_t entry_count, uint32_t first_node,
	      uint32_t node_count, const struct bb_node_result *nodes,
	      const struct bb_call_fill *fills, uint32_t count,
	      uint64_t filled_wh[BB_NODES_MAX])
{
	struct levels levels;
	uint32_t at = 0;

	memset(levels.amount, 0, sizeof(levels.amount));
	memset(levels.total, 0, sizeof(levels.total));
	for (uint32_t i = 0; i < entry_count; i++) {
		const struct bb_call_entry *entry = &entries[i];
		const uint32_t node = bb_call_node(entry);
		if (node >= node_count)
			return BB_CERTIFICATE_NODE;
		const int64_t above = nodes[node].price - call->book->price_min;
		const bool filled = at < count && fills[at].slot == entry->slot;
		const uint64_t given_wh = filled ? fills[at].filled_wh : 0;
		const enum bb_certificate wrong = check_entry(side, entry, above, given_wh);
		if (wrong != BB_CERTIFIED)
			return wrong;
		if (filled && fills[at].node != first_node + node)
			return BB_CERTIFICATE_NODE;
		at += filled;
		filled_wh[node] += given_wh;
		if ((int64_t)bb_call_above(entry) == above) {
			levels.amount[node] += given_wh;
			levels.total[node] += entry->quantity_wh;
		}
	}
	if (at != count)
		return BB_CERTIFICATE_ORDER;
	return check_levels(call, entries, entry_count, node_count, nodes, fills, count, &levels);
}
