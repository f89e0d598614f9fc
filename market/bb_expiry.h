/* bb_expiry - which order's time comes next.
 *
 * The next tick takes off what has expired.  Between its second and that tick, which comes
 * within the venue's tick interval, an order may still trade: the ledger's time stamps show it.
 *
 * Units    ns since 1970.
 * Memory, threads, replay: as bb_state.h.
 * Errors   None.
 */
#ifndef BB_EXPIRY_H
#define BB_EXPIRY_H

#include "market/bb_state.h"

/* bb_expiry_due_ns returns when an order expires first; BB_NEVER_NS if none does. */
static inline uint64_t
bb_expiry_due_ns(const struct bb_market *market)
{
	const struct bb_extras *extras = &market->orders.extras;
	const uint32_t first = bb_extras_first(extras);

	return first == BB_EXTRA_NONE ? BB_NEVER_NS
				      : extras->slots[first].expires_s * BB_SECOND_NS;
}

/* bb_expiry_slot returns the slot of that order. */
static inline uint32_t
bb_expiry_slot(const struct bb_market *market)
{
	const struct bb_extras *extras = &market->orders.extras;

	return extras->slots[bb_extras_first(extras)].slot;
}

#endif
