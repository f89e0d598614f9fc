/* bb_save - a whole market as bytes, and a market out of such bytes.
 *
 * All that a market remembers lies in its arena, so all of its arena is what is saved: what
 * somebody adds to the market is in it without a word here.  What is left out is named instead
 * (`holes` in bb_save.c), and that is little:
 *
 *	pointers                 those of a fresh market stand
 *	scratch                  which means nothing between two bids: work, an auction's memory
 *	what a secret decides    where keys of members are filed: they are filed anew
 *
 * What is left of that depends on the bids alone: equal bids give equal bytes, at whatever
 * address, hash key and size of slices.  So two who replayed the same ledger compare bytes.
 * Padding would not, since a compiler may leave in it what it likes: structs that are assigned as
 * a whole have none, but reserved fields.
 *
 * The bytes are those of base/bb_sparse.h, with zeros where something is left out.  Lines are
 * memory as this machine has it, so only the code that saved may load (bb_save_layout).
 *
 * Memory   The caller's: 4 KiB.
 * Threads  Whoever owns the market.
 * Errors   BB_ERR_CORRUPT: the market is useless then.
 * Replay   Pure.
 */
#ifndef BB_SAVE_H
#define BB_SAVE_H

#include "base/bb_sparse.h"
#include "market/bb_market.h"

/* Where holes lie that are not in struct bb_market itself; offsets from its first byte. */
struct bb_save_map {
	uint64_t size; /* of the market */
	uint64_t listings;
	uint64_t listings_end;
	uint64_t keys;
	uint64_t keys_end;
	uint64_t fixing;
	uint64_t fixing_end;
};

struct bb_save {
	const uint8_t *bytes; /* of the market */
	uint64_t at;          /* where the next page begins */
	struct bb_save_map map;
	uint8_t page[BB_SPARSE_PAGE];
};

/* bb_save_layout tells markets apart that cannot load each other's bytes: of other sizes, and of
 * other code, be it changed as little as it may; what it would decide is another matter. */
uint64_t bb_save_layout(const struct bb_market_size *size);

/* bb_market_calm returns whether market stands between two bids and can be saved. */
bool bb_market_calm(const struct bb_market *market);

/* bb_save_start begins to save a calm market, which must stay as it is until the end. */
void bb_save_start(struct bb_save *save, const struct bb_market *market);

/* bb_save_next writes the next record and returns its size; 0 after the last. */
size_t bb_save_next(struct bb_save *save, uint8_t record[BB_SPARSE_ROOM]);

/* bb_save_load makes market, in which nothing was done yet, what was saved.  It believes that
 * bytes were written by bb_save_next in a market of the same layout; whether records keep to
 * their bounds is checked nevertheless. */
enum bb_result bb_save_load(struct bb_market *market, const uint8_t *bytes, uint64_t size);

#endif
