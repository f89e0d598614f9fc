/* bb_settling - a delivery is paid, paid again where readings were wrong, and made final.
 *
 * Of each position, that is a participant in one zone of a delivery interval:
 *
 *	first      a missing reading is substituted: what was contracted, in the first interval of a
 *	           day; then, since silence must not pay, 0 of who sold, and of who bought all
 *	           that it may draw, or twice what it bought if nothing limits that
 *	settled    contracts through MARKET, which is zero again after the last of them; fees,
 *	           congestion, tariffs; then the deviation, as in bb_settlement.h
 *	again      only the deviation: its postings are taken back and made anew
 *	final      escrow unlocked, reputation moved, readings, but no substitutes, counted for the
 *	           rebate (bb_rebate.h); a covered participant whose balance is below zero has
 *	           defaulted: reputation halved, killed, its orders taken off
 *
 * What the grid curtailed (bb_grid.h) is as if it had not been contracted, but that it is bought
 * back at the zone's price, or at the reference price where nothing traded.
 *
 * Units    as in bb_settlement.h.
 * Memory, threads, replay: as bb_state.h.
 * Errors   BB_ASSERT only.
 */
#ifndef BB_SETTLING_H
#define BB_SETTLING_H

#include "market/bb_course.h"
#include "market/bb_state.h"

/* Bits of a position's flags. */
enum bb_position_flag {
	BB_POSITION_METERED = 1 << 0,
	BB_POSITION_SUBSTITUTED = 1 << 1,
	BB_POSITION_DISPUTED = 1 << 2,
	BB_POSITION_SETTLED = 1 << 3,
};

/* bb_settling_step settles the next position of a course, bb_settling_finish makes it final;
 * false when there is none left.  A step writes at most BB_TICK_ROOM events. */
bool bb_settling_step(struct bb_market *market, struct bb_course *course,
		      struct bb_slice *slice);
bool bb_settling_finish(struct bb_market *market, struct bb_course *course,
			struct bb_slice *slice);

/* bb_settling_check asserts what must hold of a course's contracts: energy balances in each
 * zone with the flows over its lines, and cash over all of them is zero; and that no word of an
 * operator stands without a dispute. */
void bb_settling_check(const struct bb_market *market, const struct bb_course *course);

#endif
