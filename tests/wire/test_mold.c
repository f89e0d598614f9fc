/* test_mold - MoldUDP64 framing and the messages of the public feed. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"
#include "wire/bb_mold.h"

static uint8_t bytes[KIT_ROOM];

static struct bb_feed
message_of(uint8_t type)
{
	struct bb_feed feed = { .type = type, .product = KIT_PRODUCT };

	switch (type) {
	case BB_FEED_PRODUCT:
		feed.price = -500000;
		feed.price_max = 4000000;
		feed.remaining_wh = 10;
		feed.quantity_wh = 100;
		break;
	case BB_FEED_ADDED:
		feed.side = 1;
		feed.number = 344;
		feed.record = 41;
		feed.price = 86000;
		feed.quantity_wh = 1500;
		break;
	case BB_FEED_TRADE:
		feed.number = 345;
		feed.price = 86000;
		feed.quantity_wh = 1500;
		feed.time_ns = KIT_NOW_NS;
		break;
	case BB_FEED_REDUCED:
		feed.side = 1;
		feed.price = 86000;
		feed.quantity_wh = 1500;
		break;
	case BB_FEED_STATE:
		feed.product = 2000000;
		feed.number = 346;
		feed.from = 1;
		feed.to = 2;
		feed.record = BB_BY_TICK;
		feed.time_ns = KIT_NOW_NS;
		break;
	case BB_FEED_PRICE:
		feed.side = 1;
		feed.number = 346;
		feed.price = 85500;
		feed.quantity_wh = 4100;
		feed.remaining_wh = 3900;
		feed.price_min = 85000;
		feed.price_max = 86000;
		break;
	case BB_FEED_FLOW:
		feed.side = 1;
		feed.number = 346;
		feed.line = 5;
		feed.quantity_wh = 200;
		feed.price = 1500;
		break;
	case BB_FEED_CARRIED:
		feed.product = 2000000;
		feed.number = 347;
		feed.lines = UINT64_C(0x8000000000000021);
		feed.quantity_wh = 200;
		feed.price = 3000;
		feed.from = 5;
		feed.to = 3;
		break;
	default:
		feed.product = 0;
		feed.height = 12;
		feed.time_ns = KIT_NOW_NS;
		kit_count(feed.block_hash, 0xa0);
		kit_count(feed.state_root, 0xc0);
		break;
	}
	return feed;
}

static const uint8_t types[] = { BB_FEED_PRODUCT, BB_FEED_ADDED, BB_FEED_TRADE,
				 BB_FEED_REDUCED, BB_FEED_STATE, BB_FEED_PRICE, BB_FEED_FLOW,
				 BB_FEED_CARRIED, BB_FEED_BLOCK };

static uint16_t
size_of(uint8_t type)
{
	return type == BB_FEED_BLOCK					? 88
	       : type == BB_FEED_PRICE || type == BB_FEED_CARRIED ? 40
								  : 32;
}

static void
start(struct bb_mold_writer *writer, uint64_t sequence)
{
	uint8_t session[10];

	bb_mold_session(session, KIT_VENUE);
	bb_mold_start(writer, bytes, session, sequence);
}

static void
test_a_feed_packet_has_the_golden_bytes(void)
{
	struct bb_mold_writer writer;
	uint8_t message[BB_FEED_MESSAGE_MAX];

	start(&writer, 1000);
	for (size_t i = 0; i < sizeof(types); i++) {
		const struct bb_feed feed = message_of(types[i]);
		const uint16_t size = bb_feed_encode(message, &feed);
		CU_ASSERT_EQUAL(size, size_of(types[i]));
		CU_ASSERT_TRUE(bb_mold_add(&writer, message, size));
	}
	const size_t size = bb_mold_end(&writer);
	CU_ASSERT_TRUE(kit_equals(bytes, size, golden_feed));
}

static void
test_a_golden_feed_packet_decodes_to_its_messages(void)
{
	const size_t size = kit_hex(bytes, golden_feed);
	size_t offset = BB_MOLD_HEADER_SIZE;
	struct bb_mold mold;
	uint16_t message_size;

	CU_ASSERT_EQUAL(bb_mold_decode(bytes, size, &mold), BB_OK);
	CU_ASSERT_EQUAL(memcmp(mold.session, "43424140  ", 10), 0);
	CU_ASSERT_EQUAL(mold.sequence, 1000);
	CU_ASSERT_EQUAL(mold.count, 9);
	for (size_t i = 0; i < sizeof(types); i++) {
		const struct bb_feed wanted = message_of(types[i]);
		const uint8_t *message = bb_mold_next(bytes, size, &offset, &message_size);
		struct bb_feed feed;

		CU_ASSERT_PTR_NOT_NULL_FATAL(message);
		CU_ASSERT_EQUAL(bb_feed_decode(message, message_size, &feed), BB_OK);
		CU_ASSERT_EQUAL(memcmp(&feed, &wanted, sizeof(feed)), 0);
	}
	CU_ASSERT_PTR_NULL(bb_mold_next(bytes, size, &offset, &message_size));
	CU_ASSERT_EQUAL(offset, size);
}

static void
test_no_message_is_a_heartbeat(void)
{
	struct bb_mold_writer writer;
	struct bb_mold mold;
	size_t offset = BB_MOLD_HEADER_SIZE;
	uint16_t message_size;

	start(&writer, 1008);
	const size_t size = bb_mold_end(&writer);
	CU_ASSERT_TRUE(kit_equals(bytes, size, golden_heartbeat));
	CU_ASSERT_EQUAL(bb_mold_decode(bytes, size, &mold), BB_OK);
	CU_ASSERT_EQUAL(mold.count, 0);
	CU_ASSERT_EQUAL(mold.sequence, 1008);
	CU_ASSERT_PTR_NULL(bb_mold_next(bytes, size, &offset, &message_size));
}

static void
test_the_end_of_a_session_has_no_messages(void)
{
	struct bb_mold_writer writer;
	struct bb_mold mold;

	start(&writer, 1008);
	writer.header.count = BB_MOLD_END;
	const size_t size = bb_mold_end(&writer);
	CU_ASSERT_TRUE(kit_equals(bytes, size, golden_end));
	CU_ASSERT_EQUAL(bb_mold_decode(bytes, size, &mold), BB_OK);
	CU_ASSERT_EQUAL(mold.count, BB_MOLD_END);
	memset(bytes + size, 0, 2);
	CU_ASSERT_EQUAL(bb_mold_decode(bytes, size + 2, &mold), BB_ERR_LENGTH);
}

static void
test_every_truncation_and_extension_is_refused(void)
{
	const size_t good = kit_hex(bytes, golden_feed);
	struct bb_mold mold;

	memset(bytes + good, 0, KIT_ROOM - good);
	for (size_t size = 0; size < good + 40; size++) {
		uint8_t *copy = kit_copy(bytes, size);
		CU_ASSERT_EQUAL(bb_mold_decode(copy, size, &mold),
				size == good ? BB_OK : BB_ERR_LENGTH);
		free(copy);
	}
}

static void
test_every_other_count_is_refused(void)
{
	const size_t size = kit_hex(bytes, golden_feed);
	struct bb_mold mold;

	for (uint32_t count = 0; count <= UINT16_MAX; count++) {
		bytes[18] = (uint8_t)(count >> 8);
		bytes[19] = (uint8_t)count;
		CU_ASSERT_EQUAL(bb_mold_decode(bytes, size, &mold),
				count == 9 ? BB_OK : BB_ERR_LENGTH);
	}
}

static void
test_a_message_that_does_not_fit_changes_nothing(void)
{
	const uint8_t message[BB_FEED_MESSAGE_MAX] = { 0 };
	static uint8_t before[KIT_ROOM];
	struct bb_mold_writer writer;
	uint32_t count = 0;

	memset(bytes, 0xee, sizeof(bytes));
	start(&writer, 1);
	while (bb_mold_add(&writer, message, 88))
		count++;
	CU_ASSERT_EQUAL(count, (BB_MOLD_PACKET_MAX - BB_MOLD_HEADER_SIZE) / 90);
	const struct bb_mold_writer kept = writer;
	memcpy(before, bytes, sizeof(bytes));
	CU_ASSERT_FALSE(bb_mold_add(&writer, message, 88));
	CU_ASSERT_EQUAL(memcmp(&writer, &kept, sizeof(kept)), 0);
	CU_ASSERT_EQUAL(memcmp(bytes, before, sizeof(bytes)), 0);
	/* 1380 is 15 x 90 + 30: what is left takes 28 bytes, no more. */
	CU_ASSERT_FALSE(bb_mold_add(&writer, message, 29));
	CU_ASSERT_TRUE(bb_mold_add(&writer, message, 28));
	CU_ASSERT_FALSE(bb_mold_add(&writer, message, 0));
	CU_ASSERT_EQUAL(bb_mold_end(&writer), BB_MOLD_PACKET_MAX);
	CU_ASSERT_EQUAL(bytes[BB_MOLD_PACKET_MAX], 0xee);
}

static void
test_messages_have_exactly_their_sizes(void)
{
	for (size_t i = 0; i < sizeof(types); i++) {
		const struct bb_feed feed = message_of(types[i]);
		struct bb_feed read;

		memset(bytes, 0, sizeof(bytes));
		const uint16_t good = bb_feed_encode(bytes, &feed);
		for (size_t size = 0; size < 120; size++) {
			uint8_t *copy = kit_copy(bytes, size);
			CU_ASSERT_EQUAL(bb_feed_decode(copy, size, &read),
					size == good ? BB_OK : BB_ERR_FORMAT);
			free(copy);
		}
	}
}

/* Which bytes must be zero, from the table in bb_mold.h. */
static void
test_each_reserved_byte_of_a_message_must_be_zero(void)
{
	static const struct {
		uint8_t type;
		uint32_t zeros[2][2]; /* first, and one behind the last */
	} cases[] = {
		{ BB_FEED_PRODUCT, { { 1, 4 }, { 24, 32 } } },
		{ BB_FEED_ADDED, { { 2, 4 }, { 26, 32 } } },
		{ BB_FEED_TRADE, { { 2, 4 }, { 0, 0 } } },
		{ BB_FEED_REDUCED, { { 2, 4 }, { 20, 32 } } },
		{ BB_FEED_STATE, { { 1, 4 }, { 20, 24 } } },
		{ BB_FEED_PRICE, { { 2, 4 }, { 36, 40 } } },
		{ BB_FEED_FLOW, { { 2, 4 }, { 28, 32 } } },
		{ BB_FEED_CARRIED, { { 1, 4 }, { 34, 40 } } },
		{ BB_FEED_BLOCK, { { 1, 8 }, { 0, 0 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct bb_feed feed = message_of(cases[i].type);
		const uint32_t (*zeros)[2] = cases[i].zeros;
		const uint16_t size = bb_feed_encode(bytes, &feed);

		for (uint32_t at = 1; at < size; at++) {
			const bool reserved = (at >= zeros[0][0] && at < zeros[0][1]) ||
					      (at >= zeros[1][0] && at < zeros[1][1]);
			struct bb_feed read;

			bytes[at] ^= 1; /* a side stays 0 or 1 */
			CU_ASSERT_EQUAL(bb_feed_decode(bytes, size, &read),
					reserved ? BB_ERR_FORMAT : BB_OK);
			bytes[at] ^= 1;
		}
	}
}

static void
test_a_side_is_0_or_1_and_a_type_one_of_nine(void)
{
	const struct bb_feed feed = message_of(BB_FEED_TRADE);
	const uint16_t size = bb_feed_encode(bytes, &feed);
	struct bb_feed read;

	for (uint32_t side = 0; side < 256; side++) {
		bytes[1] = (uint8_t)side;
		CU_ASSERT_EQUAL(bb_feed_decode(bytes, size, &read),
				side <= 1 ? BB_OK : BB_ERR_FORMAT);
	}
	for (uint32_t type = 0; type < 256; type++) {
		memset(bytes, 0, KIT_ROOM);
		bytes[0] = (uint8_t)type;
		CU_ASSERT_EQUAL(bb_feed_decode(bytes, size_of((uint8_t)type), &read),
				type != 0 && memchr("ARTPSCFLB", (int)type, 9) != NULL
					? BB_OK
					: BB_ERR_FORMAT);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a feed packet has the golden bytes", test_a_feed_packet_has_the_golden_bytes },
		{ "a golden feed packet decodes to its messages",
		  test_a_golden_feed_packet_decodes_to_its_messages },
		{ "no message is a heartbeat", test_no_message_is_a_heartbeat },
		{ "the end of a session has no messages",
		  test_the_end_of_a_session_has_no_messages },
		{ "every truncation and extension is refused",
		  test_every_truncation_and_extension_is_refused },
		{ "every other count is refused", test_every_other_count_is_refused },
		{ "a message that does not fit changes nothing",
		  test_a_message_that_does_not_fit_changes_nothing },
		{ "messages have exactly their sizes", test_messages_have_exactly_their_sizes },
		{ "each reserved byte of a message must be zero",
		  test_each_reserved_byte_of_a_message_must_be_zero },
		{ "a side is 0 or 1, and a type one of nine",
		  test_a_side_is_0_or_1_and_a_type_one_of_nine },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("mold", tests);
}
