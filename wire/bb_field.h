/* bb_field - numbers modulo p = 2^255 - 19, one at a time: five limbs of 51 bits.
 *
 * Bounds   A reduced number has limbs below 2^51 + 2^13.  bb_fe_mul, bb_fe_square and
 *          bb_fe_subtract return reduced numbers; bb_fe_add returns limbs below 2^52 + 2^14.
 *          bb_fe_mul and bb_fe_square take limbs below 2^54, bb_fe_subtract subtrahends
 *          below 2^53: so every sum of up to four reduced numbers may be multiplied.
 * Source   Bernstein, Duif, Lange, Schwabe, Yang, "High-speed high-security signatures", 2011;
 *          the radix is Langley's curve25519-donna's.
 * Threads  None of its own.  Time varies with the input nowhere here, but nobody relies on it:
 *          signatures are checked, not made, with this.
 * Replay   Pure.
 */
#ifndef BB_FIELD_H
#define BB_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#define BB_FE_MASK ((UINT64_C(1) << 51) - 1)

struct bb_fe {
	uint64_t limbs[5];
};

extern const struct bb_fe bb_fe_one;
extern const struct bb_fe bb_fe_d;      /* -121665/121666: the curve's constant */
extern const struct bb_fe bb_fe_sqrtm1; /* a square root of -1 */

static inline struct bb_fe
bb_fe_carry(const uint64_t t[5])
{
	struct bb_fe r;
	uint64_t carry = 0;

	for (int i = 0; i < 5; i++) {
		r.limbs[i] = (t[i] & BB_FE_MASK) + carry;
		carry = t[i] >> 51;
	}
	r.limbs[0] += 19 * carry; /* carry < 2^13: the result is reduced */
	return r;
}

static inline struct bb_fe
bb_fe_add(const struct bb_fe *a, const struct bb_fe *b)
{
	struct bb_fe r;
	for (int i = 0; i < 5; i++)
		r.limbs[i] = a->limbs[i] + b->limbs[i];
	return r;
}

static inline struct bb_fe
bb_fe_subtract(const struct bb_fe *a, const struct bb_fe *b)
{
	/* 8p in limbs that are larger than any subtrahend's. */
	static const uint64_t eight_p = UINT64_C(8) << 51;
	uint64_t t[5];

	t[0] = a->limbs[0] + (eight_p - 8 * 19) - b->limbs[0];
	for (int i = 1; i < 5; i++)
		t[i] = a->limbs[i] + (eight_p - 8) - b->limbs[i];
	return bb_fe_carry(t);
}

/* bb_fe_fold carries five columns of up to 2^115 into a reduced number. */
static inline struct bb_fe
bb_fe_fold(unsigned __int128 c[5])
{
	uint64_t t[5];

	for (int i = 0; i < 4; i++) {
		c[i + 1] += (uint64_t)(c[i] >> 51);
		t[i] = (uint64_t)c[i] & BB_FE_MASK;
	}
	t[4] = (uint64_t)c[4] & BB_FE_MASK;
	const unsigned __int128 first = t[0] + (c[4] >> 51) * 19;
	struct bb_fe r = { { (uint64_t)first & BB_FE_MASK, t[1] + (uint64_t)(first >> 51), t[2],
			     t[3], t[4] } };
	/* The second limb may be over 51 bits by what 19 x 2^64 brought: one step more. */
	r.limbs[2] += r.limbs[1] >> 51;
	r.limbs[1] &= BB_FE_MASK;
	return r;
}

static inline struct bb_fe
bb_fe_mul(const struct bb_fe *a, const struct bb_fe *b)
{
	const uint64_t *x = a->limbs;
	const uint64_t *y = b->limbs;
	const uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
#define M(p, q) ((unsigned __int128)(p) * (q))
	unsigned __int128 c[5] = {
		M(x[0], y[0]) + M(x[1], y4) + M(x[2], y3) + M(x[3], y2) + M(x[4], y1),
		M(x[0], y[1]) + M(x[1], y[0]) + M(x[2], y4) + M(x[3], y3) + M(x[4], y2),
		M(x[0], y[2]) + M(x[1], y[1]) + M(x[2], y[0]) + M(x[3], y4) + M(x[4], y3),
		M(x[0], y[3]) + M(x[1], y[2]) + M(x[2], y[1]) + M(x[3], y[0]) + M(x[4], y4),
		M(x[0], y[4]) + M(x[1], y[3]) + M(x[2], y[2]) + M(x[3], y[1]) + M(x[4], y[0]),
	};
#undef M
	return bb_fe_fold(c);
}

static inline struct bb_fe
bb_fe_square(const struct bb_fe *a)
{
	return bb_fe_mul(a, a);
}

/* bb_fe_squares squares count times, count at least one. */
struct bb_fe bb_fe_squares(const struct bb_fe *a, int count);

/* bb_fe_invert returns 1/a; 0 for 0. */
struct bb_fe bb_fe_invert(const struct bb_fe *a);

/* bb_fe_power_p58 returns a^((p-5)/8), for square roots. */
struct bb_fe bb_fe_power_p58(const struct bb_fe *a);

struct bb_fe bb_fe_negate(const struct bb_fe *a);
struct bb_fe bb_fe_half(const struct bb_fe *a);

/* bb_fe_bytes writes the one canonical encoding, below p. */
void bb_fe_bytes(uint8_t bytes[32], const struct bb_fe *a);

/* bb_fe_from_bytes reads 255 bits and ignores the last; any value is taken modulo p. */
struct bb_fe bb_fe_from_bytes(const uint8_t bytes[32]);

bool bb_fe_is_zero(const struct bb_fe *a);
bool bb_fe_is_odd(const struct bb_fe *a); /* of the canonical value: the sign of x */

#endif
