/* bb_entry - orders come in: what is checked, in which order, and then the trades.
 *
 * New order, first check that fails:
 *
 *	PRODUCT       there is no such product
 *	RECORD        side unknown, or reserved bytes not zero
 *	HALTED        the market is halted
 *	TICK          price is not a multiple of the tick
 *	PRICE         price is outside the band
 *	QUANTITY      zero, or above the product's limit
 *	LOT           quantity is not a multiple of the lot
 *	ORDER_EXISTS  the participant has a live order with this id
 *	ORDERS        it may rest, and the participant has as many live orders as it may
 *	UNSUPPORTED   type unknown, or a shown quantity, which no type offered has
 *	SELF_TRADE    its price reaches an own order on the other side (bb_resting_reaches)
 *	POSITION      its account, or the product's sum, could leave its range
 *	              (bb_account_fits in bb_members.h)
 *	BOOK_FULL     it must rest, and there is no slot (see below)
 *
 * Replace: ORDER_UNKNOWN first; then RECORD, HALTED, TICK, PRICE, QUANTITY, LOT, SELF_TRADE
 * and POSITION, as above.  It gives a live order a new price and a new quantity left to
 * trade; product, side and type stay, whatever the command says there.  The same price with
 * a smaller quantity keeps the order's place; everything else, an equal quantity too, loses
 * it, and may trade.
 *
 * BOOK_FULL can be told without trading: with no slot free, an order that meets another
 * either fills it, and so frees its slot, or is filled by it and need not rest.  So only
 * an order that meets none is refused.
 *
 * The source attributes of an order travel in the packet and are kept in the ledger; the
 * continuous book does not look at them.
 *
 * Errors   A result, and nothing was changed; BB_OK, and work is set or done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_ENTRY_H
#define BB_ENTRY_H

#include "market/bb_state.h"

enum bb_result bb_entry_new(struct bb_market *market, const struct bb_command *command);
enum bb_result bb_entry_replace(struct bb_market *market, const struct bb_command *command,
				struct bb_slice *slice);

/* bb_entry_continue trades and then rests the order of market->work.take; true when that
 * is done.  Trades come first, then ACCEPTED or REPLACED, then, for the rest of an
 * immediate-or-cancel order, CANCELLED. */
bool bb_entry_continue(struct bb_market *market, struct bb_slice *slice);

#endif
