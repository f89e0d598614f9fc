/* bb_scan - reads a ledger from front to end, out of segments that lie in memory.
 *
 * Nothing in them is trusted.  A scan stops at the first block that does not continue the
 * chain; bb_tail.h then decides what that means.
 *
 * Units    offsets in bytes, in their segment.
 * Memory   3 KiB, the caller's; blocks are views into the segments, or into the caller's
 *          copy: then what was checked is what is looked at later, whoever writes to the file.
 * Threads  One owner.  The bytes may be appended to meanwhile.
 * Errors   bb_result, and what names the part that is wrong; the scan stays where it is.
 * Replay   Pure.
 */
#ifndef BB_SCAN_H
#define BB_SCAN_H

#include "ledger/bb_tail.h"

struct bb_scan {
	struct bb_chain chain;
	struct bb_segment segment; /* the head of the one being read */
	const uint8_t *bytes;
	uint64_t size;
	uint64_t offset; /* where the next block should be */
	const char *what;
	uint8_t *copy; /* each block is copied here first and viewed here; NULL: in place */
};

/* bb_scan_start expects segment 0, or the one at which chain was entered. */
void bb_scan_start(struct bb_scan *scan, const struct bb_chain *chain);

/* bb_scan_segment goes on with the segment of this index, size bytes.  *damaged as of
 * bb_segment_read: one copy of the head may be lost. */
enum bb_result bb_scan_segment(struct bb_scan *scan, const uint8_t *bytes, uint64_t size,
			       uint64_t index, uint32_t *damaged);

/* bb_scan_resume goes on in the middle of that segment, at offset, where the chain that the scan
 * was started with continues. */
enum bb_result bb_scan_resume(struct bb_scan *scan, const uint8_t *bytes, uint64_t size,
			      uint64_t index, uint64_t offset);

/* bb_scan_next views and checks the next block: BB_ERR_NOT_FOUND where only zeros follow
 * in this segment.  Signatures are the caller's to check.  Where copy is set it has room
 * for BB_BLOCK_SIZE_MAX. */
enum bb_result bb_scan_next(struct bb_scan *scan, struct bb_block *block);

/* bb_scan_genesis reads genesis out of segment 0, its signature too; *what names the part that is
 * wrong. */
enum bb_result bb_scan_genesis(const uint8_t *bytes, uint64_t size, struct bb_genesis *genesis,
			       const char **what);

/* bb_scan_vouched returns whether behind offset a header signed by the venue says that
 * the block at offset was durable. */
bool bb_scan_vouched(const struct bb_scan *scan);

/* bb_scan_remains tells what lies at offset, where bb_scan_next found no block, in a segment
 * that nobody writes to. */
enum bb_remains bb_scan_remains(const struct bb_scan *scan);

/* bb_scan_tail returns how many bytes from offset on are used: up to the last that is not
 * zero. */
uint64_t bb_scan_tail(const struct bb_scan *scan);

#endif
