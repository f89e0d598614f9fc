#include "ledger/bb_chain.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "wire/bb_hash_lanes.h"

#define LEAVES 32u /* hashed side by side */

/* What follows from a body and the chain before it. */
struct sums {
	uint64_t number;
	uint64_t time_ns;
	struct bb_hash inputs_root;
	struct bb_hash results_root;
	struct bb_hash state_root;
	struct bb_hash log_root;
	struct bb_hash body_hash; /* when sealing; who checks has it from bb_block_view */
	struct bb_tree tree;
	uint16_t first_type; /* enum bb_record_type of the first input; 0: there is none */
	struct bb_genesis genesis; /* if that is GENESIS */
};

static bool
same(const struct bb_hash *a, const struct bb_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
bb_chain_start(struct bb_chain *chain)
{
	*chain = (struct bb_chain){ .epoch = BB_EPOCH_FIRST,
				    .number_known = true,
				    .state_known = true,
				    .tree_known = true };
	bb_tree_init(&chain->tree);
}

void
bb_chain_enter(struct bb_chain *chain, const struct bb_segment *segment)
{
	if (segment->first_height == 0) {
		bb_chain_start(chain);
		return;
	}
	*chain = (struct bb_chain){ .next_height = segment->first_height,
				    .epoch = segment->epoch,
				    .ledger_id = segment->ledger_id,
				    .block_hash = segment->previous };
	memcpy(chain->signer_key, segment->signer_key, BB_KEY_SIZE);
	bb_tree_init(&chain->tree);
}

/* Leaves on their way into the tree, some at a time: their hashes are made side by side. */
struct leaves {
	struct bb_hash_lanes lanes;
	struct bb_tree *tree;
	uint32_t count;
	struct bb_hash_job parts[2 * LEAVES]; /* input record and results of each leaf */
	struct bb_hash hashes[LEAVES];
	uint8_t bytes[LEAVES][1 + BB_LEAF_SIZE]; /* as hashed: 0x00 comes first */
};

static void
flush_leaves(struct leaves *leaves)
{
	struct bb_hash_job jobs[LEAVES];

	bb_hash_lanes_run(&leaves->lanes, leaves->parts, 2 * leaves->count);
	for (uint32_t i = 0; i < leaves->count; i++)
		jobs[i] = (struct bb_hash_job){ leaves->bytes[i], sizeof(leaves->bytes[i]),
						&leaves->hashes[i] };
	bb_hash_lanes_run(&leaves->lanes, jobs, leaves->count);
	for (uint32_t i = 0; i < leaves->count; i++)
		bb_tree_add_hash(leaves->tree, &leaves->hashes[i]);
	leaves->count = 0;
}

static void
add_leaf(struct leaves *leaves, const struct bb_block_input *input)
{
	uint8_t *leaf = leaves->bytes[leaves->count];
	struct bb_hash_job *parts = &leaves->parts[2 * leaves->count];

	leaf[0] = 0x00;
	bb_put_u64(leaf + 1, input->number);
	bb_put_u64(leaf + 9, input->time_ns);
	parts[0] = (struct bb_hash_job){ input->record, input->record_size,
					 (struct bb_hash *)(leaf + 17) };
	parts[1] = (struct bb_hash_job){ input->results,
					 (size_t)input->result_count * BB_RESULT_SIZE,
					 (struct bb_hash *)(leaf + 49) };
	if (++leaves->count == LEAVES)
		flush_leaves(leaves);
}

/* Whether an input may come next: genesis alone in the first block, recovery alone in a
 * block of its own, packets and ticks in order. */
static bool
check_input(const struct bb_chain *chain, struct sums *sums, const struct bb_block_input *input,
	    const struct bb_block_header *header)
{
	struct bb_block_recovery recovery;
	struct bb_event event;

	if (sums->first_type == 0)
		sums->first_type = input->type;
	if (input->time_ns > header->sealed_ns)
		return false;
	if (input->type == BB_RECORD_GENESIS)
		return chain->next_height == 0 && header->input_count == 1 && input->number == 0 &&
		       bb_genesis_decode(&sums->genesis, input->bytes, input->size) == BB_OK &&
		       sums->genesis.created_ns == input->time_ns;
	if (chain->next_height == 0)
		return false;
	if (input->type == BB_RECORD_RECOVERY) {
		if (!chain->number_known)
			sums->number = input->number;
		return header->input_count == 1 && input->number == sums->number &&
		       bb_block_recovery_decode(&recovery, input->bytes, input->size) &&
		       recovery.epoch_before == chain->epoch;
	}

	const bool first_known = chain->number_known || sums->number != 0;
	if (input->number == 0 || (first_known && (input->number != sums->number + 1 ||
						   input->time_ns < sums->time_ns)))
		return false;
	if (input->type == BB_RECORD_TICK && input->size != 0)
		return false;
	for (uint32_t i = 0; i < input->result_count; i++)
		if (!bb_block_event(input, i, &event))
			return false;
	sums->number = input->number;
	sums->time_ns = input->time_ns;
	return true;
}

static struct bb_hash
next_state(const struct bb_hash *before, const struct bb_hash *results_root)
{
	struct bb_hasher hasher;

	bb_hash_start(&hasher);
	bb_hash_add(&hasher, before->bytes, BB_HASH_SIZE);
	bb_hash_add(&hasher, results_root->bytes, BB_HASH_SIZE);
	return bb_hash_end(&hasher);
}

/* A heartbeat follows any block but none; where numbers are not known yet, it tells. */
static bool
check_heartbeat(const struct bb_chain *chain, struct sums *sums,
		const struct bb_block_header *header)
{
	if (chain->next_height == 0 || (!chain->number_known && header->log_size == 0))
		return false;
	if (!chain->number_known)
		sums->number = header->log_size - 1;
	return true;
}

/* Walks a body and computes all that follows from it; false: it does not fit. */
static bool
sum_up(const struct bb_chain *chain, const uint8_t *body, const struct bb_block_header *header,
       bool sealing, struct sums *sums)
{
	struct bb_block_cursor cursor = bb_block_walk(body, header->body_size, header->input_count,
						      header->result_count);
	const uint8_t *results = cursor.inputs_end;
	struct bb_block_input input = { 0 };
	struct leaves leaves;

	memset(sums, 0, sizeof(*sums));
	sums->number = chain->number;
	sums->time_ns = chain->time_ns;
	sums->tree = chain->tree;
	if (cursor.failed ||
	    (header->input_count == 0 && !check_heartbeat(chain, sums, header)))
		return false;
	leaves.tree = &sums->tree;
	leaves.count = 0;
	bb_hash_lanes_start(&leaves.lanes, bb_hash_lanes_fast());
	if (sealing)
		bb_hash_lanes_add(&leaves.lanes, body, header->body_size, &sums->body_hash);
	bb_hash_lanes_add(&leaves.lanes, results, (uint64_t)header->result_count * BB_RESULT_SIZE,
			  &sums->results_root);
	bb_hash_lanes_add(&leaves.lanes, body, (size_t)(results - body), &sums->inputs_root);
	while (bb_block_next(&cursor, &input)) {
		if (!check_input(chain, sums, &input, header))
			return false;
		if (input.type != BB_RECORD_RECOVERY && chain->tree_known)
			add_leaf(&leaves, &input);
	}
	if (cursor.failed)
		return false;
	flush_leaves(&leaves);
	bb_hash_lanes_end(&leaves.lanes);
	sums->state_root = next_state(&chain->state_root, &sums->results_root);
	sums->log_root = bb_tree_root(&sums->tree);
	return true;
}

/* Makes block the last one.  From here on nothing can fail. */
static void
advance(struct bb_chain *chain, const struct sums *sums, const struct bb_block *block)
{
	if (sums->first_type == BB_RECORD_GENESIS) {
		chain->ledger_id = bb_genesis_ledger_id(&sums->genesis);
		memcpy(chain->signer_key, sums->genesis.signer_key, BB_KEY_SIZE);
	}
	/* Where a chain was entered in the middle, its first block tells. */
	chain->number_known = true;
	chain->state_known = true;
	chain->next_height = block->header.height + 1;
	chain->epoch = block->header.epoch;
	chain->number = sums->number;
	chain->time_ns = sums->time_ns;
	chain->sealed_ns = block->header.sealed_ns;
	chain->block_hash = block->hash;
	chain->state_root = block->header.state_root;
	chain->log_root = block->header.log_root;
	chain->tree = sums->tree;
	chain->packets = bb_record_is_decided(sums->first_type);
	if (!chain->tree_known)
		chain->tree.size = block->header.log_size;
}

void
bb_chain_close(struct bb_chain *chain, struct bb_block_builder *builder,
	       const struct bb_chain_terms *terms, struct bb_seal *seal)
{
	struct bb_block_header header = { .height = chain->next_height,
					  .epoch = chain->epoch,
					  .durable_height = terms->durable_height,
					  .previous = chain->block_hash };
	struct sums sums;

	BB_ASSERT(chain->tree_known && chain->state_known && chain->number_known);
	header.sealed_ns = terms->now_ns > chain->sealed_ns ? terms->now_ns : chain->sealed_ns;
	if (builder->last_time_ns > header.sealed_ns)
		header.sealed_ns = builder->last_time_ns;
	memcpy(header.nonce, terms->nonce, sizeof(header.nonce));
	bb_block_measure(builder, &header);
	BB_ASSERT(sum_up(chain, builder->bytes + BB_BLOCK_HEADER_SIZE, &header, true, &sums));
	if (sums.first_type == BB_RECORD_RECOVERY)
		header.epoch++;
	header.inputs_root = sums.inputs_root;
	header.results_root = sums.results_root;
	header.state_root = sums.state_root;
	header.log_size = sums.tree.size;
	header.log_root = sums.log_root;
	header.body_hash = sums.body_hash;
	seal->before = *chain;
	seal->bytes = builder->bytes;
	seal->signer = terms->signer;
	bb_block_frame(builder, &header, &seal->block);
	advance(chain, &sums, &seal->block);
}

void
bb_chain_sign(struct bb_seal *seal)
{
	const struct bb_block_header *header = &seal->block.header;
	struct sums again;

	BB_ASSERT(sum_up(&seal->before, seal->bytes + BB_BLOCK_HEADER_SIZE, header, true, &again));
	BB_ASSERT(same(&header->inputs_root, &again.inputs_root) &&
		  same(&header->results_root, &again.results_root) &&
		  same(&header->state_root, &again.state_root) &&
		  same(&header->log_root, &again.log_root) &&
		  same(&header->body_hash, &again.body_hash) &&
		  header->log_size == again.tree.size);
	bb_block_sign(&seal->block, seal->bytes, seal->signer);
}

void
bb_chain_seal(struct bb_chain *chain, struct bb_block_builder *builder,
	      const struct bb_chain_terms *terms, struct bb_block *block)
{
	struct bb_seal seal;

	bb_chain_close(chain, builder, terms, &seal);
	bb_chain_sign(&seal);
	*block = seal.block;
}

/* What can be told from the header alone. */
static enum bb_result
check_header(const struct bb_chain *chain, const struct bb_block_header *header,
	     const uint8_t nonce[16], const char **what)
{
	const bool genesis = header->height == 0;

	*what = "segment nonce";
	if (memcmp(header->nonce, nonce, sizeof(header->nonce)) != 0)
		return BB_ERR_CHAIN;
	*what = "height";
	if (header->height != chain->next_height)
		return BB_ERR_CHAIN;
	*what = "previous block hash";
	if (!same(&header->previous, &chain->block_hash))
		return BB_ERR_CHAIN;
	*what = "durable height";
	if (genesis ? header->durable_height != 0 : header->durable_height >= header->height)
		return BB_ERR_CHAIN;
	*what = "time of sealing";
	if (header->sealed_ns < chain->sealed_ns || header->first_time_ns > header->sealed_ns)
		return BB_ERR_CHAIN;
	return BB_OK;
}

static enum bb_result
check_sums(const struct bb_chain *chain, const struct bb_block_header *header,
	   const struct sums *sums, const char **what)
{
	const bool recovery = sums->first_type == BB_RECORD_RECOVERY;

	*what = "epoch";
	if (header->epoch != chain->epoch + (recovery ? 1 : 0))
		return BB_ERR_CHAIN;
	*what = "inputs root";
	if (!same(&header->inputs_root, &sums->inputs_root))
		return BB_ERR_HASH;
	*what = "results root";
	if (!same(&header->results_root, &sums->results_root))
		return BB_ERR_HASH;
	*what = "state root";
	if (chain->state_known && !same(&header->state_root, &sums->state_root))
		return BB_ERR_CHAIN;
	*what = "log size";
	if (header->log_size != sums->number + 1)
		return BB_ERR_CHAIN;
	*what = "log root";
	if (chain->tree_known && !same(&header->log_root, &sums->log_root))
		return BB_ERR_CHAIN;
	return BB_OK;
}

enum bb_result
bb_chain_accept(struct bb_chain *chain, const struct bb_block *block, const uint8_t nonce[16],
		const char **what)
{
	const struct bb_block_header *header = &block->header;
	struct sums sums;

	enum bb_result result = check_header(chain, header, nonce, what);
	if (result != BB_OK)
		return result;
	*what = "records";
	if (!sum_up(chain, block->bytes + BB_BLOCK_HEADER_SIZE, header, false, &sums))
		return BB_ERR_CHAIN;
	*what = "time of the first input";
	if (header->first_time_ns != bb_get_u64(block->bytes + BB_BLOCK_HEADER_SIZE + 16))
		return BB_ERR_CHAIN;
	result = check_sums(chain, header, &sums, what);
	if (result != BB_OK)
		return result;
	advance(chain, &sums, block);
	return BB_OK;
}

enum bb_result
bb_chain_segment(const struct bb_chain *chain, const struct bb_segment *segment, uint64_t index)
{
	const bool first = chain->next_height == 0;

	if (segment->index != index || segment->first_height != chain->next_height ||
	    segment->epoch != chain->epoch || !same(&segment->previous, &chain->block_hash))
		return BB_ERR_CHAIN;
	/* Segment 0 comes before genesis; bb_scan looks again once it has that. */
	if (!first && (!same(&segment->ledger_id, &chain->ledger_id) ||
		       memcmp(segment->signer_key, chain->signer_key, BB_KEY_SIZE) != 0))
		return BB_ERR_CHAIN;
	return BB_OK;
}

void
bb_chain_place(const struct bb_chain *chain, struct bb_ledger_place *place)
{
	BB_ASSERT(chain->next_height > 0);
	*place = (struct bb_ledger_place){ .height = chain->next_height - 1,
					   .sealed_ns = chain->sealed_ns,
					   .epoch = chain->epoch,
					   .number = chain->number,
					   .log_size = chain->tree.size,
					   .block_hash = chain->block_hash,
					   .state_root = chain->state_root,
					   .log_root = chain->log_root };
}
