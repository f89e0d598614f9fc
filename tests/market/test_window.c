/* test_window - which sequences pass: against a set that remembers everything. */
#include <stdbool.h>
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_window.h"
#include "tests/bb_test.h"

static void
test_sequences_start_at_one(void)
{
	struct bb_window window = { 0 };

	CU_ASSERT_EQUAL(bb_window_mark(&window, 0), BB_ERR_SEQUENCE_OLD);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 1), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 1), BB_ERR_DUPLICATE);
	CU_ASSERT_EQUAL(bb_window_look(&window, 2), BB_OK);
	CU_ASSERT_EQUAL(bb_window_look(&window, 0), BB_ERR_SEQUENCE_OLD);
}

static void
test_a_reordered_packet_passes_once(void)
{
	struct bb_window window = { 0 };

	CU_ASSERT_EQUAL(bb_window_mark(&window, 5000), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 5000 - BB_WINDOW), BB_ERR_SEQUENCE_OLD);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 5001 - BB_WINDOW), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 5001 - BB_WINDOW), BB_ERR_DUPLICATE);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 5001), BB_OK);
	CU_ASSERT_EQUAL(bb_window_look(&window, 5001 - BB_WINDOW), BB_ERR_SEQUENCE_OLD);
}

static void
test_a_step_forward_forgets_exactly_what_it_passes(void)
{
	for (uint64_t step = 1; step < BB_WINDOW + 70; step++) {
		struct bb_window window = { 0 };
		const uint64_t full = 3000 + step; /* starts at every place in a word */
		for (uint64_t sequence = full - BB_WINDOW; sequence <= full; sequence++)
			bb_window_mark(&window, sequence);
		CU_ASSERT_EQUAL(bb_window_mark(&window, full + step), BB_OK);

		uint32_t wrong = 0;
		for (uint64_t back = 1; back < BB_WINDOW; back++) {
			const uint64_t sequence = full + step - back;
			wrong += bb_window_look(&window, sequence) !=
				 (sequence > full ? BB_OK : BB_ERR_DUPLICATE);
		}
		CU_ASSERT_EQUAL(wrong, 0);
	}
}

static void
test_a_look_and_a_refusal_change_nothing(void)
{
	struct bb_window window = { 0 };
	struct bb_window before;

	for (uint64_t sequence = 1; sequence < 3000; sequence += 3)
		bb_window_mark(&window, sequence);
	memcpy(&before, &window, sizeof(before));
	for (uint64_t sequence = 0; sequence < 6000; sequence++)
		bb_window_look(&window, sequence);
	bb_window_mark(&window, 1);
	bb_window_mark(&window, 2998);
	CU_ASSERT_EQUAL(memcmp(&before, &window, sizeof(before)), 0);
}

static void
test_the_last_sequences_of_all_pass(void)
{
	struct bb_window window = { 0 };

	CU_ASSERT_EQUAL(bb_window_mark(&window, UINT64_MAX - 3), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, UINT64_MAX), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, UINT64_MAX), BB_ERR_DUPLICATE);
	CU_ASSERT_EQUAL(bb_window_mark(&window, UINT64_MAX - 3), BB_ERR_DUPLICATE);
	CU_ASSERT_EQUAL(bb_window_mark(&window, UINT64_MAX - 1), BB_OK);
	CU_ASSERT_EQUAL(bb_window_mark(&window, 1), BB_ERR_SEQUENCE_OLD);
}

/* The model: every sequence that was marked, for ever. */
enum { SEQUENCES = 400000, MARKS = 20000 };

static bool marked[SEQUENCES];

static enum bb_result
model_mark(uint64_t sequence, uint64_t *highest)
{
	if (sequence == 0 || sequence + BB_WINDOW <= *highest)
		return BB_ERR_SEQUENCE_OLD;
	if (marked[sequence])
		return BB_ERR_DUPLICATE;
	marked[sequence] = true;
	if (sequence > *highest)
		*highest = sequence;
	return BB_OK;
}

static void
test_agrees_with_the_model(void)
{
	static const uint32_t steps[] = { 1, 1, 2, 3, 63, 64, 65, 900, 1023, 1024, 1025, 5000 };

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct bb_random random = { seed };
		struct bb_window window = { 0 };
		uint64_t highest = 0;
		memset(marked, 0, sizeof(marked));
		for (uint32_t i = 0; i < MARKS; i++) {
			const uint32_t back = bb_random_below(&random, BB_WINDOW + 80);
			uint64_t sequence = back < highest ? highest - back : 0;
			if (bb_random_below(&random, 4) == 0)
				sequence = highest + steps[bb_random_below(&random, 12)];
			if (sequence >= SEQUENCES)
				break;
			const enum bb_result look = bb_window_look(&window, sequence);
			const enum bb_result mark = bb_window_mark(&window, sequence);
			CU_ASSERT_EQUAL(look, mark);
			CU_ASSERT_EQUAL(mark, model_mark(sequence, &highest));
			CU_ASSERT_EQUAL(window.highest, highest);
		}
		CU_ASSERT_TRUE(highest > SEQUENCES / 2);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "sequences start at one", test_sequences_start_at_one },
		{ "a reordered packet passes once", test_a_reordered_packet_passes_once },
		{ "a step forward forgets exactly what it passes",
		  test_a_step_forward_forgets_exactly_what_it_passes },
		{ "a look and a refusal change nothing", test_a_look_and_a_refusal_change_nothing },
		{ "the last sequences of all pass", test_the_last_sequences_of_all_pass },
		{ "agrees with the model", test_agrees_with_the_model },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("window", tests);
}
