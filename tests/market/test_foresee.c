/* test_foresee - who looks ahead changes no result, and reads nothing that is not there.
 *
 * All of it through pair_kit: every step is compared with that of a market that does not look.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_decode.h"
#include "tests/market/market_kit.h"
#include "tests/market/pair_kit.h"

static void
test_few_orders_are_not_looked_at(void)
{
	struct pair pair;
	const struct bb_foresight *foresight = &pair.foresight;

	/* 20 orders and 1 position are less than 22 together, and no less than 21. */
	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	for (uint32_t i = 0; i < 3; i++) {
		pair.foresight.parts = i < 2 ? 22 : 21;
		pair_pass(&pair,
			  pair_repeat(&pair, 20, i == 0 ? "2 new 0 B 5 10" : "2 cancel 40"));
		CU_ASSERT_EQUAL(foresight->told, i / 2);
		CU_ASSERT_EQUAL(foresight->formed > 0, i / 2);
	}
	/* Nor what is not going to be stepped. */
	pair.foresight.parts = 0;
	struct bb_bid *bid = pair_repeat(&pair, 20, "2 cancel 0");
	bid->route = BB_ROUTE_QUERY;
	pair_tell(&pair, bid);
	bid->route = BB_ROUTE_SEQUENCE;
	bid->command_count = 0;
	pair_tell(&pair, bid);
	bid->command_count = 20;
	bid->participant = UINT32_MAX;
	pair_tell(&pair, bid);
	CU_ASSERT_EQUAL(foresight->told, 1);
	free(bid);
	pair_stop(&pair);
}

/* What becomes of a bid. */
enum fate {
	STEPPED,
	UNTOLD,  /* stepped all the same, as a tick may be */
	REFUSED, /* as a whole: it comes too late */
	DROPPED, /* told and never stepped, as a duplicate is */
	REUSED,  /* the same, and its memory is that of another that is told */
	FATES
};

enum { ROW = 5 };

static void
play_row(struct pair *pair, const enum fate *fates, uint32_t ahead)
{
	static const uint32_t counts[ROW] = { 22, 18, 3, 9, 1 };
	const struct bb_foresight *foresight = &pair->foresight;
	struct bb_bid *bids[ROW];
	uint64_t told[ROW];
	uint32_t made = 0;

	for (uint32_t given = 0; given < ROW; given++) {
		for (; made < ROW && made <= given + ahead; made++) {
			bids[made] = pair_some(pair, 2 + made % 2, counts[made]);
			bids[made]->not_after_ns = fates[made] == REFUSED;
			told[made] = foresight->told;
			if (fates[made] != UNTOLD)
				pair_tell(pair, bids[made]);
		}
		if (fates[given] < DROPPED)
			pair_step(pair, bids[given]);
		else
			pair_drop(pair, bids[given]);
		CU_ASSERT_EQUAL(foresight->passed, told[given] + (fates[given] != UNTOLD));
		pair_let_go(pair, bids[given], fates[given] == REUSED);
	}
}

/* Every row of five fates, told one by one or all at once. */
static void
test_bids_need_not_be_told_nor_stepped(void)
{
	enum fate fates[ROW];
	struct pair pair;
	uint32_t rows = 1;

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	pair.time_ns = 2;
	for (uint32_t i = 0; i < ROW; i++)
		rows *= FATES;
	for (uint32_t row = 0; row < rows * ROW; row++) {
		for (uint32_t i = 0, left = row; i < ROW; i++, left /= FATES)
			fates[i] = (enum fate)(left % FATES);
		play_row(&pair, fates, row / rows);
	}
	CU_ASSERT_TRUE(pair.foresight.told > 2 * rows * ROW);
	pair_stop(&pair);
}

static void
test_no_more_than_a_burst_is_told(void)
{
	enum { MOST = 2 * BB_BURST + 3 };
	struct bb_bid *bids[MOST];
	struct pair pair;

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	for (uint32_t count = BB_BURST - 1; count <= MOST; count++) {
		const uint64_t passed = pair.foresight.passed;
		for (uint32_t i = 0; i < count; i++)
			pair_tell(&pair, bids[i] = pair_some(&pair, 2 + i % 4, 1 + i % 5));
		CU_ASSERT_EQUAL(pair.foresight.told - passed,
				count < BB_BURST ? count : BB_BURST);
		for (uint32_t i = 0; i < count; i++) {
			pair_step(&pair, bids[i]);
			free(bids[i]);
		}
		CU_ASSERT_EQUAL(pair.foresight.passed, pair.foresight.told);
	}
	pair_stop(&pair);
}

/* No order is of a product whose slot was never used, or has ended. */
static void
test_unknown_orders_are_of_no_product(void)
{
	struct pair pair;

	pair_open(&pair);
	for (uint32_t round = 0; round < 2; round++) {
		pair_pass(&pair, pair_repeat(&pair, 40, "2 cancel 0"));
		pair_pass(&pair, pair_repeat(&pair, 9, "3 replace 7 5 10"));
		if (round > 0)
			continue;
		pair_add_product(&pair, KIT_PRODUCT + 1, -500, 500);
		pair_add_product(&pair, KIT_PRODUCT, -500, 500);
		pair_end_product(&pair, KIT_PRODUCT + 1); /* of index 0 */
		pair_ask(&pair, kit_command("2 new 50 B 5 10"));
	}
	pair_stop(&pair);
}

/* Tells so many commands of others, one that takes all orders off, and 16 of a product that ends
 * behind that one; its slot is nobody's then, or the next product's. */
static void
end_between(const char *line, uint32_t before, uint32_t product, int32_t price_min,
	    int32_t price_max)
{
	struct bb_bid *bids[4];
	struct pair pair;

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -1000, 1000);
	pair_add_product(&pair, KIT_PRODUCT + 1, -1000, 1000);
	bids[0] = pair_repeat(&pair, 16, strstr(line, "new") != NULL ? "2 cancel 0"
								     : "2 new 0 B 900 10");
	bids[1] = pair_repeat(&pair, before, "3 cancel 0");
	bids[2] = pair_repeat(&pair, 1, "2 cancel-all");
	bids[3] = pair_repeat(&pair, 16, line);
	for (uint32_t i = 0; i < 4; i++) {
		if (i == 1)
			for (uint32_t told = 1; told < 4; told++)
				pair_tell(&pair, bids[told]);
		if (i == 3)
			pair_end_product(&pair, KIT_PRODUCT);
		if (i == 3 && product != 0)
			pair_add_product(&pair, product, price_min, price_max);
		pair_step(&pair, bids[i]);
	}
	for (uint32_t i = 0; i < 4; i++)
		free(bids[i]);
	pair_stop(&pair);
}

static void
test_products_end_between_two_looks(void)
{
	static const char *const lines[5] = { "2 new 0 B 0 10", "2 new 0 S 0 10",
					      "2 new 0 B 900 10", "2 cancel 0",
					      "2 replace 0 0 20" };

	for (uint32_t i = 0; i < 5; i++) {
		for (uint32_t before = 1; before <= 20; before++) {
			end_between(lines[i], before, 0, 0, 0);
			end_between(lines[i], before, KIT_PRODUCT, 0, 5);
			end_between(lines[i], before, KIT_PRODUCT, -900, -5);
			end_between(lines[i], before, KIT_PRODUCT, 895, 905);
			end_between(lines[i], before, KIT_PRODUCT + 2, 0, 5);
		}
	}
}

/* Takes 600 orders, in three slices, before each of which so many others are told. */
static void
take_many(uint32_t often)
{
	struct bb_bid *bids[3 * BB_BURST];
	uint32_t told = 0;
	struct pair pair;

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	for (uint32_t i = 0; i < 15; i++) {
		struct bb_bid *rest = pair_repeat(&pair, 40, "2 new 0 S 0 10");
		for (uint32_t at = 0; at < 40; at++) {
			rest->commands[at].order.order_id += 40 * i;
			rest->commands[at].order.price = 5 * (int32_t)((at + i) % 50);
		}
		pair_pass(&pair, rest);
	}
	struct bb_bid *take = pair_repeat(&pair, 10, "3 new 0 B 500 5900");
	pair_tell(&pair, take);
	pair_number(&pair, take);
	for (bool done = false; !done;) {
		CU_ASSERT_EQUAL(pair.foresight.passed, 15); /* it is under way */
		for (uint32_t i = 0; i < often; i++) {
			bids[told] = pair_repeat(&pair, 5, i % 2 == 0 ? "2 cancel 0"
								      : "4 new 0 S 0 10");
			pair_tell(&pair, bids[told++]);
		}
		done = pair_slice(&pair, take);
	}
	free(take);
	CU_ASSERT_EQUAL(told, 3 * often);
	CU_ASSERT_TRUE(pair.events[BB_EVENT_TRADED] >= 600);
	for (uint32_t i = 0; i < told; i++) {
		pair_step(&pair, bids[i]);
		free(bids[i]);
	}
	pair_stop(&pair);
}

/* In the end more than are kept. */
static void
test_bids_are_told_between_two_slices(void)
{
	for (uint32_t often = 0; often <= BB_BURST; often += 4)
		take_many(often);
}

#define WAITING 64u /* bids that were made, at most */

/* A venue with a calendar, and what comes to it by chance. */
struct drive {
	struct pair pair;
	struct bb_random random;
	uint32_t pace;
	struct bb_bid *waiting[WAITING]; /* by count */
	uint64_t made;
	uint64_t given;
};

static uint32_t
below(struct drive *drive, uint32_t limit)
{
	return bb_random_below(&drive->random, limit);
}

static struct bb_command
any_command(struct drive *drive)
{
	const struct day_now now = { .market = drive->pair.markets[PAIR_SEEING],
				     .time_ns = drive->pair.time_ns, .pace = drive->pace };
	const uint64_t chance = bb_random_next(&drive->random);
	uint8_t bytes[DAY_COMMAND_BYTES];

	memcpy(bytes, &chance, sizeof(bytes));
	return day_decode(&now, bytes);
}

static bool
is_traders(const struct bb_command *command)
{
	return command->kind <= BB_COMMAND_CANCEL_ALL ||
	       (command->kind >= BB_COMMAND_QUOTE && command->kind <= BB_COMMAND_DISPUTE);
}

/* An order of some id that is live, or was, or never was; or two legs; returns how many commands
 * that is. */
static uint32_t
any_order(struct drive *drive, struct bb_command *commands, uint32_t room)
{
	const uint32_t chance = below(drive, 16);

	do
		commands[0] = any_command(drive);
	while (!is_traders(&commands[0]) || (commands[0].kind == BB_COMMAND_KILL && chance > 0));
	struct bb_order_command *order = &commands[0].order;
	order->order_id = below(drive, below(drive, 8) == 0 ? 96 : 20);
	if (chance < 4)
		commands[0].kind = BB_COMMAND_CANCEL;
	if (chance < 15 || room == 1)
		return 1;
	commands[0].kind = BB_COMMAND_NEW;
	order->type = BB_BASKET_LEG;
	order->price = order->side == BB_BUY ? 500 : 0;
	order->quantity_wh = 10;
	order->legs_after = 1;
	commands[1] = commands[0];
	commands[1].order.product ^= UINT32_C(3) << 24; /* the other zone */
	commands[1].order.order_id++;
	commands[1].order.legs_after = 0;
	return 2;
}

/* Other terms for listings to come, somebody new or armed, a product beside the calendar. */
static struct bb_command
any_rule(struct drive *drive)
{
	static const int32_t terms[4][9] = {
		{ -2000, 3000, 100, 10, 5000 }, { 0, 1100, 1, 10, 5000 },
		{ -400, 1100, 50, 10, 5000 }, { 0, 500, 100, 10, 5000 },
	};
	const uint32_t chance = below(drive, 16);
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ARM,
		.member.participant = 2 + chance % DAY_TRADERS,
	};

	if (chance >= 2 && chance < 6)
		return pair_rules(BB_PARAM_TERMS, terms[chance % 4]);
	if (chance == 1) {
		command.kind = BB_COMMAND_MEMBER_ADD;
		command.member = (struct bb_member_command){
			.key = { (uint8_t)below(drive, 100) }, .participant = 11 + below(drive, 2),
			.orders_max = 16, .roles = BB_ROLE_TRADER,
		};
	} else if (chance == 0) {
		command.kind = BB_COMMAND_PRODUCT_ADD;
		command.product = (struct bb_product_command){
			.product = below(drive, 3), .price_max = 1000, .tick = 10, .lot_wh = 10,
			.quantity_max_wh = 1000,
		};
	}
	return command;
}

static struct bb_bid *
any_bid(struct drive *drive)
{
	const uint32_t wanted = 1 + below(drive, below(drive, 3) == 0 ? BB_RECORDS_MAX : 4);
	const uint32_t chance = below(drive, 64);
	struct bb_command commands[BB_RECORDS_MAX] = { any_command(drive) };
	const bool tick = commands[0].kind == BB_COMMAND_TICK;
	uint32_t count = 1;

	if (!tick && !is_traders(&commands[0]) && below(drive, 4) == 0)
		commands[0] = any_rule(drive);
	uint32_t participant = commands[0].participant;
	if (!tick && participant == BB_VENUE)
		participant = 2;
	if (is_traders(&commands[0]))
		for (count = 0; count < wanted;)
			count += any_order(drive, &commands[count], wanted - count);
	for (uint32_t i = 0; i < count; i++)
		commands[i].participant = participant;
	struct bb_bid *bid = pair_bid(&drive->pair, commands, count);
	if (chance < 4 && bid->sequence > 1)
		bid->sequence = --drive->pair.sequences[participant]; /* twice */
	bid->not_after_ns = !tick && chance == 5;
	bid->route = !tick && chance == 6 ? BB_ROUTE_REPEAT : BB_ROUTE_SEQUENCE;
	return bid;
}

/* As the sequencer does it: the next one's turn has come, with so many told behind it. */
static void
take_turn(struct drive *drive, uint32_t ahead)
{
	static const uint32_t seconds[8] = { 0, 1, 10, 30, 60, 120, 240, 900 };
	struct pair *pair = &drive->pair;

	for (; drive->made <= drive->given + ahead; drive->made++) {
		struct bb_bid *made = any_bid(drive);
		if (below(drive, 16) != 0)
			pair_tell(pair, made);
		drive->waiting[drive->made % WAITING] = made;
	}
	struct bb_bid *bid = drive->waiting[drive->given++ % WAITING];
	if (bb_bid_is_tick(bid))
		pair->time_ns += seconds[below(drive, 8)] * BB_SECOND_NS / drive->pace;
	if (bid->route == BB_ROUTE_SEQUENCE &&
	    (bb_bid_is_tick(bid) ||
	     bb_market_look(pair->markets[PAIR_PLAIN], bid->participant, bid->sequence) == BB_OK))
		pair_step(pair, bid);
	else
		pair_drop(pair, bid);
	pair_let_go(pair, bid, below(drive, 4) == 0);
}

static void
play_days(struct drive *drive, uint64_t seed)
{
	enum { BIDS = 3000 };
	uint32_t ahead = 0;

	printf(" %" PRIu64, seed);
	fflush(stdout); /* whatever happens */
	memset(drive, 0, sizeof(*drive));
	drive->random = (struct bb_random){ seed };
	drive->pace = seed % 4 < 2 ? 1 : 10;
	pair_open_days(&drive->pair, seed);
	while (drive->given < BIDS || drive->given < drive->made) {
		if (below(drive, 32) == 0)
			ahead = below(drive, 3) == 0 ? 0 : below(drive, BB_BURST + 12);
		take_turn(drive, drive->given < BIDS ? ahead : 0);
		if (drive->given % 64 == 0)
			bb_market_check(drive->pair.markets[PAIR_SEEING]);
	}
	pair_stop(&drive->pair);
}

static void
test_days_go_on_all_the_same(void)
{
	enum { SEEDS = 24 };
	static struct drive drive;
	const struct pair *pair = &drive.pair;

	printf("\n  seeds");
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		play_days(&drive, seed);
		CU_ASSERT_TRUE(pair->foresight.formed > 500);
		CU_ASSERT_TRUE(pair->whole > 20);
		CU_ASSERT_TRUE(pair->events[BB_EVENT_TRADED] > 50);
		CU_ASSERT_TRUE(pair->events[BB_EVENT_CANCELLED] > 200);
		/* Listings ended, and others came in their slots. */
		CU_ASSERT_TRUE(pair->finals > 40 || drive.pace > 1);
		CU_ASSERT_TRUE(pair->events[BB_EVENT_PRODUCT_ADDED] > 120 || drive.pace > 1);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "few orders are not looked at", test_few_orders_are_not_looked_at },
		{ "bids need not be told nor stepped", test_bids_need_not_be_told_nor_stepped },
		{ "no more than a burst is told", test_no_more_than_a_burst_is_told },
		{ "unknown orders are of no product", test_unknown_orders_are_of_no_product },
		{ "products end between two looks", test_products_end_between_two_looks },
		{ "bids are told between two slices", test_bids_are_told_between_two_slices },
		{ "days go on all the same", test_days_go_on_all_the_same },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("foresee", tests);
}
