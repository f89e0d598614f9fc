#include "bench/gen_profile.h"

#include "base/bb_assert.h"

int32_t
gen_profile_factor(uint16_t day_of_year)
{
	const double t = day_of_year;
	const double factor =
		(((-3.92e-10 * t + 3.2e-7) * t - 7.02e-5) * t + 2.1e-3) * t + 1.24;
	return (int32_t)(factor * 10000 + 0.5);
}

int32_t
gen_profile_wh(enum gen_profile profile, const struct gen_moment *moment, uint32_t annual_kwh)
{
	BB_ASSERT(profile < GEN_PROFILES && moment->quarter < GEN_QUARTERS);
	const int64_t wh =
		gen_profile_table[profile][moment->date.month][moment->day_type][moment->quarter];
	const bool dynamised = profile == GEN_H25 || profile == GEN_P25 || profile == GEN_S25;
	const int64_t factor = dynamised ? gen_profile_factor(moment->day_of_year) : 10000;

	return (int32_t)((wh * annual_kwh * factor / 10000 + 500000) / 1000000);
}
