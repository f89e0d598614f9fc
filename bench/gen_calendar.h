/* gen_calendar - what a moment is to a German meter: local quarter-hour, month, day type.
 *
 * Local time is CET or CEST by the rule of the European Union.  Day types are those of
 * BDEW: Sundays and holidays of all states count alike, and 24 and 31 December, unless
 * they are Sundays, are Saturdays.
 *
 * Sources  Directive 2000/84/EC; the anonymous Gregorian computus (Meeus, Astronomical
 *          Algorithms, chapter 8); Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 * Units    s since 1970, UTC; months and quarter-hours count from 0, days of a year from 1.
 * Memory   Values.
 * Threads  None of its own.
 * Errors   bool, for text that is no date.
 * Replay   Pure.
 */
#ifndef GEN_CALENDAR_H
#define GEN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define GEN_QUARTERS  96u
#define GEN_QUARTER_S 900

enum gen_day_type { GEN_SATURDAY, GEN_SUNDAY, GEN_WORKDAY, GEN_DAY_TYPES };

struct gen_date {
	int32_t year;
	uint8_t month; /* 0..11 */
	uint8_t day;   /* 1..31 */
};

struct gen_moment {
	struct gen_date date;
	uint16_t day_of_year;
	uint8_t day_type; /* enum gen_day_type */
	uint8_t quarter;  /* 0..95 */
};

/* gen_calendar_read reads "2025-06-11" and sets *start_s to its midnight, UTC. */
bool gen_calendar_read(const char *text, int64_t *start_s);

/* gen_calendar_date returns the date of a day that is so many days after 1970-01-01. */
struct gen_date gen_calendar_date(int64_t days);

/* gen_calendar_days is the opposite of gen_calendar_date. */
int64_t gen_calendar_days(struct gen_date date);

enum gen_day_type gen_calendar_day_type(struct gen_date date);

/* gen_calendar_at returns what utc_s is in German local time. */
struct gen_moment gen_calendar_at(int64_t utc_s);

#endif
