#include "wire/bb_report.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

static const uint8_t magic[4] = { 'B', 'B', 'R', '1' };

#define EVENT_SELL 0x80u

static void
write_record(struct bb_writer *writer, const struct bb_report_record *record)
{
	bb_write_u64(writer, record->order_id);
	bb_write_u32(writer, record->product);
	bb_write_u8(writer, (uint8_t)(record->event | (record->side != 0 ? EVENT_SELL : 0)));
	bb_write_u8(writer, record->record);
	bb_write_u16(writer, record->result);
	bb_write_u32(writer, (uint32_t)record->price);
	bb_write_u32(writer, record->quantity_wh);
	bb_write_u32(writer, record->remaining_wh);
	bb_write_u32(writer, record->counterparty);
}

size_t
bb_report_encode(uint8_t *bytes, const struct bb_report *report,
		 const struct bb_report_record *records,
		 const uint8_t mac_key[BB_MAC_KEY_SIZE])
{
	struct bb_writer writer = bb_writer(bytes, BB_REPORT_SIZE_MAX);

	BB_ASSERT(report->record_count <= BB_RECORDS_MAX);
	bb_write_bytes(&writer, magic, sizeof(magic));
	bb_write_u8(&writer, report->kind);
	bb_write_u8(&writer, report->record_count);
	bb_write_u16(&writer, report->part);
	bb_write_u32(&writer, report->participant);
	bb_write_u32(&writer, report->venue);
	bb_write_u64(&writer, report->sequence);
	bb_write_u64(&writer, report->height);
	bb_write_u64(&writer, report->number);
	bb_write_u64(&writer, report->time_ns);
	for (uint32_t i = 0; i < report->record_count; i++)
		write_record(&writer, &records[i]);

	uint8_t *mac = bb_write_span(&writer, BB_MAC_SIZE);
	BB_ASSERT(!writer.failed);
	bb_mac(mac, mac_key, bytes, (size_t)(mac - bytes));
	return writer.offset;
}

static struct bb_report_record
read_record(const uint8_t *at)
{
	return (struct bb_report_record){
		.order_id = bb_get_u64(at),
		.product = bb_get_u32(at + 8),
		.event = at[12] & (uint8_t)~EVENT_SELL,
		.side = (at[12] & EVENT_SELL) != 0,
		.record = at[13],
		.result = bb_get_u16(at + 14),
		.price = (int32_t)bb_get_u32(at + 16),
		.quantity_wh = bb_get_u32(at + 20),
		.remaining_wh = bb_get_u32(at + 24),
		.counterparty = bb_get_u32(at + 28),
	};
}

static bool
records_allowed(uint8_t kind, uint8_t count)
{
	const bool single = kind == BB_REPORT_REFUSAL || kind == BB_REPORT_STATUS;
	return single ? count == 1 : count <= BB_RECORDS_MAX;
}

enum bb_result
bb_report_decode(const uint8_t *bytes, size_t size, const uint8_t mac_key[BB_MAC_KEY_SIZE],
		 struct bb_report *report, struct bb_report_record *records)
{
	if (size < BB_REPORT_SIZE_MIN ||
	    size != BB_REPORT_SIZE_MIN + (size_t)bytes[5] * BB_REPORT_RECORD_SIZE)
		return BB_ERR_LENGTH;
	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		return BB_ERR_MAGIC;
	if (bytes[4] < BB_REPORT_ANSWER || bytes[4] > BB_REPORT_STATUS)
		return BB_ERR_KIND;
	if (!records_allowed(bytes[4], bytes[5]))
		return BB_ERR_RECORDS;
	if (!bb_mac_check(bytes + size - BB_MAC_SIZE, mac_key, bytes, size - BB_MAC_SIZE))
		return BB_ERR_MAC;
	*report = (struct bb_report){
		.kind = bytes[4],
		.record_count = bytes[5],
		.part = bb_get_u16(bytes + 6),
		.participant = bb_get_u32(bytes + 8),
		.venue = bb_get_u32(bytes + 12),
		.sequence = bb_get_u64(bytes + 16),
		.height = bb_get_u64(bytes + 24),
		.number = bb_get_u64(bytes + 32),
		.time_ns = bb_get_u64(bytes + 40),
	};
	for (uint32_t i = 0; i < report->record_count; i++)
		records[i] = read_record(bytes + BB_REPORT_HEADER_SIZE +
					 i * BB_REPORT_RECORD_SIZE);
	return BB_OK;
}
