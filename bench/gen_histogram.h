/* gen_histogram - how often which value came, exact to 1 in 64 over the whole range.
 *
 * Log-linear as HdrHistogram: each power of two is divided into 64 equal buckets, and
 * values below 64 have buckets of their own.
 *
 * Units    whatever is recorded; here ns.
 * Memory   The caller's, 29.5 KiB.
 * Threads  One.
 * Errors   None: every 64-bit value has its bucket.
 * Replay   Pure.
 */
#ifndef GEN_HISTOGRAM_H
#define GEN_HISTOGRAM_H

#include <stdint.h>

#define GEN_HISTOGRAM_BUCKETS (59u * 64u)

struct gen_histogram {
	uint64_t counts[GEN_HISTOGRAM_BUCKETS];
	uint64_t count;
	uint64_t max; /* exact */
};

void gen_histogram_add(struct gen_histogram *histogram, uint64_t value);

/* gen_histogram_at returns a value that per_100000 of 100,000 recorded ones do not
 * exceed: the top of its bucket, and never above max; 0 if nothing was recorded. */
uint64_t gen_histogram_at(const struct gen_histogram *histogram, uint32_t per_100000);

#endif
