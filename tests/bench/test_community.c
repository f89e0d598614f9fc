/* test_community - the same seed gives the same community, and all of it can trade. */
#include <stdlib.h>
#include <string.h>

#include "bench/gen_key.h"
#include "tests/bb_test.h"
#include "tests/bench/trading.h"
#include "wire/bb_hash.h"

#define DAY_S INT64_C(1749600000) /* 2025-06-11 */

enum { COUNT = 200 };

static struct gen_day day;
static struct gen_participant some[COUNT];
static struct gen_participant others[COUNT];

static void
make(struct gen_participant *participants, uint32_t count, uint64_t seed)
{
	gen_day_make(&day, DAY_S);
	memset(participants, 0xee, count * sizeof(participants[0]));
	gen_community_make(participants, count, seed, &day);
}

static void
test_a_seed_gives_the_same_bytes(void)
{
	make(some, COUNT, 1);
	make(others, COUNT, 1);
	CU_ASSERT_EQUAL(memcmp(some, others, sizeof(some)), 0);
	make(others, COUNT, 2);
	CU_ASSERT_NOT_EQUAL(memcmp(some, others, sizeof(some)), 0);
}

static void
test_more_participants_change_nothing_for_the_first(void)
{
	make(some, COUNT, 3);
	make(others, COUNT / 2, 3);
	CU_ASSERT_EQUAL(memcmp(some, others, COUNT / 2 * sizeof(some[0])), 0);
}

/* Kept so that a pcap of today is the pcap of tomorrow. */
static void
test_the_community_of_seed_1_is_known(void)
{
	static const uint8_t golden[8] = { 0x5d, 0x0c, 0x02, 0x95, 0x54, 0x25, 0x7b, 0xab };
	struct bb_hasher hasher;

	make(some, COUNT, 1);
	bb_hash_start(&hasher);
	for (uint32_t i = 0; i < COUNT; i++) {
		bb_hash_add(&hasher, some[i].net_wh, sizeof(some[i].net_wh));
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
			const int32_t limits[2] = {
				gen_community_limit(&some[i], &day, quarter, BB_BUY),
				gen_community_limit(&some[i], &day, quarter, BB_SELL),
			};
			bb_hash_add(&hasher, limits, sizeof(limits));
		}
	}
	const struct bb_hash hash = bb_hash_end(&hasher);
	CU_ASSERT_EQUAL(memcmp(hash.bytes, golden, sizeof(golden)), 0);
	if (memcmp(hash.bytes, golden, sizeof(golden)) != 0)
		for (uint32_t i = 0; i < sizeof(golden); i++)
			fprintf(stderr, "%#x, ", hash.bytes[i]);
}

static void
test_the_mix_is_exact(void)
{
	static const uint32_t expected[GEN_KINDS] = { 110, 20, 10, 40, 20 };
	uint32_t counts[GEN_KINDS] = { 0 };

	make(some, COUNT, 5);
	for (uint32_t i = 0; i < COUNT; i++)
		counts[some[i].kind]++;
	CU_ASSERT_EQUAL(memcmp(counts, expected, sizeof(counts)), 0);
}

static void
test_everyone_has_something_to_trade(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		make(some, COUNT, seed);
		for (uint32_t i = 0; i < COUNT; i++) {
			uint32_t open = 0;
			for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
				const int32_t wh = some[i].net_wh[quarter];
				CU_ASSERT_EQUAL(wh % GEN_LOT_WH, 0);
				CU_ASSERT(abs(wh) < 1000000);
				open += wh != 0;
			}
			CU_ASSERT(open >= 90);
		}
	}
}

static void
test_prosumers_feed_in_at_noon_and_draw_at_night(void)
{
	make(some, COUNT, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		if (some[i].kind != GEN_PROSUMER)
			continue;
		CU_ASSERT(some[i].net_wh[45] < 0);
		CU_ASSERT(some[i].net_wh[90] > 0);
	}
}

static void
test_limits_are_on_the_tick_and_leave_room_for_the_close_out(void)
{
	make(some, COUNT, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
			for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
				const int32_t limit = gen_community_limit(&some[i], &day, quarter,
									  (enum bb_side)side);
				CU_ASSERT_EQUAL(limit % GEN_TICK, 0);
				CU_ASSERT(limit > GEN_LAST_ASK && limit < GEN_LAST_BID);
			}
		}
	}
}

static void
test_every_zone_has_its_share_of_everyone(void)
{
	uint32_t counts[3] = { 0 };

	make(some, COUNT, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		const uint32_t zone = gen_community_zone(&some[i], 3);
		CU_ASSERT_FATAL(zone < 3);
		counts[zone]++;
		CU_ASSERT_EQUAL(gen_community_zone(&some[i], 1), 0);
	}
	for (uint32_t zone = 0; zone < 3; zone++)
		CU_ASSERT(counts[zone] >= COUNT / 8);
}

static void
test_what_is_metered_differs_by_a_share_of_what_was_needed(void)
{
	uint32_t differ = 0;

	make(some, COUNT, 1);
	for (uint32_t i = 0; i < COUNT; i++)
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
			const int32_t deviation = gen_community_deviation(&some[i], quarter);
			CU_ASSERT(abs(deviation) <= abs(some[i].net_wh[quarter]));
			differ += deviation != 0;
		}
	CU_ASSERT(differ > COUNT * GEN_QUARTERS / 4);
}

static void
test_a_deposit_covers_the_whole_day_twice_at_the_highest_price(void)
{
	make(some, COUNT, 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		int64_t need = 0;
		uint32_t most = 0;
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
			const uint32_t wh = (uint32_t)abs(some[i].net_wh[quarter]);
			need += (int64_t)wh * GEN_PRICE_HIGH;
			most = wh > most ? wh : most;
		}
		CU_ASSERT(gen_community_deposit(&some[i]) > 2 * need);
		CU_ASSERT_EQUAL(gen_community_most(&some[i]), most);
	}
}

static void
test_identities_follow_from_the_seed(void)
{
	struct bb_identity a, b;

	CU_ASSERT_TRUE_FATAL(bb_sign_start());
	gen_key_identity(&a, 1, 2);
	gen_key_identity(&b, 1, 2);
	CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	CU_ASSERT_TRUE(bb_key_acceptable(a.public_key));
	gen_key_identity(&b, 1, 3);
	CU_ASSERT_NOT_EQUAL(memcmp(a.public_key, b.public_key, BB_KEY_SIZE), 0);
	gen_key_identity(&b, 2, 2);
	CU_ASSERT_NOT_EQUAL(memcmp(a.public_key, b.public_key, BB_KEY_SIZE), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a seed gives the same bytes", test_a_seed_gives_the_same_bytes },
		{ "more participants change nothing for the first",
		  test_more_participants_change_nothing_for_the_first },
		{ "the community of seed 1 is known", test_the_community_of_seed_1_is_known },
		{ "the mix is exact", test_the_mix_is_exact },
		{ "everyone has something to trade", test_everyone_has_something_to_trade },
		{ "prosumers feed in at noon and draw at night",
		  test_prosumers_feed_in_at_noon_and_draw_at_night },
		{ "limits are on the tick and leave room for the close-out",
		  test_limits_are_on_the_tick_and_leave_room_for_the_close_out },
		{ "every zone has its share of everyone",
		  test_every_zone_has_its_share_of_everyone },
		{ "what is metered differs by a share of what was needed",
		  test_what_is_metered_differs_by_a_share_of_what_was_needed },
		{ "a deposit covers the whole day twice at the highest price",
		  test_a_deposit_covers_the_whole_day_twice_at_the_highest_price },
		{ "identities follow from the seed", test_identities_follow_from_the_seed },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("community", tests);
}
