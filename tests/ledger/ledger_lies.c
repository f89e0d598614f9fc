#include "tests/ledger/ledger_lies.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"

void
lies_begin(struct lies *lies, uint64_t seed)
{
	memset(lies, 0, sizeof(*lies));
	folder_begin(&lies->folder, &lies->world, seed);
	folder_remove(&lies->folder, LIES_NAME);
	BB_ASSERT(bb_ledger_create(lies->folder.path, &lies->world.genesis,
				   &lies->world.signer, LIES_SEGMENT,
				   lies->folder.text) == BB_OK);
	size_t size = 0;
	lies->segment = folder_read(&lies->folder, LIES_NAME, &size);
	BB_ASSERT(size == LIES_SEGMENT);
}

void
lies_end(struct lies *lies)
{
	free(lies->segment);
	folder_end(&lies->folder);
}

/* Adds the next input with its events, and the lie that is planned for it. */
static void
add_input(struct lies *lies, struct bb_block_builder *builder, enum lie *planned)
{
	static struct bb_outcome outcomes[WORLD_OUTCOMES];
	const uint32_t count = world_input(&lies->world, outcomes) - 1;
	struct world_packet *packet = lies->world.packets[lies->world.packet_count - 1];
	const struct bb_bid *bid = &packet->bid;
	const bool tick = bb_bid_is_tick(bid);
	struct bb_event event = outcomes[0].event;

	lies->ticks += tick;
	if (tick && planned[0] == LIE_PACKET) {
		planned[0] = LIE_NONE;
		planned[1] = LIE_PACKET;
	}
	const enum lie lie = planned[0];
	if (lie == LIE_PACKET)
		packet->bytes[bid->input_size - 40] ^= 1;
	(void)bb_block_add_input(builder, tick ? BB_RECORD_TICK : BB_RECORD_PACKET, bid->number,
				 bid->sequenced_ns, bid->input, bid->input_size);
	if (lie == LIE_EVENT)
		lies->change(&event);
	for (uint32_t i = 0; i + (lie == LIE_FEWER) < count; i++)
		bb_block_add_event(builder, i == 0 ? &event : &outcomes[i].event);
	if (lie == LIE_MORE)
		bb_block_add_event(builder, &event);
}

void
lies_tell(struct lies *lies, uint32_t inputs)
{
	struct bb_chain chain;
	struct bb_scan scan;
	struct bb_block block;
	uint32_t damaged = 0;

	bb_chain_start(&chain);
	bb_scan_start(&scan, &chain);
	BB_ASSERT(bb_scan_segment(&scan, lies->segment, LIES_SEGMENT, 0, &damaged) == BB_OK &&
		  bb_scan_next(&scan, &block) == BB_OK);
	for (uint32_t height = 1; height <= inputs; height++) {
		const enum lie lie = lies->plan[height];
		struct bb_chain_terms terms = { .durable_height = height - 1,
						.signer = lie == LIE_BLOCK ? &lies->world.operator
									   : &lies->world.signer };
		struct bb_block_builder builder;

		memcpy(terms.nonce, scan.segment.nonce, sizeof(terms.nonce));
		bb_block_open(&builder, lies->segment + scan.offset, LIES_SEGMENT - scan.offset);
		add_input(lies, &builder, &lies->plan[height]);
		bb_chain_seal(&scan.chain, &builder, &terms, &block);
		if (lie == LIE_BYTE)
			lies->segment[scan.offset + 600] ^= 1;
		scan.offset += block.header.total_size;
	}
	folder_write(&lies->folder, LIES_NAME, lies->segment, LIES_SEGMENT);
}

uint64_t
lies_first(const struct lies *lies)
{
	uint64_t height = 1;

	while (lies->plan[height] == LIE_NONE)
		height++;
	return height;
}
