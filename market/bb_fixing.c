#include "market/bb_fixing.h"

#include <string.h>

#include "market/bb_reputation.h"
#include "market/bb_state.h"

#define ALL_SOURCES UINT16_MAX

/* Sorting pairs is what a venue of this size can afford to remember. */
static uint32_t
candidates_for(uint32_t orders)
{
	const uint64_t wanted = BB_BUCKETS_MAX + 16 * (uint64_t)orders;

	return wanted < BB_CANDIDATES_MAX ? (uint32_t)wanted : BB_CANDIDATES_MAX;
}

size_t
bb_fixing_bytes(uint32_t orders)
{
	const size_t count = orders;

	return bb_arena_round(count * sizeof(struct bb_call_order)) +
	       bb_arena_round(count * sizeof(struct bb_origin_order)) +
	       bb_arena_round(count * sizeof(struct bb_step)) +
	       bb_arena_round(count * sizeof(struct bb_claim)) +
	       bb_arena_round(count * sizeof(struct bb_pairing_order)) +
	       bb_arena_round(count * sizeof(uint64_t)) +
	       bb_arena_round(BB_FEEDERS * BB_FEEDERS * sizeof(uint32_t)) +
	       bb_arena_round(candidates_for(orders) * sizeof(struct bb_candidate)) +
	       bb_arena_round(count * sizeof(struct bb_place)) +
	       bb_arena_round((count + BB_BUCKETS_MAX) * sizeof(struct bb_pair));
}

void
bb_fixing_init(struct bb_fixing *fixing, struct bb_arena *arena, uint32_t orders)
{
	const size_t count = orders;

	fixing->orders = bb_arena_take(arena, count * sizeof(struct bb_call_order));
	fixing->origins = bb_arena_take(arena, count * sizeof(struct bb_origin_order));
	fixing->steps = bb_arena_take(arena, count * sizeof(struct bb_step));
	fixing->claims = bb_arena_take(arena, count * sizeof(struct bb_claim));
	fixing->filled = bb_arena_take(arena, count * sizeof(struct bb_pairing_order));
	fixing->sums = bb_arena_take(arena, count * sizeof(uint64_t));
	fixing->losses = bb_arena_take(arena, BB_FEEDERS * BB_FEEDERS * sizeof(uint32_t));
	fixing->pairing.candidates_max = candidates_for(orders);
	fixing->pairing.candidates = bb_arena_take(
		arena, fixing->pairing.candidates_max * sizeof(struct bb_candidate));
	fixing->pairing.places = bb_arena_take(arena, count * sizeof(struct bb_place));
	fixing->pairing.pairs =
		bb_arena_take(arena, (count + BB_BUCKETS_MAX) * sizeof(struct bb_pair));
}

static uint32_t
zone_index(const struct bb_course *course, uint8_t zone)
{
	for (uint32_t i = 0; i < course->zone_count; i++)
		if (course->zones[i].zone == zone)
			return i;
	return BB_VENUE_ZONES;
}

/* What earlier auctions left of a line's capacity, which may have been cut since. */
static uint64_t
room_left(uint32_t capacity_wh, int64_t flow_wh)
{
	const int64_t left = (int64_t)capacity_wh - flow_wh;

	return left > 0 ? (uint64_t)left : 0;
}

/* set_lines takes the lines whose ends are both zones of the course. */
static void
set_lines(struct bb_fixing *fixing, const struct bb_course *course)
{
	fixing->zone_count = course->zone_count;
	fixing->line_count = 0;
	memset(fixing->joined, 0, sizeof(fixing->joined));
	for (uint32_t i = 0; i < BB_VENUE_LINES; i++) {
		const struct bb_course_line *line = &course->lines[i];
		const uint32_t from = zone_index(course, line->from_zone);
		const uint32_t to = zone_index(course, line->to_zone);
		if (!line->known || from == BB_VENUE_ZONES || to == BB_VENUE_ZONES)
			continue;
		struct bb_line *taken = &fixing->lines[fixing->line_count];
		*taken = (struct bb_line){
			.from = from,
			.to = to,
			.capacity_wh = room_left(line->capacity_wh, line->flow_wh),
			.capacity_reverse_wh =
				room_left(line->capacity_reverse_wh, -line->flow_wh),
			.fee = line->fee,
		};
		fixing->line_of[fixing->line_count++] = (uint8_t)i;
		if (taken->capacity_wh + taken->capacity_reverse_wh > 0)
			fixing->joined[from] = fixing->joined[to] = true;
	}
}

/* What a buy accepts; no bit set is no wish. */
static uint16_t
accepted(const struct bb_market *market, uint32_t slot)
{
	const uint16_t accept = market->orders.own[slot].accept;

	return accept == 0 ? ALL_SOURCES : accept;
}

/* All that gathering one side of one zone needs. */
struct gather {
	struct bb_market *market;
	const struct bb_course *course;
	const struct bb_book *book;
	uint32_t zone;
	bool divided; /* buys may have nodes of their own */
};

/* add_order writes an order in its place, if it takes part. */
static bool
add_order(const struct gather *gather, uint32_t slot, uint32_t at)
{
	struct bb_market *market = gather->market;
	struct bb_fixing *fixing = market->fixing;
	const struct bb_order *order = &market->orders.slots[slot];
	const enum bb_side side = bb_order_side(order);
	const uint32_t owner = market->positions.slots[order->position].participant;
	const uint32_t reputation = market->members.accounts[owner].reputation;
	const bool choosy = side == BB_BUY && accepted(market, slot) != ALL_SOURCES;
	int64_t price = bb_book_price(gather->book, side, bb_order_rung(order));

	if ((order->place & BB_PLACE_AON) != 0 ||
	    (choosy && (!gather->divided || fixing->joined[gather->zone])))
		return false;
	if (side == BB_SELL)
		price += bb_reputation_handicap((uint32_t)gather->course->rules.kappa, reputation);
	if (price > gather->course->rules.price_max)
		return false;
	fixing->orders[at] = (struct bb_call_order){
		.order = fixing->number++,
		.price = price,
		.quantity_wh = order->quantity_wh + bb_order_hidden(&market->orders, order),
		.node = gather->zone,
		.owner = owner,
		.reputation = reputation,
		.index = slot,
		.side = side,
	};
	return true;
}

/* add_rung writes the orders of a rung that take part, oldest first, from at on; returns how
 * many. */
static uint32_t
add_rung(const struct gather *gather, const struct bb_rung *rung, uint32_t at)
{
	const struct bb_order *slots = gather->market->orders.slots;
	uint32_t count = 0;

	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; slot = slots[slot].next) {
		BB_FETCH(&slots[slots[slot].next]);
		count += add_order(gather, slot, at + count);
	}
	return count;
}

/* gather_buys puts the buys before end, cheapest first: a ladder begins with the dearest.
 * Returns where they begin. */
static uint32_t
gather_buys(const struct gather *gather, uint32_t end)
{
	struct bb_call_order *orders = gather->market->fixing->orders;
	const struct bb_ladder *ladder = &gather->book->ladders[BB_BUY];

	for (uint32_t rung = bb_ladder_best(ladder); rung != BB_RUNG_NONE;
	     rung = bb_ladder_after(ladder, rung)) {
		const struct bb_rung *resting = bb_ladder_rung(ladder, rung);
		const uint32_t first = end - bb_rung_orders(resting);
		const uint32_t count = add_rung(gather, resting, first);
		if (count < bb_rung_orders(resting))
			memmove(&orders[end - count], &orders[first], count * sizeof(*orders));
		end -= count;
	}
	return end;
}

/* gather_sells appends the sells, cheapest first, and between them the buys that wait from buy
 * to end; what is written never reaches these, since there was room for both.  But for
 * handicaps, all are in the order of bb_call_curves then. */
static void
gather_sells(const struct gather *gather, uint32_t buy, uint32_t end)
{
	struct bb_fixing *fixing = gather->market->fixing;
	struct bb_call_order *orders = fixing->orders;
	const struct bb_ladder *ladder = &gather->book->ladders[BB_SELL];
	uint32_t used = fixing->order_count;

	for (uint32_t rung = bb_ladder_best(ladder); rung != BB_RUNG_NONE;
	     rung = bb_ladder_after(ladder, rung)) {
		const int64_t price = bb_book_price(gather->book, BB_SELL, rung);
		while (buy < end && orders[buy].price <= price)
			orders[used++] = orders[buy++];
		BB_ASSERT(used <= buy);
		used += add_rung(gather, bb_ladder_rung(ladder, rung), used);
	}
	while (buy < end)
		orders[used++] = orders[buy++];
	fixing->order_count = used;
}

static void
gather_orders(struct bb_market *market, const struct bb_course *course, bool divided)
{
	struct bb_fixing *fixing = market->fixing;

	fixing->order_count = fixing->number = 0;
	for (uint32_t zone = 0; zone < course->zone_count; zone++) {
		const struct bb_listing *listing =
			&market->products.listings[course->zones[zone].listing - 1];
		const struct gather gather = {
			.market = market,
			.course = course,
			.book = &listing->book,
			.zone = zone,
			.divided = divided,
		};
		const uint32_t end = fixing->order_count + listing->product.orders_live;
		gather_sells(&gather, gather_buys(&gather, end), end);
	}
}

static enum bb_origin_result
make_origin(struct bb_market *market)
{
	struct bb_fixing *fixing = market->fixing;
	uint32_t wrong;

	for (uint32_t i = 0; i < fixing->order_count; i++) {
		const struct bb_call_order *order = &fixing->orders[i];
		fixing->origins[i] = (struct bb_origin_order){
			.zone = order->node,
			.side = order->side,
			.accept = order->side == BB_BUY ? accepted(market, order->index)
							: ALL_SOURCES,
			.source = (uint8_t)bb_order_source(&market->orders.slots[order->index]),
		};
	}
	return bb_origin_make(&fixing->origin, fixing->zone_count, fixing->lines,
			      fixing->line_count, fixing->origins, fixing->order_count, &wrong);
}

/* The root of the order set, in the order in which it was gathered. */
static void
set_root(struct bb_market *market)
{
	struct bb_fixing *fixing = market->fixing;

	fixing->root = (struct bb_root){ { 0, 0 } };
	bb_root_add(&fixing->root, fixing->order_count);
	for (uint32_t i = 0; i < fixing->order_count; i++) {
		const struct bb_call_order *order = &fixing->orders[i];
		bb_root_add(&fixing->root, (uint64_t)order->owner << 32 | order->side);
		bb_root_add(&fixing->root, market->orders.slots[order->index].order_id);
		bb_root_add(&fixing->root, (uint64_t)order->price);
		bb_root_add(&fixing->root, order->quantity_wh);
	}
}

static bool
clear(struct bb_fixing *fixing, const struct bb_rules *rules)
{
	fixing->auction = (struct bb_auction){
		.node_count = fixing->origin.node_count,
		.line_count = fixing->origin.line_count,
		.curves = fixing->curves,
		.lines = fixing->origin.lines,
		.price_min = rules->price_min,
		.price_max = rules->price_max,
		.k_milli = (uint32_t)rules->k_milli,
	};
	bb_origin_refine(&fixing->origin, &fixing->auction, fixing->orders, fixing->order_count);
	bb_call_curves(fixing->orders, fixing->order_count, fixing->auction.node_count,
		       fixing->steps, fixing->curves);
	if (!bb_clearing_valid(&fixing->auction))
		return false;
	bb_clear(&fixing->auction, &fixing->clearing);
	bb_call_fill(fixing->orders, fixing->order_count, fixing->curves, &fixing->clearing,
		     fixing->claims);
	bb_origin_coarsen(&fixing->origin, &fixing->auction, fixing->orders, fixing->order_count,
			  &fixing->clearing);
	return bb_certify(&fixing->auction, &fixing->clearing, fixing->orders,
			  fixing->order_count, fixing->claims) == BB_CERTIFIED;
}

static void
add_filled(struct bb_market *market, const struct bb_call_order *order)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_order *resting = &market->orders.slots[order->index];
	const struct bb_order_own *own = &market->orders.own[order->index];
	const struct bb_account *owner = &market->members.accounts[order->owner];
	const struct bb_position *position = &market->positions.slots[resting->position];
	const struct bb_book *book = &market->products.listings[position->listing].book;

	fixing->filled[fixing->filled_count++] = (struct bb_pairing_order){
		.terms = {
			.price = bb_book_price(book, (enum bb_side)order->side,
					       bb_order_rung(resting)),
			.quantity_wh = order->quantity_wh,
			.owner = order->owner,
			.reputation = order->reputation,
			.reputation_min = owner->reputation_min,
			.accept_sources = accepted(market, order->index),
			.prefer_sources = own->prefer,
			.source = (uint8_t)bb_order_source(resting),
		},
		.order = order->order,
		.filled_wh = order->filled_wh,
		.node = order->node,
		.feeder = owner->feeder % BB_FEEDERS,
		.side = order->side,
		.index = order->index,
	};
}

static void
set_losses(struct bb_fixing *fixing, const struct bb_rules *rules)
{
	for (uint32_t i = 0; i < BB_FEEDERS * BB_FEEDERS; i++)
		fixing->losses[i] = (uint32_t)(i / BB_FEEDERS == i % BB_FEEDERS
						       ? rules->loss_inside_ppm
						       : rules->loss_between_ppm);
}

static bool
pair(struct bb_market *market, const struct bb_rules *rules)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_pairing_rules how = {
		.weights = {
			[BB_DEGREE_PRICE] = (uint16_t)rules->weight_price,
			[BB_DEGREE_QUANTITY] = (uint16_t)rules->weight_quantity,
			[BB_DEGREE_TIME] = (uint16_t)rules->weight_time,
			[BB_DEGREE_DISTANCE] = (uint16_t)rules->weight_distance,
			[BB_DEGREE_SOURCE] = (uint16_t)rules->weight_source,
			[BB_DEGREE_REPUTATION] = (uint16_t)rules->weight_reputation,
		},
		.loss_max = (uint32_t)rules->loss_max_ppm,
		.losses = fixing->losses,
		.feeder_count = BB_FEEDERS,
	};

	fixing->filled_count = 0;
	for (uint32_t i = 0; i < fixing->order_count; i++)
		if (fixing->orders[i].filled_wh > 0)
			add_filled(market, &fixing->orders[i]);
	set_losses(fixing, rules);
	bb_pairing_make(&fixing->pairing, &how, &fixing->auction, &fixing->clearing,
			fixing->filled, fixing->filled_count);
	return bb_certify_pairs(&fixing->auction, &fixing->clearing, &fixing->pairing,
				fixing->filled, fixing->filled_count, fixing->sums) ==
	       BB_CERTIFIED;
}

bool
bb_fixing_solve(struct bb_market *market, const struct bb_course *course)
{
	struct bb_fixing *fixing = market->fixing;

	fixing->stage = fixing->cursor = 0;
	set_lines(fixing, course);
	gather_orders(market, course, true);
	if (make_origin(market) != BB_ORIGIN_OK) {
		gather_orders(market, course, false);
		if (make_origin(market) != BB_ORIGIN_OK)
			return false;
	}
	set_root(market);
	for (uint32_t i = 0; i < fixing->order_count; i++)
		fixing->orders[i].node = fixing->origins[i].node;
	return clear(fixing, &course->rules) && pair(market, &course->rules);
}
