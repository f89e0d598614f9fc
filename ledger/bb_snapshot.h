/* bb_snapshot - the market as it stood after a block, so that opening need not begin at genesis.
 *
 * A file `snap-<height, 16 hex digits>` beside the segments; little-endian:
 *
 *	  0  8  "BBSNPv1\0"      8  4 head size 4096    12 4 algorithms 1: SHA-256, Ed25519
 *	 16  8  layout: of the market's memory, and of the code that it belongs to
 *	 24  8  made_ns         32 32 ledger id         64 32 signer's public key
 *	 96  8  height of the block       104  8 segment        112  8 offset
 *	120 32  block hash     152 32 state root
 *	184  8  number of the last input  192  8 its time_ns
 *	200  8  size of the market's records           208  8 of the records of places
 *	216 32  SHA-256 of the market's records        248 32 of those of places
 *	280  8  leaves of the log         288 64 x 32 the roots of its whole subtrees, the
 *					      largest first; zeros behind them
 *	2336 .. zero          4000 64 signature       4064 32 SHA-256 of bytes 0..4063
 *	4096 ..  records of the market (market/bb_save.h), then of places (bb_places.h), both as
 *		 in base/bb_sparse.h; nothing behind them
 *
 *	signature    by the venue's key over SHA-256("busbar-snapshot-v1\0" || bytes 0..3999)
 *
 * The state root is a sum over all events, not over the market: it tells of which moment this
 * is, and not that the market stood so.  For that opening takes the venue's signature, and an
 * auditor replays (bb_ledger_snapshot_check): equal ledgers give equal records.
 *
 * Memory   The caller's.
 * Threads  None of its own.
 * Errors   What is wrong in *what, for a line of text.
 * Replay   Pure.
 */
#ifndef BB_SNAPSHOT_H
#define BB_SNAPSHOT_H

#include "ledger/bb_chain.h"
#include "ledger/bb_pass.h"

#define BB_SNAPSHOT_HEAD      4096u
#define BB_SNAPSHOT_NAME_SIZE 22u /* "snap-" and 16 digits and a zero */
#define BB_SNAPSHOT_NEW       "snap" /* .new: on its way to any height */

struct bb_snapshot {
	uint64_t layout;
	uint64_t made_ns;
	struct bb_hash ledger_id;
	uint8_t signer_key[BB_KEY_SIZE];
	uint64_t height;
	uint64_t segment;
	uint64_t offset;
	struct bb_hash block_hash;
	struct bb_hash state_root;
	uint64_t number;
	uint64_t time_ns;
	uint64_t market_size;
	uint64_t places_size;
	struct bb_hash market_hash;
	struct bb_hash places_hash;
	struct bb_tree tree;
};

/* bb_snapshot_name writes the file's name; bb_snapshot_name_read returns whether name is exactly
 * such a one. */
void bb_snapshot_name(char name[BB_SNAPSHOT_NAME_SIZE], uint64_t height);
bool bb_snapshot_name_read(const char *name, uint64_t *height);

void bb_snapshot_encode(uint8_t bytes[BB_SNAPSHOT_HEAD], const struct bb_snapshot *snapshot,
			const struct bb_identity *signer);

/* bb_snapshot_decode reads a head that must be signed with key, for the ledger of this id. */
enum bb_result bb_snapshot_decode(struct bb_snapshot *snapshot,
				  const uint8_t bytes[BB_SNAPSHOT_HEAD],
				  const struct bb_hash *ledger_id, const uint8_t key[BB_KEY_SIZE],
				  const char **what);

/* bb_snapshot_of describes the end of chain, whose last block lies at offset of segment; sizes,
 * hashes, layout and made_ns are left to the caller. */
void bb_snapshot_of(struct bb_snapshot *snapshot, const struct bb_chain *chain, uint64_t segment,
		    uint64_t offset);

/* bb_snapshot_length checks that a file of size bytes is as long as its head says. */
enum bb_result bb_snapshot_length(const struct bb_snapshot *snapshot, uint64_t size,
				  const char **what);

/* bb_snapshot_meets checks that the block which snapshot names is where it says in segments and
 * signed, and that snapshot is of its moment.  *chain goes on behind that block, which ends at
 * *end. */
enum bb_result bb_snapshot_meets(const struct bb_snapshot *snapshot,
				 const struct bb_mapping *segments, uint64_t segment_count,
				 struct bb_chain *chain, uint64_t *end, const char **what);

/* bb_snapshot_usable is bb_snapshot_meets, after these: of layout, and not newer than what
 * witness knows to be durable. */
enum bb_result bb_snapshot_usable(const struct bb_snapshot *snapshot, uint64_t layout,
				  const struct bb_witness *witness,
				  const struct bb_mapping *segments, uint64_t segment_count,
				  struct bb_chain *chain, uint64_t *end, const char **what);

/* bb_snapshot_records checks the bytes behind the head, as many as it says, against it. */
enum bb_result bb_snapshot_records(const struct bb_snapshot *snapshot, const uint8_t *records,
				   const char **what);

#endif
