#include "tests/sim_appliance/sim_truth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"

void
sim_truth_begin(struct sim_truth *truth)
{
	uint8_t *bytes = truth->bytes;

	if (bytes == NULL)
		bytes = malloc(SIM_BYTES);
	BB_ASSERT(bytes != NULL);
	memset(truth, 0, sizeof(*truth));
	truth->bytes = bytes;
}

static bool
same(const struct bb_hash *a, const struct bb_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
sim_truth_seal(struct sim_truth *truth, const struct sim_block *block)
{
	BB_ASSERT(truth->block_count < SIM_BLOCKS);
	BB_ASSERT(truth->bytes_used + block->size <= SIM_BYTES);
	struct sim_block *kept = &truth->blocks[truth->block_count++];

	*kept = *block;
	kept->durable_ns = 0;
	kept->bytes = memcpy(truth->bytes + truth->bytes_used, block->bytes, block->size);
	truth->bytes_used += block->size;
}

const struct sim_block *
sim_truth_find(const struct sim_truth *truth, uint64_t height, const struct bb_hash *hash)
{
	for (uint32_t i = truth->block_count; i-- > 0;)
		if (truth->blocks[i].height == height && same(&truth->blocks[i].hash, hash))
			return &truth->blocks[i];
	return NULL;
}

void
sim_truth_durable(struct sim_truth *truth, uint64_t height, const struct bb_hash *hash,
		  uint64_t now_ns)
{
	const struct sim_block *block = sim_truth_find(truth, height, hash);

	BB_ASSERT(block != NULL && height == truth->chain_end);
	truth->chain[height] = (uint32_t)(block - truth->blocks);
	truth->blocks[truth->chain[height]].durable_ns = now_ns;
	truth->chain_end++;
}

static struct sim_input *
input_of(struct sim_truth *truth, uint32_t participant, uint64_t sequence)
{
	BB_ASSERT(participant < SIM_MEMBERS && sequence < SIM_SEQUENCES);
	return &truth->inputs[participant][sequence];
}

void
sim_truth_packet(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
		 const uint8_t *input, uint32_t size)
{
	input_of(truth, participant, sequence)->packet = bb_hash_of(input, size);
}

void
sim_truth_sequenced(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
		    uint64_t number, const uint8_t *input, uint32_t size)
{
	struct sim_input *of = input_of(truth, participant, sequence);
	const struct bb_hash hash = bb_hash_of(input, size);

	if (!same(&hash, &of->packet))
		sim_fail("input %" PRIu64 " is no packet of participant %u", number, participant);
	if (of->number != 0)
		sim_fail("packet %" PRIu64 " of participant %u is applied twice: as input %" PRIu64
			 " and %" PRIu64, sequence, participant, of->number, number);
	of->number = number;
}

void
sim_truth_answered(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
		   uint64_t number, uint64_t height, const struct bb_hash *events)
{
	struct sim_input *of = input_of(truth, participant, sequence);

	if (of->number != number)
		sim_fail("packet %" PRIu64 " of participant %u is input %" PRIu64
			 " but answered as %" PRIu64, sequence, participant, of->number, number);
	if (of->answered_number != 0 &&
	    (of->answered_number != number || !same(&of->answered_events, events)))
		sim_fail("packet %" PRIu64 " of participant %u is answered in two ways, as input "
			 "%" PRIu64 " and %" PRIu64, sequence, participant, of->answered_number,
			 number);
	of->answered_number = number;
	of->answered_events = *events;
	if (height > truth->promised_height)
		truth->promised_height = height;
}

void
sim_truth_block(const struct sim_truth *truth, const struct bb_recover *recover)
{
	const struct bb_pass *pass = &recover->pass;
	const struct bb_chain *chain = &pass->scan.chain;
	const uint64_t height = chain->next_height - 1;
	const struct sim_block *block = sim_truth_find(truth, height, &chain->block_hash);
	const uint8_t *bytes = pass->segments[pass->block_segment].bytes + pass->block_offset;

	if (block == NULL)
		sim_fail("block %" PRIu64 " was accepted, but never sealed", height);
	if (block->segment != pass->block_segment || block->offset != pass->block_offset)
		sim_fail("block %" PRIu64 " lies at another place than it was written to", height);
	if (memcmp(block->bytes, bytes, block->size) != 0)
		sim_fail("block %" PRIu64 " was accepted, but its bytes are not those sealed: torn "
			 "or damaged", height);
	if (height < truth->chain_end && block != &truth->blocks[truth->chain[height]])
		sim_fail("block %" PRIu64 " is not the durable one of this height", height);
}

void
sim_truth_end(const struct sim_truth *truth, const struct bb_recover *recover)
{
	const uint64_t end = recover->pass.scan.chain.next_height;

	if (end < truth->chain_end)
		sim_fail("the ledger ends before block %" PRIu64 ", but %" PRIu64 " is durable",
			 end, truth->chain_end - 1);
	if (end <= truth->promised_height)
		sim_fail("the ledger ends before block %" PRIu64 ", but something in block %" PRIu64
			 " was answered: lost", end, truth->promised_height);
}

void
sim_truth_forget(struct sim_truth *truth)
{
	for (uint32_t participant = 0; participant < SIM_MEMBERS; participant++)
		for (uint32_t sequence = 0; sequence < SIM_SEQUENCES; sequence++)
			truth->inputs[participant][sequence].number = 0;
}

void
sim_truth_recovered(struct sim_truth *truth, const struct bb_recover *recover)
{
	const struct bb_pass *pass = &recover->pass;
	const uint8_t *bytes = pass->segments[pass->block_segment].bytes + pass->block_offset;
	struct bb_block_header header;
	struct bb_block_input input;
	struct bb_packet packet;

	BB_ASSERT(bb_block_header_decode(&header, bytes) == BB_OK);
	struct bb_block_cursor walk =
		bb_block_walk(bytes + BB_BLOCK_HEADER_SIZE, header.body_size, header.input_count,
			      header.result_count);
	while (bb_block_next(&walk, &input)) {
		if (input.type != BB_RECORD_PACKET)
			continue;
		BB_ASSERT(bb_packet_decode_input(input.bytes, input.size, &packet) == BB_OK);
		sim_truth_sequenced(truth, packet.participant, packet.sequence, input.number,
				    input.bytes, input.size);
	}
}

void
sim_truth_recounted(const struct sim_truth *truth)
{
	for (uint32_t i = 0; i < SIM_MEMBERS * SIM_SEQUENCES; i++) {
		const uint32_t participant = i / SIM_SEQUENCES;
		const uint32_t sequence = i % SIM_SEQUENCES;
		const struct sim_input *of = &truth->inputs[participant][sequence];

		if (of->answered_number != 0 && of->number != of->answered_number)
			sim_fail("packet %u of participant %u was answered as input %" PRIu64
				 ", and is now %" PRIu64, sequence, participant,
				 of->answered_number, of->number);
	}
}

void
sim_truth_adopt(struct sim_truth *truth, const struct bb_recover *recover, uint64_t now_ns)
{
	const struct bb_chain *chain = &recover->pass.scan.chain;
	struct bb_hash hash = chain->block_hash;

	/* From the last block back, as each one names the one before. */
	for (uint64_t height = chain->next_height; height-- > truth->chain_end;) {
		struct bb_block_header header;
		const struct sim_block *block = sim_truth_find(truth, height, &hash);

		BB_ASSERT(block != NULL && bb_block_header_decode(&header, block->bytes) == BB_OK);
		truth->chain[height] = (uint32_t)(block - truth->blocks);
		hash = header.previous;
	}
	truth->chain_end = chain->next_height;
	/* What no witness knew yet gets one soon, as if it had become durable now. */
	for (uint64_t height = 0; height < truth->chain_end; height++) {
		struct sim_block *block = &truth->blocks[truth->chain[height]];

		if (block->durable_ns == 0 || block->durable_ns + SIM_WITNESS_NS > now_ns)
			block->durable_ns = now_ns;
	}
}
