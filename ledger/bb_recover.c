#include "ledger/bb_recover.h"

#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"

enum bb_result
bb_recover_start(struct bb_recover *recover, const struct bb_mapping *segments,
		 uint64_t segment_count, const struct bb_witness *witness,
		 struct bb_market *market, struct bb_places *places,
		 const uint8_t signer_key[BB_KEY_SIZE], const char *folder,
		 char text[BB_LEDGER_TEXT])
{
	BB_ASSERT(bb_market_number(market) == 0);
	recover->market = market;
	recover->places = places;
	recover->signer_key = signer_key;
	recover->folder = folder;
	recover->snapshot = 0;
	const enum bb_result result =
		bb_pass_start(&recover->pass, segments, segment_count, 0, witness, text);

	recover->pass.tolerate_tail = true;
	recover->pass.still = true;
	return result;
}

static void
start_replay(struct bb_recover *recover)
{
	bb_replay_start(&recover->replay, recover->market,
			bb_packet_venue(recover->pass.scan.chain.ledger_id.bytes), false);
}

enum bb_result
bb_recover_resume(struct bb_recover *recover, const struct bb_mapping *segments,
		  uint64_t segment_count, const struct bb_witness *witness,
		  struct bb_market *market, struct bb_places *places,
		  const struct bb_snapshot *snapshot, const struct bb_chain *chain, uint64_t end,
		  const char *folder, char text[BB_LEDGER_TEXT])
{
	BB_ASSERT(bb_market_number(market) == chain->number);
	recover->market = market;
	recover->places = places;
	recover->signer_key = snapshot->signer_key;
	recover->folder = folder;
	recover->snapshot = snapshot->height;
	const enum bb_result result =
		bb_pass_resume(&recover->pass, segments, segment_count, chain, snapshot->segment,
			       snapshot->offset, end, witness, text);

	recover->pass.tolerate_tail = true;
	recover->pass.still = true;
	start_replay(recover);
	return result;
}

static enum bb_result
begin_replay(struct bb_recover *recover)
{
	const struct bb_chain *chain = &recover->pass.scan.chain;

	start_replay(recover);
	if (memcmp(chain->signer_key, recover->signer_key, BB_KEY_SIZE) != 0)
		return bb_ledger_say(recover->pass.text, BB_ERR_KEY,
				     "%s was signed with another key: put back its venue.key",
				     recover->folder);
	return BB_OK;
}

static void
remember(struct bb_recover *recover, const struct bb_block *block,
	 const struct bb_block_cursor *walk, const struct bb_block_input *input)
{
	const struct bb_bid *bid = &recover->replay.bid;
	const struct bb_place place = {
		.block = bb_place_block(recover->pass.block_segment, recover->pass.block_offset),
		.input = (uint32_t)(input->record - block->bytes),
		.event = (uint32_t)((input->results - walk->inputs_end) / BB_RESULT_SIZE),
	};

	bb_places_put(recover->places, bid->participant, bid->sequence, &place);
}

/* Puts the inputs of a block through the market, and remembers where they lie. */
static enum bb_result
replay_block(struct bb_recover *recover, const struct bb_block *block)
{
	const struct bb_block_header *header = &block->header;
	struct bb_replay *replay = &recover->replay;
	struct bb_block_cursor walk =
		bb_block_walk(block->bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_block_input input;

	while (bb_block_next(&walk, &input)) {
		if (!bb_record_is_decided(input.type))
			continue;
		const enum bb_result result = bb_replay_input(replay, &input);

		if (result != BB_OK)
			return bb_ledger_say(recover->pass.text, result,
					     "input %" PRIu64 " in block %" PRIu64
					     ", event %u: %s; %s, and run "
					     "`busbarctl ledger replay`",
					     replay->number, header->height, replay->event,
					     replay->what,
					     recover->snapshot > 0
						     ? "start with --from-genesis"
						     : "open it with the version of busbard that "
						       "wrote it");
		if (input.type == BB_RECORD_PACKET) /* a tick is never repeated */
			remember(recover, block, &walk, &input);
	}
	return BB_OK;
}

enum bb_result
bb_recover_next(struct bb_recover *recover)
{
	struct bb_pass *pass = &recover->pass;
	struct bb_block block;
	const enum bb_result result = bb_pass_next(pass, &block);

	if (result == BB_ERR_NOT_FOUND)
		BB_ASSERT(bb_market_number(recover->market) == pass->scan.chain.number);
	if (result != BB_OK)
		return result;
	return block.header.height == 0 ? begin_replay(recover) : replay_block(recover, &block);
}

/* Makes the block that says what was cut. */
static void
seal_recovery(struct bb_recover *recover, const struct bb_identity *signer, uint64_t now_ns,
	      uint8_t bytes[BB_BLOCK_ALIGN])
{
	struct bb_scan *scan = &recover->pass.scan;
	struct bb_chain *chain = &scan->chain;
	const struct bb_block_recovery recovery = { .segment = recover->pass.segment_index,
						    .offset = scan->offset,
						    .torn_bytes = recover->pass.torn_bytes,
						    .epoch_before = chain->epoch };
	struct bb_chain_terms terms = { .durable_height = chain->next_height - 1,
					.now_ns = now_ns,
					.signer = signer };
	struct bb_block_builder builder;
	struct bb_block block;
	uint8_t record[BB_RECOVERY_SIZE];

	memcpy(terms.nonce, scan->segment.nonce, sizeof(terms.nonce));
	if (terms.now_ns < chain->sealed_ns)
		terms.now_ns = chain->sealed_ns;
	bb_block_recovery_encode(record, &recovery);
	bb_block_open(&builder, bytes, BB_BLOCK_ALIGN);
	(void)bb_block_add_input(&builder, BB_RECORD_RECOVERY, chain->number, terms.now_ns, record,
				 sizeof(record));
	bb_chain_seal(chain, &builder, &terms, &block);
}

enum bb_result
bb_recover_mend(struct bb_recover *recover, const struct bb_recover_file *file,
		const struct bb_identity *signer, uint64_t now_ns)
{
	struct bb_pass *pass = &recover->pass;
	struct bb_scan *scan = &pass->scan;
	uint8_t bytes[BB_BLOCK_ALIGN];

	enum bb_result result = file->zero(file->context, scan->offset, scan->size - scan->offset);
	if (result == BB_OK)
		result = file->sync(file->context);
	if (result == BB_OK) {
		seal_recovery(recover, signer, now_ns, bytes);
		result = file->write(file->context, bytes, sizeof(bytes), scan->offset);
	}
	if (result == BB_OK)
		result = file->sync(file->context);
	if (result != BB_OK)
		return bb_ledger_say(pass->text, result,
				     "%s/seg-%016" PRIx64 ": cutting a torn tail: %s",
				     recover->folder, pass->segment_index, bb_result_text(result));
	pass->blocks++;
	pass->block_segment = pass->segment_index;
	pass->block_offset = scan->offset;
	scan->offset += sizeof(bytes);
	return BB_OK;
}

struct bb_watermark
bb_recover_end(const struct bb_recover *recover)
{
	const struct bb_pass *pass = &recover->pass;
	const struct bb_chain *chain = &pass->scan.chain;

	return (struct bb_watermark){ .height = chain->next_height - 1,
				      .epoch = chain->epoch,
				      .block_hash = chain->block_hash,
				      .segment = pass->block_segment,
				      .offset = pass->block_offset,
				      .ledger_id = chain->ledger_id };
}
