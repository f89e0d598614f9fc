#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_chain.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_ledger.h"
#include "ledger/bb_scan.h"
#include "ledger/bb_store.h"

/* What a new ledger begins with: the head of segment 0, genesis, the watermark. */
struct beginning {
	uint8_t bytes[BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN];
	uint8_t mark[2 * BB_WATERMARK_SIZE];
};

uint64_t
bb_ledger_segment_min(const struct bb_market_size *size)
{
	const uint64_t align = BB_BLOCK_ALIGN - 1;
	const uint64_t block = (bb_block_size_max(bb_market_events_max(size)) + align) & ~align;
	const uint64_t segment = BB_SEGMENT_BLOCKS + block;

	return segment > BB_SEGMENT_SIZE_MIN ? segment : BB_SEGMENT_SIZE_MIN;
}

static enum bb_result
check_arguments(const struct bb_genesis *genesis, const struct bb_identity *signer,
		uint64_t segment_size, char text[BB_LEDGER_TEXT])
{
	uint8_t bytes[BB_GENESIS_SIZE];
	struct bb_genesis again;

	bb_genesis_encode(bytes, genesis);
	if (bb_genesis_decode(&again, bytes, sizeof(bytes)) != BB_OK)
		return bb_ledger_say(text, BB_ERR_FORMAT,
				     "the name is not UTF-8 of at most 63 bytes, or a size of the "
				     "market is out of range");
	if (memcmp(genesis->signer_key, signer->public_key, BB_KEY_SIZE) != 0)
		return bb_ledger_say(text, BB_ERR_KEY, "genesis names another signer");
	if (!bb_segment_size_valid(segment_size) ||
	    segment_size < bb_ledger_segment_min(&genesis->size))
		return bb_ledger_say(text, BB_ERR_LENGTH,
				     "segment size %" PRIu64 " must be a multiple of 4096 from "
				     "%" PRIu64 " to %" PRIu64,
				     segment_size, bb_ledger_segment_min(&genesis->size),
				     BB_SEGMENT_SIZE_MAX);
	return BB_OK;
}

static void
begin(struct beginning *begin, const struct bb_genesis *genesis,
      const struct bb_identity *signer, uint64_t segment_size)
{
	struct bb_chain chain;
	struct bb_block block;
	struct bb_block_builder builder;
	uint8_t bytes[BB_GENESIS_SIZE];
	struct bb_chain_terms terms = { .now_ns = genesis->created_ns, .signer = signer };
	struct bb_segment head = { .size = segment_size,
				   .created_ns = genesis->created_ns,
				   .ledger_id = bb_genesis_ledger_id(genesis),
				   .epoch = BB_EPOCH_FIRST };

	memset(begin, 0, sizeof(*begin));
	bb_store_random(head.nonce, sizeof(head.nonce));
	memcpy(terms.nonce, head.nonce, sizeof(head.nonce));
	memcpy(head.signer_key, signer->public_key, BB_KEY_SIZE);
	bb_segment_encode(begin->bytes, &head);

	bb_chain_start(&chain);
	bb_genesis_encode(bytes, genesis);
	bb_block_open(&builder, begin->bytes + BB_SEGMENT_BLOCKS, BB_BLOCK_ALIGN);
	(void)bb_block_add_input(&builder, BB_RECORD_GENESIS, 0, genesis->created_ns, bytes,
				 sizeof(bytes));
	bb_chain_seal(&chain, &builder, &terms, &block);

	const struct bb_watermark mark = { .height = block.header.height,
					   .epoch = block.header.epoch,
					   .block_hash = block.hash,
					   .offset = BB_SEGMENT_BLOCKS,
					   .ledger_id = chain.ledger_id };
	bb_watermark_encode(begin->mark, &mark);
}

/* Makes a file of size bytes that begins with these and appears whole or not at all. */
static enum bb_result
make_file(int folder, const char *name, uint64_t size, const uint8_t *bytes, size_t written)
{
	char temporary[BB_SEGMENT_NAME_SIZE + 4];
	int file = -1;
	enum bb_result result = bb_folder_fill(folder, name, size, NULL, NULL);

	bb_folder_new_name(temporary, sizeof(temporary), name);
	if (result == BB_OK)
		result = bb_file_open(folder, temporary, true, &file);
	if (result == BB_OK)
		result = bb_file_write(file, bytes, written, 0);
	if (result == BB_OK)
		result = bb_file_sync(file);
	bb_file_close(file);
	return result == BB_OK ? bb_folder_publish(folder, name) : result;
}

static enum bb_result
make_files(int folder, const struct beginning *begin, uint64_t segment_size)
{
	char name[BB_SEGMENT_NAME_SIZE];

	bb_segment_name(name, 0);
	const enum bb_result result =
		make_file(folder, name, segment_size, begin->bytes, sizeof(begin->bytes));
	/* A crash here leaves a ledger without a watermark; the first opening makes one. */
	return result != BB_OK ? result :
				 make_file(folder, BB_WATERMARK_NAME, sizeof(begin->mark),
					   begin->mark, sizeof(begin->mark));
}

enum bb_result
bb_ledger_create(const char *folder, const struct bb_genesis *genesis,
		 const struct bb_identity *signer, uint64_t segment_size,
		 char text[BB_LEDGER_TEXT])
{
	struct beginning beginning;
	uint64_t count = 0;
	uint64_t missing = 0;
	int handle = -1;

	text[0] = '\0';
	enum bb_result result = check_arguments(genesis, signer, segment_size, text);
	if (result != BB_OK)
		return result;
	result = bb_folder_open(folder, &handle);
	if (result == BB_OK)
		result = bb_folder_lock(handle);
	if (result == BB_OK && bb_folder_segments(handle, &count, &missing) != BB_OK)
		count = 1; /* with a gap; there is something in any case */
	if (result == BB_OK && count > 0)
		result = BB_ERR_EXISTS;
	if (result == BB_OK) {
		begin(&beginning, genesis, signer, segment_size);
		result = make_files(handle, &beginning, segment_size);
	}
	bb_file_close(handle);
	if (result == BB_ERR_EXISTS)
		return bb_ledger_say(text, result, "%s holds a ledger already", folder);
	return result == BB_OK ? BB_OK :
				 bb_ledger_say(text, result, "%s: %s", folder,
					       bb_result_text(result));
}

enum bb_result
bb_ledger_filesystem(const char *folder, char text[BB_LEDGER_TEXT])
{
	const char *why = "";
	int handle = -1;

	text[0] = '\0';
	const enum bb_result result = bb_folder_open(folder, &handle);
	if (result != BB_OK)
		return bb_ledger_say(text, result, "%s: %s", folder, bb_result_text(result));
	const char *name = bb_folder_unsafe(handle, &why);
	bb_file_close(handle);
	return name == NULL ? BB_OK :
			      bb_ledger_say(text, BB_ERR_FILESYSTEM,
					    "%s lies on %s, which %s; what was answered could be "
					    "lost",
					    folder, name, why);
}

enum bb_result
bb_ledger_genesis(const char *folder, struct bb_genesis *genesis, char text[BB_LEDGER_TEXT])
{
	char name[BB_SEGMENT_NAME_SIZE];
	struct bb_mapping mapping = { 0 };
	const char *what = "";
	int handle = -1;
	int file = -1;

	text[0] = '\0';
	bb_segment_name(name, 0);
	enum bb_result result = bb_folder_open(folder, &handle);
	if (result == BB_OK)
		result = bb_file_open(handle, name, false, &file);
	if (result == BB_OK)
		result = bb_store_map(file, &mapping);
	bb_file_close(file);
	bb_file_close(handle);
	if (result == BB_ERR_NOT_FOUND)
		return bb_ledger_say(text, result,
				     "%s holds no ledger; `busbarctl init` makes one", folder);
	if (result != BB_OK)
		return bb_store_say_file(text, result, name);
	result = bb_scan_genesis(mapping.bytes, mapping.size, genesis, &what);
	bb_store_unmap(&mapping);
	return result == BB_OK ? BB_OK :
				 bb_ledger_say(text, result,
					       "%s/%s: %s: %s; bring it back from a copy", folder,
					       name, what, bb_result_text(result));
}
