/* test_gate_rate - the token bucket of bb_gate: exact, and without overflow. */
#include <string.h>

#include "tests/bb_test.h"
#include "tests/dataplane/gate_kit.h"

static struct gate_kit kit;
static uint8_t bytes[BB_PACKET_SIZE_MAX];
static struct bb_bid bid;

static enum bb_result
send_packet(const struct gate_packet *packet, uint64_t now_ns)
{
	const size_t size = gate_kit_build(&kit, bytes, packet);
	return bb_gate_check(&kit.gate, bytes, size, now_ns, &bid);
}

/* How many of so many tries at one time are let through. */
static uint32_t
passed(uint32_t participant, uint64_t now_ns, uint32_t tries)
{
	const struct gate_packet packet = { .participant = participant, .sequence = 4 };
	const size_t size = gate_kit_build(&kit, bytes, &packet);
	uint32_t count = 0;
	for (uint32_t i = 0; i < tries; i++)
		count += bb_gate_check(&kit.gate, bytes, size, now_ns, &bid) == BB_OK;
	return count;
}

static void
test_a_burst_passes_and_then_the_rate(void)
{
	const uint64_t tenth = 100000000;

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 9), 3);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + tenth - 1, 9), 0);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + tenth, 9), 1);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + 3 * tenth, 9), 2);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + 99 * tenth, 9), 3); /* never more */
	gate_kit_stop(&kit);
}

static void
test_each_participant_has_its_own_rate(void)
{
	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 9), 3);
	CU_ASSERT_EQUAL(passed(GATE_SLOW, GATE_NOW, 9), 1);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 9), 0);
	CU_ASSERT_EQUAL(passed(GATE_TRADER, GATE_NOW, 9), 9); /* without a limit */
	gate_kit_stop(&kit);
}

static void
test_no_nanosecond_of_the_rate_is_lost(void)
{
	gate_kit_start(&kit);
	struct bb_roster_entry entry = kit.entries[GATE_LIMITED];
	entry.packets_per_s = 7; /* 1e9 / 7 is no whole number */
	entry.burst = 2;
	gate_kit_put(&kit, &entry);
	uint32_t count = 0;
	for (uint64_t ms = 0; ms <= 3000; ms++)
		count += passed(GATE_LIMITED, GATE_NOW + 1000000 * ms, 1);
	CU_ASSERT_EQUAL(count, 2 + 3 * 7);
	gate_kit_stop(&kit);
}

static void
test_a_refused_packet_costs_nothing(void)
{
	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 3), 3);
	for (uint64_t ms = 1; ms < 100; ms++)
		CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + 1000000 * ms, 2), 0);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + 100000000, 2), 1);
	gate_kit_stop(&kit);
}

static void
test_repeats_and_queries_count_against_the_rate(void)
{
	const struct gate_packet first = { .participant = GATE_LIMITED, .sequence = 4 };
	const struct gate_packet query = { .participant = GATE_LIMITED, .kind = BB_PACKET_QUERY };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&first, GATE_NOW), BB_OK);
	gate_kit_apply(&kit, &bid);
	CU_ASSERT_EQUAL(send_packet(&first, GATE_NOW), BB_OK);
	CU_ASSERT_EQUAL(send_packet(&query, GATE_NOW), BB_OK);
	CU_ASSERT_EQUAL(send_packet(&first, GATE_NOW), BB_ERR_RATE);
	CU_ASSERT_EQUAL(send_packet(&query, GATE_NOW), BB_ERR_RATE);
	gate_kit_stop(&kit);
}

static void
test_the_largest_limits_do_not_overflow(void)
{
	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_FAST, 0, 20), 0); /* in 1970, when buckets were empty */
	CU_ASSERT_EQUAL(passed(GATE_FAST, 1, 20), 4); /* 4.29 a ns */
	CU_ASSERT_EQUAL(passed(GATE_FAST, GATE_NOW, 20), 20);
	CU_ASSERT_EQUAL(passed(GATE_FAST, UINT64_MAX - 1, 20), 20);
	CU_ASSERT_EQUAL(passed(GATE_FAST, UINT64_MAX, 20), 20);
	gate_kit_stop(&kit);
}

/* Times that rates multiply up to 2^64, where a product or a sum begins anew at 0. */
static void
test_a_wrapped_product_does_not_empty_a_bucket(void)
{
	static const struct { uint32_t packets_per_s; uint64_t elapsed; } cases[] = {
		{ UINT32_C(1) << 31, UINT64_C(1) << 33 },  /* product = 2^64 */
		{ UINT32_MAX, (UINT64_C(1) << 32) + 1 },   /* product = 2^64 - 1, and a rest */
	};
	for (size_t i = 0; i < 2; i++) {
		gate_kit_start(&kit);
		struct bb_roster_entry entry = kit.entries[GATE_LIMITED];
		entry.packets_per_s = cases[i].packets_per_s;
		gate_kit_put(&kit, &entry);
		CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 2), 2); /* of 3 */
		CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW + cases[i].elapsed, 9), 3);
		gate_kit_stop(&kit);
	}
}

/* The last participant's bucket is the last of all bytes that were asked for. */
static void
test_every_participant_has_a_bucket(void)
{
	for (uint32_t participants = 1; participants < 200; participants++)
		CU_ASSERT_TRUE(bb_gate_bytes(participants) >=
			       (participants + 1) * sizeof(struct bb_bucket));
}

static void
test_a_burst_of_zero_lets_single_packets_through(void)
{
	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_SLOW, GATE_NOW, 3), 1);
	CU_ASSERT_EQUAL(passed(GATE_SLOW, GATE_NOW + 999999999, 3), 0);
	CU_ASSERT_EQUAL(passed(GATE_SLOW, GATE_NOW + 1000000000, 3), 1);
	gate_kit_stop(&kit);
}

static void
test_a_clock_set_back_gives_nothing_and_locks_nobody_out(void)
{
	const uint64_t hour = UINT64_C(3600000000000);

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW, 9), 3);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW - hour, 9), 0);
	CU_ASSERT_EQUAL(passed(GATE_LIMITED, GATE_NOW - hour + 100000000, 9), 1);
	gate_kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a burst passes, and then the rate", test_a_burst_passes_and_then_the_rate },
		{ "each participant has its own rate", test_each_participant_has_its_own_rate },
		{ "no nanosecond of the rate is lost", test_no_nanosecond_of_the_rate_is_lost },
		{ "a refused packet costs nothing", test_a_refused_packet_costs_nothing },
		{ "repeats and queries count against the rate",
		  test_repeats_and_queries_count_against_the_rate },
		{ "the largest limits do not overflow", test_the_largest_limits_do_not_overflow },
		{ "a wrapped product does not empty a bucket",
		  test_a_wrapped_product_does_not_empty_a_bucket },
		{ "every participant has a bucket", test_every_participant_has_a_bucket },
		{ "a burst of zero lets single packets through",
		  test_a_burst_of_zero_lets_single_packets_through },
		{ "a clock set back gives nothing and locks nobody out",
		  test_a_clock_set_back_gives_nothing_and_locks_nobody_out },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("gate_rate", tests);
}
