/* fuzz_ledger_open - whatever lies in a ledger's files, reading them ends with a result.
 *
 * The first byte chooses: 0 a segment made of the rest; 1 the records of a body; 2 the small
 * fixed structures; else a sound ledger whose bytes the rest changes, {3 place, 1 xor} at a
 * time; odd: the block that was hit is sealed again, so that what no hash can find is left
 * to chain and replay.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_pass.h"
#include "ledger/bb_places.h"
#include "ledger/bb_roots.h"
#include "tests/ledger/disk_model.h"
#include "tests/ledger/ledger_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { INPUTS = 40, BLOCKS = 64, SEGMENT = 1 << 20 };

static struct world world;
static uint8_t sound[SEGMENT];
static uint8_t image[SEGMENT];
static uint64_t starts[BLOCKS];
static uint32_t block_count;
static uint64_t used;

/* Makes the sound ledger: INPUTS inputs, four to a block. */
static void
make_sound(void)
{
	static struct bb_outcome outcomes[4][WORLD_OUTCOMES];
	struct bb_segment head = { .size = SEGMENT, .epoch = BB_EPOCH_FIRST };
	struct bb_chain chain;
	struct bb_block block;
	struct bb_chain_terms terms = { .signer = &world.signer };

	world_begin(&world, 1);
	disk_nonce(head.nonce, 0);
	memcpy(terms.nonce, head.nonce, sizeof(terms.nonce));
	head.ledger_id = world.ledger_id;
	memcpy(head.signer_key, world.signer.public_key, BB_KEY_SIZE);
	bb_segment_encode(sound, &head);
	used = BB_SEGMENT_BLOCKS;
	world_chain(&world, &chain, sound + used, head.nonce, &block);
	for (uint32_t i = 0; i <= INPUTS / 4; i++) {
		starts[block_count++] = used;
		used += block.header.total_size;
		if (i == INPUTS / 4)
			break;
		struct bb_block_builder builder;
		uint32_t counts[4];

		bb_block_open(&builder, sound + used, SEGMENT - used);
		for (uint32_t j = 0; j < 4; j++) {
			counts[j] = world_input(&world, outcomes[j]);
			const struct bb_bid *bid = outcomes[j][counts[j] - 1].packet.bid;
			const bool tick = bb_bid_is_tick(bid);
			(void)bb_block_add_input(&builder,
						 tick ? BB_RECORD_TICK : BB_RECORD_PACKET,
						 bid->number, bid->sequenced_ns, bid->input,
						 bid->input_size);
		}
		for (uint32_t j = 0; j < 4; j++)
			for (uint32_t k = 0; k + 1 < counts[j]; k++)
				bb_block_add_event(&builder, &outcomes[j][k].event);
		terms.durable_height = chain.next_height - 1;
		terms.now_ns = world.time_ns;
		bb_chain_seal(&chain, &builder, &terms, &block);
	}
	memcpy(image, sound, SEGMENT);
}

/* Reads all of it; still: as opening does, else as who reads a ledger that is being written. */
static enum bb_result
read_ledger(const uint8_t *bytes, uint64_t size, bool still)
{
	static struct bb_pass pass;
	static struct bb_replay replay;
	const struct bb_mapping mapping = { bytes, size };
	const struct bb_witness none = { .state = BB_WITNESS_NONE };
	char text[BB_LEDGER_TEXT];
	struct bb_block block;
	void *market_bytes = NULL;

	bb_replay_start(&replay, world_market(&world, &market_bytes),
			bb_packet_venue(world.ledger_id.bytes), false);
	enum bb_result result = bb_pass_start(&pass, &mapping, 1, 0, &none, text);
	pass.tolerate_tail = !still;
	pass.still = still;
	while (result == BB_OK && (result = bb_pass_next(&pass, &block)) == BB_OK) {
		struct bb_block_cursor walk =
			bb_block_walk(block.bytes + BB_BLOCK_HEADER_SIZE, block.header.body_size,
				      block.header.input_count, block.header.result_count);
		struct bb_block_input input;

		while (result == BB_OK && bb_block_next(&walk, &input))
			result = bb_replay_input(&replay, &input);
	}
	free(market_bytes);
	return result;
}

static void
walk_body(const uint8_t *bytes, size_t size)
{
	struct bb_block_input input;
	struct bb_event event;

	if (size < 4)
		return;
	struct bb_block_cursor walk =
		bb_block_walk(bytes + 4, size - 4, bb_get_u16(bytes), bb_get_u16(bytes + 2));
	const struct bb_block_cursor fresh = walk;

	while (bb_block_next(&walk, &input)) {
		const uint32_t index =
			(uint32_t)((input.results - fresh.inputs_end) / BB_RESULT_SIZE);
		struct bb_block_input again;

		BB_ASSERT(bb_block_seek(&fresh, input.record, index, &again));
		BB_ASSERT(again.size == input.size && again.number == input.number);
		for (uint32_t i = 0; i < input.result_count; i++)
			(void)bb_block_event(&input, i, &event);
	}
}

static void
read_structures(const uint8_t *bytes, size_t size)
{
	uint8_t padded[BB_SEGMENT_BLOCKS] = { 0 };
	struct bb_genesis genesis;
	struct bb_segment segment;
	struct bb_watermark watermark;
	struct bb_block_header header;
	uint8_t again[BB_GENESIS_SIZE];
	uint32_t damaged = 0;

	if (bb_genesis_decode(&genesis, bytes, size) == BB_OK) {
		bb_genesis_encode(again, &genesis);
		BB_ASSERT(memcmp(again, bytes, sizeof(again)) == 0);
	}
	memcpy(padded, bytes, size < sizeof(padded) ? size : sizeof(padded));
	(void)bb_segment_read(&segment, padded, &damaged);
	(void)bb_watermark_read(&watermark, bytes, size);
	(void)bb_block_header_decode(&header, padded);
}

/* Makes the hashes of the block at index right again, whatever its fields now say. */
static void
seal_again(uint32_t index)
{
	uint8_t *at = image + starts[index];
	struct bb_block_header header;
	struct bb_block block;
	struct bb_roots roots;

	(void)bb_block_header_decode(&header, at);
	if (header.total_size % BB_BLOCK_ALIGN != 0 ||
	    header.body_size > SEGMENT - starts[index] - BB_BLOCK_HEADER_SIZE ||
	    header.total_size > SEGMENT - starts[index] ||
	    header.total_size < BB_BLOCK_HEADER_SIZE + header.body_size + BB_BLOCK_TRAILER_SIZE)
		return;
	struct bb_block_builder builder = { .bytes = at,
					    .size = header.total_size,
					    .used = BB_BLOCK_HEADER_SIZE + header.body_size };

	bb_roots_start(&roots, at + BB_BLOCK_HEADER_SIZE, &header);
	while (bb_roots_next(&roots) > 0)
		;
	(void)bb_roots_end(&roots, &header.inputs_root, &header.results_root);
	bb_block_seal(&builder, &header, &world.signer, &block);
}

static void
read_changed(const uint8_t *bytes, size_t size, bool seal)
{
	const uint64_t changeable = used + BB_BLOCK_ALIGN;

	memcpy(image, sound, SEGMENT); /* a block that says that it is long may be sealed as one */
	for (; size >= 4; bytes += 4, size -= 4) {
		const uint32_t place = bb_get_u16(bytes) | (uint32_t)bytes[2] << 16;
		const uint64_t at = place % changeable;
		uint32_t index = block_count - 1;

		image[at] ^= bytes[3];
		while (index > 0 && starts[index] > at)
			index--;
		if (seal)
			seal_again(index);
	}
	const bool same = memcmp(image, sound, SEGMENT) == 0;

	for (uint32_t still = 0; still < 2; still++) {
		const enum bb_result result = read_ledger(image, sizeof(image), still == 1);
		BB_ASSERT(!same || result == BB_ERR_NOT_FOUND);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (block_count == 0)
		make_sound();
	if (size == 0)
		return 0;
	const uint8_t what = bytes[0];

	bytes++;
	size--;
	if (what == 0)
		(void)read_ledger(bytes, size, true);
	else if (what == 1)
		walk_body(bytes, size);
	else if (what == 2)
		read_structures(bytes, size);
	else
		read_changed(bytes, size, what % 2 == 1);
	return 0;
}
