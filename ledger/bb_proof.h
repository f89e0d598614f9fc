/* bb_proof - a receipt: one input, what it did, and why the venue cannot deny either.
 *
 * It is checked with the venue's public key alone:
 *
 *	1  the records are well formed and belong together
 *	2  the leaf says their hashes, the number and the time
 *	3  the venue signed a size and a root of the log: in a checkpoint (ledger/bb_note.h),
 *	   or in the header of a block, which anyone finds who has the ledger
 *	4  the path leads from the leaf, at the place that its number names, to that root
 *
 * Not checked: the sender's own signature, because only the ledger knows whose key it is.
 *
 * Memory   The caller's; a receipt points into what was read.
 * Threads  None of its own.
 * Errors   BB_ERR_FORMAT, BB_ERR_HASH, BB_ERR_SIGNATURE, and *what names the part.
 * Replay   Pure.
 */
#ifndef BB_PROOF_H
#define BB_PROOF_H

#include "ledger/bb_block.h"
#include "ledger/bb_log.h"
#include "ledger/bb_note.h"

/* Events of one input that a receipt may hold, so that those who check can do so in memory;
 * a participant's packet causes as many fills only in the deepest of markets. */
#define BB_RECEIPT_EVENTS_MAX 65536u

#define BB_RECEIPT_BODY_MAX (BB_INPUT_RECORD_MAX + BB_RECEIPT_EVENTS_MAX * BB_RESULT_SIZE)

struct bb_receipt {
	const uint8_t *body; /* the record of the input, then those of its results */
	uint64_t body_size;
	uint32_t result_count;
	uint8_t leaf[BB_LEAF_SIZE];
	uint64_t index;
	struct bb_log_path path;
	const char *note; /* a signed checkpoint, or NULL */
	size_t note_size;
	const uint8_t *header; /* else: BB_BLOCK_HEADER_SIZE of a block */
};

/* What a receipt proves. */
struct bb_receipt_proven {
	struct bb_block_input input; /* points into the body */
	struct bb_checkpoint log;    /* size and root; no origin where a block says so */
};

/* bb_receipt_check checks all of it, nothing in it being trusted. */
enum bb_result bb_receipt_check(const struct bb_receipt *receipt, const struct bb_note_key *key,
				struct bb_receipt_proven *proven, const char **what);

#endif
