#include "ledger/bb_chain.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "ledger/bb_roots.h"
#include "wire/bb_hash_lanes.h"

_Static_assert(BB_ROOTS_BATCH <= BB_HASH_LANES_LEAVES, "a batch is one growth of the tree");

/* What follows from a body and the chain before it. */
struct sums {
	uint64_t number;
	uint64_t time_ns;
	struct bb_hash log_root;
	struct bb_tree tree;
	bool fits; /* all inputs may come next */
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
	BB_ASSERT(segment->first_height > 0);
	*chain = (struct bb_chain){ .next_height = segment->first_height,
				    .epoch = segment->epoch,
				    .ledger_id = segment->ledger_id,
				    .block_hash = segment->previous };
	memcpy(chain->signer_key, segment->signer_key, BB_KEY_SIZE);
	bb_tree_init(&chain->tree);
}

/* Whether an input may come next: genesis alone in the first block, recovery alone in a
 * block of its own, packets and ticks in order. */
static bool
check_input(const struct bb_chain *chain, struct sums *sums, const struct bb_block_input *input,
	    const struct bb_block_header *header)
{
	struct bb_block_recovery recovery;

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
	if (!bb_block_input_sound(input))
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

/* Adds the leaves of a batch: what stands in them is hashed already. */
static void
add_leaves(const struct bb_roots *roots, uint32_t count, struct bb_tree *tree)
{
	uint8_t leaves[BB_ROOTS_BATCH][1 + BB_LEAF_SIZE]; /* as hashed: 0x00 comes first */
	struct bb_hash hashes[BB_ROOTS_BATCH];
	struct bb_hash_job jobs[BB_ROOTS_BATCH];

	BB_ASSERT(count > 0 && count <= BB_ROOTS_BATCH);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *leaf = leaves[i];

		leaf[0] = 0x00;
		bb_put_u64(leaf + 1, roots->inputs[i].number);
		bb_put_u64(leaf + 9, roots->inputs[i].time_ns);
		memcpy(leaf + 17, roots->input_hashes[i].bytes, BB_HASH_SIZE);
		memcpy(leaf + 49, roots->result_hashes[i].bytes, BB_HASH_SIZE);
		jobs[i] = (struct bb_hash_job){ leaf, sizeof(leaves[i]), &hashes[i] };
	}
	bb_hash_lanes_run(jobs, count, BB_HASH_BEST);
	bb_hash_lanes_grow(tree, hashes, count, BB_HASH_BEST);
}

/* Walks a body to its end and computes what follows from it, but for the roots, which the
 * caller ends. */
static void
sum_up(const struct bb_chain *chain, const uint8_t *body, const struct bb_block_header *header,
       struct bb_roots *roots, struct sums *sums)
{
	uint32_t count = 0;

	memset(sums, 0, sizeof(*sums));
	sums->number = chain->number;
	sums->time_ns = chain->time_ns;
	sums->tree = chain->tree;
	sums->fits = header->input_count > 0 || check_heartbeat(chain, sums, header);
	bb_roots_start(roots, body, header);
	while ((count = bb_roots_next(roots)) > 0) {
		for (uint32_t i = 0; sums->fits && i < count; i++)
			sums->fits = check_input(chain, sums, &roots->inputs[i], header);
		if (sums->first_type != BB_RECORD_RECOVERY && chain->tree_known)
			add_leaves(roots, count, &sums->tree);
	}
	sums->log_root = bb_tree_root(&sums->tree);
}

/* The same for a block that is being sealed: it fits. */
static void
sum_up_own(const struct bb_seal *seal, struct sums *sums, struct bb_chain_roots *own)
{
	struct bb_roots roots;

	sum_up(&seal->before, seal->bytes + BB_BLOCK_HEADER_SIZE, &seal->measured, &roots, sums);
	BB_ASSERT(bb_roots_end(&roots, &own->inputs, &own->results) && sums->fits);
	own->state = next_state(&seal->before.state_root, &own->results);
	own->log = sums->log_root;
	own->log_size = sums->tree.size;
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
bb_chain_begin(const struct bb_chain *chain, const struct bb_block_builder *builder,
	       const struct bb_chain_terms *terms, struct bb_seal *seal)
{
	struct bb_block_header *header = &seal->measured;

	BB_ASSERT(chain->tree_known && chain->state_known && chain->number_known);
	*header = (struct bb_block_header){ .height = chain->next_height,
					    .epoch = chain->epoch,
					    .durable_height = terms->durable_height,
					    .previous = chain->block_hash };
	header->sealed_ns = terms->now_ns > chain->sealed_ns ? terms->now_ns : chain->sealed_ns;
	if (builder->last_time_ns > header->sealed_ns)
		header->sealed_ns = builder->last_time_ns;
	memcpy(header->nonce, terms->nonce, sizeof(header->nonce));
	bb_block_measure(builder, header);
	seal->before = *chain;
	seal->bytes = builder->bytes;
	seal->signer = terms->signer;
}

void
bb_chain_close(struct bb_chain *chain, struct bb_block_builder *builder, struct bb_seal *seal)
{
	struct bb_block_header header = seal->measured;
	struct bb_chain_roots roots;
	struct sums sums;

	BB_ASSERT(header.height == chain->next_height && seal->bytes == builder->bytes);
	sum_up_own(seal, &sums, &roots);
	if (sums.first_type == BB_RECORD_RECOVERY)
		header.epoch++;
	header.inputs_root = roots.inputs;
	header.results_root = roots.results;
	header.state_root = roots.state;
	header.log_size = roots.log_size;
	header.log_root = roots.log;
	bb_block_frame(builder, &header, &seal->block);
	advance(chain, &sums, &seal->block);
}

void
bb_chain_again(struct bb_seal *seal)
{
	struct sums sums;

	sum_up_own(seal, &sums, &seal->again);
}

void
bb_chain_sign(struct bb_seal *seal)
{
	const struct bb_block_header *header = &seal->block.header;
	const struct bb_chain_roots *again = &seal->again;

	BB_ASSERT(same(&header->inputs_root, &again->inputs) &&
		  same(&header->results_root, &again->results) &&
		  same(&header->state_root, &again->state) &&
		  same(&header->log_root, &again->log) && header->log_size == again->log_size);
	bb_block_sign(&seal->block, seal->bytes, seal->signer);
}

void
bb_chain_seal(struct bb_chain *chain, struct bb_block_builder *builder,
	      const struct bb_chain_terms *terms, struct bb_block *block)
{
	struct bb_seal seal;

	bb_chain_begin(chain, builder, terms, &seal);
	bb_chain_close(chain, builder, &seal);
	bb_chain_again(&seal);
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
	const struct bb_hash state_root = next_state(&chain->state_root, &header->results_root);

	*what = "state root";
	if (chain->state_known && !same(&header->state_root, &state_root))
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
	struct bb_roots roots;
	struct sums sums;

	enum bb_result result = check_header(chain, header, nonce, what);
	if (result != BB_OK)
		return result;
	sum_up(chain, block->bytes + BB_BLOCK_HEADER_SIZE, header, &roots, &sums);
	result = bb_roots_check(&roots, header, what);
	if (result != BB_OK)
		return result;
	*what = "records";
	if (!sums.fits)
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
