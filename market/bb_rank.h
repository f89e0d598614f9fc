/* bb_rank - the pairs of one round of pairing: the best, then the next, without sorting them.
 *
 * A row is a sell of a bucket with all buys that it may go to.  Each pair is one number: its
 * degree, and below it where its buy stands among those of its node, best limit first, so that
 * in a row the larger number is the better pair.  Rows stand in a heap by their best pairs;
 * a row becomes a heap itself when its best buy is used up, and drops its others as they come
 * up used up.  Whoever is used up is never looked at again, so most pairs cost a degree
 * and no more.
 *
 * A degree here is that of bb_degree, with divisions made multiplications: of an order's
 * quantity once an order, of all else once a round.  Where numbers are too large for that, or
 * orders have profiles, bb_degree itself is asked.
 *
 * Cost     r rows of w pairs, of which p are made and d come up used up: r w degrees and
 *          O(r w + (p + d) log(r w)) comparisons.
 * Units, threads, replay: as bb_pairing.h.
 * Memory   The numbers and rows of struct bb_pairing.
 * Errors   BB_ASSERT only.
 */
#ifndef BB_RANK_H
#define BB_RANK_H

#include "market/bb_divide.h"
#include "market/bb_pairing.h"

/* A sell and a buy that are the best of what is left. */
struct bb_ranked {
	uint32_t sell; /* indices of orders */
	uint32_t buy;
	uint32_t bucket;
	int32_t degree;
};

struct bb_rank {
	struct bb_pairing *pairing;
	const struct bb_pairing_rules *rules;
	const struct bb_pairing_order *orders;
	uint32_t number_count;
	uint32_t row_count;
	uint32_t open[BB_NODES_MAX]; /* buys of this round that are not used up */
	bool quick; /* degrees need no more than 64 bits */
	struct bb_inverse surplus;
	struct bb_inverse loss;
	struct bb_inverse weights;
};

/* bb_rank_quick returns whether an order's degrees can be had by multiplying. */
bool bb_rank_quick(const struct bb_pairing_order *order);

/* bb_rank_begin starts a round, once surplus_max of pairing stands. */
void bb_rank_begin(struct bb_rank *rank, struct bb_pairing *pairing,
		   const struct bb_pairing_rules *rules, const struct bb_pairing_order *orders);

/* bb_rank_add adds the pairs of the sell at a place with the buys of its bucket's other end,
 * which begin at first[][] and end before end; bb_rank_surplus returns the largest surplus of
 * those that may be made. */
void bb_rank_add(struct bb_rank *rank, uint32_t bucket, const struct bb_place *sell,
		 uint32_t end);
uint64_t bb_rank_surplus(const struct bb_rank *rank, uint32_t bucket,
			 const struct bb_place *sell, uint32_t end);

/* bb_rank_ready is called when all rows are there. */
void bb_rank_ready(struct bb_rank *rank);

/* bb_rank_next finds the best pair of which sell, buy and bucket have energy left; false if
 * there is none.  The caller uses up one of the three; if it is the buy, open of its node is
 * one less. */
bool bb_rank_next(struct bb_rank *rank, struct bb_ranked *best);

#endif
