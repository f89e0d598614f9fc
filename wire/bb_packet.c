#include "wire/bb_packet.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

static const uint8_t magic[4] = { 'B', 'B', 'P', '1' };

uint32_t
bb_packet_venue(const uint8_t ledger_id[32])
{
	return bb_get_u32(ledger_id);
}

static bool
records_allowed(uint8_t kind, uint8_t count)
{
	return kind == BB_PACKET_QUERY ? count == 0 : count >= 1 && count <= BB_RECORDS_MAX;
}

/* decode reads the header of a packet whose bytes after the records are tail long. */
static enum bb_result
decode(const uint8_t *bytes, size_t size, size_t tail, struct bb_packet *packet)
{
	if (size < BB_PACKET_HEADER_SIZE + tail)
		return BB_ERR_LENGTH;
	if ((size - BB_PACKET_HEADER_SIZE - tail) % BB_PACKET_RECORD_SIZE != 0)
		return BB_ERR_LENGTH;
	if ((size - BB_PACKET_HEADER_SIZE - tail) / BB_PACKET_RECORD_SIZE != bytes[5])
		return BB_ERR_LENGTH;
	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		return BB_ERR_MAGIC;
	if (bytes[4] < BB_PACKET_BIDS || bytes[4] > BB_PACKET_OPERATOR)
		return BB_ERR_KIND;
	if (!records_allowed(bytes[4], bytes[5]))
		return BB_ERR_RECORDS;
	if (!bb_is_zero(bytes + 6, 2))
		return BB_ERR_RESERVED;
	*packet = (struct bb_packet){
		.kind = bytes[4],
		.record_count = bytes[5],
		.participant = bb_get_u32(bytes + 8),
		.venue = bb_get_u32(bytes + 12),
		.sequence = bb_get_u64(bytes + 16),
		.not_after_ns = bb_get_u64(bytes + 24),
	};
	return BB_OK;
}

enum bb_result
bb_packet_decode(const uint8_t *bytes, size_t size, struct bb_packet *packet)
{
	return decode(bytes, size, BB_SIGNATURE_SIZE + BB_MAC_SIZE, packet);
}

enum bb_result
bb_packet_decode_input(const uint8_t *bytes, size_t size, struct bb_packet *packet)
{
	return decode(bytes, size, BB_SIGNATURE_SIZE, packet);
}

void
bb_packet_order(const uint8_t *bytes, uint32_t index, struct bb_wire_order *order)
{
	const uint8_t *at = bytes + BB_PACKET_HEADER_SIZE + index * BB_PACKET_RECORD_SIZE;

	*order = (struct bb_wire_order){
		.order_id = bb_get_u64(at),
		.product = bb_get_u32(at + 8),
		.action = at[12],
		.side = at[13],
		.type = at[14],
		.source = at[15],
		.price = (int32_t)bb_get_u32(at + 16),
		.quantity_wh = bb_get_u32(at + 20),
		.shown_wh = bb_get_u32(at + 24),
		.accept_sources = bb_get_u16(at + 28),
		.prefer_sources = bb_get_u16(at + 30),
	};
}

static bool
read_member(const uint8_t *at, struct bb_wire_member *member)
{
	*member = (struct bb_wire_member){
		.zone = at[1],
		.roles = bb_get_u16(at + 2),
		.participant = bb_get_u32(at + 4),
		.orders_max = bb_get_u32(at + 8),
		.packets_per_s = bb_get_u32(at + 12),
		.burst = bb_get_u32(at + 16),
	};
	memcpy(member->key, at + BB_PACKET_RECORD_SIZE, BB_KEY_SIZE);
	return bb_is_zero(at + 20, 12);
}

static bool
read_product(const uint8_t *at, struct bb_wire_product *product)
{
	*product = (struct bb_wire_product){
		.product = bb_get_u32(at + 4),
		.price_min = (int32_t)bb_get_u32(at + 8),
		.price_max = (int32_t)bb_get_u32(at + 12),
		.tick = bb_get_u32(at + 16),
		.lot_wh = bb_get_u32(at + 20),
		.quantity_max_wh = bb_get_u32(at + 24),
	};
	return bb_is_zero(at + 1, 3) && bb_is_zero(at + 28, 4);
}

enum bb_result
bb_packet_operation(const uint8_t *bytes, uint32_t record_count,
		    struct bb_wire_operation *operation)
{
	const uint8_t *at = bytes + BB_PACKET_HEADER_SIZE;
	bool exact = false;

	memset(operation, 0, sizeof(*operation));
	operation->op = at[0];
	if (record_count == 2 && at[0] == BB_WIRE_MEMBER_ADD) {
		exact = read_member(at, &operation->member);
	} else if (record_count == 1 && at[0] == BB_WIRE_MEMBER_REVOKE) {
		operation->member.participant = bb_get_u32(at + 4);
		exact = bb_is_zero(at + 1, 3) && bb_is_zero(at + 8, 24);
	} else if (record_count == 1 && at[0] == BB_WIRE_PRODUCT_ADD) {
		exact = read_product(at, &operation->product);
	} else if (record_count == 1 && (at[0] == BB_WIRE_HALT || at[0] == BB_WIRE_RESUME)) {
		exact = bb_is_zero(at + 1, 31);
	}
	return exact ? BB_OK : BB_ERR_RECORD;
}

static struct bb_writer
start(uint8_t *bytes, const struct bb_packet *header, uint8_t kind, uint32_t record_count)
{
	struct bb_writer writer = bb_writer(bytes, BB_PACKET_SIZE_MAX);

	BB_ASSERT(record_count <= BB_RECORDS_MAX);
	bb_write_bytes(&writer, magic, sizeof(magic));
	bb_write_u8(&writer, kind);
	bb_write_u8(&writer, (uint8_t)record_count);
	bb_write_zeros(&writer, 2);
	bb_write_u32(&writer, header->participant);
	bb_write_u32(&writer, header->venue);
	bb_write_u64(&writer, header->sequence);
	bb_write_u64(&writer, header->not_after_ns);
	return writer;
}

static size_t
finish(struct bb_writer *writer, const struct bb_identity *identity,
       const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	uint8_t *signature = bb_write_span(writer, BB_SIGNATURE_SIZE);
	uint8_t *mac = bb_write_span(writer, BB_MAC_SIZE);

	BB_ASSERT(!writer->failed);
	bb_sign(identity, writer->bytes, (size_t)(signature - writer->bytes), signature);
	bb_mac(mac, mac_key, writer->bytes, (size_t)(mac - writer->bytes));
	return writer->offset;
}

static void
write_order(struct bb_writer *writer, const struct bb_wire_order *order)
{
	bb_write_u64(writer, order->order_id);
	bb_write_u32(writer, order->product);
	bb_write_u8(writer, order->action);
	bb_write_u8(writer, order->side);
	bb_write_u8(writer, order->type);
	bb_write_u8(writer, order->source);
	bb_write_u32(writer, (uint32_t)order->price);
	bb_write_u32(writer, order->quantity_wh);
	bb_write_u32(writer, order->shown_wh);
	bb_write_u16(writer, order->accept_sources);
	bb_write_u16(writer, order->prefer_sources);
}

size_t
bb_packet_encode_orders(uint8_t *bytes, const struct bb_packet *header,
			const struct bb_wire_order *orders, uint32_t order_count,
			const struct bb_identity *identity,
			const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	struct bb_writer writer = start(bytes, header, BB_PACKET_BIDS, order_count);

	BB_ASSERT(order_count >= 1);
	for (uint32_t i = 0; i < order_count; i++)
		write_order(&writer, &orders[i]);
	return finish(&writer, identity, mac_key);
}

static void
write_member(struct bb_writer *writer, const struct bb_wire_member *member)
{
	bb_write_u8(writer, member->zone);
	bb_write_u16(writer, member->roles);
	bb_write_u32(writer, member->participant);
	bb_write_u32(writer, member->orders_max);
	bb_write_u32(writer, member->packets_per_s);
	bb_write_u32(writer, member->burst);
	bb_write_zeros(writer, 12);
	bb_write_bytes(writer, member->key, BB_KEY_SIZE);
}

static void
write_product(struct bb_writer *writer, const struct bb_wire_product *product)
{
	bb_write_zeros(writer, 3);
	bb_write_u32(writer, product->product);
	bb_write_u32(writer, (uint32_t)product->price_min);
	bb_write_u32(writer, (uint32_t)product->price_max);
	bb_write_u32(writer, product->tick);
	bb_write_u32(writer, product->lot_wh);
	bb_write_u32(writer, product->quantity_max_wh);
	bb_write_zeros(writer, 4);
}

size_t
bb_packet_encode_operation(uint8_t *bytes, const struct bb_packet *header,
			   const struct bb_wire_operation *operation,
			   const struct bb_identity *identity,
			   const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	const uint32_t count = operation->op == BB_WIRE_MEMBER_ADD ? 2 : 1;
	struct bb_writer writer = start(bytes, header, BB_PACKET_OPERATOR, count);

	bb_write_u8(&writer, operation->op);
	if (operation->op == BB_WIRE_MEMBER_ADD) {
		write_member(&writer, &operation->member);
	} else if (operation->op == BB_WIRE_MEMBER_REVOKE) {
		bb_write_zeros(&writer, 3);
		bb_write_u32(&writer, operation->member.participant);
		bb_write_zeros(&writer, 24);
	} else if (operation->op == BB_WIRE_PRODUCT_ADD) {
		write_product(&writer, &operation->product);
	} else {
		bb_write_zeros(&writer, 31);
	}
	return finish(&writer, identity, mac_key);
}

size_t
bb_packet_encode_query(uint8_t *bytes, const struct bb_packet *header,
		       const struct bb_identity *identity,
		       const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	struct bb_writer writer = start(bytes, header, BB_PACKET_QUERY, 0);
	return finish(&writer, identity, mac_key);
}
