/* gen_profile - how much a kind of customer draws in a quarter-hour of the year.
 *
 * BDEW's standard load profiles of 2025 (data/README.md).  Households (h25, p25, s25) are
 * dynamised: times a polynomial of the day of the year, rounded to four decimals.
 *
 * Units    Wh in a quarter-hour for 1,000,000 kWh a year.
 * Memory   Constant tables, made from data/ when busbar is built.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure.
 */
#ifndef GEN_PROFILE_H
#define GEN_PROFILE_H

#include <stdint.h>

#include "bench/gen_calendar.h"

enum gen_profile {
	GEN_H25, /* households */
	GEN_G25, /* businesses */
	GEN_L25, /* farms */
	GEN_P25, /* households with photovoltaics */
	GEN_S25, /* households with photovoltaics and storage */
	GEN_PROFILES
};

extern const int32_t gen_profile_table[GEN_PROFILES][12][GEN_DAY_TYPES][GEN_QUARTERS];

/* gen_profile_factor returns the dynamisation of a day of the year, in 1/10,000. */
int32_t gen_profile_factor(uint16_t day_of_year);

/* gen_profile_wh returns what a customer with annual_kwh draws at a moment. */
int32_t gen_profile_wh(enum gen_profile profile, const struct gen_moment *moment,
		       uint32_t annual_kwh);

#endif
