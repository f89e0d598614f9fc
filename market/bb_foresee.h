/* bb_foresee - what commands are about to read, asked for just before they are applied.
 *
 * A cancel reads its place in the id table, there the slot, there its neighbours and its
 * position, there the rung: each address is known only when the one before has come from
 * memory.  So whoever steps bids tells which ones come next, and commands are looked at in
 * groups, one step of all of them after the other: what they wait for, they wait for together.
 * Whoever is under way meanwhile bears the looking, so groups are small, and each is looked at in
 * two halves, while commands of the group before it have their turn that rest or leave: one that
 * trades has enough to do.  A group that nothing came before is looked at whole by its first, and
 * so is each where there are not many orders and positions.  With few everything is in the caches,
 * and asking costs more than it saves: then nothing is asked for.
 *
 * What is named need not be there: a slot may be free, a product may have ended, before or between
 * the two halves.  So nothing is read outside of its array, and nothing is believed.
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

/* And so many until which a look is short, and its halves cost more than they take off the slowest
 * orders: measured likewise. */
#define BB_FORESEE_APART 50000u

/* What is known so far of an order that comes, and of one that is named to leave or to change.
 * They are apart, and counted without a branch, because which is next nobody can predict. */
struct bb_coming {
	const struct bb_order_command *order; /* for the first half alone: it may be gone then */
	const struct bb_account *account;
	const struct bb_listing *listing;
	const uint32_t *page;       /* where its page is, then where its position is */
	const struct bb_rung *rung; /* that it joins */
	uint32_t participant;
	uint32_t position;
	uint32_t side;
	uint32_t at; /* in its group */
};

struct bb_leaving {
	const struct bb_account *account;
	const uint32_t *place;
	uint64_t order_id;
	uint32_t slot;
};

struct bb_sights {
	uint32_t coming_count;
	uint32_t leaving_count;
	uint32_t meeting_count;
	struct bb_coming coming[BB_FORESEEN];
	struct bb_leaving leaving[BB_FORESEEN];
	const struct bb_ladder *meeting[BB_FORESEEN]; /* whose best rungs are met */
	uint32_t first[BB_FORESEEN];                  /* and their first slots */
};

/* A point is a command: its bid's count among those told, and its record in the low 16 bits. */
struct bb_foresight {
	const struct bb_bid *bids[BB_BURST]; /* by count */
	uint64_t told;   /* bids */
	uint64_t passed; /* of them; so the count of the one under way, or of the next */
	uint64_t due;    /* point of the command before which there is something to look at */
	uint64_t begin;  /* point of the first command of the last group */
	uint64_t end;    /* and of the first that is in no group */
	uint64_t halves[2]; /* points in the last group before which the next is looked at */
	uint64_t formed; /* groups, ever */
	uint32_t parts;  /* orders and positions from which on it is worth it */
	uint32_t apart;  /* and from which on in halves */
	bool half;       /* of the last group the second half is still to come */
	struct bb_sights sights;
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

/* bb_foresee_look looks at what is due before this record of the bid under way. */
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
