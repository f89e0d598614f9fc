#include "ledger/bb_line.h"

#include <string.h>

#include "base/bb_assert.h"

/* Events of one block: those that make it close, and all that one more input can cause. */
static uint32_t
events_max(uint32_t input_events)
{
	return BB_BLOCK_CLOSE_MAX / BB_RESULT_SIZE + input_events;
}

static uint32_t
outcomes_max(uint32_t input_events)
{
	return events_max(input_events) + BB_LINE_PACKETS;
}

static uint64_t
block_room(uint32_t input_events)
{
	const uint64_t align = BB_BLOCK_ALIGN - 1;
	return (bb_block_size_max(input_events) + align) & ~align;
}

size_t
bb_line_bytes(uint32_t input_events)
{
	const size_t outcomes = (size_t)outcomes_max(input_events) * sizeof(struct bb_outcome);

	/* BB_BLOCK_ALIGN more a block: they begin where a disk can take them from. */
	return bb_arena_round(sizeof(struct bb_line)) +
	       BB_LINE_BLOCKS * (bb_arena_round(block_room(input_events) + BB_BLOCK_ALIGN) +
				 bb_arena_round(outcomes));
}

/* Empties a block for the next use of its memory. */
static void
open_block(struct bb_line_block *block)
{
	bb_block_open(&block->builder, block->builder.bytes, block->builder.size);
	block->outcome_count = 0;
	block->packet_count = 0;
	block->event_count = 0;
	block->sealed = false;
}

/* Takes room for a block at a multiple of BB_BLOCK_ALIGN. */
static uint8_t *
take_aligned(struct bb_arena *arena, uint64_t size)
{
	uint8_t *bytes = bb_arena_take(arena, size + BB_BLOCK_ALIGN);

	return bytes + (-(uintptr_t)bytes & (BB_BLOCK_ALIGN - 1));
}

struct bb_line *
bb_line_init(struct bb_arena *arena, uint32_t input_events, struct bb_chain *chain,
	     struct bb_places *places, const struct bb_identity *signer,
	     const struct bb_disk *disk)
{
	const size_t outcomes = (size_t)outcomes_max(input_events) * sizeof(struct bb_outcome);
	struct bb_line *line = bb_arena_take(arena, sizeof(*line));

	line->chain = chain;
	line->places = places;
	line->signer = signer;
	line->disk = *disk;
	line->outcomes_max = outcomes_max(input_events);
	bb_chain_place(chain, &line->durable);
	line->submitted_height = line->durable.height;
	line->durable_height = line->durable.height;
	line->released_height = line->durable.height;
	line->vouched = !chain->packets;
	for (uint32_t i = 0; i < BB_LINE_BLOCKS; i++) {
		struct bb_line_block *block = &line->of[i];

		block->builder.size = block_room(input_events);
		block->builder.bytes = take_aligned(arena, block->builder.size);
		block->outcomes = bb_arena_take(arena, outcomes);
		open_block(block);
	}
	return line;
}

void
bb_line_limits(struct bb_line *line, uint32_t close_bytes, uint64_t close_ns)
{
	BB_ASSERT(close_bytes >= 1 && close_bytes <= BB_BLOCK_CLOSE_MAX);
	line->close_bytes = close_bytes;
	line->close_ns = close_ns;
}

void
bb_line_heartbeat(struct bb_line *line, uint64_t heartbeat_ns)
{
	line->heartbeat_ns = heartbeat_ns;
}

static struct bb_line_block *
opened_block(struct bb_line *line)
{
	return &line->of[line->opened % BB_LINE_BLOCKS];
}

static struct bb_line_block *
released_block(struct bb_line *line)
{
	return &line->of[line->released % BB_LINE_BLOCKS];
}

/* Whether there is a block to fill: the one after the last may still be being released. */
static bool
has_open(const struct bb_line *line)
{
	return line->opened - line->released < BB_LINE_BLOCKS;
}

static uint64_t
body_size(const struct bb_line_block *block)
{
	return block->builder.used - BB_BLOCK_HEADER_SIZE +
	       (uint64_t)block->event_count * BB_RESULT_SIZE;
}

static bool
is_full(const struct bb_line *line, const struct bb_line_block *block)
{
	return body_size(block) >= line->close_bytes || block->packet_count == BB_LINE_PACKETS;
}

/* Puts a packet into the block; its events are there already. */
static void
take_packet(struct bb_line *line, struct bb_line_block *block,
	    const struct bb_packet_outcome *packet)
{
	const struct bb_bid *bid = packet->bid;
	struct bb_line_packet *at = &block->packets[block->packet_count++];
	const bool sequenced = packet->kind == BB_OUTCOME_PACKET &&
			       bid->route == BB_ROUTE_SEQUENCE;

	BB_ASSERT(packet->kind != BB_OUTCOME_BLOCK);
	BB_ASSERT((sequenced ? packet->event_count : 0) == line->partial);
	*at = (struct bb_line_packet){ .outcome = block->outcome_count,
				       .event = block->event_count - line->partial };
	if (sequenced)
		at->record = (uint32_t)bb_block_add_input(&block->builder,
							  bb_bid_is_tick(bid) ? BB_RECORD_TICK
									      : BB_RECORD_PACKET,
							  bid->number, bid->sequenced_ns,
							  bid->input, bid->input_size);
	line->partial = 0;
}

uint32_t
bb_line_push(struct bb_line *line, const struct bb_outcome *outcomes, uint32_t count,
	     uint64_t now_ns)
{
	struct bb_line_block *block = opened_block(line);
	uint32_t taken = 0;

	if (line->failed != BB_OK || !has_open(line))
		return 0;
	/* An input is never cut in two: only at a packet the block may be full. */
	while (taken < count && (line->partial > 0 || !is_full(line, block))) {
		const struct bb_outcome *outcome = &outcomes[taken++];

		if (block->outcome_count == 0)
			block->opened_ns = now_ns;
		BB_ASSERT(block->outcome_count < line->outcomes_max);
		block->outcomes[block->outcome_count] = *outcome;
		if (bb_outcome_is_event(outcome)) {
			block->event_count++;
			line->partial++;
		} else {
			take_packet(line, block, &outcome->packet);
		}
		block->outcome_count++;
	}
	return taken;
}

/* The head of a segment that begins with the next block of chain. */
static struct bb_segment
head_of(const struct bb_chain *chain, const struct bb_disk_place *place, uint64_t now_ns)
{
	struct bb_segment head = { .index = place->segment,
				   .size = place->segment_size,
				   .first_height = chain->next_height,
				   .created_ns = now_ns,
				   .ledger_id = chain->ledger_id,
				   .previous = chain->block_hash,
				   .epoch = chain->epoch };

	memcpy(head.nonce, place->nonce, sizeof(head.nonce));
	memcpy(head.signer_key, chain->signer_key, sizeof(head.signer_key));
	return head;
}

/* Closes the block in the place of the disk's choice and submits it. */
static void
seal(struct bb_line *line, struct bb_line_block *block, uint64_t now_ns)
{
	struct bb_disk_write write = { .place = block->place, .seal = &block->seal };
	struct bb_chain_terms terms = { .durable_height = line->durable_height,
					.now_ns = now_ns,
					.signer = line->signer };
	const struct bb_block *closed = &block->seal.block;

	memcpy(terms.nonce, block->place.nonce, sizeof(terms.nonce));
	if (block->place.first)
		write.head = head_of(line->chain, &block->place, now_ns);
	for (uint32_t i = 0; i < block->outcome_count; i++)
		if (bb_outcome_is_event(&block->outcomes[i]))
			bb_block_add_event(&block->builder, &block->outcomes[i].event);
	bb_chain_begin(line->chain, &block->builder, &terms, &block->seal);
	if (line->disk.begin != NULL)
		line->disk.begin(line->disk.context, &block->seal);
	bb_chain_close(line->chain, &block->builder, &block->seal);
	if (line->disk.begin == NULL) {
		bb_chain_again(&block->seal);
		bb_chain_sign(&block->seal);
	}
	bb_chain_place(line->chain, &block->summary);
	write.bytes = closed->bytes;
	write.size = closed->header.total_size;
	write.height = closed->header.height;
	write.epoch = closed->header.epoch;
	write.hash = closed->hash;
	block->sealed_size = write.size;
	block->sealed = true;
	line->submitted_height = write.height;
	line->vouched = !line->chain->packets;
	line->disk.submit(line->disk.context, &write);
}

static void
look_at_disk(struct bb_line *line, uint64_t now_ns)
{
	uint64_t height = 0;
	const enum bb_result result = line->disk.poll(line->disk.context, &height);

	if (result != BB_OK) {
		/* The disk may have been done with more before it failed; but whoever
		 * asks after the restart will be told. */
		line->failed = result;
		return;
	}
	BB_ASSERT(height >= line->durable_height && height <= line->submitted_height);
	line->durable_height = height;
	for (uint64_t i = line->released; i < line->opened; i++) {
		const struct bb_line_block *block = &line->of[i % BB_LINE_BLOCKS];

		if (!block->sealed || block->summary.height > height ||
		    block->summary.height <= line->durable.height)
			continue;
		line->durable = block->summary;
		line->durable_ns = now_ns;
		line->blocks++;
		line->block_bytes += block->sealed_size;
	}
}

/* Whether the open block must not wait any longer.  A clock that was set back makes the
 * difference large, and the block due. */
static bool
is_due(const struct bb_line *line, const struct bb_line_block *block, uint64_t now_ns,
       bool drained)
{
	const bool idle = line->durable_height == line->submitted_height;

	if (block->packet_count > 0)
		return is_full(line, block) || now_ns - block->opened_ns >= line->close_ns ||
		       (drained && idle);
	return line->heartbeat_ns > 0 && !line->vouched && idle &&
	       now_ns - line->durable_ns >= line->heartbeat_ns;
}

void
bb_line_turn(struct bb_line *line, uint64_t now_ns, bool drained)
{
	if (line->durable_ns == 0)
		line->durable_ns = now_ns;
	if (line->failed == BB_OK)
		look_at_disk(line, now_ns);
	if (line->failed != BB_OK || !has_open(line) || line->partial > 0)
		return;

	struct bb_line_block *block = opened_block(line);

	if (!is_due(line, block, now_ns, drained))
		return;
	if (block->builder.input_count > 0 || block->packet_count == 0) {
		if (!line->disk.reserve(line->disk.context, bb_block_total(body_size(block)),
					&block->place))
			return;
		seal(line, block, now_ns);
	}
	line->opened++;
	if (has_open(line))
		open_block(opened_block(line));
}

/* Starts the release of a repeat: what it gets is what the ledger says. */
static enum bb_result
find_original(struct bb_line *line, struct bb_packet_outcome *packet)
{
	struct bb_bid *bid = packet->bid;
	const struct bb_place *place =
		bb_places_get(line->places, bid->participant, bid->sequence);
	uint64_t size = 0;
	const uint8_t *segment =
		line->disk.look(line->disk.context, bb_place_segment(place), &size);
	const enum bb_result result =
		bb_place_read(place, segment, size, bid->participant, bid->sequence,
			      &packet->height, &line->repeat);

	if (result != BB_OK)
		return result;
	bid->number = line->repeat.number;
	bid->sequenced_ns = line->repeat.time_ns;
	packet->event_count = line->repeat.result_count;
	line->next_event = 0;
	line->event_end = line->repeat.result_count;
	line->repeating = true;
	return BB_OK;
}

static void
remember(struct bb_line *line, const struct bb_line_block *block,
	 const struct bb_line_packet *at, const struct bb_bid *bid)
{
	const struct bb_place place = {
		.block = bb_place_block(block->place.segment, block->place.offset),
		.input = at->record,
		.event = at->event,
	};

	bb_places_put(line->places, bid->participant, bid->sequence, &place);
}

/* Writes the next packet of the block; its events are next. */
static enum bb_result
release_packet(struct bb_line *line, const struct bb_line_block *block,
	       struct bb_outcome *outcome)
{
	const struct bb_line_packet *at = &block->packets[line->next_packet++];
	struct bb_packet_outcome *packet = &outcome->packet;

	*outcome = block->outcomes[at->outcome];
	line->repeating = false;
	line->next_event = 0;
	line->event_end = 0;
	if (packet->kind == BB_OUTCOME_REFUSED)
		return BB_OK;
	if (packet->bid->route == BB_ROUTE_REPEAT)
		return find_original(line, packet);
	if (packet->bid->route == BB_ROUTE_QUERY) {
		packet->height = block->sealed ? block->summary.height : line->released_height;
		return BB_OK;
	}
	packet->height = block->summary.height;
	line->next_event = at->outcome - packet->event_count;
	line->event_end = at->outcome;
	/* Only now, in line, so that every repeat finds what was there when it came.  Nobody
	 * repeats a tick. */
	if (!bb_bid_is_tick(packet->bid))
		remember(line, block, at, packet->bid);
	return BB_OK;
}

static enum bb_result
release_event(struct bb_line *line, const struct bb_line_block *block,
	      struct bb_outcome *outcome)
{
	const uint32_t index = line->next_event++;

	if (!line->repeating) {
		*outcome = block->outcomes[index];
		return BB_OK;
	}
	memset(outcome, 0, sizeof(*outcome));
	return bb_block_event(&line->repeat, index, &outcome->event) ? BB_OK : BB_ERR_CORRUPT;
}

/* Ends the release of a block; returns whether the egress hears of it. */
static bool
release_block(struct bb_line *line, struct bb_line_block *block, struct bb_outcome *outcome)
{
	const bool sealed = block->sealed;

	if (sealed) {
		*outcome = (struct bb_outcome){ .packet = { .height = block->summary.height,
							    .number = block->summary.number,
							    .kind = BB_OUTCOME_BLOCK } };
		line->released_height = block->summary.height;
	}
	line->next_packet = 0;
	line->released++;
	/* When all blocks were in use, this one is the next to be filled. */
	if (line->opened - line->released == BB_LINE_BLOCKS - 1)
		open_block(opened_block(line));
	return sealed;
}

uint32_t
bb_line_pull(struct bb_line *line, struct bb_outcome *outcomes, uint32_t room)
{
	uint32_t count = 0;

	while (count < room && line->released < line->opened && line->failed == BB_OK) {
		struct bb_line_block *block = released_block(line);
		enum bb_result result = BB_OK;

		if (block->sealed && block->summary.height > line->durable_height)
			break;
		if (line->next_event < line->event_end)
			result = release_event(line, block, &outcomes[count]);
		else if (line->next_packet < block->packet_count)
			result = release_packet(line, block, &outcomes[count]);
		else if (!release_block(line, block, &outcomes[count]))
			continue;
		if (result != BB_OK) {
			line->failed = result;
			break;
		}
		count++;
	}
	return count;
}

bool
bb_line_quiet(const struct bb_line *line)
{
	return line->failed == BB_OK && line->released == line->opened && line->partial == 0 &&
	       line->of[line->opened % BB_LINE_BLOCKS].packet_count == 0;
}
