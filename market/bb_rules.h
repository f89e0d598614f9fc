/* bb_rules - every parameter of the market, in groups that the operator sets.
 *
 * A change holds for delivery intervals that have not opened yet: one that opens copies the
 * rules, and keeps them until it is final.  A group is set as a whole, by a PARAM command of
 * BB_PARAM_VALUES values; those that a group does not name are zero.
 *
 * The list below is all there is to know of a value: its group, its place there, its name,
 * its bounds and where it begins.  Ranges between values, bb_rules_set checks.
 *
 * Units    as the names say: ppm, seconds (s), Wh; prices in nano-currency per Wh.
 * Memory   A value.
 * Threads  None of its own.
 * Errors   BB_ERR_PARAM: no such group, a value out of its range or not where it belongs.
 * Replay   Pure.
 */
#ifndef BB_RULES_H
#define BB_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "base/bb_result.h"
#include "market/bb_command.h"

enum bb_param_group {
	BB_PARAM_NONE,
	BB_PARAM_TERMS,      /* of each listing */
	BB_PARAM_CALENDAR,   /* when things happen */
	BB_PARAM_CLEARING,   /* of a call auction */
	BB_PARAM_DEGREE,     /* the matching degree's weights, and losses */
	BB_PARAM_REPUTATION, /* how it moves */
	BB_PARAM_SETTLEMENT, /* tolerance, penalty, and the grid's prices where it sends none */
	BB_PARAM_ESCROW,
	BB_PARAM_PROTECTION, /* the dynamic band */
	BB_PARAM_ZONES,      /* of the calendar: bit z % 32 of value z / 32 */
	BB_PARAM_REBATE,     /* of what penalties and congestion collected */
	BB_PARAM_GROUPS
};

#define BB_ZONE_WORDS 8u
#define BB_QUORUM_MAX 7 /* operators that must agree, at most */

/*	group, place, name, least, most, default
 *
 *	TERMS       every price of the band needs a rung (BB_LEVELS_MAX), so the band and the
 *	            tick bound each other: 15,000,000 / 100 + 1 steps
 *	CALENDAR    days_ahead 0: no delivery intervals are made.  All but metering_after_s and
 *	            the two windows count back from the start of delivery, metering_after_s from
 *	            its end.  An auction that cannot be held within clearing_s is not held.
 *	            auction_before_s 0: none but the one at closure.
 *	CLEARING    kappa: price of a Wh that is not delivered, of the reputation handicap
 *	DEGREE      losses inside a feeder and between two
 *	SETTLEMENT  imbalance_required 1: an interval opens only when the grid company has sent
 *	            its prices; lines_required: and this many lines; imbalance_after 1: it is not
 *	            settled, though all readings are there, before it has sent them again after
 *	            that, or their time is over; ruling_quorum: so many operators must say the
 *	            same of an interval's disputes; on_actuals 1: what was contracted and not
 *	            delivered is not paid, instead of bought from the grid (bb_settlement.h)
 *	ESCROW      margin_ppm of what the worst deviation costs
 *	PROTECTION  band_ppm of the last auction's price, at least band_price; 0 and 0: none.
 *	            breaker_s from leaving the band to the auction that follows
 *	REBATE      rebate_days: the period, whole days counted from 1970; 0: never.  What stays in
 *	            FUND: kept_units x 10^9 + kept_nano.  rent_shared 0: RENT goes to DSO
 *	            (market/bb_rebate.h).  It holds for whatever period ends from then on
 */
#define BB_RULES_LIST(X)                                                            \
	X(TERMS, 0, price_min, -BB_PRICE_MAX, BB_PRICE_MAX, -5000000)               \
	X(TERMS, 1, price_max, -BB_PRICE_MAX, BB_PRICE_MAX, 10000000)               \
	X(TERMS, 2, tick, 1, BB_PRICE_MAX, 100)                                     \
	X(TERMS, 3, lot_wh, 1, 1000000000, 100)                                     \
	X(TERMS, 4, quantity_max_wh, 1, INT32_MAX, 1000000000)                      \
	X(CALENDAR, 0, days_ahead, 0, 40, 0)                                        \
	X(CALENDAR, 1, open_before_s, 1, 3456000, 86400)                            \
	X(CALENDAR, 2, auction_before_s, 0, 3456000, 3600)                          \
	X(CALENDAR, 3, continuous_before_s, 0, 3456000, 600)                        \
	X(CALENDAR, 4, closure_before_s, 0, 3456000, 300)                           \
	X(CALENDAR, 5, clearing_s, 1, 3456000, 240)                                 \
	X(CALENDAR, 6, metering_after_s, 1, 31536000, 3600)                         \
	X(CALENDAR, 7, dispute_s, 1, 31536000, 86400)                               \
	X(CALENDAR, 8, dispute_again_s, 1, 31536000, 21600)                         \
	X(CLEARING, 0, k_milli, 0, 1000, 500)                                       \
	X(CLEARING, 1, kappa, 0, BB_PRICE_MAX, 0)                                   \
	X(DEGREE, 0, weight_price, 0, 1000, 30)                                     \
	X(DEGREE, 1, weight_quantity, 0, 1000, 15)                                  \
	X(DEGREE, 2, weight_time, 0, 1000, 10)                                      \
	X(DEGREE, 3, weight_distance, 0, 1000, 15)                                  \
	X(DEGREE, 4, weight_source, 0, 1000, 15)                                    \
	X(DEGREE, 5, weight_reputation, 0, 1000, 15)                                \
	X(DEGREE, 6, loss_max_ppm, 0, 1000000, 50000)                               \
	X(DEGREE, 7, loss_inside_ppm, 0, 1000000, 4000)                             \
	X(DEGREE, 8, loss_between_ppm, 0, 1000000, 22000)                           \
	X(REPUTATION, 0, gain_up, 0, 65536, 1966)                                   \
	X(REPUTATION, 1, gain_down, 0, 65536, 6554)                                 \
	X(REPUTATION, 2, reputation_quantity_min_wh, 1, 1000000000, 100)            \
	X(REPUTATION, 3, reputation_quantity_ref_wh, 1, 1000000000, 2500)           \
	X(REPUTATION, 4, reputation_floor_ppm, 0, 1000000, 50000)                   \
	X(SETTLEMENT, 0, tolerance_ppm, 0, 1000000, 50000)                          \
	X(SETTLEMENT, 1, tolerance_wh, 0, 1000000000, 50)                           \
	X(SETTLEMENT, 2, penalty_ppm, 0, 1000000, 250000)                           \
	X(SETTLEMENT, 3, only_aggravating, 0, 1, 0)                                 \
	X(SETTLEMENT, 4, price_long, -BB_PRICE_MAX, BB_PRICE_MAX, 40000)            \
	X(SETTLEMENT, 5, price_short, -BB_PRICE_MAX, BB_PRICE_MAX, 220000)          \
	X(SETTLEMENT, 6, price_reference, 0, BB_PRICE_MAX, 100000)                  \
	X(SETTLEMENT, 7, imbalance_required, 0, 1, 0)                               \
	X(SETTLEMENT, 8, lines_required, 0, BB_VENUE_LINES, 0)                      \
	X(SETTLEMENT, 9, imbalance_after, 0, 1, 0)                                  \
	X(SETTLEMENT, 10, ruling_quorum, 1, BB_QUORUM_MAX, 1)                       \
	X(SETTLEMENT, 11, on_actuals, 0, 1, 0)                                      \
	X(ESCROW, 0, margin_ppm, 0, 1000000, 200000)                                \
	X(PROTECTION, 0, band_ppm, 0, 100000000, 500000)                            \
	X(PROTECTION, 1, band_price, 0, BB_PRICE_MAX, 50000)                        \
	X(PROTECTION, 2, breaker_s, 0, 86400, 60)                                   \
	X(REBATE, 0, rebate_days, 0, 3650, 30)                                      \
	X(REBATE, 1, kept_units, 0, INT32_MAX, 0)                                   \
	X(REBATE, 2, kept_nano, 0, 999999999, 0)                                    \
	X(REBATE, 3, rent_shared, 0, 1, 0)

struct bb_rules {
#define X(group, place, name, least, most, start) int32_t name;
	BB_RULES_LIST(X)
#undef X
	uint32_t zones[BB_ZONE_WORDS]; /* bits: at least one, at most BB_VENUE_ZONES */
};

extern const struct bb_rules bb_rules_default; /* zone 1 alone, no days ahead */

/* bb_rules_set checks a group of values together with those that stand, and sets them;
 * refused, nothing is changed. */
enum bb_result bb_rules_set(struct bb_rules *rules, const struct bb_param_command *param);

/* bb_rules_zones writes the zones of the calendar in rising order and returns how many. */
uint32_t bb_rules_zones(const struct bb_rules *rules, uint8_t zones[BB_VENUE_ZONES]);

/* bb_rules_has_zone returns whether the calendar has that zone. */
bool bb_rules_has_zone(const struct bb_rules *rules, uint8_t zone);

/* bb_rules_margin returns the margin of escrow for one Wh, rounded up: margin_ppm of what a
 * deficit of it would cost at price_short, penalty included. */
uint32_t bb_rules_margin(const struct bb_rules *rules, int32_t price_short,
			 int32_t price_reference);

#endif
