/* test_limits - what an order may not be, for the sake of sums, accounts and room: limits of
 * the venue, of its participants, and of what the structures hold. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static void
test_no_lock_can_overflow(void)
{
	struct bb_command add = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	struct bb_command buy = { .participant = 2, .kind = BB_COMMAND_NEW };
	static const struct bb_market_size size = {
		.participants = 3, .products = 1, .orders = 300, .levels = 128, .places = 1024,
		.positions = 3,
	};
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, 300);
	kit_add_member(&kit, 3, 300);
	add.product = (struct bb_product_command){
		.product = 9, .price_min = -BB_PRICE_MAX, .price_max = BB_PRICE_MAX,
		.tick = BB_PRICE_MAX, .lot_wh = 1, .quantity_max_wh = BB_QUANTITY_MAX,
	};
	kit_apply(&kit, &add);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_PRODUCT_ADDED);

	/* 4e16 an order: the 231st would pass 2^63. */
	buy.order = (struct bb_order_command){
		.product = 9, .price = BB_PRICE_MAX, .quantity_wh = BB_QUANTITY_MAX,
		.side = BB_BUY,
	};
	for (; buy.order.order_id < 300; buy.order.order_id++) {
		kit_apply(&kit, &buy);
		if (kit.events[0].kind != BB_EVENT_ACCEPTED)
			break;
	}
	CU_ASSERT_EQUAL(buy.order.order_id, 230);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_POSITION);

	/* What costs nothing still passes, and a replace counts without what it replaces. */
	buy.order.price = 0;
	kit_apply(&kit, &buy);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	buy.kind = BB_COMMAND_REPLACE;
	buy.order.price = BB_PRICE_MAX;
	kit_apply(&kit, &buy);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_POSITION);
	buy.order.order_id = 0;
	kit_apply(&kit, &buy);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_REPLACED);

	/* A seller pays where the price is below zero. */
	struct bb_command sell = buy;
	sell.participant = 3;
	sell.kind = BB_COMMAND_NEW;
	sell.order.side = BB_SELL;
	sell.order.price = 0;
	kit_apply(&kit, &sell);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_TRADED);
	CU_ASSERT_TRUE(bb_accounts_balance(&kit.market->accounts, 3) ==
		       (__int128)BB_PRICE_MAX * BB_QUANTITY_MAX);
	kit_stop(&kit);
}

static void
test_no_sum_of_energy_can_overflow(void)
{
	/* Too far to trade to: so the sums are put there, before anything rests on them. */
	const uint64_t near = (uint64_t)INT64_MAX - 100;
	struct kit kit;
	kit_start(&kit);
	kit_add_product(&kit, 5, 0, 100, 5);
	struct bb_account *accounts = kit.market->members.accounts;
	struct bb_listing *listings = kit.market->products.listings;

	accounts[2].energy_wh = accounts[2].bought_wh = near;
	accounts[3].energy_wh = accounts[3].sold_wh = near;
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 1 B 0 60; 2 new 2 B 0 50; 3 new 1 S 5 110; "
					     "3 new 1 S 0 60"),
			       "2/1 accepted B 0 60 rests 60; 2/2 refused ERR_POSITION; "
			       "3/1 refused ERR_POSITION; 3/1 traded 2/1 at 0 60 left 0/0; "
			       "3/1 accepted S 0 60 rests 0");

	/* The product's own sum. */
	listings[1].product.traded_wh = near;
	struct bb_command command = kit_command("4 new 1 B 0 110");
	command.order.product = 5;
	kit_apply(&kit, &command);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_POSITION);
	command.order.quantity_wh = 100;
	kit_apply(&kit, &command);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);

	accounts[2].energy_wh -= near;
	accounts[2].bought_wh -= near;
	accounts[3].energy_wh -= near;
	accounts[3].sold_wh -= near;
	listings[1].product.traded_wh = 0;
	kit_stop(&kit);
}

static void
test_net_positions_stay_within_the_participants_limits(void)
{
	struct kit kit;
	kit_start(&kit);
	struct bb_account *accounts = kit.market->members.accounts;

	accounts[2].cap_in_wh = 100;
	accounts[2].cap_out_wh = 50;
	accounts[2].order_wh_max = 90;
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 1 B 100 100; 2 new 1 B 100 80; "
					     "2 new 2 B 90 30; 2 new 2 B 90 20; 2 ioc 3 B 90 10; "
					     "2 new 3 S 200 60; 2 new 3 S 200 50"),
			       "2/1 refused ERR_QUANTITY; 2/1 accepted B 100 80 rests 80; "
			       "2/2 refused ERR_POSITION; 2/2 accepted B 90 20 rests 20; "
			       "2/3 refused ERR_POSITION; 2/3 refused ERR_POSITION; "
			       "2/3 accepted S 200 50 rests 50");
	/* What it has bought lets it sell more, and a replace counts without what it replaces. */
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 new 1 S 100 80; 2 new 4 S 200 80; "
					     "2 new 5 S 200 10; 2 new 5 B 80 10; "
					     "2 replace 2 90 30; 2 replace 2 85 20"),
			       "3/1 traded 2/1 at 100 80 left 0/0; 3/1 accepted S 100 80 rests 0; "
			       "2/4 accepted S 200 80 rests 80; 2/5 refused ERR_POSITION; "
			       "2/5 refused ERR_POSITION; 2/2 refused ERR_POSITION; "
			       "2/2 replaced B 85 20 rests 20");
	kit_stop(&kit);
}

static void
test_who_trades_covered_needs_the_money(void)
{
	struct kit kit;
	kit_start(&kit);
	bb_accounts_move(&kit.market->accounts, BB_ACCOUNT_BANK, 2, 10000);
	kit.market->members.accounts[2].escrow = 1;
	kit.market->members.accounts[3].escrow = 1;

	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 1 B 100 110; 2 new 1 B 100 60; "
					     "2 new 2 B 100 50; 2 new 2 B 80 50; 2 new 3 B 5 10; "
					     "2 replace 1 95 60; 2 new 3 B 5 10; 3 new 1 S 500 90"),
			       "2/1 refused ERR_ESCROW; 2/1 accepted B 100 60 rests 60; "
			       "2/2 refused ERR_ESCROW; 2/2 accepted B 80 50 rests 50; "
			       "2/3 refused ERR_ESCROW; 2/1 replaced B 95 60 rests 60; "
			       "2/3 accepted B 5 10 rests 10; 3/1 accepted S 500 90 rests 90");
	/* Sold for money at once: what comes in covers the next order. */
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 new 2 B 10 10; 3 new 3 S 95 10; 3 new 2 B 10 10"),
			       "3/2 refused ERR_ESCROW; 3/3 traded 2/1 at 95 10 left 0/50; "
			       "3/3 accepted S 95 10 rests 0; 3/2 accepted B 10 10 rests 10");
	kit_stop(&kit);
}

static void
test_the_killed_only_cancel(void)
{
	struct kit kit;
	kit_start(&kit);

	kit_say(&kit, "2 new 1 B 100 50; 2 new 2 B 95 50");
	kit.market->members.accounts[2].killed = 1;
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 3 B 90 10; 2 replace 1 100 20; 2 cancel 1"),
			       "2/3 refused ERR_KILLED; 2/1 refused ERR_KILLED; "
			       "2/1 cancelled B 100 50 BY_PARTICIPANT");
	kit_stop(&kit);
}

static void
test_ids_of_live_orders_differ_in_their_low_bits(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_add_member(&kit, 10, 3); /* a table of four places */

	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "10 new 2 B 100 50; 10 new 6 B 95 10; "
					     "10 cancel 6; 10 new 7 B 95 10; 10 cancel 2; "
					     "10 new 6 B 95 10; 10 replace 2 95 20; 10 cancel 6"),
			       "10/2 accepted B 100 50 rests 50; 10/6 refused ERR_ORDER_EXISTS; "
			       "10/6 refused ERR_ORDER_UNKNOWN; 10/7 accepted B 95 10 rests 10; "
			       "10/2 cancelled B 100 50 BY_PARTICIPANT; "
			       "10/6 accepted B 95 10 rests 10; "
			       "10/2 refused ERR_ORDER_UNKNOWN; "
			       "10/6 cancelled B 95 10 BY_PARTICIPANT");
	kit_stop(&kit);
}

static void
test_rungs_run_out_only_far_from_other_orders(void)
{
	static const struct bb_market_size size = {
		.participants = 4, .products = 1, .orders = 20, .levels = 201, .places = 64,
		.positions = 2,
	};
	struct kit kit;
	kit_open(&kit, &size, 1);
	for (uint32_t participant = 2; participant <= 4; participant++)
		kit_add_member(&kit, participant, 10);
	kit_add_product(&kit, KIT_PRODUCT, -500, 500, 5);

	/* Four stretches of 64 prices: three of sells, one of buys. */
	kit_say(&kit, "2 new 1 S 100 50; 2 new 2 S 200 50; 2 new 3 S 470 50; 2 new 4 B 0 50");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 5 B -499 10; 2 new 5 B -500 10; "
					     "3 new 1 B 5 10; "
					     "3 ioc 2 B -500 10; 2 new 6 S 105 10"),
			       "2/5 refused ERR_TICK; 2/5 refused ERR_BOOK_FULL; "
			       "3/1 accepted B 5 10 rests 10; 3/2 accepted B -500 10 rests 0; "
			       "3/2 cancelled B -500 10 BY_IOC; 2/6 accepted S 105 10 rests 10");
	/* An order alone in its stretch may take it along; others may not. */
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 replace 4 -500 50; 2 replace 3 -500 50; "
					     "2 replace 3 300 50; 4 new 1 B -500 10"),
			       "2/4 refused ERR_BOOK_FULL; 2/3 refused ERR_SELF_TRADE; "
			       "2/3 replaced S 300 50 rests 50; 4/1 refused ERR_FULL");
	kit_stop(&kit);
}

/* The largest orders at one price until it holds no more. */
static void
test_one_price_holds_only_so_much(void)
{
	enum { LEAST = (int)(BB_RUNG_WH_MAX / BB_QUANTITY_MAX) };
	static const struct bb_market_size size = {
		.participants = 3, .products = 1, .orders = LEAST + 10, .levels = 64,
		.places = 4096,
		.positions = 3,
	};
	struct bb_command add = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	struct bb_command buy = { .participant = 2, .kind = BB_COMMAND_NEW };
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, LEAST + 10);
	add.product = (struct bb_product_command){
		.product = 9, .price_max = 1, .tick = 1, .lot_wh = 1,
		.quantity_max_wh = BB_QUANTITY_MAX,
	};
	kit_apply(&kit, &add);
	buy.order = (struct bb_order_command){ .product = 9, .quantity_wh = BB_QUANTITY_MAX };
	for (; buy.order.order_id < LEAST; buy.order.order_id++) {
		kit_apply(&kit, &buy);
		CU_ASSERT_EQUAL_FATAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	}
	kit_apply(&kit, &buy);
	CU_ASSERT_EQUAL(kit.events[0].result, BB_ERR_BOOK_FULL);
	buy.order.price = 1; /* there is room beside it */
	kit_apply(&kit, &buy);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "no lock can overflow", test_no_lock_can_overflow },
		{ "no sum of energy can overflow", test_no_sum_of_energy_can_overflow },
		{ "net positions stay within the participant's limits",
		  test_net_positions_stay_within_the_participants_limits },
		{ "who trades covered needs the money", test_who_trades_covered_needs_the_money },
		{ "the killed only cancel", test_the_killed_only_cancel },
		{ "ids of live orders differ in their low bits",
		  test_ids_of_live_orders_differ_in_their_low_bits },
		{ "rungs run out only far from other orders",
		  test_rungs_run_out_only_far_from_other_orders },
		{ "one price holds only so much", test_one_price_holds_only_so_much },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("limits", tests);
}
