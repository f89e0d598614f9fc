/* test_attacks - what somebody may try who wants money, energy, or that the venue stops. */
#include <stdlib.h>
#include <string.h>

#include "market/bb_state.h"
#include "market/bb_tick.h"
#include "market/bb_type.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"
#include "tests/market/market_kit.h"

static struct day day;

static struct bb_command
limit_order(uint32_t participant, uint64_t id, enum bb_side side, int32_t price,
	    uint32_t quantity_wh)
{
	return (struct bb_command){
		.participant = participant, .kind = BB_COMMAND_NEW,
		.order = { .order_id = id, .product = KIT_PRODUCT, .price = price,
			   .quantity_wh = quantity_wh, .side = (uint8_t)side },
	};
}

/* The sum of a rung is a part of a word: what would pass it must not come in by the back door. */
static void
test_a_replaced_order_finds_no_room_at_a_full_price(void)
{
	static const struct bb_market_size size = {
		.participants = 2, .products = 1, .orders = 1200, .levels = 1000, .places = 2048,
		.positions = 2,
	};
	struct bb_command add = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	const uint32_t fit = (uint32_t)(BB_RUNG_WH_MAX / BB_QUANTITY_MAX);
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, 1200);
	add.product = (struct bb_product_command){
		.product = KIT_PRODUCT, .price_min = 0, .price_max = 200, .tick = 1,
		.lot_wh = 1, .quantity_max_wh = BB_QUANTITY_MAX,
	};
	kit_apply(&kit, &add);
	struct bb_command order = limit_order(2, 1, BB_SELL, 0, BB_QUANTITY_MAX);
	for (; order.order.order_id <= fit; order.order.order_id++) {
		kit_apply(&kit, &order);
		CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	}
	kit_apply(&kit, &order);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_BOOK_FULL);

	/* Alone in its stretch, which it would leave free. */
	order.order.price = 200;
	kit_apply(&kit, &order);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	order.kind = BB_COMMAND_REPLACE;
	order.order.price = 0;
	kit_apply(&kit, &order);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_REFUSED);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_BOOK_FULL);
	kit_stop(&kit);
}

#define OPENS_S (DAY_QUARTER * (uint64_t)BB_QUARTER_S - 86400)

static void
set_group(struct kit *kit, const struct bb_param_command *param)
{
	const struct bb_command command = {
		.participant = 1, .kind = BB_COMMAND_PARAM, .param = *param,
	};

	kit_apply(kit, &command);
	BB_ASSERT(kit->events[0].kind == BB_EVENT_PARAM_SET);
}

/* A calendar of one interval, that of DAY_QUARTER, in these zones: it opens OPENS_S. */
static void
set_calendar(struct kit *kit, int32_t zones, int32_t price_max)
{
	set_group(kit, &(struct bb_param_command){
		.group = BB_PARAM_TERMS, .values = { 0, price_max, 1, 1, 1000000 } });
	set_group(kit, &(struct bb_param_command){
		.group = BB_PARAM_ZONES, .values = { zones } });
	set_group(kit, &(struct bb_param_command){
		.group = BB_PARAM_CALENDAR,
		.values = { 2, 86400, 0, 600, 300, 240, 3600, 86400, 21600 } });
	kit->market->calendar.next_quarter = DAY_QUARTER;
}

/* Many orders expire in the tick that opens an interval, and leave it two steps: what the
 * operator lists then must not meet half an interval. */
static void
test_nothing_comes_between_the_zones_of_an_interval_that_opens(void)
{
	enum { EXPIRING = BB_TICK_EVENTS - 2 };
	static const struct bb_market_size size = {
		.participants = 2, .products = 4, .orders = 2 * BB_TICK_EVENTS, .levels = 2048,
		.places = 2 * BB_TICK_EVENTS, .positions = 8, .courses = 1,
	};
	const struct bb_command tick = { .kind = BB_COMMAND_TICK };
	struct bb_command list = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, EXPIRING);
	kit_add_product(&kit, KIT_PRODUCT, 0, 1000, 1);
	set_calendar(&kit, 0xe, 1000);
	kit.seconds = OPENS_S - 60;
	kit_apply(&kit, &tick);
	CU_ASSERT_EQUAL(kit.market->calendar.courses[0].state, BB_COURSE_DEFINED);
	CU_ASSERT_EQUAL(kit.market->calendar.courses[0].quarter, DAY_QUARTER);

	struct bb_command order = limit_order(2, 1, BB_BUY, 100, 10);
	order.order.type = BB_LIMIT_GTD;
	order.order.expires_s = (uint32_t)OPENS_S;
	for (; order.order.order_id <= EXPIRING; order.order.order_id++) {
		kit_apply(&kit, &order);
		BB_ASSERT(kit.events[0].kind == BB_EVENT_ACCEPTED);
	}
	kit.seconds = OPENS_S;
	kit_apply(&kit, &tick);
	CU_ASSERT(kit.event_count <= BB_TICK_EVENTS_MAX(size.orders));
	list.product = (struct bb_product_command){
		.product = bb_product_of(2, DAY_QUARTER), .price_max = 1000, .tick = 1,
		.lot_wh = 1, .quantity_max_wh = 10,
	};
	kit_apply(&kit, &list);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_PRODUCT_ADDED);
	kit_apply(&kit, &tick);
	bb_market_check(kit.market);
	kit_stop(&kit);
}

static struct bb_param_command
terms(int32_t quantity_max_wh)
{
	return (struct bb_param_command){
		.group = BB_PARAM_TERMS,
		.values = { -100000, 300000, 1000, 10, quantity_max_wh },
	};
}

/* What continuous trades carried one way, an auction may carry back, and as much again. */
static void
test_a_flow_larger_than_any_capacity_is_told(void)
{
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM, .param = terms(INT32_MAX),
	};

	day_start(&day);
	BB_ASSERT(day_apply(&day, &command) == BB_OK);
	BB_ASSERT(day_line(&day, 0, 0, 4000000000u, 0) == BB_OK);
	BB_ASSERT(day_param(&day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
	day_at(&day, -3600);
	for (uint64_t id = 1; id <= 2; id++) {
		CU_ASSERT_EQUAL(day_order(&day, 3, id, 2, BB_SELL, 50000, 2000000000), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 2, id, 1, BB_BUY, 50000, 2000000000), BB_OK);
	}
	day_at(&day, -500);
	for (uint64_t id = 11; id <= 14; id++) {
		CU_ASSERT_EQUAL(day_order(&day, 4, id, 1, BB_SELL, 50000, 2000000000), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 5, id, 2, BB_BUY, 60000, 2000000000), BB_OK);
	}
	day_clear(&day);
	day_at(&day, -300);
	const struct bb_event *flow = day_event(&day, BB_EVENT_FLOWED, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	CU_ASSERT_EQUAL(flow->order_id, 8000000000);
	CU_ASSERT_EQUAL(flow->quantity_wh, UINT32_MAX);
	day_stop(&day);
}

/* Who foresees a default must not escape it by leaving first. */
static void
test_killing_oneself_is_no_way_round_a_default(void)
{
	const struct bb_attributes_command covered = { .participant = 4, .escrow = 1 };

	for (uint32_t kills = 0; kills < 2; kills++) {
		day_open(&day, 0);
		CU_ASSERT_EQUAL(day_set(&day, &covered), BB_OK);
		CU_ASSERT_EQUAL(day_transfer(&day, 4, 10000000), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 51000, 100), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 51000, 100), BB_OK);
		day_at(&day, 900);
		CU_ASSERT_EQUAL(day_meter(&day, 4, 1, -1000000, false), BB_OK);
		day_at(&day, 900 + 3600);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
		CU_ASSERT(day_money(&day, 4) < 0);
		if (kills)
			CU_ASSERT_EQUAL(day_ask(&day, 4, BB_COMMAND_KILL, 1), BB_OK);
		day_clear(&day);
		day_at(&day, 900 + 3600 + 86400);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
		CU_ASSERT(day_reputation(&day, 4) < 260000);
		uint32_t defaults = 0;
		for (uint32_t i = 0; i < day_count(&day, BB_EVENT_KILLED); i++)
			defaults += day_event(&day, BB_EVENT_KILLED, i)->result == BB_ERR_BALANCE;
		CU_ASSERT_EQUAL(defaults, 1);
		day_stop(&day);
	}
}

/* The band guards whoever comes: who rests beyond it gives the price that it named itself, and
 * cannot stop the trading of others by waiting there. */
static void
test_who_rests_beyond_the_band_does_not_stop_trading(void)
{
	day_open_with_band(&day);
	CU_ASSERT_EQUAL(day_order(&day, 4, 2, 1, BB_BUY, 200000, 100), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	day_clear(&day);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 60000, 100), BB_OK);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_TRADED, 0)->price, 200000);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	day_stop(&day);
}

/* Covered or not: what is locked is spoken for. */
static void
test_nobody_takes_out_what_is_locked(void)
{
	day_open(&day, 0);
	CU_ASSERT_EQUAL(day_transfer(&day, 2, -1), BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(day_transfer(&day, 2, 1000000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 0, 10), BB_OK);
	const int64_t free = 1000000 - (int64_t)day_locked(&day, 2);
	CU_ASSERT(free < 1000000);
	CU_ASSERT_EQUAL(day_transfer(&day, 2, -free - 1), BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(day_transfer(&day, 2, -free), BB_OK);
	day_stop(&day);
}

/* A basket that buys 10 Wh in each of two zones; returns why it was refused, or BB_OK. */
static enum bb_result
buy_in_both(uint8_t first, uint8_t second)
{
	const uint8_t zones[2] = { first, second };
	struct bb_command legs[2];
	struct bb_event events[BB_SLICE_EVENTS];
	enum bb_result result = BB_OK;

	for (uint32_t i = 0; i < 2; i++) {
		legs[i] = limit_order(9, 1, BB_BUY, 90000, 10);
		legs[i].order.product = day_product(&day, zones[i]);
		legs[i].order.type = BB_BASKET_LEG;
		legs[i].order.legs_after = 1 - i;
	}
	day.market->number = ++day.number;
	for (uint32_t i = 0; i < 2; i++) {
		struct bb_slice slice = {
			.events = events, .room = BB_SLICE_EVENTS, .number = day.number,
			.behind = &legs[1], .behind_count = 1 - i,
		};
		BB_ASSERT(bb_market_run(day.market, &legs[i], &slice));
		if (events[0].kind == BB_EVENT_REFUSED)
			result = (enum bb_result)events[0].result;
	}
	bb_market_check(day.market);
	return result;
}

/* Legs whose zones share no line cannot take each other's room, whichever comes first. */
static void
test_legs_of_one_interval_are_refused_where_lines_join_them(void)
{
	day_start(&day);
	BB_ASSERT(day_line(&day, 0, 0, 100, 5000) == BB_OK); /* from 1 to 2; none to 3 */
	BB_ASSERT(day_param(&day, BB_PARAM_ZONES, 0, 0xe) == BB_OK);
	BB_ASSERT(day_param(&day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
	day_at(&day, -3600);
	for (uint8_t zone = 1; zone <= 3; zone++)
		CU_ASSERT_EQUAL(day_order(&day, 2, zone, zone, BB_SELL, 80000, 40), BB_OK);
	CU_ASSERT_EQUAL(buy_in_both(1, 2), BB_ERR_BASKET);
	CU_ASSERT_EQUAL(buy_in_both(2, 1), BB_ERR_BASKET);
	CU_ASSERT_EQUAL(buy_in_both(1, 1), BB_ERR_BASKET);
	CU_ASSERT_EQUAL(buy_in_both(3, 3), BB_ERR_BASKET);
	CU_ASSERT_EQUAL(buy_in_both(1, 3), BB_OK);
	CU_ASSERT_EQUAL(buy_in_both(3, 1), BB_OK);
	day_stop(&day);
}

/* Sells of 1 Wh at each of so many prices. */
static void
sell_at_each(struct kit *kit, uint32_t product, uint32_t prices)
{
	struct bb_command order = limit_order(2, 1, BB_SELL, 1, 1);

	order.order.product = product;
	for (; order.order.order_id <= prices; order.order.order_id++, order.order.price++) {
		kit_apply(kit, &order);
		BB_ASSERT(kit->events[0].kind == BB_EVENT_ACCEPTED);
	}
}

static enum bb_result
fill_or_kill(struct kit *kit, uint32_t product, uint32_t quantity_wh)
{
	struct bb_command order = limit_order(3, 1, BB_BUY, 10000, quantity_wh);

	order.order.product = product;
	order.order.type = BB_LIMIT_FOK;
	kit_apply(kit, &order);
	return kit->events[0].kind == BB_EVENT_REFUSED ? (enum bb_result)kit->events[0].result
						       : BB_OK;
}

/* A refused order costs its sender nothing, so what it costs the venue has an end. */
static void
test_an_order_that_must_fill_looks_at_so_many_prices(void)
{
	static const struct bb_market_size size = {
		.participants = 4, .products = 4, .orders = 3 * BB_LOOKS_MAX, .levels = 3 << 14,
		.places = 4 * BB_LOOKS_MAX, .positions = 16, .courses = 1,
	};
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };
	const struct bb_command tick = { .kind = BB_COMMAND_TICK };
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, 2 * BB_LOOKS_MAX);
	kit_add_member(&kit, 3, 1);
	command.member = (struct bb_member_command){
		.participant = 4, .roles = BB_ROLE_GRID, .key = { 4 },
	};
	kit_apply(&kit, &command);
	set_calendar(&kit, 6, 10000);
	command = (struct bb_command){ .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	command.product = (struct bb_product_command){
		.product = KIT_PRODUCT, .price_max = 10000, .tick = 1, .lot_wh = 1,
		.quantity_max_wh = 1000000,
	};
	kit_apply(&kit, &command);
	command = (struct bb_command){ .participant = 4, .kind = BB_COMMAND_LINE };
	command.line = (struct bb_line_command){
		.from_zone = 1, .to_zone = 2, .capacity_wh = 1000000, .fee = 1,
	};
	kit_apply(&kit, &command);
	kit.seconds = OPENS_S;
	kit_apply(&kit, &tick);

	/* In a zone of its own; in one that lines join; and from that over a line. */
	const uint32_t products[3][2] = {
		{ KIT_PRODUCT, KIT_PRODUCT },
		{ bb_product_of(1, DAY_QUARTER), bb_product_of(1, DAY_QUARTER) },
		{ bb_product_of(1, DAY_QUARTER), bb_product_of(2, DAY_QUARTER) },
	};
	const struct bb_command leave = { .participant = 2, .kind = BB_COMMAND_CANCEL_ALL };
	for (uint32_t i = 0; i < 3; i++) {
		sell_at_each(&kit, products[i][0], BB_LOOKS_MAX + 1);
		CU_ASSERT_EQUAL(fill_or_kill(&kit, products[i][1], BB_LOOKS_MAX + 1),
				BB_ERR_UNFILLED);
		CU_ASSERT_EQUAL(fill_or_kill(&kit, products[i][1], BB_LOOKS_MAX), BB_OK);
		kit_apply(&kit, &leave);
	}
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a replaced order finds no room at a full price",
		  test_a_replaced_order_finds_no_room_at_a_full_price },
		{ "nothing comes between the zones of an interval that opens",
		  test_nothing_comes_between_the_zones_of_an_interval_that_opens },
		{ "a flow larger than any capacity is told",
		  test_a_flow_larger_than_any_capacity_is_told },
		{ "killing oneself is no way round a default",
		  test_killing_oneself_is_no_way_round_a_default },
		{ "an order that must fill looks at so many prices",
		  test_an_order_that_must_fill_looks_at_so_many_prices },
		{ "who rests beyond the band does not stop trading",
		  test_who_rests_beyond_the_band_does_not_stop_trading },
		{ "nobody takes out what is locked", test_nobody_takes_out_what_is_locked },
		{ "legs of one interval are refused where lines join them",
		  test_legs_of_one_interval_are_refused_where_lines_join_them },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("attacks", tests);
}
