/* bb_uncross - lines got more room, and orders of different zones meet that did not before: they
 * trade with each other, all of them, before anything else happens.
 *
 *	who        the pair that gains most: best buy of a zone less best sell of another less the
 *	           fee of the cheapest way with room (bb_reach.h), as long as that is not below
 *	           zero; of several the lowest zone of the sell, then of the buy
 *	how much   the least of all that both have left, shown or not, and the way's room
 *	price      both get half: the seller its limit and half of the gain, rounded down to the
 *	           tick; the buyer pays that and the fee
 *
 * It is an auction in small, not an order that comes in: neither of the two was there first, so
 * neither gets all of the gain.  So it is told as an auction is: SHARED of both, then CARRIED,
 * whose counterparty is the seller.  What rests beyond the dynamic band of its zone takes no part.
 * Two orders of one owner never meet (bb_across_owns).
 *
 * After BB_UNCROSS_TURNS lines that were full, all intervals together, the rest may stay as it
 * is, and the course says so.  Books that an auction left crossed within a zone are not touched.
 *
 * Errors   BB_ASSERT only.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_UNCROSS_H
#define BB_UNCROSS_H

#include "market/bb_state.h"

/* A test that wants to see what is beyond has fewer. */
#ifndef BB_UNCROSS_TURNS
#define BB_UNCROSS_TURNS 1024u
#endif

/* Events of one pair: three, and the next clips of two icebergs. */
#define BB_UNCROSS_ROOM 5u

/* bb_uncross_begin makes it the work under way for quarters from first on; bb_uncross_continue
 * does it, true when done. */
void bb_uncross_begin(struct bb_market *market, uint32_t first_quarter, uint32_t quarters);
bool bb_uncross_continue(struct bb_market *market, struct bb_slice *slice);

/* bb_uncross_check asserts that no two orders of the course meet that could trade, in a zone or
 * over lines. */
void bb_uncross_check(const struct bb_market *market, const struct bb_course *course);

#endif
