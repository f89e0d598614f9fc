/* bb_foresee - what commands are about to read, asked for just before they are applied.
 *
 * A cancel reads its place in the id table, there the slot, there its neighbours and its
 * position, there the rung: each address is known only when the one before has come from
 * memory.  So whoever steps bids tells which ones come next, and commands are looked at in
 * groups, one step of all of them after the other: what they wait for, they wait for together.
 * The first of a group bears the looking, so groups are small.  With few orders and positions
 * everything is in the caches, and asking costs more than it saves: then nothing is asked for.
 *
 * What is named need not be there: a slot may be free, a product may have ended.  So nothing is
 * read outside of its array, and nothing is believed.
 *
 * Threads  The matching core only.
 * Replay   Reads, asks for cache lines, and changes nothing but its own notes.
 */
#ifndef BB_FORESEE_H
#define BB_FORESEE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_hint.h"
#include "base/bb_limits.h"
#include "market/bb_bid.h"

struct bb_market;

#define BB_FORESEEN 8u /* commands of a group */

/* With fewer live orders and positions than that together the caches hold what is needed:
 * measured with busbar-bench match. */
#define BB_FORESEE_PARTS 2000u

/* A point is a command: its bid's count among those told, and its record in the low 16 bits. */
struct bb_foresight {
	const struct bb_bid *bids[BB_BURST]; /* by count */
	uint64_t told;   /* bids */
	uint64_t passed; /* of them; so the count of the one under way, or of the next */
	uint64_t due;    /* point of the first command that was not looked at */
	uint64_t formed; /* groups, ever */
	uint32_t parts;  /* orders and positions from which on it is worth it */
};

void bb_foresee_init(struct bb_foresight *foresight);

/* bb_foresee_bid tells of a bid whose turn will come after all that were told before; it stays as
 * it is until then.  Where BB_BURST wait for their turn already, it counts as not told. */
void bb_foresee_bid(struct bb_foresight *foresight, const struct bb_market *market,
		    const struct bb_bid *bid);

/* bb_foresee_is_next returns whether bid, whose turn has come, was told: not all are. */
static inline bool
bb_foresee_is_next(const struct bb_foresight *foresight, const struct bb_bid *bid)
{
	return foresight->passed < foresight->told &&
	       foresight->bids[foresight->passed % BB_BURST] == bid;
}

/* bb_foresee_passes is told of each bid that was told, once its turn is over. */
static inline void
bb_foresee_passes(struct bb_foresight *foresight)
{
	foresight->passed++;
}

/* bb_foresee_drop is for a bid that is not stepped though its turn has come. */
static inline void
bb_foresee_drop(struct bb_foresight *foresight, const struct bb_bid *bid)
{
	if (bb_foresee_is_next(foresight, bid))
		bb_foresee_passes(foresight);
}

/* bb_foresee_look looks at a group that begins with this record of the bid under way. */
void bb_foresee_look(struct bb_foresight *foresight, const struct bb_market *market,
		     uint32_t record);

/* bb_foresee_at is called before a record of the bid under way is applied. */
BB_INLINE void
bb_foresee_at(struct bb_foresight *foresight, const struct bb_market *market, uint32_t record)
{
	if ((foresight->passed << 16 | record) >= foresight->due)
		bb_foresee_look(foresight, market, record);
}

#endif
