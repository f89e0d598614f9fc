#include "market/bb_degree.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_reputation.h"

const uint16_t bb_degree_weights_default[BB_DEGREE_PARTS] = { 30, 15, 10, 15, 15, 15 };

static uint32_t
ratio(uint64_t part, uint64_t whole)
{
	return (uint32_t)((unsigned __int128)part * BB_PPM / whole);
}

static uint32_t
overlap(const struct bb_degree_order *sell, const struct bb_degree_order *buy)
{
	uint64_t smaller = 0;
	uint64_t larger = 0;

	BB_ASSERT(sell->profile_count == buy->profile_count);
	for (uint32_t i = 0; i < sell->profile_count; i++) {
		const uint32_t left = sell->profile[i];
		const uint32_t right = buy->profile[i];
		smaller += left < right ? left : right;
		larger += left < right ? right : left;
	}
	return larger == 0 ? 0 : ratio(smaller, larger);
}

static uint32_t
price_part(uint64_t surplus, const struct bb_degree_context *context)
{
	if (context->surplus_max == 0)
		return BB_PPM;
	const uint32_t share =
		surplus >= context->surplus_max ? BB_PPM : ratio(surplus, context->surplus_max);
	return context->closeness ? BB_PPM - share : share;
}

int32_t
bb_degree(const struct bb_degree_order *sell, const struct bb_degree_order *buy,
	  const struct bb_degree_context *context, uint32_t parts[BB_DEGREE_PARTS])
{
	uint32_t own[BB_DEGREE_PARTS];

	if (bb_degree_vetoed(sell, buy, context->fee, context->loss, context->loss_max))
		return BB_DEGREE_VETO;
	const uint64_t surplus = (uint64_t)(buy->price - sell->price - context->fee);
	const bool sell_larger = sell->quantity_wh > buy->quantity_wh;
	const uint64_t less = sell_larger ? buy->quantity_wh : sell->quantity_wh;
	const uint64_t more = sell_larger ? sell->quantity_wh : buy->quantity_wh;

	own[BB_DEGREE_PRICE] = price_part(surplus, context);
	own[BB_DEGREE_QUANTITY] = ratio(less, more);
	own[BB_DEGREE_TIME] =
		sell->profile_count == 0 ? own[BB_DEGREE_QUANTITY] : overlap(sell, buy);
	own[BB_DEGREE_DISTANCE] =
		BB_PPM - (context->loss_max == 0 ? 0 : ratio(context->loss, context->loss_max));
	own[BB_DEGREE_SOURCE] =
		(buy->prefer_sources >> sell->source & 1) != 0 ? BB_PPM : BB_PPM / 2;
	own[BB_DEGREE_REPUTATION] =
		(uint32_t)((uint64_t)sell->reputation * buy->reputation / BB_PPM);

	uint64_t sum = 0;
	uint32_t weights = 0;
	for (uint32_t i = 0; i < BB_DEGREE_PARTS; i++) {
		sum += (uint64_t)context->weights[i] * own[i];
		weights += context->weights[i];
	}
	BB_ASSERT(weights > 0);
	if (parts != NULL)
		memcpy(parts, own, sizeof(own));
	return (int32_t)(sum / weights);
}
