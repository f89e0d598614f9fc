/* test_gate_model - bb_gate agrees with a gate too simple to be wrong. */
#include <string.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "tests/dataplane/gate_model.h"

static struct gate_tally tally;

static void
test_agrees_with_the_model(void)
{
	enum { SEEDS = 20, PACKETS = 500 };
	static uint8_t bytes[8 * PACKETS];

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bb_random random = { seed };
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)bb_random_next(&random);
		gate_model_drive(bytes, sizeof(bytes), &tally);
	}
	CU_ASSERT_EQUAL(tally.packets, SEEDS * PACKETS);
}

/* A model that never comes to a check says nothing about it. */
static void
test_reaches_every_reason_of_the_gate(void)
{
	for (int reason = BB_ERR_LENGTH; reason <= BB_ERR_SIGNATURE; reason++) {
		if (reason == BB_ERR_DUPLICATE)
			continue; /* no refusal: it is answered again */
		CU_ASSERT_TRUE(tally.of[reason] > 0);
		printf("\n    %-14s %llu", bb_result_name((enum bb_result)reason),
		       (unsigned long long)tally.of[reason]);
	}
	CU_ASSERT_TRUE(tally.of[BB_OK] > tally.packets / 4);
	CU_ASSERT_TRUE(tally.repeats > 100);
	CU_ASSERT_TRUE(tally.queries > 100);
	CU_ASSERT_TRUE(tally.bursts > 1000 && tally.full_bursts > 0);
	printf("\n    OK             %llu, %llu repeats, %llu queries\n  ",
	       (unsigned long long)tally.of[BB_OK], (unsigned long long)tally.repeats,
	       (unsigned long long)tally.queries);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "agrees with the model", test_agrees_with_the_model },
		{ "reaches every reason of the gate", test_reaches_every_reason_of_the_gate },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("gate_model", tests);
}
