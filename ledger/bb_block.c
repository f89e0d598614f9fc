#include "ledger/bb_block.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "ledger/bb_crc32c.h"
#include "ledger/bb_roots.h"
#include "ledger/bb_sectors.h"

#define HASHED_SIZE    264u /* of the header, by the block hash */
#define SIGNATURE_AT   264u
#define CRC_AT         504u
#define HEADER_END     UINT32_C(0x5a5aa5a5)
#define BODY_AT        BB_BLOCK_HEADER_SIZE
#define TRAILER_AT(total) ((total) - BB_BLOCK_TRAILER_SIZE)

static const uint8_t magic[8] = "BBBLKv2";
static const uint8_t end_magic[8] = "BBENDv2";
static const char hash_label[16] = "busbar-block-v2";

void
bb_block_open(struct bb_block_builder *builder, uint8_t *bytes, uint64_t size)
{
	BB_ASSERT(size >= BB_BLOCK_ALIGN);
	*builder = (struct bb_block_builder){ .bytes = bytes, .size = size, .used = BODY_AT };
}

/* Starts a record of size bytes and returns where they go; the padding is zeroed. */
static uint8_t *
add_record(struct bb_block_builder *builder, enum bb_record_type type, uint32_t size)
{
	uint8_t *at = builder->bytes + builder->used;
	const uint32_t record_size = bb_record_size(size);

	BB_ASSERT(bb_block_total(builder->used - BODY_AT + record_size) <= builder->size);
	bb_put_u32(at, size);
	bb_put_u16(at + 4, (uint16_t)type);
	bb_put_u16(at + 6, 0);
	memset(at + BB_RECORD_HEADER_SIZE + size, 0, record_size - BB_RECORD_HEADER_SIZE - size);
	builder->used += record_size;
	return at + BB_RECORD_HEADER_SIZE;
}

uint64_t
bb_block_add_input(struct bb_block_builder *builder, enum bb_record_type type, uint64_t number,
		   uint64_t time_ns, const uint8_t *bytes, uint32_t size)
{
	const uint64_t offset = builder->used;

	BB_ASSERT(builder->result_count == 0);
	uint8_t *at = add_record(builder, type, BB_INPUT_PREFIX_SIZE + size);
	bb_put_u64(at, number);
	bb_put_u64(at + 8, time_ns);
	if (size > 0)
		memcpy(at + BB_INPUT_PREFIX_SIZE, bytes, size);
	if (builder->input_count++ == 0)
		builder->first_time_ns = time_ns;
	builder->last_time_ns = time_ns;
	return offset;
}

void
bb_block_add_event(struct bb_block_builder *builder, const struct bb_event *event)
{
	bb_event_encode(add_record(builder, BB_RECORD_EVENT, BB_EVENT_BYTES), event);
	builder->result_count++;
}

static struct bb_hash
hash_header(const uint8_t *sector)
{
	struct bb_hasher hasher;

	bb_hash_start(&hasher);
	bb_hash_add(&hasher, hash_label, sizeof(hash_label));
	bb_hash_add(&hasher, sector, HASHED_SIZE);
	return bb_hash_end(&hasher);
}

static void
encode_hashed(uint8_t *sector, const struct bb_block_header *header)
{
	struct bb_writer writer = bb_writer(sector, HASHED_SIZE);

	bb_write_bytes(&writer, magic, sizeof(magic));
	bb_write_u64(&writer, header->height);
	bb_write_u64(&writer, header->epoch);
	bb_write_bytes(&writer, header->nonce, sizeof(header->nonce));
	bb_write_u64(&writer, header->total_size);
	bb_write_u64(&writer, header->body_size);
	bb_write_u32(&writer, header->input_count);
	bb_write_u32(&writer, header->result_count);
	bb_write_u64(&writer, header->durable_height);
	bb_write_u64(&writer, header->first_time_ns);
	bb_write_u64(&writer, header->sealed_ns);
	bb_write_bytes(&writer, header->previous.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, header->inputs_root.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, header->results_root.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, header->state_root.bytes, BB_HASH_SIZE);
	bb_write_u64(&writer, header->log_size);
	bb_write_bytes(&writer, header->log_root.bytes, BB_HASH_SIZE);
	bb_write_u64(&writer, header->zero_sectors);
	BB_ASSERT(!writer.failed && writer.offset == HASHED_SIZE);
}

static void
encode_trailer(uint8_t *at, const struct bb_block_header *header, const struct bb_hash *hash)
{
	memcpy(at, end_magic, sizeof(end_magic));
	bb_put_u64(at + 8, header->height);
	memcpy(at + 16, header->nonce, sizeof(header->nonce));
	memcpy(at + 32, hash->bytes, BB_HASH_SIZE);
}

void
bb_block_measure(const struct bb_block_builder *builder, struct bb_block_header *header)
{
	header->body_size = builder->used - BODY_AT;
	header->total_size = bb_block_total(header->body_size);
	header->input_count = builder->input_count;
	header->result_count = builder->result_count;
	header->first_time_ns = builder->first_time_ns;
}

/* The first and the last sector are left out: header and trailer are never zeros. */
static uint64_t
zero_sectors(const uint8_t *bytes, uint64_t total_size)
{
	return bb_sectors_zero(bytes + BB_SECTOR_SIZE, total_size - 2 * BB_SECTOR_SIZE);
}

void
bb_block_frame(struct bb_block_builder *builder, const struct bb_block_header *header,
	       struct bb_block *block)
{
	uint8_t *bytes = builder->bytes;

	BB_ASSERT(header->total_size <= builder->size &&
		  header->body_size == builder->used - BODY_AT);
	memset(bytes + builder->used, 0, TRAILER_AT(header->total_size) - builder->used);
	*block = (struct bb_block){ .bytes = bytes, .header = *header };
	block->header.zero_sectors = zero_sectors(bytes, header->total_size);
	memset(bytes, 0, BB_BLOCK_HEADER_SIZE);
	encode_hashed(bytes, &block->header);
	block->hash = hash_header(bytes);
	encode_trailer(bytes + TRAILER_AT(header->total_size), header, &block->hash);
}

void
bb_block_sign(struct bb_block *block, uint8_t *bytes, const struct bb_identity *signer)
{
	const struct bb_hash hash = hash_header(bytes);

	BB_ASSERT(bytes == block->bytes && memcmp(&hash, &block->hash, sizeof(hash)) == 0);
	BB_ASSERT(zero_sectors(bytes, block->header.total_size) == block->header.zero_sectors);
	bb_sign(signer, hash.bytes, BB_HASH_SIZE, block->header.signature);
	memcpy(bytes + SIGNATURE_AT, block->header.signature, BB_SIGNATURE_SIZE);
	bb_put_u32(bytes + CRC_AT, bb_crc32c(bytes, CRC_AT));
	bb_put_u32(bytes + CRC_AT + 4, HEADER_END);
}

void
bb_block_seal(struct bb_block_builder *builder, const struct bb_block_header *header,
	      const struct bb_identity *signer, struct bb_block *block)
{
	bb_block_frame(builder, header, block);
	bb_block_sign(block, builder->bytes, signer);
}

/* A heartbeat has neither inputs nor results; nothing else is without inputs. */
static bool
sizes_valid(const struct bb_block_header *header)
{
	const uint64_t results_size = (uint64_t)header->result_count * BB_RESULT_SIZE;

	if (header->input_count == 0 && (header->body_size != 0 || header->result_count != 0))
		return false;
	return header->total_size <= BB_BLOCK_SIZE_MAX && header->body_size <= BB_BLOCK_SIZE_MAX &&
	       header->total_size == bb_block_total(header->body_size) &&
	       (header->input_count == 0 || results_size < header->body_size) &&
	       header->body_size % 8 == 0;
}

enum bb_result
bb_block_header_decode(struct bb_block_header *header, const uint8_t sector[BB_BLOCK_HEADER_SIZE])
{
	struct bb_reader reader = bb_reader(sector, BB_BLOCK_HEADER_SIZE);
	uint8_t seen[8];

	bb_read_bytes(&reader, seen, sizeof(seen));
	header->height = bb_read_u64(&reader);
	header->epoch = bb_read_u64(&reader);
	bb_read_bytes(&reader, header->nonce, sizeof(header->nonce));
	header->total_size = bb_read_u64(&reader);
	header->body_size = bb_read_u64(&reader);
	header->input_count = bb_read_u32(&reader);
	header->result_count = bb_read_u32(&reader);
	header->durable_height = bb_read_u64(&reader);
	header->first_time_ns = bb_read_u64(&reader);
	header->sealed_ns = bb_read_u64(&reader);
	bb_read_bytes(&reader, header->previous.bytes, BB_HASH_SIZE);
	bb_read_bytes(&reader, header->inputs_root.bytes, BB_HASH_SIZE);
	bb_read_bytes(&reader, header->results_root.bytes, BB_HASH_SIZE);
	bb_read_bytes(&reader, header->state_root.bytes, BB_HASH_SIZE);
	header->log_size = bb_read_u64(&reader);
	bb_read_bytes(&reader, header->log_root.bytes, BB_HASH_SIZE);
	header->zero_sectors = bb_read_u64(&reader);
	bb_read_bytes(&reader, header->signature, BB_SIGNATURE_SIZE);

	if (memcmp(seen, magic, sizeof(magic)) != 0 ||
	    bb_get_u32(sector + CRC_AT + 4) != HEADER_END)
		return BB_ERR_FORMAT;
	if (bb_crc32c(sector, CRC_AT) != bb_get_u32(sector + CRC_AT))
		return BB_ERR_HASH;
	if (!bb_is_zero(sector + reader.offset, CRC_AT - reader.offset))
		return BB_ERR_RESERVED;
	return sizes_valid(header) ? BB_OK : BB_ERR_LENGTH;
}

enum bb_result
bb_block_view_header(struct bb_block *block, const uint8_t sector[BB_BLOCK_HEADER_SIZE])
{
	uint8_t copy[BB_BLOCK_HEADER_SIZE];

	/* A live venue may be writing it: what is decoded must be what is hashed. */
	memcpy(copy, sector, sizeof(copy));
	const enum bb_result result = bb_block_header_decode(&block->header, copy);
	if (result != BB_OK)
		return result;
	block->bytes = sector;
	block->hash = hash_header(copy);
	return BB_OK;
}

enum bb_result
bb_block_view_frame(struct bb_block *block, const uint8_t *bytes, uint64_t size,
		    const char **what)
{
	const struct bb_block_header *header = &block->header;
	uint8_t trailer[BB_BLOCK_TRAILER_SIZE];

	*what = "header";
	const enum bb_result result = bb_block_view_header(block, bytes);
	if (result != BB_OK)
		return result;
	*what = "end of the block";
	if (header->total_size > size)
		return BB_ERR_TRUNCATED;
	const uint64_t trailer_at = TRAILER_AT(header->total_size);
	const uint64_t body_end = BODY_AT + header->body_size;

	*what = "trailer";
	encode_trailer(trailer, header, &block->hash);
	if (memcmp(bytes + trailer_at, trailer, sizeof(trailer)) != 0)
		return BB_ERR_FORMAT;
	*what = "padding";
	if (!bb_is_zero(bytes + body_end, trailer_at - body_end))
		return BB_ERR_RESERVED;
	*what = "sectors of zeros";
	return zero_sectors(bytes, header->total_size) == header->zero_sectors ? BB_OK :
										 BB_ERR_HASH;
}

enum bb_result
bb_block_view(struct bb_block *block, const uint8_t *bytes, uint64_t size, const char **what)
{
	struct bb_roots roots;
	const enum bb_result result = bb_block_view_frame(block, bytes, size, what);

	if (result != BB_OK)
		return result;
	bb_roots_start(&roots, bytes + BODY_AT, &block->header);
	while (bb_roots_next(&roots) > 0)
		;
	return bb_roots_check(&roots, &block->header, what);
}

bool
bb_block_signed(const struct bb_block *block, const uint8_t key[BB_KEY_SIZE])
{
	return bb_sign_check(key, block->hash.bytes, BB_HASH_SIZE, block->header.signature);
}

struct bb_block_cursor
bb_block_walk(const uint8_t *body, uint64_t body_size, uint32_t input_count,
	      uint32_t result_count)
{
	const uint64_t results_size = (uint64_t)result_count * BB_RESULT_SIZE;

	if (results_size > body_size)
		return (struct bb_block_cursor){ .failed = true };
	const uint8_t *results = body + (body_size - results_size);
	return (struct bb_block_cursor){ .next = body,
					 .inputs_end = results,
					 .results = results,
					 .inputs_left = input_count,
					 .results_left = result_count };
}

/* Reads the record that lies before end. */
static bool
read_input(const uint8_t *record, const uint8_t *end, struct bb_block_input *input)
{
	const uint64_t room = (uint64_t)(end - record);

	if (room < BB_RECORD_HEADER_SIZE + BB_INPUT_PREFIX_SIZE)
		return false;
	const uint32_t size = bb_get_u32(record);
	if (size < BB_INPUT_PREFIX_SIZE ||
	    size > BB_INPUT_RECORD_MAX - BB_RECORD_HEADER_SIZE || bb_record_size(size) > room)
		return false;
	input->type = bb_get_u16(record + 4);
	input->record = record;
	input->record_size = bb_record_size(size);
	input->number = bb_get_u64(record + 8);
	input->time_ns = bb_get_u64(record + 16);
	input->bytes = record + BB_RECORD_HEADER_SIZE + BB_INPUT_PREFIX_SIZE;
	input->size = size - BB_INPUT_PREFIX_SIZE;
	return input->type >= BB_RECORD_PACKET && input->type <= BB_RECORD_TICK &&
	       bb_get_u16(record + 6) == 0 &&
	       bb_is_zero(input->bytes + input->size,
			  input->record_size - BB_RECORD_HEADER_SIZE - size);
}

/* Counts the results at cursor->results that name number; only what the market decided about
 * has some. */
static bool
take_results(struct bb_block_cursor *cursor, struct bb_block_input *input)
{
	const uint8_t *at = cursor->results;
	uint32_t count = 0;

	while (count < cursor->results_left &&
	       bb_get_u64(at + BB_RECORD_HEADER_SIZE) == input->number) {
		if (bb_get_u32(at) != BB_EVENT_BYTES || bb_get_u16(at + 4) != BB_RECORD_EVENT ||
		    bb_get_u16(at + 6) != 0)
			return false;
		at += BB_RESULT_SIZE;
		count++;
	}
	input->results = cursor->results;
	input->result_count = count;
	cursor->results = at;
	cursor->results_left -= count;
	return count == 0 || bb_record_is_decided(input->type);
}

bool
bb_block_next(struct bb_block_cursor *cursor, struct bb_block_input *input)
{
	if (cursor->failed)
		return false;
	if (cursor->inputs_left == 0) {
		/* Results must be used up, and no byte left between inputs and results. */
		cursor->failed = cursor->results_left != 0 || cursor->next != cursor->inputs_end;
		return false;
	}
	if (!read_input(cursor->next, cursor->inputs_end, input) || !take_results(cursor, input)) {
		cursor->failed = true;
		return false;
	}
	cursor->next = input->record + input->record_size;
	cursor->inputs_left--;
	return true;
}

/* Numbers of results never fall, so the first one above number ends an input's. */
static uint32_t
results_end(const uint8_t *results, uint32_t first, uint32_t end, uint64_t number)
{
	uint32_t low = first;
	uint32_t high = end;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const uint8_t *at = results + (uint64_t)middle * BB_RESULT_SIZE;

		if (bb_get_u64(at + BB_RECORD_HEADER_SIZE) <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
bb_block_seek(const struct bb_block_cursor *walk, const uint8_t *record, uint32_t event,
	      struct bb_block_input *input)
{
	if (walk->failed || record < walk->next || record > walk->inputs_end ||
	    event > walk->results_left || !read_input(record, walk->inputs_end, input))
		return false;
	input->results = walk->results + (uint64_t)event * BB_RESULT_SIZE;
	input->result_count =
		results_end(walk->results, event, walk->results_left, input->number) - event;
	return true;
}

bool
bb_block_event(const struct bb_block_input *input, uint32_t index, struct bb_event *event)
{
	BB_ASSERT(index < input->result_count);
	return bb_event_decode(event, input->results + (uint64_t)index * BB_RESULT_SIZE +
					      BB_RECORD_HEADER_SIZE);
}

bool
bb_block_input_sound(const struct bb_block_input *input)
{
	struct bb_event event;

	if (input->type == BB_RECORD_TICK && input->size != 0)
		return false;
	for (uint32_t i = 0; i < input->result_count; i++)
		if (!bb_block_event(input, i, &event))
			return false;
	return true;
}

void
bb_block_recovery_encode(uint8_t bytes[BB_RECOVERY_SIZE],
			 const struct bb_block_recovery *recovery)
{
	bb_put_u64(bytes, recovery->segment);
	bb_put_u64(bytes + 8, recovery->offset);
	bb_put_u64(bytes + 16, recovery->torn_bytes);
	bb_put_u64(bytes + 24, recovery->epoch_before);
}

bool
bb_block_recovery_decode(struct bb_block_recovery *recovery, const uint8_t *bytes, uint32_t size)
{
	if (size != BB_RECOVERY_SIZE)
		return false;
	recovery->segment = bb_get_u64(bytes);
	recovery->offset = bb_get_u64(bytes + 8);
	recovery->torn_bytes = bb_get_u64(bytes + 16);
	recovery->epoch_before = bb_get_u64(bytes + 24);
	return true;
}
