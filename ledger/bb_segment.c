#include "ledger/bb_segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "base/bb_limits.h"

#define HASH_AT (BB_SEGMENT_HEADER_SIZE - BB_HASH_SIZE)

_Static_assert(BB_WATERMARK_SIZE == BB_SEGMENT_HEADER_SIZE, "both are pages with their hash");

/* Magic, header size and algorithms: what no segment of this version has otherwise. */
static const uint8_t start[16] = { 'B', 'B', 'S', 'E', 'G', 'v', '1', 0, 0, 0x10, 0, 0, 1 };
static const uint8_t watermark_magic[8] = "BBWMKv1";

void
bb_segment_name(char name[BB_SEGMENT_NAME_SIZE], uint64_t index)
{
	(void)snprintf(name, BB_SEGMENT_NAME_SIZE, "seg-%016" PRIx64, index);
}

bool
bb_segment_name_read(const char *name, uint64_t *index)
{
	char again[BB_SEGMENT_NAME_SIZE];
	uint64_t value = 0;

	if (strlen(name) != BB_SEGMENT_NAME_SIZE - 1)
		return false;
	for (const char *at = name + 4; *at != '\0'; at++)
		value = value << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	/* Whatever that made of other characters, it does not come out the same. */
	bb_segment_name(again, value);
	*index = value;
	return strcmp(name, again) == 0;
}

bool
bb_segment_size_valid(uint64_t size)
{
	return size >= BB_SEGMENT_SIZE_MIN && size <= BB_SEGMENT_SIZE_MAX && size % 4096 == 0;
}

/* Ends a page: zeros up to its hash, then the hash. */
static void
write_page_end(struct bb_writer *writer)
{
	bb_write_zeros(writer, HASH_AT - writer->offset);
	const struct bb_hash hash = bb_hash_of(writer->bytes, HASH_AT);
	bb_write_bytes(writer, hash.bytes, BB_HASH_SIZE);
	BB_ASSERT(!writer->failed && writer->offset == BB_SEGMENT_HEADER_SIZE);
}

/* Checks the end of a page whose fields have been read. */
static enum bb_result
check_page_end(struct bb_reader *reader)
{
	const struct bb_hash hash = bb_hash_of(reader->bytes, HASH_AT);

	if (memcmp(reader->bytes + HASH_AT, hash.bytes, BB_HASH_SIZE) != 0)
		return BB_ERR_HASH;
	bb_read_zeros(reader, HASH_AT - reader->offset);
	return reader->failed ? BB_ERR_RESERVED : BB_OK;
}

void
bb_segment_encode(uint8_t bytes[BB_SEGMENT_BLOCKS], const struct bb_segment *segment)
{
	struct bb_writer writer = bb_writer(bytes, BB_SEGMENT_HEADER_SIZE);

	bb_write_bytes(&writer, start, sizeof(start));
	bb_write_u64(&writer, segment->index);
	bb_write_u64(&writer, segment->size);
	bb_write_bytes(&writer, segment->nonce, sizeof(segment->nonce));
	bb_write_u64(&writer, segment->first_height);
	bb_write_u64(&writer, segment->created_ns);
	bb_write_bytes(&writer, segment->ledger_id.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, segment->previous.bytes, BB_HASH_SIZE);
	bb_write_u64(&writer, segment->epoch);
	bb_write_bytes(&writer, segment->signer_key, BB_KEY_SIZE);
	write_page_end(&writer);
	memcpy(bytes + BB_SEGMENT_HEADER_SIZE, bytes, BB_SEGMENT_HEADER_SIZE);
}

enum bb_result
bb_segment_decode(struct bb_segment *segment, const uint8_t bytes[BB_SEGMENT_HEADER_SIZE])
{
	struct bb_reader reader = bb_reader(bytes, BB_SEGMENT_HEADER_SIZE);
	uint8_t seen[16];

	bb_read_bytes(&reader, seen, sizeof(seen));
	segment->index = bb_read_u64(&reader);
	segment->size = bb_read_u64(&reader);
	bb_read_bytes(&reader, segment->nonce, sizeof(segment->nonce));
	segment->first_height = bb_read_u64(&reader);
	segment->created_ns = bb_read_u64(&reader);
	bb_read_bytes(&reader, segment->ledger_id.bytes, BB_HASH_SIZE);
	bb_read_bytes(&reader, segment->previous.bytes, BB_HASH_SIZE);
	segment->epoch = bb_read_u64(&reader);
	bb_read_bytes(&reader, segment->signer_key, BB_KEY_SIZE);
	if (memcmp(seen, start, sizeof(start)) != 0)
		return BB_ERR_FORMAT;

	const enum bb_result result = check_page_end(&reader);
	if (result != BB_OK)
		return result;
	return bb_segment_size_valid(segment->size) ? BB_OK : BB_ERR_FORMAT;
}

enum bb_result
bb_segment_read(struct bb_segment *segment, const uint8_t bytes[BB_SEGMENT_BLOCKS],
		uint32_t *damaged)
{
	const uint8_t *copy = bytes + BB_SEGMENT_HEADER_SIZE;
	struct bb_segment second;
	const enum bb_result first_result = bb_segment_decode(segment, bytes);
	const enum bb_result second_result = bb_segment_decode(&second, copy);

	*damaged = (first_result != BB_OK ? 1u : 0) | (second_result != BB_OK ? 2u : 0);
	if (*damaged == 0 && memcmp(bytes, copy, BB_SEGMENT_HEADER_SIZE) != 0)
		*damaged = 3;
	if (first_result == BB_OK)
		return *damaged == 3 ? BB_ERR_HASH : BB_OK;
	*segment = second;
	return second_result == BB_OK ? BB_OK : first_result;
}

void
bb_watermark_encode(uint8_t bytes[BB_WATERMARK_SIZE], const struct bb_watermark *watermark)
{
	struct bb_writer writer = bb_writer(bytes, BB_WATERMARK_SIZE);

	bb_write_bytes(&writer, watermark_magic, sizeof(watermark_magic));
	bb_write_u64(&writer, watermark->count);
	bb_write_u64(&writer, watermark->height);
	bb_write_u64(&writer, watermark->epoch);
	bb_write_bytes(&writer, watermark->block_hash.bytes, BB_HASH_SIZE);
	bb_write_u64(&writer, watermark->segment);
	bb_write_u64(&writer, watermark->offset);
	bb_write_bytes(&writer, watermark->ledger_id.bytes, BB_HASH_SIZE);
	write_page_end(&writer);
}

static enum bb_result
decode_slot(struct bb_watermark *watermark, const uint8_t bytes[BB_WATERMARK_SIZE])
{
	struct bb_reader reader = bb_reader(bytes, BB_WATERMARK_SIZE);
	uint8_t seen[8];

	bb_read_bytes(&reader, seen, sizeof(seen));
	watermark->count = bb_read_u64(&reader);
	watermark->height = bb_read_u64(&reader);
	watermark->epoch = bb_read_u64(&reader);
	bb_read_bytes(&reader, watermark->block_hash.bytes, BB_HASH_SIZE);
	watermark->segment = bb_read_u64(&reader);
	watermark->offset = bb_read_u64(&reader);
	bb_read_bytes(&reader, watermark->ledger_id.bytes, BB_HASH_SIZE);
	if (memcmp(seen, watermark_magic, sizeof(watermark_magic)) != 0)
		return BB_ERR_FORMAT;
	return check_page_end(&reader);
}

enum bb_result
bb_watermark_read(struct bb_watermark *watermark, const uint8_t *bytes, uint64_t size)
{
	bool found = false;

	for (uint64_t at = 0; at + BB_WATERMARK_SIZE <= size; at += BB_WATERMARK_SIZE) {
		struct bb_watermark slot;

		if (decode_slot(&slot, bytes + at) != BB_OK ||
		    (found && slot.count < watermark->count))
			continue;
		*watermark = slot;
		found = true;
	}
	return found && size == 2 * BB_WATERMARK_SIZE ? BB_OK : BB_ERR_FORMAT;
}
