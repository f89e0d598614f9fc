#include "market/bb_across.h"

#include "market/bb_trade.h"
#include "market/bb_type.h"

#define NOWHERE BB_VENUE_ZONES

/* What an order sees of its delivery interval. */
struct front {
	struct bb_market *market;
	struct bb_course *course;
	const struct bb_take *take;
	enum bb_side other;
	uint32_t home;
	uint32_t turns;
	uint32_t looks; /* at prices, and at orders for what they hide */
	bool found; /* net and reach are what they should be */
	struct bb_net net;
	struct bb_reach reach;
	const struct bb_listing *listings[BB_VENUE_ZONES];
	uint32_t rungs[BB_VENUE_ZONES];   /* best that may trade; BB_RUNG_NONE: none */
	uint64_t left_wh[BB_VENUE_ZONES]; /* of it, where trades are only counted */
};

uint32_t
bb_across_home(const struct bb_market *market, const struct bb_course *course,
	       const struct bb_listing *listing)
{
	const uint32_t index = bb_listing_index(&market->products, listing);
	uint32_t home = 0;

	while (course->zones[home].listing != index + 1)
		BB_ASSERT(++home < course->zone_count);
	return home;
}

static const struct bb_ladder *
ladder_of(const struct front *front, uint32_t zone)
{
	return &front->listings[zone]->book.ladders[front->other];
}

/* The zone's best is now at rung, and may trade if its band does not forbid it. */
static void
set_rung(struct front *front, uint32_t zone, uint32_t rung)
{
	front->rungs[zone] =
		rung <= front->listings[zone]->band[front->take->side] ? rung : BB_RUNG_NONE;
}

static void
look_around(struct front *front, struct bb_market *market, const struct bb_take *take)
{
	front->market = market;
	front->course = &market->calendar.courses[take->listing->course - 1];
	front->take = take;
	front->other = bb_side_other(take->side);
	front->home = bb_across_home(market, front->course, take->listing);
	front->turns = take->turns;
	front->found = false;
	for (uint32_t zone = 0; zone < front->course->zone_count; zone++) {
		const uint32_t listing = front->course->zones[zone].listing;
		BB_ASSERT(listing != 0);
		front->listings[zone] = &market->products.listings[listing - 1];
		set_rung(front, zone, bb_ladder_best(ladder_of(front, zone)));
	}
}

static void
find_ways(struct front *front)
{
	if (!front->found)
		bb_net_load(&front->net, front->course);
	if (front->turns >= BB_ACROSS_TURNS)
		front->net.span_count = 0;
	bb_reach_find(&front->reach, &front->net, front->home, front->take->side);
	front->found = true;
}

/* Where to trade next, or NOWHERE.  A landed price is counted from the best of the band on, so
 * that less is better on both sides. */
static uint32_t
next_zone(struct front *front)
{
	const struct bb_take *take = front->take;
	const int64_t tick = take->listing->book.tick;
	const int64_t limit = tick * take->reach;
	uint32_t best = NOWHERE;
	int64_t best_cost = 0, best_fee = 0;

	for (uint32_t zone = 0; zone < front->course->zone_count; zone++) {
		if (front->rungs[zone] > take->reach)
			continue;
		if (zone != front->home && !front->found)
			find_ways(front);
		const int64_t fee = zone == front->home ? -1 : front->reach.fee[zone];
		if (fee == BB_REACH_NONE)
			continue;
		const int64_t cost = tick * front->rungs[zone] + (fee < 0 ? 0 : fee);
		if (cost > limit || (best != NOWHERE && (cost > best_cost ||
							 (cost == best_cost && fee >= best_fee))))
			continue;
		best = zone;
		best_cost = cost;
		best_fee = fee; /* the own zone's is below every other */
	}
	return best;
}

/* Energy goes over a way; if that leaves no room on it, other ways are sought.  Room that it opens
 * leads away from home: no way there is cheaper with it. */
static void
carry(struct front *front, const struct bb_way *way, uint32_t quantity_wh)
{
	if ((bb_net_carry(&front->net, way, quantity_wh) & BB_NET_FULL) == 0)
		return;
	front->turns++;
	find_ways(front);
}

static void
trade_next(struct front *front, struct bb_slice *slice, struct bb_take *take, uint32_t zone)
{
	const uint32_t slot = bb_ladder_rung(ladder_of(front, zone), front->rungs[zone])->first;

	if (zone == front->home) {
		bb_trade_with(front->market, slice, take, slot, NULL);
	} else {
		const struct bb_way way = bb_reach_way(&front->reach, &front->net, zone);
		const uint32_t quantity_wh =
			bb_trade_with(front->market, slice, take, slot, &way);
		bb_course_carry(front->course, &front->net, &way, quantity_wh);
		carry(front, &way, quantity_wh);
		take->turns = front->turns;
	}
	set_rung(front, zone, bb_ladder_best(ladder_of(front, zone)));
}

BB_COLD bool
bb_across_trade(struct bb_market *market, struct bb_slice *slice, struct bb_take *take)
{
	struct front front;

	if (!take->trades)
		return true;
	look_around(&front, market, take);
	while (take->left_wh > 0) {
		const uint32_t zone = next_zone(&front);
		if (zone == NOWHERE)
			break;
		if (bb_slice_left(slice) < BB_ACROSS_ROOM)
			return false;
		trade_next(&front, slice, take, zone);
	}
	front.course->crossed |= take->turns >= BB_ACROSS_TURNS;
	return true;
}

/* What rests on the best rung of a zone.  Where no order hides anything, none is looked at. */
static uint64_t
offered_wh(struct front *front, uint32_t zone, bool hidden)
{
	const struct bb_orders *orders = &front->market->orders;

	if (front->rungs[zone] == BB_RUNG_NONE)
		return 0;
	const struct bb_rung *rung = bb_ladder_rung(ladder_of(front, zone), front->rungs[zone]);
	uint64_t offered = bb_rung_wh(rung);
	front->looks++;
	if (!hidden || !front->listings[zone]->odd)
		return offered;
	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE && front->looks <= BB_LOOKS_MAX;
	     slot = orders->slots[slot].next, front->looks++)
		offered += bb_order_hidden(orders, &orders->slots[slot]);
	return offered;
}

/* Counts trades of left_wh with the best of a zone, and returns how much that was. */
static uint64_t
count_next(struct front *front, uint32_t zone, uint64_t left_wh, bool hidden)
{
	uint64_t quantity_wh = front->left_wh[zone] < left_wh ? front->left_wh[zone] : left_wh;

	if (zone != front->home) {
		const struct bb_way way = bb_reach_way(&front->reach, &front->net, zone);
		if ((uint64_t)way.room_wh < quantity_wh)
			quantity_wh = (uint64_t)way.room_wh;
		carry(front, &way, (uint32_t)quantity_wh);
	}
	front->left_wh[zone] -= quantity_wh;
	if (front->left_wh[zone] == 0) {
		set_rung(front, zone,
			 bb_ladder_after(ladder_of(front, zone), front->rungs[zone]));
		front->left_wh[zone] = offered_wh(front, zone, hidden);
	}
	return quantity_wh;
}

static bool
fills(struct front *front, struct bb_market *market, const struct bb_take *take, bool hidden)
{
	uint64_t left_wh = take->left_wh;

	look_around(front, market, take);
	front->looks = 0;
	for (uint32_t zone = 0; zone < front->course->zone_count; zone++)
		front->left_wh[zone] = offered_wh(front, zone, hidden);
	while (left_wh > 0) {
		const uint32_t zone = next_zone(front);
		if (zone == NOWHERE || front->looks > BB_LOOKS_MAX)
			return false;
		left_wh -= count_next(front, zone, left_wh, hidden);
	}
	return true;
}

BB_COLD bool
bb_across_fills(struct bb_market *market, const struct bb_take *take)
{
	struct front front;

	if (!take->trades || !fills(&front, market, take, false))
		return false;
	return !front.found || market->orders.extras.icebergs == 0 ||
	       fills(&front, market, take, true);
}

BB_COLD bool
bb_across_owns(struct bb_market *market, const struct bb_take *take)
{
	const struct bb_course *course = &market->calendar.courses[take->listing->course - 1];
	const uint32_t home = bb_across_home(market, course, take->listing);
	const enum bb_side other = bb_side_other(take->side);
	const int64_t tick = take->listing->book.tick;
	struct bb_net net;
	struct bb_reach reach;
	bool found = false;

	for (uint32_t zone = 0; zone < course->zone_count; zone++) {
		struct bb_position *position = &market->positions.slots[bb_position_find(
			&market->positions, take->account->participant,
			course->zones[zone].listing - 1)];
		if (zone == home || position->orders[other] == 0 ||
		    position->bound[other] > take->reach)
			continue;
		if (!found) {
			bb_net_load(&net, course);
			bb_net_loosen(&net);
			bb_reach_find(&reach, &net, home, take->side);
			found = true;
		}
		if (reach.fee[zone] != BB_REACH_NONE &&
		    tick * bb_position_sort(position, &market->orders, other) +
				    reach.fee[zone] <=
			    tick * take->reach)
			return true;
	}
	return false;
}
