/* bb_recover - from the bytes of a ledger to a market that goes on, and a mended end.
 *
 *	start, or resume behind a snapshot        what the market already knows
 *	next until BB_ERR_NOT_FOUND               every block checked, every input replayed
 *	mend                                      if the end was torn: cut, say so in a block
 *
 * What bb_open.c does with files and a simulator with a disk of its own.
 *
 * Memory   130 KiB, the caller's; segments stay mapped as long as it is used.
 * Threads  Whoever opens the ledger.
 * Errors   bb_result and one line of text; what was read so far is useless then.
 * Replay   Pure: equal bytes and times give equal markets and blocks.
 */
#ifndef BB_RECOVER_H
#define BB_RECOVER_H

#include "ledger/bb_pass.h"
#include "ledger/bb_places.h"
#include "ledger/bb_replay.h"
#include "ledger/bb_snapshot.h"

struct bb_recover {
	struct bb_pass pass;
	struct bb_replay replay;
	struct bb_market *market;
	struct bb_places *places; /* gets the place of every packet */
	const uint8_t *signer_key;
	const char *folder; /* for the text */
	uint64_t snapshot;  /* its height; 0: from genesis */
};

/* The last segment, as mending writes to it.  What was written before a sync is durable
 * when that returns BB_OK. */
struct bb_recover_file {
	void *context;
	enum bb_result (*zero)(void *context, uint64_t offset, uint64_t size);
	enum bb_result (*write)(void *context, const uint8_t *bytes, uint64_t size,
				uint64_t offset);
	enum bb_result (*sync)(void *context);
};

/* bb_recover_start begins with the first of segments; market and places are empty, the
 * ledger must be one of signer_key. */
enum bb_result bb_recover_start(struct bb_recover *recover, const struct bb_mapping *segments,
				uint64_t segment_count, const struct bb_witness *witness,
				struct bb_market *market, struct bb_places *places,
				const uint8_t signer_key[BB_KEY_SIZE], const char *folder,
				char text[BB_LEDGER_TEXT]);

/* bb_recover_resume begins behind the block of snapshot, which bb_snapshot_meets has found to end
 * at end, with its chain; market and places are as they were then. */
enum bb_result bb_recover_resume(struct bb_recover *recover, const struct bb_mapping *segments,
				 uint64_t segment_count, const struct bb_witness *witness,
				 struct bb_market *market, struct bb_places *places,
				 const struct bb_snapshot *snapshot, const struct bb_chain *chain,
				 uint64_t end, const char *folder, char text[BB_LEDGER_TEXT]);

/* bb_recover_next takes the next block into the market: BB_ERR_NOT_FOUND at the end, which
 * is torn if pass.torn_bytes > 0. */
enum bb_result bb_recover_next(struct bb_recover *recover);

/* bb_recover_mend zeroes what a crash left behind the last block, makes that durable, and
 * only then writes the RECOVERY block over its beginning: so no torn byte is ever behind a
 * block.  A crash in between leaves a torn end again, or a clean one. */
enum bb_result bb_recover_mend(struct bb_recover *recover, const struct bb_recover_file *file,
			       const struct bb_identity *signer, uint64_t now_ns);

/* bb_recover_end tells the last block, as the watermark names it. */
struct bb_watermark bb_recover_end(const struct bb_recover *recover);

#endif
