/* trading - a community that trades on a market in the same process: no packets, no time,
 * every answer and notice heard at once.  For tests of what the generator asks for.
 *
 * Memory   The caller owns the struct; trading_start allocates, trading_stop frees.
 */
#ifndef TRADING_H
#define TRADING_H

#include "bench/gen_trader.h"
#include "market/bb_market.h"

struct trading {
	struct gen_day day;
	struct gen_participant *participants;
	struct gen_trader *traders;
	void *memory;
	struct bb_market *market;
	uint32_t count;
	uint64_t number;
	uint64_t trades, energy_wh, orders;
	uint64_t refused[BB_RESULT_COUNT];
};

void trading_start(struct trading *trading, uint32_t count, uint64_t seed);
void trading_stop(struct trading *trading);

/* trading_phase lets everyone act once, those who have not traded yet first. */
void trading_phase(struct trading *trading, enum gen_phase phase, uint32_t round);

/* trading_traded returns how many know that they have traded. */
uint32_t trading_traded(const struct trading *trading);

#endif
