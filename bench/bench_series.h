/* bench_series - what a benchmark saw of one thing in many short slices of time.
 *
 * Units    MB/s (10^6 bytes), us.
 * Memory   32 MiB a series, from the heap, and never given back: a benchmark ends.
 * Threads  None of its own.
 * Errors   Samples beyond SERIES_SAMPLES are not kept; more slices than SERIES_SLICES are an
 *          assertion.
 * Replay   Not part of it.
 */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define SERIES_SAMPLES (1u << 22)
#define SERIES_SLICES  4096u

struct bench_series {
	double rates[SERIES_SLICES];  /* MB/s */
	uint32_t ends[SERIES_SLICES]; /* of the samples of each slice */
	bool still[SERIES_SLICES];    /* whether the machine stood still in it */
	uint32_t slice_count;
	double *us; /* SERIES_SAMPLES latencies */
	uint32_t sample_count;
};

/* What a series comes to; zeros where there was nothing. */
struct bench_figures {
	double mb_per_s; /* of the median slice */
	double p50_us;   /* of all samples */
	double p99_us;
	double awake_p99_us; /* of the slices in which the machine did not stand still */
	uint32_t slices;
	uint32_t still_slices;
};

/* bench_series_init returns false where there is no memory. */
bool bench_series_init(struct bench_series *series);
void bench_series_clear(struct bench_series *series);

void bench_series_sample(struct bench_series *series, uint64_t ns);

/* bench_series_slice ends a slice, to which all samples since the one before belong. */
void bench_series_slice(struct bench_series *series, uint64_t bytes, uint64_t ns, bool still);

/* bench_series_last returns the rate of the last slice; there is one. */
double bench_series_last(const struct bench_series *series);

/* bench_series_figures sorts what was seen; no slice may follow. */
struct bench_figures bench_series_figures(struct bench_series *series);

#endif
