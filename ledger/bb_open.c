#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_ledger_parts.h"
#include "ledger/bb_replay.h"

/* What an opening needs until it is done. */
struct opening {
	const char *folder;
	struct bb_ledger *ledger;
	const struct bb_identity *signer;
	char *text;
	struct bb_store_files files;
	struct bb_pass pass;
	struct bb_replay replay;
};

void
bb_ledger_publish(struct bb_ledger *ledger, const struct bb_ledger_place *place)
{
	uint64_t words[BB_PLACE_WORDS];
	const uint64_t version = atomic_load_explicit(&ledger->version, memory_order_relaxed);

	memcpy(words, place, sizeof(words));
	atomic_store_explicit(&ledger->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < BB_PLACE_WORDS; i++)
		atomic_store_explicit(&ledger->durable[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&ledger->version, version + 2, memory_order_release);
}

void
bb_ledger_durable(const struct bb_ledger *ledger, struct bb_ledger_place *place)
{
	uint64_t words[BB_PLACE_WORDS];
	uint64_t before;
	uint64_t after;

	do {
		before = atomic_load_explicit(&ledger->version, memory_order_acquire);
		for (size_t i = 0; i < BB_PLACE_WORDS; i++)
			words[i] = atomic_load_explicit(&ledger->durable[i], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&ledger->version, memory_order_relaxed);
	} while (before % 2 != 0 || before != after);
	memcpy(place, words, sizeof(words));
}

enum bb_result
bb_ledger_alarm(const struct bb_ledger *ledger, char text[BB_LEDGER_TEXT])
{
	const enum bb_result alarm = bb_store_alarm(&ledger->store);

	text[0] = '\0';
	return alarm == BB_OK ? BB_OK :
				bb_ledger_say(text, alarm,
					      "the next segment cannot be made: %s; make room "
					      "before this one is full: then nothing more is "
					      "accepted until there is",
					      bb_result_text(alarm));
}

static enum bb_result
check_key(struct opening *opening)
{
	if (memcmp(opening->pass.scan.chain.signer_key, opening->signer->public_key,
		   BB_KEY_SIZE) != 0)
		return bb_ledger_say(opening->text, BB_ERR_KEY,
				     "%s was signed with another key: put back its venue.key",
				     opening->folder);
	return BB_OK;
}

static void
remember(struct opening *opening, const struct bb_block *block,
	 const struct bb_block_cursor *walk, const struct bb_block_input *input)
{
	const struct bb_bid *bid = &opening->replay.bid;
	const struct bb_place place = {
		.block = bb_place_block(opening->pass.block_segment, opening->pass.block_offset),
		.input = (uint32_t)(input->record - block->bytes),
		.event = (uint32_t)((input->results - walk->inputs_end) / BB_RESULT_SIZE),
	};

	bb_places_put(&opening->ledger->places, bid->participant, bid->sequence, &place);
}

/* Puts the inputs of a block through the market, and remembers where they lie. */
static enum bb_result
replay_block(struct opening *opening, const struct bb_block *block)
{
	const struct bb_block_header *header = &block->header;
	struct bb_block_cursor walk =
		bb_block_walk(block->bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_block_input input;

	while (bb_block_next(&walk, &input)) {
		if (input.type != BB_RECORD_PACKET)
			continue;
		const enum bb_result result = bb_replay_input(&opening->replay, &input);

		if (result != BB_OK)
			return bb_ledger_say(opening->text, result,
					     "input %" PRIu64 " in block %" PRIu64
					     ", event %u: %s; open it with the version of busbard "
					     "that wrote it, and run `busbarctl ledger replay`",
					     opening->replay.number, header->height,
					     opening->replay.event, opening->replay.what);
		remember(opening, block, &walk, &input);
	}
	return BB_OK;
}

/* Reads the whole ledger into the market. */
static enum bb_result
read_all(struct opening *opening, struct bb_market *market)
{
	struct bb_pass *pass = &opening->pass;
	struct bb_block block;
	enum bb_result result =
		bb_pass_start(pass, opening->files.segments, opening->files.segment_count, 0,
			      &opening->files.witness, opening->text);

	pass->tolerate_tail = true;
	while (result == BB_OK && (result = bb_pass_next(pass, &block)) == BB_OK) {
		if (block.header.height == 0) {
			const uint32_t venue =
				bb_packet_venue(pass->scan.chain.ledger_id.bytes);

			bb_replay_start(&opening->replay, market, venue, false);
			result = check_key(opening);
		} else {
			result = replay_block(opening, &block);
		}
	}
	opening->files.witness = pass->witness;
	if (result != BB_ERR_NOT_FOUND)
		return result;
	BB_ASSERT(bb_market_number(market) == pass->scan.chain.number);
	return BB_OK;
}

/* Makes the block that says what was cut. */
static void
seal_recovery(struct opening *opening, uint8_t bytes[BB_BLOCK_ALIGN], struct bb_block *block)
{
	struct bb_scan *scan = &opening->pass.scan;
	struct bb_chain *chain = &scan->chain;
	const struct bb_block_recovery recovery = { .segment = opening->pass.segment_index,
						    .offset = scan->offset,
						    .torn_bytes = opening->pass.torn_bytes,
						    .epoch_before = chain->epoch };
	struct bb_chain_terms terms = { .durable_height = chain->next_height - 1,
					.now_ns = bb_store_now_ns(),
					.signer = opening->signer };
	struct bb_block_builder builder;
	uint8_t record[BB_RECOVERY_SIZE];

	memcpy(terms.nonce, scan->segment.nonce, sizeof(terms.nonce));
	if (terms.now_ns < chain->sealed_ns)
		terms.now_ns = chain->sealed_ns;
	bb_block_recovery_encode(record, &recovery);
	bb_block_open(&builder, bytes, BB_BLOCK_ALIGN);
	(void)bb_block_add_input(&builder, BB_RECORD_RECOVERY, chain->number, terms.now_ns, record,
				 sizeof(record));
	bb_chain_seal(chain, &builder, &terms, block);
}

/* Zeros what a crash left behind the last block, makes that durable, and only then writes
 * the RECOVERY block over its beginning: so that no torn byte is ever behind a block. */
static enum bb_result
mend_tail(struct opening *opening)
{
	struct bb_scan *scan = &opening->pass.scan;
	char name[BB_SEGMENT_NAME_SIZE];
	uint8_t bytes[BB_BLOCK_ALIGN];
	struct bb_block block;
	int file = -1;

	bb_segment_name(name, opening->pass.segment_index);
	enum bb_result result = bb_file_open(opening->files.folder, name, true, &file);
	if (result == BB_OK)
		result = bb_file_zero(file, scan->offset, scan->size - scan->offset);
	if (result == BB_OK)
		result = bb_file_sync(file);
	if (result == BB_OK) {
		seal_recovery(opening, bytes, &block);
		result = bb_file_write(file, bytes, sizeof(bytes), scan->offset);
	}
	if (result == BB_OK)
		result = bb_file_sync(file);
	bb_file_close(file);
	if (result != BB_OK)
		return bb_ledger_say(opening->text, result, "%s/%s: cutting a torn tail: %s",
				     opening->folder, name, bb_result_text(result));
	opening->pass.blocks++;
	opening->pass.block_segment = opening->pass.segment_index;
	opening->pass.block_offset = scan->offset;
	scan->offset += sizeof(bytes);
	return BB_OK;
}

/* Takes the memory whose size the market tells: places and line. */
static enum bb_result
take_memory(struct opening *opening, const struct bb_market_size *size, struct bb_arena *arena)
{
	struct bb_ledger *ledger = opening->ledger;

	ledger->memory_size = bb_places_bytes(size->participants) + bb_line_bytes(size->orders);
	ledger->memory = bb_store_memory(ledger->memory_size);
	if (ledger->memory == NULL)
		return bb_ledger_say(opening->text, BB_ERR_IO,
				     "no memory: %" PRIu64 " MiB of addresses",
				     ledger->memory_size >> 20);
	bb_arena_init(arena, ledger->memory, ledger->memory_size);
	bb_places_init(&ledger->places, arena, size->participants);
	return BB_OK;
}

/* Hands everything to the store and the line. */
static enum bb_result
start(struct opening *opening, const struct bb_market_size *size, struct bb_arena *arena)
{
	struct bb_ledger *ledger = opening->ledger;
	const struct bb_pass *pass = &opening->pass;
	const struct bb_watermark block = { .height = pass->scan.chain.next_height - 1,
					    .epoch = pass->scan.chain.epoch,
					    .block_hash = pass->scan.chain.block_hash,
					    .segment = pass->block_segment,
					    .offset = pass->block_offset,
					    .ledger_id = pass->scan.chain.ledger_id };
	const enum bb_result result =
		bb_store_start(&ledger->store, &opening->files, &pass->scan.segment, &block,
			       pass->scan.offset, opening->text);

	if (result != BB_OK)
		return result;
	const struct bb_disk disk = bb_store_disk(&ledger->store);

	ledger->chain = pass->scan.chain;
	ledger->signer = *opening->signer;
	ledger->line = bb_line_init(arena, size->orders, &ledger->chain, &ledger->places,
				    &ledger->signer, &disk);
	bb_ledger_publish(ledger, &ledger->line->durable);
	return BB_OK;
}

static enum bb_result
open_ledger(struct opening *opening, struct bb_market *market,
	    struct bb_ledger_recovery *recovery)
{
	const struct bb_market_size *size = bb_market_size(market);
	const struct bb_pass *pass = &opening->pass;
	struct bb_arena arena;

	BB_ASSERT(bb_market_number(market) == 0);
	enum bb_result result =
		bb_store_open(&opening->files, opening->folder, true, opening->text);
	if (result == BB_OK)
		result = take_memory(opening, size, &arena);
	if (result == BB_OK)
		result = read_all(opening, market);
	if (result != BB_OK)
		return result;
	bb_market_check(market);
	if (pass->torn_bytes > 0)
		result = mend_tail(opening);
	if (result == BB_OK)
		result = start(opening, size, &arena);
	if (result != BB_OK)
		return result;
	bb_chain_place(&opening->ledger->chain, &recovery->place);
	recovery->blocks = pass->blocks;
	recovery->inputs = pass->inputs;
	recovery->torn_bytes = pass->torn_bytes;
	return BB_OK;
}

static void
release(struct bb_ledger *ledger)
{
	bb_identity_wipe(&ledger->signer);
	bb_store_release(ledger->memory, ledger->memory_size);
	bb_store_release(ledger, sizeof(*ledger));
}

enum bb_result
bb_ledger_open(struct bb_ledger **ledger, const char *folder, const struct bb_identity *signer,
	       struct bb_market *market, struct bb_ledger_recovery *recovery,
	       char text[BB_LEDGER_TEXT])
{
	const uint64_t started_ns = bb_store_elapsed_ns();
	struct opening *opening = bb_store_memory(sizeof(*opening));

	text[0] = '\0';
	*ledger = NULL;
	*recovery = (struct bb_ledger_recovery){ 0 };
	if (opening == NULL)
		return bb_ledger_say(text, BB_ERR_IO, "no memory");
	opening->folder = folder;
	opening->signer = signer;
	opening->text = text;
	opening->files.folder = -1;
	opening->ledger = bb_store_memory(sizeof(*opening->ledger));
	const enum bb_result result =
		opening->ledger == NULL ? bb_ledger_say(text, BB_ERR_IO, "no memory") :
					  open_ledger(opening, market, recovery);

	if (result == BB_OK) {
		*ledger = opening->ledger;
	} else {
		bb_store_close(&opening->files);
		if (opening->ledger != NULL)
			release(opening->ledger);
	}
	bb_store_release(opening, sizeof(*opening));
	recovery->elapsed_ns = bb_store_elapsed_ns() - started_ns;
	return result;
}

void
bb_ledger_close(struct bb_ledger *ledger)
{
	bb_store_stop(&ledger->store);
	release(ledger);
}
