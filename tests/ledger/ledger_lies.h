/* ledger_lies - a venue that lies in its ledger, as planned.
 *
 * Blocks of one input each are sealed here with the venue's own key, and the lies are planted
 * before the sealing: all hashes are right, and only signatures and a replay can tell.
 *
 * Memory   One venue at a time; everything goes with lies_end.
 */
#ifndef LEDGER_LIES_H
#define LEDGER_LIES_H

#include "tests/ledger/ledger_folder.h"

#define LIES_SEGMENT  (UINT64_C(6) << 20)
#define LIES_INPUTS   1000u /* at most */
#define LIES_OPERATED 8u /* the first inputs are the operator's: WORLD_TRADERS and the products */
#define LIES_NAME     "seg-0000000000000000"

enum lie {
	LIE_NONE,
	LIE_BYTE,   /* a byte of the block, after sealing */
	LIE_BLOCK,  /* the block is signed by the operator */
	LIE_PACKET, /* a byte of the participant's signature */
	LIE_EVENT,  /* `change` is done to an event */
	LIE_MORE,   /* an event more than the market would make */
	LIE_FEWER,  /* the last event is left out */
	LIES
};

struct lies {
	struct world world;
	struct folder folder;
	enum lie plan[LIES_INPUTS + 2]; /* by height, which is the input's number too */
	void (*change)(struct bb_event *event);
	uint64_t ticks; /* among the inputs */
	uint8_t *segment; /* the file */
};

/* lies_begin makes an empty ledger and an empty plan. */
void lies_begin(struct lies *lies, uint64_t seed);
void lies_end(struct lies *lies);

/* lies_tell seals inputs into blocks as planned, and writes the file.  A tick, which nobody
 * signs, leaves a lie about a participant's signature to the input behind it. */
void lies_tell(struct lies *lies, uint32_t inputs);

/* lies_first returns the height of the first lie. */
uint64_t lies_first(const struct lies *lies);

#endif
