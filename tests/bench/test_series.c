/* test_series - what a benchmark tells of its slices. */
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/bench_series.h"
#include "tests/bb_test.h"

static struct bench_series series;

/* A slice at a rate, with samples of one us less each, down to first_us. */
static void
add_slice(uint32_t first_us, uint32_t count, uint64_t mb_per_s, bool still)
{
	for (uint32_t i = count; i > 0; i--)
		bench_series_sample(&series, (uint64_t)(first_us + i - 1) * 1000);
	bench_series_slice(&series, mb_per_s * 10, 10000, still);
}

static void
begin(void)
{
	CU_ASSERT_TRUE_FATAL(bench_series_init(&series));
}

static void
test_a_standstill_counts_but_where_it_is_left_out(void)
{
	begin();
	add_slice(1, 100, 30, false);
	add_slice(5001, 100, 10, true); /* by far the slowest, and not the last */
	add_slice(101, 100, 20, false);
	const struct bench_figures figures = bench_series_figures(&series);

	CU_ASSERT_EQUAL(figures.slices, 3);
	CU_ASSERT_EQUAL(figures.still_slices, 1);
	CU_ASSERT_EQUAL(figures.mb_per_s, 20);
	CU_ASSERT_EQUAL(figures.p50_us, 150);
	CU_ASSERT_EQUAL(figures.p99_us, 5097);
	CU_ASSERT_EQUAL(figures.awake_p99_us, 198);
	free(series.us);
}

static void
test_where_the_machine_never_ran_through_there_is_nothing_to_tell(void)
{
	begin();
	add_slice(7, 1, 5, true);
	const struct bench_figures figures = bench_series_figures(&series);

	CU_ASSERT_EQUAL(figures.still_slices, 1);
	CU_ASSERT_EQUAL(figures.p50_us, 7);
	CU_ASSERT_EQUAL(figures.p99_us, 7);
	CU_ASSERT_EQUAL(figures.awake_p99_us, 0);
	free(series.us);
}

static void
test_what_was_cleared_is_not_told(void)
{
	begin();
	add_slice(1000, 10, 5, true);
	bench_series_clear(&series);
	add_slice(1, 3, 7, false);
	CU_ASSERT_EQUAL(bench_series_last(&series), 7);
	const struct bench_figures figures = bench_series_figures(&series);

	CU_ASSERT_EQUAL(figures.slices, 1);
	CU_ASSERT_EQUAL(figures.still_slices, 0);
	CU_ASSERT_EQUAL(figures.p50_us, 2);
	CU_ASSERT_EQUAL(figures.awake_p99_us, 2);
	free(series.us);
}

static void
test_a_median_of_two_lies_between_them(void)
{
	double odd[] = { 9, 1, 5 };
	double even[] = { 8, 2, 100, 4 };

	CU_ASSERT_EQUAL(bench_median(odd, 3), 5);
	CU_ASSERT_EQUAL(bench_median(even, 4), 6);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a standstill counts, but where it is left out",
		  test_a_standstill_counts_but_where_it_is_left_out },
		{ "where the machine never ran through there is nothing to tell",
		  test_where_the_machine_never_ran_through_there_is_nothing_to_tell },
		{ "what was cleared is not told", test_what_was_cleared_is_not_told },
		{ "a median of two lies between them", test_a_median_of_two_lies_between_them },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("series", tests);
}
