#include "ledger/bb_places.h"

#include "base/bb_assert.h"

_Static_assert(sizeof(struct bb_place) == 16, "the sum in the header");
_Static_assert(BB_SEGMENT_SIZE_MAX / BB_BLOCK_ALIGN <= 1u << 20, "an offset fits its bits");

size_t
bb_places_bytes(uint32_t participants)
{
	return bb_arena_round((size_t)participants * BB_WINDOW * sizeof(struct bb_place));
}

void
bb_places_init(struct bb_places *places, struct bb_arena *arena, uint32_t participants)
{
	places->of = bb_arena_take(arena, bb_places_bytes(participants));
	places->participants = participants;
}

static size_t
slot_of(const struct bb_places *places, uint32_t participant, uint64_t sequence)
{
	BB_ASSERT(participant >= 1 && participant <= places->participants);
	return (size_t)(participant - 1) * BB_WINDOW + sequence % BB_WINDOW;
}

void
bb_places_put(struct bb_places *places, uint32_t participant, uint64_t sequence,
	      const struct bb_place *place)
{
	places->of[slot_of(places, participant, sequence)] = *place;
}

size_t
bb_places_next(const struct bb_places *places, uint8_t record[BB_SPARSE_ROOM], uint64_t *at)
{
	return bb_sparse_next(record, (const uint8_t *)places->of,
			      bb_places_bytes(places->participants), at);
}

enum bb_result
bb_places_load(struct bb_places *places, const uint8_t *bytes, uint64_t size)
{
	uint8_t *memory = (uint8_t *)places->of;
	struct bb_sparse_reader reader;
	enum bb_result result =
		bb_sparse_read(&reader, bytes, size, bb_places_bytes(places->participants));

	while (result == BB_OK && reader.there)
		result = bb_sparse_take(&reader, memory + reader.page * BB_SPARSE_PAGE);
	return result;
}

const struct bb_place *
bb_places_get(const struct bb_places *places, uint32_t participant, uint64_t sequence)
{
	return &places->of[slot_of(places, participant, sequence)];
}

enum bb_result
bb_place_read(const struct bb_place *place, const uint8_t *segment, uint64_t size,
	      uint32_t participant, uint64_t sequence, uint64_t *height,
	      struct bb_block_input *input)
{
	const uint64_t offset = (place->block & ((1u << 20) - 1)) * BB_BLOCK_ALIGN;
	struct bb_block_header header;
	struct bb_block_cursor cursor;
	struct bb_packet packet;

	/* These bytes were checked when they were put here; but a disk may have changed
	 * them since the kernel last read them. */
	if (place->block == 0 || offset + BB_BLOCK_ALIGN > size ||
	    bb_block_header_decode(&header, segment + offset) != BB_OK ||
	    header.total_size > size - offset || place->event > header.result_count ||
	    place->input < BB_BLOCK_HEADER_SIZE)
		return BB_ERR_CORRUPT;
	const uint8_t *body = segment + offset + BB_BLOCK_HEADER_SIZE;

	cursor = bb_block_walk(body, header.body_size, header.input_count, header.result_count);
	if (!bb_block_seek(&cursor, segment + offset + place->input, place->event, input) ||
	    input->type != BB_RECORD_PACKET ||
	    bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK ||
	    packet.participant != participant || packet.sequence != sequence)
		return BB_ERR_CORRUPT;
	*height = header.height;
	return BB_OK;
}
