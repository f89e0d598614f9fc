#include "bench/gen_histogram.h"

#include "base/bb_assert.h"

#define BITS 6u /* of the 64 buckets of a power of two */

static uint32_t
bucket_of(uint64_t value)
{
	if (value < 64)
		return (uint32_t)value;
	const uint32_t shift = 63 - (uint32_t)__builtin_clzll(value) - BITS;
	return (shift + 1) * 64 + (uint32_t)(value >> shift) - 64;
}

static uint64_t
bucket_top(uint32_t bucket)
{
	if (bucket < 64)
		return bucket;
	const uint32_t shift = bucket / 64 - 1;
	return (((uint64_t)bucket % 64 + 64) << shift) + ((UINT64_C(1) << shift) - 1);
}

void
gen_histogram_add(struct gen_histogram *histogram, uint64_t value)
{
	const uint32_t bucket = bucket_of(value);
	BB_ASSERT(bucket < GEN_HISTOGRAM_BUCKETS);

	histogram->counts[bucket]++;
	histogram->count++;
	if (value > histogram->max)
		histogram->max = value;
}

uint64_t
gen_histogram_at(const struct gen_histogram *histogram, uint32_t per_100000)
{
	/* Split, so that the product of a large count does not overflow. */
	const uint64_t whole = histogram->count / 100000 * per_100000;
	const uint64_t rest = (histogram->count % 100000 * per_100000 + 99999) / 100000;
	const uint64_t wanted = whole + rest;
	uint64_t seen = 0;

	for (uint32_t bucket = 0; bucket < GEN_HISTOGRAM_BUCKETS; bucket++) {
		seen += histogram->counts[bucket];
		if (seen >= wanted && seen > 0) {
			const uint64_t top = bucket_top(bucket);
			return top < histogram->max ? top : histogram->max;
		}
	}
	return histogram->max;
}
