/* test_market_model - the market decides as a market does that is too simple to be wrong. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_event.h"
#include "tests/bb_test.h"
#include "tests/market/market_drive.h"

enum { SEEDS = 300, COMMANDS = 1500 };

static struct drive_tally tally;

static void
test_agrees_with_the_model(void)
{
	static uint8_t bytes[1 + COMMANDS * DRIVE_COMMAND_BYTES];

	memset(&tally, 0, sizeof(tally));
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bb_random random = { seed };
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(bb_random_next(&random) >> 56);
		printf("%s%llu", seed == 1 ? "seeds " : " ", (unsigned long long)seed);
		fflush(stdout);
		CU_ASSERT_EQUAL(market_drive(bytes, sizeof(bytes), &tally), COMMANDS);
	}
}

/* A model test is worth what it reaches. */
static void
test_the_seeds_reach_every_event_and_refusal(void)
{
	static const uint8_t results[] = {
		BB_ERR_PARTICIPANT, BB_ERR_SUSPENDED, BB_ERR_ROLE, BB_ERR_HALTED, BB_ERR_RECORD,
		BB_ERR_PRODUCT, BB_ERR_PRICE, BB_ERR_TICK, BB_ERR_QUANTITY, BB_ERR_LOT,
		BB_ERR_ORDER_EXISTS, BB_ERR_ORDER_UNKNOWN, BB_ERR_ORDERS, BB_ERR_BOOK_FULL,
		BB_ERR_SELF_TRADE, BB_ERR_UNFILLED, BB_ERR_POSITION, BB_ERR_UNSUPPORTED,
		BB_ERR_PARTICIPANT_EXISTS, BB_ERR_KEY, BB_ERR_PRODUCT_EXISTS, BB_ERR_BAND,
		BB_ERR_FULL, BB_BY_PARTICIPANT, BB_BY_IOC, BB_BY_REVOKE, BB_ERR_EXPIRY,
		BB_BY_EXPIRY, BB_BY_SILENCE, BB_ERR_BASKET, BB_ERR_ESCROW, BB_ERR_PARAM,
	};

	for (uint32_t kind = BB_EVENT_NONE + 1; kind <= BB_EVENT_RESUMED; kind++) {
		CU_ASSERT_TRUE(tally.events[kind] > 0);
		printf("\n  event %u: %llu", kind, (unsigned long long)tally.events[kind]);
	}
	CU_ASSERT_TRUE(tally.events[BB_EVENT_SHOWN] > 0);
	CU_ASSERT_TRUE(tally.events[BB_EVENT_TICKED] > 0);
	printf("\n  clips shown: %llu", (unsigned long long)tally.events[BB_EVENT_SHOWN]);
	for (size_t i = 0; i < sizeof(results); i++) {
		CU_ASSERT_TRUE(tally.results[results[i]] > 0);
		printf("\n  %s: %llu", bb_result_name((enum bb_result)results[i]),
		       (unsigned long long)tally.results[results[i]]);
	}
	printf("\n  ");
}

/* All that a leg may be answered, and what only the legs before it can be the reason for. */
static void
test_the_seeds_reach_every_answer_to_a_basket(void)
{
	static const uint8_t legs[] = {
		BB_OK, BB_ERR_PARTICIPANT, BB_ERR_SUSPENDED, BB_ERR_PRODUCT, BB_ERR_RECORD,
		BB_ERR_HALTED, BB_ERR_TICK, BB_ERR_PRICE, BB_ERR_QUANTITY, BB_ERR_LOT,
		BB_ERR_ORDER_EXISTS, BB_ERR_POSITION, BB_ERR_ESCROW, BB_ERR_FULL,
		BB_ERR_UNFILLED, BB_ERR_SELF_TRADE, BB_ERR_BASKET,
	};
	static const uint8_t sums[] = { BB_ERR_ESCROW, BB_ERR_FULL };

	for (size_t i = 0; i < sizeof(legs); i++) {
		CU_ASSERT_TRUE(tally.legs[legs[i]] > 0);
		printf("\n  legs, %s: %llu", bb_result_name((enum bb_result)legs[i]),
		       (unsigned long long)tally.legs[legs[i]]);
	}
	for (size_t i = 0; i < sizeof(sums); i++) {
		CU_ASSERT_TRUE(tally.sums[sums[i]] > 0);
		printf("\n  all legs together, %s: %llu",
		       bb_result_name((enum bb_result)sums[i]),
		       (unsigned long long)tally.sums[sums[i]]);
	}
	printf("\n  ");
}

/* Inputs that the fuzzer kept: each went another way through the code. */
static char **saved;
static int saved_count;

static void
test_saved_inputs_agree_with_the_model(void)
{
	static uint8_t bytes[1u << 16];

	CU_ASSERT_TRUE(saved_count > 0);
	for (int i = 0; i < saved_count; i++) {
		FILE *file = fopen(saved[i], "rb");
		CU_ASSERT_PTR_NOT_NULL_FATAL(file);
		const size_t size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		CU_ASSERT_TRUE(market_drive(bytes, size, NULL) == (size - 1) / DRIVE_COMMAND_BYTES);
	}
}

int
main(int argc, char **argv)
{
	saved = argv + 1;
	saved_count = argc - 1;
	CU_TestInfo tests[] = {
		{ "agrees with the model", test_agrees_with_the_model },
		{ "the seeds reach every event and refusal",
		  test_the_seeds_reach_every_event_and_refusal },
		{ "the seeds reach every answer to a basket",
		  test_the_seeds_reach_every_answer_to_a_basket },
		{ "saved inputs agree with the model", test_saved_inputs_agree_with_the_model },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market model", tests);
}
