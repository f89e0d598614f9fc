/* verdicts - answers each line "key signature message" (hex; "-" is an empty message) of
 * standard input with the verdicts of every code of this CPU and of libsodium, as 0 and 1. */
#include <sodium.h>
#include <string.h>

#include "tests/sign/sign_kit.h"

static bool
read_hex(uint8_t *bytes, size_t room, const char *hex, size_t *size)
{
	if (strcmp(hex, "-") == 0) {
		*size = 0;
		return true;
	}
	return sodium_hex2bin(bytes, room, hex, strlen(hex), NULL, size, NULL) == 0;
}

int
main(void)
{
	static char key_hex[80], signature_hex[160], message_hex[8192];
	static uint8_t key[32], signature[64], message[4096];
	size_t size;

	if (!bb_sign_start())
		return 1;
	while (scanf("%79s %159s %8191s", key_hex, signature_hex, message_hex) == 3) {
		if (!read_hex(key, sizeof(key), key_hex, &size) || size != 32 ||
		    !read_hex(signature, sizeof(signature), signature_hex, &size) || size != 64 ||
		    !read_hex(message, sizeof(message), message_hex, &size))
			return 1;
		struct bb_key_table table;
		sign_kit_table(&table, BB_COMB_SMALL, key);
		const struct bb_check check = { &table, key, signature, message, size };
		for (size_t i = 0; i < SIGN_KIT_CODES; i++) {
			static struct bb_burst bursts[SIGN_KIT_CODES];
			static bool known[SIGN_KIT_CODES], usable[SIGN_KIT_CODES];
			bool verdict;
			if (!known[i])
				usable[i] = sign_kit_burst(&bursts[i], sign_kit_codes[i].code);
			known[i] = true;
			if (!usable[i])
				continue;
			bb_sign_check_burst(&bursts[i], &check, 1, &verdict);
			printf("%d", verdict);
		}
		printf("%d\n", bb_sign_check(key, message, size, signature));
		free((void *)(uintptr_t)table.entries);
	}
	return 0;
}
