#include "bench/bench_series.h"

#include <stdlib.h>

#include "base/bb_assert.h"
#include "bench/bench.h"

bool
bench_series_init(struct bench_series *series)
{
	bench_series_clear(series);
	series->us = malloc(SERIES_SAMPLES * sizeof(series->us[0]));
	return series->us != NULL;
}

void
bench_series_clear(struct bench_series *series)
{
	series->slice_count = 0;
	series->sample_count = 0;
}

void
bench_series_sample(struct bench_series *series, uint64_t ns)
{
	if (series->sample_count < SERIES_SAMPLES)
		series->us[series->sample_count++] = (double)ns / 1e3;
}

void
bench_series_slice(struct bench_series *series, uint64_t bytes, uint64_t ns)
{
	BB_ASSERT(series->slice_count < SERIES_SLICES);
	series->rates[series->slice_count++] = (double)bytes * 1e3 / (double)ns;
}

double
bench_series_last(const struct bench_series *series)
{
	BB_ASSERT(series->slice_count > 0);
	return series->rates[series->slice_count - 1];
}

static int
compare(const void *left, const void *right)
{
	const double a = *(const double *)left;
	const double b = *(const double *)right;

	return (a > b) - (a < b);
}

struct bench_figures
bench_series_figures(struct bench_series *series)
{
	struct bench_figures figures = { 0 };
	const uint64_t last = series->sample_count > 0 ? series->sample_count - 1 : 0;

	if (series->slice_count > 0)
		figures.mb_per_s = bench_median(series->rates, series->slice_count);
	if (series->sample_count == 0)
		return figures;
	qsort(series->us, series->sample_count, sizeof(series->us[0]), compare);
	figures.p50_us = series->us[last * 50 / 100];
	figures.p99_us = series->us[last * 99 / 100];
	return figures;
}
