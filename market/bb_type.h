/* bb_type - what an order's type asks for beyond a limit: whether it rests, whether it trades as
 * a whole or not at all, at which price.
 *
 *	type          rests   whole   what else
 *	LIMIT_GTC     yes     no
 *	LIMIT_IOC     no      no
 *	LIMIT_FOK     no      yes
 *	LIMIT_AON     no      yes     as FOK, see below
 *	LIMIT_GTD     yes     no      gone at expires_s
 *	LIMIT_ICEBERG yes     no      shows a clip of shown_wh at a time
 *	MARKET_LIMIT  yes     no      its limit is the best price of the other side, in its zone
 *
 * Whole: what is shown within its limit (and the dynamic band) is counted by the sums of
 * rungs, which costs a look at each price that it would trade at; BB_LOOKS_MAX at most, since
 * a refused order costs its sender nothing.  What icebergs hide does not count: who could ask for
 * it by refused orders would know it.
 *
 * An all-or-none order that rested would stand across prices that others trade at, or would
 * stop whoever is smaller than it; so it does not rest, and differs from fill-or-kill by name.
 *
 * Units    as in bb_command.h.
 * Memory   None.
 * Threads  The matching core only.
 * Errors   A result; nothing is changed.
 * Replay   Functions of their arguments.
 */
#ifndef BB_TYPE_H
#define BB_TYPE_H

#include "market/bb_state.h"

#define BB_TYPES_RESTING                                                                      \
	(1u << BB_LIMIT_GTC | 1u << BB_LIMIT_GTD | 1u << BB_LIMIT_ICEBERG | 1u << BB_MARKET_LIMIT)
#define BB_TYPES_WHOLE (1u << BB_LIMIT_FOK | 1u << BB_LIMIT_AON | 1u << BB_BASKET_LEG)

/* Prices that a whole order may trade at: more than any book has within sane prices, and 42 such
 * orders of a packet are looked at within some ms. */
#define BB_LOOKS_MAX 4096u

_Static_assert(BB_CLIPS_WH_MAX + BB_RUNG_WH_MAX <= UINT64_MAX >> BB_RUNG_ORDERS_BITS,
	       "clips that come back to a full rung fit it");

static inline bool
bb_type_rests(uint8_t type)
{
	return type < BB_ORDER_TYPES && (BB_TYPES_RESTING >> type & 1) != 0;
}

static inline bool
bb_type_whole(uint8_t type)
{
	return type < BB_ORDER_TYPES && (BB_TYPES_WHOLE >> type & 1) != 0;
}

/* bb_type_price sets the price of a market-to-limit order; BB_ERR_UNFILLED when nothing rests
 * on the other side, or nothing trades for the time being. */
enum bb_result bb_type_price(const struct bb_market *market, const struct bb_listing *listing,
			     const struct bb_order_command *order, int32_t *price);

/* bb_type_clips returns whether an iceberg may show clip_wh of so much at a time. */
static inline bool
bb_type_clips(uint32_t quantity_wh, uint32_t clip_wh)
{
	return quantity_wh <= (uint64_t)clip_wh * BB_CLIPS_MAX;
}

/* bb_type_check judges the type and what goes with it alone:
 *
 *	UNSUPPORTED   type unknown or not offered, or a shown quantity where the type has none
 *	EXPIRY        GTD: the time has come, or lies behind the listing's last order
 *	QUANTITY      ICEBERG: the clip is zero, above the order, or too small a part of it
 *	LOT           ICEBERG: the clip is not a multiple of the lot
 */
enum bb_result bb_type_check(const struct bb_market *market, const struct bb_listing *listing,
			     const struct bb_order_command *order);

/* bb_type_fills returns whether all of an order can trade at once in its own zone; over lines
 * bb_across_fills does. */
bool bb_type_fills(const struct bb_take *take);

#endif
