/* bb_fixing - a call auction of the appliance's own books: from orders at rest to contracts.
 *
 *	bb_fixing_solve   gathers the orders of all zones, clears them over the lines' room,
 *	                  fills and pairs, and proves the result (bb_certificate.h)
 *	bb_fixing_commit  writes it onto orders, positions and books, one event a step
 *
 * Nothing of the market changes before the result is proven; one that is not is not told.
 * Between the two nothing else may be applied: a tick does both.
 *
 * Who takes part: every resting order, but all-or-none ones, sells that their handicap lifts
 * above the band, and buys that accept only some sources where they cannot be served as nodes
 * of their own: in a zone that a line with room joins to another, and everywhere if there are
 * more such nodes than bb_clearing.h holds.  Those rest on.
 *
 * Among orders of equal rights the one that stands first goes first: by zone, buys before
 * sells, then better limit, then earlier at that limit.
 *
 * Units    as in bb_clearing.h.
 * Memory   bb_fixing_bytes(orders) from the arena.
 * Threads  The matching core only.
 * Errors   bb_fixing_solve: false, and nothing was changed.
 * Replay   Equal books give equal contracts, in equal order.
 */
#ifndef BB_FIXING_H
#define BB_FIXING_H

#include "base/bb_arena.h"
#include "market/bb_certificate.h"
#include "market/bb_course.h"
#include "market/bb_origin.h"

struct bb_market;
struct bb_slice;

/* Feeders of the loss table; the attribute of a participant is below. */
#define BB_FEEDERS 64u

/* Events of one auction at most: a share and two contracts for each order, and the rest. */
#define BB_FIXING_EVENTS(orders)                                                      \
	(3u * (orders) + BB_ICEBERGS_MAX(orders) + 2u * BB_BUCKETS_MAX + BB_VENUE_ZONES + \
	 BB_VENUE_LINES)

/* The working memory of one auction; arrays have room for all orders of the venue. */
struct bb_fixing {
	struct bb_call_order *orders;       /* as bb_call_curves sorts them; index: slot */
	struct bb_origin_order *origins;    /* side by side with orders, before the sort */
	struct bb_step *steps;
	struct bb_claim *claims;
	struct bb_pairing_order *filled;    /* those that got something; index: slot */
	uint64_t *sums;
	uint32_t *losses; /* [BB_FEEDERS][BB_FEEDERS] */
	uint32_t order_count;
	uint32_t number; /* of the next order that takes part */
	uint32_t filled_count;
	uint32_t zone_count;
	uint32_t line_count;
	uint8_t line_of[BB_VENUE_LINES]; /* the course's own number of each */
	bool joined[BB_VENUE_ZONES];     /* a line with room ends there */
	struct bb_line lines[BB_VENUE_LINES];
	struct bb_curve curves[BB_NODES_MAX];
	struct bb_auction auction;
	struct bb_clearing clearing;
	struct bb_origin origin;
	struct bb_pairing pairing;
	struct bb_root root; /* of the order set */

	uint32_t stage; /* of the commit */
	uint32_t cursor;
};

size_t bb_fixing_bytes(uint32_t orders);
void bb_fixing_init(struct bb_fixing *fixing, struct bb_arena *arena, uint32_t orders);

/* bb_fixing_solve returns whether there is a proven result for course; the order set's root
 * is set in any case. */
bool bb_fixing_solve(struct bb_market *market, const struct bb_course *course);

/* bb_fixing_commit writes the next part of the result; true when all of it stands.  root of
 * course becomes the result's. */
bool bb_fixing_commit(struct bb_market *market, struct bb_course *course,
		      struct bb_slice *slice);

#endif
