/* bb_divide - division by a number that is chosen once: a multiplication instead.
 *
 * inverse is the largest number with inverse x by < 2^64, so that
 *
 *	inverse x (n + 1) / 2^64  =  (n + 1) / by  less at most  (n + 1) / 2^64
 *
 * which lies from n / by, where by divides n, to below n / by + 1: rounded down, it is
 * exactly n / by rounded down, for all n and by of 32 bits.
 *
 * Replay   Pure.
 */
#ifndef BB_DIVIDE_H
#define BB_DIVIDE_H

#include <stdint.h>

struct bb_divisor {
	uint64_t inverse;
	uint32_t by;
	uint32_t reserved; /* zero */
};

/* bb_divisor makes ready to divide by a number above zero. */
static inline struct bb_divisor
bb_divisor(uint32_t by)
{
	return (struct bb_divisor){ .inverse = UINT64_MAX / by, .by = by };
}

static inline uint32_t
bb_divide(struct bb_divisor divisor, uint32_t number)
{
	return (uint32_t)((unsigned __int128)divisor.inverse * ((uint64_t)number + 1) >> 64);
}

#endif
