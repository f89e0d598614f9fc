/* bb_cancel - orders leave: one, those of a product, all of a participant.
 *
 * Of many, product by product in the order in which the participant came to have orders
 * in them without a break, and in a product oldest first; an order that was replaced and
 * lost its place counts as new.
 *
 * Errors   A result, and nothing was changed; BB_OK, and work is set or done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_CANCEL_H
#define BB_CANCEL_H

#include "market/bb_state.h"

/* bb_cancel_one fails with BB_ERR_ORDER_UNKNOWN. */
enum bb_result bb_cancel_one(struct bb_market *market, const struct bb_command *command,
			     struct bb_slice *slice);

/* bb_cancel_product fails with BB_ERR_PRODUCT. */
enum bb_result bb_cancel_product(struct bb_market *market, const struct bb_command *command);

/* bb_cancel_all takes every order of account off the books: its own wish, or because it
 * was revoked. */
void bb_cancel_all(struct bb_market *market, struct bb_account *account,
		   enum bb_result reason);

/* bb_cancel_continue cancels the orders of market->work.sweep; true when none is left.  Who
 * had none to cancel gets ACCEPTED with quantity 0; a revocation ends with its own event. */
bool bb_cancel_continue(struct bb_market *market, const struct bb_command *command,
			struct bb_slice *slice);

#endif
