#include "wire/bb_mold.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

/* MoldUDP64 is big-endian; everything inside its messages is ours, little-endian. */
static void
put_big_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t
get_big_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void
bb_mold_session(uint8_t session[10], uint32_t venue)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < 8; i++)
		session[i] = (uint8_t)digits[venue >> (28 - 4 * i) & 15];
	session[8] = session[9] = ' ';
}

void
bb_mold_start(struct bb_mold_writer *writer, uint8_t *bytes, const uint8_t session[10],
	      uint64_t sequence)
{
	*writer = (struct bb_mold_writer){ .bytes = bytes, .size = BB_MOLD_HEADER_SIZE };
	memcpy(writer->header.session, session, sizeof(writer->header.session));
	writer->header.sequence = sequence;
}

bool
bb_mold_add(struct bb_mold_writer *writer, const uint8_t *message, uint16_t size)
{
	if (size + 2u > BB_MOLD_PACKET_MAX - writer->size)
		return false;
	put_big_u16(writer->bytes + writer->size, size);
	memcpy(writer->bytes + writer->size + 2, message, size);
	writer->size += size + 2u;
	writer->header.count++;
	return true;
}

size_t
bb_mold_end(struct bb_mold_writer *writer)
{
	memcpy(writer->bytes, writer->header.session, 10);
	for (uint32_t i = 0; i < 8; i++)
		writer->bytes[10 + i] = (uint8_t)(writer->header.sequence >> (56 - 8 * i));
	put_big_u16(writer->bytes + 18, writer->header.count);
	return writer->size;
}

enum bb_result
bb_mold_decode(const uint8_t *bytes, size_t size, struct bb_mold *mold)
{
	size_t offset = BB_MOLD_HEADER_SIZE;

	if (size < BB_MOLD_HEADER_SIZE)
		return BB_ERR_LENGTH;
	memcpy(mold->session, bytes, sizeof(mold->session));
	mold->sequence = 0;
	for (uint32_t i = 0; i < 8; i++)
		mold->sequence = mold->sequence << 8 | bytes[10 + i];
	mold->count = get_big_u16(bytes + 18);
	if (mold->count == BB_MOLD_END)
		return size == offset ? BB_OK : BB_ERR_LENGTH;
	for (uint32_t i = 0; i < mold->count; i++) {
		if (size - offset < 2)
			return BB_ERR_LENGTH;
		const uint16_t length = get_big_u16(bytes + offset);
		if (size - offset - 2 < length)
			return BB_ERR_LENGTH;
		offset += 2u + length;
	}
	return offset == size ? BB_OK : BB_ERR_LENGTH;
}

const uint8_t *
bb_mold_next(const uint8_t *bytes, size_t size, size_t *offset, uint16_t *message_size)
{
	if (*offset >= size)
		return NULL;
	BB_ASSERT(size - *offset >= 2);
	const uint8_t *message = bytes + *offset + 2;
	*message_size = get_big_u16(bytes + *offset);
	*offset += 2u + *message_size;
	return message;
}

static void
write_body(struct bb_writer *writer, const struct bb_feed *feed)
{
	switch (feed->type) {
	case BB_FEED_ADDED:
		bb_write_u64(writer, feed->number);
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u16(writer, feed->record);
		bb_write_zeros(writer, 6);
		break;
	case BB_FEED_REDUCED:
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u32(writer, feed->remaining_wh);
		bb_write_zeros(writer, 12);
		break;
	case BB_FEED_TRADE:
		bb_write_u64(writer, feed->number);
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u64(writer, feed->time_ns);
		break;
	case BB_FEED_PRODUCT:
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u32(writer, (uint32_t)feed->price_max);
		bb_write_u32(writer, feed->remaining_wh);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_zeros(writer, 8);
		break;
	case BB_FEED_STATE:
		bb_write_u64(writer, feed->number);
		bb_write_u8(writer, feed->from);
		bb_write_u8(writer, feed->to);
		bb_write_u16(writer, feed->record);
		bb_write_zeros(writer, 4);
		bb_write_u64(writer, feed->time_ns);
		break;
	case BB_FEED_PRICE:
		bb_write_u64(writer, feed->number);
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u32(writer, feed->remaining_wh);
		bb_write_u32(writer, (uint32_t)feed->price_min);
		bb_write_u32(writer, (uint32_t)feed->price_max);
		bb_write_zeros(writer, 4);
		break;
	case BB_FEED_FLOW:
		bb_write_u64(writer, feed->number);
		bb_write_u32(writer, feed->line);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_zeros(writer, 4);
		break;
	case BB_FEED_CARRIED:
		bb_write_u64(writer, feed->number);
		bb_write_u64(writer, feed->lines);
		bb_write_u32(writer, feed->quantity_wh);
		bb_write_u32(writer, (uint32_t)feed->price);
		bb_write_u8(writer, feed->from);
		bb_write_u8(writer, feed->to);
		bb_write_zeros(writer, 6);
		break;
	default: /* BB_FEED_BLOCK */
		bb_write_u64(writer, feed->height);
		bb_write_u64(writer, feed->time_ns);
		bb_write_bytes(writer, feed->block_hash, sizeof(feed->block_hash));
		bb_write_bytes(writer, feed->state_root, sizeof(feed->state_root));
		break;
	}
}

uint16_t
bb_feed_encode(uint8_t *bytes, const struct bb_feed *feed)
{
	struct bb_writer writer = bb_writer(bytes, BB_FEED_MESSAGE_MAX);

	bb_write_u8(&writer, feed->type);
	bb_write_u8(&writer, feed->side);
	bb_write_zeros(&writer, 2);
	bb_write_u32(&writer, feed->product); /* zero for a block */
	write_body(&writer, feed);
	BB_ASSERT(!writer.failed);
	return (uint16_t)writer.offset;
}

static void
read_body(struct bb_reader *reader, struct bb_feed *feed)
{
	switch (feed->type) {
	case BB_FEED_ADDED:
		feed->number = bb_read_u64(reader);
		feed->price = (int32_t)bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->record = bb_read_u16(reader);
		bb_read_zeros(reader, 6);
		break;
	case BB_FEED_REDUCED:
		feed->price = (int32_t)bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->remaining_wh = bb_read_u32(reader);
		bb_read_zeros(reader, 12);
		break;
	case BB_FEED_TRADE:
		feed->number = bb_read_u64(reader);
		feed->price = (int32_t)bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->time_ns = bb_read_u64(reader);
		break;
	case BB_FEED_PRODUCT:
		feed->price = (int32_t)bb_read_u32(reader);
		feed->price_max = (int32_t)bb_read_u32(reader);
		feed->remaining_wh = bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		bb_read_zeros(reader, 8);
		break;
	case BB_FEED_STATE:
		feed->number = bb_read_u64(reader);
		feed->from = bb_read_u8(reader);
		feed->to = bb_read_u8(reader);
		feed->record = bb_read_u16(reader);
		bb_read_zeros(reader, 4);
		feed->time_ns = bb_read_u64(reader);
		break;
	case BB_FEED_PRICE:
		feed->number = bb_read_u64(reader);
		feed->price = (int32_t)bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->remaining_wh = bb_read_u32(reader);
		feed->price_min = (int32_t)bb_read_u32(reader);
		feed->price_max = (int32_t)bb_read_u32(reader);
		bb_read_zeros(reader, 4);
		break;
	case BB_FEED_FLOW:
		feed->number = bb_read_u64(reader);
		feed->line = bb_read_u32(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->price = (int32_t)bb_read_u32(reader);
		bb_read_zeros(reader, 4);
		break;
	case BB_FEED_CARRIED:
		feed->number = bb_read_u64(reader);
		feed->lines = bb_read_u64(reader);
		feed->quantity_wh = bb_read_u32(reader);
		feed->price = (int32_t)bb_read_u32(reader);
		feed->from = bb_read_u8(reader);
		feed->to = bb_read_u8(reader);
		bb_read_zeros(reader, 6);
		break;
	case BB_FEED_BLOCK:
		feed->height = bb_read_u64(reader);
		feed->time_ns = bb_read_u64(reader);
		bb_read_bytes(reader, feed->block_hash, sizeof(feed->block_hash));
		bb_read_bytes(reader, feed->state_root, sizeof(feed->state_root));
		break;
	default:
		reader->failed = true;
		break;
	}
}

enum bb_result
bb_feed_decode(const uint8_t *bytes, size_t size, struct bb_feed *feed)
{
	struct bb_reader reader = bb_reader(bytes, size);

	memset(feed, 0, sizeof(*feed));
	feed->type = bb_read_u8(&reader);
	feed->side = bb_read_u8(&reader);
	bb_read_zeros(&reader, 2);
	feed->product = bb_read_u32(&reader);
	read_body(&reader, feed);
	const bool sided = feed->type != BB_FEED_PRODUCT && feed->type != BB_FEED_STATE &&
			   feed->type != BB_FEED_CARRIED && feed->type != BB_FEED_BLOCK;
	if (feed->side > (sided ? 1 : 0) || (feed->type == BB_FEED_BLOCK && feed->product != 0))
		return BB_ERR_FORMAT;
	return reader.failed || bb_reader_left(&reader) != 0 ? BB_ERR_FORMAT : BB_OK;
}
