/* test_histogram - what the latency histogram promises. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_random.h"
#include "bench/gen_histogram.h"
#include "tests/bb_test.h"

static struct gen_histogram histogram;

static void
test_an_empty_histogram_says_zero(void)
{
	memset(&histogram, 0, sizeof(histogram));
	CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 50000), 0);
	CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 100000), 0);
}

static void
test_small_values_are_exact(void)
{
	memset(&histogram, 0, sizeof(histogram));
	for (uint64_t value = 1; value <= 60; value++)
		gen_histogram_add(&histogram, value);
	CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 50000), 30);
	CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 100000), 60);
}

static void
test_one_value_is_every_percentile(void)
{
	static const uint64_t values[] = { 0, 1, 63, 64, 65, 127, 128, 1000003, UINT64_MAX };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		memset(&histogram, 0, sizeof(histogram));
		gen_histogram_add(&histogram, values[i]);
		CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 1000), values[i]);
		CU_ASSERT_EQUAL(gen_histogram_at(&histogram, 99900), values[i]);
	}
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void
test_percentiles_are_those_of_a_sorted_list(void)
{
	enum { COUNT = 20000 };
	static uint64_t values[COUNT];
	static const uint32_t wanted[] = { 1000, 50000, 90000, 99000, 99900 };
	struct bb_random random = { 7 };

	memset(&histogram, 0, sizeof(histogram));
	for (uint32_t i = 0; i < COUNT; i++) {
		values[i] = bb_random_next(&random) >> (20 + bb_random_below(&random, 40));
		gen_histogram_add(&histogram, values[i]);
	}
	qsort(values, COUNT, sizeof(values[0]), by_value);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const uint64_t exact = values[(uint64_t)COUNT * wanted[i] / 100000 - 1];
		const uint64_t told = gen_histogram_at(&histogram, wanted[i]);
		CU_ASSERT(told >= exact && told - exact <= exact / 64);
	}
	CU_ASSERT_EQUAL(histogram.max, values[COUNT - 1]);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an empty histogram says zero", test_an_empty_histogram_says_zero },
		{ "small values are exact", test_small_values_are_exact },
		{ "one value is every percentile", test_one_value_is_every_percentile },
		{ "percentiles are those of a sorted list",
		  test_percentiles_are_those_of_a_sorted_list },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("histogram", tests);
}
