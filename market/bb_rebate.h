/* bb_rebate - what penalties and congestion collected goes back to those who were metered.
 *
 * FUND gathers what deviations cost beyond their price, RENT what lines earn when they are full.
 * Nobody shall keep a profit from either.  So at the end of each period of rebate_days, counted
 * from 1970:
 *
 *	FUND    its balance, less what stays there, is shared among the participants
 *	RENT    goes to DSO as a whole; or, with rent_shared, is shared likewise
 *
 * What stays in FUND:  the reserve (kept_units, kept_nano); postings of intervals that are not
 * final, because they may be taken back; and as much as covered participants owe, because FUND
 * stands in for them until they pay.  If that is more than there is, all of it stays.
 *
 * Who shares, and how:  by the energy metered, either way, in intervals that became final since
 * the last rebate; exact to the last unit by largest remainder, ties to the lower participant
 * (bb_prorata.h).  A substitute for a missing reading does not count, since silence must not
 * pay; a reading that corrects one does.  Who has the role of operator, grid company or meter
 * does not share: it has a say in what is collected, or in what is metered.  Killed, revoked and
 * indebted participants share: they were metered, and a share first makes a debt smaller.  If
 * nobody was metered, all stays in FUND and RENT for the next time.
 *
 * The period ends with the first tick at or after its last moment, before anything else that is
 * due then: what becomes final in that tick counts for the next.  Accounts are read and amounts
 * fixed at once, in one pass; then the shares are computed and paid when nothing of the calendar
 * is due, over as many ticks as it takes, so no auction waits for it.  What is to be paid is
 * locked in FUND and RENT meanwhile.  Ticks that come late for several periods end them as one.
 * A period in which nothing was settled or made final does not end; it goes on in the next one.
 *
 * Units    Wh; nano-currency; ns since 1970.
 * Memory   bb_rebate_bytes(participants) from the arena, where there is a calendar.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.
 * Replay   Equal calls give equal bytes and events.
 */
#ifndef BB_REBATE_H
#define BB_REBATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_arena.h"
#include "market/bb_prorata.h"

struct bb_account;
struct bb_market;
struct bb_slice;

enum bb_rebate_stage {
	BB_REBATE_IDLE,
	BB_REBATE_SHARES, /* of the pot are to be computed */
	BB_REBATE_PAYS,   /* one participant after the other */
};

enum bb_rebate_pot { BB_REBATE_FUND, BB_REBATE_RENT, BB_REBATE_POTS };

struct bb_rebate {
	struct bb_claim *claims; /* [participants]: of those who share, by participant */
	uint64_t due_ns;         /* of the next; 0: under way; BB_NEVER_NS: nothing is awaited */
	uint64_t metered_wh;     /* by all who share */
	uint64_t amounts[BB_REBATE_POTS]; /* to be paid, 0 when it is */
	uint64_t left;  /* of the pot under way */
	uint32_t count; /* who share */
	uint32_t next;  /* claim that is paid next */
	uint8_t stage;  /* enum bb_rebate_stage */
	uint8_t pot;    /* enum bb_rebate_pot, under way */
	bool pending;   /* something was settled or made final since the last one */
	uint8_t reserved[5]; /* zero */
	__int128 provisional; /* in FUND, of intervals that are not final */
};

size_t bb_rebate_bytes(uint32_t participants);
void bb_rebate_init(struct bb_rebate *rebate, struct bb_arena *arena, uint32_t participants);

/* bb_rebate_plan finds due_ns anew, after rules have changed.  One that is due already stays
 * due, unless there shall be none any more. */
void bb_rebate_plan(struct bb_market *market);

/* bb_rebate_settle notes that a position was settled, which changed what may be taken back out
 * of FUND by change; bb_rebate_count that account's reading of metered_wh became final. */
void bb_rebate_settle(struct bb_market *market, __int128 change);
void bb_rebate_count(struct bb_market *market, const struct bb_account *account,
		     int64_t metered_wh);

/* bb_rebate_begin ends the period, in a tick, if it is over; false if the slice has no room for
 * that.  bb_rebate_continue shares and pays what is left of the tick; false if the slice is full
 * before. */
bool bb_rebate_begin(struct bb_market *market, struct bb_slice *slice);
bool bb_rebate_continue(struct bb_market *market, struct bb_slice *slice);

/* bb_rebate_check asserts that what is locked is what is to be paid, and that what may be taken
 * back is what positions say. */
void bb_rebate_check(const struct bb_market *market);

#endif
