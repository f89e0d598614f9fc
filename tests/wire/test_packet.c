/* test_packet - the bid packet: golden bytes, exact lengths, reasons in their order. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

static struct kit kit;
static uint8_t packet_bytes[KIT_ROOM];

static bool
same_header(const struct bb_packet *a, const struct bb_packet *b)
{
	return a->participant == b->participant && a->venue == b->venue &&
	       a->sequence == b->sequence && a->not_after_ns == b->not_after_ns;
}

static size_t
encode_random(struct bb_random *random, uint32_t count, struct bb_packet *header,
	      struct bb_wire_order orders[BB_RECORDS_MAX])
{
	*header = (struct bb_packet){
		.participant = (uint32_t)bb_random_next(random),
		.venue = (uint32_t)bb_random_next(random),
		.sequence = bb_random_next(random),
		.not_after_ns = bb_random_next(random),
	};
	for (uint32_t i = 0; i < count; i++)
		orders[i] = kit_order(random);
	return bb_packet_encode_orders(packet_bytes, header, orders, count, &kit.participant,
				       kit.mac_key);
}

static void
test_bids_have_the_golden_bytes(void)
{
	struct bb_packet header = kit_header(42);
	const struct bb_wire_order orders[] = {
		{ .order_id = 1001, .product = KIT_PRODUCT, .action = BB_WIRE_NEW, .side = 1,
		  .source = 2, .price = 85000, .quantity_wh = 2500 },
		{ .order_id = UINT64_C(0x1122334455667788), .product = KIT_PRODUCT + 1,
		  .action = BB_WIRE_REPLACE, .side = 1, .type = 1, .source = 9, .price = -120,
		  .quantity_wh = 0xfedcba98, .shown_wh = 0x01020304, .accept_sources = 0x0506,
		  .prefer_sources = 0x0708 },
	};

	header.not_after_ns = UINT64_C(1800000000000000000);
	const size_t size = bb_packet_encode_orders(packet_bytes, &header, orders, 2,
						    &kit.participant, kit.mac_key);
	CU_ASSERT_EQUAL(size, 176);
	CU_ASSERT_TRUE(kit_equals(packet_bytes, size, golden_bids));
}

static void
test_golden_bids_decode_to_their_fields(void)
{
	struct bb_packet packet;
	struct bb_wire_order order;
	const size_t size = kit_hex(packet_bytes, golden_bids);

	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_OK);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_BIDS);
	CU_ASSERT_EQUAL(packet.record_count, 2);
	CU_ASSERT_EQUAL(packet.participant, KIT_PARTICIPANT);
	CU_ASSERT_EQUAL(packet.venue, KIT_VENUE);
	CU_ASSERT_EQUAL(packet.sequence, 42);
	CU_ASSERT_EQUAL(packet.not_after_ns, UINT64_C(1800000000000000000));
	bb_packet_order(packet_bytes, 1, &order);
	CU_ASSERT_EQUAL(order.order_id, UINT64_C(0x1122334455667788));
	CU_ASSERT_EQUAL(order.product, KIT_PRODUCT + 1);
	CU_ASSERT_EQUAL(order.action, BB_WIRE_REPLACE);
	CU_ASSERT_EQUAL(order.side, 1);
	CU_ASSERT_EQUAL(order.type, 1);
	CU_ASSERT_EQUAL(order.source, 9);
	CU_ASSERT_EQUAL(order.price, -120);
	CU_ASSERT_EQUAL(order.quantity_wh, 0xfedcba98);
	CU_ASSERT_EQUAL(order.shown_wh, 0x01020304);
	CU_ASSERT_EQUAL(order.accept_sources, 0x0506);
	CU_ASSERT_EQUAL(order.prefer_sources, 0x0708);
}

static void
test_signature_and_mac_cover_all_before_them(void)
{
	const size_t size = kit_hex(packet_bytes, golden_bids);
	const size_t signed_size = size - BB_MAC_SIZE - BB_SIGNATURE_SIZE;

	CU_ASSERT_TRUE(bb_sign_check(kit.participant.public_key, packet_bytes, signed_size,
				     packet_bytes + signed_size));
	CU_ASSERT_TRUE(bb_mac_check(packet_bytes + size - BB_MAC_SIZE, kit.mac_key, packet_bytes,
				    size - BB_MAC_SIZE));
}

static void
test_a_query_has_the_golden_bytes(void)
{
	const struct bb_packet header = kit_header(43);
	struct bb_packet packet;
	const size_t size =
		bb_packet_encode_query(packet_bytes, &header, &kit.participant, kit.mac_key);

	CU_ASSERT_EQUAL(size, BB_PACKET_SIZE_MIN);
	CU_ASSERT_TRUE(kit_equals(packet_bytes, size, golden_query));
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_OK);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_QUERY);
	CU_ASSERT_EQUAL(packet.record_count, 0);
}

static const struct bb_wire_meter meters[] = {
	{ .injected_wh = -1250, .participant = 9, .product = KIT_PRODUCT },
	{ .injected_wh = INT64_C(0x0102030405060708), .participant = 10,
	  .product = KIT_PRODUCT + 1, .quality = 1, .correction = 1 },
};

static void
test_meter_readings_have_the_golden_bytes_and_come_back(void)
{
	const struct bb_packet header = kit_header(44);
	struct bb_packet packet;
	struct bb_wire_meter meter;
	const size_t size = bb_packet_encode_meters(packet_bytes, &header, meters, 2,
						    &kit.participant, kit.mac_key);

	CU_ASSERT_TRUE(kit_equals(packet_bytes, size, golden_meter));
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_OK);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_METER);
	CU_ASSERT_EQUAL(packet.record_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		memset(&meter, 0, sizeof(meter));
		CU_ASSERT_EQUAL(bb_packet_meter(packet_bytes, i, &meter), BB_OK);
		CU_ASSERT_EQUAL(meter.injected_wh, meters[i].injected_wh);
		CU_ASSERT_EQUAL(meter.participant, meters[i].participant);
		CU_ASSERT_EQUAL(meter.product, meters[i].product);
		CU_ASSERT_EQUAL(meter.quality, meters[i].quality);
		CU_ASSERT_EQUAL(meter.correction, meters[i].correction);
	}
}

static void
test_a_meter_record_is_exact(void)
{
	uint8_t *record = packet_bytes + BB_PACKET_HEADER_SIZE;
	struct bb_wire_meter meter;

	kit_hex(packet_bytes, golden_meter);
	for (uint32_t at = 0; at < BB_PACKET_RECORD_SIZE; at++) {
		record[at] ^= 0x80;
		CU_ASSERT_EQUAL(bb_packet_meter(packet_bytes, 0, &meter),
				at >= 16 ? BB_ERR_RECORD : BB_OK);
		CU_ASSERT_EQUAL(bb_packet_meter(packet_bytes, 1, &meter), BB_OK);
		record[at] ^= 0x80;
	}
	for (uint32_t value = 0; value < 256; value++) {
		const enum bb_result wanted = value <= 1 ? BB_OK : BB_ERR_RECORD;

		record[16] = (uint8_t)value;
		CU_ASSERT_EQUAL(bb_packet_meter(packet_bytes, 0, &meter), wanted);
		record[16] = 0;
		record[17] = (uint8_t)value;
		CU_ASSERT_EQUAL(bb_packet_meter(packet_bytes, 0, &meter), wanted);
		record[17] = 0;
	}
}

/* Every action and what the bytes at 24 mean by type: in golden_orders, by reference.py. */
static void
test_orders_of_every_kind_have_the_golden_bytes(void)
{
	const struct bb_packet header = kit_header(61);
	const struct bb_wire_order orders[] = {
		{ .order_id = 1, .product = KIT_PRODUCT, .action = BB_WIRE_NEW, .type = 2,
		  .price = 10, .quantity_wh = 100 },
		{ .order_id = 2, .product = KIT_PRODUCT, .action = BB_WIRE_NEW, .type = 4,
		  .price = 20, .quantity_wh = 200, .shown_wh = 1800000000 },
		{ .order_id = 3, .product = KIT_PRODUCT, .action = BB_WIRE_NEW, .side = 1,
		  .type = 5, .price = 30, .quantity_wh = 300, .shown_wh = 100 },
		{ .order_id = 4, .product = KIT_PRODUCT, .action = BB_WIRE_NEW, .type = 7,
		  .price = 40, .quantity_wh = 400, .shown_wh = 1 },
		{ .order_id = 5, .product = KIT_PRODUCT + 1, .action = BB_WIRE_NEW, .type = 7,
		  .price = 50, .quantity_wh = 500 },
		{ .order_id = 6, .product = KIT_PRODUCT, .action = BB_WIRE_QUOTE, .side = 1,
		  .price = 60, .quantity_wh = 600 },
		{ .product = KIT_PRODUCT, .action = BB_WIRE_CANCEL_SIDE, .side = 1 },
		{ .action = BB_WIRE_KILL },
		{ .action = BB_WIRE_SILENCE, .quantity_wh = 30 },
		{ .order_id = UINT64_C(0x8877665544332211), .product = KIT_PRODUCT,
		  .action = BB_WIRE_DISPUTE },
	};
	const uint32_t count = sizeof(orders) / sizeof(orders[0]);
	const size_t size = bb_packet_encode_orders(packet_bytes, &header, orders, count,
						    &kit.participant, kit.mac_key);

	CU_ASSERT_TRUE(kit_equals(packet_bytes, size, golden_orders));
}

static void
test_the_largest_packet_has_42_records_and_1456_bytes(void)
{
	struct bb_wire_order orders[BB_RECORDS_MAX];
	struct bb_packet header, packet;
	struct bb_random random = { 42 };

	CU_ASSERT_EQUAL(encode_random(&random, BB_RECORDS_MAX, &header, orders), 1456);
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, 1456, &packet), BB_OK);
	CU_ASSERT_EQUAL(packet.record_count, 42);
}

static void
test_any_orders_come_back_as_they_were(void)
{
	struct bb_random random = { 7 };

	for (uint32_t turn = 0; turn < 400; turn++) {
		struct bb_wire_order orders[BB_RECORDS_MAX], order;
		struct bb_packet header, packet, input;
		const uint32_t count = 1 + bb_random_below(&random, BB_RECORDS_MAX);
		const size_t size = encode_random(&random, count, &header, orders);

		CU_ASSERT_EQUAL(size, bb_packet_size(count));
		CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_OK);
		CU_ASSERT_EQUAL(packet.record_count, count);
		CU_ASSERT_TRUE(same_header(&packet, &header));
		CU_ASSERT_EQUAL(bb_packet_decode_input(packet_bytes, size - BB_MAC_SIZE, &input),
				BB_OK);
		CU_ASSERT_EQUAL(input.kind, BB_PACKET_BIDS);
		CU_ASSERT_EQUAL(input.record_count, count);
		CU_ASSERT_TRUE(same_header(&input, &header));
		for (uint32_t i = 0; i < count; i++) {
			bb_packet_order(packet_bytes, i, &order);
			CU_ASSERT_EQUAL(memcmp(&order, &orders[i], sizeof(order)), 0);
		}
	}
}

/* check_every_size cuts a good packet at each byte and lengthens it by up to 70. */
static void
check_every_size(const char *hex)
{
	struct bb_packet packet;
	const size_t good = kit_hex(packet_bytes, hex);

	memset(packet_bytes + good, 0, KIT_ROOM - good);
	for (size_t size = 0; size < good + 70; size++) {
		uint8_t *copy = kit_copy(packet_bytes, size);
		CU_ASSERT_EQUAL(bb_packet_decode(copy, size, &packet),
				size == good ? BB_OK : BB_ERR_LENGTH);
		CU_ASSERT_EQUAL(bb_packet_decode_input(copy, size, &packet),
				size == good - BB_MAC_SIZE ? BB_OK : BB_ERR_LENGTH);
		free(copy);
	}
}

static void
test_every_truncation_and_extension_is_refused(void)
{
	check_every_size(golden_bids);
	check_every_size(golden_query);
	check_every_size(golden_meter);
	check_every_size(golden_member_add);
	check_every_size(golden_halt);
}

static void
test_a_refused_packet_leaves_the_result_as_it_was(void)
{
	struct bb_packet packet, before;
	const size_t size = kit_hex(packet_bytes, golden_bids);

	memset(&packet, 0x5a, sizeof(packet));
	before = packet;
	packet_bytes[7] = 1;
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_RESERVED);
	CU_ASSERT_EQUAL(memcmp(&packet, &before, sizeof(packet)), 0);
}

static void
test_every_other_magic_is_refused(void)
{
	struct bb_packet packet;
	const size_t size = kit_hex(packet_bytes, golden_bids);

	for (uint32_t bit = 0; bit < 32; bit++) {
		packet_bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_MAGIC);
		packet_bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
test_kinds_are_1_to_4(void)
{
	struct bb_packet packet;
	const size_t size = kit_hex(packet_bytes, golden_bids);

	for (uint32_t kind = 0; kind < 256; kind++) {
		const enum bb_result wanted = kind < 1 || kind > 4 ? BB_ERR_KIND
					      : kind == BB_PACKET_QUERY ? BB_ERR_RECORDS
									: BB_OK;
		packet_bytes[4] = (uint8_t)kind;
		CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), wanted);
	}
}

static void
test_record_counts_are_1_to_42_and_0_for_a_query(void)
{
	static uint8_t bytes[BB_PACKET_SIZE_MIN + 255 * BB_PACKET_RECORD_SIZE];
	struct bb_packet packet;

	kit_hex(bytes, golden_query);
	for (uint8_t kind = BB_PACKET_BIDS; kind <= BB_PACKET_OPERATOR; kind++) {
		for (uint32_t count = 0; count < 256; count++) {
			const bool good = kind == BB_PACKET_QUERY ? count == 0
								  : count >= 1 && count <= 42;
			bytes[4] = kind;
			bytes[5] = (uint8_t)count;
			CU_ASSERT_EQUAL(bb_packet_decode(bytes, bb_packet_size(count), &packet),
					good ? BB_OK : BB_ERR_RECORDS);
		}
	}
}

static void
test_each_reserved_byte_must_be_zero(void)
{
	struct bb_packet packet;
	const size_t size = kit_hex(packet_bytes, golden_bids);

	for (size_t at = 6; at < 8; at++) {
		for (uint32_t bit = 0; bit < 8; bit++) {
			packet_bytes[at] = (uint8_t)(1 << bit);
			CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet),
					BB_ERR_RESERVED);
		}
		packet_bytes[at] = 0;
	}
}

/* A packet with every fault at once, mended one by one: each reason in its turn. */
static void
test_the_first_check_that_fails_names_the_reason(void)
{
	struct bb_packet packet;
	size_t size = kit_hex(packet_bytes, golden_query);

	packet_bytes[0] = 'X';
	packet_bytes[4] = 9;
	packet_bytes[6] = 1;
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size + 1, &packet), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_MAGIC);
	packet_bytes[0] = 'B';
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_KIND);
	packet_bytes[4] = BB_PACKET_BIDS;
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_RECORDS);
	packet_bytes[4] = BB_PACKET_QUERY;
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_ERR_RESERVED);
	packet_bytes[6] = 0;
	CU_ASSERT_EQUAL(bb_packet_decode(packet_bytes, size, &packet), BB_OK);
}

static void
test_the_venue_field_is_the_first_4_bytes_of_the_ledger_id(void)
{
	CU_ASSERT_EQUAL(bb_packet_venue(kit.ledger_id), KIT_VENUE);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "bids have the golden bytes", test_bids_have_the_golden_bytes },
		{ "golden bids decode to their fields", test_golden_bids_decode_to_their_fields },
		{ "signature and MAC cover all before them",
		  test_signature_and_mac_cover_all_before_them },
		{ "a query has the golden bytes", test_a_query_has_the_golden_bytes },
		{ "meter readings have the golden bytes and come back",
		  test_meter_readings_have_the_golden_bytes_and_come_back },
		{ "a meter record is exact", test_a_meter_record_is_exact },
		{ "orders of every kind have the golden bytes",
		  test_orders_of_every_kind_have_the_golden_bytes },
		{ "the largest packet has 42 records and 1,456 bytes",
		  test_the_largest_packet_has_42_records_and_1456_bytes },
		{ "any orders come back as they were", test_any_orders_come_back_as_they_were },
		{ "every truncation and extension is refused",
		  test_every_truncation_and_extension_is_refused },
		{ "a refused packet leaves the result as it was",
		  test_a_refused_packet_leaves_the_result_as_it_was },
		{ "every other magic is refused", test_every_other_magic_is_refused },
		{ "kinds are 1 to 4", test_kinds_are_1_to_4 },
		{ "record counts are 1 to 42, and 0 for a query",
		  test_record_counts_are_1_to_42_and_0_for_a_query },
		{ "each reserved byte must be zero", test_each_reserved_byte_must_be_zero },
		{ "the first check that fails names the reason",
		  test_the_first_check_that_fails_names_the_reason },
		{ "the venue field is the first 4 bytes of the ledger id",
		  test_the_venue_field_is_the_first_4_bytes_of_the_ledger_id },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	return bb_test_run("packet", tests);
}
