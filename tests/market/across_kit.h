/* across_kit - a delivery interval in up to four zones that trade with each other over lines,
 * told in words.
 *
 * Lines of a script, apart by ";":
 *
 *	line N F T CAP REV FEE    line N from zone F to T, for the interval alone
 *	WHO VERB ID ZONE SIDE PRICE WH [SHOWN]
 *	                          VERB: new, ioc, fok, aon, market, iceberg, gtd; SIDE B or S
 *	WHO cancel ID             WHO replace ID PRICE WH
 *	halt, resume              of the whole market
 *	at SECONDS                of the day, as day_at
 *
 * Every command is applied to two venues, of which one has slices as small as they may be; the
 * events must be the same and bb_market_check passes after each.
 *
 * What a script said comes back as text, an event after the other, apart by "; ":
 *
 *	2/1 S 60 x40 rests 40             accepted: order, side, price, Wh entered, what rests
 *	3/2 took 30 at 60 of 2/1 in 1     traded over lines, in zone 1 (within the zone: no "in")
 *	3/2 paid 5 x30 over 0             the fee, and the lines it went over
 *	3/2 shared 30 at 65               uncrossed
 *	3/2 gone 10 BY_IOC                cancelled
 *	3/2 refused ERR_UNFILLED
 */
#ifndef ACROSS_KIT_H
#define ACROSS_KIT_H

#include "tests/market/day_kit.h"

struct across {
	struct day days[2];
	char text[4096];
};

/* across_open starts an interval that trades continuously in zones 1 to 4, with a tick and a
 * lot of 1 and prices from -1,000 to 1,000, after the lines of script were sent. */
void across_open(struct across *across, const char *lines);
void across_stop(struct across *across);

const char *across_say(struct across *across, const char *script);

/* across_book writes what rests in a zone: "B 40 x30 S 60 x10", best first; "" if nothing does. */
const char *across_book(struct across *across, uint8_t zone);

/* across_flow returns what flows over a line, from -> to positive. */
int64_t across_flow(const struct across *across, uint8_t line);

#endif
