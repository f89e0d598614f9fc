/* test_profile - the shipped load profiles are BDEW's, and the calendar picks the right one. */
#include <string.h>

#include "bench/gen_profile.h"
#include "tests/bb_test.h"

static const char *data_folder;

static const char *const files[GEN_PROFILES] = { "h25", "g25", "l25", "p25", "s25" };

/* Adds up one column of a file, in 1/1000 kWh, from text: no other code is shared. */
static int64_t
sum_of_column(const char *name, uint32_t wanted)
{
	char path[512], line[1024];
	int64_t sum = 0;
	uint32_t lines = 0;

	(void)snprintf(path, sizeof(path), "%s/bdew-%s.csv", data_folder, name);
	FILE *file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (++lines <= 2)
			continue;
		const char *at = line;
		for (uint32_t column = 0; column <= wanted; column++)
			at = strchr(at, ',') + 1;
		int whole = 0, thousandths = 0;
		CU_ASSERT_EQUAL(sscanf(at, "%d.%3d", &whole, &thousandths), 2);
		sum += whole * 1000 + thousandths;
	}
	(void)fclose(file);
	CU_ASSERT_EQUAL(lines, 98);
	return sum;
}

static void
test_tables_are_the_files(void)
{
	for (uint32_t profile = 0; profile < GEN_PROFILES; profile++) {
		for (uint32_t column = 0; column < 36; column += 7) {
			int64_t sum = 0;
			for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++)
				sum += gen_profile_table[profile][column / 3][column % 3][quarter];
			CU_ASSERT_EQUAL(sum, sum_of_column(files[profile], column));
		}
	}
}

static void
test_a_year_sums_up_to_the_annual_energy(void)
{
	int64_t start_s;
	CU_ASSERT_TRUE_FATAL(gen_calendar_read("2025-01-01", &start_s));

	for (uint32_t profile = 0; profile < GEN_PROFILES; profile++) {
		int64_t sum_wh = 0;
		for (int64_t quarter = 0; quarter < 365 * 96; quarter++) {
			const struct gen_moment moment =
				gen_calendar_at(start_s + (quarter - 4) * GEN_QUARTER_S);
			sum_wh += gen_profile_wh((enum gen_profile)profile, &moment, 1000000);
		}
		/* Holidays and weekends fall a little differently each year. */
		CU_ASSERT(sum_wh > INT64_C(997000000) && sum_wh < INT64_C(1003000000));
	}
}

static void
test_days_have_their_types(void)
{
	static const struct { const char *day; enum gen_day_type type; } cases[] = {
		{ "2025-06-11", GEN_WORKDAY },  { "2025-06-14", GEN_SATURDAY },
		{ "2025-06-15", GEN_SUNDAY },   { "2025-04-18", GEN_SUNDAY /* Good Friday */ },
		{ "2025-04-21", GEN_SUNDAY },   { "2025-05-29", GEN_SUNDAY /* Ascension */ },
		{ "2025-06-09", GEN_SUNDAY },   { "2025-10-03", GEN_SUNDAY },
		{ "2025-12-24", GEN_SATURDAY }, { "2025-12-26", GEN_SUNDAY },
		{ "2028-12-31", GEN_SUNDAY },   { "2024-02-29", GEN_WORKDAY },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t start_s;
		CU_ASSERT_TRUE_FATAL(gen_calendar_read(cases[i].day, &start_s));
		CU_ASSERT_EQUAL(gen_calendar_day_type(gen_calendar_date(start_s / 86400)),
				cases[i].type);
	}
}

static void
test_local_time_follows_the_clock_changes(void)
{
	/* 30 March and 26 October 2025, 01:00 UTC, and the quarter-hour before. */
	static const struct { int64_t utc_s; uint32_t quarter; } cases[] = {
		{ 1743296400 - 900, 7 }, { 1743296400, 12 },
		{ 1761440400 - 900, 11 }, { 1761440400, 8 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(gen_calendar_at(cases[i].utc_s).quarter, cases[i].quarter);
}

static void
test_text_that_is_no_date_is_refused(void)
{
	static const char *const texts[] = {
		"", "2025", "2025-06-31", "2025-02-29", "2025-13-01", "2025-00-10", "2025-6-11",
		"2025-06-11 ", "1969-12-31", "2025/06/11",
	};
	int64_t start_s = 77;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_FALSE(gen_calendar_read(texts[i], &start_s));
	CU_ASSERT_EQUAL(start_s, 77);
}

static void
test_days_and_dates_are_inverse(void)
{
	for (int64_t days = 0; days < 200000; days += 13)
		CU_ASSERT_EQUAL(gen_calendar_days(gen_calendar_date(days)), days);
}

int
main(int argc, char **argv)
{
	CU_TestInfo tests[] = {
		{ "tables are the files", test_tables_are_the_files },
		{ "a year sums up to the annual energy",
		  test_a_year_sums_up_to_the_annual_energy },
		{ "days have their types", test_days_have_their_types },
		{ "local time follows the clock changes",
		  test_local_time_follows_the_clock_changes },
		{ "text that is no date is refused", test_text_that_is_no_date_is_refused },
		{ "days and dates are inverse", test_days_and_dates_are_inverse },
		CU_TEST_INFO_NULL,
	};

	if (argc != 2)
		bb_test_skip("needs the folder of the profiles");
	data_folder = argv[1];
	return bb_test_run("profile", tests);
}
