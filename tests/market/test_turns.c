/* test_turns - how often an order, and a change of lines, seeks another way because a line is full:
 * what is left at the bound waits, and for whom.  The bounds are 2 and 3 here. */
#include <string.h>

#include "market/bb_across.h"
#include "market/bb_uncross.h"
#include "tests/bb_test.h"
#include "tests/market/across_kit.h"

_Static_assert(BB_ACROSS_TURNS == 2 && BB_UNCROSS_TURNS == 3, "as the build says");

static struct across across;

/* Four lines side by side, each of which a trade of 10 fills. */
#define FOUR                                                                          \
	"line 0 1 2 10 10 1; line 1 1 2 10 10 2; line 2 1 2 10 10 3; line 3 1 2 10 10 4"

static bool
crossed(const struct day *day)
{
	return bb_calendar_find(&day->market->calendar, day->quarter)->crossed;
}

static void
test_an_order_at_the_bound_trades_in_its_own_zone_and_waits(void)
{
	across_open(&across, FOUR);
	across_say(&across, "2 new 1 1 S 60 100; 4 new 1 2 S 68 5");
	CU_ASSERT_STRING_EQUAL(
		across_say(&across, "3 new 1 2 B 70 40"),
		"3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 1 x10 over 0; "
		"3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 2 x10 over 1; "
		"3/1 took 5 at 68 of 4/1; 3/1 B 70 x40 rests 15");
	CU_ASSERT_TRUE(crossed(&across.days[0]));
	across_stop(&across);
}

static void
test_what_waits_is_met_by_whoever_comes_next(void)
{
	across_open(&across, FOUR);
	across_say(&across, "2 new 1 1 S 60 100; 3 new 1 2 B 70 40");
	CU_ASSERT_STRING_EQUAL(across_book(&across, 2), "B 70 x20");
	/* Who comes to the buyers' zone has turns of its own, and lines as they are by now. */
	CU_ASSERT_STRING_EQUAL(across_say(&across, "5 new 1 2 B 63 5"),
			       "5/1 took 5 at 60 of 2/1 in 1; 5/1 paid 3 x5 over 2; "
			       "5/1 B 63 x5 rests 0");
	/* Who comes to the sellers' meets the one that waits, over what is left of line 2. */
	CU_ASSERT_STRING_EQUAL(across_say(&across, "6 new 1 1 S 67 5"),
			       "6/1 took 5 at 70 of 3/1 in 2; 6/1 paid 3 x5 over 2; "
			       "6/1 S 67 x5 rests 0");
	across_stop(&across);
}

static void
test_a_bound_that_is_just_enough_stops_nothing(void)
{
	across_open(&across, FOUR);
	across_say(&across, "2 new 1 1 S 60 100");
	CU_ASSERT_STRING_EQUAL(across_say(&across, "3 fok 1 2 B 70 20"),
			       "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 1 x10 over 0; "
			       "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 2 x10 over 1; "
			       "3/1 B 70 x20 rests 0");
	across_stop(&across);
}

static void
test_what_must_fill_whole_counts_the_bound_too(void)
{
	across_open(&across, FOUR);
	across_say(&across, "2 new 1 1 S 60 100");
	CU_ASSERT_STRING_EQUAL(across_say(&across, "3 fok 1 2 B 70 21"),
			       "3/1 refused ERR_UNFILLED");
	CU_ASSERT_STRING_EQUAL(across_say(&across, "4 new 1 2 S 70 1; 3 fok 1 2 B 70 21"),
			       "4/1 S 70 x1 rests 1; "
			       "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 1 x10 over 0; "
			       "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 2 x10 over 1; "
			       "3/1 took 1 at 70 of 4/1; 3/1 B 70 x21 rests 0");
	across_stop(&across);
}

static void
test_more_room_meets_what_waits(void)
{
	across_open(&across, FOUR);
	across_say(&across, "2 new 1 1 S 60 100; 3 new 1 2 B 70 40");
	CU_ASSERT_STRING_EQUAL(across_say(&across, "line 0 1 2 11 10 1"),
			       "2/1 shared 1 at 64; 3/1 shared 1 at 65; 3/1 paid 1 x1 over 0; "
			       "2/1 shared 10 at 63; 3/1 shared 10 at 66; 3/1 paid 3 x10 over 2; "
			       "2/1 shared 9 at 63; 3/1 shared 9 at 67; 3/1 paid 4 x9 over 3");
	CU_ASSERT_FALSE(crossed(&across.days[0]));
	across_stop(&across);
}

static void
test_a_change_of_lines_at_the_bound_leaves_the_rest_as_it_is(void)
{
	/* Through one line that gets more room, then over one of four. */
	across_open(&across, "line 0 1 2 0 0 1; line 1 2 3 10 10 1; line 2 2 3 10 10 2; "
			     "line 3 2 3 10 10 3; line 4 2 3 10 10 4");
	across_say(&across, "2 new 1 1 S 60 100; 3 new 1 3 B 80 100");
	across_say(&across, "line 0 1 2 90 0 1");
	CU_ASSERT_EQUAL(across_flow(&across, 0), 30);
	CU_ASSERT_EQUAL(across_flow(&across, 4), 0);
	CU_ASSERT_TRUE(crossed(&across.days[0]));
	/* The next one has turns again. */
	CU_ASSERT_STRING_EQUAL(across_say(&across, "line 0 1 2 91 0 1"),
			       "2/1 shared 10 at 67; 3/1 shared 10 at 72; "
			       "3/1 paid 5 x10 over 0,4");
	CU_ASSERT_FALSE(crossed(&across.days[0]));
	across_stop(&across);
}

static void
test_all_intervals_of_a_change_share_its_bound(void)
{
	static struct day day;

	day_start(&day);
	BB_ASSERT(day_line(&day, 0, 0, 0, 5000) == BB_OK);
	BB_ASSERT(day_param(&day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
	day_at(&day, -3600);
	for (uint32_t i = 0; i < 5; i++, day.quarter++) {
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
		CU_ASSERT_EQUAL(day_order(&day, 2, i, 1, BB_SELL, 60000, 100), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 3, i, 2, BB_BUY, 70000, 100), BB_OK);
	}
	day.quarter = DAY_QUARTER;
	day_clear(&day);
	CU_ASSERT_EQUAL(day_line(&day, 0, 5, 50, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CARRIED), 3);
	for (uint32_t i = 0; i < 5; i++, day.quarter++)
		CU_ASSERT_EQUAL(crossed(&day), i >= 3);
	day.quarter = DAY_QUARTER + 3;
	day_clear(&day);
	CU_ASSERT_EQUAL(day_line(&day, 0, 2, 60, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_CARRIED), 2);
	CU_ASSERT_FALSE(crossed(&day));
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an order at the bound trades in its own zone and waits",
		  test_an_order_at_the_bound_trades_in_its_own_zone_and_waits },
		{ "what waits is met by whoever comes next",
		  test_what_waits_is_met_by_whoever_comes_next },
		{ "a bound that is just enough stops nothing",
		  test_a_bound_that_is_just_enough_stops_nothing },
		{ "what must fill whole counts the bound too",
		  test_what_must_fill_whole_counts_the_bound_too },
		{ "more room meets what waits", test_more_room_meets_what_waits },
		{ "a change of lines at the bound leaves the rest as it is",
		  test_a_change_of_lines_at_the_bound_leaves_the_rest_as_it_is },
		{ "all intervals of a change share its bound",
		  test_all_intervals_of_a_change_share_its_bound },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("turns", tests);
}
