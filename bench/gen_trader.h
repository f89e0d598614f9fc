/* gen_trader - one participant at the market: what it asks for, and what it learns.
 *
 * It knows its own needs and what reports told it, nothing else.  The phases of a day:
 *
 *	OPENING    a limit order for each quarter-hour, at a price with hope in it
 *	REPRICE    what did not trade concedes half of the way to its limit; forecasts
 *	           change, and with them quantities, sometimes the side
 *	RESERVE    storages offer what they kept back for the evening, above every limit
 *	CLOSE_OUT  what is open is cancelled and traded at once, across the spread; who
 *	           has not traded yet goes as far as the reserve
 *	GATE       before gate closure: what is open goes half of the way from its limit to
 *	           what a deviation would cost, and waits for the auction
 *	LAST_CALL  who still has not traded asks for single lots of the reserve
 *
 * Order ids are serial << 9 | hand << 7 | quarter-hour, hand 0 for orders that rest and
 * are looked after, 1 for the reserve, 2 for what trades at once: low bits of live orders
 * differ, as the venue demands.
 *
 * Units    Wh, above 0 bought or needed; prices in nano-currency per Wh.
 * Memory   A value of some 3 KiB.
 * Threads  One.
 * Errors   None: a report that fits nothing is no news.
 * Replay   Pure: the same reports give the same orders.
 */
#ifndef GEN_TRADER_H
#define GEN_TRADER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/gen_community.h"
#include "wire/bb_packet.h"
#include "wire/bb_report.h"

/* The close-out of those who have not traded yet; all limits are between these. */
#define GEN_LAST_BID INT32_C(350000)
#define GEN_LAST_ASK INT32_C(80000)

enum gen_phase {
	GEN_OPENING,
	GEN_REPRICE,
	GEN_RESERVE,
	GEN_CLOSE_OUT,
	GEN_LAST_CALL,
	GEN_GATE,
};

/* The most orders of one phase: cancel all, then cancel and new for each quarter-hour. */
#define GEN_TRADER_ORDERS (1u + 2u * GEN_QUARTERS)

/* Live orders that a trader may have: the roster asks for this much. */
#define GEN_TRADER_LIVE (3u * GEN_QUARTERS)

struct gen_step {
	const struct gen_day *day;
	uint8_t phase; /* enum gen_phase */
	uint8_t zone;
	uint32_t round; /* in LAST_CALL: the attempt, from 0 */
	uint32_t from, until; /* quarter-hours that it is about; until 0: all */
};

/* The order of a quarter-hour that is looked after. */
struct gen_order {
	uint32_t serial;
	int32_t price;
	uint32_t remaining_wh;
	uint8_t side; /* enum bb_side */
	bool live;
	bool accepted; /* a refusal now is one of its replacement */
	bool reserved;
};

struct gen_trader {
	const struct gen_participant *self;
	uint32_t serial; /* last given */
	bool traded;
	bool clear_first; /* orders of an earlier run rest: cancel them all */
	int32_t target_wh[GEN_QUARTERS];
	int32_t position_wh[GEN_QUARTERS];
	struct gen_order orders[GEN_QUARTERS];
};

void gen_trader_init(struct gen_trader *trader, const struct gen_participant *self);

/* gen_trader_orders writes what the trader asks for in a step and returns how many; orders
 * has room for GEN_TRADER_ORDERS. */
uint32_t gen_trader_orders(struct gen_trader *trader, const struct gen_step *step,
			   struct bb_wire_order *orders);

/* gen_trader_learn takes in one record of an answer or a notice. */
void gen_trader_learn(struct gen_trader *trader, const struct bb_report_record *record);

/* gen_product returns the id of a quarter-hour of the day in a zone. */
static inline uint32_t
gen_product(const struct gen_day *day, uint8_t zone, uint32_t quarter)
{
	return (uint32_t)zone << 24 |
	       (uint32_t)(day->start_s / GEN_QUARTER_S + (int64_t)quarter);
}

#endif
