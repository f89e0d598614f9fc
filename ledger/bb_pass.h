/* bb_pass - one pass over a whole ledger that lies in memory, block by block.
 *
 * What opening, verifying and visiting have in common: segments in order, signatures (all,
 * or the last 1,024 at the end), the watermark, and the verdict on the end.
 *
 * Memory   50 KiB, the caller's; segments stay mapped as long as the pass goes on.
 * Threads  One owner; a live ledger may be appended to meanwhile.
 * Errors   The result and one line of text for an operator.
 * Replay   Pure.
 */
#ifndef BB_PASS_H
#define BB_PASS_H

#include "ledger/bb_scan.h"
#include "ledger/bb_tail.h"

#define BB_PASS_SIGNATURES 1024u /* checked at the end when not all are */

/* Which signatures of blocks the pass itself looks at. */
enum bb_pass_signatures {
	BB_PASS_RECENT, /* at the end, those of the last blocks */
	BB_PASS_EVERY,  /* each one at once */
	BB_PASS_NONE,   /* the caller does */
};

struct bb_mapping {
	const uint8_t *bytes;
	uint64_t size;
};

struct bb_pass {
	const struct bb_mapping *segments;
	uint64_t segment_count;
	uint64_t segment_index; /* being read */
	bool entered;           /* its head has been */
	enum bb_pass_signatures signatures;
	bool tolerate_tail;     /* a torn tail is no error */
	bool still;             /* nobody writes: what no crash can leave is damage */
	bool strict_heads;      /* both copies of each segment's head must be whole */
	struct bb_scan scan;
	struct bb_witness witness;
	uint64_t block_offset; /* of the last block given out, in its segment */
	uint64_t block_segment;
	uint64_t blocks;       /* so far */
	uint64_t inputs;       /* packets so far */
	uint64_t bytes_done;
	uint64_t bytes_total;
	uint64_t torn_bytes; /* at the end, when the verdict is torn */
	struct {
		struct bb_hash hash;
		uint8_t signature[BB_SIGNATURE_SIZE];
	} recent[BB_PASS_SIGNATURES]; /* by height */
	char *text; /* BB_LEDGER_TEXT */
};

/* bb_pass_start begins at segment first; first > 0: a pass that was entered in the middle,
 * where numbers, state and log are taken from the first block, and ledger id and key must be
 * those of genesis in segment 0. */
enum bb_result bb_pass_start(struct bb_pass *pass, const struct bb_mapping *segments,
			     uint64_t segment_count, uint64_t first,
			     const struct bb_witness *witness, char text[BB_LEDGER_TEXT]);

/* bb_pass_resume begins behind the last block of chain, which lies at offset of segment and
 * ends at end. */
enum bb_result bb_pass_resume(struct bb_pass *pass, const struct bb_mapping *segments,
			      uint64_t segment_count, const struct bb_chain *chain,
			      uint64_t segment, uint64_t offset, uint64_t end,
			      const struct bb_witness *witness, char text[BB_LEDGER_TEXT]);

/* bb_pass_segment returns the last segment that begins at or before height: a pass that
 * wants this height need not read those before it. */
uint64_t bb_pass_segment(const struct bb_mapping *segments, uint64_t segment_count,
			 uint64_t height);

/* bb_pass_next gives out the next block: BB_ERR_NOT_FOUND at the end, which is then either
 * clean or torn (torn_bytes > 0; only where tolerate_tail allows it).  BB_ERR_CORRUPT, or
 * what is wrong with the next block; text says where. */
enum bb_result bb_pass_next(struct bb_pass *pass, struct bb_block *block);

/* bb_ledger_say fills in text; returns result, so that a failure is one statement. */
__attribute__((format(printf, 3, 4))) enum bb_result
bb_ledger_say(char text[BB_LEDGER_TEXT], enum bb_result result, const char *format, ...);

#endif
