/* bb_tail - what the end of a ledger means: whole, torn by a crash, or damaged.
 *
 * A crash may leave anything behind the last durable block, and all of it may go: nobody
 * was answered from it.  A durable block must not go.  Two questions tell the two apart.
 *
 * First: can a crash have left this?  Before a block is written its place is zeros that were
 * flushed, and a disk writes a sector whole or not at all: so a block that a crash cut short
 * lacks a sector, which is zeros where the block has other bytes.  The header is one sector
 * and says how many sectors of the block are zeros by right.
 *
 *	first sector            the block's zeros    behind    remains
 *	zeros                   -                    zeros     nothing
 *	zeros                   -                    bytes     cut
 *	a header of this place  more than it says    any       cut
 *	a header of this place  not more             any       spoilt
 *	any other               -                    any       spoilt
 *
 * Second: was it durable?  Witnesses know:
 *
 *	the watermark       names a block that was durable at most 100 ms before
 *	a later header      signed by the venue, says up to which height it was durable
 *	a later segment     got its name only after all blocks before it were durable
 *
 *	witness         remains          later      verdict
 *	OTHER           any              any        corrupt: not of this watermark
 *	AHEAD           any              any        corrupt: durable block missing
 *	any             cut or spoilt    segment    corrupt
 *	any             cut or spoilt    header     corrupt
 *	DAMAGED         any              any        corrupt: nothing to judge by
 *	NONE or MET     spoilt           none       corrupt: no crash does that
 *	NONE or MET     cut              none       torn
 *	NONE or MET     nothing          none       clean
 *
 * What nobody can know: that a block without a witness was whole before one of its sectors
 * turned into zeros.
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

/* What lies where the next block should be, and is none. */
enum bb_remains {
	BB_REMAINS_NOTHING, /* zeros up to the end of the segment */
	BB_REMAINS_CUT,     /* a crash can have left it */
	BB_REMAINS_SPOILT,  /* only damage can */
	BB_REMAINS
};

enum bb_tail_verdict { BB_TAIL_CLEAN, BB_TAIL_TORN, BB_TAIL_CORRUPT };

struct bb_tail {
	enum bb_witness_state witness;
	enum bb_remains remains;
	bool later_segment;
	bool later_header;
};

/* bb_witness_read takes the contents of the watermark file; bytes NULL: there is none. */
void bb_witness_read(struct bb_witness *witness, const uint8_t *bytes, uint64_t size);

/* bb_witness_see compares with the last block of chain; call it for each. */
void bb_witness_see(struct bb_witness *witness, const struct bb_chain *chain);

/* bb_tail_remains looks at the size bytes behind the last good block of chain, in a segment
 * of this nonce that nobody writes to.  They hold no block that continues the chain. */
enum bb_remains bb_tail_remains(const struct bb_chain *chain, const uint8_t nonce[16],
				const uint8_t *bytes, uint64_t size);

/* bb_tail_judge applies the table; *why names the row in words for an operator. */
enum bb_tail_verdict bb_tail_judge(const struct bb_tail *tail, const char **why);

#endif
