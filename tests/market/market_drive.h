/* market_drive - drive two markets and the model with bytes, and compare all they do.
 *
 * The markets differ in hash key and slice size; any difference in an event, an account, a
 * product or a price is a BB_ASSERT, and so is a byte that a refusal changed.  So the same
 * function serves CUnit (bytes from a seed), the fuzzer (bytes from coverage) and a saved
 * crash (bytes from a file).
 *
 * The first byte chooses the venue and the slices; then every command takes
 * DRIVE_COMMAND_BYTES (market_bytes.h).
 */
#ifndef MARKET_DRIVE_H
#define MARKET_DRIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "market/bb_event.h"

#define DRIVE_COMMAND_BYTES 8u

/* What the commands driven so far came to: a test asks that nothing was left out. */
struct drive_tally {
	uint64_t events[BB_EVENT_KINDS];  /* by kind */
	uint64_t results[BB_RESULT_COUNT]; /* of REFUSED and CANCELLED */
	uint64_t legs[BB_RESULT_COUNT];    /* what the legs of baskets were answered */
	uint64_t sums[BB_RESULT_COUNT];    /* where each leg would have passed, but not all */
};

/* market_drive returns the number of commands; tally may be NULL. */
size_t market_drive(const uint8_t *bytes, size_t size, struct drive_tally *tally);

#endif
