/* test_tail - which end of a ledger is clean, which was torn, and which is damage. */
#include <string.h>

#include "ledger/bb_tail.h"
#include "tests/bb_test.h"

static enum bb_tail_verdict
judge(enum bb_witness_state witness, bool broken, bool later_segment, bool later_header)
{
	const struct bb_tail tail = { .witness = witness,
				      .broken = broken,
				      .later_segment = later_segment,
				      .later_header = later_header };
	const char *why = NULL;
	const enum bb_tail_verdict verdict = bb_tail_judge(&tail, &why);

	CU_ASSERT_PTR_NOT_NULL(why);
	return verdict;
}

static void
test_another_block_than_the_watermark_names_is_damage(void)
{
	for (uint32_t rest = 0; rest < 8; rest++)
		CU_ASSERT_EQUAL(judge(BB_WITNESS_OTHER, rest & 1, rest & 2, rest & 4),
				BB_TAIL_CORRUPT);
}

static void
test_an_end_before_the_watermark_is_damage(void)
{
	for (uint32_t rest = 0; rest < 8; rest++)
		CU_ASSERT_EQUAL(judge(BB_WITNESS_AHEAD, rest & 1, rest & 2, rest & 4),
				BB_TAIL_CORRUPT);
}

static void
test_a_broken_block_before_a_later_segment_is_damage(void)
{
	for (uint32_t state = 0; state < BB_WITNESS_STATES; state++)
		CU_ASSERT_EQUAL(judge((enum bb_witness_state)state, true, true, false),
				BB_TAIL_CORRUPT);
}

static void
test_a_broken_block_that_a_later_one_vouches_for_is_damage(void)
{
	for (uint32_t state = 0; state < BB_WITNESS_STATES; state++)
		CU_ASSERT_EQUAL(judge((enum bb_witness_state)state, true, false, true),
				BB_TAIL_CORRUPT);
}

static void
test_without_a_whole_watermark_nothing_is_judged(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_DAMAGED, true, false, false), BB_TAIL_CORRUPT);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_DAMAGED, false, false, false), BB_TAIL_CORRUPT);
}

static void
test_a_broken_block_that_nothing_vouches_for_is_torn(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_MET, true, false, false), BB_TAIL_TORN);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_NONE, true, false, false), BB_TAIL_TORN);
}

static void
test_zeros_after_the_last_block_are_clean(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_MET, false, false, false), BB_TAIL_CLEAN);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_NONE, false, false, false), BB_TAIL_CLEAN);
}

static void
test_a_watermark_is_met_by_its_block_alone(void)
{
	uint8_t bytes[2 * BB_WATERMARK_SIZE] = { 0 };
	const struct bb_watermark mark = { .count = 1, .height = 5, .block_hash = { { 7 } },
					   .ledger_id = { { 9 } } };
	struct bb_chain chain = { .next_height = 5, .block_hash = { { 7 } },
				  .ledger_id = { { 9 } } };
	struct bb_witness witness;
	struct bb_witness before;

	bb_witness_read(&witness, NULL, 0);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_NONE);
	bb_witness_read(&witness, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_DAMAGED);
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_DAMAGED);
	bb_watermark_encode(bytes, &mark);
	bb_witness_read(&witness, bytes, sizeof(bytes));
	bb_witness_see(&witness, &chain); /* block 4 */
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_AHEAD);
	chain.next_height = 6;
	before = witness;
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_MET);
	chain.block_hash.bytes[31] = 1;
	witness = before;
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_OTHER);
	chain.block_hash.bytes[31] = 0;
	chain.ledger_id.bytes[31] = 1;
	bb_witness_see(&before, &chain);
	CU_ASSERT_EQUAL(before.state, BB_WITNESS_OTHER);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "another block than the watermark names is damage",
		  test_another_block_than_the_watermark_names_is_damage },
		{ "an end before the watermark is damage",
		  test_an_end_before_the_watermark_is_damage },
		{ "a broken block before a later segment is damage",
		  test_a_broken_block_before_a_later_segment_is_damage },
		{ "a broken block that a later one vouches for is damage",
		  test_a_broken_block_that_a_later_one_vouches_for_is_damage },
		{ "without a whole watermark nothing is judged",
		  test_without_a_whole_watermark_nothing_is_judged },
		{ "a broken block that nothing vouches for is torn",
		  test_a_broken_block_that_nothing_vouches_for_is_torn },
		{ "zeros after the last block are clean",
		  test_zeros_after_the_last_block_are_clean },
		{ "a watermark is met by its block alone",
		  test_a_watermark_is_met_by_its_block_alone },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("tail", tests);
}
