/* test_burst - the burst check gives libsodium's verdict, whatever it is given.
 *
 * usage: test_burst [COUNT [SEED]]
 */
#include <string.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "tests/sign/sign_kit.h"

#define KEYS 16u

static uint32_t count_wanted = 60000;
static uint64_t seed = 1;

struct signer {
	struct bb_identity identity;
	struct bb_key_table tables[2]; /* small, large */
};

static struct signer signers[KEYS];

struct sample {
	uint8_t message[160];
	uint8_t signature[64];
	uint32_t size;
	uint32_t signer;
};

static void
make_signers(void)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		uint8_t key_seed[32] = { (uint8_t)i, 7 };
		bb_identity_from_seed(&signers[i].identity, key_seed);
		sign_kit_table(&signers[i].tables[0], BB_COMB_SMALL,
			       signers[i].identity.public_key);
		sign_kit_table(&signers[i].tables[1], BB_COMB_LARGE,
			       signers[i].identity.public_key);
	}
}

/* mutate spoils a sample in one of the ways that matter, or leaves it as it is. */
static void
mutate(struct sample *sample, struct bb_random *random)
{
	static const uint8_t order[16] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
					   0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14 };
	uint32_t carry = 0;

	switch (bb_random_below(random, 8)) {
	case 0: /* any bit of the signature */
		sample->signature[bb_random_below(random, 64)] ^=
			(uint8_t)(1u << bb_random_below(random, 8));
		break;
	case 1: /* any bit of the message */
		if (sample->size > 0)
			sample->message[bb_random_below(random, sample->size)] ^= 1;
		break;
	case 2: /* S + L: the same number, not canonical */
		for (int i = 0; i < 32; i++) {
			carry += sample->signature[32 + i] +
				 (i < 16 ? (uint32_t)order[i] : i == 31 ? 16u : 0u);
			sample->signature[32 + i] = (uint8_t)carry;
			carry >>= 8;
		}
		break;
	case 3: /* another signer's */
		sample->signer = (sample->signer + 1) % KEYS;
		break;
	case 4: /* R of small order or not canonical */
		memset(sample->signature, bb_random_below(random, 2) ? 0 : 0xff, 32);
		sample->signature[0] = (uint8_t)bb_random_next(random);
		break;
	default:
		break;
	}
}

static void
make_sample(struct sample *sample, struct bb_random *random)
{
	sample->signer = bb_random_below(random, KEYS);
	sample->size = bb_random_below(random, sizeof(sample->message) + 1);
	for (uint32_t i = 0; i < sample->size; i++)
		sample->message[i] = (uint8_t)bb_random_next(random);
	bb_sign(&signers[sample->signer].identity, sample->message, sample->size,
		sample->signature);
}

static void
run_code(enum bb_burst_code code, const char *name, uint32_t count)
{
	static struct sample fresh[256], used[BB_BURST_CHECKS];
	struct bb_random random = { seed + (uint64_t)code };
	struct bb_burst burst;
	uint32_t good = 0;

	if (!sign_kit_burst(&burst, code)) {
		printf("%s: not on this CPU ... ", name);
		return;
	}
	for (uint32_t i = 0; i < 256; i++)
		make_sample(&fresh[i], &random);
	for (uint32_t done = 0; done < count;) {
		const uint32_t size = 1 + bb_random_below(&random, BB_BURST_CHECKS);
		const uint32_t which = bb_random_below(&random, 2);
		struct bb_check checks[BB_BURST_CHECKS];
		bool verdicts[BB_BURST_CHECKS];
		for (uint32_t i = 0; i < size; i++) {
			used[i] = fresh[bb_random_below(&random, 256)];
			mutate(&used[i], &random);
			const struct signer *signer = &signers[used[i].signer];
			checks[i] = (struct bb_check){
				.table = &signer->tables[which],
				.key = signer->identity.public_key,
				.signature = used[i].signature,
				.message = used[i].message,
				.size = used[i].size,
			};
		}
		bb_sign_check_burst(&burst, checks, size, verdicts);
		for (uint32_t i = 0; i < size; i++) {
			const bool wanted = bb_sign_check(checks[i].key, checks[i].message,
							  checks[i].size, checks[i].signature);
			CU_ASSERT_EQUAL_FATAL(verdicts[i], wanted);
			good += wanted;
		}
		done += size;
	}
	CU_ASSERT_TRUE(good > count / 8 && good < count);
}

static void
test_verdicts_equal_libsodium(void)
{
	printf("seed %llu ... ", (unsigned long long)seed);
	for (size_t i = 0; i < SIGN_KIT_CODES; i++)
		run_code(sign_kit_codes[i].code, sign_kit_codes[i].name, count_wanted / 4);
}

static void
test_unacceptable_keys_go_to_libsodium(void)
{
	uint8_t identity_point[32] = { 1 };
	struct bb_key_table table;

	sign_kit_table(&table, BB_COMB_SMALL, identity_point);
	CU_ASSERT_PTR_NULL(table.entries);
}

static void
test_entries_stay_within_their_bounds(void)
{
	const struct bb_comb comb = BB_COMB_LARGE;
	const uint64_t bound = (UINT64_C(1) << 51) + 19;

	for (uint32_t i = 0; i < bb_comb_entries(&comb); i++) {
		const struct bb_entry *entry = &signers[0].tables[1].entries[i];
		for (int limb = 0; limb < 5; limb++) {
			CU_ASSERT_TRUE(entry->sum[limb] < bound);
			CU_ASSERT_TRUE(entry->difference[limb] < bound);
			CU_ASSERT_TRUE(entry->product[limb] < bound);
		}
	}
}

int
main(int argc, char **argv)
{
	CU_TestInfo tests[] = {
		{ "verdicts equal libsodium's", test_verdicts_equal_libsodium },
		{ "unacceptable keys go to libsodium", test_unacceptable_keys_go_to_libsodium },
		{ "entries stay within their bounds", test_entries_stay_within_their_bounds },
		CU_TEST_INFO_NULL,
	};
	if (argc > 1)
		count_wanted = (uint32_t)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	if (!bb_sign_start())
		return EXIT_FAILURE;
	make_signers();
	return bb_test_run("burst", tests);
}
