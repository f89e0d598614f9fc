/* test_day_drive - whatever comes, money and energy add up and two venues agree. */
#include <string.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "tests/market/day_drive.h"

enum { SEEDS = 100, COMMANDS = 1500 };

static struct day_tally tally;

static void
test_nothing_is_made_or_lost_whatever_comes(void)
{
	static uint8_t bytes[1 + COMMANDS * DAY_COMMAND_BYTES];

	memset(&tally, 0, sizeof(tally));
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bb_random random = { seed };
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(bb_random_next(&random) >> 56);
		printf("%s%llu", seed == 1 ? "seeds " : " ", (unsigned long long)seed);
		fflush(stdout);
		CU_ASSERT_EQUAL(day_drive(bytes, sizeof(bytes), &tally), COMMANDS);
	}
}

/* A test with chance is worth what it reaches. */
static void
test_the_seeds_reach_every_event_and_state(void)
{
	static const uint8_t results[] = {
		BB_ERR_STATE, BB_ERR_ESCROW, BB_ERR_KILLED, BB_ERR_PARAM, BB_ERR_LINE,
		BB_ERR_METERED, BB_ERR_METER, BB_ERR_BALANCE, BB_ERR_POSITION, BB_ERR_SELF_TRADE,
		BB_ERR_NOT_FOUND, BB_ERR_ROLE, BB_BY_CLOSURE, BB_BY_KILL, BB_BY_SILENCE,
		BB_BY_TICK, BB_BY_BREAKER, BB_BY_SUBSTITUTE, BB_BY_REVERSAL, BB_BY_OPERATOR,
		BB_BY_CLEARING,
	};

	for (uint32_t kind = BB_EVENT_NONE + 1; kind <= BB_EVENT_TICKED; kind++) {
		printf("\n  event %u: %llu", kind, (unsigned long long)tally.events[kind]);
		CU_ASSERT_TRUE(tally.events[kind] > 0);
	}
	printf("\n  rebates: %llu, shares: %llu",
	       (unsigned long long)tally.events[BB_EVENT_REBATED],
	       (unsigned long long)tally.rebates);
	CU_ASSERT_TRUE(tally.events[BB_EVENT_REBATED] > 0 && tally.rebates > 0);
	printf("\n  tariffs: %llu, paid: %llu",
	       (unsigned long long)tally.events[BB_EVENT_TARIFF_SET],
	       (unsigned long long)tally.charges);
	CU_ASSERT_TRUE(tally.events[BB_EVENT_TARIFF_SET] > 0 && tally.charges > 0);
	printf("\n  words: %llu, agreed: %llu", (unsigned long long)tally.words,
	       (unsigned long long)tally.agreed);
	CU_ASSERT_TRUE(tally.words > 0 && tally.agreed > 0);
	printf("\n  over lines: %llu, uncrossed: %llu",
	       (unsigned long long)tally.events[BB_EVENT_CARRIED],
	       (unsigned long long)tally.uncrossed);
	CU_ASSERT_TRUE(tally.events[BB_EVENT_CARRIED] > tally.uncrossed && tally.uncrossed > 0);
	for (uint32_t state = BB_COURSE_NONE + 1; state < BB_COURSE_STATES; state++) {
		printf("\n  state %s: %llu", bb_course_state_name((enum bb_course_state)state),
		       (unsigned long long)tally.states[state]);
		CU_ASSERT_TRUE(tally.states[state] > 0);
	}
	for (size_t i = 0; i < sizeof(results); i++) {
		printf("\n  %s: %llu", bb_result_name((enum bb_result)results[i]),
		       (unsigned long long)tally.results[results[i]]);
		CU_ASSERT_TRUE(tally.results[results[i]] > 0);
	}
	printf("\n  ");
}

/* Inputs that the fuzzer kept: each went another way through the code. */
static char **saved;
static int saved_count;

static void
test_saved_inputs_add_up(void)
{
	static uint8_t bytes[1u << 16];

	for (int i = 0; i < saved_count; i++) {
		FILE *file = fopen(saved[i], "rb");
		CU_ASSERT_PTR_NOT_NULL_FATAL(file);
		const size_t size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		day_drive(bytes, size, NULL);
	}
	CU_ASSERT(saved_count > 0);
}

int
main(int argc, char **argv)
{
	CU_TestInfo tests[] = {
		{ "nothing is made or lost whatever comes",
		  test_nothing_is_made_or_lost_whatever_comes },
		{ "the seeds reach every event and state",
		  test_the_seeds_reach_every_event_and_state },
		{ "saved inputs add up", test_saved_inputs_add_up },
		CU_TEST_INFO_NULL,
	};

	saved = argv + 1;
	saved_count = argc - 1;
	return bb_test_run("market day drive", tests);
}
