/* test_inputs - a packet becomes commands: the same bytes, the same commands. */
#include "codec/bb_inputs.h"
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

static struct kit kit;
static uint8_t bytes[KIT_ROOM];
static struct bb_bid bid;

/* read_packet makes bid from the packet in bytes. */
static void
read_packet(size_t size)
{
	struct bb_packet packet;

	CU_ASSERT_EQUAL_FATAL(bb_packet_decode(bytes, size, &packet), BB_OK);
	memset(&bid, 0xee, sizeof(bid)); /* as the private area of a used mbuf */
	bb_inputs_commands(&bid, &packet, bytes, (uint16_t)(size - BB_MAC_SIZE));
}

static void
read_orders(const struct bb_wire_order *orders, uint32_t count)
{
	const struct bb_packet header = kit_header(1);

	read_packet(bb_packet_encode_orders(bytes, &header, orders, count, &kit.participant,
					    kit.mac_key));
}

static void
test_the_bid_carries_the_packet(void)
{
	const size_t size = kit_hex(bytes, golden_bids);

	read_packet(size);
	CU_ASSERT_EQUAL(bid.kind, BB_PACKET_BIDS);
	CU_ASSERT_EQUAL(bid.participant, KIT_PARTICIPANT);
	CU_ASSERT_EQUAL(bid.sequence, 42);
	CU_ASSERT_EQUAL(bid.not_after_ns, UINT64_C(1800000000000000000));
	CU_ASSERT_EQUAL(bid.command_count, 2);
	CU_ASSERT_PTR_EQUAL(bid.input, bytes);
	CU_ASSERT_EQUAL(bid.input_size, size - BB_MAC_SIZE);
}

static void
test_number_times_and_route_are_left_as_they_are(void)
{
	read_packet(kit_hex(bytes, golden_bids));
	CU_ASSERT_EQUAL(bid.number, UINT64_C(0xeeeeeeeeeeeeeeee));
	CU_ASSERT_EQUAL(bid.sequenced_ns, UINT64_C(0xeeeeeeeeeeeeeeee));
	CU_ASSERT_EQUAL(bid.received_ns, UINT64_C(0xeeeeeeeeeeeeeeee));
	CU_ASSERT_EQUAL(bid.route, 0xee);
	CU_ASSERT_EQUAL(bid.back.udp_port, 0xeeee);
}

static void
test_an_order_becomes_the_command_of_its_action(void)
{
	static const struct {
		uint8_t action, kind;
	} cases[] = {
		{ BB_WIRE_NEW, BB_COMMAND_NEW },
		{ BB_WIRE_CANCEL, BB_COMMAND_CANCEL },
		{ BB_WIRE_REPLACE, BB_COMMAND_REPLACE },
		{ BB_WIRE_CANCEL_PRODUCT, BB_COMMAND_CANCEL_PRODUCT },
		{ BB_WIRE_CANCEL_ALL, BB_COMMAND_CANCEL_ALL },
		{ BB_WIRE_QUOTE, BB_COMMAND_QUOTE },
		{ BB_WIRE_CANCEL_SIDE, BB_COMMAND_CANCEL_SIDE },
		{ BB_WIRE_KILL, BB_COMMAND_KILL },
		{ BB_WIRE_SILENCE, BB_COMMAND_SILENCE },
		{ BB_WIRE_DISPUTE, BB_COMMAND_DISPUTE },
	};
	struct bb_random random = { 3 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bb_wire_order order = kit_order(&random);
		struct bb_command wanted;

		order.action = cases[i].action;
		order.side &= 1;
		memset(&wanted, 0, sizeof(wanted));
		wanted.participant = KIT_PARTICIPANT;
		wanted.kind = cases[i].kind;
		wanted.order.order_id = order.order_id;
		wanted.order.product = order.product;
		wanted.order.price = order.price;
		wanted.order.quantity_wh = order.quantity_wh;
		wanted.order.shown_wh = order.shown_wh;
		wanted.order.accept_sources = order.accept_sources;
		wanted.order.prefer_sources = order.prefer_sources;
		wanted.order.side = order.side;
		wanted.order.type = order.type;
		wanted.order.source = order.source;
		read_orders(&order, 1);
		CU_ASSERT_EQUAL(memcmp(&bid.commands[0], &wanted, sizeof(wanted)), 0);
	}
}

static void
test_unknown_actions_and_sides_are_malformed(void)
{
	for (uint32_t value = 0; value < 256; value++) {
		const struct bb_wire_order orders[] = {
			{ .order_id = 77, .product = KIT_PRODUCT, .action = (uint8_t)value },
			{ .order_id = 78, .product = KIT_PRODUCT, .action = BB_WIRE_CANCEL,
			  .side = (uint8_t)value },
		};
		read_orders(orders, 2);
		CU_ASSERT_EQUAL(bid.commands[0].kind == BB_COMMAND_MALFORMED,
				value < BB_WIRE_NEW || value > BB_WIRE_DISPUTE);
		CU_ASSERT_EQUAL(bid.commands[1].kind == BB_COMMAND_MALFORMED, value > 1);
		/* The refusal can name what was meant. */
		CU_ASSERT_EQUAL(bid.commands[0].order.order_id, 77);
		CU_ASSERT_EQUAL(bid.commands[1].order.order_id, 78);
		CU_ASSERT_EQUAL(bid.commands[1].order.product, KIT_PRODUCT);
	}
}

static void
test_a_bad_record_does_not_spoil_its_neighbours(void)
{
	const struct bb_wire_order orders[] = {
		{ .order_id = 1, .action = BB_WIRE_NEW },
		{ .order_id = 2, .action = 99 },
		{ .order_id = 3, .action = BB_WIRE_CANCEL },
	};

	read_orders(orders, 3);
	CU_ASSERT_EQUAL(bid.commands[0].kind, BB_COMMAND_NEW);
	CU_ASSERT_EQUAL(bid.commands[1].kind, BB_COMMAND_MALFORMED);
	CU_ASSERT_EQUAL(bid.commands[2].kind, BB_COMMAND_CANCEL);
}

static void
test_any_order_type_reaches_the_market(void)
{
	for (uint32_t type = 0; type < 256; type++) {
		const struct bb_wire_order order = {
			.order_id = 1, .action = BB_WIRE_NEW, .type = (uint8_t)type,
		};
		read_orders(&order, 1);
		CU_ASSERT_EQUAL(bid.commands[0].kind, BB_COMMAND_NEW);
		CU_ASSERT_EQUAL(bid.commands[0].order.type, type);
	}
}

static void
test_a_query_has_no_commands(void)
{
	read_packet(kit_hex(bytes, golden_query));
	CU_ASSERT_EQUAL(bid.kind, BB_PACKET_QUERY);
	CU_ASSERT_EQUAL(bid.command_count, 0);
	CU_ASSERT_EQUAL(bid.sequence, 43);
}

static void
test_a_meter_reading_is_a_command_of_its_own(void)
{
	struct bb_command wanted;
	const size_t size = kit_hex(bytes, golden_meter);

	memset(&wanted, 0, sizeof(wanted));
	wanted.participant = KIT_PARTICIPANT;
	wanted.kind = BB_COMMAND_METER;
	wanted.meter.injected_wh = -1250;
	wanted.meter.participant = 9;
	wanted.meter.product = KIT_PRODUCT;
	read_packet(size);
	CU_ASSERT_EQUAL(bid.command_count, 2);
	CU_ASSERT_EQUAL(memcmp(&bid.commands[0], &wanted, sizeof(wanted)), 0);
	wanted.meter.injected_wh = INT64_C(0x0102030405060708);
	wanted.meter.participant = 10;
	wanted.meter.product = KIT_PRODUCT + 1;
	wanted.meter.quality = 1;
	wanted.meter.correction = 1;
	CU_ASSERT_EQUAL(memcmp(&bid.commands[1], &wanted, sizeof(wanted)), 0);

	/* One that is not exact spoils itself alone. */
	bytes[BB_PACKET_HEADER_SIZE + 31] = 1;
	read_packet(size);
	CU_ASSERT_EQUAL(bid.commands[0].kind, BB_COMMAND_MALFORMED);
	CU_ASSERT_EQUAL(memcmp(&bid.commands[1], &wanted, sizeof(wanted)), 0);
}

static void
test_a_tick_is_one_command_of_nobody(void)
{
	struct bb_command wanted;

	memset(&wanted, 0, sizeof(wanted));
	wanted.kind = BB_COMMAND_TICK;
	memset(&bid, 0xee, sizeof(bid));
	bb_inputs_tick(&bid);
	CU_ASSERT_TRUE(bb_bid_is_tick(&bid));
	CU_ASSERT_EQUAL(bid.kind, 0);
	CU_ASSERT_EQUAL(bid.participant, 0);
	CU_ASSERT_EQUAL(bid.sequence, 0);
	CU_ASSERT_EQUAL(bid.not_after_ns, 0);
	CU_ASSERT_EQUAL(bid.input_size, 0);
	CU_ASSERT_EQUAL(bid.command_count, 1);
	CU_ASSERT_EQUAL(memcmp(&bid.commands[0], &wanted, sizeof(wanted)), 0);
	CU_ASSERT_EQUAL(bid.route, 0xee);
}

static void
test_no_packet_becomes_a_tick(void)
{
	struct bb_random random = { 11 };

	for (uint32_t turn = 0; turn < 20000; turn++) {
		const uint8_t kind = (uint8_t)(1 + bb_random_below(&random, 4));
		const uint32_t count = kind == BB_PACKET_QUERY ? 0 : 1 + turn % 2;
		struct bb_packet packet = { .kind = kind, .record_count = (uint8_t)count };

		for (uint32_t at = 0; at < count * BB_PACKET_RECORD_SIZE; at++)
			bytes[BB_PACKET_HEADER_SIZE + at] =
				at % 32 == 0 || at % 32 == 12
					? (uint8_t)bb_random_below(&random, 32)
					: (uint8_t)bb_random_below(&random, 2);
		bb_inputs_commands(&bid, &packet, bytes, 0);
		for (uint32_t i = 0; i < bid.command_count; i++)
			CU_ASSERT_NOT_EQUAL(bid.commands[i].kind, BB_COMMAND_TICK);
	}
}

/* check_operation demands that the packet hex is one command, equal to wanted but for who
 * asks. */
static void
check_operation(const char *hex, struct bb_command wanted)
{
	wanted.participant = KIT_PARTICIPANT;
	read_packet(kit_hex(bytes, hex));
	CU_ASSERT_EQUAL(bid.command_count, 1);
	CU_ASSERT_EQUAL(memcmp(&bid.commands[0], &wanted, sizeof(wanted)), 0);
}

static void
test_an_operation_is_one_command(void)
{
	struct bb_command command;

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_HALT;
	check_operation(golden_halt, command);
	command.kind = BB_COMMAND_RESUME;
	check_operation(golden_resume, command);

	command.kind = BB_COMMAND_MEMBER_REVOKE;
	command.member.participant = 8;
	check_operation(golden_member_revoke, command);

	command.kind = BB_COMMAND_MEMBER_ADD;
	command.member.orders_max = 1000;
	command.member.packets_per_s = 200;
	command.member.burst = 50;
	command.member.roles = BB_ROLE_TRADER | BB_ROLE_METER;
	command.member.zone = 5;
	memcpy(command.member.key, kit.venue.public_key, BB_KEY_SIZE);
	check_operation(golden_member_add, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_PRODUCT_ADD;
	command.product.product = KIT_PRODUCT;
	command.product.price_min = -500000;
	command.product.price_max = 4000000;
	command.product.tick = 10;
	command.product.lot_wh = 100;
	command.product.quantity_max_wh = 4000000;
	check_operation(golden_product_add, command);
}

static void
test_what_is_set_for_members_and_delivery_is_one_command(void)
{
	static const int32_t values[BB_PARAM_VALUES] = { -1, 2, -3, 4,	-5,  6,
							 -7, 8, -9, 10, -11, 12 };
	struct bb_command command;

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_PARAM;
	command.param.group = 6;
	memcpy(command.param.values, values, sizeof(values));
	check_operation(golden_param, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_MEMBER_SET;
	command.attributes = (struct bb_attributes_command){
		.participant = 8, .cap_in_wh = 11000, .cap_out_wh = 4000, .metered_by = 12,
		.order_wh_max = 5000, .reputation_min = 250000, .feeder = 0x0103, .source = 2,
		.escrow = 1 };
	check_operation(golden_member_set, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_TRANSFER;
	command.transfer.participant = 8;
	command.transfer.amount = INT64_C(-123456789012345);
	check_operation(golden_transfer, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_LINE;
	command.line = (struct bb_line_command){
		.first_quarter = 2000000, .quarters = 96, .line = 5, .from_zone = 3, .to_zone = 4,
		.capacity_wh = 500000, .capacity_reverse_wh = 400000, .fee = 1500 };
	check_operation(golden_line, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_IMBALANCE;
	command.imbalance = (struct bb_imbalance_command){
		.first_quarter = 2000000, .quarters = 96, .price_long = -20000,
		.price_short = 300000, .price_reference = 120000 };
	check_operation(golden_imbalance, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_TARIFF;
	command.tariff = (struct bb_tariff_command){
		.first_quarter = 2000000, .quarters = 96, .injection = 1200, .use = 3400,
		.zone = 3 };
	check_operation(golden_tariff, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_RESTRICT;
	command.restrict_.participant = 8;
	command.restrict_.product = KIT_PRODUCT;
	command.restrict_.quantity_wh = 1200;
	check_operation(golden_restrict, command);
}

static void
test_what_names_one_thing_is_one_command(void)
{
	struct bb_command command;

	memset(&command, 0, sizeof(command));
	command.member.participant = 8;
	command.kind = BB_COMMAND_MEMBER_KILL;
	check_operation(golden_member_kill, command);
	command.kind = BB_COMMAND_MEMBER_ARM;
	check_operation(golden_member_arm, command);

	memset(&command, 0, sizeof(command));
	command.product.product = KIT_PRODUCT;
	command.kind = BB_COMMAND_PRODUCT_HALT;
	check_operation(golden_product_halt, command);
	command.kind = BB_COMMAND_PRODUCT_RESUME;
	check_operation(golden_product_resume, command);

	memset(&command, 0, sizeof(command));
	command.kind = BB_COMMAND_RULING;
	command.ruling.product = KIT_PRODUCT;
	command.ruling.uphold = 1;
	check_operation(golden_ruling, command);
}

static void
test_an_operation_that_is_not_exact_is_malformed(void)
{
	struct bb_command wanted;
	const size_t size = kit_hex(bytes, golden_product_add);

	memset(&wanted, 0, sizeof(wanted));
	wanted.participant = KIT_PARTICIPANT;
	bytes[BB_PACKET_HEADER_SIZE + 1] = 1;
	read_packet(size);
	CU_ASSERT_EQUAL(bid.command_count, 1);
	CU_ASSERT_EQUAL(memcmp(&bid.commands[0], &wanted, sizeof(wanted)), 0);
}

/* The gate has a whole packet, replay the bytes of the ledger. */
static void
test_gate_and_replay_read_the_same_commands(void)
{
	static struct bb_bid live;
	struct bb_random random = { 5 };

	for (uint32_t turn = 0; turn < 100; turn++) {
		struct bb_wire_order orders[BB_RECORDS_MAX];
		const struct bb_packet header = kit_header(turn + 1);
		const uint32_t count = 1 + bb_random_below(&random, BB_RECORDS_MAX);
		struct bb_packet packet;

		for (uint32_t i = 0; i < count; i++) {
			orders[i] = kit_order(&random);
			orders[i].action &= 15;
			orders[i].side &= 3;
		}
		const size_t size = bb_packet_encode_orders(bytes, &header, orders, count,
							    &kit.participant, kit.mac_key);
		read_packet(size);
		live = bid;
		uint8_t *kept = kit_copy(bytes, size - BB_MAC_SIZE);
		CU_ASSERT_EQUAL(bb_packet_decode_input(kept, size - BB_MAC_SIZE, &packet), BB_OK);
		memset(&bid, 0xdd, sizeof(bid));
		bb_inputs_commands(&bid, &packet, kept, (uint16_t)(size - BB_MAC_SIZE));
		CU_ASSERT_EQUAL(bid.command_count, live.command_count);
		CU_ASSERT_EQUAL(memcmp(bid.commands, live.commands,
				       live.command_count * sizeof(live.commands[0])), 0);
		free(kept);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the bid carries the packet", test_the_bid_carries_the_packet },
		{ "number, times and route are left as they are",
		  test_number_times_and_route_are_left_as_they_are },
		{ "an order becomes the command of its action",
		  test_an_order_becomes_the_command_of_its_action },
		{ "unknown actions and sides are malformed",
		  test_unknown_actions_and_sides_are_malformed },
		{ "a bad record does not spoil its neighbours",
		  test_a_bad_record_does_not_spoil_its_neighbours },
		{ "any order type reaches the market", test_any_order_type_reaches_the_market },
		{ "a query has no commands", test_a_query_has_no_commands },
		{ "a meter reading is a command of its own",
		  test_a_meter_reading_is_a_command_of_its_own },
		{ "a tick is one command of nobody", test_a_tick_is_one_command_of_nobody },
		{ "no packet becomes a tick", test_no_packet_becomes_a_tick },
		{ "an operation is one command", test_an_operation_is_one_command },
		{ "what is set for members and delivery is one command",
		  test_what_is_set_for_members_and_delivery_is_one_command },
		{ "what names one thing is one command",
		  test_what_names_one_thing_is_one_command },
		{ "an operation that is not exact is malformed",
		  test_an_operation_that_is_not_exact_is_malformed },
		{ "gate and replay read the same commands",
		  test_gate_and_replay_read_the_same_commands },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	return bb_test_run("inputs", tests);
}
