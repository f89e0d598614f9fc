/* gen_batch - the packets of one phase: signed before the first of them is sent, so that
 * signing does not slow the sender, and kept until the last is answered.
 *
 * Packets lie in the order of their participants; they are sent first ones first, so that
 * nobody's last packet comes before another's first.
 *
 * Memory   gen_batch_clear keeps what it has for the next phase; gen_batch_free gives it back.
 * Threads  One.
 * Errors   NULL and false without memory.
 * Replay   Not part of it.
 */
#ifndef GEN_BATCH_H
#define GEN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gen_packet_state {
	GEN_WAITING,   /* not sent yet */
	GEN_UNDER_WAY, /* sent, not answered */
	GEN_ANSWERED,
	GEN_REFUSED,
	GEN_LOST,
};

struct gen_packet {
	size_t offset;     /* of its bytes in the batch */
	uint64_t sequence;
	uint64_t first_ns; /* when it was first sent */
	uint64_t due_ns;   /* when it is to be repeated */
	uint32_t member;   /* index */
	uint32_t outstanding; /* UNDER_WAY: place among those */
	uint32_t events;   /* in the answer, so far */
	uint32_t trades;
	uint16_t size;
	uint16_t repeats;
	uint16_t next_part; /* of the answer */
	uint16_t orders; /* NEW and REPLACE records */
	uint8_t state; /* enum gen_packet_state */
};

struct gen_batch {
	uint8_t *bytes;
	size_t bytes_used, bytes_room;
	struct gen_packet *packets;
	uint32_t *order; /* in which they are sent */
	uint32_t count, room;
	bool queries; /* not bids: they have no place in the ledger and no orders */
};

void gen_batch_clear(struct gen_batch *batch);
void gen_batch_free(struct gen_batch *batch);

/* gen_batch_add appends a packet with room for size bytes and returns it.  Both it and
 * its bytes move with the next one. */
struct gen_packet *gen_batch_add(struct gen_batch *batch, size_t size);

static inline uint8_t *
gen_batch_bytes(const struct gen_batch *batch, const struct gen_packet *packet)
{
	return batch->bytes + packet->offset;
}

#endif
