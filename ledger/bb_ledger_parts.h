/* bb_ledger_parts - what struct bb_ledger is made of; for the files of this folder.
 *
 *	bb_create.c   a new ledger          bb_ledger_duty.c   line between rings
 *	bb_open.c     recovery, replay, close, what other threads may ask
 */
#ifndef BB_LEDGER_PARTS_H
#define BB_LEDGER_PARTS_H

#include <stdatomic.h>

#include "ledger/bb_line.h"
#include "ledger/bb_store.h"

#define BB_PLACE_WORDS (sizeof(struct bb_ledger_place) / sizeof(uint64_t))

_Static_assert(sizeof(struct bb_ledger_place) % sizeof(uint64_t) == 0, "copied word by word");

struct bb_ledger {
	struct bb_store store;
	struct bb_chain chain;
	struct bb_identity signer;
	struct bb_places places;
	struct bb_line *line;
	void *memory; /* of places and line */
	uint64_t memory_size;

	/* The last durable block, for any thread.  version is odd while the lcore writes. */
	_Atomic uint64_t version;
	_Atomic uint64_t durable[BB_PLACE_WORDS];
};

/* bb_ledger_publish makes *place the answer of bb_ledger_durable; the ledger lcore alone. */
void bb_ledger_publish(struct bb_ledger *ledger, const struct bb_ledger_place *place);

#endif
