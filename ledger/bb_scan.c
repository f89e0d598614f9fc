#include "ledger/bb_scan.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

void
bb_scan_start(struct bb_scan *scan, const struct bb_chain *chain)
{
	*scan = (struct bb_scan){ .chain = *chain, .what = "" };
}

/* Reads the head of a segment of size bytes. */
static enum bb_result
read_head(struct bb_scan *scan, struct bb_segment *segment, const uint8_t *bytes, uint64_t size,
	  uint32_t *damaged)
{
	*damaged = 3;
	scan->what = "segment size";
	if (size < BB_SEGMENT_BLOCKS)
		return BB_ERR_TRUNCATED;
	scan->what = "segment header";
	const enum bb_result result = bb_segment_read(segment, bytes, damaged);
	if (result == BB_OK && segment->size != size) {
		scan->what = "segment size, which is not what its head says";
		return size < segment->size ? BB_ERR_TRUNCATED : BB_ERR_FORMAT;
	}
	return result;
}

static void
enter(struct bb_scan *scan, const struct bb_segment *segment, const uint8_t *bytes, uint64_t size,
      uint64_t offset)
{
	scan->segment = *segment;
	scan->bytes = bytes;
	scan->size = size;
	scan->offset = offset;
}

enum bb_result
bb_scan_segment(struct bb_scan *scan, const uint8_t *bytes, uint64_t size, uint64_t index,
		uint32_t *damaged)
{
	struct bb_segment segment;
	enum bb_result result = read_head(scan, &segment, bytes, size, damaged);

	if (result == BB_OK)
		result = bb_chain_segment(&scan->chain, &segment, index);
	if (result == BB_OK)
		enter(scan, &segment, bytes, size, BB_SEGMENT_BLOCKS);
	return result;
}

/* What the segment's first block was is not known here; what must not differ is looked at. */
enum bb_result
bb_scan_resume(struct bb_scan *scan, const uint8_t *bytes, uint64_t size, uint64_t index,
	       uint64_t offset)
{
	const struct bb_chain *chain = &scan->chain;
	struct bb_segment segment;
	uint32_t damaged = 0;
	const enum bb_result result = read_head(scan, &segment, bytes, size, &damaged);

	if (result != BB_OK)
		return result;
	if (segment.index != index || segment.first_height >= chain->next_height ||
	    segment.epoch > chain->epoch || offset < BB_SEGMENT_BLOCKS || offset > size ||
	    memcmp(&segment.ledger_id, &chain->ledger_id, BB_HASH_SIZE) != 0 ||
	    memcmp(segment.signer_key, chain->signer_key, BB_KEY_SIZE) != 0)
		return BB_ERR_CHAIN;
	enter(scan, &segment, bytes, size, offset);
	return BB_OK;
}

uint64_t
bb_scan_tail(const struct bb_scan *scan)
{
	const uint8_t *from = scan->bytes + scan->offset;
	uint64_t size = scan->size - scan->offset;

	/* A page of zeros equals itself shifted by one byte; memcmp is the fastest look. */
	while (size >= BB_BLOCK_ALIGN) {
		const uint8_t *page = from + size - BB_BLOCK_ALIGN;

		if (page[0] != 0 || memcmp(page, page + 1, BB_BLOCK_ALIGN - 1) != 0)
			break;
		size -= BB_BLOCK_ALIGN;
	}
	while (size > 0 && from[size - 1] == 0)
		size--;
	return size;
}

/* Genesis is read after the head of its segment: now their agreement can be seen. */
static enum bb_result
check_genesis(struct bb_scan *scan)
{
	scan->what = "ledger id of the segment";
	if (memcmp(&scan->segment.ledger_id, &scan->chain.ledger_id, BB_HASH_SIZE) != 0 ||
	    memcmp(scan->segment.signer_key, scan->chain.signer_key, BB_KEY_SIZE) != 0)
		return BB_ERR_CHAIN;
	return BB_OK;
}

/* Views the block at `at`, in the copy if there is one: as much is copied as its header says,
 * and what the copied header says is judged by what was copied. */
static enum bb_result
view(struct bb_scan *scan, const uint8_t *at, uint64_t left, struct bb_block *block)
{
	struct bb_block_header header;
	uint64_t size = BB_BLOCK_HEADER_SIZE;

	if (scan->copy == NULL)
		return bb_block_view_frame(block, at, left, &scan->what);
	memcpy(scan->copy, at, size);
	if (bb_block_header_decode(&header, scan->copy) == BB_OK && header.total_size <= left) {
		memcpy(scan->copy + size, at + size, header.total_size - size);
		size = header.total_size;
	}
	return bb_block_view_frame(block, scan->copy, size, &scan->what);
}

enum bb_result
bb_scan_next(struct bb_scan *scan, struct bb_block *block)
{
	const uint64_t left = scan->size - scan->offset;
	const uint8_t *at = scan->bytes + scan->offset;

	BB_ASSERT(scan->bytes != NULL);
	if (left < BB_BLOCK_ALIGN)
		return BB_ERR_NOT_FOUND;
	if (bb_is_zero(at, BB_BLOCK_HEADER_SIZE)) {
		scan->what = "zeros behind the last block";
		return bb_scan_tail(scan) == 0 ? BB_ERR_NOT_FOUND : BB_ERR_RESERVED;
	}

	const struct bb_chain before = scan->chain;
	enum bb_result result = view(scan, at, left, block);
	if (result == BB_OK)
		result = bb_chain_accept(&scan->chain, block, scan->segment.nonce, &scan->what);
	if (result == BB_OK && before.next_height == 0)
		result = check_genesis(scan);
	if (result != BB_OK) {
		scan->chain = before;
		return result;
	}
	scan->offset += block->header.total_size;
	scan->what = "";
	return BB_OK;
}

enum bb_result
bb_scan_genesis(const uint8_t *bytes, uint64_t size, struct bb_genesis *genesis,
		const char **what)
{
	struct bb_chain chain;
	struct bb_scan scan;
	struct bb_block block;
	struct bb_block_input input;
	uint32_t damaged = 0;

	bb_chain_start(&chain);
	bb_scan_start(&scan, &chain);
	enum bb_result result = bb_scan_segment(&scan, bytes, size, 0, &damaged);
	if (result == BB_OK)
		result = bb_scan_next(&scan, &block);
	*what = scan.what;
	if (result != BB_OK)
		return result;
	*what = "signature of the genesis block";
	if (!bb_block_signed(&block, scan.chain.signer_key))
		return BB_ERR_BLOCK_SIGNATURE;
	struct bb_block_cursor cursor =
		bb_block_walk(block.bytes + BB_BLOCK_HEADER_SIZE, block.header.body_size,
			      block.header.input_count, block.header.result_count);
	/* The scan has seen it; but who writes to the file may have changed it since. */
	return bb_block_next(&cursor, &input)
		       ? bb_genesis_decode(genesis, input.bytes, input.size)
		       : BB_ERR_FORMAT;
}

bool
bb_scan_vouched(const struct bb_scan *scan)
{
	const uint64_t height = scan->chain.next_height;
	uint64_t offset = scan->offset + BB_BLOCK_ALIGN;

	for (; offset < scan->size; offset += BB_BLOCK_ALIGN) {
		const struct bb_block_header *header;
		struct bb_block block;

		/* Bytes of a participant may lie here, in the middle of a torn block; but
		 * only the venue can sign, and only for this segment's nonce. */
		if (bb_block_view_header(&block, scan->bytes + offset) != BB_OK)
			continue;
		header = &block.header;
		if (memcmp(header->nonce, scan->segment.nonce, sizeof(header->nonce)) == 0 &&
		    header->durable_height >= height && header->height > header->durable_height &&
		    bb_block_signed(&block, scan->segment.signer_key))
			return true;
	}
	return false;
}

enum bb_remains
bb_scan_remains(const struct bb_scan *scan)
{
	return bb_tail_remains(&scan->chain, scan->segment.nonce, scan->bytes + scan->offset,
			       scan->size - scan->offset);
}
