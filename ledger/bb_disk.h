/* bb_disk - what the line of blocks asks of a disk: bb_store.c, or a simulator.
 *
 * Functions are called by the ledger lcore and never block.  A block that was submitted
 * belongs to the disk until its height is durable; the disk writes blocks in order.
 *
 * A disk that signs hears of each block when its sealing begins (bb_chain_begin) and ends it,
 * before it writes any byte of it: with bb_chain_again, which may run on a thread of the disk's
 * while the line closes the block, and bb_chain_sign, once the block is submitted.  To all
 * others the line gives blocks that are whole.
 */
#ifndef BB_DISK_H
#define BB_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/bb_chain.h"
#include "ledger/bb_segment.h"

/* Where a block will lie. */
struct bb_disk_place {
	uint64_t segment;
	uint64_t offset;
	uint64_t segment_size;
	uint8_t nonce[16]; /* of the segment */
	bool first;        /* the first block of a segment that is made with it */
};

struct bb_disk_write {
	const uint8_t *bytes;
	uint64_t size;
	struct bb_disk_place place;
	uint64_t height;
	uint64_t epoch;
	struct bb_hash hash;
	struct bb_segment head; /* to be written before the block, if place.first */
	struct bb_seal *seal;   /* to be ended by a disk that signs */
};

struct bb_disk {
	void *context;

	/* Tells of the block that is submitted next; NULL: this disk does not sign. */
	void (*begin)(void *context, struct bb_seal *seal);

	/* Finds the place for the next block of size bytes; false: none now, ask again.  A
	 * place that was given is submitted to before the next one is asked for. */
	bool (*reserve)(void *context, uint64_t size, struct bb_disk_place *place);
	void (*submit)(void *context, const struct bb_disk_write *write);

	/* Tells up to which height all is durable; anything but BB_OK is final. */
	enum bb_result (*poll)(void *context, uint64_t *durable_height);

	/* Returns the bytes of a segment, to read a durable block from. */
	const uint8_t *(*look)(void *context, uint64_t segment, uint64_t *size);
};

#endif
