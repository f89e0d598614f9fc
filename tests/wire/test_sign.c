/* test_sign - identities, signatures, acceptable keys, and the MAC. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

static struct kit kit;

/* RFC 8032, section 7.1: TEST 1, 2 and 3. */
static const struct {
	const char *seed, *key, *message, *signature;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
	  "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
	  "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
	  "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void
test_signatures_are_those_of_rfc_8032(void)
{
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		uint8_t seed[KIT_ROOM], message[KIT_ROOM], signature[BB_SIGNATURE_SIZE];
		struct bb_identity identity;

		kit_hex(seed, rfc8032[i].seed);
		const size_t size = kit_hex(message, rfc8032[i].message);
		bb_identity_from_seed(&identity, seed);
		CU_ASSERT_TRUE(kit_equals(identity.public_key, BB_KEY_SIZE, rfc8032[i].key));
		bb_sign(&identity, message, size, signature);
		CU_ASSERT_TRUE(kit_equals(signature, sizeof(signature), rfc8032[i].signature));
		CU_ASSERT_TRUE(bb_sign_check(identity.public_key, message, size, signature));
	}
}

static void
test_one_flipped_bit_anywhere_breaks_a_signature(void)
{
	uint8_t message[] = "sell 2500 Wh at 85";
	uint8_t signature[BB_SIGNATURE_SIZE];
	uint8_t key[BB_KEY_SIZE];

	memcpy(key, kit.participant.public_key, sizeof(key));
	bb_sign(&kit.participant, message, sizeof(message), signature);
	for (uint32_t bit = 0; bit < 8 * sizeof(signature); bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(bb_sign_check(key, message, sizeof(message), signature));
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (uint32_t bit = 0; bit < 8 * sizeof(message); bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(bb_sign_check(key, message, sizeof(message), signature));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (uint32_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(bb_sign_check(key, message, sizeof(message), signature));
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_ASSERT_TRUE(bb_sign_check(key, message, sizeof(message), signature));
}

/* S and S + L satisfy the same equation; only the smaller is a signature, or anybody could
 * make a second packet out of one. */
static void
test_a_signature_has_one_form_only(void)
{
	uint8_t order[KIT_ROOM], signature[BB_SIGNATURE_SIZE];
	uint32_t carry = 0;

	kit_hex(order, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
	bb_sign(&kit.participant, "x", 1, signature);
	for (uint32_t i = 0; i < 32; i++) {
		carry += (uint32_t)signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	CU_ASSERT_EQUAL(carry, 0);
	CU_ASSERT_FALSE(bb_sign_check(kit.participant.public_key, "x", 1, signature));
}

/* With a key of small order, R = the neutral element and S = 0 sign everything. */
static void
test_a_key_of_small_order_signs_nothing(void)
{
	const uint8_t neutral[BB_KEY_SIZE] = { 1 };
	uint8_t signature[BB_SIGNATURE_SIZE] = { 1 };

	CU_ASSERT_FALSE(bb_sign_check(neutral, "x", 1, signature));
}

/* Points computed with reference.py. */
static void
test_only_keys_of_the_main_subgroup_are_acceptable(void)
{
	static const struct {
		const char *key, *why;
	} refused[] = {
		{ "0100000000000000000000000000000000000000000000000000000000000000", "order 1" },
		{ "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "order 2" },
		{ "0000000000000000000000000000000000000000000000000000000000000000", "order 4" },
		{ "0000000000000000000000000000000000000000000000000000000000000080", "order 4" },
		{ "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "order 8" },
		{ "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "order 8" },
		{ "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		  "1 written as p + 1" },
		{ "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		  "3 written as p + 3" },
		{ "0200000000000000000000000000000000000000000000000000000000000000",
		  "not on the curve" },
		{ "0300000000000000000000000000000000000000000000000000000000000000",
		  "of mixed order" },
		{ "b502ff3d92e31d8190b4aa4ea0414005167fad089c4de9dac8a2fc850fed4f58",
		  "a good key and a point of order 8" },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		  "beyond p" },
	};
	uint8_t key[KIT_ROOM];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		kit_hex(key, refused[i].key);
		if (bb_key_acceptable(key))
			CU_FAIL(refused[i].why);
	}
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		kit_hex(key, rfc8032[i].key);
		CU_ASSERT_TRUE(bb_key_acceptable(key));
	}
}

static void
test_both_ends_derive_the_same_mac_key(void)
{
	uint8_t other_end[BB_MAC_KEY_SIZE];

	CU_ASSERT_TRUE(bb_mac_agree(other_end, &kit.venue, kit.participant.public_key,
				    kit.ledger_id));
	CU_ASSERT_EQUAL(memcmp(other_end, kit.mac_key, sizeof(other_end)), 0);
	CU_ASSERT_TRUE(kit_equals(kit.mac_key, sizeof(kit.mac_key), golden_mac_key));
}

static void
test_each_ledger_has_its_own_mac_key(void)
{
	uint8_t ledger_id[32], mac_key[BB_MAC_KEY_SIZE];

	memcpy(ledger_id, kit.ledger_id, sizeof(ledger_id));
	ledger_id[31] ^= 1;
	CU_ASSERT_TRUE(bb_mac_agree(mac_key, &kit.participant, kit.venue.public_key, ledger_id));
	CU_ASSERT_NOT_EQUAL(memcmp(mac_key, kit.mac_key, sizeof(mac_key)), 0);
}

static void
test_no_mac_key_is_agreed_with_an_unusable_point(void)
{
	static const char *const keys[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"0200000000000000000000000000000000000000000000000000000000000000",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint8_t key[KIT_ROOM], mac_key[BB_MAC_KEY_SIZE];

		kit_hex(key, keys[i]);
		CU_ASSERT_FALSE(bb_mac_agree(mac_key, &kit.venue, key, kit.ledger_id));
	}
}

/* The first lines of vectors_sip128 that came with SipHash. */
static void
test_the_mac_is_siphash_2_4_with_128_bits(void)
{
	static const char *const macs[] = {
		"a3817f04ba25a8e66df67214c7550293",
		"da87c1d86b99af44347659119b22fc45",
	};
	uint8_t key[32], mac[BB_MAC_SIZE];

	kit_count(key, 0);
	for (size_t size = 0; size < 2; size++) {
		bb_mac(mac, key, key, size); /* the message is 00 01 .. too */
		CU_ASSERT_TRUE(kit_equals(mac, sizeof(mac), macs[size]));
		CU_ASSERT_TRUE(bb_mac_check(mac, key, key, size));
	}
}

static void
test_one_flipped_bit_anywhere_breaks_a_mac(void)
{
	uint8_t message[40] = { 1, 2, 3 }, mac[BB_MAC_SIZE];

	bb_mac(mac, kit.mac_key, message, sizeof(message));
	for (uint32_t bit = 0; bit < 8 * sizeof(mac); bit++) {
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(bb_mac_check(mac, kit.mac_key, message, sizeof(message)));
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (uint32_t bit = 0; bit < 8 * sizeof(message); bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(bb_mac_check(mac, kit.mac_key, message, sizeof(message)));
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	CU_ASSERT_TRUE(bb_mac_check(mac, kit.mac_key, message, sizeof(message)));
	CU_ASSERT_FALSE(bb_mac_check(mac, kit.mac_key, message, sizeof(message) - 1));
}

static void
test_new_identities_differ_and_work(void)
{
	struct bb_identity first, second;
	uint8_t signature[BB_SIGNATURE_SIZE];

	bb_identity_make(&first);
	bb_identity_make(&second);
	CU_ASSERT_NOT_EQUAL(memcmp(first.public_key, second.public_key, BB_KEY_SIZE), 0);
	CU_ASSERT_TRUE(bb_key_acceptable(first.public_key));
	bb_sign(&first, "x", 1, signature);
	CU_ASSERT_TRUE(bb_sign_check(first.public_key, "x", 1, signature));
	CU_ASSERT_FALSE(bb_sign_check(second.public_key, "x", 1, signature));
}

static void
test_a_wiped_identity_is_all_zeros(void)
{
	struct bb_identity identity;
	const struct bb_identity zeros = { 0 };

	bb_identity_make(&identity);
	bb_identity_wipe(&identity);
	CU_ASSERT_EQUAL(memcmp(&identity, &zeros, sizeof(zeros)), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "signatures are those of RFC 8032", test_signatures_are_those_of_rfc_8032 },
		{ "one flipped bit anywhere breaks a signature",
		  test_one_flipped_bit_anywhere_breaks_a_signature },
		{ "a signature has one form only", test_a_signature_has_one_form_only },
		{ "a key of small order signs nothing",
		  test_a_key_of_small_order_signs_nothing },
		{ "only keys of the main subgroup are acceptable",
		  test_only_keys_of_the_main_subgroup_are_acceptable },
		{ "both ends derive the same MAC key", test_both_ends_derive_the_same_mac_key },
		{ "each ledger has its own MAC key", test_each_ledger_has_its_own_mac_key },
		{ "no MAC key is agreed with an unusable point",
		  test_no_mac_key_is_agreed_with_an_unusable_point },
		{ "the MAC is SipHash-2-4 with 128 bits",
		  test_the_mac_is_siphash_2_4_with_128_bits },
		{ "one flipped bit anywhere breaks a MAC",
		  test_one_flipped_bit_anywhere_breaks_a_mac },
		{ "new identities differ and work", test_new_identities_differ_and_work },
		{ "a wiped identity is all zeros", test_a_wiped_identity_is_all_zeros },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	return bb_test_run("sign", tests);
}
