/* bb_pairing - who has a contract with whom, once an auction's quantities and prices stand.
 *
 * Money does not depend on it: everybody pays or gets the price of its zone.  The pairing
 * serves the contract, the origin of the energy and reputation.  What was sold in a node
 * goes into buckets: one for its local trade and one a path that leaves it (bb_paths.h).
 * Then pairs of a bucket's sells and buys are taken by rank, and each takes all that its
 * sell, its buy and its bucket have left:
 *
 *	matching degree falling, surplus falling, the seller's reputation falling,
 *	sell accepted first, buy accepted first, bucket
 *
 * While a bucket has energy left, a sell of its one end and a buy of its other have too,
 * so everything is paired.  A pair that may not be made (BB_DEGREE_VETO) comes last, and
 * stands for two contracts, each with the market as the counterparty.
 *
 * When there are more than BB_CANDIDATES_MAX pairs to rank, each round ranks those of the
 * BB_PAIRING_WINDOW sells and buys of each bucket with the best limits, and the next round
 * those of what is left.  The largest surplus, which the degree measures surplus against,
 * is the largest of the first round.
 *
 * Source   greedy over matroids: Korte and Hausmann 1978; not the largest sum of degrees,
 *          but at least a third of it, half of it in one zone.
 * Cost     n sells, m buys, c pairs to rank: c degrees, and O(c log c) at worst
 *          (market/bb_rank.h); beyond BB_CANDIDATES_MAX of them (n + m) / w rounds at most of
 *          b w w, for w = BB_PAIRING_WINDOW and b buckets.
 * Units    Wh; nano-currency per Wh; degrees in ppm.
 * Memory   The caller's, as struct bb_pairing says.
 * Threads  None of its own.
 * Errors   BB_ASSERT: fills and flows are those of one auction.
 * Replay   Pure: equal sets of orders give equal pairs.
 */
#ifndef BB_PAIRING_H
#define BB_PAIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_command.h"
#include "market/bb_degree.h"
#include "market/bb_paths.h"

#define BB_BUCKETS_MAX    (BB_NODES_MAX + BB_PATHS_MAX)
#define BB_CANDIDATES_MAX (1u << 19)
#define BB_PAIRING_WINDOW 32u

struct bb_pairing_order {
	struct bb_degree_order terms; /* price: the limit, without a handicap */
	uint64_t order;               /* rises with acceptance; unique */
	uint64_t filled_wh;
	uint64_t left_wh; /* scratch */
	uint32_t node;
	uint32_t feeder; /* row and column of losses */
	uint32_t side;   /* enum bb_side */
	uint32_t index;  /* the caller's own */
};

struct bb_pairing_rules {
	uint16_t weights[BB_DEGREE_PARTS];
	uint32_t loss_max;      /* ppm */
	const uint32_t *losses; /* ppm, feeder_count rows of the seller's; NULL: none */
	uint32_t feeder_count;
	bool closeness; /* as in struct bb_degree_context */
};

struct bb_pair {
	uint64_t quantity_wh;
	int64_t price_sell;
	int64_t price_buy; /* price_sell, fee and congestion */
	int64_t fee;
	uint64_t sell_left_wh; /* what the auction leaves of the whole order, */
	uint64_t buy_left_wh;  /* the same in all of its contracts */
	int32_t degree;        /* BB_DEGREE_VETO: through the market */
	uint32_t sell;         /* indices of orders */
	uint32_t buy;
	uint32_t bucket;
	uint32_t product_sell; /* of the zone where it is sold */
	uint32_t product_buy;  /* and of the one where it is bought */
};

/* A sell with all the buys that it may go to, of one bucket and round (market/bb_rank.h). */
struct bb_row {
	uint64_t best; /* of its numbers */
	uint32_t sell; /* index of the order */
	uint32_t first; /* of its numbers */
	uint32_t count;
	uint16_t bucket;
	bool heap; /* what its numbers are by now */
};

/* Where an order stands among those of its node and side: best limit first. */
struct bb_place {
	int64_t price;
	uint64_t inverse; /* of its quantity (market/bb_divide.h) */
	uint32_t node;
	uint32_t side;
	uint32_t index; /* of the order */
};

struct bb_pairing {
	uint64_t *numbers;       /* given: room for candidates_max, */
	struct bb_row *rows;     /* for as many, */
	struct bb_place *places; /* for as many as orders, */
	struct bb_pair *pairs;   /* for as many as orders and BB_BUCKETS_MAX more */
	uint32_t candidates_max; /* at least BB_BUCKETS_MAX; 0: BB_CANDIDATES_MAX.  With less
				  * than that a round ranks fewer */

	uint32_t pair_count; /* the result: by sell, buy and bucket */
	uint32_t bucket_count;
	struct bb_bucket buckets[BB_BUCKETS_MAX]; /* local trade by node, then paths */

	uint64_t left_wh[BB_BUCKETS_MAX]; /* scratch from here on */
	uint64_t surplus_max;
	uint32_t window;
	bool quick; /* all orders are as bb_rank_quick wants them */
	uint32_t first[BB_NODES_MAX][2]; /* places of each node and side */
	uint32_t end[BB_NODES_MAX][2];
};

/* bb_candidate_degree returns the degree of a sell and a buy over a path with fee. */
int32_t bb_candidate_degree(const struct bb_pairing_rules *rules, uint64_t surplus_max,
			    int64_t fee, const struct bb_pairing_order *sell,
			    const struct bb_pairing_order *buy);

/* bb_pairing_accepted_first is the order of acceptance, for bb_sort. */
bool bb_pairing_accepted_first(const void *left_order, const void *right_order);

/* bb_pairing_make sorts orders by acceptance, unless they are, and pairs all that is filled. */
void bb_pairing_make(struct bb_pairing *pairing, const struct bb_pairing_rules *rules,
		     const struct bb_auction *auction, const struct bb_clearing *clearing,
		     struct bb_pairing_order *orders, uint32_t count);

#endif
