/* bb_snapshots - the snapshots of a folder: which one to begin with, and one more.
 *
 * A snapshot is written to snap.new, flushed, and gets its name then; the newest two are kept.
 * One is used only if its head is signed by the venue, of this ledger and this layout, if its
 * block lies where it says, and if the records are those that were signed for.  One that is not is
 * passed over, and why is told in a line; none at all means genesis.
 *
 * Memory   The records are read into memory of their own before they are looked at, since who
 *          writes to the file could change them between the hash and the use.
 * Threads  Whoever opens the ledger, or makes a snapshot; it may block.
 * Errors   As told; BB_ERR_CORRUPT where records that were signed for cannot be loaded: the
 *          market is useless then, and a human should look.
 * Replay   Equal ledgers give equal records.
 */
#ifndef BB_SNAPSHOTS_H
#define BB_SNAPSHOTS_H

#include "ledger/bb_recover.h"
#include "ledger/bb_store.h"

#define BB_SNAPSHOTS_KEPT 2u

/* Where a snapshot leads to. */
struct bb_snapshot_entry {
	struct bb_snapshot snapshot;
	struct bb_chain chain;
	uint64_t end; /* of its block */
};

/* How to look for one. */
struct bb_snapshots_search {
	const struct bb_store_files *files;
	const struct bb_hash *ledger_id;
	const uint8_t *key;
	struct bb_market *market; /* fresh, of the ledger's size; so are places */
	struct bb_places *places;
	bb_ledger_told *told; /* may be NULL */
	void *context;
	char *text; /* BB_LEDGER_TEXT */
};

/* bb_snapshots_load makes market and places what the newest snapshot that can be used says:
 * BB_ERR_NOT_FOUND when there is none. */
enum bb_result bb_snapshots_load(const struct bb_snapshots_search *search,
				 struct bb_snapshot_entry *entry);

/* bb_snapshots_sum fills in sizes and hashes of the records that recover stands for. */
enum bb_result bb_snapshots_sum(const struct bb_recover *recover, struct bb_snapshot *snapshot);

/* bb_snapshots_make writes the snapshot of where recover stands and removes those that are too
 * many: BB_ERR_LOCKED while another one is being made. */
enum bb_result bb_snapshots_make(const struct bb_store_files *files,
				 const struct bb_recover *recover,
				 const struct bb_identity *signer, uint64_t now_ns,
				 struct bb_snapshot *snapshot);

/* bb_snapshots_look reads and checks the snapshot of a height: signature, ledger, length, hashes;
 * neither its layout nor its block. */
enum bb_result bb_snapshots_look(const struct bb_snapshots_search *search, uint64_t height,
				 struct bb_snapshot_entry *entry, const char **what);

#endif
