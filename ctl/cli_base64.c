#include "ctl/cli_base64.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"

json_t *
cli_base64(const uint8_t *bytes, size_t size)
{
	const size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(room);

	BB_ASSERT(text != NULL);
	sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
	json_t *string = json_string(text);
	free(text);
	return string;
}

uint8_t *
cli_base64_read(const char *text, size_t *size)
{
	const size_t length = strlen(text);
	uint8_t *bytes = malloc(length / 4 * 3 + 1);

	BB_ASSERT(bytes != NULL);
	if (sodium_base642bin(bytes, length / 4 * 3 + 1, text, length, NULL, size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0)
		return bytes;
	free(bytes);
	return NULL;
}
