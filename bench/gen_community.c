#include "bench/gen_community.h"

#include <stdbool.h>

#include "base/bb_assert.h"
#include "bench/gen_draw.h"
#include "bench/gen_profile.h"

#define GROUP 20u /* participants in which the mix is exact */

static const char *const kind_names[GEN_KINDS] = {
	"household", "business", "farm", "prosumer", "storage",
};

static const enum gen_profile kind_profiles[GEN_KINDS] = {
	GEN_H25, GEN_G25, GEN_L25, GEN_P25, GEN_S25,
};

const char *
gen_kind_name(enum gen_kind kind)
{
	return kind < GEN_KINDS ? kind_names[kind] : "unknown";
}

void
gen_day_make(struct gen_day *day, int64_t start_s)
{
	day->start_s = start_s;
	for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++)
		day->moments[quarter] =
			gen_calendar_at(start_s + (int64_t)quarter * GEN_QUARTER_S);
}

/* The kinds of the group-th 20 participants, shuffled behind the first three. */
static void
draw_kinds(uint8_t kinds[GROUP], uint64_t seed, uint32_t group)
{
	static const uint8_t mix[GROUP] = {
		GEN_HOUSEHOLD, GEN_STORAGE, GEN_PROSUMER, GEN_HOUSEHOLD, GEN_HOUSEHOLD,
		GEN_HOUSEHOLD, GEN_HOUSEHOLD, GEN_HOUSEHOLD, GEN_HOUSEHOLD, GEN_HOUSEHOLD,
		GEN_HOUSEHOLD, GEN_HOUSEHOLD, GEN_HOUSEHOLD, GEN_BUSINESS, GEN_BUSINESS,
		GEN_FARM, GEN_PROSUMER, GEN_PROSUMER, GEN_PROSUMER, GEN_STORAGE,
	};
	struct bb_random random = { gen_draw(seed, GEN_DRAW_KIND, group) };

	for (uint32_t i = 0; i < GROUP; i++)
		kinds[i] = mix[i];
	for (uint32_t i = GROUP - 1; i > 3; i--) {
		const uint32_t other = 3 + bb_random_below(&random, i - 2);
		const uint8_t swap = kinds[i];
		kinds[i] = kinds[other];
		kinds[other] = swap;
	}
}

static void
draw_sizes(struct gen_participant *participant, uint32_t index)
{
	static const struct { int32_t low, high; } annual_kwh[GEN_KINDS] = {
		[GEN_HOUSEHOLD] = { 1500, 6500 },  [GEN_BUSINESS] = { 5000, 60000 },
		[GEN_FARM] = { 8000, 50000 },      [GEN_PROSUMER] = { 1200, 4500 },
		[GEN_STORAGE] = { 500, 2500 },
	};
	const uint64_t seed = participant->seed;
	const uint8_t kind = participant->kind;

	participant->annual_kwh = (uint32_t)gen_draw_skewed(
		seed, GEN_DRAW_SIZE, 0, annual_kwh[kind].low, annual_kwh[kind].high);
	if (kind == GEN_PROSUMER) {
		participant->plant_w =
			(uint32_t)gen_draw_between(seed, GEN_DRAW_PLANT, 0, 4000, 15000);
	} else if (kind == GEN_FARM && index / GROUP % 3 == 0) {
		participant->plant_w =
			(uint32_t)gen_draw_between(seed, GEN_DRAW_PLANT, 0, 10000, 30000);
		participant->source = GEN_BIOGAS;
	} else if (kind == GEN_STORAGE) {
		participant->battery_wh =
			(uint32_t)gen_draw_between(seed, GEN_DRAW_BATTERY, 0, 50, 150) * 100;
		participant->source = GEN_BATTERY;
	}
}

/* Rounds to lots; what is not nothing is at least one. */
static int32_t
to_lots(int32_t wh)
{
	if (wh == 0)
		return 0;
	if (wh < 0)
		return -to_lots(-wh);
	const int32_t lots = (wh + GEN_LOT_WH / 2) / GEN_LOT_WH;
	return (lots == 0 ? 1 : lots) * GEN_LOT_WH;
}

/* What the plant of a prosumer feeds into the grid: 70 % of what it makes. */
static int32_t
sun_wh(const struct gen_participant *participant, const struct gen_day *day, uint32_t quarter,
       int32_t sky_percent)
{
	/* By month: half a day of light, in minutes, and output at noon in percent of peak. */
	static const int32_t half_day[12] = { 255, 305, 358, 415, 465, 493,
					      480, 435, 378, 323, 270, 243 };
	static const int32_t noon_percent[12] = { 35, 45, 58, 66, 70, 72, 72, 69, 62, 50, 38, 30 };
	const uint8_t month = day->moments[quarter].date.month;
	const int64_t middle = (day->start_s / 60 + quarter * 15 + 7) % 1440;
	const int64_t from_noon = middle - 680; /* the sun is highest at 11:20 UTC */
	const int64_t half = half_day[month];

	if (from_noon <= -half || from_noon >= half)
		return 0;
	const int64_t height = 1000000 - from_noon * from_noon * 1000000 / (half * half);
	const int64_t made_w = participant->plant_w * height / 1000000 * noon_percent[month] / 100;
	return (int32_t)(made_w * sky_percent / 100 * 70 / 100 / 4);
}

static int32_t
offered_wh(const struct gen_participant *participant, const struct gen_day *day,
	   uint32_t quarter, int32_t sky_percent)
{
	const uint32_t hour = gen_day_hour(day, quarter);

	if (participant->kind == GEN_PROSUMER)
		return sun_wh(participant, day, quarter, sky_percent);
	if (participant->kind == GEN_FARM)
		return (int32_t)(participant->plant_w / 4);
	if (participant->kind != GEN_STORAGE)
		return 0;
	/* Charges from 11 to 15, and sells nine tenths of it from 18 to 21. */
	if (hour >= 11 && hour < 15)
		return -(int32_t)(participant->battery_wh / 16);
	if (hour >= 18 && hour < 21)
		return (int32_t)(participant->battery_wh * 9 / 10 / 12);
	return 0;
}

void
gen_community_make(struct gen_participant *participants, uint32_t count, uint64_t seed,
		   const struct gen_day *day)
{
	const int32_t sky_percent =
		gen_draw_between(seed, GEN_DRAW_SKY, (uint64_t)day->start_s, 60, 100);
	uint8_t kinds[GROUP];

	for (uint32_t index = 0; index < count; index++) {
		struct gen_participant *participant = &participants[index];
		if (index % GROUP == 0)
			draw_kinds(kinds, seed, index / GROUP);
		*participant = (struct gen_participant){
			.seed = gen_draw(seed, GEN_DRAW_SIZE, index),
			.id = GEN_FIRST_ID + index,
			.kind = kinds[index % GROUP],
			.source = GEN_SOLAR,
		};
		draw_sizes(participant, index);
		for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
			const int32_t drawn =
				gen_profile_wh(kind_profiles[participant->kind],
					       &day->moments[quarter], participant->annual_kwh);
			participant->net_wh[quarter] = to_lots(
				drawn - offered_wh(participant, day, quarter, sky_percent));
		}
	}
}

static int32_t
clamp_price(int32_t price)
{
	price -= price % GEN_TICK;
	if (price < GEN_PRICE_LOW)
		return GEN_PRICE_LOW;
	return price > GEN_PRICE_HIGH ? GEN_PRICE_HIGH : price;
}

static int32_t
highest_bid(const struct gen_participant *participant, uint32_t hour)
{
	static const int32_t usual[GEN_KINDS] = {
		[GEN_HOUSEHOLD] = 285000, [GEN_BUSINESS] = 262000, [GEN_FARM] = 255000,
		[GEN_PROSUMER] = 275000,  [GEN_STORAGE] = 260000,
	};
	int32_t price = usual[participant->kind];

	if (participant->kind == GEN_STORAGE && hour >= 11 && hour < 15)
		price = 165000; /* to sell it again in the evening */
	else if (hour >= 17 && hour < 22)
		price += 15000;
	else if (hour >= 10 && hour < 16)
		price -= 30000;
	else if (hour < 5)
		price -= 15000;
	return price + gen_draw_between(participant->seed, GEN_DRAW_TASTE, hour, -30000, 30000);
}

static int32_t
lowest_ask(const struct gen_participant *participant, uint32_t hour, bool own)
{
	static const int32_t usual[] = {
		[GEN_SOLAR] = 92000, [GEN_WIND] = 90000, [GEN_BIOGAS] = 150000,
		[GEN_BATTERY] = 190000,
	};
	/* What was bought too much is sold back at a loss. */
	const int32_t price = own ? usual[participant->source] : 120000;
	return price + gen_draw_between(participant->seed, GEN_DRAW_TASTE, 24 + hour, 0, 50000);
}

int32_t
gen_community_limit(const struct gen_participant *participant, const struct gen_day *day,
		    uint32_t quarter, enum bb_side side)
{
	const uint32_t hour = gen_day_hour(day, quarter);
	BB_ASSERT(quarter < GEN_QUARTERS);

	if (side == BB_BUY)
		return clamp_price(highest_bid(participant, hour));
	return clamp_price(lowest_ask(participant, hour, participant->net_wh[quarter] < 0));
}

uint32_t
gen_community_zone(const struct gen_participant *participant, uint32_t count)
{
	static const uint32_t homes[GEN_KINDS] = {
		[GEN_HOUSEHOLD] = 0, [GEN_BUSINESS] = 0, [GEN_FARM] = 1,
		[GEN_PROSUMER] = 1,  [GEN_STORAGE] = 2,
	};
	const uint64_t drawn = gen_draw(participant->seed, GEN_DRAW_ZONE, 0);

	return drawn % 2 == 0 ? homes[participant->kind] % count
			      : (uint32_t)(drawn / 2 % count);
}

int32_t
gen_community_deviation(const struct gen_participant *participant, uint32_t quarter)
{
	/* In thousandths; most are better than that, and one in twenty takes no care at all. */
	static const int32_t most[GEN_KINDS] = {
		[GEN_HOUSEHOLD] = 300, [GEN_BUSINESS] = 150, [GEN_FARM] = 120,
		[GEN_PROSUMER] = 500,  [GEN_STORAGE] = 40,
	};
	const uint64_t seed = participant->seed;
	const bool careless = gen_draw(seed, GEN_DRAW_CARE, 1) % 20 == 0;
	const int32_t own = careless ? 1000
				     : gen_draw_skewed(seed, GEN_DRAW_CARE, 0, 0,
						       most[participant->kind]);
	const int32_t share = gen_draw_between(seed, GEN_DRAW_METER, quarter, -own, own);

	return (int32_t)((int64_t)participant->net_wh[quarter] * share / 1000);
}

uint32_t
gen_community_most(const struct gen_participant *participant)
{
	int32_t most = 0;

	for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
		const int32_t net = participant->net_wh[quarter];
		const int32_t size = net < 0 ? -net : net;
		most = size > most ? size : most;
	}
	return (uint32_t)most;
}

int64_t
gen_community_deposit(const struct gen_participant *participant)
{
	int64_t wh = GEN_LOT_WH;

	for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++) {
		const int32_t net = participant->net_wh[quarter];
		wh += net < 0 ? -net : net;
	}
	return 2 * wh * GEN_COVER_PRICE;
}
