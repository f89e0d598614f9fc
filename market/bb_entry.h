/* bb_entry - orders come in: what is checked, in which order, and then the trades.
 *
 * New order, first check that fails:
 *
 *	PRODUCT       there is no such product
 *	RECORD        side unknown, or reserved bytes not zero
 *	UNFILLED      market-to-limit, and nothing rests on the other side, or trading rests
 *	KILLED        the participant took part for the time being
 *	HALTED        the market is halted
 *	STATE         the product's delivery interval does not trade (bb_course.h)
 *	TICK          price is not a multiple of the tick
 *	PRICE         price is outside the band
 *	QUANTITY      zero, or above the product's or the participant's limit
 *	LOT           quantity is not a multiple of the lot
 *	ORDERS        it may rest, and the participant has as many live orders as it may
 *	ORDER_EXISTS  the participant has a live order with this id; or, if it may rest, one whose
 *	              id has the same low bits (bb_ids.h)
 *	UNSUPPORTED   type unknown or not offered, or a shown quantity where the type has none
 *	POSITION      over the participant's limit of net purchase or sale in a product, which
 *	              counts what it has open; or a sum of energy or of locked money could
 *	              leave its range
 *	ESCROW        its account must cover it, and does not
 *	BOOK_FULL     it may have to rest, and there is no room (see below)
 *	FULL          it would be the participant's first in the product, and the venue has no
 *	              room for another position
 *	UNFILLED      all of it at once or nothing (bb_type.h), and it would be nothing
 *	SELF_TRADE    its price reaches an own order on the other side, even if others stand
 *	              before it and would fill it: the rule must not depend on what they do; in
 *	              another zone by the fees of lines, whatever their room (bb_across.h)
 *
 * Replace: ORDER_UNKNOWN first; then RECORD, KILLED, HALTED, STATE, TICK, PRICE, QUANTITY,
 * LOT, POSITION, ESCROW, BOOK_FULL and SELF_TRADE, as above.  It gives a live order a new price and
 * a new quantity left to trade; product, side and type stay, whatever the command says there.
 * The same price with a smaller quantity keeps the order's place; everything else, an equal
 * quantity too, loses it, and may trade.
 *
 * BOOK_FULL can be told without trading.  With no slot free, an order that meets another in
 * its own zone, where no line gets full, either fills it, and so frees its slot, or is filled by
 * it and need not rest: only one that meets none there is refused.  With no stretch of rungs free
 * (bb_ladder.h), an order is refused whose price has none: what it trades may free one, but need
 * not.  And nothing more rests at a price where BB_RUNG_WH_MAX rest.
 *
 * SELF_TRADE comes last, because to tell may sort the participant's own orders in that
 * product (bb_position.h): of all refusals only this one may move bytes, and none that decide
 * anything.
 *
 * The source attributes of an order are kept with it; the continuous book does not look at
 * them.
 *
 * Errors   A result, and nothing was changed; BB_OK, and it is done or market->work says what
 *          is left of it.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_ENTRY_H
#define BB_ENTRY_H

#include "market/bb_state.h"

enum bb_result bb_entry_new(struct bb_market *market, const struct bb_command *command,
			    struct bb_account *account, struct bb_slice *slice);
enum bb_result bb_entry_replace(struct bb_market *market, const struct bb_command *command,
				struct bb_account *account, struct bb_slice *slice);

/* bb_entry_judge and bb_entry_enter are the two halves of bb_entry_new, for whoever decides about
 * several orders at once: what is judged, nothing else having come between, can be entered. */
enum bb_result bb_entry_judge(struct bb_market *market, const struct bb_order_command *order,
			      struct bb_account *account, struct bb_take *take);
void bb_entry_enter(struct bb_market *market, struct bb_take *take, struct bb_slice *slice);

/* bb_entry_continue goes on with market->work.take; true when that is done.  Trades come
 * first, then ACCEPTED or REPLACED, then, for the rest of an immediate-or-cancel order,
 * CANCELLED. */
bool bb_entry_continue(struct bb_market *market, struct bb_slice *slice);

#endif
