/* bb_fixing - a call auction of the appliance's own books: from orders at rest to contracts.
 *
 *	bb_fixing_solve    what follows, one after the other:
 *	  bb_fixing_read     the curves of all zones, from the books (bb_call_book.h)
 *	  bb_fixing_price    quantities, flows and prices (bb_clearing.h)
 *	  bb_fixing_share    who gets how much
 *	  bb_fixing_prove    that all of this is right, against the books (bb_call_proof.h)
 *	  bb_fixing_pair     contracts (bb_pairing.h), and the proof of these
 *	bb_fixing_commit   writes it onto orders, positions and books, one event a step
 *
 * Nothing of the market changes before the result is proven; one that is not is not told.
 * Between the two nothing else may be applied: a tick does both.
 *
 * Who takes part: every resting order, but sells that their handicap lifts above the band, and
 * buys that accept only some sources where they cannot be served as nodes of their own: in a
 * zone that a line with room joins to another, and everywhere if there are more such nodes
 * than bb_clearing.h holds.  Those rest on.
 *
 * Among orders of equal rights the one that stands first goes first: by zone, buys before
 * sells, then better limit, then earlier at that limit.  In this order they are filled, paired
 * and told.
 *
 * Cost     A side of a zone whose orders are all plain costs a walk over its prices and a look
 *          at each order that is filled; sells with a handicap, and zones in which an order
 *          hides energy or chooses sources, a look at every order.
 * Units    as in bb_clearing.h.
 * Memory   bb_fixing_bytes(orders) from the arena.
 * Threads  The matching core only.
 * Errors   bb_fixing_solve: false, and nothing was changed.
 * Replay   Equal books give equal contracts, in equal order.
 */
#ifndef BB_FIXING_H
#define BB_FIXING_H

#include "base/bb_arena.h"
#include "market/bb_call_book.h"
#include "market/bb_course.h"
#include "market/bb_origin.h"
#include "market/bb_pairing.h"

struct bb_market;
struct bb_slice;

/* Feeders of the loss table; the attribute of a participant is below. */
#define BB_FEEDERS 64u

/* Events of one auction at most: a share and two contracts for each order, and the rest. */
#define BB_FIXING_EVENTS(orders)                                                      \
	(3u * (orders) + BB_ICEBERGS_MAX(orders) + 2u * BB_BUCKETS_MAX + BB_VENUE_ZONES + \
	 BB_VENUE_LINES)

/* Sources sold in a zone, and sets of them accepted. */
#define BB_FIXING_KINDS (BB_VENUE_ZONES * (BB_SOURCES + BB_NODES_MAX))

/* One side of a zone. */
struct bb_fixing_side {
	struct bb_call_entry *entries; /* NULL: as its orders stand in the ladder */
	uint32_t count;
	uint32_t fills; /* first of its fills */
	uint32_t fills_end;
	uint64_t traded_wh;
};

struct bb_fixing_zone {
	struct bb_call_book call;
	struct bb_fixing_side sides[2]; /* enum bb_side */
	uint32_t node;                  /* its first */
	uint32_t node_count;
	uint32_t orders; /* that rest there */
};

/* The working memory of one auction; arrays have room for all orders of the venue. */
struct bb_fixing {
	struct bb_call_entry *entries;
	uint64_t *keys, *keys_scratch;
	struct bb_step *steps;
	struct bb_claim *claims;
	struct bb_call_fill *fills;
	struct bb_pairing_order *filled; /* the same, as they are paired; index: slot */
	uint64_t *sums;
	uint32_t *losses; /* [BB_FEEDERS][BB_FEEDERS] */
	uint32_t entry_count;
	uint32_t kind_count;
	uint32_t filled_count;
	uint32_t zone_count;
	uint32_t line_count;
	uint8_t line_of[BB_VENUE_LINES]; /* the course's own number of each */
	bool joined[BB_VENUE_ZONES];     /* a line with room ends there */
	struct bb_line lines[BB_VENUE_LINES];
	struct bb_fixing_zone zones[BB_VENUE_ZONES];
	struct bb_origin_order kinds[BB_FIXING_KINDS];
	struct bb_step *node_steps[BB_NODES_MAX]; /* of the curves, to be written */
	struct bb_curve curves[BB_NODES_MAX];
	struct bb_auction auction;
	struct bb_clearing clearing;
	struct bb_origin origin;
	struct bb_pairing pairing;
	struct bb_root root; /* of the curves: what was asked and offered at each price */

	uint32_t stage; /* of the commit */
	uint32_t cursor;
};

size_t bb_fixing_bytes(uint32_t orders);
void bb_fixing_init(struct bb_fixing *fixing, struct bb_arena *arena, uint32_t orders);

/* bb_fixing_solve returns whether there is a proven result for course; the order set's root
 * is set in any case. */
bool bb_fixing_solve(struct bb_market *market, const struct bb_course *course);

/* The parts of bb_fixing_solve, false where there is no going on. */
bool bb_fixing_read(struct bb_market *market, const struct bb_course *course);
bool bb_fixing_price(struct bb_fixing *fixing);
void bb_fixing_share(struct bb_fixing *fixing);
bool bb_fixing_prove(struct bb_fixing *fixing);
bool bb_fixing_pair(struct bb_market *market, const struct bb_rules *rules);

/* bb_fixing_gather, of bb_fixing_read: lists orders where that is needed, and makes the nodes;
 * divided: zones may have several.  False: more of them than there can be. */
bool bb_fixing_gather(struct bb_market *market, const struct bb_course *course, bool divided);

/* bb_fixing_commit writes the next part of the result; true when all of it stands.  root of
 * course becomes the result's. */
bool bb_fixing_commit(struct bb_market *market, struct bb_course *course,
		      struct bb_slice *slice);

#endif
