/* test_auction_day - delivery intervals from definition to gate closure, through
 * bb_market_apply: auctions with the integers of docs/market.md, and what disturbs a day. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

static struct day day;

static uint64_t
rounds_of_states(enum bb_course_state to)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_STATE); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_STATE, i);
		count += event->remaining_wh == to && event->product == day_product(&day, 0);
	}
	return count;
}

static void
expect_price(uint32_t index, uint8_t zone, int32_t price, uint32_t bought, uint32_t sold)
{
	const struct bb_event *event = day_event(&day, BB_EVENT_PRICED, index);

	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_EQUAL(event->product, day_product(&day, zone));
	CU_ASSERT_EQUAL(event->price, price);
	CU_ASSERT_EQUAL(event->quantity_wh, bought);
	CU_ASSERT_EQUAL(event->remaining_wh, sold);
}

static uint32_t
contracted(uint32_t buyer, uint32_t seller)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_CONTRACTED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_CONTRACTED, i);
		if (event->participant == buyer && event->counterparty == seller)
			sum += event->quantity_wh;
	}
	return sum;
}

static void
test_example_4_with_a_full_line(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_clear(&day);
	day_at(&day, -300);

	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_CONTRACTED);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_PRICED), 2);
	expect_price(0, 1, 60000, 1000, 2500);
	expect_price(1, 2, 140000, 2500, 1000);
	const struct bb_event *flow = day_event(&day, BB_EVENT_FLOWED, 0);
	CU_ASSERT_EQUAL(flow->quantity_wh, 1500);
	CU_ASSERT_EQUAL(flow->side, BB_BUY);
	CU_ASSERT_EQUAL(flow->price, 5000);
	CU_ASSERT_EQUAL(contracted(4, 2), 1000);
	CU_ASSERT_EQUAL(contracted(5, 2), 1500);
	CU_ASSERT_EQUAL(contracted(5, 3), 1000);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CONTRACTED), 3);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_SHARED), 4);
	/* What rests is cancelled: 1500 of S1, 2000 of S2, all of B3. */
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CANCELLED), 3);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_CANCELLED, i)->result, BB_BY_CLOSURE);
	/* No money has moved, but contracts lock what they need. */
	CU_ASSERT_EQUAL(day_money(&day, 5), 0);
	CU_ASSERT_EQUAL(day_locked(&day, 5), UINT64_C(2500) * (140000 + 49000));
	CU_ASSERT_EQUAL(day_locked(&day, 2), UINT64_C(2500) * 49000);
	CU_ASSERT_EQUAL(day_locked(&day, 7), 0);
	day_stop(&day);
}

static void
test_example_4_with_room_on_the_line(void)
{
	day_open(&day, 5000);
	day_enter_example_4(&day);
	day_clear(&day);
	day_at(&day, -300);

	expect_price(0, 1, 95000, 1000, 4000);
	expect_price(1, 2, 100000, 3000, 0);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_FLOWED, 0)->quantity_wh, 3000);
	CU_ASSERT_EQUAL(contracted(7, 2), 500);
	day_stop(&day);
}

/* All of an iceberg counts; of what it showed and what it shows then the public hears. */
static void
test_an_auction_takes_what_an_iceberg_hides(void)
{
	struct bb_command ice = {
		.participant = 2, .kind = BB_COMMAND_NEW,
		.order = { .order_id = 1, .price = 70000, .quantity_wh = 500, .shown_wh = 100,
			   .side = BB_SELL, .type = BB_LIMIT_ICEBERG },
	};

	day_open(&day, 0);
	ice.order.product = day_product(&day, 1);
	CU_ASSERT_EQUAL(day_apply(&day, &ice), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 90000, 250), BB_OK);
	day_clear(&day);
	day_at(&day, -300);
	CU_ASSERT_EQUAL(contracted(4, 2), 250);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_SHARED), 2);
	const struct bb_event *shows = day_event(&day, BB_EVENT_SHOWN, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(shows);
	CU_ASSERT_EQUAL(shows->quantity_wh, 250);
	CU_ASSERT_EQUAL(shows->remaining_wh, 50); /* of the third clip */
	const struct bb_event *gone = day_event(&day, BB_EVENT_CANCELLED, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gone);
	CU_ASSERT_EQUAL(gone->quantity_wh, 250);
	CU_ASSERT_EQUAL(gone->counter_remaining_wh, 200);
	day_stop(&day);
}

/* A time behind gate closure is none; one before it leaves before the auction. */
static void
test_good_till_a_time_is_bounded_by_the_gate(void)
{
	struct bb_command till = {
		.participant = 2, .kind = BB_COMMAND_NEW,
		.order = { .order_id = 1, .price = 70000, .quantity_wh = 500, .side = BB_SELL,
			   .type = BB_LIMIT_GTD },
	};

	day_open(&day, 0);
	till.order.product = day_product(&day, 1);
	till.order.expires_s = day.quarter * 900u - 299;
	CU_ASSERT_EQUAL(day_apply(&day, &till), BB_ERR_EXPIRY);
	till.order.expires_s--;
	CU_ASSERT_EQUAL(day_apply(&day, &till), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 90000, 250), BB_OK);
	day_clear(&day);
	day_at(&day, -300);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CONTRACTED), 0);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_CANCELLED, 0)->result, BB_BY_EXPIRY);
	day_stop(&day);
}

static void
test_continuous_trade_then_auctions_over_what_is_left_of_the_line(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_line(&day, 0, 0, 1500, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 2, 3600), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -7200);
	/* Continuous: the resting order's price. */
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 70000, 500), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 90000, 300), BB_OK);
	const struct bb_event *trade = day_event(&day, BB_EVENT_TRADED, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trade);
	CU_ASSERT_EQUAL(trade->price, 70000);
	CU_ASSERT_EQUAL(day_money(&day, 4), 0);
	CU_ASSERT_EQUAL(day_order(&day, 5, 1, 2, BB_BUY, 150000, 1000), BB_OK);
	CU_ASSERT_EQUAL(bb_calendar_find(&day.market->calendar, DAY_QUARTER)->lines[0].flow_wh,
			200);
	day_clear(&day);
	day_at(&day, -3600);
	/* 200 were left of S1's, and went over the line at once. */
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_FLOWED, 0)->quantity_wh, 0);
	CU_ASSERT_EQUAL(rounds_of_states(BB_COURSE_FROZEN), 1);
	day_at(&day, -500);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_CALL);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 60000, 4000), BB_OK);
	day_at(&day, -300);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_FLOWED, 1)->quantity_wh, 800);
	CU_ASSERT_EQUAL(rounds_of_states(BB_COURSE_FROZEN), 2);
	CU_ASSERT_EQUAL(bb_calendar_find(&day.market->calendar, DAY_QUARTER)->lines[0].flow_wh,
			1000);
	day_stop(&day);
}

static void
test_orders_are_taken_only_between_opening_and_closure(void)
{
	day_open(&day, 1500);
	day.time_ns += 199 * BB_SECOND_NS;
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 60000, 100), BB_OK);
	day.time_ns += BB_SECOND_NS; /* closure, and no tick yet */
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 60000, 100), BB_ERR_STATE);
	day_at(&day, -300);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 60000, 100), BB_ERR_STATE);
	day_stop(&day);
}

static void
test_an_auction_that_comes_too_late_releases_all_orders(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_clear(&day);
	day_at(&day, -59);
	CU_ASSERT_EQUAL(rounds_of_states(BB_COURSE_CANCELLED), 1);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_CONTRACTED);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CANCELLED), 5);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CONTRACTED), 0);
	CU_ASSERT_EQUAL(day_locked(&day, 5), 0);
	day_stop(&day);
}

static void
test_a_halted_interval_resumes_through_an_auction(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -7200);
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_PRODUCT_RESUME, 1), BB_ERR_STATE);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 70000, 500), BB_OK);
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_PRODUCT_HALT, 1), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 90000, 500), BB_ERR_STATE);
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_PRODUCT_RESUME, 1), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 90000, 500), BB_OK); /* and rests */
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_TRADED), 0);
	day_at(&day, -7199);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	expect_price(0, 1, 80000, 500, 500);
	day_stop(&day);
}

static void
test_a_trade_beyond_the_dynamic_band_waits_for_an_auction(void)
{
	day_open_with_band(&day);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 120000, 100), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 3, 1, BB_SELL, 121000, 100), BB_OK);
	day_clear(&day);
	CU_ASSERT_EQUAL(day_order(&day, 4, 2, 1, BB_BUY, 130000, 200), BB_OK);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_TRADED), 1);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_ACCEPTED, 0)->remaining_wh, 100);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_STATE, 0)->result, BB_BY_BREAKER);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_CALL);
	day_at(&day, -8999 + 60);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	expect_price(0, 1, 125500, 100, 100);
	day_stop(&day);
}

static void
test_who_trades_covered_trades_no_more_than_its_account_covers(void)
{
	const struct bb_attributes_command covered = { .participant = 4, .escrow = 1 };

	day_open(&day, 1500);
	CU_ASSERT_EQUAL(day_set(&day, &covered), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 51000, 100), BB_ERR_ESCROW);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 10000000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 51000, 100), BB_OK);
	CU_ASSERT_EQUAL(day_locked(&day, 4), 10000000);
	CU_ASSERT_EQUAL(day_order(&day, 4, 2, 1, BB_BUY, 1000, 10), BB_ERR_ESCROW);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, -1), BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 0), BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 1), BB_OK);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, -1), BB_OK);
	CU_ASSERT_EQUAL(day_transfer(&day, BB_ACCOUNT_BANK, 1), BB_ERR_PARTICIPANT);
	CU_ASSERT_EQUAL(day_transfer(&day, BB_ACCOUNT_MARKET, 1), BB_ERR_PARTICIPANT);
	CU_ASSERT_EQUAL(day_transfer(&day, BB_ACCOUNT_RENT, 1), BB_OK);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_BANK), -10000001);
	day_stop(&day);
}

static void
test_green_energy_costs_more_where_it_is_asked_for(void)
{
	struct bb_command order = {
		.kind = BB_COMMAND_NEW,
		.order = { .order_id = 1, .source = 1, .side = BB_SELL, .price = 90000,
			   .quantity_wh = 1000 },
	};

	/* Example 9, with 1500 wanted; zone 1 alone, for no line has room. */
	day_open(&day, 0);
	order.order.product = day_product(&day, 1);
	order.participant = 2;
	CU_ASSERT_EQUAL(day_apply(&day, &order), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_SELL, 60000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 6, 1, 1, BB_BUY, 100000, 1200), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 8, 1, 1, BB_BUY, 70000, 500), BB_OK);
	order.participant = 3;
	order.order = (struct bb_order_command){
		.order_id = 2, .product = day_product(&day, 1), .price = 130000,
		.quantity_wh = 1500, .accept_sources = 1 << 1,
	};
	CU_ASSERT_EQUAL(day_apply(&day, &order), BB_OK);
	day_clear(&day);
	day_at(&day, -300);
	int32_t green = 0;
	int32_t other = 0;
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_SHARED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_SHARED, i);
		if (event->participant == 2 || event->participant == 3)
			green = event->price;
		else
			other = event->price;
	}
	CU_ASSERT_EQUAL(green, 130000);
	CU_ASSERT_EQUAL(other, 100000);
	CU_ASSERT_EQUAL(contracted(3, 2), 1000);
	day_stop(&day);
}

static void
test_an_interval_waits_for_what_the_rules_require(void)
{
	struct bb_command prices = {
		.participant = DAY_GRID, .kind = BB_COMMAND_IMBALANCE,
		.imbalance = { .first_quarter = DAY_QUARTER, .quarters = 1, .price_long = 1,
			       .price_short = 2, .price_reference = 3 },
	};

	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 7, 1), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 8, 1), BB_OK);
	CU_ASSERT_EQUAL(day_apply(&day, &prices), BB_ERR_LINE);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -7200);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_DEFINED);
	CU_ASSERT_EQUAL(day_apply(&day, &prices), BB_OK);
	day_at(&day, -7199);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_DEFINED);
	CU_ASSERT_EQUAL(day_line(&day, 3, 1, 100, 10), BB_OK);
	day_at(&day, -7198);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	prices.imbalance.price_short++; /* escrow counts on those that stood when it opened */
	CU_ASSERT_EQUAL(day_apply(&day, &prices), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_line(&day, 3, 1, 101, 10), BB_OK); /* more room, or less */
	CU_ASSERT_EQUAL(day_line(&day, 3, 1, 99, 10), BB_OK);
	CU_ASSERT_EQUAL(day_line(&day, 3, 1, 99, 9), BB_ERR_STATE);
	CU_ASSERT_EQUAL(day_line(&day, 3, 300, 98, 10), BB_ERR_LINE); /* and none was set */
	CU_ASSERT_EQUAL(bb_calendar_find(&day.market->calendar, DAY_QUARTER)->lines[3].capacity_wh,
			99);
	day.quarter++; /* never got its own: it is missed when its gate would close */
	day_at(&day, 900 - 300);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_CANCELLED);
	day_stop(&day);
}

static void
test_days_follow_each_other_and_use_the_same_memory_again(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 1, 1800), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 6, 60), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 7, 60), BB_OK);
	for (uint32_t i = 0; i < 100; i++) {
		day_clear(&day);
		day.quarter = DAY_QUARTER + i;
		day_at(&day, (int64_t)i * 900 - 1500);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
		CU_ASSERT_EQUAL(day_order(&day, 2, i, 1, BB_SELL, 60000, 100), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 4, i, 1, BB_BUY, 60000, 100), BB_OK);
	}
	CU_ASSERT(day.market->products.count <= 12);
	CU_ASSERT(day.market->positions.live <= 12);
	day_stop(&day);
}

static void
test_each_command_needs_its_role(void)
{
	static const enum bb_command_kind kinds[][5] = {
		{ BB_COMMAND_PARAM, BB_COMMAND_TRANSFER, BB_COMMAND_RULING,
		  BB_COMMAND_MEMBER_SET, BB_COMMAND_PRODUCT_HALT },
		{ BB_COMMAND_LINE, BB_COMMAND_IMBALANCE, BB_COMMAND_RESTRICT, BB_COMMAND_TARIFF,
		  BB_COMMAND_LINE },
		{ BB_COMMAND_METER, BB_COMMAND_METER, BB_COMMAND_METER, BB_COMMAND_METER,
		  BB_COMMAND_METER },
	};
	static const uint32_t holders[] = { 1, DAY_GRID, DAY_METER };

	day_start(&day);
	for (uint32_t group = 0; group < 3; group++) {
		for (uint32_t i = 0; i < 5; i++) {
			for (uint32_t id = 1; id <= DAY_METER; id++) {
				const struct bb_command command = {
					.participant = id, .kind = (uint8_t)kinds[group][i],
				};
				const bool refused = day_apply(&day, &command) == BB_ERR_ROLE;
				CU_ASSERT_EQUAL(refused, id != holders[group]);
			}
		}
	}
	const struct bb_command tick = { .participant = 1, .kind = BB_COMMAND_TICK };
	CU_ASSERT_EQUAL(day_apply(&day, &tick), BB_ERR_ROLE);
	day_stop(&day);
}

static void
test_who_was_killed_enters_no_order_until_it_is_armed(void)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ARM };

	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_clear(&day);
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_KILL, 0), BB_OK);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_CANCELLED, 0)->result, BB_BY_KILL);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_KILLED, 0)->participant, 5);
	CU_ASSERT_EQUAL(day_order(&day, 5, 2, 2, BB_BUY, 100000, 100), BB_ERR_KILLED);
	command.member.participant = 5;
	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 5, 2, 2, BB_BUY, 100000, 100), BB_OK);
	day_stop(&day);
}

static void
test_caps_count_contracts_and_open_orders(void)
{
	const struct bb_attributes_command caps = { .participant = 2, .cap_out_wh = 1000,
						    .cap_in_wh = 200 };

	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -7200);
	CU_ASSERT_EQUAL(day_set(&day, &caps), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 70000, 600), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 70000, 600), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 70000, 410), BB_ERR_POSITION);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_SELL, 70000, 400), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 3, 1, BB_BUY, 60000, 800), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 4, 1, BB_BUY, 60000, 10), BB_ERR_POSITION);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an auction takes what an iceberg hides",
		  test_an_auction_takes_what_an_iceberg_hides },
		{ "good till a time is bounded by the gate",
		  test_good_till_a_time_is_bounded_by_the_gate },
		{ "example 4 with a full line", test_example_4_with_a_full_line },
		{ "example 4 with room on the line", test_example_4_with_room_on_the_line },
		{ "continuous trade, then auctions over what is left of the line",
		  test_continuous_trade_then_auctions_over_what_is_left_of_the_line },
		{ "orders are taken only between opening and closure",
		  test_orders_are_taken_only_between_opening_and_closure },
		{ "an auction that comes too late releases all orders",
		  test_an_auction_that_comes_too_late_releases_all_orders },
		{ "a halted interval resumes through an auction",
		  test_a_halted_interval_resumes_through_an_auction },
		{ "a trade beyond the dynamic band waits for an auction",
		  test_a_trade_beyond_the_dynamic_band_waits_for_an_auction },
		{ "who trades covered trades no more than its account covers",
		  test_who_trades_covered_trades_no_more_than_its_account_covers },
		{ "green energy costs more where it is asked for",
		  test_green_energy_costs_more_where_it_is_asked_for },
		{ "an interval waits for what the rules require",
		  test_an_interval_waits_for_what_the_rules_require },
		{ "days follow each other and use the same memory again",
		  test_days_follow_each_other_and_use_the_same_memory_again },
		{ "each command needs its role", test_each_command_needs_its_role },
		{ "who was killed enters no order until it is armed",
		  test_who_was_killed_enters_no_order_until_it_is_armed },
		{ "caps count contracts and open orders",
		  test_caps_count_contracts_and_open_orders },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market day", tests);
}
