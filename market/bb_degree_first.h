/* bb_degree_first - trading by matching degree: the pair that suits best first, whatever it
 * costs the others.
 *
 * Not how this market clears: it bounds neither welfare nor whether prices support what
 * trades (docs/market.md).  It is what the abstract of the paper that the degree is from lets
 * one infer, kept so that both can be measured on the same book.
 *
 * All pairs of a zone without a veto are ranked as in bb_pairing.h, the largest surplus being
 * that of all of them, and taken in that order, each with all that its sell and its buy have
 * left.  A pair trades in the middle of its two limits.  Lines are not known here: zones are
 * markets apart.
 *
 * Cost     n sells, m buys: O(nm log nm).
 * Units    as in bb_pairing.h.
 * Memory   The caller's.
 * Threads  None of its own.
 * Errors   Refuses books of too many pairs, before anything is changed.
 * Replay   Pure: equal sets of orders give equal pairs.
 */
#ifndef BB_DEGREE_FIRST_H
#define BB_DEGREE_FIRST_H

#include "market/bb_pairing.h"

/* A pair that may be made. */
struct bb_candidate {
	int64_t surplus;
	int32_t degree;
	uint32_t reputation; /* the seller's */
	uint32_t sell;
	uint32_t buy;
};

struct bb_degree_first {
	struct bb_candidate *candidates; /* given: room for BB_CANDIDATES_MAX, */
	struct bb_pair *pairs;           /* and for as many as orders */

	uint32_t pair_count; /* the result: by sell and buy */
	uint64_t surplus_max;
};

/* What contracts are worth, by limits and by prices. */
struct bb_pairs_worth {
	uint64_t volume_wh;
	__int128 welfare;     /* limits of buys less limits of sells less fees */
	__int128 turnover;    /* what sellers get */
	__int128 margin;      /* and what of it is above their limits */
	__int128 degree_sum;  /* degree x quantity; a veto counts as 0 */
};

/* bb_degree_first_make sorts orders by acceptance, sets filled_wh of each, and makes pairs.
 * False: more than BB_CANDIDATES_MAX pairs of a sell and a buy in one zone. */
bool bb_degree_first_make(struct bb_degree_first *first, const struct bb_pairing_rules *rules,
			  struct bb_pairing_order *orders, uint32_t count);

/* bb_pairs_worth adds up pairs of orders, however they were made. */
struct bb_pairs_worth bb_pairs_worth(const struct bb_pair *pairs, uint32_t pair_count,
				     const struct bb_pairing_order *orders);

#endif
