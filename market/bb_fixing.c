#include "market/bb_fixing.h"

#include <string.h>

#include "market/bb_call_proof.h"
#include "market/bb_state.h"

#define AHEAD 16u

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

	return bb_arena_round(count * sizeof(struct bb_call_entry)) +
	       2 * bb_arena_round(count * sizeof(uint64_t)) +
	       bb_arena_round(count * sizeof(struct bb_step)) +
	       bb_arena_round(count * sizeof(struct bb_claim)) +
	       bb_arena_round(count * sizeof(struct bb_call_fill)) +
	       bb_arena_round(count * sizeof(struct bb_pairing_order)) +
	       bb_arena_round(count * sizeof(uint64_t)) +
	       bb_arena_round(BB_FEEDERS * BB_FEEDERS * sizeof(uint32_t)) +
	       bb_arena_round(candidates_for(orders) * sizeof(uint64_t)) +
	       bb_arena_round(candidates_for(orders) * sizeof(struct bb_row)) +
	       bb_arena_round(count * sizeof(struct bb_place)) +
	       bb_arena_round((count + BB_BUCKETS_MAX) * sizeof(struct bb_pair));
}

void
bb_fixing_init(struct bb_fixing *fixing, struct bb_arena *arena, uint32_t orders)
{
	const size_t count = orders;
	struct bb_pairing *pairing = &fixing->pairing;

	fixing->entries = bb_arena_take(arena, count * sizeof(struct bb_call_entry));
	fixing->keys = bb_arena_take(arena, count * sizeof(uint64_t));
	fixing->keys_scratch = bb_arena_take(arena, count * sizeof(uint64_t));
	fixing->steps = bb_arena_take(arena, count * sizeof(struct bb_step));
	fixing->claims = bb_arena_take(arena, count * sizeof(struct bb_claim));
	fixing->fills = bb_arena_take(arena, count * sizeof(struct bb_call_fill));
	fixing->filled = bb_arena_take(arena, count * sizeof(struct bb_pairing_order));
	fixing->sums = bb_arena_take(arena, count * sizeof(uint64_t));
	fixing->losses = bb_arena_take(arena, BB_FEEDERS * BB_FEEDERS * sizeof(uint32_t));
	pairing->candidates_max = candidates_for(orders);
	pairing->numbers = bb_arena_take(arena, pairing->candidates_max * sizeof(uint64_t));
	pairing->rows = bb_arena_take(arena, pairing->candidates_max * sizeof(struct bb_row));
	pairing->places = bb_arena_take(arena, count * sizeof(struct bb_place));
	pairing->pairs =
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

/* Keys of one node among those of its zone, from *at on, which moves behind them. */
static struct bb_call_keys
keys_of(const uint64_t *keys, uint32_t count, uint32_t node, uint32_t *at)
{
	const uint32_t first = *at;

	while (*at < count && keys[*at] >> (32 + BB_CALL_NODE_SHIFT) == node)
		(*at)++;
	return (struct bb_call_keys){ .keys = &keys[first], .count = *at - first };
}

/* make_curves writes the curves of a zone's nodes to steps from used on; returns where they
 * end.  A ladder is of a zone that is one node. */
static uint32_t
make_curves(struct bb_fixing *fixing, const struct bb_fixing_zone *zone, uint32_t used)
{
	const struct bb_fixing_side *buys = &zone->sides[BB_BUY];
	const struct bb_fixing_side *sells = &zone->sides[BB_SELL];
	uint64_t *const sell_keys = &fixing->keys[buys->count];
	uint32_t at[2] = { 0 };

	bb_call_sort(buys->entries, buys->count, fixing->keys, fixing->keys_scratch);
	bb_call_sort(sells->entries, sells->count, sell_keys, fixing->keys_scratch);
	for (uint32_t i = 0; i < zone->node_count; i++) {
		const struct bb_call_keys bought =
			keys_of(fixing->keys, buys->count, i, &at[BB_BUY]);
		const struct bb_call_keys sold = keys_of(sell_keys, sells->count, i, &at[BB_SELL]);
		const uint32_t node = zone->node + i;
		fixing->node_steps[node] = &fixing->steps[used];
		bb_call_book_curve(&zone->call, buys->entries == NULL ? NULL : &bought,
				   sells->entries == NULL ? NULL : &sold,
				   fixing->node_steps[node],
				   zone->node_count == 1 ? zone->orders
							 : bought.count + sold.count,
				   &fixing->curves[node]);
		used += fixing->curves[node].count;
	}
	return used;
}

/* add_curve adds two polynomials of a curve's steps, each step being one number: two short
 * chains of multiplications, where bb_root_add for every part of it would be six long ones. */
static void
add_curve(struct bb_root *root, const struct bb_curve *curve)
{
	uint64_t left = curve->count;
	uint64_t right = curve->count;

	for (uint32_t i = 0; i < curve->count; i++) {
		const struct bb_step *step = &curve->steps[i];
		const uint64_t word = (uint64_t)step->price * UINT64_C(0xc2b2ae3d27d4eb4f) +
				      step->sell_wh * UINT64_C(0x165667b19e3779f9) +
				      step->buy_wh * UINT64_C(0x27d4eb2f165667c5);
		left = (left + word) * UINT64_C(0x9e3779b97f4a7c15);
		right = (right ^ word) * UINT64_C(0xff51afd7ed558ccd);
	}
	bb_root_add(root, left);
	bb_root_add(root, right);
}

/* The root of the order set: what was asked and offered at each price of each node. */
static void
set_root(struct bb_fixing *fixing)
{
	for (uint32_t node = 0; node < fixing->origin.node_count; node++)
		add_curve(&fixing->root, &fixing->curves[node]);
}

bool
bb_fixing_read(struct bb_market *market, const struct bb_course *course)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_rules *rules = &course->rules;
	uint32_t used = 0;

	fixing->root = (struct bb_root){ { 0, 0 } };
	set_lines(fixing, course);
	if (!bb_fixing_gather(market, course, true) && !bb_fixing_gather(market, course, false))
		return false;
	for (uint32_t i = 0; i < fixing->zone_count; i++)
		used = make_curves(fixing, &fixing->zones[i], used);
	set_root(fixing);
	fixing->auction = (struct bb_auction){
		.node_count = fixing->origin.node_count,
		.line_count = fixing->origin.line_count,
		.curves = fixing->curves,
		.lines = fixing->origin.lines,
		.price_min = rules->price_min,
		.price_max = rules->price_max,
		.k_milli = (uint32_t)rules->k_milli,
	};
	return true;
}

/* refine and coarsen do with curves what bb_origin_refine and bb_origin_coarsen do with
 * orders. */
static void
refine(struct bb_fixing *fixing)
{
	bb_origin_refine(&fixing->origin, &fixing->auction, NULL, 0);
	for (uint32_t node = 0; fixing->origin.parts && node < fixing->origin.node_count; node++) {
		const struct bb_origin_node *part = &fixing->origin.nodes[node];
		const bool higher = part->part && part->side == BB_BUY;
		for (uint32_t i = 0; i < fixing->curves[node].count; i++)
			fixing->node_steps[node][i].price =
				2 * fixing->node_steps[node][i].price + higher;
	}
}

static void
coarsen(struct bb_fixing *fixing)
{
	bb_origin_coarsen(&fixing->origin, &fixing->auction, NULL, 0, &fixing->clearing);
	for (uint32_t node = 0; fixing->origin.parts && node < fixing->origin.node_count; node++) {
		const struct bb_origin_node *part = &fixing->origin.nodes[node];
		const bool higher = part->part && part->side == BB_BUY;
		for (uint32_t i = 0; i < fixing->curves[node].count; i++)
			fixing->node_steps[node][i].price =
				(fixing->node_steps[node][i].price - higher) / 2;
	}
}

bool
bb_fixing_price(struct bb_fixing *fixing)
{
	refine(fixing);
	if (!bb_clearing_valid(&fixing->auction))
		return false;
	bb_clear(&fixing->auction, &fixing->clearing);
	coarsen(fixing);
	return true;
}

static void
share_side(struct bb_fixing *fixing, struct bb_fixing_zone *zone, enum bb_side side)
{
	struct bb_fixing_side *shared = &zone->sides[side];
	struct bb_call_fill *fills = &fixing->fills[fixing->filled_count];

	shared->fills = fixing->filled_count;
	if (shared->entries == NULL) {
		fixing->filled_count += bb_call_book_fill(
			&zone->call, side, zone->node, &fixing->curves[zone->node],
			&fixing->clearing.nodes[zone->node].mark, fills, fixing->claims);
	} else {
		for (uint32_t i = 0; i < zone->node_count; i++)
			bb_call_list_fill(&zone->call, side, shared->entries, shared->count, i,
					  &fixing->curves[zone->node + i],
					  &fixing->clearing.nodes[zone->node + i].mark,
					  fixing->claims);
		fixing->filled_count += bb_call_list_take(shared->entries, shared->count,
							  zone->node, fills);
	}
	shared->fills_end = fixing->filled_count;
}

void
bb_fixing_share(struct bb_fixing *fixing)
{
	fixing->filled_count = 0;
	for (uint32_t i = 0; i < fixing->zone_count; i++) {
		share_side(fixing, &fixing->zones[i], BB_BUY);
		share_side(fixing, &fixing->zones[i], BB_SELL);
	}
}

/* prove_side adds up what each node sold less what it bought. */
static bool
prove_side(struct bb_fixing *fixing, struct bb_fixing_zone *zone, enum bb_side side,
	   int64_t net_wh[BB_NODES_MAX])
{
	struct bb_fixing_side *proven = &zone->sides[side];
	const struct bb_node_result *nodes = &fixing->clearing.nodes[zone->node];
	const struct bb_call_fill *fills = &fixing->fills[proven->fills];
	const uint32_t count = proven->fills_end - proven->fills;
	uint64_t filled_wh[BB_NODES_MAX] = { 0 };
	enum bb_certificate wrong;

	if (proven->entries == NULL)
		wrong = bb_prove_ladder(&zone->call, side, zone->node, nodes->price, fills, count,
					filled_wh);
	else
		wrong = bb_prove_list(&zone->call, side, proven->entries, proven->count,
				      zone->node, zone->node_count, nodes, fills, count,
				      filled_wh);
	proven->traded_wh = 0;
	for (uint32_t i = 0; i < zone->node_count; i++) {
		proven->traded_wh += filled_wh[i];
		net_wh[zone->node + i] +=
			side == BB_SELL ? (int64_t)filled_wh[i] : -(int64_t)filled_wh[i];
	}
	return wrong == BB_CERTIFIED;
}

bool
bb_fixing_prove(struct bb_fixing *fixing)
{
	int64_t net_wh[BB_NODES_MAX] = { 0 };

	for (uint32_t i = 0; i < fixing->zone_count; i++)
		if (!prove_side(fixing, &fixing->zones[i], BB_BUY, net_wh) ||
		    !prove_side(fixing, &fixing->zones[i], BB_SELL, net_wh))
			return false;
	return bb_certify_flows(&fixing->auction, &fixing->clearing, net_wh) == BB_CERTIFIED;
}

/* set_filled makes a fill what pairing wants. */
static void
set_filled(const struct bb_market *market, enum bb_side side, uint32_t at)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_call_fill *fill = &fixing->fills[at];
	const struct bb_order *order = &market->orders.slots[fill->slot];
	const struct bb_order_own *own = &market->orders.own[fill->slot];
	const struct bb_position *position = &market->positions.slots[order->position];
	const struct bb_account *owner = &market->members.accounts[position->participant];
	const struct bb_book *book = &market->products.listings[position->listing].book;

	fixing->filled[at] = (struct bb_pairing_order){
		.terms = {
			.price = bb_book_price(book, side, bb_order_rung(order)),
			.quantity_wh = order->quantity_wh +
				       bb_order_hidden(&market->orders, order),
			.owner = position->participant,
			.reputation = owner->reputation,
			.reputation_min = owner->reputation_min,
			.accept_sources = own->accept == 0 ? UINT16_MAX : own->accept,
			.prefer_sources = own->prefer,
			.source = (uint8_t)bb_order_source(order),
		},
		.order = at + 1,
		.filled_wh = fill->filled_wh,
		.node = fill->node,
		.feeder = owner->feeder % BB_FEEDERS,
		.side = side,
		.index = fill->slot,
	};
}

/* What set_filled will read of a fill, asked for: its order, then whose that is. */
static void
foresee(const struct bb_market *market, const struct bb_fixing *fixing, uint32_t at)
{
	const struct bb_order *slots = market->orders.slots;

	if (at + 3 * AHEAD < fixing->filled_count) {
		BB_FETCH(&slots[fixing->fills[at + 3 * AHEAD].slot]);
		BB_FETCH(&market->orders.own[fixing->fills[at + 3 * AHEAD].slot]);
	}
	if (at + 2 * AHEAD < fixing->filled_count)
		BB_FETCH(&market->positions
				  .slots[slots[fixing->fills[at + 2 * AHEAD].slot].position]);
	if (at + AHEAD < fixing->filled_count) {
		const uint32_t position = slots[fixing->fills[at + AHEAD].slot].position;
		const struct bb_account *owner =
			&market->members.accounts[market->positions.slots[position].participant];
		BB_FETCH(&owner->reputation);
		BB_FETCH(&owner->reputation_min);
	}
}

static void
fill_orders(const struct bb_market *market)
{
	const struct bb_fixing *fixing = market->fixing;

	for (uint32_t i = 0; i < fixing->zone_count; i++) {
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			const struct bb_fixing_side *filled = &fixing->zones[i].sides[side];
			for (uint32_t at = filled->fills; at < filled->fills_end; at++) {
				foresee(market, fixing, at);
				set_filled(market, (enum bb_side)side, at);
			}
		}
	}
}

static void
set_losses(struct bb_fixing *fixing, const struct bb_rules *rules)
{
	for (uint32_t i = 0; i < BB_FEEDERS * BB_FEEDERS; i++)
		fixing->losses[i] = (uint32_t)(i / BB_FEEDERS == i % BB_FEEDERS
						       ? rules->loss_inside_ppm
						       : rules->loss_between_ppm);
}

bool
bb_fixing_pair(struct bb_market *market, const struct bb_rules *rules)
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

	fill_orders(market);
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
	if (!bb_fixing_read(market, course) || !bb_fixing_price(fixing))
		return false;
	bb_fixing_share(fixing);
	return bb_fixing_prove(fixing) && bb_fixing_pair(market, &course->rules);
}
