/* bb_divide - division by a number that is chosen once: a multiplication instead.
 *
 * inverse is the largest number with inverse x by < 2^64, so that
 *
 *	inverse x (n + 1) / 2^64  =  (n + 1) / by  less at most  (n + 1) / 2^64
 *
 * which lies from n / by, where by divides n, to below n / by + 1: rounded down, it is
 * exactly n / by rounded down, for all n and by of 32 bits.
 *
 * For 64 bits the product lies from above n / by - 1 to n / by: rounded down, it is exact or
 * one too small, and the remainder tells which.
 *
 * Replay   Pure.
 */
#ifndef BB_DIVIDE_H
#define BB_DIVIDE_H

#include <stdbool.h>
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

/* The same for numbers of 64 bits. */
struct bb_inverse {
	uint64_t inverse;
	uint64_t by;
};

/* bb_inverse: what is divided by 0 has no result that means anything. */
static inline struct bb_inverse
bb_inverse(uint64_t by)
{
	return (struct bb_inverse){ .inverse = by == 0 ? 0 : UINT64_MAX / by, .by = by };
}

static inline uint64_t
bb_quotient(struct bb_inverse divisor, uint64_t number)
{
	const uint64_t near = (uint64_t)((unsigned __int128)divisor.inverse * number >> 64);

	return near + (number - near * divisor.by >= divisor.by);
}

/* A part of a whole, of which others take their share: the same, for products that no longer
 * fit 64 bits. */
struct bb_fraction {
	uint64_t fraction; /* in 2^64ths, rounded down */
	uint64_t part;
	uint64_t whole;
};

/* bb_fraction: part is less than whole, and that less than 2^63. */
static inline struct bb_fraction
bb_fraction(uint64_t part, uint64_t whole)
{
	return (struct bb_fraction){
		.fraction = (uint64_t)(((unsigned __int128)part << 64) / whole),
		.part = part,
		.whole = whole,
	};
}

/* bb_fraction_of returns number x part / whole, rounded down, and the remainder. */
static inline uint64_t
bb_fraction_of(struct bb_fraction of, uint64_t number, uint64_t *remainder)
{
	const uint64_t near = (uint64_t)((unsigned __int128)of.fraction * number >> 64);
	const uint64_t rest = number * of.part - near * of.whole; /* less than twice the whole */
	const bool more = rest >= of.whole;

	*remainder = more ? rest - of.whole : rest;
	return near + more;
}

#endif
