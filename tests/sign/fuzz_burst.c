/* fuzz_burst - any key, signature and message: the verdict is libsodium's. */
#include <string.h>

#include "tests/sign/sign_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct bb_burst bursts[SIGN_KIT_CODES];
	static bool usable[SIGN_KIT_CODES], started;
	uint8_t seed[32] = { 0 };
	struct bb_identity identity;
	struct bb_key_table table;
	uint8_t signature[64];

	if (!started) {
		started = bb_sign_start();
		for (size_t i = 0; i < SIGN_KIT_CODES; i++)
			usable[i] = sign_kit_burst(&bursts[i], sign_kit_codes[i].code);
	}
	/* A byte to choose, then a mask over a true signature or a whole one, then the message. */
	if (size < 65)
		return 0;
	seed[0] = bytes[0] & 7;
	bb_identity_from_seed(&identity, seed);
	const uint8_t *message = bytes + 65;
	bb_sign(&identity, message, size - 65, signature);
	for (int i = 0; i < 64; i++)
		signature[i] = bytes[0] & 8 ? bytes[1 + i] : signature[i] ^ bytes[1 + i];
	if (bytes[0] & 16)
		memcpy(identity.public_key, bytes + 1, size > 97 ? 32 : 1);

	sign_kit_table(&table, bytes[0] & 32 ? BB_COMB_LARGE : BB_COMB_SMALL,
		       identity.public_key);
	const struct bb_check check = { &table, identity.public_key, signature, message,
					size - 65 };
	const bool wanted = bb_sign_check(check.key, check.message, check.size, signature);
	for (size_t i = 0; i < SIGN_KIT_CODES; i++) {
		bool verdict = !wanted;
		if (!usable[i])
			continue;
		bb_sign_check_burst(&bursts[i], &check, 1, &verdict);
		BB_ASSERT(verdict == wanted);
	}
	free((void *)(uintptr_t)table.entries);
	return 0;
}
