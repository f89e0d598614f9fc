/* bb_basket - several orders that trade all, at once and as a whole, or none of them.
 *
 * The legs are consecutive records of one packet, 2 to BB_RECORDS_MAX, each of another product;
 * legs_after counts down to 0.  With the first leg all are judged as the book stands: each
 * as a fill-or-kill order, and all together against the account, the energy and the positions
 * that are left.  No leg can change what another one meets, since their books are different
 * ones and nothing comes between; so what passed then trades, leg by leg.
 *
 * Refused: the leg at fault is told why, every other one BASKET.  A row of legs that is not
 * a basket (alone, a count that does not fit, another record in between) is refused as a whole
 * with BASKET; so are two legs of one product, and of one delivery interval in two zones where
 * lines lead to other zones: they would share the lines' room (bb_across.h).
 *
 * Memory, threads, replay: as bb_state.h.
 * Errors   A result, and nothing was changed; but to judge may sort own orders (bb_entry.h).
 */
#ifndef BB_BASKET_H
#define BB_BASKET_H

#include "market/bb_state.h"

/* bb_basket_leg enters one leg; the others are behind it in the slice, or were before it. */
enum bb_result bb_basket_leg(struct bb_market *market, const struct bb_command *command,
			     struct bb_account *account, struct bb_slice *slice);

#endif
