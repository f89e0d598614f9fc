#include "wire/bb_packet.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

_Static_assert(BB_OPERATION_SIZE_MAX == 2 * BB_PACKET_RECORD_SIZE, "two records");

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

enum bb_result
bb_packet_meter(const uint8_t *bytes, uint32_t index, struct bb_wire_meter *meter)
{
	const uint8_t *at = bytes + BB_PACKET_HEADER_SIZE + index * BB_PACKET_RECORD_SIZE;

	*meter = (struct bb_wire_meter){
		.injected_wh = (int64_t)bb_get_u64(at),
		.participant = bb_get_u32(at + 8),
		.product = bb_get_u32(at + 12),
		.quality = at[16],
		.correction = at[17],
	};
	return at[16] <= 1 && at[17] <= 1 && bb_is_zero(at + 18, 14) ? BB_OK : BB_ERR_RECORD;
}

enum bb_result
bb_packet_operation(const uint8_t *bytes, uint32_t record_count,
		    struct bb_wire_operation *operation)
{
	return bb_operation_decode(bytes + BB_PACKET_HEADER_SIZE, record_count, operation);
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
write_meter(struct bb_writer *writer, const struct bb_wire_meter *meter)
{
	bb_write_u64(writer, (uint64_t)meter->injected_wh);
	bb_write_u32(writer, meter->participant);
	bb_write_u32(writer, meter->product);
	bb_write_u8(writer, meter->quality);
	bb_write_u8(writer, meter->correction);
	bb_write_zeros(writer, 14);
}

size_t
bb_packet_encode_meters(uint8_t *bytes, const struct bb_packet *header,
			const struct bb_wire_meter *meters, uint32_t meter_count,
			const struct bb_identity *identity,
			const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	struct bb_writer writer = start(bytes, header, BB_PACKET_METER, meter_count);

	BB_ASSERT(meter_count >= 1);
	for (uint32_t i = 0; i < meter_count; i++)
		write_meter(&writer, &meters[i]);
	return finish(&writer, identity, mac_key);
}

size_t
bb_packet_encode_operation(uint8_t *bytes, const struct bb_packet *header,
			   const struct bb_wire_operation *operation,
			   const struct bb_identity *identity,
			   const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	uint8_t records[BB_OPERATION_SIZE_MAX];
	const uint32_t count = bb_operation_encode(records, operation);
	struct bb_writer writer = start(bytes, header, BB_PACKET_OPERATOR, count);

	bb_write_bytes(&writer, records, count * BB_PACKET_RECORD_SIZE);
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
