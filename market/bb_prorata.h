/* bb_prorata - who gets how much where an auction's price level is only partly filled.
 *
 * Largest remainder (Hamilton): everybody gets the floor of its share, and the units left
 * over go to the largest remainders; ties to the higher reputation, then to the earlier
 * order.  The result does not depend on the order of claims.
 *
 * Units    quantities in any one unit (Wh or lots); reputation in ppm.
 * Cost     Linear in claims, whatever they are: the last one served is found by counting,
 *          digit by digit, and nothing is sorted.
 * Memory   The caller's; claims come back in another order.
 * Threads  None of its own.
 * Errors   BB_ASSERT: amounts are sums that the caller has bounded.
 * Replay   Pure.
 */
#ifndef BB_PRORATA_H
#define BB_PRORATA_H

#include <stdint.h>

struct bb_claim {
	uint64_t quantity;   /* asked for; the sum of all stays below 2^63 */
	uint64_t order;      /* rises with acceptance; unique */
	uint64_t given;      /* the result */
	uint64_t remainder;  /* scratch */
	uint32_t reputation; /* ppm */
	uint32_t index;      /* the caller's own */
};

/* bb_prorata splits amount over claims; with amount at or above their sum everybody gets
 * all it asked for. */
void bb_prorata(struct bb_claim *claims, uint32_t count, uint64_t amount);

#endif
