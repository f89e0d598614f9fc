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
	uint32_t reputation; /* ppm; or whose, to be asked for */
	uint32_t index;      /* the caller's own */
};

/* Reputations decide only between equal remainders, so that few of many are needed: where
 * looking one up is dear, a claim says whose it is instead. */
struct bb_reputations {
	uint32_t (*of)(const void *context, uint32_t whose); /* ppm */
	const void *context;
};

/* bb_prorata splits amount over claims; with amount at or above their sum everybody gets
 * all it asked for.  bb_prorata_asking looks reputations up. */
void bb_prorata(struct bb_claim *claims, uint32_t count, uint64_t amount);
void bb_prorata_asking(struct bb_claim *claims, uint32_t count, uint64_t amount,
		       const struct bb_reputations *reputations);

#endif
