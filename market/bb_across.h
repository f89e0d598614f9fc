/* bb_across - an order meets the books of all zones that lines lead to or from.
 *
 * The lines of a delivery interval join its zones.  An order trades with the best order of
 * every zone that is reached (bb_reach.h), at the resting order's price, and pays the fee of the
 * way besides.  A price with the fee is landed: a buyer's is price + fee, a seller's
 * price - fee, and only it must keep to the order's limit.
 *
 *	first      the best landed price; then the order's own zone, the lower fee, the zone
 *	           with the lower number, the older order
 *	how much   the least of what is left, what is shown and the way's room
 *	band       each zone's own counts for what rests in it: what lies beyond is passed by.
 *	           Only in the order's own zone it stops trading (bb_trade.h)
 *
 * What a trade carries it takes off the lines at once.  A way is sought anew whenever a line of
 * it is full, at most BB_ACROSS_TURNS times an order, so that the events of one input stay
 * bounded; then the order's own zone alone is left to it.
 *
 * Lemma.  Where no two orders met, an order that comes in leaves none that do.  Say it went on a
 * way P from zone s, which frees the way back, and now a sell in x reaches a buy in y over a
 * piece v -> u of it.  Before, x reached v and so the order: at no better price than s did,
 * hence price(x) + fee(x..v) >= price(s) + fee(s..u) + fee(u,v).  Then s reached y over u, for less
 * than x does now.  So two did meet.
 *
 * Errors   BB_ASSERT only.
 * Memory, threads, replay: as bb_state.h; where an order stands between two slices follows
 *          from the books and flows, and from its turns.
 */
#ifndef BB_ACROSS_H
#define BB_ACROSS_H

#include "market/bb_reach.h"
#include "market/bb_state.h"

/* A test that wants to see what is beyond has fewer. */
#ifndef BB_ACROSS_TURNS
#define BB_ACROSS_TURNS 128u
#endif

/* Events of one trade: it, what it carried, an iceberg's next clip. */
#define BB_ACROSS_ROOM 3u

/* bb_across_trade trades with all that the order under way reaches; false if the slice is full
 * before. */
bool bb_across_trade(struct bb_market *market, struct bb_slice *slice, struct bb_take *take);

/* bb_across_fills returns whether all of an order can trade at once: it goes the same way over
 * the sums of rungs and a copy of the lines.  What icebergs hide does not count, but it
 * may stand in the way: so if it fills without, it must fill with it too.  It looks at
 * BB_LOOKS_MAX prices, and at orders for what they hide, at most (bb_type.h). */
bool bb_across_fills(struct bb_market *market, const struct bb_take *take);

/* bb_across_owns returns whether an order's price reaches one of its owner's in another zone by
 * the fees of lines alone, whatever their room: what others do and the grid company may do later
 * decides nothing, and two orders of one owner never meet. */
bool bb_across_owns(struct bb_market *market, const struct bb_take *take);

/* bb_across_home returns which zone of its course a listing is. */
uint32_t bb_across_home(const struct bb_market *market, const struct bb_course *course,
			const struct bb_listing *listing);

#endif
