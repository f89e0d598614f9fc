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
bench_series_slice(struct bench_series *series, uint64_t bytes, uint64_t ns, bool still)
{
	BB_ASSERT(series->slice_count < SERIES_SLICES);
	series->ends[series->slice_count] = series->sample_count;
	series->still[series->slice_count] = still;
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

static void
sort(double *values, uint32_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
}

double
bench_median(double *values, uint32_t count)
{
	sort(values, count);
	return count % 2 == 1 ? values[count / 2]
			      : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Brings the samples of slices in which the machine ran to the front; returns their number. */
static uint32_t
gather_awake(struct bench_series *series)
{
	uint32_t count = 0;

	for (uint32_t slice = 0, at = 0; slice < series->slice_count; slice++) {
		for (; at < series->ends[slice]; at++) {
			const double us = series->us[at];

			if (series->still[slice])
				continue;
			series->us[at] = series->us[count];
			series->us[count++] = us;
		}
	}
	return count;
}

/* Of the first count samples, which are sorted; 0: there is none. */
static double
percentile(const struct bench_series *series, uint32_t count, uint32_t percent)
{
	return count == 0 ? 0 : series->us[(uint64_t)(count - 1) * percent / 100];
}

struct bench_figures
bench_series_figures(struct bench_series *series)
{
	struct bench_figures figures = { .slices = series->slice_count };

	for (uint32_t i = 0; i < series->slice_count; i++)
		figures.still_slices += series->still[i];
	const uint32_t awake = gather_awake(series);
	sort(series->us, awake);
	figures.awake_p99_us = percentile(series, awake, 99);
	sort(series->us, series->sample_count);
	figures.p50_us = percentile(series, series->sample_count, 50);
	figures.p99_us = percentile(series, series->sample_count, 99);
	if (series->slice_count > 0)
		figures.mb_per_s = bench_median(series->rates, series->slice_count);
	return figures;
}
