/* bench_series - what a benchmark saw of one thing in many short slices of time.
 *
 * Units    MB/s (10^6 bytes), us.
 * Memory   16 MiB a series, from the heap, and never given back: a benchmark ends.
 * Threads  None of its own.
 * Errors   Samples beyond SERIES_SAMPLES are not kept; more slices than SERIES_SLICES are an
 *          assertion.
 * Replay   Not part of it.
 */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define SERIES_SAMPLES (1u << 21)
#define SERIES_SLICES  4096u

struct bench_series {
	double rates[SERIES_SLICES]; /* MB/s */
	uint32_t slice_count;
	double *us; /* SERIES_SAMPLES latencies */
	uint32_t sample_count;
};

/* What a series comes to; zeros where there was nothing. */
struct bench_figures {
	double mb_per_s; /* of the median slice */
	double p50_us;   /* of all samples */
	double p99_us;
};

/* bench_series_init returns false where there is no memory. */
bool bench_series_init(struct bench_series *series);
void bench_series_clear(struct bench_series *series);

void bench_series_sample(struct bench_series *series, uint64_t ns);
void bench_series_slice(struct bench_series *series, uint64_t bytes, uint64_t ns);

/* bench_series_last returns the rate of the last slice; there is one. */
double bench_series_last(const struct bench_series *series);

/* bench_series_figures sorts what was seen. */
struct bench_figures bench_series_figures(struct bench_series *series);

#endif
