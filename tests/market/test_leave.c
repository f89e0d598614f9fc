/* test_leave - how orders leave the book or change: cancel, replace, kill, halt, revoke. */
#include <string.h>

#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static void
test_a_cancel_takes_the_order_and_its_level_off(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50", "2 cancel 1; 3 new 1 S 100 10",
		  "2/1 cancelled B 100 50 BY_PARTICIPANT; 3/1 accepted S 100 10 rests 10",
		  "S 100x10/1" },
		{ "2 new 1 B 100 50; 3 new 1 B 100 20; 4 new 1 B 100 10; 5 new 1 B 95 10",
		  "3 cancel 1; 6 new 1 S 95 70",
		  "3/1 cancelled B 100 20 BY_PARTICIPANT; 6/1 traded 2/1 at 100 50 left 20/0; "
		  "6/1 traded 4/1 at 100 10 left 10/0; 6/1 traded 5/1 at 95 10 left 0/0; "
		  "6/1 accepted S 95 70 rests 0", "" },
		{ "2 new 1 B 100 50; 3 new 1 S 100 20", "2 cancel 1",
		  "2/1 cancelled B 100 30 BY_PARTICIPANT", "" },
		/* The lowest and the highest price of the band. */
		{ "2 new 1 B -500 50; 3 new 1 S 500 20", "2 cancel 1; 3 cancel 1",
		  "2/1 cancelled B -500 50 BY_PARTICIPANT; 3/1 cancelled S 500 20 BY_PARTICIPANT",
		  "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_what_is_gone_cannot_be_cancelled(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 cancel 1", "2/1 refused ERR_ORDER_UNKNOWN", "" },
		{ "2 new 1 B 100 50; 3 new 1 S 100 50",
		  "2 cancel 1; 3 cancel 1; 2 replace 1 100 10",
		  "2/1 refused ERR_ORDER_UNKNOWN; 3/1 refused ERR_ORDER_UNKNOWN; "
		  "2/1 refused ERR_ORDER_UNKNOWN", "" },
		{ "2 new 1 B 100 50; 2 cancel 1", "2 cancel 1", "2/1 refused ERR_ORDER_UNKNOWN",
		  "" },
		{ "2 new 1 B 100 50", "3 cancel 1; 3 replace 1 100 10",
		  "3/1 refused ERR_ORDER_UNKNOWN; 3/1 refused ERR_ORDER_UNKNOWN", "B 100x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_only_less_at_the_same_price_keeps_its_place(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 3 new 1 B 100 50", "2 replace 1 100 20; 4 new 1 S 100 30",
		  "2/1 replaced B 100 20 rests 20; 4/1 traded 2/1 at 100 20 left 10/0; "
		  "4/1 traded 3/1 at 100 10 left 0/40; 4/1 accepted S 100 30 rests 0",
		  "B 100x40/1" },
		{ "2 new 1 B 100 50; 3 new 1 B 100 50", "2 replace 1 100 60; 4 new 1 S 100 30",
		  "2/1 replaced B 100 60 rests 60; 4/1 traded 3/1 at 100 30 left 0/20; "
		  "4/1 accepted S 100 30 rests 0", "B 100x80/2" },
		{ "2 new 1 B 100 50; 3 new 1 B 100 50", "2 replace 1 100 50; 4 new 1 S 100 30",
		  "2/1 replaced B 100 50 rests 50; 4/1 traded 3/1 at 100 30 left 0/20; "
		  "4/1 accepted S 100 30 rests 0", "B 100x70/2" },
		{ "2 new 1 B 100 50; 3 new 1 B 95 50",
		  "2 replace 1 95 50; 2 replace 1 100 50; 4 new 1 S 100 30",
		  "2/1 replaced B 95 50 rests 50; 2/1 replaced B 100 50 rests 50; "
		  "4/1 traded 2/1 at 100 30 left 0/20; 4/1 accepted S 100 30 rests 0",
		  "B 100x20/1 95x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_replaced_order_may_trade(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 3 new 1 S 110 20; 4 new 1 S 115 50", "2 replace 1 110 60",
		  "2/1 traded 3/1 at 110 20 left 40/0; 2/1 replaced B 110 60 rests 40",
		  "B 110x40/1 S 115x50/1" },
		{ "2 new 1 S 100 50; 3 new 1 B 90 80", "2 replace 1 -500 70",
		  "2/1 traded 3/1 at 90 70 left 0/10; 2/1 replaced S -500 70 rests 0",
		  "B 90x10/1" },
		/* Its id lives on, and is free once it has traded. */
		{ "2 new 1 B 100 50; 3 new 1 S 110 20", "2 replace 1 110 20; 2 new 1 B 90 10",
		  "2/1 traded 3/1 at 110 20 left 0/0; 2/1 replaced B 110 20 rests 0; "
		  "2/1 accepted B 90 10 rests 10", "B 90x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_replaced_event_tells_what_rested_before(void)
{
	struct kit kit;
	kit_start(&kit);

	kit_say(&kit, "2 new 1 B -100 50; 2 replace 1 -100 20; 3 new 1 S 5 10; 2 replace 1 5 30");
	const struct bb_event *shrunk = &kit.events[1];
	const struct bb_event *moved = &kit.events[kit.event_count - 1];
	CU_ASSERT_EQUAL(shrunk->kind, BB_EVENT_REPLACED);
	CU_ASSERT_EQUAL(bb_event_before_wh(shrunk), 50);
	CU_ASSERT_EQUAL(bb_event_before_price(shrunk), -100);
	CU_ASSERT_EQUAL(moved->kind, BB_EVENT_REPLACED);
	CU_ASSERT_EQUAL(bb_event_before_wh(moved), 20);
	CU_ASSERT_EQUAL(bb_event_before_price(moved), -100);
	kit_stop(&kit);
}

static void
test_all_are_cancelled_and_nobody_elses(void)
{
	static const struct kit_scene scenes[] = {
		/* Which comes first is not promised; today buys, and of these the newest. */
		{ "2 new 3 B 100 50; 3 new 1 B 100 10; 2 new 1 S 110 20; 2 new 2 B 95 10",
		  "2 cancel-product",
		  "2/2 cancelled B 95 10 BY_PARTICIPANT; 2/3 cancelled B 100 50 BY_PARTICIPANT; "
		  "2/1 cancelled S 110 20 BY_PARTICIPANT", "B 100x10/1" },
		/* Sorted by the check whether 4 would trade with an own order. */
		{ "2 new 1 S 110 50; 2 new 2 S 105 50; 2 new 3 S 115 50; 3 new 1 S 90 10; "
		  "2 cancel 2; 2 new 4 B 105 10; 2 new 5 S 120 10",
		  "2 cancel-all",
		  "2/5 cancelled S 120 10 BY_PARTICIPANT; 2/1 cancelled S 110 50 BY_PARTICIPANT; "
		  "2/3 cancelled S 115 50 BY_PARTICIPANT", "" },
		{ "3 new 1 B 100 50", "2 cancel-all; 2 cancel-product",
		  "2 accepted nothing; 2 accepted nothing", "B 100x50/1" },
		{ "2 new 1 B 100 50; 2 cancel-all", "2 cancel-all; 2 new 1 S 100 10",
		  "2 accepted nothing; 2/1 accepted S 100 10 rests 10", "S 100x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_a_product_is_cancelled_alone_and_all_product_by_product(void)
{
	struct bb_command other = kit_command("2 new 7 S 100 20");
	struct bb_command cancel = kit_command("2 cancel-product");
	struct kit kit;

	kit_start(&kit);
	kit_add_product(&kit, 5, 0, 200, 5);
	other.order.product = 5;
	kit_say(&kit, "2 new 1 B 100 50");
	kit_apply(&kit, &other);
	kit_say(&kit, "2 new 2 B 100 50");
	cancel.order.product = 5;
	kit_apply(&kit, &cancel);
	CU_ASSERT_EQUAL(kit.event_count, 1);
	CU_ASSERT_EQUAL(kit.events[0].order_id, 7);
	CU_ASSERT_EQUAL(kit.events[0].product, 5);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "B 100x100/2");

	/* Nothing left to cancel: said with the product. */
	kit_apply(&kit, &cancel);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	CU_ASSERT_EQUAL(kit.events[0].product, 5);
	CU_ASSERT_EQUAL(kit.events[0].quantity_wh, 0);

	kit_apply(&kit, &other);
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 3 B 100 50; 2 cancel-all"),
			       "2/3 accepted B 100 50 rests 50; "
			       "2/7 cancelled S 100 20 BY_PARTICIPANT; "
			       "2/3 cancelled B 100 50 BY_PARTICIPANT; "
			       "2/2 cancelled B 100 50 BY_PARTICIPANT; "
			       "2/1 cancelled B 100 50 BY_PARTICIPANT");
	kit_stop(&kit);
}

static void
test_a_revoked_participant_is_out_for_good(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 2 new 2 S 110 20; 3 new 1 B 95 10", "1 revoke 2",
		  "2/1 cancelled B 100 50 BY_REVOKE; 2/2 cancelled S 110 20 BY_REVOKE; "
		  "member 2 revoked by 1", "B 95x10/1" },
		{ "1 revoke 2", "2 new 1 B 100 50; 2 cancel-all; 1 revoke 2",
		  "2/1 refused ERR_SUSPENDED; 2/0 refused ERR_SUSPENDED; "
		  "1/0 refused ERR_SUSPENDED", "" },
		{ "", "1 revoke 1; 1 revoke 10; 1 revoke 0; 2 revoke 3; 2 halt; 1 cancel-all",
		  "1/0 refused ERR_ROLE; 1/0 refused ERR_PARTICIPANT; "
		  "1/0 refused ERR_PARTICIPANT; 2/0 refused ERR_ROLE; 2/0 refused ERR_ROLE; "
		  "1/0 refused ERR_ROLE", "" },
		{ NULL },
	};
	kit_play(scenes);
}

/* Own or by the operator: all orders leave, and none comes in until the operator says so. */
static void
test_the_kill_switch_takes_all_off_until_it_is_armed(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 2 new 2 S 110 20; 3 new 1 B 95 10", "2 kill",
		  "2/1 cancelled B 100 50 BY_KILL; 2/2 cancelled S 110 20 BY_KILL; "
		  "member 2 killed by 2", "B 95x10/1" },
		{ "2 new 1 B 100 50; 3 new 1 B 95 10", "1 stop 2",
		  "2/1 cancelled B 100 50 BY_KILL; member 2 killed by 1", "B 95x10/1" },
		/* Nothing new of any type; a second time does no harm. */
		{ "2 kill; 3 new 1 S 100 50",
		  "2 new 1 B 90 10; 2 ioc 1 B 100 10; 2 fok 1 B 100 10; 2 market 1 B 10; "
		  "2 quote 1 B 90 10; 2 cancel-all; 2 kill",
		  "2/1 refused ERR_KILLED; 2/1 refused ERR_KILLED; 2/1 refused ERR_KILLED; "
		  "2/1 refused ERR_KILLED; 2/1 refused ERR_KILLED; 2 accepted nothing; "
		  "member 2 killed by 2", "S 100x50/1" },
		{ "2 kill", "2 arm 2; 1 arm 2; 2 new 1 B 90 10",
		  "2/0 refused ERR_ROLE; member 2 armed by 1; 2/1 accepted B 90 10 rests 10",
		  "B 90x10/1" },
		{ "", "1 stop 11; 2 stop 3; 1 arm 0",
		  "1/0 refused ERR_PARTICIPANT; 2/0 refused ERR_ROLE; 1/0 refused ERR_PARTICIPANT",
		  "" },
		{ NULL },
	};
	kit_play(scenes);
}

/* What rests stays where it is, unless its owner or its time takes it off. */
static void
test_a_halt_keeps_the_book_and_resume_goes_on_with_it(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50; 3 new 1 B 100 20; 1 halt",
		  "4 new 1 S 100 60; 1 resume; 4 new 1 S 100 60",
		  "4/1 refused ERR_HALTED; resumed by 1; 4/1 traded 2/1 at 100 50 left 10/0; "
		  "4/1 traded 3/1 at 100 10 left 0/10; 4/1 accepted S 100 60 rests 0",
		  "B 100x10/1" },
		{ "2 new 1 B 100 50; 1 halt",
		  "3 ioc 1 S 100 10; 3 fok 1 S 100 10; 3 market 1 S 10; 3 iceberg 1 S 110 20 10; "
		  "3 quote 1 S 110 10; 2 quote 1 B 95 10; 2 replace 1 100 10",
		  "3/1 refused ERR_HALTED; 3/1 refused ERR_HALTED; 3/1 refused ERR_HALTED; "
		  "3/1 refused ERR_HALTED; 3/1 refused ERR_HALTED; 2/1 refused ERR_HALTED; "
		  "2/1 refused ERR_HALTED", "B 100x50/1" },
		{ "2 gtd 1 B 100 50 10; 2 new 2 B 95 10; 2 new 3 S 105 10; 1 halt",
		  "0 tick 10; 2 cancel-side S; 2 kill; 1 resume",
		  "2/1 cancelled B 100 50 BY_EXPIRY; 2/3 cancelled S 105 10 BY_PARTICIPANT; "
		  "2/2 cancelled B 95 10 BY_KILL; member 2 killed by 2; resumed by 1", "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_energy_and_money_are_conserved(void)
{
	struct bb_member buyer, seller;
	struct bb_product product;
	struct kit kit;

	kit_start(&kit);
	kit_say(&kit, "2 new 1 S -100 50; 3 new 1 B 100 30; 3 new 2 B 120 30; 2 new 2 S 105 10");
	CU_ASSERT_TRUE(bb_market_member(kit.market, 3, &buyer));
	CU_ASSERT_TRUE(bb_market_member(kit.market, 2, &seller));
	CU_ASSERT_TRUE(bb_market_product(kit.market, 0, &product));
	CU_ASSERT_EQUAL(buyer.bought_wh, 60);
	CU_ASSERT_EQUAL(seller.sold_wh, 60);
	CU_ASSERT_EQUAL(buyer.money, 100 * 50 - 120 * 10);
	CU_ASSERT_EQUAL(buyer.money + seller.money, 0);
	CU_ASSERT_EQUAL(product.trades, 3);
	CU_ASSERT_EQUAL(product.traded_wh, 60);
	CU_ASSERT_EQUAL(product.last_price, 120);
	CU_ASSERT_EQUAL(product.orders_live, 0);
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a cancel takes the order and its level off",
		  test_a_cancel_takes_the_order_and_its_level_off },
		{ "what is gone cannot be cancelled", test_what_is_gone_cannot_be_cancelled },
		{ "only less at the same price keeps its place",
		  test_only_less_at_the_same_price_keeps_its_place },
		{ "a replaced order may trade", test_a_replaced_order_may_trade },
		{ "a replaced event tells what rested before",
		  test_a_replaced_event_tells_what_rested_before },
		{ "all are cancelled, and nobody else's",
		  test_all_are_cancelled_and_nobody_elses },
		{ "a product is cancelled alone, and all product by product",
		  test_a_product_is_cancelled_alone_and_all_product_by_product },
		{ "a revoked participant is out for good",
		  test_a_revoked_participant_is_out_for_good },
		{ "the kill switch takes all off until it is armed",
		  test_the_kill_switch_takes_all_off_until_it_is_armed },
		{ "a halt keeps the book and resume goes on with it",
		  test_a_halt_keeps_the_book_and_resume_goes_on_with_it },
		{ "energy and money are conserved", test_energy_and_money_are_conserved },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("leave", tests);
}
