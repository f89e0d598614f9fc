/* sim_twin - a market beside the venue's that never crashes: same inputs, other memory, another
 * secret for its hashes, one life.
 *
 * What a recovered market remembers must be what the twin does, byte for byte as they are
 * saved; this holds for all that a market can do, also where no model knows it.
 */
#ifndef SIM_TWIN_H
#define SIM_TWIN_H

#include "market/bb_bid.h"
#include "market/bb_save.h"

struct sim_twin {
	struct bb_market_size size;
	uint8_t operator_key[32];
	uint8_t *memory;
	size_t room;
	struct bb_market *market;
};

/* sim_twin_begin starts with an empty market. */
void sim_twin_begin(struct sim_twin *twin, const struct bb_market_size *size,
		    const uint8_t operator_key[32]);

/* sim_twin_apply decides an input as the matcher does. */
void sim_twin_apply(struct sim_twin *twin, const struct bb_bid *bid);

/* sim_twin_compare demands that market, between two inputs, remembers what the other does, which
 * `who` names. */
void sim_twin_compare(const struct bb_market *other, const struct bb_market *market,
		      const char *who);

#endif
