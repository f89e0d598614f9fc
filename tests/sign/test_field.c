/* test_field - field, scalar and group arithmetic against the plainest way to do it. */
#include <sodium.h>
#include <string.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "wire/bb_group.h"
#include "wire/bb_scalar.h"
#include "wire/bb_sign.h"

/* Numbers where a carry, a bound or the modulus would show. */
static void
edge_bytes(uint8_t bytes[32], struct bb_random *random, uint32_t kind)
{
	for (int i = 0; i < 32; i++)
		bytes[i] = (uint8_t)bb_random_next(random);
	if (kind % 4 == 1)
		memset(bytes, 0xff, 32 - kind / 4 % 8);
	if (kind % 4 == 2)
		memset(bytes, 0, 32 - kind / 4 % 8);
	if (kind % 4 == 3) { /* around p */
		memset(bytes, 0xff, 32);
		bytes[0] = (uint8_t)(0xed + kind / 4 % 16 - 8);
	}
	bytes[31] &= 0x7f;
}

/* Schoolbook: bits of b, one doubling and one addition each, canonical in between. */
static struct bb_fe
slow_product(const struct bb_fe *a, const uint8_t b[32])
{
	struct bb_fe sum = { { 0 } };
	uint8_t bytes[32];

	for (int bit = 254; bit >= 0; bit--) {
		sum = bb_fe_add(&sum, &sum);
		if (b[bit / 8] >> (bit % 8) & 1)
			sum = bb_fe_add(&sum, a);
		bb_fe_bytes(bytes, &sum);
		sum = bb_fe_from_bytes(bytes);
	}
	return sum;
}

static void
test_products_equal_schoolbook(void)
{
	struct bb_random random = { 1 };

	for (uint32_t i = 0; i < 400; i++) {
		uint8_t left[32], right[32], fast[32], slow[32];
		edge_bytes(left, &random, i);
		edge_bytes(right, &random, i / 3);
		const struct bb_fe a = bb_fe_from_bytes(left);
		const struct bb_fe b = bb_fe_from_bytes(right);
		const struct bb_fe product = bb_fe_mul(&a, &b);
		const struct bb_fe wanted = slow_product(&a, right);
		bb_fe_bytes(fast, &product);
		bb_fe_bytes(slow, &wanted);
		CU_ASSERT_EQUAL(memcmp(fast, slow, 32), 0);
	}
}

static void
test_sums_of_four_may_be_multiplied(void)
{
	struct bb_random random = { 2 };

	for (uint32_t i = 0; i < 400; i++) {
		uint8_t bytes[32], left[32], right[32];
		edge_bytes(bytes, &random, i);
		const struct bb_fe a = bb_fe_from_bytes(bytes);
		const struct bb_fe two = bb_fe_add(&a, &a);
		const struct bb_fe four = bb_fe_add(&two, &two);
		const struct bb_fe once = bb_fe_square(&four);
		struct bb_fe square = bb_fe_square(&a);
		for (int j = 0; j < 4; j++) {
			square = bb_fe_add(&square, &square);
			square = bb_fe_carry(square.limbs);
		}
		bb_fe_bytes(left, &once);
		bb_fe_bytes(right, &square);
		CU_ASSERT_EQUAL(memcmp(left, right, 32), 0);
	}
}

static void
test_encodings_are_canonical(void)
{
	/* p + n and n are the same number and encode as n. */
	for (uint8_t n = 0; n < 19; n++) {
		uint8_t bytes[32], out[32], wanted[32] = { n };
		memset(bytes, 0xff, 32);
		bytes[0] = (uint8_t)(0xed + n);
		bytes[31] = 0x7f;
		const struct bb_fe a = bb_fe_from_bytes(bytes);
		bb_fe_bytes(out, &a);
		CU_ASSERT_EQUAL(memcmp(out, wanted, 32), 0);
	}
}

static void
test_inverse_half_and_difference(void)
{
	struct bb_random random = { 3 };

	for (uint32_t i = 0; i < 200; i++) {
		uint8_t bytes[32];
		edge_bytes(bytes, &random, i);
		const struct bb_fe a = bb_fe_from_bytes(bytes);
		if (bb_fe_is_zero(&a))
			continue;
		const struct bb_fe inverse = bb_fe_invert(&a);
		struct bb_fe one = bb_fe_mul(&a, &inverse);
		one = bb_fe_subtract(&one, &bb_fe_one);
		CU_ASSERT_TRUE(bb_fe_is_zero(&one));
		struct bb_fe half = bb_fe_half(&a);
		half = bb_fe_add(&half, &half);
		half = bb_fe_subtract(&half, &a);
		CU_ASSERT_TRUE(bb_fe_is_zero(&half));
	}
}

static void
test_comb_digits_are_the_scalar(void)
{
	/* The sum of (2 c_i - 1) 2^i B is [k]B as libsodium computes it. */
	const struct bb_point base = bb_point_base();
	const struct bb_point negative = bb_point_negate(&base);
	struct bb_random random = { 4 };

	for (uint32_t n = 0; n < 40; n++) {
		uint8_t wide[64], scalar[32], comb[32], wanted[32], got[32];
		for (int i = 0; i < 64; i++)
			wide[i] = (uint8_t)bb_random_next(&random);
		crypto_core_ed25519_scalar_reduce(scalar, wide);
		CU_ASSERT_TRUE(bb_scalar_canonical(scalar));
		CU_ASSERT_EQUAL(crypto_scalarmult_ed25519_base_noclamp(wanted, scalar), 0);
		bb_scalar_comb(comb, scalar);
		struct bb_point sum = bb_point_identity;
		for (int bit = 255; bit >= 0; bit--) {
			sum = bb_point_double(&sum);
			sum = bb_point_add(&sum, comb[bit / 8] >> (bit % 8) & 1 ? &base
										 : &negative);
		}
		bb_point_encode(got, &sum);
		CU_ASSERT_EQUAL(memcmp(got, wanted, 32), 0);
	}
}

static void
test_scalars_at_the_order(void)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
					   0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   [31] = 0x10 };
	uint8_t scalar[32];

	CU_ASSERT_FALSE(bb_scalar_canonical(order));
	memcpy(scalar, order, 32);
	scalar[0]--;
	CU_ASSERT_TRUE(bb_scalar_canonical(scalar));
	scalar[0] = 0xee;
	CU_ASSERT_FALSE(bb_scalar_canonical(scalar));
	for (int byte = 0; byte < 32; byte++) {
		memcpy(scalar, order, 32);
		scalar[byte]++;
		CU_ASSERT_FALSE(bb_scalar_canonical(scalar));
	}
}

static void
test_points_decode_as_libsodium_says(void)
{
	struct bb_random random = { 5 };
	uint32_t valid = 0;

	for (uint32_t i = 0; i < 400; i++) {
		uint8_t bytes[32], back[32];
		struct bb_point point;
		edge_bytes(bytes, &random, i);
		bytes[31] |= (uint8_t)(i << 7);
		if (crypto_core_ed25519_is_valid_point(bytes) != 1)
			continue;
		valid++;
		CU_ASSERT_TRUE(bb_point_decode(&point, bytes));
		bb_point_encode(back, &point);
		CU_ASSERT_EQUAL(memcmp(bytes, back, 32), 0);
	}
	CU_ASSERT_TRUE(valid > 10);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "products equal schoolbook multiplication", test_products_equal_schoolbook },
		{ "sums of four may be multiplied", test_sums_of_four_may_be_multiplied },
		{ "encodings are canonical", test_encodings_are_canonical },
		{ "inverse, half and difference", test_inverse_half_and_difference },
		{ "comb digits are the scalar", test_comb_digits_are_the_scalar },
		{ "scalars at the group order", test_scalars_at_the_order },
		{ "points decode as libsodium says", test_points_decode_as_libsodium_says },
		CU_TEST_INFO_NULL,
	};
	if (!bb_sign_start())
		return EXIT_FAILURE;
	return bb_test_run("field", tests);
}
