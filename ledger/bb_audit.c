#include "ledger/bb_audit.h"

#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"

/* Keeps what the pass has said; place is the last block that it accepted. */
static void
end_badly(struct bb_audit_reader *reader, enum bb_result result)
{
	struct bb_audit_finding *finding = &reader->finding;
	const struct bb_chain *chain = &reader->pass.scan.chain;

	finding->result = result;
	finding->height = chain->next_height;
	memcpy(finding->text, reader->pass.text, sizeof(finding->text));
	if (reader->pass.blocks > 0)
		bb_chain_place(chain, &finding->place);
}

/* Copies the next block behind those of the batch, and learns from it. */
static enum bb_result
read_block(struct bb_audit_reader *reader, struct bb_audit_batch *batch)
{
	struct bb_pass *pass = &reader->pass;
	struct bb_audit_block *block = &batch->blocks[batch->count];

	pass->scan.copy = batch->bytes + batch->used;
	const enum bb_result result = bb_pass_next(pass, &block->block);
	if (result != BB_OK)
		return result;
	bb_chain_place(&pass->scan.chain, &block->place);
	block->segment = pass->block_segment;
	block->offset = pass->block_offset;
	batch->used += block->block.header.total_size;
	batch->count++;
	if (block->place.height == 0)
		reader->keys->venue = bb_packet_venue(pass->scan.chain.ledger_id.bytes);
	if (block->place.height == 0 || reader->options->signatures == BB_LEDGER_ALL)
		bb_audit_keys_learn(reader->keys, batch, block, &reader->finding);
	return BB_OK;
}

bool
bb_audit_read(struct bb_audit_reader *reader, struct bb_audit_batch *batch)
{
	batch->count = 0;
	batch->used = 0;
	batch->before = (struct bb_ledger_place){ 0 };
	if (reader->pass.blocks > 0)
		bb_chain_place(&reader->pass.scan.chain, &batch->before);
	while (!reader->ended && batch->count < BB_AUDIT_BLOCKS &&
	       batch->used < BB_AUDIT_CLOSE_BYTES) {
		const enum bb_result result = read_block(reader, batch);

		if (result != BB_OK && result != BB_ERR_NOT_FOUND)
			end_badly(reader, result);
		reader->ended = result != BB_OK || reader->finding.result != BB_OK;
	}
	return !reader->ended;
}

/* Makes the market that genesis describes; false: there is no memory for one of this size,
 * because it was taken when the file said something else. */
static bool
make_market(struct bb_audit_replayer *replayer, const struct bb_block_input *input)
{
	struct bb_genesis genesis;

	/* The chain has accepted it. */
	BB_ASSERT(bb_genesis_decode(&genesis, input->bytes, input->size) == BB_OK);
	if (replayer->arena->size - replayer->arena->used < bb_market_bytes(&genesis.size))
		return false;
	const struct bb_hash ledger_id = bb_genesis_ledger_id(&genesis);
	replayer->market = bb_market_init(replayer->arena, &genesis.size, genesis.operator_key,
					  replayer->hash_key);
	bb_replay_start(&replayer->replay, replayer->market, bb_packet_venue(ledger_id.bytes),
			false);
	return true;
}

/* Names the input, the event and the field that differ. */
static void
find_difference(struct bb_audit_replayer *replayer, const struct bb_audit_batch *batch,
		const struct bb_audit_block *block, enum bb_result result)
{
	const struct bb_replay *replay = &replayer->replay;
	const struct bb_ledger_values *values = &replay->values;
	struct bb_audit_finding *finding = &replayer->finding;

	finding->difference = (struct bb_ledger_difference){ .what = replay->what,
							     .number = replay->number,
							     .event = replay->event,
							     .values = *values };
	if (values->field == NULL)
		bb_audit_find(finding, batch, block, result,
			      "input %" PRIu64 ", event %u: %s", replay->number, replay->event,
			      replay->what);
	else if (values->is_signed)
		bb_audit_find(finding, batch, block, result,
			      "input %" PRIu64 ", event %u: %s: %s is %" PRId64
			      " in the ledger, %" PRId64 " in the replay",
			      replay->number, replay->event, replay->what, values->field,
			      (int64_t)values->recorded, (int64_t)values->replayed);
	else
		bb_audit_find(finding, batch, block, result,
			      "input %" PRIu64 ", event %u: %s: %s is %" PRIu64
			      " in the ledger, %" PRIu64 " in the replay",
			      replay->number, replay->event, replay->what, values->field,
			      values->recorded, values->replayed);
}

static void
replay_block(struct bb_audit_replayer *replayer, const struct bb_audit_batch *batch,
	     const struct bb_audit_block *block)
{
	const struct bb_block_header *header = &block->block.header;
	struct bb_block_cursor walk =
		bb_block_walk(block->block.bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_block_input input;

	while (bb_block_next(&walk, &input)) {
		enum bb_result result = BB_OK;

		if (input.type != BB_RECORD_GENESIS)
			result = bb_replay_input(&replayer->replay, &input);
		else if (!make_market(replayer, &input))
			bb_audit_find(&replayer->finding, batch, block, BB_ERR_CORRUPT,
				      "another genesis than a moment ago");
		if (result != BB_OK)
			find_difference(replayer, batch, block, result);
		if (replayer->finding.result != BB_OK)
			return;
	}
}

void
bb_audit_replay(struct bb_audit_replayer *replayer, const struct bb_audit_batch *batch)
{
	for (uint32_t i = 0; i < batch->count && replayer->finding.result == BB_OK; i++)
		replay_block(replayer, batch, &batch->blocks[i]);
}

/* The lower height; what was found first where it is the same. */
static const struct bb_audit_finding *
lower(const struct bb_audit_finding *first, const struct bb_audit_finding *second)
{
	if (second->result == BB_OK)
		return first;
	return first == NULL || second->height < first->height ? second : first;
}

const struct bb_audit_finding *
bb_audit_verdict(const struct bb_audit *audit)
{
	const struct bb_audit_finding *verdict = lower(NULL, &audit->reader.finding);
	const struct bb_audit_finding *unsigned_ = NULL;

	for (uint32_t i = 0; i < audit->signer_count; i++)
		unsigned_ = lower(unsigned_, &audit->signers[i].finding);
	if (unsigned_ != NULL)
		verdict = lower(verdict, unsigned_);
	return lower(verdict, &audit->replayer.finding);
}
