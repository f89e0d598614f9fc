#include "market/bb_reputation.h"

#include <stdbool.h>

const struct bb_reputation_rules bb_reputation_rules_default = {
	.gain_up = 1966,
	.gain_down = 6554,
	.quantity_min = 100,
	.quantity_ref = 2500,
	.floor = 50000,
};

static uint64_t
smaller(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

static uint64_t
larger(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

uint32_t
bb_reputation_after(const struct bb_reputation_rules *rules, uint32_t reputation,
		    uint64_t contracted_wh, uint64_t excess_wh)
{
	if (contracted_wh == 0 && excess_wh == 0)
		return reputation;

	const uint64_t base = larger(contracted_wh, rules->quantity_min);
	const uint64_t missed = smaller(excess_wh, base);
	const uint64_t performance =
		BB_PPM - (uint64_t)((unsigned __int128)missed * BB_PPM / base);
	const bool up = performance >= reputation;
	const uint64_t distance = up ? performance - reputation : reputation - performance;
	const uint64_t weight = smaller(larger(contracted_wh, 1), rules->quantity_ref);
	const uint64_t gain = up ? rules->gain_up : rules->gain_down;
	const uint64_t step = (uint64_t)((unsigned __int128)distance * gain * weight /
					 ((uint64_t)rules->quantity_ref << 16));

	const uint64_t moved = up ? smaller(reputation + step, BB_PPM)
				  : reputation - smaller(step, reputation);
	return (uint32_t)larger(moved, rules->floor);
}

int64_t
bb_reputation_handicap(uint32_t not_delivered, uint32_t reputation)
{
	return (int64_t)((uint64_t)not_delivered * (BB_PPM - reputation) / BB_PPM);
}
