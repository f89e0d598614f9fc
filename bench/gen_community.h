/* gen_community - who takes part: households, businesses, farms, prosumers and storages,
 * what each of them needs or has in the quarter-hours of one day, and what it is worth.
 *
 *	household  55 %  draws by h25
 *	business   10 %  draws by g25
 *	farm        5 %  draws by l25; every third has a biogas plant that runs all day
 *	prosumer   20 %  draws by p25 and feeds in what the sun brings
 *	storage    10 %  draws by s25, charges its battery around noon, sells in the evening
 *
 * Of every 20 participants the kinds are exactly these; the first three are a household, a
 * storage and a prosumer, so that a small community trades too.  The sun is a parabola
 * between sunrise and sunset at 51 degrees north, 10 degrees east, under one sky for all:
 * the profiles hold no feed-in.
 *
 * Over several zones they spread unevenly: half of a kind at home in one, the rest anywhere.
 *
 * Units    Wh in a quarter-hour, multiples of GEN_LOT_WH: above 0 is needed, below 0 is
 *          offered.  Prices in nano-currency per Wh, multiples of GEN_TICK.
 * Memory   The caller owns the array.
 * Threads  None of its own.
 * Errors   None.
 * Replay   The same seed and day give the same community, byte for byte.
 */
#ifndef GEN_COMMUNITY_H
#define GEN_COMMUNITY_H

#include <stdint.h>

#include "bench/gen_calendar.h"
#include "market/bb_command.h"

#define GEN_FIRST_ID UINT32_C(2) /* 1 is the operator */
#define GEN_LOT_WH   100
#define GEN_TICK     100

/* No limit is outside these; the close-out goes beyond them. */
#define GEN_PRICE_LOW  INT32_C(90000)
#define GEN_PRICE_HIGH INT32_C(335000)

/* The highest limit, and the margin of escrow on it where a deficit costs some 0.4 a kWh. */
#define GEN_COVER_PRICE INT64_C(420000)

enum gen_kind {
	GEN_HOUSEHOLD,
	GEN_BUSINESS,
	GEN_FARM,
	GEN_PROSUMER,
	GEN_STORAGE,
	GEN_KINDS
};

/* Energy sources as orders name them: bit numbers of accept_sources. */
enum gen_source { GEN_SOLAR, GEN_WIND, GEN_BIOGAS, GEN_BATTERY };

struct gen_participant {
	uint64_t seed; /* its own */
	uint32_t id;
	uint32_t annual_kwh; /* drawn from the grid */
	uint32_t plant_w;    /* peak of the sun, or steady biogas */
	uint32_t battery_wh;
	uint8_t kind;   /* enum gen_kind */
	uint8_t source; /* enum gen_source of what it sells */
	uint8_t reserved[6];
	int32_t net_wh[GEN_QUARTERS]; /* of the day */
};

/* The day: what each quarter-hour from its start (UTC) is in local time. */
struct gen_day {
	int64_t start_s;
	struct gen_moment moments[GEN_QUARTERS];
};

void gen_day_make(struct gen_day *day, int64_t start_s);

/* gen_day_hour returns the local hour, 0..23, of a quarter-hour. */
static inline uint32_t
gen_day_hour(const struct gen_day *day, uint32_t quarter)
{
	return day->moments[quarter].quarter / 4u;
}

/* gen_community_make fills in count participants, ids from GEN_FIRST_ID. */
void gen_community_make(struct gen_participant *participants, uint32_t count, uint64_t seed,
			const struct gen_day *day);

/* gen_community_limit returns the most that a participant pays, or the least that it
 * takes, in a quarter-hour. */
int32_t gen_community_limit(const struct gen_participant *participant,
			    const struct gen_day *day, uint32_t quarter, enum bb_side side);

/* gen_community_zone returns where a participant is, of count zones that are numbered from 0. */
uint32_t gen_community_zone(const struct gen_participant *participant, uint32_t count);

/* gen_community_deviation returns how much more a participant injects in a quarter-hour than it
 * traded, in Wh: a share of what the profile says, as large as its care is small. */
int32_t gen_community_deviation(const struct gen_participant *participant, uint32_t quarter);

/* gen_community_most returns the largest need or offer of the day, in Wh. */
uint32_t gen_community_most(const struct gen_participant *participant);

/* gen_community_deposit returns what covers a participant's orders of a day twice. */
int64_t gen_community_deposit(const struct gen_participant *participant);

const char *gen_kind_name(enum gen_kind kind);

#endif
