/* fuzz_mold - the public feed as anyone could forge it: framing, then every message. */
#include "tests/wire/wire_kit.h"
#include "wire/bb_mold.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check_message(const uint8_t *message, uint16_t size)
{
	uint8_t *copy = kit_copy(message, size);
	uint8_t again[BB_FEED_MESSAGE_MAX];
	struct bb_feed feed;

	if (bb_feed_decode(copy, size, &feed) == BB_OK) {
		BB_ASSERT(bb_feed_encode(again, &feed) == size);
		BB_ASSERT(memcmp(again, copy, size) == 0);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = kit_copy(bytes, size);
	size_t offset = BB_MOLD_HEADER_SIZE;
	uint16_t message_size = 0;
	uint32_t count = 0;
	struct bb_mold mold;

	if (bb_mold_decode(copy, size, &mold) == BB_OK) {
		const uint8_t *message;
		while ((message = bb_mold_next(copy, size, &offset, &message_size)) != NULL) {
			check_message(message, message_size);
			count++;
		}
		BB_ASSERT(count == (mold.count == BB_MOLD_END ? 0 : mold.count));
		BB_ASSERT(offset == size);
	}
	if (size <= UINT16_MAX)
		check_message(copy, (uint16_t)size);
	free(copy);
	return 0;
}
