/* bb_clearing - the call auction, exactly: which energy trades, over which lines, at
 * which prices.
 *
 * Every zone brings one curve: its sells, and its buys as demand that may be refused at
 * their own price.  All demand is first served inside its zone at least cost (refusing a
 * buy "produces" its energy at its limit); then energy moves from the zone where one more
 * unit is cheapest to the zone where one less is worth most, over the cheapest path with
 * room, until no move gains anything.  Each move is a shortest augmenting path, so the
 * result is the optimum, and the prices that it leaves prove it (bb_certificate.h).
 *
 * Source   successive shortest paths: Ahuja, Magnanti, Orlin, "Network Flows", chapter 9.
 * Units    prices and fees: nano-currency per Wh.  Energy: Wh.
 * Memory   The caller's; the struct bb_clearing is the whole working state.
 * Threads  None of its own.
 * Errors   bb_clearing_valid says what bb_clear may not be given.
 * Replay   Pure.  Ties: the sink with the lowest index; paths in the order of lines; an
 *          exchange that gains nothing is not made.
 */
#ifndef BB_CLEARING_H
#define BB_CLEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BB_NODES_MAX 64u
#define BB_LINES_MAX 256u

/* All orders of a zone at one price. */
struct bb_step {
	int64_t price;
	uint64_t sell_wh;
	uint64_t buy_wh;
};

/* Steps by rising price, no price twice. */
struct bb_curve {
	const struct bb_step *steps;
	uint32_t count;
};

struct bb_line {
	uint32_t from;
	uint32_t to;
	uint64_t capacity_wh;         /* from -> to */
	uint64_t capacity_reverse_wh; /* to -> from */
	int64_t fee;                  /* either way, not negative */
};

struct bb_auction {
	uint32_t node_count;
	uint32_t line_count;
	const struct bb_curve *curves; /* one a node */
	const struct bb_line *lines;
	int64_t price_min; /* nobody pays less or more than the band: a price exists even */
	int64_t price_max; /* where nobody sells or nobody buys */
	uint32_t k_milli;  /* where in [lo, hi] the price lies, 0..1000 */
	const uint32_t *products; /* by node, for contracts; NULL: product 0 everywhere */
};

static inline uint32_t
bb_auction_product(const struct bb_auction *auction, uint32_t node)
{
	return auction->products == NULL ? 0 : auction->products[node];
}

/* How far a curve is used: everything before step, and used_wh of step itself. */
struct bb_mark {
	uint32_t step;
	uint64_t used_wh;
};

struct bb_node_result {
	int64_t lo; /* every price in [lo, hi] supports the result */
	int64_t hi;
	int64_t price;
	uint64_t demand_wh; /* all buys */
	uint64_t served_wh; /* sold here, plus refused here */
	struct bb_mark mark;
};

struct bb_clearing {
	struct bb_node_result nodes[BB_NODES_MAX];
	int64_t flow_wh[BB_LINES_MAX]; /* from -> to is positive */
	uint64_t moves;                /* augmenting paths that were taken */
};

/* bb_clearing_valid returns whether an auction may be given to bb_clear: counts within
 * bounds, curves rising, line ends that exist, fees not negative, prices inside the band,
 * sums that stay below 2^62. */
bool bb_clearing_valid(const struct bb_auction *auction);

void bb_clear(const struct bb_auction *auction, struct bb_clearing *clearing);

/* bb_step_share tells what step index of a node's curve got: *sold of its sells and *bought
 * of its buys.  At a price that both share, they trade with each other first. */
void bb_step_share(const struct bb_curve *curve, const struct bb_mark *mark, uint32_t index,
		   uint64_t *sold, uint64_t *bought);

#endif
