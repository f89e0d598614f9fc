#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_pass.h"
#include "ledger/bb_replay.h"
#include "ledger/bb_store.h"

#define PROGRESS_BLOCKS 256u

/* A look at a whole ledger. */
struct verifying {
	const struct bb_ledger_options *options;
	char *text;
	struct bb_arena *arena;
	struct bb_market *market; /* NULL: no replay */
	struct bb_store_files files;
	struct bb_pass pass;
	struct bb_replay replay;
};

static void
tell_progress(const struct verifying *verifying)
{
	const struct bb_pass *pass = &verifying->pass;

	if (verifying->options->progress != NULL)
		verifying->options->progress(verifying->options->context, pass->bytes_done,
					     pass->bytes_total, pass->blocks, pass->inputs);
}

/* Makes the market that genesis describes. */
static enum bb_result
make_market(struct verifying *verifying, const struct bb_block_input *input)
{
	const struct bb_ledger_options *options = verifying->options;
	struct bb_genesis genesis;
	uint64_t hash_key = 0;

	/* The chain has accepted it. */
	BB_ASSERT(bb_genesis_decode(&genesis, input->bytes, input->size) == BB_OK);
	bb_store_random((uint8_t *)&hash_key, sizeof(hash_key));
	verifying->market = bb_market_init(verifying->arena, &genesis.size, genesis.operator_key,
					   hash_key);
	bb_replay_start(&verifying->replay, verifying->market,
			bb_packet_venue(verifying->pass.scan.chain.ledger_id.bytes),
			options->packet_signatures);
	return BB_OK;
}

static enum bb_result
replay_input(struct verifying *verifying, uint64_t height, const struct bb_block_input *input)
{
	struct bb_replay *replay = &verifying->replay;
	const enum bb_result result = bb_replay_input(replay, input);

	if (result == BB_OK)
		return BB_OK;
	return bb_ledger_say(verifying->text, result,
			     "block %" PRIu64 " in seg-%016" PRIx64 " at offset %" PRIu64
			     ": input %" PRIu64 ", event %u: %s",
			     height, verifying->pass.block_segment, verifying->pass.block_offset,
			     replay->number, replay->event, replay->what);
}

static enum bb_result
replay_block(struct verifying *verifying, const struct bb_block *block)
{
	const struct bb_block_header *header = &block->header;
	struct bb_block_cursor walk =
		bb_block_walk(block->bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_block_input input;

	while (bb_block_next(&walk, &input)) {
		const enum bb_result result =
			input.type == BB_RECORD_GENESIS ?
				make_market(verifying, &input) :
				replay_input(verifying, header->height, &input);

		if (result != BB_OK)
			return result;
	}
	return BB_OK;
}

static enum bb_result
verify(struct verifying *verifying, bool replay)
{
	const struct bb_ledger_options *options = verifying->options;
	struct bb_pass *pass = &verifying->pass;
	struct bb_block block;
	enum bb_result result =
		bb_pass_start(pass, verifying->files.segments, verifying->files.segment_count, 0,
			      &verifying->files.witness, verifying->text);

	pass->signatures = options->signatures;
	pass->tolerate_tail = options->tolerate_tail;
	pass->strict_heads = true;
	while (result == BB_OK && (result = bb_pass_next(pass, &block)) == BB_OK) {
		if (replay)
			result = replay_block(verifying, &block);
		if (pass->blocks % PROGRESS_BLOCKS == 0)
			tell_progress(verifying);
	}
	if (result != BB_ERR_NOT_FOUND)
		return result;
	pass->bytes_done = pass->bytes_total;
	tell_progress(verifying);
	return BB_OK;
}

enum bb_result
bb_ledger_verify(const char *folder, const struct bb_ledger_options *options,
		 struct bb_ledger_place *place, uint64_t *inputs, struct bb_arena *arena,
		 struct bb_market **market_out, char text[BB_LEDGER_TEXT])
{
	/* A participant's key is known from the replayed market alone. */
	const bool replay = options->replay || options->packet_signatures;
	struct verifying *verifying = bb_store_memory(sizeof(*verifying));

	text[0] = '\0';
	*place = (struct bb_ledger_place){ 0 };
	*inputs = 0;
	if (market_out != NULL)
		*market_out = NULL;
	BB_ASSERT(!replay || arena != NULL);
	if (verifying == NULL)
		return bb_ledger_say(text, BB_ERR_IO, "no memory");
	verifying->options = options;
	verifying->arena = arena;
	verifying->text = text;
	enum bb_result result = bb_store_open(&verifying->files, folder, false, text);
	if (result == BB_OK) {
		result = verify(verifying, replay);
		if (verifying->pass.blocks > 0)
			bb_chain_place(&verifying->pass.scan.chain, place);
		*inputs = verifying->pass.inputs;
		if (market_out != NULL)
			*market_out = verifying->market;
		bb_store_close(&verifying->files);
	}
	bb_store_release(verifying, sizeof(*verifying));
	return result;
}
