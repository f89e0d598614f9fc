/* test_entry - what happens to an order that comes in: refusals, trades, rests. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static void
test_orders_that_do_not_meet_rest(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 new 1 B 100 50", "2/1 accepted B 100 50 rests 50", "B 100x50/1" },
		{ "2 new 1 B 100 50", "3 new 1 S 105 20", "3/1 accepted S 105 20 rests 20",
		  "B 100x50/1 S 105x20/1" },
		{ "2 new 1 B 100 50", "3 new 1 B 100 20; 4 new 1 B 95 10",
		  "3/1 accepted B 100 20 rests 20; 4/1 accepted B 95 10 rests 10",
		  "B 100x70/2 95x10/1" },
		{ "2 new 1 S -500 50", "3 new 1 S 500 20", "3/1 accepted S 500 20 rests 20",
		  "S -500x50/1 500x20/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_the_trade_is_at_the_resting_price(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 S 100 50", "3 new 9 B 120 50",
		  "3/9 traded 2/1 at 100 50 left 0/0; 3/9 accepted B 120 50 rests 0", "" },
		{ "2 new 1 B 100 50", "3 new 9 S 80 50",
		  "3/9 traded 2/1 at 100 50 left 0/0; 3/9 accepted S 80 50 rests 0", "" },
		{ "2 new 1 S 100 50", "3 new 9 B 100 20",
		  "3/9 traded 2/1 at 100 20 left 0/30; 3/9 accepted B 100 20 rests 0",
		  "S 100x30/1" },
		{ "2 new 1 S 100 50", "3 new 9 B 100 70",
		  "3/9 traded 2/1 at 100 50 left 20/0; 3/9 accepted B 100 70 rests 20",
		  "B 100x20/1" },
		{ "2 new 1 S -100 50", "3 new 9 B -95 50",
		  "3/9 traded 2/1 at -100 50 left 0/0; 3/9 accepted B -95 50 rests 0", "" },
		{ "2 new 1 S -500 10; 4 new 1 S 500 10", "3 new 9 B 500 30",
		  "3/9 traded 2/1 at -500 10 left 20/0; 3/9 traded 4/1 at 500 10 left 10/0; "
		  "3/9 accepted B 500 30 rests 10", "B 500x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_best_price_trades_first_then_the_oldest(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 S 110 10; 2 new 2 S 100 10; 4 new 1 S 100 10; 5 new 1 S 105 10",
		  "3 new 9 B 105 40",
		  "3/9 traded 2/2 at 100 10 left 30/0; 3/9 traded 4/1 at 100 10 left 20/0; "
		  "3/9 traded 5/1 at 105 10 left 10/0; 3/9 accepted B 105 40 rests 10",
		  "B 105x10/1 S 110x10/1" },
		{ "2 new 1 B 100 10; 4 new 1 B 105 10; 5 new 1 B 105 10", "3 new 9 S 100 20",
		  "3/9 traded 4/1 at 105 10 left 10/0; 3/9 traded 5/1 at 105 10 left 0/0; "
		  "3/9 accepted S 100 20 rests 0", "B 100x10/1" },
		/* A partly filled order keeps its place. */
		{ "2 new 1 S 100 50; 4 new 1 S 100 50; 3 new 1 B 100 40", "5 new 1 B 100 20",
		  "5/1 traded 2/1 at 100 10 left 10/0; 5/1 traded 4/1 at 100 10 left 0/40; "
		  "5/1 accepted B 100 20 rests 0", "S 100x40/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_immediate_or_cancel_never_rests(void)
{
	static const struct kit_scene scenes[] = {
		{ "", "2 ioc 1 B 100 50",
		  "2/1 accepted B 100 50 rests 0; 2/1 cancelled B 100 50 BY_IOC", "" },
		{ "2 new 1 S 100 20; 2 new 2 S 105 20", "3 ioc 1 B 100 50",
		  "3/1 traded 2/1 at 100 20 left 30/0; 3/1 accepted B 100 50 rests 0; "
		  "3/1 cancelled B 100 30 BY_IOC", "S 105x20/1" },
		{ "2 new 1 S 100 50", "3 ioc 1 B 100 50",
		  "3/1 traded 2/1 at 100 50 left 0/0; 3/1 accepted B 100 50 rests 0", "" },
		{ "2 ioc 1 B 100 50", "2 cancel 1", "2/1 refused ERR_ORDER_UNKNOWN", "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_an_order_id_is_unique_among_live_orders(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50", "2 new 1 B 95 10", "2/1 refused ERR_ORDER_EXISTS",
		  "B 100x50/1" },
		{ "2 new 1 B 100 50", "2 ioc 1 B 95 10", "2/1 refused ERR_ORDER_EXISTS",
		  "B 100x50/1" },
		{ "2 new 1 B 100 50", "3 new 1 B 95 10", "3/1 accepted B 95 10 rests 10",
		  "B 100x50/1 95x10/1" },
		{ "2 new 1 B 100 50; 2 cancel 1", "2 new 1 B 95 10",
		  "2/1 accepted B 95 10 rests 10", "B 95x10/1" },
		{ "2 new 1 B 100 50; 3 new 1 S 100 50", "2 new 1 B 95 10",
		  "2/1 accepted B 95 10 rests 10", "B 95x10/1" },
		{ "2 new 1 B 100 50; 3 new 1 S 100 20", "2 new 1 B 95 10",
		  "2/1 refused ERR_ORDER_EXISTS", "B 100x30/1" },
		{ "2 new 0 B 100 50; 2 new 18446744073709551615 B 95 50", "2 cancel 0",
		  "2/0 cancelled B 100 50 BY_PARTICIPANT", "B 95x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_nobody_trades_with_itself(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 S 100 50", "2 new 2 B 100 10", "2/2 refused ERR_SELF_TRADE",
		  "S 100x50/1" },
		{ "2 new 1 B 100 50", "2 ioc 2 S 95 10", "2/2 refused ERR_SELF_TRADE",
		  "B 100x50/1" },
		{ "2 new 1 S 100 50", "2 new 2 B 95 10", "2/2 accepted B 95 10 rests 10",
		  "B 95x10/1 S 100x50/1" },
		/* Others stand before it and would fill the order: refused all the same. */
		{ "3 new 1 S 90 50; 2 new 1 S 100 50", "2 new 2 B 100 10",
		  "2/2 refused ERR_SELF_TRADE", "S 90x50/1 100x50/1" },
		{ "3 new 1 S 90 50; 2 new 1 S 100 50", "2 new 2 B 95 10",
		  "2/2 traded 3/1 at 90 10 left 0/40; 2/2 accepted B 95 10 rests 0",
		  "S 90x40/1 100x50/1" },
		/* The best own price counts, and the next one once that is gone. */
		{ "2 new 1 S 120 10; 2 new 2 S 100 10; 2 new 3 S 110 10; 2 cancel 2",
		  "2 new 4 B 105 10; 2 new 5 B 110 10",
		  "2/4 accepted B 105 10 rests 10; 2/5 refused ERR_SELF_TRADE",
		  "B 105x10/1 S 110x10/1 120x10/1" },
		{ "2 new 1 S 100 10; 3 new 1 B 100 10", "2 new 2 B 100 10",
		  "2/2 accepted B 100 10 rests 10", "B 100x10/1" },
		/* A replace that would reach an own order is refused too. */
		{ "2 new 1 S 100 10; 2 new 2 B 90 10", "2 replace 2 100 10",
		  "2/2 refused ERR_SELF_TRADE", "B 90x10/1 S 100x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static struct bb_command
good_order(void)
{
	return kit_command("2 new 77 B 100 50");
}

/* Each case spoils a good order in one way. */
enum spoil {
	PRODUCT, SIDE, RESERVED, TICK, PRICE_ABOVE, PRICE_BELOW, PRICE_LOWEST, QUANTITY_ZERO,
	QUANTITY_LARGE, QUANTITY_LARGEST, LOT, EXISTS, TYPE, SHOWN, SELF, STRANGER, NOBODY, NO_ROLE,
	KIND, KIND_UNKNOWN, CANCEL_UNKNOWN, REPLACE_UNKNOWN, REPLACE_TICK, REPLACE_RESERVED,
	REPLACE_QUANTITY, CANCEL_PRODUCT, SPOILS
};

static enum bb_result
spoil(enum spoil how, struct bb_command *command)
{
	struct bb_order_command *order = &command->order;

	switch (how) {
	case PRODUCT: order->product++; return BB_ERR_PRODUCT;
	case SIDE: order->side = 2; return BB_ERR_RECORD;
	case RESERVED: order->reserved[4] = 1; return BB_ERR_RECORD;
	case TICK: order->price = -101; return BB_ERR_TICK;
	case PRICE_ABOVE: order->price = 505; return BB_ERR_PRICE;
	case PRICE_BELOW: order->price = -505; return BB_ERR_PRICE;
	case PRICE_LOWEST: order->price = INT32_MIN + 3; return BB_ERR_PRICE;
	case QUANTITY_ZERO: order->quantity_wh = 0; return BB_ERR_QUANTITY;
	case QUANTITY_LARGE: order->quantity_wh = 1000010; return BB_ERR_QUANTITY;
	case QUANTITY_LARGEST: order->quantity_wh = UINT32_MAX; return BB_ERR_QUANTITY;
	case LOT: order->quantity_wh = 55; return BB_ERR_LOT;
	case EXISTS: order->order_id = 1; return BB_ERR_ORDER_EXISTS;
	case TYPE: order->type = BB_ORDER_TYPES; return BB_ERR_UNSUPPORTED;
	case SHOWN: order->shown_wh = 10; return BB_ERR_UNSUPPORTED;
	case SELF: order->price = 300; return BB_ERR_SELF_TRADE;
	case STRANGER: command->participant = 10; return BB_ERR_PARTICIPANT;
	case NOBODY: command->participant = UINT32_MAX; return BB_ERR_PARTICIPANT;
	case NO_ROLE: command->participant = 1; return BB_ERR_ROLE;
	case KIND: command->kind = BB_COMMAND_MALFORMED; return BB_ERR_RECORD;
	case KIND_UNKNOWN: command->kind = BB_COMMAND_KINDS; return BB_ERR_RECORD;
	case CANCEL_UNKNOWN: command->kind = BB_COMMAND_CANCEL; return BB_ERR_ORDER_UNKNOWN;
	case REPLACE_UNKNOWN: command->kind = BB_COMMAND_REPLACE; return BB_ERR_ORDER_UNKNOWN;
	case REPLACE_TICK:
		*command = kit_command("2 replace 1 101 50");
		return BB_ERR_TICK;
	case REPLACE_RESERVED:
		*command = kit_command("2 replace 1 100 50");
		command->order.reserved[0] = 1;
		return BB_ERR_RECORD;
	case REPLACE_QUANTITY:
		*command = kit_command("2 replace 1 100 0");
		return BB_ERR_QUANTITY;
	case CANCEL_PRODUCT:
		*command = kit_command("2 cancel-product");
		command->order.product = 0;
		return BB_ERR_PRODUCT;
	default: return BB_OK;
	}
}

static void
test_a_refusal_changes_no_byte(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_say(&kit, "2 new 1 B 90 50; 3 new 1 B 85 20; 2 new 2 S 300 50; 3 new 2 S 400 20; "
		       "2 cancel 3");

	uint8_t *before = malloc(kit.memory_size);
	for (uint32_t how = 0; how < SPOILS; how++) {
		struct bb_command command = good_order();
		const enum bb_result result = spoil((enum spoil)how, &command);
		struct bb_event event[BB_SLICE_EVENTS];
		uint32_t count = 0;

		/* The same number and time as before, at which its sender was heard: so even
		 * these stay. */
		memcpy(before, kit.memory, kit.memory_size);
		CU_ASSERT_TRUE(bb_market_apply(kit.market, &command, kit.number,
					       1000 + kit.number, event, &count));
		CU_ASSERT_EQUAL(count, 1);
		CU_ASSERT_EQUAL(event[0].kind, BB_EVENT_REFUSED);
		CU_ASSERT_EQUAL(event[0].result, result);
		CU_ASSERT_EQUAL(event[0].participant, command.participant);
		CU_ASSERT_EQUAL(event[0].number, kit.number);
		/* But that to tell a self-trade, own orders may have been sorted. */
		if (result != BB_ERR_SELF_TRADE)
			CU_ASSERT_EQUAL(memcmp(before, kit.memory, kit.memory_size), 0);
		bb_market_check(kit.market);
	}
	const struct bb_command command = good_order();
	kit_apply(&kit, &command);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_ACCEPTED);
	free(before);
	kit_stop(&kit);
}

static void
test_a_halted_market_only_cancels(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 B 100 50", "1 halt; 2 new 2 B 95 10; 2 replace 1 100 20; 2 cancel 1",
		  "halted by 1; 2/2 refused ERR_HALTED; 2/1 refused ERR_HALTED; "
		  "2/1 cancelled B 100 50 BY_PARTICIPANT", "" },
		{ "1 halt; 1 halt", "1 resume; 1 resume; 2 new 1 B 100 50",
		  "resumed by 1; resumed by 1; 2/1 accepted B 100 50 rests 50", "B 100x50/1" },
		{ "2 new 1 B 100 50; 3 new 1 B 100 50; 1 halt", "2 cancel-all; 1 revoke 3",
		  "2/1 cancelled B 100 50 BY_PARTICIPANT; 3/1 cancelled B 100 50 BY_REVOKE; "
		  "member 3 revoked by 1", "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_live_orders_are_limited_and_takers_are_not(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_add_member(&kit, 10, 2);

	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "10 new 1 B 50 10; 10 new 2 B 50 10; "
					     "10 new 3 B 50 10; 10 ioc 4 B 50 10"),
			       "10/1 accepted B 50 10 rests 10; 10/2 accepted B 50 10 rests 10; "
			       "10/3 refused ERR_ORDERS; 10/4 accepted B 50 10 rests 0; "
			       "10/4 cancelled B 50 10 BY_IOC");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "10 replace 1 55 20; 3 new 1 S 55 20; "
					     "10 new 3 B 50 10"),
			       "10/1 replaced B 55 20 rests 20; "
			       "3/1 traded 10/1 at 55 20 left 0/0; 3/1 accepted S 55 20 rests 0; "
			       "10/3 accepted B 50 10 rests 10");
	kit_stop(&kit);
}

static void
test_a_full_book_refuses_only_what_must_rest(void)
{
	static const struct bb_market_size size = {
		.participants = 4, .products = 1, .orders = 2, .levels = 300, .places = 96,
		.positions = 4,
	};
	struct kit kit;
	kit_open(&kit, &size, 1);
	for (uint32_t participant = 2; participant <= 4; participant++)
		kit_add_member(&kit, participant, 30);
	kit_add_product(&kit, KIT_PRODUCT, -500, 500, 5);

	kit_say(&kit, "2 new 1 S 100 50; 2 new 2 S 105 50");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 new 1 B 95 10"), "3/1 refused ERR_BOOK_FULL");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 ioc 1 B 95 10"),
			       "3/1 accepted B 95 10 rests 0; 3/1 cancelled B 95 10 BY_IOC");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 new 1 B 100 10"),
			       "3/1 traded 2/1 at 100 10 left 0/40; 3/1 accepted B 100 10 rests 0");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 new 1 B 100 60"),
			       "3/1 traded 2/1 at 100 40 left 20/0; "
			       "3/1 accepted B 100 60 rests 20");
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "B 100x20/1 S 105x50/1");
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "3 replace 1 95 80"),
			       "3/1 replaced B 95 80 rests 80");
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "orders that do not meet rest", test_orders_that_do_not_meet_rest },
		{ "the trade is at the resting price", test_the_trade_is_at_the_resting_price },
		{ "best price trades first, then the oldest",
		  test_best_price_trades_first_then_the_oldest },
		{ "immediate or cancel never rests", test_immediate_or_cancel_never_rests },
		{ "an order id is unique among live orders",
		  test_an_order_id_is_unique_among_live_orders },
		{ "nobody trades with itself", test_nobody_trades_with_itself },
		{ "a refusal changes no byte", test_a_refusal_changes_no_byte },
		{ "a halted market only cancels", test_a_halted_market_only_cancels },
		{ "live orders are limited, and takers are not",
		  test_live_orders_are_limited_and_takers_are_not },
		{ "a full book refuses only what must rest",
		  test_a_full_book_refuses_only_what_must_rest },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("entry", tests);
}
