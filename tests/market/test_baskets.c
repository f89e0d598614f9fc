/* test_baskets - several orders that trade all or none: what is entered, what happens, what the
 * books are then. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static void
said(struct kit *kit, const char *script, const char *wanted)
{
	CU_ASSERT_STRING_EQUAL(kit_say(kit, script), wanted);
	if (strcmp(kit->text, wanted) != 0)
		printf("\n  \"%s\"\n  said     %s\n  expected %s\n", script, kit->text, wanted);
}

static void
test_a_basket_trades_as_a_whole_or_not_at_all(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_add_product(&kit, KIT_PRODUCT + 1, -500, 500, 5);
	kit_add_product(&kit, KIT_PRODUCT + 2, -500, 500, 5);
	struct bb_command sell = kit_command("2 new 9 S 50 40");
	sell.order.product = KIT_PRODUCT + 1;
	kit_apply(&kit, &sell);
	kit_say(&kit, "2 new 1 S 100 50");

	/* The second leg is too large; an empty book; a limit too low. */
	said(&kit, "3 leg 1 B 100 50 1 0; 3 leg 2 B 50 50 0 1",
	     "3/1 refused ERR_BASKET; 3/2 refused ERR_UNFILLED");
	said(&kit, "3 leg 1 B 100 50 1 0; 3 leg 2 B 50 10 0 2",
	     "3/1 refused ERR_BASKET; 3/2 refused ERR_UNFILLED");
	said(&kit, "3 leg 1 B 95 50 1 0; 3 leg 2 B 50 10 0 1",
	     "3/1 refused ERR_UNFILLED; 3/2 refused ERR_BASKET");
	said(&kit, "3 leg 1 B 101 50 1 0; 3 leg 2 B 50 10 0 1",
	     "3/1 refused ERR_TICK; 3/2 refused ERR_BASKET");
	/* The other one would trade with an own order. */
	said(&kit, "2 leg 3 B 100 50 1 0; 2 leg 2 B 50 10 0 1",
	     "2/3 refused ERR_SELF_TRADE; 2/2 refused ERR_BASKET");
	said(&kit, "3 new 9 S 95 10", "3/9 accepted S 95 10 rests 10");
	said(&kit, "3 leg 2 B 50 10 1 1; 3 leg 1 B 100 10 0 0",
	     "3/2 refused ERR_BASKET; 3/1 refused ERR_SELF_TRADE");
	said(&kit, "3 cancel 9", "3/9 cancelled S 95 10 BY_PARTICIPANT");
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "S 100x50/1");

	said(&kit, "3 leg 1 B 100 20 1 0; 3 leg 1 B 50 40 0 1; 3 new 1 B 0 10",
	     "3/1 traded 2/1 at 100 20 left 0/30; 3/1 accepted B 100 20 rests 0; "
	     "3/1 traded 2/9 at 50 40 left 0/0; 3/1 accepted B 50 40 rests 0; "
	     "3/1 accepted B 0 10 rests 10");
	kit_stop(&kit);
}

static void
test_a_row_of_legs_that_is_no_basket_is_refused(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 new 1 S 100 50", "3 leg 1 B 100 50 0 0", "3/1 refused ERR_BASKET",
		  "S 100x50/1" },
		{ "2 new 1 S 100 50", "3 leg 1 B 100 10 1 0; 3 ioc 2 B 95 10",
		  "3/1 refused ERR_BASKET; 3/2 accepted B 95 10 rests 0; "
		  "3/2 cancelled B 95 10 BY_IOC", "S 100x50/1" },
		{ "2 new 1 S 100 50", "3 leg 1 B 100 10 2 0; 3 leg 2 B 100 10 0 1",
		  "3/1 refused ERR_BASKET; 3/2 refused ERR_BASKET", "S 100x50/1" },
		/* Two legs of one product, on one side or on both. */
		{ "2 new 1 S 100 50", "3 leg 1 B 100 10 1 0; 3 leg 2 B 100 10 0 0",
		  "3/1 refused ERR_BASKET; 3/2 refused ERR_BASKET", "S 100x50/1" },
		{ "2 new 1 S 100 50; 4 new 1 B 95 50",
		  "3 leg 1 B 100 10 1 0; 3 leg 2 S 95 10 0 0",
		  "3/1 refused ERR_BASKET; 3/2 refused ERR_BASKET", "B 95x50/1 S 100x50/1" },
		{ NULL },
	};
	kit_play(scenes);
}

/* Each leg alone is covered, both together are not. */
static void
test_an_account_covers_all_legs_together(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_add_product(&kit, KIT_PRODUCT + 1, -500, 500, 5);
	struct bb_command sell = kit_command("2 new 9 S 50 40");
	sell.order.product = KIT_PRODUCT + 1;
	kit_apply(&kit, &sell);
	kit_say(&kit, "2 new 1 S 100 50");
	bb_accounts_move(&kit.market->accounts, BB_ACCOUNT_BANK, 3, 6000);
	kit.market->members.accounts[3].escrow = 1;

	said(&kit, "3 leg 1 B 100 50 1 0; 3 leg 2 B 50 40 0 1",
	     "3/1 refused ERR_BASKET; 3/2 refused ERR_ESCROW");
	said(&kit, "3 leg 1 B 100 50 1 0; 3 leg 2 B 50 20 0 1",
	     "3/1 traded 2/1 at 100 50 left 0/0; 3/1 accepted B 100 50 rests 0; "
	     "3/2 traded 2/9 at 50 20 left 0/20; 3/2 accepted B 50 20 rests 0");
	kit_stop(&kit);
}

/* Sells 40 Wh at 50 in each of the products after the first. */
static void
start_products(struct kit *kit, uint32_t count)
{
	const struct bb_market_size size = {
		.participants = 10, .products = count, .orders = 40, .levels = 1000,
		.places = 1024, .positions = 20,
	};

	kit_open(kit, &size, 1);
	for (uint32_t participant = 2; participant <= 9; participant++)
		kit_add_member(kit, participant, 30);
	for (uint32_t i = 0; i < count; i++) {
		struct bb_command sell = kit_command("2 new 0 S 50 40");
		kit_add_product(kit, KIT_PRODUCT + i, -500, 500, 5);
		sell.order.order_id = i;
		sell.order.product = KIT_PRODUCT + i;
		kit_apply(kit, &sell);
	}
}

/* A block: the same quantity in consecutive quarter-hours. */
static void
test_a_block_over_an_hour_is_a_basket(void)
{
	struct kit kit;

	start_products(&kit, 4);
	said(&kit, "3 leg 1 B 50 20 3 0; 3 leg 2 B 50 20 2 1; 3 leg 3 B 50 20 1 2; "
		   "3 leg 4 B 50 20 0 3",
	     "3/1 traded 2/0 at 50 20 left 0/20; 3/1 accepted B 50 20 rests 0; "
	     "3/2 traded 2/1 at 50 20 left 0/20; 3/2 accepted B 50 20 rests 0; "
	     "3/3 traded 2/2 at 50 20 left 0/20; 3/3 accepted B 50 20 rests 0; "
	     "3/4 traded 2/3 at 50 20 left 0/20; 3/4 accepted B 50 20 rests 0");
	/* One quarter-hour of it is gone: so is the block. */
	kit_say(&kit, "2 cancel 2");
	said(&kit, "3 leg 1 B 50 20 3 0; 3 leg 2 B 50 20 2 1; 3 leg 3 B 50 20 1 2; "
		   "3 leg 4 B 50 20 0 3",
	     "3/1 refused ERR_BASKET; 3/2 refused ERR_BASKET; 3/3 refused ERR_UNFILLED; "
	     "3/4 refused ERR_BASKET");
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "S 50x20/1");
	kit_stop(&kit);
}

/* Every leg is within the limits, and all of them are not. */
static void
test_sums_and_positions_hold_all_legs_together(void)
{
	static const char both[] = "3 leg 1 B 50 40 1 0; 3 leg 2 B 50 40 0 1";
	struct kit kit;

	start_products(&kit, 2);
	struct bb_account *account = &kit.market->members.accounts[3];
	const uint64_t near = (uint64_t)INT64_MAX - 60;
	account->energy_wh = account->bought_wh = near;
	said(&kit, both, "3/1 refused ERR_BASKET; 3/2 refused ERR_POSITION");
	account->energy_wh = account->bought_wh = 0;

	bb_accounts_purse(&kit.market->accounts, 3)->locked = (uint64_t)INT64_MAX - 3000;
	said(&kit, both, "3/1 refused ERR_BASKET; 3/2 refused ERR_POSITION");
	bb_accounts_purse(&kit.market->accounts, 3)->locked = 0;

	/* Room for one position more. */
	const uint32_t capacity = kit.market->positions.capacity;
	kit.market->positions.capacity = kit.market->positions.live + 1;
	said(&kit, both, "3/1 refused ERR_BASKET; 3/2 refused ERR_FULL");
	kit.market->positions.capacity = capacity;
	said(&kit, both,
	     "3/1 traded 2/0 at 50 40 left 0/0; 3/1 accepted B 50 40 rests 0; "
	     "3/2 traded 2/1 at 50 40 left 0/0; 3/2 accepted B 50 40 rests 0");
	kit_stop(&kit);
}

/* Through a basket nobody trades with itself either: not with the order that stands first, nor
 * with one behind others, nor by its own two legs. */
static void
test_no_leg_meets_an_own_order(void)
{
	struct kit kit;

	start_products(&kit, 2);
	said(&kit, "2 leg 7 B 50 10 1 0; 2 leg 8 B 50 10 0 1",
	     "2/7 refused ERR_SELF_TRADE; 2/8 refused ERR_BASKET");
	kit_say(&kit, "3 new 3 S 55 10");
	said(&kit, "3 leg 1 B 50 10 1 1; 3 leg 2 B 55 10 0 0",
	     "3/1 refused ERR_BASKET; 3/2 refused ERR_SELF_TRADE");
	said(&kit, "3 leg 1 B 50 10 1 1; 3 leg 2 B 50 10 0 0",
	     "3/1 traded 2/1 at 50 10 left 0/30; 3/1 accepted B 50 10 rests 0; "
	     "3/2 traded 2/0 at 50 10 left 0/30; 3/2 accepted B 50 10 rests 0");
	kit_say(&kit, "4 new 1 B 45 10");
	said(&kit, "5 leg 1 B 50 10 1 0; 5 leg 2 S 45 10 0 0",
	     "5/1 refused ERR_BASKET; 5/2 refused ERR_BASKET");
	kit_stop(&kit);
}

/* Nobody else can tell that there was one. */
static void
test_a_refused_basket_leaves_nothing(void)
{
	static const char *const baskets[] = {
		"3 leg 1 B 50 40 1 0; 3 leg 2 B 50 50 0 1",
		"3 leg 1 B 50 40 1 0; 3 leg 2 B 45 40 0 1",
		"3 leg 1 B 50 40 1 0; 3 leg 2 B 50 40 1 1",
		"3 leg 1 B 50 40 2 0; 3 leg 2 B 50 40 0 1",
		"3 leg 1 B 50 20 1 0; 3 leg 2 B 50 20 0 0",
	};
	struct kit kit;

	start_products(&kit, 2);
	kit_say(&kit, "3 cancel 7");
	uint8_t *before = malloc(kit.memory_size);
	for (size_t i = 0; i < sizeof(baskets) / sizeof(baskets[0]); i++) {
		struct bb_market *memory = (struct bb_market *)(void *)before;
		memcpy(before, kit.memory, kit.memory_size);
		kit_say(&kit, baskets[i]);
		CU_ASSERT_EQUAL(kit.event_count, 2);
		for (size_t at = 0; at < kit.event_count; at++)
			CU_ASSERT_EQUAL(kit.events[at].kind, BB_EVENT_REFUSED);
		memory->number = kit.market->number;
		memory->time_ns = kit.market->time_ns;
		const uint64_t *heard = &kit.market->members.accounts[3].last_heard_ns;
		memcpy(before + ((const uint8_t *)heard - (const uint8_t *)kit.memory), heard,
		       sizeof(*heard));
		CU_ASSERT_EQUAL(memcmp(before, kit.memory, kit.memory_size), 0);
	}
	free(before);
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a basket trades as a whole or not at all",
		  test_a_basket_trades_as_a_whole_or_not_at_all },
		{ "a row of legs that is no basket is refused",
		  test_a_row_of_legs_that_is_no_basket_is_refused },
		{ "an account covers all legs together", test_an_account_covers_all_legs_together },
		{ "a block over an hour is a basket", test_a_block_over_an_hour_is_a_basket },
		{ "sums and positions hold all legs together",
		  test_sums_and_positions_hold_all_legs_together },
		{ "no leg meets an own order", test_no_leg_meets_an_own_order },
		{ "a refused basket leaves nothing", test_a_refused_basket_leaves_nothing },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("baskets", tests);
}
