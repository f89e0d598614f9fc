/* test_types - order types beyond limit orders, times in force, quotes: what is entered, what
 * happens, what the book is then. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static void
test_fill_or_kill_trades_at_once_or_not_at_all(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 fok 1 B 100 50", "2/1 refused ERR_UNFILLED", "" },
		{ "2 new 1 S 100 50", "3 fok 1 B 100 50",
		  "3/1 traded 2/1 at 100 50 left 0/0; 3/1 accepted B 100 50 rests 0", "" },
		{ "2 new 1 S 100 40", "3 fok 1 B 100 50", "3/1 refused ERR_UNFILLED",
		  "S 100x40/1" },
		/* The best price first, each trade at the price of who rested. */
		{ "2 new 1 S 105 40; 4 new 1 S 100 10; 5 new 1 S 110 90", "3 fok 1 B 105 50",
		  "3/1 traded 4/1 at 100 10 left 40/0; 3/1 traded 2/1 at 105 40 left 0/0; "
		  "3/1 accepted B 105 50 rests 0", "S 110x90/1" },
		/* What is beyond its limit does not count. */
		{ "2 new 1 S 105 40; 4 new 1 S 100 10; 5 new 1 S 110 90", "3 fok 1 B 105 60",
		  "3/1 refused ERR_UNFILLED", "S 100x10/1 105x40/1 110x90/1" },
		{ "2 new 1 B 100 40; 4 new 1 B 100 30; 5 new 1 B 95 90", "3 fok 1 S 95 80",
		  "3/1 traded 2/1 at 100 40 left 40/0; 3/1 traded 4/1 at 100 30 left 10/0; "
		  "3/1 traded 5/1 at 95 10 left 0/80; 3/1 accepted S 95 80 rests 0",
		  "B 95x80/1" },
		/* It needs no room to rest, so its id is free again. */
		{ "2 new 1 S 100 50", "3 fok 1 B 100 20; 3 fok 1 B 100 30",
		  "3/1 traded 2/1 at 100 20 left 0/30; 3/1 accepted B 100 20 rests 0; "
		  "3/1 traded 2/1 at 100 30 left 0/0; 3/1 accepted B 100 30 rests 0", "" },
		{ "2 new 1 S 100 50; 3 new 1 B 90 10", "3 fok 1 B 100 50; 3 cancel 1",
		  "3/1 refused ERR_ORDER_EXISTS; 3/1 cancelled B 90 10 BY_PARTICIPANT",
		  "S 100x50/1" },
		/* An own order in reach, even where others would fill it. */
		{ "2 new 1 S 95 50; 3 new 1 S 100 50", "3 fok 2 B 100 50",
		  "3/2 refused ERR_SELF_TRADE", "S 95x50/1 100x50/1" },
		{ "3 new 1 S 100 50", "3 fok 2 B 100 60", "3/2 refused ERR_UNFILLED",
		  "S 100x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_all_or_none_never_rests(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 aon 1 B 100 50", "2/1 refused ERR_UNFILLED", "" },
		{ "2 new 1 S 100 30; 4 new 1 S 100 30", "3 aon 1 B 100 50",
		  "3/1 traded 2/1 at 100 30 left 20/0; 3/1 traded 4/1 at 100 20 left 0/10; "
		  "3/1 accepted B 100 50 rests 0", "S 100x10/1" },
		{ "2 new 1 S 100 30; 4 new 1 S 100 10", "3 aon 1 B 100 50",
		  "3/1 refused ERR_UNFILLED", "S 100x40/2" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_market_to_limit_takes_the_best_price_as_its_limit(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 market 1 B 50", "2/1 refused ERR_UNFILLED", "" },
		{ "2 new 1 B 100 50", "3 market 1 B 50", "3/1 refused ERR_UNFILLED",
		  "B 100x50/1" },
		{ "2 new 1 S 100 50; 2 new 2 S 105 50", "3 market 1 B 20",
		  "3/1 traded 2/1 at 100 20 left 0/30; 3/1 accepted B 100 20 rests 0",
		  "S 100x30/1 105x50/1" },
		/* What is left rests there, and does not follow the price. */
		{ "2 new 1 S 100 50; 2 new 2 S 105 50", "3 market 1 B 70",
		  "3/1 traded 2/1 at 100 50 left 20/0; 3/1 accepted B 100 70 rests 20",
		  "B 100x20/1 S 105x50/1" },
		{ "2 new 1 B -100 50; 4 new 1 B -100 50", "3 market 1 S 120; 3 replace 1 -95 10",
		  "3/1 traded 2/1 at -100 50 left 70/0; 3/1 traded 4/1 at -100 50 left 20/0; "
		  "3/1 accepted S -100 120 rests 20; 3/1 replaced S -95 10 rests 10",
		  "S -95x10/1" },
		{ "3 new 1 S 100 50", "3 market 2 B 50; 3 market 1 B 50",
		  "3/2 refused ERR_SELF_TRADE; 3/1 refused ERR_ORDER_EXISTS", "S 100x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_quote_is_new_or_replaces_its_last(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 quote 1 B 100 50; 2 quote 2 S 110 50",
		  "2/1 accepted B 100 50 rests 50; 2/2 accepted S 110 50 rests 50",
		  "B 100x50/1 S 110x50/1" },
		{ "2 quote 1 B 100 50; 2 quote 2 S 110 50",
		  "2 quote 1 B 105 30; 2 quote 2 S 115 30",
		  "2/1 replaced B 105 30 rests 30; 2/2 replaced S 115 30 rests 30",
		  "B 105x30/1 S 115x30/1" },
		/* Filled in between: the quote stands anew. */
		{ "2 quote 1 B 100 50; 3 new 1 S 100 50", "2 quote 1 B 100 30",
		  "2/1 accepted B 100 30 rests 30", "B 100x30/1" },
		/* At the same price: less keeps its place, as much or more does not. */
		{ "2 quote 1 B 100 50; 4 new 1 B 100 50; 2 quote 1 B 100 40",
		  "3 new 1 S 100 60",
		  "3/1 traded 2/1 at 100 40 left 20/0; 3/1 traded 4/1 at 100 20 left 0/30; "
		  "3/1 accepted S 100 60 rests 0", "B 100x30/1" },
		{ "2 quote 1 B 100 50; 4 new 1 B 100 50; 2 quote 1 B 100 50",
		  "3 new 1 S 100 60",
		  "3/1 traded 4/1 at 100 50 left 10/0; 3/1 traded 2/1 at 100 10 left 0/40; "
		  "3/1 accepted S 100 60 rests 0", "B 100x40/1" },
		/* It reaches the other side, or an own order. */
		{ "2 quote 1 B 100 50; 3 new 1 S 110 20", "2 quote 1 B 110 50",
		  "2/1 traded 3/1 at 110 20 left 30/0; 2/1 replaced B 110 50 rests 30",
		  "B 110x30/1" },
		{ "2 quote 1 B 100 50; 2 quote 2 S 110 50",
		  "2 quote 1 B 110 50; 2 quote 1 B 101 50",
		  "2/1 refused ERR_SELF_TRADE; 2/1 refused ERR_TICK", "B 100x50/1 S 110x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_side_is_cancelled_without_the_other(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 2 new 2 S 110 50; 3 new 1 B 95 10", "2 cancel-side B",
		  "2/1 cancelled B 100 50 BY_PARTICIPANT", "B 95x10/1 S 110x50/1" },
		{ "2 new 1 B 100 50; 2 new 2 S 110 50; 2 new 3 S 110 20",
		  "2 cancel-side S; 2 cancel-side S",
		  "2/3 cancelled S 110 20 BY_PARTICIPANT; 2/2 cancelled S 110 50 BY_PARTICIPANT; "
		  "2 accepted nothing", "B 100x50/1" },
		{ "", "2 cancel-side B", "2 accepted nothing", "" },
		{ NULL },
	};
	kit_play(scenes);

	struct kit kit;
	kit_start(&kit);
	struct bb_command command = kit_command("2 cancel-side B");
	command.order.product++;
	kit_apply(&kit, &command);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_PRODUCT);
	command = kit_command("2 cancel-side B");
	command.order.side = 2;
	kit_apply(&kit, &command);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_RECORD);
	kit_stop(&kit);
}

static void
test_good_till_a_time_leaves_with_the_next_tick(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 gtd 1 B 100 50 10; 3 new 1 B 95 20", "0 tick 9; 0 tick 1; 0 tick 1",
		  "ticked; 2/1 cancelled B 100 50 BY_EXPIRY; ticked", "B 95x20/1" },
		/* A partly filled one too; who is filled has no time any more. */
		{ "2 gtd 1 B 100 50 10; 3 gtd 1 B 100 20 11; 4 new 1 S 100 30", "0 tick 20",
		  "2/1 cancelled B 100 20 BY_EXPIRY; 3/1 cancelled B 100 20 BY_EXPIRY", "" },
		{ "2 gtd 1 B 100 50 10; 4 new 1 S 100 50", "0 tick 20", "ticked", "" },
		{ "2 gtd 1 B 100 50 10; 2 cancel 1", "0 tick 20", "ticked", "" },
		/* Whatever the order of entry, the earliest goes first. */
		{ "2 gtd 1 B 100 50 30; 3 gtd 1 B 95 20 20; 4 gtd 1 B 90 10 10",
		  "0 tick 15; 0 tick 10; 0 tick 10",
		  "4/1 cancelled B 90 10 BY_EXPIRY; 3/1 cancelled B 95 20 BY_EXPIRY; "
		  "2/1 cancelled B 100 50 BY_EXPIRY", "" },
		/* A replace keeps the time. */
		{ "2 gtd 1 B 100 50 10; 2 replace 1 105 20", "0 tick 10",
		  "2/1 cancelled B 105 20 BY_EXPIRY", "" },
		{ "0 tick 10", "2 gtd 1 B 100 50 10; 2 gtd 1 B 100 50 0; 2 gtd 1 B 100 50 11",
		  "2/1 refused ERR_EXPIRY; 2/1 refused ERR_EXPIRY; "
		  "2/1 accepted B 100 50 rests 50", "B 100x50/1" },
		/* What trades at once needs no time. */
		{ "3 new 1 S 100 50", "2 gtd 1 B 100 50 10; 0 tick 10",
		  "2/1 traded 3/1 at 100 50 left 0/0; 2/1 accepted B 100 50 rests 0; ticked",
		  "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_the_market_says_when_an_order_expires(void)
{
	struct kit kit;
	kit_start(&kit);

	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_MAX);
	kit_say(&kit, "2 gtd 1 B 100 50 30; 3 gtd 1 B 95 20 20");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_C(20000000000));
	kit_say(&kit, "3 cancel 1");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_C(30000000000));
	kit_say(&kit, "0 tick 30");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_MAX);
	kit_stop(&kit);
}

static void
test_each_clip_of_an_iceberg_queues_anew(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 iceberg 1 S 100 50 10", "2/1 accepted S 100 50 rests 50 hides 40",
		  "S 100x10/1" },
		{ "2 iceberg 1 S 100 50 10; 3 new 1 S 100 20", "4 new 1 B 100 10",
		  "4/1 traded 2/1 at 100 10 left 0/0; 2/1 shows 10 of 40; "
		  "4/1 accepted B 100 10 rests 0", "S 100x30/2" },
		/* The clip in part: it keeps its place. */
		{ "2 iceberg 1 S 100 50 20; 3 new 1 S 100 20; 4 new 1 B 100 10",
		  "4 new 2 B 100 20",
		  "4/2 traded 2/1 at 100 10 left 10/0; 2/1 shows 20 of 30; "
		  "4/2 traded 3/1 at 100 10 left 0/10; 4/2 accepted B 100 20 rests 0",
		  "S 100x30/2" },
		/* Taken as a whole, after whoever stood there when a clip came. */
		{ "2 iceberg 1 S 100 30 10; 3 new 1 S 100 20; 5 new 1 S 105 10",
		  "4 new 1 B 105 70",
		  "4/1 traded 2/1 at 100 10 left 60/0; 2/1 shows 10 of 20; "
		  "4/1 traded 3/1 at 100 20 left 40/0; 4/1 traded 2/1 at 100 10 left 30/0; "
		  "2/1 shows 10 of 10; 4/1 traded 2/1 at 100 10 left 20/0; "
		  "4/1 traded 5/1 at 105 10 left 10/0; 4/1 accepted B 105 70 rests 10",
		  "B 105x10/1" },
		/* The last clip is what is left. */
		{ "2 iceberg 1 S 100 50 20; 4 new 1 B 100 40", "4 new 2 B 100 10",
		  "4/2 traded 2/1 at 100 10 left 0/0; 4/2 accepted B 100 10 rests 0", "" },
		/* It trades with all it has when it comes. */
		{ "3 new 1 B 100 30", "2 iceberg 1 S 100 50 10",
		  "2/1 traded 3/1 at 100 30 left 20/0; 2/1 accepted S 100 50 rests 20 hides 10",
		  "S 100x10/1" },
		/* An immediate order reaches what is hidden; one that must be whole counts what
		 * can be seen. */
		{ "2 iceberg 1 S 100 30 10", "4 fok 1 B 100 20; 4 ioc 1 B 100 20",
		  "4/1 refused ERR_UNFILLED; 4/1 traded 2/1 at 100 10 left 10/0; "
		  "2/1 shows 10 of 20; 4/1 traded 2/1 at 100 10 left 0/0; 2/1 shows 10 of 10; "
		  "4/1 accepted B 100 20 rests 0", "S 100x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_an_iceberg_is_replaced_and_cancelled_as_a_whole(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 iceberg 1 S 100 50 10", "2 cancel 1",
		  "2/1 cancelled S 100 50 BY_PARTICIPANT", "" },
		/* Less at the same price comes off what is hidden first, and keeps the place. */
		{ "2 iceberg 1 S 100 50 10; 3 new 1 S 100 20",
		  "2 replace 1 100 20; 4 ioc 1 B 100 10",
		  "2/1 replaced S 100 20 rests 20 hides 10; 4/1 traded 2/1 at 100 10 left 0/0; "
		  "2/1 shows 10 of 10; 4/1 accepted B 100 10 rests 0", "S 100x30/2" },
		{ "2 iceberg 1 S 100 50 20", "2 replace 1 100 10", "2/1 replaced S 100 10 rests 10",
		  "S 100x10/1" },
		/* A clip of which a part has traded shows what is left of it. */
		{ "2 iceberg 1 S 100 80 40; 4 ioc 1 B 100 20",
		  "2 replace 1 100 50; 4 ioc 1 B 100 20",
		  "2/1 replaced S 100 50 rests 50 hides 30; 4/1 traded 2/1 at 100 20 left 0/0; "
		  "2/1 shows 30 of 30; 4/1 accepted B 100 20 rests 0", "S 100x30/1" },
		/* As much or more does not; the clip stays the same. */
		{ "2 iceberg 1 S 100 50 10; 3 new 1 S 100 20",
		  "2 replace 1 100 50; 4 ioc 1 B 100 10",
		  "2/1 replaced S 100 50 rests 50 hides 40; 4/1 traded 3/1 at 100 10 left 0/10; "
		  "4/1 accepted B 100 10 rests 0", "S 100x20/2" },
		{ "2 iceberg 1 S 100 50 10", "2 replace 1 100 90; 2 replace 1 100 80",
		  "2/1 refused ERR_QUANTITY; 2/1 replaced S 100 80 rests 80 hides 70",
		  "S 100x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_clip_is_an_eighth_at_least(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 iceberg 1 S 100 90 10; 2 iceberg 1 S 100 80 0; 2 iceberg 1 S 100 80 90; "
		      "2 iceberg 1 S 100 80 15; 2 iceberg 1 S 100 80 80",
		  "2/1 refused ERR_QUANTITY; 2/1 refused ERR_QUANTITY; 2/1 refused ERR_QUANTITY; "
		  "2/1 refused ERR_LOT; 2/1 accepted S 100 80 rests 80", "S 100x80/1" },
		/* Forty orders at most: three of them may be icebergs. */
		{ "2 iceberg 1 S 100 80 10; 2 iceberg 2 S 100 80 10; 2 iceberg 3 S 100 80 10",
		  "2 iceberg 4 S 105 20 10; 2 cancel 1; 2 iceberg 4 S 105 20 10",
		  "2/4 refused ERR_BOOK_FULL; 2/1 cancelled S 100 80 BY_PARTICIPANT; "
		  "2/4 accepted S 105 20 rests 20 hides 10", "S 100x20/2 105x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

/* All quotes of a packet are one step: nobody's order comes between, and one that is refused takes
 * no other along. */
static void
test_a_packet_of_quotes_stands_as_far_as_each_can(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 quote 1 B 95 50; 2 quote 2 S 105 50; 2 quote 3 B 90 20",
		  "2 quote 1 B 100 50; 2 quote 2 S 110 50; 2 quote 3 B 91 20; 2 quote 4 S 115 10",
		  "2/1 replaced B 100 50 rests 50; 2/2 replaced S 110 50 rests 50; "
		  "2/3 refused ERR_TICK; 2/4 accepted S 115 10 rests 10",
		  "B 100x50/1 90x20/1 S 110x50/1 115x10/1" },
		/* Up, with the sell first; the other way round it would reach the own sell. */
		{ "2 quote 1 B 95 50; 2 quote 2 S 105 50", "2 quote 2 S 115 50; 2 quote 1 B 105 50",
		  "2/2 replaced S 115 50 rests 50; 2/1 replaced B 105 50 rests 50",
		  "B 105x50/1 S 115x50/1" },
		{ "2 quote 1 B 95 50; 2 quote 2 S 105 50", "2 quote 1 B 105 50; 2 quote 2 S 115 50",
		  "2/1 refused ERR_SELF_TRADE; 2/2 replaced S 115 50 rests 50",
		  "B 95x50/1 S 115x50/1" },
		/* To nothing is no quote: that is a cancel. */
		{ "2 quote 1 B 95 50", "2 quote 1 B 95 0; 2 cancel 1",
		  "2/1 refused ERR_QUANTITY; 2/1 cancelled B 95 50 BY_PARTICIPANT", "" },
		{ NULL },
	};
	kit_play(scenes);
}

/* 10,000 orders at several prices, taken by one; in slices, and none is left out. */
static void
test_one_order_sweeps_ten_thousand(void)
{
	enum { ORDERS = 10000 };
	static const struct bb_market_size size = {
		.participants = 4, .products = 1, .orders = ORDERS, .levels = 256,
		.places = 32768, .positions = 4,
	};
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, ORDERS);
	kit_add_member(&kit, 3, 10);
	kit_add_product(&kit, KIT_PRODUCT, -500, 500, 5);
	struct bb_command sell = kit_command("2 new 0 S 100 10");
	for (uint64_t id = 0; id < ORDERS; id++) {
		sell.order.order_id = id;
		sell.order.price = 100 + (int32_t)(id % 7) * 5;
		kit_apply(&kit, &sell);
	}
	const struct bb_command all = kit_command("3 fok 1 B 130 100000");
	kit_apply(&kit, &all);
	CU_ASSERT_EQUAL_FATAL(kit.event_count, ORDERS + 1);
	for (uint32_t i = 0; i < ORDERS; i++) {
		CU_ASSERT_EQUAL(kit.events[i].kind, BB_EVENT_TRADED);
		CU_ASSERT_EQUAL(kit.events[i].remaining_wh, (ORDERS - 1 - i) * 10);
		if (i > 0)
			CU_ASSERT_TRUE(kit.events[i].price > kit.events[i - 1].price ||
				       kit.events[i].counter_order_id >
					       kit.events[i - 1].counter_order_id);
	}
	CU_ASSERT_EQUAL(kit.events[ORDERS].kind, BB_EVENT_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "");
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "fill or kill trades at once or not at all",
		  test_fill_or_kill_trades_at_once_or_not_at_all },
		{ "all or none never rests", test_all_or_none_never_rests },
		{ "market-to-limit takes the best price as its limit",
		  test_market_to_limit_takes_the_best_price_as_its_limit },
		{ "a quote is new, or replaces its last",
		  test_a_quote_is_new_or_replaces_its_last },
		{ "a side is cancelled without the other",
		  test_a_side_is_cancelled_without_the_other },
		{ "good till a time leaves with the next tick",
		  test_good_till_a_time_leaves_with_the_next_tick },
		{ "the market says when an order expires",
		  test_the_market_says_when_an_order_expires },
		{ "each clip of an iceberg queues anew", test_each_clip_of_an_iceberg_queues_anew },
		{ "an iceberg is replaced and cancelled as a whole",
		  test_an_iceberg_is_replaced_and_cancelled_as_a_whole },
		{ "a clip is an eighth at least", test_a_clip_is_an_eighth_at_least },
		{ "a packet of quotes stands as far as each can",
		  test_a_packet_of_quotes_stands_as_far_as_each_can },
		{ "one order sweeps ten thousand", test_one_order_sweeps_ten_thousand },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("order types", tests);
}
