#include "market/bb_rules.h"

#include <stddef.h>

#include "base/bb_bytes.h"

#define PPM 1000000

/* Where a value of a command belongs. */
struct place {
	uint16_t group; /* enum bb_param_group */
	uint16_t index;
	uint32_t offset; /* in struct bb_rules */
	int32_t least;
	int32_t most;
};

static const struct place places[] = {
#define X(group, place, name, least, most, start) \
	{ BB_PARAM_##group, place, offsetof(struct bb_rules, name), least, most },
	BB_RULES_LIST(X)
#undef X
};

const struct bb_rules bb_rules_default = {
#define X(group, place, name, least, most, start) .name = start,
	BB_RULES_LIST(X)
#undef X
	.zones = { 1u << 1 },
};

static const struct place *
place_of(uint16_t group, uint32_t index)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].group == group && places[i].index == index)
			return &places[i];
	return NULL;
}

static bool
terms_agree(const struct bb_rules *rules)
{
	if (rules->price_min > rules->price_max || rules->price_min % rules->tick != 0 ||
	    rules->price_max % rules->tick != 0)
		return false;
	const int64_t steps =
		((int64_t)rules->price_max - rules->price_min) / rules->tick + 1;

	return steps <= BB_LEVELS_MAX && rules->quantity_max_wh >= rules->lot_wh;
}

/* A gate opens before anything else, and closes last; its last auction ends by the start
 * of delivery. */
static bool
calendar_agrees(const struct bb_rules *rules)
{
	return rules->open_before_s > rules->closure_before_s &&
	       rules->open_before_s > rules->auction_before_s &&
	       (rules->auction_before_s == 0 ||
		rules->auction_before_s > rules->closure_before_s) &&
	       rules->continuous_before_s >= rules->closure_before_s &&
	       rules->open_before_s >= rules->continuous_before_s;
}

static bool
weights_agree(const struct bb_rules *rules)
{
	return rules->weight_price + rules->weight_quantity + rules->weight_time +
		       rules->weight_distance + rules->weight_source +
		       rules->weight_reputation >
	       0;
}

static bool
zones_agree(const struct bb_rules *rules)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BB_ZONE_WORDS; i++)
		count += (uint32_t)__builtin_popcount(rules->zones[i]);
	return count >= 1 && count <= BB_VENUE_ZONES;
}

static enum bb_result
set_values(struct bb_rules *rules, const struct bb_param_command *param)
{
	for (uint32_t i = 0; i < BB_PARAM_VALUES; i++) {
		const struct place *place = place_of(param->group, i);
		if (place == NULL && param->values[i] != 0)
			return BB_ERR_PARAM;
		if (place == NULL)
			continue;
		if (param->values[i] < place->least || param->values[i] > place->most)
			return BB_ERR_PARAM;
		*(int32_t *)(void *)((uint8_t *)rules + place->offset) = param->values[i];
	}
	return BB_OK;
}

enum bb_result
bb_rules_set(struct bb_rules *rules, const struct bb_param_command *param)
{
	struct bb_rules changed = *rules;
	enum bb_result result = BB_OK;

	if (param->group == BB_PARAM_NONE || param->group >= BB_PARAM_GROUPS ||
	    !bb_is_zero((const uint8_t *)param->reserved, sizeof(param->reserved)))
		return BB_ERR_PARAM;
	if (param->group == BB_PARAM_ZONES) {
		for (uint32_t i = 0; i < BB_PARAM_VALUES; i++) {
			if (i < BB_ZONE_WORDS)
				changed.zones[i] = (uint32_t)param->values[i];
			else if (param->values[i] != 0)
				result = BB_ERR_PARAM;
		}
	} else {
		result = set_values(&changed, param);
	}
	if (result != BB_OK)
		return result;
	if (!terms_agree(&changed) || !calendar_agrees(&changed) || !weights_agree(&changed) ||
	    !zones_agree(&changed))
		return BB_ERR_PARAM;
	*rules = changed;
	return BB_OK;
}

bool
bb_rules_has_zone(const struct bb_rules *rules, uint8_t zone)
{
	return (rules->zones[zone / 32] >> zone % 32 & 1) != 0;
}

uint32_t
bb_rules_zones(const struct bb_rules *rules, uint8_t zones[BB_VENUE_ZONES])
{
	uint32_t count = 0;

	for (uint32_t zone = 0; zone < 32 * BB_ZONE_WORDS; zone++)
		if (bb_rules_has_zone(rules, (uint8_t)zone))
			zones[count++] = (uint8_t)zone;
	return count;
}

uint32_t
bb_rules_margin(const struct bb_rules *rules, int32_t price_short, int32_t price_reference)
{
	const int64_t penalty =
		((int64_t)price_reference * rules->penalty_ppm + PPM - 1) / PPM;
	const int64_t worst = price_short + penalty;

	return worst <= 0 ? 0 : (uint32_t)((worst * rules->margin_ppm + PPM - 1) / PPM);
}
