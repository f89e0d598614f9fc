/* bb_views - what the market holds beside its books, copied out for those who look: accounts,
 * delivery intervals, rules.
 *
 * Units    nano-currency; ns since 1970; quarter: Unix time of the delivery's start / 900.
 * Memory   Copies into the caller's structs.
 * Threads  The matching core only; the control thread asks it (matcher/bb_matcher.h).
 * Errors   false: there is none.
 * Replay   They change nothing.
 */
#ifndef BB_VIEWS_H
#define BB_VIEWS_H

#include "market/bb_accounts.h"
#include "market/bb_course.h"
#include "market/bb_market.h"

struct bb_purse_view {
	uint32_t account; /* a participant, or enum bb_technical_account */
	int64_t balance;
	uint64_t locked;
	uint64_t metered_wh; /* since the last rebate (bb_rebate.h) */
};

struct bb_zone_view {
	int32_t price; /* of the last auction in which something traded */
	uint8_t zone;
	bool priced;
};

struct bb_course_view {
	uint32_t quarter;
	uint8_t state; /* enum bb_course_state */
	uint8_t rounds; /* of resettlement */
	uint8_t zone_count;
	uint8_t lines; /* that are known */
	uint64_t due_ns;
	uint32_t disputes;
	uint32_t readings;
	struct bb_imbalance imbalance;
	struct bb_zone_view zones[BB_VENUE_ZONES];
	struct bb_course_tariff tariffs[BB_VENUE_ZONES];
};

/* bb_market_purse copies an account out; false where there is no such participant. */
bool bb_market_purse(const struct bb_market *market, uint32_t account,
		     struct bb_purse_view *view);

/* bb_market_course copies the index-th delivery interval out, in no order; false where there
 * is none.  index is below bb_market_size()->courses. */
bool bb_market_course(const struct bb_market *market, uint32_t index,
		      struct bb_course_view *view);

/* bb_market_rules returns what holds for delivery intervals that open from now on. */
const struct bb_rules *bb_market_rules(const struct bb_market *market);

#endif
