/* fuzz_packet - a datagram from anyone, and an input from any ledger: decoded, every record
 * read, turned into commands.  Copies have exactly the size of the input, so that the
 * address sanitizer sees a read beyond it. */
#include "codec/bb_inputs.h"
#include "tests/wire/wire_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct bb_bid bid;

/* What is read can be written again: whatever a decoder accepts has one form only. */
static void
check_records(const uint8_t *bytes, const struct bb_packet *packet)
{
	static const struct bb_identity nobody;
	static const uint8_t mac_key[BB_MAC_KEY_SIZE];
	static uint8_t again[BB_PACKET_SIZE_MAX];
	struct bb_wire_order orders[BB_RECORDS_MAX];
	struct bb_wire_meter meters[BB_RECORDS_MAX];
	struct bb_wire_operation operation;
	const size_t body = BB_PACKET_HEADER_SIZE + packet->record_count * BB_PACKET_RECORD_SIZE;

	if (packet->kind == BB_PACKET_BIDS) {
		for (uint32_t i = 0; i < packet->record_count; i++)
			bb_packet_order(bytes, i, &orders[i]);
		bb_packet_encode_orders(again, packet, orders, packet->record_count, &nobody,
					mac_key);
	} else if (packet->kind == BB_PACKET_METER) {
		for (uint32_t i = 0; i < packet->record_count; i++)
			if (bb_packet_meter(bytes, i, &meters[i]) != BB_OK)
				return;
		bb_packet_encode_meters(again, packet, meters, packet->record_count, &nobody,
					mac_key);
	} else if (packet->kind == BB_PACKET_QUERY) {
		bb_packet_encode_query(again, packet, &nobody, mac_key);
	} else if (packet->kind == BB_PACKET_OPERATOR &&
		   bb_packet_operation(bytes, packet->record_count, &operation) == BB_OK) {
		bb_packet_encode_operation(again, packet, &operation, &nobody, mac_key);
	} else {
		return;
	}
	BB_ASSERT(memcmp(again, bytes, body) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct bb_packet packet;
	uint8_t *copy = kit_copy(bytes, size);

	BB_ASSERT(bb_sign_start());
	if (bb_packet_decode(copy, size, &packet) == BB_OK) {
		BB_ASSERT(size <= BB_PACKET_SIZE_MAX);
		check_records(copy, &packet);
		bb_inputs_commands(&bid, &packet, copy, (uint16_t)(size - BB_MAC_SIZE));
		BB_ASSERT(bid.command_count <= BB_RECORDS_MAX);
	} else if (bb_packet_decode_input(copy, size, &packet) == BB_OK) {
		BB_ASSERT(size <= BB_PACKET_SIZE_MAX - BB_MAC_SIZE);
		bb_inputs_commands(&bid, &packet, copy, (uint16_t)size);
		BB_ASSERT(bid.command_count <= BB_RECORDS_MAX);
	}
	free(copy);
	return 0;
}
