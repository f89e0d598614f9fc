#include "tests/sim_appliance/sim_store.h"

#include <string.h>

#include "base/bb_assert.h"

void
sim_store_nonce(struct bb_random *random, uint8_t nonce[16])
{
	for (uint32_t i = 0; i < 16; i++)
		nonce[i] = (uint8_t)bb_random_below(random, 256);
}

static void
seal_genesis(struct sim_store *store, const struct bb_genesis *genesis,
	     const struct bb_identity *signer, const uint8_t nonce[16], uint8_t *bytes)
{
	struct bb_chain chain;
	struct bb_block_builder builder;
	struct bb_block block;
	struct bb_chain_terms terms = { .now_ns = genesis->created_ns, .signer = signer };
	uint8_t record[BB_GENESIS_SIZE];

	memcpy(terms.nonce, nonce, sizeof(terms.nonce));
	bb_genesis_encode(record, genesis);
	bb_chain_start(&chain);
	bb_block_open(&builder, bytes, BB_BLOCK_ALIGN);
	(void)bb_block_add_input(&builder, BB_RECORD_GENESIS, 0, genesis->created_ns, record,
				 sizeof(record));
	bb_chain_seal(&chain, &builder, &terms, &block);
	store->mark = (struct bb_watermark){ .epoch = BB_EPOCH_FIRST,
					     .block_hash = block.hash,
					     .offset = BB_SEGMENT_BLOCKS,
					     .ledger_id = chain.ledger_id };
	sim_truth_seal(store->truth, &(struct sim_block){ .offset = BB_SEGMENT_BLOCKS,
							  .size = BB_BLOCK_ALIGN,
							  .hash = block.hash,
							  .bytes = bytes });
	sim_truth_durable(store->truth, 0, &block.hash, genesis->created_ns);
}

void
sim_store_create(struct sim_store *store, struct sim_disk *disk, struct sim_truth *truth,
		 struct bb_random *random, const struct bb_genesis *genesis,
		 const struct bb_identity *signer, uint64_t segment_size)
{
	uint8_t bytes[BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN] = { 0 };
	uint8_t mark[2 * BB_WATERMARK_SIZE] = { 0 };
	struct bb_segment head = { .size = segment_size,
				   .created_ns = genesis->created_ns,
				   .ledger_id = bb_genesis_ledger_id(genesis),
				   .epoch = BB_EPOCH_FIRST };

	*store = (struct sim_store){ .disk = disk, .truth = truth, .random = random };
	sim_store_nonce(random, head.nonce);
	memcpy(head.signer_key, signer->public_key, BB_KEY_SIZE);
	bb_segment_encode(bytes, &head);
	seal_genesis(store, genesis, signer, head.nonce, bytes + BB_SEGMENT_BLOCKS);
	bb_watermark_encode(mark, &store->mark);

	const uint32_t segment = sim_disk_make(disk, segment_size);
	BB_ASSERT(sim_disk_write(disk, segment, bytes, sizeof(bytes), 0) == BB_OK);
	BB_ASSERT(sim_disk_sync(disk, segment) == BB_OK);
	disk->names.segments[disk->names.segment_count++] = segment;
	if (!sim_one_in(random, 8)) { /* or a crash left the ledger without one */
		disk->names.mark = sim_disk_make(disk, sizeof(mark));
		BB_ASSERT(sim_disk_write(disk, disk->names.mark, mark, sizeof(mark), 0) == BB_OK);
		BB_ASSERT(sim_disk_sync(disk, disk->names.mark) == BB_OK);
	}
	BB_ASSERT(sim_disk_sync_names(disk) == BB_OK);
}

void
sim_store_witness(const struct sim_disk *disk, struct bb_witness *witness)
{
	const uint32_t mark = disk->names.mark;

	bb_witness_read(witness, mark == SIM_NONE ? NULL : disk->files[mark].seen,
			UINT64_C(2) * BB_WATERMARK_SIZE);
}

struct mending {
	struct sim_disk *disk;
	struct sim_truth *truth;
	uint64_t segment;
	uint32_t file;
};

static enum bb_result
mend_zero(void *context, uint64_t offset, uint64_t size)
{
	const struct mending *mending = context;

	return sim_disk_zero(mending->disk, mending->file, offset, size);
}

static enum bb_result
mend_write(void *context, const uint8_t *bytes, uint64_t size, uint64_t offset)
{
	const struct mending *mending = context;
	const char *what = "";
	struct bb_block block;

	BB_ASSERT(bb_block_view(&block, bytes, size, &what) == BB_OK);
	sim_truth_seal(mending->truth, &(struct sim_block){ .height = block.header.height,
							    .segment = mending->segment,
							    .offset = offset,
							    .size = size,
							    .hash = block.hash,
							    .bytes = bytes });
	return sim_disk_write(mending->disk, mending->file, bytes, size, offset);
}

static enum bb_result
mend_sync(void *context)
{
	const struct mending *mending = context;

	return sim_disk_sync(mending->disk, mending->file);
}

enum bb_result
sim_store_mend(struct sim_disk *disk, struct sim_truth *truth, struct bb_recover *recover,
	       const struct bb_identity *signer, uint64_t now_ns)
{
	struct mending mending = {
		.disk = disk,
		.truth = truth,
		.segment = recover->pass.segment_index,
		.file = disk->names.segments[recover->pass.segment_index],
	};
	const struct bb_recover_file file = { .context = &mending,
					      .zero = mend_zero,
					      .write = mend_write,
					      .sync = mend_sync };

	return bb_recover_mend(recover, &file, signer, now_ns);
}

