/* test_trading - a community on a market: it trades, all of it, and knows what it did. */
#include <string.h>

#include "tests/bb_test.h"
#include "tests/bench/trading.h"

static struct trading trading;

static void
play(uint32_t rounds)
{
	trading_phase(&trading, GEN_OPENING, 0);
	for (uint32_t round = 1; round + 1 < rounds; round++)
		trading_phase(&trading, GEN_REPRICE, round);
	trading_phase(&trading, GEN_RESERVE, 0);
	trading_phase(&trading, GEN_CLOSE_OUT, 0);
	for (uint32_t call = 0; call < 4 && trading_traded(&trading) < trading.count; call++)
		trading_phase(&trading, GEN_LAST_CALL, call);
}

static void
test_everyone_trades(void)
{
	static const uint32_t counts[] = { 2, 3, 5, 8, 16, 21, 32, 64 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		trading_start(&trading, counts[i], 1 + i);
		play(4);
		CU_ASSERT_EQUAL(trading_traded(&trading), counts[i]);
		bb_market_check(trading.market);
		trading_stop(&trading);
	}
}

/* Everyone is told of every change, so every order makes sense when it is judged. */
static void
test_nothing_is_refused_to_those_who_hear_everything(void)
{
	trading_start(&trading, 40, 9);
	play(6);
	for (uint32_t result = 0; result < BB_RESULT_COUNT; result++)
		CU_ASSERT_EQUAL(trading.refused[result], 0);
	trading_stop(&trading);
}

static void
test_what_traders_believe_is_what_the_market_says(void)
{
	trading_start(&trading, 40, 4);
	play(5);
	for (uint32_t i = 0; i < trading.count; i++) {
		const struct gen_trader *trader = &trading.traders[i];
		struct bb_member member;
		int64_t net_wh = 0;
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++)
			net_wh += trader->position_wh[quarter];
		CU_ASSERT_TRUE_FATAL(bb_market_member(trading.market, trader->self->id, &member));
		CU_ASSERT_EQUAL(net_wh, (int64_t)member.bought_wh - (int64_t)member.sold_wh);
	}
	trading_stop(&trading);
}

static void
test_trading_goes_on_for_any_number_of_rounds(void)
{
	trading_start(&trading, 20, 6);
	trading_phase(&trading, GEN_OPENING, 0);
	for (uint32_t round = 1; round < 60; round++) {
		const uint64_t orders = trading.orders, trades = trading.trades;
		trading_phase(&trading, GEN_REPRICE, round);
		CU_ASSERT(trading.orders - orders > 100);
		CU_ASSERT(trading.trades > trades);
	}
	trading_stop(&trading);
}

static void
test_no_trader_has_more_live_orders_than_the_roster_allows(void)
{
	trading_start(&trading, 20, 2);
	play(8);
	CU_ASSERT_EQUAL(trading.refused[BB_ERR_ORDERS], 0);
	for (uint32_t i = 0; i < trading.count; i++) {
		struct bb_member member;
		CU_ASSERT_TRUE_FATAL(bb_market_member(trading.market, GEN_FIRST_ID + i, &member));
		CU_ASSERT(member.orders_live <= GEN_TRADER_LIVE);
	}
	trading_stop(&trading);
}

static void
test_orders_of_an_earlier_run_are_cancelled_first(void)
{
	struct bb_wire_order orders[GEN_TRADER_ORDERS];
	const struct gen_step step = { .day = &trading.day, .phase = GEN_OPENING, .zone = 1 };

	trading_start(&trading, 2, 1);
	trading.traders[0].clear_first = true;
	CU_ASSERT(gen_trader_orders(&trading.traders[0], &step, orders) > 1);
	CU_ASSERT_EQUAL(orders[0].action, BB_WIRE_CANCEL_ALL);
	CU_ASSERT_EQUAL(orders[1].action, BB_WIRE_NEW);
	CU_ASSERT_FALSE(trading.traders[0].clear_first);
	trading_stop(&trading);
}

/* An auction gave the first order 130 Wh less than it wanted: whole lots of that are asked for. */
static void
test_before_a_gate_what_an_auction_left_open_is_asked_for_in_lots(void)
{
	struct bb_wire_order orders[GEN_TRADER_ORDERS];
	struct gen_step step = { .day = &trading.day, .phase = GEN_OPENING, .zone = 3,
				 .from = 40, .until = 44 };

	trading_start(&trading, 2, 1);
	struct gen_trader *trader = &trading.traders[0]; /* a household: it buys */
	trader->target_wh[40] = 1000;
	const uint32_t opened = gen_trader_orders(trader, &step, orders);
	CU_ASSERT_EQUAL(opened, 4);
	CU_ASSERT_EQUAL(orders[0].product, gen_product(&trading.day, 3, 40));
	const struct bb_report_record shared = { .event = BB_EVENT_SHARED, .side = BB_BUY,
						 .order_id = orders[0].order_id,
						 .quantity_wh = 870, .remaining_wh = 130 };
	gen_trader_learn(trader, &shared);
	CU_ASSERT_EQUAL(trader->position_wh[40], 870);

	step.phase = GEN_GATE;
	step.until = 41;
	CU_ASSERT_EQUAL(gen_trader_orders(trader, &step, orders), 1);
	CU_ASSERT_EQUAL(orders[0].action, BB_WIRE_REPLACE);
	CU_ASSERT_EQUAL(orders[0].quantity_wh, 100);
	CU_ASSERT(orders[0].price <= GEN_PRICE_HIGH);
	CU_ASSERT(orders[0].price >= gen_community_limit(trader->self, &trading.day, 40, BB_BUY));
	trading_stop(&trading);
}

static void
test_reports_that_make_no_sense_change_nothing(void)
{
	static struct gen_trader before;
	struct bb_report_record record;

	trading_start(&trading, 2, 1);
	trading_phase(&trading, GEN_OPENING, 0);
	before = trading.traders[0];
	record = (struct bb_report_record){ .event = BB_EVENT_TRADED, .order_id = 127,
					    .quantity_wh = 100 };
	gen_trader_learn(&trading.traders[0], &record);
	record.order_id = 5;
	record.quantity_wh = UINT32_MAX;
	gen_trader_learn(&trading.traders[0], &record);
	record = (struct bb_report_record){ .event = BB_EVENT_CANCELLED,
					    .order_id = UINT64_C(0xffffff) << 9 | 5 };
	gen_trader_learn(&trading.traders[0], &record);
	CU_ASSERT_EQUAL(memcmp(&before, &trading.traders[0], sizeof(before)), 0);
	trading_stop(&trading);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "everyone trades", test_everyone_trades },
		{ "nothing is refused to those who hear everything",
		  test_nothing_is_refused_to_those_who_hear_everything },
		{ "what traders believe is what the market says",
		  test_what_traders_believe_is_what_the_market_says },
		{ "trading goes on for any number of rounds",
		  test_trading_goes_on_for_any_number_of_rounds },
		{ "no trader has more live orders than the roster allows",
		  test_no_trader_has_more_live_orders_than_the_roster_allows },
		{ "orders of an earlier run are cancelled first",
		  test_orders_of_an_earlier_run_are_cancelled_first },
		{ "before a gate, what an auction left open is asked for in lots",
		  test_before_a_gate_what_an_auction_left_open_is_asked_for_in_lots },
		{ "reports that make no sense change nothing",
		  test_reports_that_make_no_sense_change_nothing },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("trading", tests);
}
