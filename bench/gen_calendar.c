#include "bench/gen_calendar.h"

#include <stddef.h>

#define DAY_S 86400

static int64_t
floor_divide(int64_t value, int64_t by)
{
	return value / by - (value % by < 0 ? 1 : 0);
}

int64_t
gen_calendar_days(struct gen_date date)
{
	/* Years that begin in March have their leap day at the end. */
	const int64_t month = date.month + 1;
	const int64_t year = date.year - (month <= 2 ? 1 : 0);
	const int64_t era = floor_divide(year, 400);
	const int64_t year_of_era = year - era * 400;
	const int64_t shifted_month = month > 2 ? month - 3 : month + 9;
	const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
	const int64_t day_of_era =
		year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

struct gen_date
gen_calendar_date(int64_t days)
{
	const int64_t shifted = days + 719468;
	const int64_t era = floor_divide(shifted, 146097);
	const int64_t day_of_era = shifted - era * 146097;
	const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				     day_of_era / 146096) / 365;
	const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
						  year_of_era / 100);
	const int64_t shifted_month = (5 * day_of_year + 2) / 153;
	const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;

	return (struct gen_date){
		.year = (int32_t)(year_of_era + era * 400 + (month <= 2 ? 1 : 0)),
		.month = (uint8_t)(month - 1),
		.day = (uint8_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
	};
}

/* read_number reads exactly digits digits and moves *text behind them. */
static bool
read_number(const char **text, uint32_t digits, int32_t *value)
{
	*value = 0;
	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (**text - '0');
	}
	return true;
}

bool
gen_calendar_read(const char *text, int64_t *start_s)
{
	int32_t year, month, day;

	if (!read_number(&text, 4, &year) || *text++ != '-' || !read_number(&text, 2, &month) ||
	    *text++ != '-' || !read_number(&text, 2, &day) || *text != '\0')
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;

	const struct gen_date date = { year, (uint8_t)(month - 1), (uint8_t)day };
	const int64_t days = gen_calendar_days(date);
	const struct gen_date back = gen_calendar_date(days);
	if (back.month != date.month || back.day != date.day)
		return false; /* 31 April */
	*start_s = days * DAY_S;
	return true;
}

/* 0 is Monday. */
static int64_t
weekday(int64_t days)
{
	return (days + 3) - floor_divide(days + 3, 7) * 7;
}

static int64_t
easter_sunday(int32_t year)
{
	const int32_t a = year % 19, b = year / 100, c = year % 100;
	const int32_t g = (b - (b + 8) / 25 + 1) / 3;
	const int32_t h = (19 * a + b - b / 4 - g + 15) % 30;
	const int32_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
	const int32_t m = (a + 11 * h + 22 * l) / 451;
	const int32_t month = (h + l - 7 * m + 114) / 31;
	const int32_t day = (h + l - 7 * m + 114) % 31 + 1;
	return gen_calendar_days((struct gen_date){ year, (uint8_t)(month - 1), (uint8_t)day });
}

static bool
is_holiday(struct gen_date date)
{
	static const struct { uint8_t month, day; } fixed[] = {
		{ 1, 1 }, { 5, 1 }, { 10, 3 }, { 12, 25 }, { 12, 26 },
	};
	/* Good Friday, Easter Monday, Ascension, Whit Monday. */
	static const int64_t after_easter[] = { -2, 1, 39, 50 };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (date.month + 1 == fixed[i].month && date.day == fixed[i].day)
			return true;
	const int64_t since_easter = gen_calendar_days(date) - easter_sunday(date.year);
	for (size_t i = 0; i < sizeof(after_easter) / sizeof(after_easter[0]); i++)
		if (since_easter == after_easter[i])
			return true;
	return false;
}

enum gen_day_type
gen_calendar_day_type(struct gen_date date)
{
	const int64_t day = weekday(gen_calendar_days(date));

	if (day == 6 || is_holiday(date))
		return GEN_SUNDAY;
	if (day == 5 || (date.month == 11 && (date.day == 24 || date.day == 31)))
		return GEN_SATURDAY;
	return GEN_WORKDAY;
}

/* The clock changes at 01:00 UTC on the last Sunday of March and of October. */
static int64_t
change_s(int32_t year, uint8_t month)
{
	const int64_t last = gen_calendar_days((struct gen_date){ year, month, 31 });
	const int64_t back = (weekday(last) + 1) % 7;
	return (last - back) * DAY_S + 3600;
}

struct gen_moment
gen_calendar_at(int64_t utc_s)
{
	const int32_t year = gen_calendar_date(floor_divide(utc_s, DAY_S)).year;
	const bool summer = utc_s >= change_s(year, 2) && utc_s < change_s(year, 9);
	const int64_t local_s = utc_s + (summer ? 7200 : 3600);
	const int64_t days = floor_divide(local_s, DAY_S);
	const struct gen_date date = gen_calendar_date(days);
	const int64_t new_year = gen_calendar_days((struct gen_date){ date.year, 0, 1 });

	return (struct gen_moment){
		.date = date,
		.day_of_year = (uint16_t)(days - new_year + 1),
		.day_type = (uint8_t)gen_calendar_day_type(date),
		.quarter = (uint8_t)((local_s - days * DAY_S) / GEN_QUARTER_S),
	};
}
