#include "market/bb_contract.h"
#include "market/bb_fixing.h"
#include "market/bb_resting.h"

enum stage { STAGE_PRICES, STAGE_FLOWS, STAGE_PAIRS, STAGE_SHARES, STAGE_DONE };

static uint32_t
shown_wh(uint64_t quantity_wh)
{
	return quantity_wh < UINT32_MAX ? (uint32_t)quantity_wh : UINT32_MAX;
}

/* Of a zone that sources divide, the price of whoever accepts most stands for it. */
static uint32_t
node_of(const struct bb_origin *origin, uint32_t zone)
{
	uint32_t found = BB_NODES_MAX;

	for (uint32_t i = 0; i < origin->node_count; i++) {
		const struct bb_origin_node *node = &origin->nodes[i];
		if (node->zone != zone || (node->part && node->side == BB_SELL))
			continue;
		if (found == BB_NODES_MAX ||
		    __builtin_popcount(node->sources) >
			    __builtin_popcount(origin->nodes[found].sources))
			found = i;
	}
	BB_ASSERT(found < BB_NODES_MAX);
	return found;
}

static void
tell_price(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	   uint32_t index)
{
	const struct bb_fixing *fixing = market->fixing;
	const struct bb_node_result *node =
		&fixing->clearing.nodes[node_of(&fixing->origin, index)];
	struct bb_course_zone *zone = &course->zones[index];
	struct bb_listing *listing = &market->products.listings[zone->listing - 1];
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_PRICED, 0);
	const uint64_t bought_wh = fixing->zones[index].sides[BB_BUY].traded_wh;
	const uint64_t sold_wh = fixing->zones[index].sides[BB_SELL].traded_wh;

	event->product = listing->product.terms.product;
	event->order_id = bb_prices((int32_t)node->lo, (int32_t)node->hi);
	event->quantity_wh = shown_wh(bought_wh);
	event->remaining_wh = shown_wh(sold_wh);
	if (bought_wh + sold_wh == 0) {
		event->result = BB_ERR_NOT_FOUND;
	} else {
		event->price = (int32_t)node->price;
		zone->price = (int32_t)node->price;
		zone->priced = true;
		listing->product.last_price = zone->price;
		bb_contract_band(listing, &course->rules, zone->price);
	}
	bb_root_add(&course->root, event->order_id);
	bb_root_add(&course->root, bought_wh << 32 ^ sold_wh);
	bb_root_add(&course->root, (uint64_t)(int64_t)event->price);
}

static void
tell_flow(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	  uint32_t index)
{
	const struct bb_fixing *fixing = market->fixing;
	const int64_t flow_wh = fixing->clearing.flow_wh[index];
	const uint8_t number = fixing->line_of[index];
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_FLOWED, number);

	event->product = bb_product_of(0, course->quarter);
	event->side = flow_wh < 0 ? BB_SELL : BB_BUY;
	event->order_id = (uint64_t)(flow_wh < 0 ? -flow_wh : flow_wh);
	event->quantity_wh = shown_wh(event->order_id);
	event->price = (int32_t)fixing->lines[index].fee;
	course->lines[number].flow_wh += flow_wh;
	bb_root_add(&course->root, (uint64_t)flow_wh);
}

/* One end of a pair: the order and all that its contract is written to. */
struct end {
	struct bb_standing standing;
	uint32_t participant;
	uint64_t order_id;
};

static struct end
end_of(struct bb_market *market, uint32_t filled)
{
	struct end end = {
		.standing = bb_resting_look(market, market->fixing->filled[filled].index),
	};

	end.participant = end.standing.account->participant;
	end.order_id = end.standing.order->order_id;
	return end;
}

static void
tell_contract(struct bb_slice *slice, const struct bb_pair *pair, const struct end *buy,
	      const struct end *sell, uint32_t product)
{
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_CONTRACTED,
			     buy == NULL ? (uint32_t)BB_ACCOUNT_MARKET : buy->participant);

	event->order_id = buy == NULL ? 0 : buy->order_id;
	event->counterparty = sell == NULL ? (uint32_t)BB_ACCOUNT_MARKET : sell->participant;
	event->counter_order_id = sell == NULL ? 0 : sell->order_id;
	event->product = product;
	event->price = (int32_t)pair->price_buy;
	event->quantity_wh = (uint32_t)pair->quantity_wh;
	event->remaining_wh = (uint32_t)pair->degree;
	event->counter_remaining_wh = (uint32_t)(int32_t)pair->price_sell;
}

/* A pair's money: the seller's price from one to the other, fee and congestion from the
 * buyer.  It is posted when the delivery is settled. */
static void
commit_pair(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	    uint32_t index)
{
	const struct bb_pair *pair = &market->fixing->pairing.pairs[index];
	const struct end buy = end_of(market, pair->buy);
	const struct end sell = end_of(market, pair->sell);
	const int64_t quantity = (int64_t)pair->quantity_wh;
	const int64_t rent = pair->price_buy - pair->price_sell - pair->fee;
	struct bb_product *product = &buy.standing.listing->product;

	buy.standing.position->cash -= pair->price_sell * quantity;
	sell.standing.position->cash += pair->price_sell * quantity;
	buy.standing.position->fee += pair->fee * quantity;
	buy.standing.position->congestion += rent * quantity;
	product->trades++;
	product->traded_wh += pair->quantity_wh;
	if (pair->degree == BB_DEGREE_VETO) {
		tell_contract(slice, pair, &buy, NULL, product->terms.product);
		tell_contract(slice, pair, NULL, &sell,
			      sell.standing.listing->product.terms.product);
	} else {
		tell_contract(slice, pair, &buy, &sell, product->terms.product);
	}
	bb_root_add(&course->root, (uint64_t)buy.participant << 32 | sell.participant);
	bb_root_add(&course->root, pair->quantity_wh);
}

/* An order's part: off the book and what it locked, onto what is contracted. */
static void
commit_share(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	     uint32_t index)
{
	const struct bb_pairing_order *filled = &market->fixing->filled[index];
	const struct bb_standing standing = bb_resting_look(market, filled->index);
	const uint64_t order_id = standing.order->order_id;
	const uint32_t quantity_wh = (uint32_t)filled->filled_wh;
	const int32_t price = (int32_t)market->fixing->clearing.nodes[filled->node].price;

	bb_contract_share(market, slice, &standing, price, quantity_wh);
	bb_root_add(&course->root, order_id);
	bb_root_add(&course->root, (uint64_t)(uint32_t)price << 32 | quantity_wh);
}

/* Calls for each of count, as far as the slice has room for what a call may write, and one
 * event more: the new state follows at once. */
#define EACH(count, events, call)                              \
	for (; fixing->cursor < (count); fixing->cursor++) {   \
		if (bb_slice_left(slice) < (events) + 1)       \
			return false;                          \
		call(market, course, slice, fixing->cursor);   \
	}                                                      \
	fixing->cursor = 0;                                    \
	fixing->stage++

bool
bb_fixing_commit(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	struct bb_fixing *fixing = market->fixing;

	if (fixing->stage == STAGE_PRICES && fixing->cursor == 0)
		course->root = (struct bb_root){ { 0, 0 } };
	if (fixing->stage == STAGE_PRICES) {
		EACH(fixing->zone_count, 1, tell_price);
	}
	if (fixing->stage == STAGE_FLOWS) {
		EACH(fixing->line_count, 1, tell_flow);
	}
	if (fixing->stage == STAGE_PAIRS) {
		EACH(fixing->pairing.pair_count, 2, commit_pair);
	}
	if (fixing->stage == STAGE_SHARES) {
		EACH(fixing->filled_count, 2, commit_share);
	}
	return true;
}
