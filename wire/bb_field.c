#include "wire/bb_field.h"

#include "base/bb_bytes.h"

const struct bb_fe bb_fe_one = { { 1 } };

const struct bb_fe bb_fe_d = { {
	UINT64_C(0x34dca135978a3), UINT64_C(0x1a8283b156ebd),
	UINT64_C(0x5e7a26001c029), UINT64_C(0x739c663a03cbb),
	UINT64_C(0x52036cee2b6ff),
} };

const struct bb_fe bb_fe_sqrtm1 = { {
	UINT64_C(0x61b274a0ea0b0), UINT64_C(0xd5a5fc8f189d),
	UINT64_C(0x7ef5e9cbd0c60), UINT64_C(0x78595a6804c9e),
	UINT64_C(0x2b8324804fc1d),
} };

struct bb_fe
bb_fe_squares(const struct bb_fe *a, int count)
{
	struct bb_fe r = bb_fe_square(a);
	while (--count > 0)
		r = bb_fe_square(&r);
	return r;
}

/* power_250 returns a^(2^250 - 1) and sets *eleven to a^11: what both exponents share. */
static struct bb_fe
power_250(const struct bb_fe *a, struct bb_fe *eleven)
{
	struct bb_fe t, x;

	const struct bb_fe two = bb_fe_square(a);
	t = bb_fe_squares(&two, 2);
	const struct bb_fe nine = bb_fe_mul(&t, a);
	*eleven = bb_fe_mul(&nine, &two);
	t = bb_fe_square(eleven);
	const struct bb_fe x5 = bb_fe_mul(&t, &nine); /* a^(2^5 - 1) */
	t = bb_fe_squares(&x5, 5);
	const struct bb_fe x10 = bb_fe_mul(&t, &x5);
	t = bb_fe_squares(&x10, 10);
	const struct bb_fe x20 = bb_fe_mul(&t, &x10);
	t = bb_fe_squares(&x20, 20);
	x = bb_fe_mul(&t, &x20);
	t = bb_fe_squares(&x, 10);
	const struct bb_fe x50 = bb_fe_mul(&t, &x10);
	t = bb_fe_squares(&x50, 50);
	const struct bb_fe x100 = bb_fe_mul(&t, &x50);
	t = bb_fe_squares(&x100, 100);
	x = bb_fe_mul(&t, &x100);
	t = bb_fe_squares(&x, 50);
	return bb_fe_mul(&t, &x50);
}

struct bb_fe
bb_fe_invert(const struct bb_fe *a)
{
	struct bb_fe eleven;
	struct bb_fe t = power_250(a, &eleven);

	t = bb_fe_squares(&t, 5);
	return bb_fe_mul(&t, &eleven); /* 2^255 - 2^5 + 11 = p - 2 */
}

struct bb_fe
bb_fe_power_p58(const struct bb_fe *a)
{
	struct bb_fe eleven;
	struct bb_fe t = power_250(a, &eleven);

	t = bb_fe_squares(&t, 2);
	return bb_fe_mul(&t, a); /* 2^252 - 2^2 + 1 = (p - 5) / 8 */
}

struct bb_fe
bb_fe_negate(const struct bb_fe *a)
{
	static const struct bb_fe zero;
	return bb_fe_subtract(&zero, a);
}

struct bb_fe
bb_fe_half(const struct bb_fe *a)
{
	/* (p + 1) / 2 = 2^254 - 9 */
	static const struct bb_fe half = { { BB_FE_MASK - 8, BB_FE_MASK, BB_FE_MASK, BB_FE_MASK,
					     (UINT64_C(1) << 50) - 1 } };
	return bb_fe_mul(a, &half);
}

void
bb_fe_bytes(uint8_t bytes[32], const struct bb_fe *a)
{
	struct bb_fe t = bb_fe_carry(a->limbs);

	t = bb_fe_carry(t.limbs);
	/* Now below 2p.  Adding 19 carries out of 2^255 exactly if it is at or above p. */
	uint64_t over = (t.limbs[0] + 19) >> 51;
	for (int i = 1; i < 5; i++)
		over = (t.limbs[i] + over) >> 51;
	t.limbs[0] += 19 * over;
	for (int i = 0; i < 4; i++) {
		t.limbs[i + 1] += t.limbs[i] >> 51;
		t.limbs[i] &= BB_FE_MASK;
	}
	t.limbs[4] &= BB_FE_MASK;
	bb_put_u64(bytes, t.limbs[0] | t.limbs[1] << 51);
	bb_put_u64(bytes + 8, t.limbs[1] >> 13 | t.limbs[2] << 38);
	bb_put_u64(bytes + 16, t.limbs[2] >> 26 | t.limbs[3] << 25);
	bb_put_u64(bytes + 24, t.limbs[3] >> 39 | t.limbs[4] << 12);
}

struct bb_fe
bb_fe_from_bytes(const uint8_t bytes[32])
{
	const uint64_t w0 = bb_get_u64(bytes), w1 = bb_get_u64(bytes + 8);
	const uint64_t w2 = bb_get_u64(bytes + 16), w3 = bb_get_u64(bytes + 24);

	return (struct bb_fe){ {
		w0 & BB_FE_MASK,
		(w0 >> 51 | w1 << 13) & BB_FE_MASK,
		(w1 >> 38 | w2 << 26) & BB_FE_MASK,
		(w2 >> 25 | w3 << 39) & BB_FE_MASK,
		w3 >> 12 & BB_FE_MASK,
	} };
}

bool
bb_fe_is_zero(const struct bb_fe *a)
{
	uint8_t bytes[32];
	bb_fe_bytes(bytes, a);
	return bb_is_zero(bytes, sizeof(bytes));
}

bool
bb_fe_is_odd(const struct bb_fe *a)
{
	uint8_t bytes[32];
	bb_fe_bytes(bytes, a);
	return bytes[0] & 1;
}
