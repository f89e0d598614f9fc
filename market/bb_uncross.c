#include "market/bb_uncross.h"

#include "market/bb_contract.h"
#include "market/bb_reach.h"
#include "market/bb_trade.h"

#define NO_BID (INT64_MIN / 2) /* whoever sells gains nothing with it, at any price and fee */

/* All zones of a course, each as the home of those who sell to it. */
struct table {
	const struct bb_market *market;
	const struct bb_course *course;
	struct bb_net net;
	struct bb_reach reaches[BB_VENUE_ZONES]; /* by zone of the buy */
};

/* Two orders that meet. */
struct pair {
	uint32_t zones[2]; /* by side */
	int64_t gain;      /* below zero: there is none */
};

static struct bb_listing *
listing_of(const struct table *table, uint32_t zone)
{
	return &table->market->products.listings[table->course->zones[zone].listing - 1];
}

static void
find_ways(struct table *table)
{
	for (uint32_t zone = 0; zone < table->course->zone_count; zone++)
		bb_reach_find(&table->reaches[zone], &table->net, zone, BB_BUY);
}

static void
load(struct table *table, const struct bb_market *market, const struct bb_course *course)
{
	table->market = market;
	table->course = course;
	bb_net_load(&table->net, course);
	find_ways(table);
}

/* The best price of a side of a zone; false if there is none within its band. */
static bool
best_price(const struct table *table, uint32_t zone, enum bb_side side, int64_t *price)
{
	const struct bb_listing *listing = listing_of(table, zone);
	const uint32_t rung = bb_ladder_best(&listing->book.ladders[side]);

	if (rung == BB_RUNG_NONE || rung > listing->band[bb_side_other(side)])
		return false;
	*price = bb_book_price(&listing->book, side, rung);
	return true;
}

static struct pair
best_pair(const struct table *table)
{
	struct pair best = { .gain = -1 };
	int64_t bids[BB_VENUE_ZONES];
	int64_t ask;

	for (uint32_t to = 0; to < table->course->zone_count; to++)
		if (!best_price(table, to, BB_BUY, &bids[to]))
			bids[to] = NO_BID;
	for (uint32_t from = 0; from < table->course->zone_count; from++) {
		if (!best_price(table, from, BB_SELL, &ask))
			continue;
		for (uint32_t to = 0; to < table->course->zone_count; to++) {
			const int64_t fee = table->reaches[to].fee[from];
			if (to == from || fee == BB_REACH_NONE ||
			    bids[to] - ask - fee <= best.gain)
				continue;
			best.zones[BB_SELL] = from;
			best.zones[BB_BUY] = to;
			best.gain = bids[to] - ask - fee;
		}
	}
	return best;
}

static struct bb_standing
first_of(struct bb_market *market, const struct table *table, const struct pair *pair,
	 enum bb_side side)
{
	const struct bb_book *book = &listing_of(table, pair->zones[side])->book;

	return bb_resting_look(market, bb_book_first(book, side, BB_RUNG_NONE - 1));
}

/* Two orders trade over a way; returns what that changes of the ways that there are. */
static uint32_t
trade(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
      struct table *table, const struct pair *pair)
{
	const struct bb_way way = bb_reach_way(&table->reaches[pair->zones[BB_BUY]], &table->net,
					       pair->zones[BB_SELL]);
	const struct bb_standing buy = first_of(market, table, pair, BB_BUY);
	const struct bb_standing sell = first_of(market, table, pair, BB_SELL);
	const uint64_t order_id = buy.order->order_id;
	const uint32_t bought_wh = bb_resting_left(market, &buy);
	const uint32_t sold_wh = bb_resting_left(market, &sell);
	uint32_t quantity_wh = bought_wh < sold_wh ? bought_wh : sold_wh;
	const int64_t half = pair->gain / 2 - pair->gain / 2 % sell.listing->book.tick;
	const int32_t price = sell.price + (int32_t)half;

	BB_ASSERT(buy.account != sell.account);
	if (way.room_wh < quantity_wh)
		quantity_wh = (uint32_t)way.room_wh;
	bb_contract_share(market, slice, &sell, price, quantity_wh);
	bb_contract_share(market, slice, &buy, price + (int32_t)way.fee, quantity_wh);
	struct bb_event *event = bb_trade_carried(
		slice, buy.account->participant, buy.listing->product.terms.product, &way,
		sell.listing->product.terms.product, quantity_wh);
	event->order_id = order_id;
	event->counterparty = sell.account->participant;

	sell.position->cash += (int64_t)price * quantity_wh;
	buy.position->cash -= (int64_t)price * quantity_wh;
	buy.position->fee += way.fee * quantity_wh;
	sell.listing->product.last_price = price;
	sell.listing->product.trades++;
	sell.listing->product.traded_wh += quantity_wh;
	bb_course_carry(course, &table->net, &way, quantity_wh);
	return bb_net_carry(&table->net, &way, quantity_wh);
}

/* Whether continuous trading goes on in the course. */
static bool
is_trading(const struct bb_market *market, const struct bb_course *course)
{
	return course->state == BB_COURSE_OPEN && course->action == BB_ACTION_NONE &&
	       market->time_ns <
		       market->products.listings[course->zones[0].listing - 1].trades_until_ns;
}

/* Whether a book of the course is crossed in itself. */
static bool
crosses_inside(const struct table *table)
{
	for (uint32_t zone = 0; zone < table->course->zone_count; zone++)
		if (bb_book_crosses(&listing_of(table, zone)->book))
			return true;
	return false;
}

static bool
uncross(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	struct bb_uncross *work = &market->work.uncross;
	struct table table;
	struct pair pair;

	load(&table, market, course);
	while ((pair = best_pair(&table)).gain >= 0 && work->turns < BB_UNCROSS_TURNS) {
		if (bb_slice_left(slice) < BB_UNCROSS_ROOM)
			return false;
		/* Room that opens counts too: it may lie on a cheaper way between others. */
		if (trade(market, course, slice, &table, &pair) == 0)
			continue;
		work->turns++;
		find_ways(&table);
	}
	course->crossed = pair.gain >= 0 || crosses_inside(&table);
	return true;
}

void
bb_uncross_begin(struct bb_market *market, uint32_t first_quarter, uint32_t quarters)
{
	market->work.kind = BB_WORK_UNCROSS;
	market->work.uncross = (struct bb_uncross){ .quarter = first_quarter, .left = quarters };
}

bool
bb_uncross_continue(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_uncross *work = &market->work.uncross;

	for (; work->left > 0; work->left--, work->quarter++) {
		struct bb_course *course = bb_calendar_find(&market->calendar, work->quarter);
		if (course != NULL && is_trading(market, course) && !uncross(market, course, slice))
			return false;
	}
	return true;
}

void
bb_uncross_check(const struct bb_market *market, const struct bb_course *course)
{
	struct table table;

	if (course->crossed || !is_trading(market, course) || market->work.kind != BB_WORK_NONE)
		return;
	load(&table, market, course);
	BB_ASSERT(best_pair(&table).gain < 0);
	BB_ASSERT(!crosses_inside(&table));
}
