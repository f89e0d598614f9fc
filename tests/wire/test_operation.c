/* test_operation - what operator and grid company ask for: golden bytes, and nothing that is not
 * exact. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

/* Every operation: its fields, its golden packet, and which bytes of its records must be zero,
 * from the table in bb_operation.h. */
struct sample {
	struct bb_wire_operation operation;
	uint64_t sequence;
	const char *hex;
	uint32_t record_count;
	uint32_t zeros[3][2]; /* first, and one behind the last */
	uint32_t flag;        /* offset of what may be 0 or 1 only; 0: none */
};

static struct kit kit;
static uint8_t bytes[KIT_ROOM];

static struct sample samples[] = {
	{ { .op = BB_WIRE_MEMBER_ADD,
	    .member = { .participant = 8, .orders_max = 1000, .packets_per_s = 200, .burst = 50,
			.roles = 3, .zone = 5 } }, /* the key: kit's venue */
	  45, golden_member_add, 2, { { 20, 32 } }, 0 },
	{ { .op = BB_WIRE_MEMBER_REVOKE, .member = { .participant = 8 } },
	  46, golden_member_revoke, 1, { { 1, 4 }, { 8, 32 } }, 0 },
	{ { .op = BB_WIRE_PRODUCT_ADD,
	    .product = { .product = KIT_PRODUCT, .price_min = -500000, .price_max = 4000000,
			 .tick = 10, .lot_wh = 100, .quantity_max_wh = 4000000 } },
	  47, golden_product_add, 1, { { 1, 4 }, { 28, 32 } }, 0 },
	{ { .op = BB_WIRE_HALT }, 48, golden_halt, 1, { { 1, 32 } }, 0 },
	{ { .op = BB_WIRE_RESUME }, 49, golden_resume, 1, { { 1, 32 } }, 0 },
	{ { .op = BB_WIRE_PARAM,
	    .param = { .group = 6,
		       .values = { -1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11, 12 } } },
	  50, golden_param, 2, { { 1, 2 }, { 52, 64 } }, 0 },
	{ { .op = BB_WIRE_MEMBER_SET,
	    .attributes = { .participant = 8, .cap_in_wh = 11000, .cap_out_wh = 4000,
			    .metered_by = 12, .order_wh_max = 5000, .reputation_min = 250000,
			    .feeder = 0x0103, .source = 2, .escrow = 1 } },
	  51, golden_member_set, 1, { { 29, 32 } }, 28 },
	{ { .op = BB_WIRE_MEMBER_KILL, .member = { .participant = 8 } },
	  52, golden_member_kill, 1, { { 1, 4 }, { 8, 32 } }, 0 },
	{ { .op = BB_WIRE_MEMBER_ARM, .member = { .participant = 8 } },
	  53, golden_member_arm, 1, { { 1, 4 }, { 8, 32 } }, 0 },
	{ { .op = BB_WIRE_TRANSFER,
	    .transfer = { .participant = 8, .amount = INT64_C(-123456789012345) } },
	  54, golden_transfer, 1, { { 1, 4 }, { 16, 32 } }, 0 },
	{ { .op = BB_WIRE_PRODUCT_HALT, .product = { .product = KIT_PRODUCT } },
	  55, golden_product_halt, 1, { { 1, 4 }, { 8, 32 } }, 0 },
	{ { .op = BB_WIRE_PRODUCT_RESUME, .product = { .product = KIT_PRODUCT } },
	  56, golden_product_resume, 1, { { 1, 4 }, { 8, 32 } }, 0 },
	{ { .op = BB_WIRE_RULING, .ruling = { .product = KIT_PRODUCT, .uphold = 1 } },
	  57, golden_ruling, 1, { { 2, 4 }, { 8, 32 } }, 1 },
	{ { .op = BB_WIRE_LINE,
	    .line = { .first_quarter = 2000000, .quarters = 96, .line = 5, .from_zone = 3,
		      .to_zone = 4, .capacity_wh = 500000, .capacity_reverse_wh = 400000,
		      .fee = 1500 } },
	  58, golden_line, 1, { { 10, 12 }, { 24, 32 } }, 0 },
	{ { .op = BB_WIRE_IMBALANCE,
	    .imbalance = { .first_quarter = 2000000, .quarters = 96, .price_long = -20000,
			   .price_short = 300000, .price_reference = 120000 } },
	  59, golden_imbalance, 1, { { 1, 4 }, { 24, 32 } }, 0 },
	{ { .op = BB_WIRE_RESTRICT,
	    .restrict_ = { .participant = 8, .product = KIT_PRODUCT, .quantity_wh = 1200 } },
	  60, golden_restrict, 1, { { 1, 4 }, { 16, 32 } }, 0 },
	{ { .op = BB_WIRE_TARIFF,
	    .tariff = { .first_quarter = 2000000, .quarters = 96, .injection = 1200, .use = 3400,
			.zone = 3 } },
	  62, golden_tariff, 1, { { 2, 4 }, { 20, 32 } }, 0 },
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

_Static_assert(SAMPLES == BB_WIRE_OPS - 1, "every operation has its sample");

static bool
is_reserved(const struct sample *sample, uint32_t at)
{
	for (uint32_t i = 0; i < 3; i++)
		if (at >= sample->zeros[i][0] && at < sample->zeros[i][1])
			return true;
	return false;
}

static void
test_operations_have_the_golden_bytes(void)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *sample = &samples[i];
		const struct bb_packet header = kit_header(sample->sequence);
		struct bb_packet packet;
		const size_t size = bb_packet_encode_operation(
			bytes, &header, &sample->operation, &kit.participant, kit.mac_key);

		CU_ASSERT_TRUE(kit_equals(bytes, size, sample->hex));
		CU_ASSERT_EQUAL(bb_packet_decode(bytes, size, &packet), BB_OK);
		CU_ASSERT_EQUAL(packet.kind, BB_PACKET_OPERATOR);
		CU_ASSERT_EQUAL(packet.record_count, sample->record_count);
	}
}

static void
test_golden_operations_decode_to_their_fields(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < SAMPLES; i++) {
		kit_hex(bytes, samples[i].hex);
		memset(&operation, 0xee, sizeof(operation));
		CU_ASSERT_EQUAL(bb_packet_operation(bytes, samples[i].record_count, &operation),
				BB_OK);
		CU_ASSERT_EQUAL(memcmp(&operation, &samples[i].operation, sizeof(operation)), 0);
	}
}

static void
test_each_reserved_byte_of_an_operation_must_be_zero(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < SAMPLES; i++) {
		const uint32_t size = samples[i].record_count * BB_PACKET_RECORD_SIZE;

		for (uint32_t at = 1; at < size; at++) {
			const bool refused = is_reserved(&samples[i], at) ||
					     (samples[i].flag != 0 && at == samples[i].flag);

			kit_hex(bytes, samples[i].hex);
			bytes[BB_PACKET_HEADER_SIZE + at] ^= 0x80;
			CU_ASSERT_EQUAL(bb_packet_operation(bytes, samples[i].record_count,
							    &operation),
					refused ? BB_ERR_RECORD : BB_OK);
		}
	}
}

static void
test_a_flag_is_0_or_1(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < SAMPLES; i++) {
		if (samples[i].flag == 0)
			continue;
		kit_hex(bytes, samples[i].hex);
		for (uint32_t value = 0; value < 256; value++) {
			bytes[BB_PACKET_HEADER_SIZE + samples[i].flag] = (uint8_t)value;
			CU_ASSERT_EQUAL(bb_packet_operation(bytes, 1, &operation),
					value <= 1 ? BB_OK : BB_ERR_RECORD);
		}
	}
}

static void
test_an_operation_has_exactly_its_records(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < SAMPLES; i++) {
		memset(bytes, 0, sizeof(bytes));
		kit_hex(bytes, samples[i].hex);
		for (uint32_t count = 0; count <= BB_RECORDS_MAX; count++)
			CU_ASSERT_EQUAL(bb_packet_operation(bytes, count, &operation),
					count == samples[i].record_count ? BB_OK : BB_ERR_RECORD);
	}
}

static void
test_operations_are_1_to_16(void)
{
	struct bb_wire_operation operation;

	for (uint32_t op = 0; op < 256; op++) {
		const bool two = op == BB_WIRE_MEMBER_ADD || op == BB_WIRE_PARAM;

		memset(bytes, 0, sizeof(bytes));
		bytes[BB_PACKET_HEADER_SIZE] = (uint8_t)op;
		CU_ASSERT_EQUAL(bb_packet_operation(bytes, two ? 2 : 1, &operation),
				op >= 1 && op <= 17 ? BB_OK : BB_ERR_RECORD);
		CU_ASSERT_EQUAL(bb_operation_records((uint8_t)op),
				op < 1 || op > 17 ? 0 : two ? 2 : 1);
	}
}

/* Any bytes that decode encode to the same bytes again. */
static void
test_what_decodes_has_one_form_only(void)
{
	struct bb_random random = { 16 };
	uint32_t decoded = 0;

	for (uint32_t turn = 0; turn < 20000; turn++) {
		const struct sample *sample = &samples[bb_random_below(&random, SAMPLES)];
		const uint32_t size = sample->record_count * BB_PACKET_RECORD_SIZE;
		uint8_t records[BB_OPERATION_SIZE_MAX], again[BB_OPERATION_SIZE_MAX];
		struct bb_wire_operation operation;

		for (uint32_t at = 0; at < size; at++)
			records[at] = is_reserved(sample, at) ? 0
							      : (uint8_t)bb_random_next(&random);
		records[0] = sample->operation.op;
		if (sample->flag != 0)
			records[sample->flag] &= 1;
		if (bb_operation_decode(records, sample->record_count, &operation) != BB_OK)
			continue;
		decoded++;
		CU_ASSERT_EQUAL(bb_operation_encode(again, &operation), sample->record_count);
		CU_ASSERT_EQUAL(memcmp(again, records, size), 0);
	}
	CU_ASSERT_EQUAL(decoded, 20000);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "operations have the golden bytes", test_operations_have_the_golden_bytes },
		{ "golden operations decode to their fields",
		  test_golden_operations_decode_to_their_fields },
		{ "each reserved byte of an operation must be zero",
		  test_each_reserved_byte_of_an_operation_must_be_zero },
		{ "a flag is 0 or 1", test_a_flag_is_0_or_1 },
		{ "an operation has exactly its records",
		  test_an_operation_has_exactly_its_records },
		{ "operations are 1 to 16", test_operations_are_1_to_16 },
		{ "what decodes has one form only", test_what_decodes_has_one_form_only },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	memcpy(samples[0].operation.member.key, kit.venue.public_key, BB_KEY_SIZE);
	return bb_test_run("operation", tests);
}
