/* test_operation - the operator's records: golden bytes, and nothing that is not exact. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

static struct kit kit;
static uint8_t bytes[KIT_ROOM];

static struct bb_wire_operation
member_add(void)
{
	struct bb_wire_operation operation = {
		.op = BB_WIRE_MEMBER_ADD,
		.member = { .participant = 8, .orders_max = 1000, .packets_per_s = 200,
			    .burst = 50, .roles = 3, .zone = 5 },
	};
	memcpy(operation.member.key, kit.venue.public_key, BB_KEY_SIZE);
	return operation;
}

static const struct bb_wire_operation product_add = {
	.op = BB_WIRE_PRODUCT_ADD,
	.product = { .product = KIT_PRODUCT, .price_min = -500000, .price_max = 4000000,
		     .tick = 10, .lot_wh = 100, .quantity_max_wh = 4000000 },
};
static const struct bb_wire_operation member_revoke = {
	.op = BB_WIRE_MEMBER_REVOKE, .member = { .participant = 8 },
};
static const struct bb_wire_operation halt = { .op = BB_WIRE_HALT };
static const struct bb_wire_operation resume = { .op = BB_WIRE_RESUME };

static void
check_golden(uint64_t sequence, const struct bb_wire_operation *operation, const char *hex)
{
	const struct bb_packet header = kit_header(sequence);
	struct bb_packet packet;
	const size_t size = bb_packet_encode_operation(bytes, &header, operation,
						       &kit.participant, kit.mac_key);

	CU_ASSERT_TRUE(kit_equals(bytes, size, hex));
	CU_ASSERT_EQUAL(bb_packet_decode(bytes, size, &packet), BB_OK);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_OPERATOR);
}

static void
test_operations_have_the_golden_bytes(void)
{
	const struct bb_wire_operation added = member_add();

	check_golden(45, &added, golden_member_add);
	check_golden(46, &member_revoke, golden_member_revoke);
	check_golden(47, &product_add, golden_product_add);
	check_golden(48, &halt, golden_halt);
	check_golden(49, &resume, golden_resume);
}

static struct bb_wire_operation
decode(const char *hex, uint32_t record_count)
{
	struct bb_wire_operation operation;

	kit_hex(bytes, hex);
	CU_ASSERT_EQUAL(bytes[5], record_count);
	CU_ASSERT_EQUAL(bb_packet_operation(bytes, record_count, &operation), BB_OK);
	return operation;
}

static void
test_golden_operations_decode_to_their_fields(void)
{
	const struct bb_wire_operation wanted = member_add();
	const struct bb_wire_member member = decode(golden_member_add, 2).member;
	const struct bb_wire_product product = decode(golden_product_add, 1).product;

	CU_ASSERT_EQUAL(member.participant, 8);
	CU_ASSERT_EQUAL(member.orders_max, 1000);
	CU_ASSERT_EQUAL(member.packets_per_s, 200);
	CU_ASSERT_EQUAL(member.burst, 50);
	CU_ASSERT_EQUAL(member.roles, 3);
	CU_ASSERT_EQUAL(member.zone, 5);
	CU_ASSERT_EQUAL(memcmp(member.key, wanted.member.key, BB_KEY_SIZE), 0);
	CU_ASSERT_EQUAL(memcmp(&product, &product_add.product, sizeof(product)), 0);
	CU_ASSERT_EQUAL(decode(golden_member_revoke, 1).member.participant, 8);
	CU_ASSERT_EQUAL(decode(golden_halt, 1).op, BB_WIRE_HALT);
	CU_ASSERT_EQUAL(decode(golden_resume, 1).op, BB_WIRE_RESUME);
}

/* Which bytes of a record must be zero, from the table in bb_packet.h. */
static const struct {
	const char *hex;
	uint32_t record_count;
	uint32_t zeros[2][2]; /* first, and one behind the last */
} operations[] = {
	{ golden_member_add, 2, { { 20, 32 }, { 0, 0 } } },
	{ golden_member_revoke, 1, { { 1, 4 }, { 8, 32 } } },
	{ golden_product_add, 1, { { 1, 4 }, { 28, 32 } } },
	{ golden_halt, 1, { { 1, 32 }, { 0, 0 } } },
	{ golden_resume, 1, { { 1, 32 }, { 0, 0 } } },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void
test_each_reserved_byte_of_an_operation_must_be_zero(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < OPERATIONS; i++) {
		for (uint32_t at = 1; at < BB_PACKET_RECORD_SIZE; at++) {
			const uint32_t (*zeros)[2] = operations[i].zeros;
			const bool reserved = (at >= zeros[0][0] && at < zeros[0][1]) ||
					      (at >= zeros[1][0] && at < zeros[1][1]);
			kit_hex(bytes, operations[i].hex);
			bytes[BB_PACKET_HEADER_SIZE + at] ^= 0x80;
			CU_ASSERT_EQUAL(bb_packet_operation(bytes, operations[i].record_count,
							    &operation),
					reserved ? BB_ERR_RECORD : BB_OK);
		}
	}
}

static void
test_an_operation_has_exactly_its_records(void)
{
	struct bb_wire_operation operation;

	for (size_t i = 0; i < OPERATIONS; i++) {
		memset(bytes, 0, sizeof(bytes));
		kit_hex(bytes, operations[i].hex);
		for (uint32_t count = 1; count <= BB_RECORDS_MAX; count++)
			CU_ASSERT_EQUAL(bb_packet_operation(bytes, count, &operation),
					count == operations[i].record_count ? BB_OK
									    : BB_ERR_RECORD);
	}
}

static void
test_operations_are_1_to_5(void)
{
	struct bb_wire_operation operation;

	for (uint32_t op = 0; op < 256; op++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[BB_PACKET_HEADER_SIZE] = (uint8_t)op;
		CU_ASSERT_EQUAL(bb_packet_operation(bytes, op == BB_WIRE_MEMBER_ADD ? 2 : 1,
						    &operation),
				op >= 1 && op <= 5 ? BB_OK : BB_ERR_RECORD);
	}
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
		{ "an operation has exactly its records",
		  test_an_operation_has_exactly_its_records },
		{ "operations are 1 to 5", test_operations_are_1_to_5 },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	return bb_test_run("operation", tests);
}
