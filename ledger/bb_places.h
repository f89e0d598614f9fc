/* bb_places - where in the ledger each participant's recent packets lie.
 *
 * A sender may repeat a packet until it is answered; the answer is read again from the
 * mapped ledger.  One slot for each of the last BB_WINDOW sequences of a participant: the
 * market calls a sequence a duplicate only while it is in that window, and then its slot
 * cannot belong to another.  Ticks have neither sender nor place.
 *
 * Units    sequences are the participants' own.
 * Memory   16 KiB a participant (1,024 slots of 16 B), touched when first used: 16 MiB for
 *          1,000 participants who all send, 2 GiB for the most there can be.
 * Threads  The ledger lcore only; before that, whoever opens the ledger.
 * Errors   Reading: BB_ERR_CORRUPT when the bytes are not what was put there.
 * Replay   Filled again by every opening, or out of a snapshot; never reaches a result.
 */
#ifndef BB_PLACES_H
#define BB_PLACES_H

#include "base/bb_arena.h"
#include "base/bb_sparse.h"
#include "ledger/bb_block.h"

struct bb_place {
	uint64_t block; /* segment << 20 | offset / 4096; 0: nothing here */
	uint32_t input; /* offset of the record in its block */
	uint32_t event; /* index of its first event in the block */
};

struct bb_places {
	struct bb_place *of;
	uint32_t participants;
};

size_t bb_places_bytes(uint32_t participants);
void bb_places_init(struct bb_places *places, struct bb_arena *arena, uint32_t participants);

/* bb_places_put remembers a packet; participant is 1..participants. */
void bb_places_put(struct bb_places *places, uint32_t participant, uint64_t sequence,
		   const struct bb_place *place);

/* bb_places_next writes the next record of base/bb_sparse.h about all places, from *at on; 0
 * after the last.  bb_places_load takes such records into places that were just made. */
size_t bb_places_next(const struct bb_places *places, uint8_t record[BB_SPARSE_ROOM],
		      uint64_t *at);
enum bb_result bb_places_load(struct bb_places *places, const uint8_t *bytes, uint64_t size);

/* bb_places_get returns what was put last for this residue of sequence. */
const struct bb_place *bb_places_get(const struct bb_places *places, uint32_t participant,
				     uint64_t sequence);

static inline uint64_t
bb_place_block(uint64_t segment, uint64_t offset)
{
	return segment << 20 | offset / BB_BLOCK_ALIGN;
}

static inline uint64_t
bb_place_segment(const struct bb_place *place)
{
	return place->block >> 20;
}

/* bb_place_read finds the packet of participant with this sequence at place, in its
 * segment of size bytes: *height of its block, and the input with its results. */
enum bb_result bb_place_read(const struct bb_place *place, const uint8_t *segment,
			     uint64_t size, uint32_t participant, uint64_t sequence,
			     uint64_t *height, struct bb_block_input *input);

#endif
