/* test_gate_burst - packets judged together, and signatures judged by two codes. */
#include <string.h>

#include "base/bb_bytes.h"
#include "tests/bb_test.h"
#include "tests/dataplane/gate_kit.h"

static struct gate_kit kit;
static uint8_t bytes[BB_BURST][BB_PACKET_SIZE_MAX];
static struct bb_bid bids[BB_BURST];
static struct bb_gate_packet packets[BB_BURST];

static void
put(uint32_t place, const struct gate_packet *packet)
{
	packets[place] = (struct bb_gate_packet){
		.payload = bytes[place],
		.size = gate_kit_build(&kit, bytes[place], packet),
		.bid = &bids[place],
	};
}

static uint64_t
refused(enum bb_result reason)
{
	return bb_counted(&kit.counters, BB_COUNT_REFUSED + (uint32_t)reason);
}

static void
test_each_of_a_full_burst_gets_its_own_verdict(void)
{
	gate_kit_start(&kit);
	for (uint32_t i = 0; i < BB_BURST; i++)
		put(i, &(struct gate_packet){ .sequence = 1 + i, .venue = i % 4 == 1,
					      .sealer = i % 4 == 2 ? GATE_FAST : 0,
					      .signer = i % 4 == 3 ? GATE_FAST : 0 });
	bb_gate_check_burst(&kit.gate, packets, BB_BURST, GATE_NOW);
	for (uint32_t i = 0; i < BB_BURST; i++) {
		static const enum bb_result results[] = { BB_OK, BB_ERR_VENUE, BB_ERR_MAC,
							  BB_ERR_SIGNATURE };
		CU_ASSERT_EQUAL(packets[i].result, results[i % 4]);
		if (i % 4 == 0) {
			CU_ASSERT_EQUAL(bids[i].sequence, 1 + i);
			CU_ASSERT_PTR_EQUAL(bids[i].input, bytes[i]);
		}
	}
	CU_ASSERT_EQUAL(refused(BB_ERR_SIGNATURE), BB_BURST / 4);
	gate_kit_stop(&kit);
}

static void
test_credit_is_taken_in_the_order_of_arrival(void)
{
	gate_kit_start(&kit);
	for (uint32_t i = 0; i < 6; i++)
		put(i, &(struct gate_packet){ .participant = GATE_LIMITED, .sequence = 1 + i });
	bb_gate_check_burst(&kit.gate, packets, 6, GATE_NOW);
	for (uint32_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(packets[i].result, i < 3 ? BB_OK : BB_ERR_RATE);
	gate_kit_stop(&kit);
}

/* Nobody has marked the first when the second is looked at: the matcher tells them apart. */
static void
test_both_of_one_sequence_in_a_burst_pass_to_the_matcher(void)
{
	gate_kit_start(&kit);
	for (uint32_t i = 0; i < 2; i++)
		put(i, &(struct gate_packet){ .sequence = 7 });
	bb_gate_check_burst(&kit.gate, packets, 2, GATE_NOW);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(packets[i].result, BB_OK);
		CU_ASSERT_EQUAL(bids[i].route, BB_ROUTE_SEQUENCE);
	}
	gate_kit_apply(&kit, &bids[0]);
	CU_ASSERT_EQUAL(bb_market_look(kit.market, GATE_TRADER, 7), BB_ERR_DUPLICATE);
	gate_kit_stop(&kit);
}

static void
test_an_empty_burst_changes_nothing(void)
{
	gate_kit_start(&kit);
	bb_gate_check_burst(&kit.gate, packets, 0, GATE_NOW);
	for (uint32_t i = 0; i < BB_COUNTERS; i++)
		CU_ASSERT_EQUAL(bb_counted(&kit.counters, i), 0);
	gate_kit_stop(&kit);
}

/* With a table of another's key the fast code is wrong, so this tells who was asked. */
static void
test_a_table_is_used_only_where_the_roster_says_so(void)
{
	gate_kit_start(&kit);
	gate_kit_spoil(&kit, GATE_METER, GATE_FAST);
	put(0, &(struct gate_packet){ .participant = GATE_METER, .kind = BB_PACKET_METER });
	bb_gate_check_burst(&kit.gate, packets, 1, GATE_NOW);
	CU_ASSERT_EQUAL(packets[0].result, BB_OK);

	gate_kit_spoil(&kit, GATE_TRADER, GATE_FAST);
	put(0, &(struct gate_packet){ .participant = GATE_TRADER });
	bb_gate_check_burst(&kit.gate, packets, 1, GATE_NOW);
	CU_ASSERT_EQUAL(packets[0].result, BB_ERR_SIGNATURE);
	gate_kit_stop(&kit);
}

static void
test_both_codes_agree_on_good_and_bad(void)
{
	gate_kit_start_mode(&kit, BB_VERIFY_BOTH);
	for (uint32_t i = 0; i < BB_BURST; i++)
		put(i, &(struct gate_packet){ .sequence = 1 + i,
					      .signer = i % 2 == 0 ? 0 : GATE_FAST });
	bb_gate_check_burst(&kit.gate, packets, BB_BURST, GATE_NOW);
	for (uint32_t i = 0; i < BB_BURST; i++)
		CU_ASSERT_EQUAL(packets[i].result, i % 2 == 0 ? BB_OK : BB_ERR_SIGNATURE);
	CU_ASSERT_PTR_NULL(bb_verify_difference(&kit.verify));
	CU_ASSERT_EQUAL(bb_counted(&kit.counters, BB_COUNT_DIFFERED), 0);
	gate_kit_stop(&kit);
}

static void
test_a_difference_is_kept_counted_and_final(void)
{
	gate_kit_start_mode(&kit, BB_VERIFY_BOTH);
	gate_kit_spoil(&kit, GATE_TRADER, GATE_FAST);
	put(0, &(struct gate_packet){ .participant = GATE_FAST });
	put(1, &(struct gate_packet){ .participant = GATE_TRADER, .sequence = 9 });
	bb_gate_check_burst(&kit.gate, packets, 2, GATE_NOW);
	/* Told to send again, all of them: there is no verdict that anyone should believe. */
	CU_ASSERT_EQUAL(packets[0].result, BB_ERR_BUSY);
	CU_ASSERT_EQUAL(packets[1].result, BB_ERR_BUSY);
	CU_ASSERT_EQUAL(bids[1].participant, GATE_TRADER);
	CU_ASSERT_EQUAL(bids[1].sequence, 9);
	CU_ASSERT_EQUAL(bb_counted(&kit.counters, BB_COUNT_DIFFERED), 1);
	CU_ASSERT_EQUAL(refused(BB_ERR_BUSY), 2);

	const struct bb_difference *difference = bb_verify_difference(&kit.verify);
	CU_ASSERT_PTR_NOT_NULL_FATAL(difference);
	CU_ASSERT_TRUE(difference->libsodium);
	CU_ASSERT_FALSE(difference->fast);
	CU_ASSERT_EQUAL(difference->size, packets[1].size - BB_MAC_SIZE);
	CU_ASSERT_EQUAL(memcmp(difference->input, bytes[1], difference->size), 0);
	CU_ASSERT_EQUAL(memcmp(difference->key, kit.entries[GATE_TRADER].key, BB_KEY_SIZE), 0);

	put(0, &(struct gate_packet){ .participant = GATE_FAST, .sequence = 2 });
	bb_gate_check_burst(&kit.gate, packets, 1, GATE_NOW);
	CU_ASSERT_EQUAL(packets[0].result, BB_ERR_BUSY);
	/* The first one stays. */
	put(0, &(struct gate_packet){ .participant = GATE_TRADER, .sequence = 10 });
	bb_gate_check_burst(&kit.gate, packets, 1, GATE_NOW);
	CU_ASSERT_EQUAL(memcmp(difference->input, bytes[1], difference->size), 0);
	gate_kit_stop(&kit);
}

static void
test_a_key_that_has_no_table_is_told_apart(void)
{
	static const uint8_t small_order[BB_KEY_SIZE] = { 1 };
	static struct bb_point scratch[16];
	struct bb_key_table table;

	gate_kit_start(&kit);
	CU_ASSERT_TRUE(bb_table_scratch(&kit.verify.comb) <= 16);
	CU_ASSERT_FALSE(bb_verify_build(&kit.verify, 1, small_order, scratch));
	CU_ASSERT_TRUE(bb_verify_build(&kit.verify, 1, kit.entries[1].key, scratch));
	bb_verify_table(&kit.verify, GATE_MEMBERS, true, &table);
	CU_ASSERT_PTR_EQUAL(table.entries, bb_verify_place(&kit.verify, GATE_MEMBERS));
	bb_verify_table(&kit.verify, GATE_MEMBERS, false, &table);
	CU_ASSERT_PTR_NULL(table.entries);

	const struct bb_verify none = { 0 };
	bb_verify_table(&none, 1, true, &table);
	CU_ASSERT_PTR_NULL(table.entries);
	gate_kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "each of a full burst gets its own verdict",
		  test_each_of_a_full_burst_gets_its_own_verdict },
		{ "credit is taken in the order of arrival",
		  test_credit_is_taken_in_the_order_of_arrival },
		{ "both of one sequence in a burst pass to the matcher",
		  test_both_of_one_sequence_in_a_burst_pass_to_the_matcher },
		{ "an empty burst changes nothing", test_an_empty_burst_changes_nothing },
		{ "a table is used only where the roster says so",
		  test_a_table_is_used_only_where_the_roster_says_so },
		{ "both codes agree on good and bad", test_both_codes_agree_on_good_and_bad },
		{ "a difference is kept, counted and final",
		  test_a_difference_is_kept_counted_and_final },
		{ "a key that has no table is told apart",
		  test_a_key_that_has_no_table_is_told_apart },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("gate_burst", tests);
}
