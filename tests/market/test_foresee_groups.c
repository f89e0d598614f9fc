/* test_foresee_groups - when commands are looked at, and before which others.
 *
 * All of it through pair_kit: every step is compared with that of a market that does not look.
 */
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"
#include "tests/market/pair_kit.h"

/* Where a bid begins, by its count among those told. */
static uint64_t
point_of(uint64_t count)
{
	return count << 16;
}

static void
test_what_is_told_is_looked_at(void)
{
	enum { BIDS = 7, COMMANDS = 6 };
	const uint64_t groups = (BIDS * COMMANDS + BB_FORESEEN - 1) / BB_FORESEEN;
	struct pair pair;
	const struct bb_foresight *foresight = &pair.foresight;
	struct bb_bid *bids[BIDS];

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	for (uint32_t i = 0; i < BIDS; i++)
		pair_tell(&pair, bids[i] = pair_some(&pair, 2 + i % 4, COMMANDS));
	for (uint32_t i = 0; i < BIDS; i++) {
		CU_ASSERT_EQUAL(foresight->passed, i);
		pair_step(&pair, bids[i]);
		if (i + 1 < BIDS)
			CU_ASSERT_TRUE(foresight->due >= point_of(i + 1));
		CU_ASSERT_TRUE(foresight->formed > 0);
		free(bids[i]);
	}
	CU_ASSERT_EQUAL(foresight->formed, groups);
	CU_ASSERT_EQUAL(foresight->due, point_of(BIDS)); /* all were */
	/* There is nothing to wait for before a command that is alone. */
	for (uint32_t count = 1; count <= 2; count++) {
		pair_pass(&pair, pair_some(&pair, 2, count));
		CU_ASSERT_EQUAL(foresight->passed, BIDS + count);
		CU_ASSERT_EQUAL(foresight->formed, groups + count - 1);
		CU_ASSERT_EQUAL(foresight->due, point_of(BIDS + count));
	}
	pair_stop(&pair);
}

/* Tells two groups and steps them, of which those commands trade that taking says; where looking
 * at the second begins and ends. */
static void
look_during(uint32_t taking, uint32_t apart, uint32_t *begun, uint32_t *finished)
{
	struct bb_bid *bids[2 * BB_FORESEEN];
	struct pair pair;
	const struct bb_foresight *foresight = &pair.foresight;

	*begun = *finished = 2 * BB_FORESEEN;
	pair_open(&pair);
	pair.foresight.apart = apart;
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	struct bb_bid *rest = pair_repeat(&pair, 20, "2 new 0 S 10 10");
	pair_step(&pair, rest);
	free(rest);
	for (uint32_t i = 0; i < 2 * BB_FORESEEN; i++) {
		const bool takes = (taking >> i & 1) != 0;
		bids[i] = pair_repeat(&pair, 1, takes ? "3 new 0 B 10 10" : "3 cancel 0");
		pair_tell(&pair, bids[i]);
	}
	for (uint32_t i = 0; i < 2 * BB_FORESEEN; i++) {
		pair_step(&pair, bids[i]);
		if (foresight->formed == 2 && *begun == 2 * BB_FORESEEN)
			*begun = i;
		if (foresight->formed == 2 && !foresight->half && *finished == 2 * BB_FORESEEN)
			*finished = i;
		CU_ASSERT_TRUE(foresight->formed == (*begun > i ? 1 : 2));
		free(bids[i]);
	}
	pair_stop(&pair);
}

static void
test_looking_keeps_out_of_the_way_of_who_trades(void)
{
	static const uint32_t cases[][3] = {
		{ 0, 2, 5 },      { 0x80, 2, 5 },   { 0x03, 2, 5 }, { 0x04, 3, 5 },
		{ 0x0c, 4, 5 },   { 0x1c, 4, 5 },   { 0x20, 2, 6 }, { 0x60, 2, 7 },
		{ 0xe0, 2, 7 },   { 0x24, 3, 6 },   { 0xff, 4, 7 }, { 0xff00, 2, 5 },
	};
	uint32_t begun, finished;

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		look_during(cases[i][0], 0, &begun, &finished);
		CU_ASSERT_EQUAL(begun, cases[i][1]);
		CU_ASSERT_EQUAL(finished, cases[i][2]);
		/* With little to look through its first does it all. */
		look_during(cases[i][0], UINT32_MAX, &begun, &finished);
		CU_ASSERT_EQUAL(begun, BB_FORESEEN);
		CU_ASSERT_EQUAL(finished, BB_FORESEEN);
	}
}

/* Of fewer commands than a group's, what is known early waits: others may be told until then. */
static void
test_a_short_group_waits_for_its_turn(void)
{
	struct bb_bid *bids[3];
	struct pair pair;
	const struct bb_foresight *foresight = &pair.foresight;

	pair_open(&pair);
	pair_add_product(&pair, KIT_PRODUCT, -500, 500);
	for (uint32_t i = 0; i < 3; i++)
		bids[i] = pair_repeat(&pair, i == 0 ? 8 : 4, "2 cancel 0");
	pair_tell(&pair, bids[0]);
	pair_tell(&pair, bids[1]);
	pair_step(&pair, bids[0]);
	CU_ASSERT_EQUAL(foresight->formed, 1);
	CU_ASSERT_EQUAL(foresight->due, point_of(1));
	CU_ASSERT_FALSE(foresight->half);
	pair_tell(&pair, bids[2]);
	pair_step(&pair, bids[1]);
	CU_ASSERT_EQUAL(foresight->formed, 2);
	CU_ASSERT_EQUAL(foresight->end, point_of(3));
	CU_ASSERT_FALSE(foresight->half);
	pair_step(&pair, bids[2]);
	CU_ASSERT_EQUAL(foresight->formed, 2);
	for (uint32_t i = 0; i < 3; i++)
		free(bids[i]);
	pair_stop(&pair);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "what is told is looked at", test_what_is_told_is_looked_at },
		{ "looking keeps out of the way of who trades",
		  test_looking_keeps_out_of_the_way_of_who_trades },
		{ "a short group waits for its turn", test_a_short_group_waits_for_its_turn },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("foresee_groups", tests);
}
