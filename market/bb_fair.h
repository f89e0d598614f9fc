/* bb_fair - whether a price level was shared out by the rule of bb_prorata.h, told without
 * sharing it out again.
 *
 * Whoever was given g of a claim q, where amount is shared over claims of total, has
 *
 *	q x amount - g x total  =  remainder            and got no unit that was left over,
 *	                           remainder - total    and got one,
 *	                           anything else        and was not given its share.
 *
 * By the rule nobody who got no unit comes before anybody who did: so the last of these and
 * the first of those are all that has to be remembered.
 *
 * Units    as in bb_prorata.h.
 * Memory   A value.
 * Threads  None of its own.
 * Errors   bb_fair_right.
 * Replay   Pure.
 */
#ifndef BB_FAIR_H
#define BB_FAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/bb_prorata.h"

/* What decides who gets a unit that is left over, the first that differs. */
struct bb_fair_claim {
	uint64_t remainder;  /* larger first */
	uint64_t order;      /* smaller first */
	uint32_t reputation; /* larger first; or whose */
	bool there;
};

struct bb_fair {
	uint64_t amount;
	uint64_t total; /* below 2^63 */
	struct bb_fair_claim last_served;
	struct bb_fair_claim first_unserved;
	bool wrong;
	const struct bb_reputations *reputations; /* NULL: claims have their own */
};

static inline struct bb_fair
bb_fair(uint64_t amount, uint64_t total, const struct bb_reputations *reputations)
{
	return (struct bb_fair){ .amount = amount, .total = total, .reputations = reputations };
}

static inline bool
bb_fair_before(const struct bb_fair *fair, const struct bb_fair_claim *left,
	       const struct bb_fair_claim *right)
{
	const struct bb_reputations *ask = fair->reputations;

	if (left->remainder != right->remainder)
		return left->remainder > right->remainder;
	const uint32_t better =
		ask == NULL ? left->reputation : ask->of(ask->context, left->reputation);
	const uint32_t worse =
		ask == NULL ? right->reputation : ask->of(ask->context, right->reputation);
	return better != worse ? better > worse : left->order < right->order;
}

/* bb_fair_add looks at one claim, with its owner's reputation, or whose that is to be asked for;
 * the caller adds up that all of them are given amount. */
static inline void
bb_fair_add(struct bb_fair *fair, uint64_t quantity, uint32_t reputation, uint64_t order,
	    uint64_t given)
{
	const __int128 rest = (__int128)quantity * (__int128)fair->amount -
			      (__int128)given * (__int128)fair->total;
	struct bb_fair_claim claim = {
		.order = order, .reputation = reputation, .there = true,
	};

	if (rest >= 0 && rest < (__int128)fair->total) {
		claim.remainder = (uint64_t)rest;
		if (!fair->first_unserved.there ||
		    bb_fair_before(fair, &claim, &fair->first_unserved))
			fair->first_unserved = claim;
	} else if (rest < 0 && rest >= -(__int128)fair->total) {
		claim.remainder = (uint64_t)(rest + (__int128)fair->total);
		if (!fair->last_served.there ||
		    bb_fair_before(fair, &fair->last_served, &claim))
			fair->last_served = claim;
	} else {
		fair->wrong = true;
	}
}

static inline bool
bb_fair_right(const struct bb_fair *fair)
{
	return !fair->wrong && (!fair->last_served.there || !fair->first_unserved.there ||
				bb_fair_before(fair, &fair->last_served, &fair->first_unserved));
}

#endif
