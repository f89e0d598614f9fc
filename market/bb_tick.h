/* bb_tick - time has passed: whatever is due happens, course by course.
 *
 * What is due earliest goes first, of several the earliest quarter; then new intervals are
 * defined.  Before all that orders leave whose time has come, and a rebate (bb_rebate.h) begins;
 * after it those of the silent leave (bb_silence.h), and the rebate is paid.  One tick does a
 * bounded amount: up to BB_TICK_EVENTS steps of releasing, settling, finishing and paying, or
 * one auction, or the orders of one participant; what is left is due at once, and the next tick
 * goes on.
 *
 * Errors   None: a tick always passes.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_TICK_H
#define BB_TICK_H

#include "market/bb_fixing.h"
#include "market/bb_state.h"

#define BB_TICK_EVENTS 65536u

/* Events that one step may write: of those there are, settling is the longest, with five postings
 * of contracts and three of a deviation. */
#define BB_TICK_ROOM 10u

/* Events of one input at most, whatever it is. */
#define BB_TICK_EVENTS_MAX(orders)                                                        \
	(BB_FIXING_EVENTS(orders) > BB_TICK_EVENTS + 2 * BB_TICK_ROOM                     \
		 ? BB_FIXING_EVENTS(orders) + 8                                           \
		 : BB_TICK_EVENTS + 2 * BB_TICK_ROOM)

/* bb_tick_begin makes a tick the work under way; bb_tick_continue does it, true when done. */
void bb_tick_begin(struct bb_market *market);
bool bb_tick_continue(struct bb_market *market, struct bb_slice *slice);

/* bb_tick_move takes a course to the state of the row for event, which has no action, and
 * tells so. */
void bb_tick_move(struct bb_market *market, struct bb_course *course,
		  enum bb_course_event event, struct bb_slice *slice);

#endif
