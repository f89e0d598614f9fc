/* bb_roots - the two roots of a body, each of its bytes hashed once.
 *
 *	inputs root   SHA-256 over SHA-256(record of input 1) || SHA-256(record of input 2) ...
 *	results root  SHA-256 over SHA-256(results of input 1) || SHA-256(results of input 2) ...
 *
 * One after the other in the order of the inputs; an input without results gives SHA-256 of
 * nothing, a body without inputs twice that.  The hashes of one input are those of its leaf
 * in the log, so whoever walks a body for the log has the roots for nothing.
 *
 * Both together say what the whole body is: its size and the number of its inputs stand in the
 * header, each record says its own size, each result the number of its input.  A body that
 * cannot be walked to its last byte has no roots.
 *
 * Memory   9 KiB, the caller's; inputs point into the body.
 * Threads  None of its own.
 * Errors   BB_ERR_HASH from bb_roots_check; nothing else can fail.
 * Replay   Pure.
 */
#ifndef BB_ROOTS_H
#define BB_ROOTS_H

#include "ledger/bb_block.h"

#define BB_ROOTS_BATCH 64u /* inputs, hashed side by side */

struct bb_roots {
	struct bb_block_cursor walk;
	struct bb_hasher inputs_root;
	struct bb_hasher results_root;
	/* Of the batch that bb_roots_next has read: */
	struct bb_block_input inputs[BB_ROOTS_BATCH];
	struct bb_hash input_hashes[BB_ROOTS_BATCH];
	struct bb_hash result_hashes[BB_ROOTS_BATCH];
};

/* bb_roots_start begins with the body of these sizes and counts. */
void bb_roots_start(struct bb_roots *roots, const uint8_t *body,
		    const struct bb_block_header *header);

/* bb_roots_next reads and hashes the next inputs and returns how many; 0: that was all. */
uint32_t bb_roots_next(struct bb_roots *roots);

/* bb_roots_end returns whether the records were what the counts say, and the roots. */
bool bb_roots_end(struct bb_roots *roots, struct bb_hash *inputs_root,
		  struct bb_hash *results_root);

/* bb_roots_check ends and compares with the header: BB_ERR_HASH if the body is not the one
 * that was signed, and *what names the root, or the records. */
enum bb_result bb_roots_check(struct bb_roots *roots, const struct bb_block_header *header,
			      const char **what);

#endif
