/* bb_cancel - orders leave: one, those of a product, all of a participant.
 *
 * Of many, in the order that costs least: product by product, the last one entered first; in
 * it buys before sells; of a side the newest first, and last those that a self-trade check has
 * sorted, best first.  It is the same in every replay, and nobody should build on it.
 *
 * Errors   A result, and nothing was changed; BB_OK, and work is set or done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_CANCEL_H
#define BB_CANCEL_H

#include "market/bb_state.h"

/* bb_cancel_one fails with BB_ERR_ORDER_UNKNOWN. */
enum bb_result bb_cancel_one(struct bb_market *market, const struct bb_command *command,
			     struct bb_account *account, struct bb_slice *slice);

/* bb_cancel_product cancels all orders in a product, or those of a side of it (CANCEL_SIDE); it
 * fails with BB_ERR_PRODUCT, or BB_ERR_RECORD for a side that does not exist. */
enum bb_result bb_cancel_product(struct bb_market *market, const struct bb_command *command);

/* bb_cancel_all takes every order of account off the books: its own wish, or because it
 * was revoked. */
void bb_cancel_all(struct bb_market *market, struct bb_account *account,
		   enum bb_result reason);

/* bb_cancel_slot takes one order off, for whoever has a reason; bb_cancel_any returns the slot
 * of some live order of account, or BB_SLOT_NONE. */
void bb_cancel_slot(struct bb_market *market, struct bb_slice *slice, uint32_t slot,
		    enum bb_result reason);
uint32_t bb_cancel_any(struct bb_market *market, const struct bb_account *account);

/* bb_cancel_continue cancels the orders of market->work.sweep; true when none is left.  Who
 * had none to cancel gets ACCEPTED with quantity 0; a revocation and a kill end with an event
 * of their own. */
bool bb_cancel_continue(struct bb_market *market, const struct bb_command *command,
			struct bb_slice *slice);

#endif
