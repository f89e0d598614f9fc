/* bb_tail - what the end of a ledger means: whole, torn by a crash, or damaged.
 *
 * A crash may leave anything behind the last durable block, and all of it may go: nobody
 * was answered from it.  A durable block must not go.  Witnesses tell the two apart:
 *
 *	the watermark       names a block that was durable at most 100 ms before
 *	a later header      signed by the venue, says up to which height it was durable
 *	a later segment     got its name only after all blocks before it were durable
 *
 *	witness         rest of the segment   later           verdict
 *	OTHER           any                   any             corrupt: not of this watermark
 *	AHEAD           any                   any             corrupt: durable block missing
 *	any             broken                segment         corrupt
 *	any             broken                header          corrupt
 *	DAMAGED         any                   any             corrupt: nothing to judge by
 *	NONE or MET     broken                none            torn
 *	NONE or MET     zeros                 none            clean
 *
 * Replay   Pure.
 */
#ifndef BB_TAIL_H
#define BB_TAIL_H

#include "ledger/bb_chain.h"
#include "ledger/bb_segment.h"

enum bb_witness_state {
	BB_WITNESS_NONE,    /* there is no watermark file: an operator removed it */
	BB_WITNESS_DAMAGED, /* it has no whole slot, which no crash can cause */
	BB_WITNESS_AHEAD,   /* its block has not been seen */
	BB_WITNESS_MET,     /* its block is in the chain */
	BB_WITNESS_OTHER,   /* another block, or another ledger */
	BB_WITNESS_STATES
};

struct bb_witness {
	enum bb_witness_state state;
	struct bb_watermark watermark; /* unless NONE or DAMAGED */
};

enum bb_tail_verdict { BB_TAIL_CLEAN, BB_TAIL_TORN, BB_TAIL_CORRUPT };

struct bb_tail {
	enum bb_witness_state witness;
	bool broken; /* the next block is not one, and not zeros either */
	bool later_segment;
	bool later_header;
};

/* bb_witness_read takes the contents of the watermark file; bytes NULL: there is none. */
void bb_witness_read(struct bb_witness *witness, const uint8_t *bytes, uint64_t size);

/* bb_witness_see compares with the last block of chain; call it for each. */
void bb_witness_see(struct bb_witness *witness, const struct bb_chain *chain);

/* bb_tail_judge applies the table; *why names the row in words for an operator. */
enum bb_tail_verdict bb_tail_judge(const struct bb_tail *tail, const char **why);

#endif
