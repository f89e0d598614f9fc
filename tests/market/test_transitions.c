/* test_transitions - each change of state tells by a checksum what belongs to it; and which
 * missing readings of a day are forgiven. */
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

static struct day day;

/* The STATE event of the day's own interval, from one state to another, since day_clear. */
static const struct bb_event *
state_event(enum bb_course_state from, enum bb_course_state to)
{
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_STATE); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_STATE, i);
		if (event->product == day_product(&day, 0) && event->quantity_wh == from &&
		    event->remaining_wh == to)
			return event;
	}
	return NULL;
}

/* What a life of example 5's interval is told by, of the transitions that tell something. */
struct roots {
	uint64_t opened;
	uint64_t ordered;
	uint64_t cleared;
	uint64_t settled;
	uint64_t ended;
};

static uint64_t
root_of(enum bb_course_state from, enum bb_course_state to)
{
	const struct bb_event *event = state_event(from, to);

	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT(event->order_id != 0 && event->counter_order_id != 0);
	return event->order_id;
}

static struct roots
live(uint32_t capacity_wh, uint32_t sold_wh, int64_t injected_wh)
{
	struct roots roots;

	day_open(&day, capacity_wh);
	roots.opened = root_of(BB_COURSE_DEFINED, BB_COURSE_OPEN);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 60000, sold_wh), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 120000, 1000), BB_OK);
	day_clear(&day);
	day_at(&day, -300);
	roots.ordered = root_of(BB_COURSE_FROZEN, BB_COURSE_CLEARING);
	roots.cleared = root_of(BB_COURSE_CLEARING, BB_COURSE_CONTRACTED);
	day_at(&day, 0);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(state_event(BB_COURSE_CONTRACTED, BB_COURSE_DELIVERY)->order_id, 0);
	CU_ASSERT_EQUAL(state_event(BB_COURSE_DELIVERY, BB_COURSE_METERING)->order_id, 0);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, injected_wh, false), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 4, 1, -1000, false), BB_OK);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	day_at(&day, 900 + 3600 + 86400);
	roots.settled = root_of(BB_COURSE_METERING, BB_COURSE_SETTLED);
	roots.ended = root_of(BB_COURSE_SETTLED, BB_COURSE_FINAL);
	day_stop(&day);
	return roots;
}

static void
test_a_checksum_changes_with_what_it_stands_for_and_with_nothing_else(void)
{
	const struct roots first = live(1500, 1000, 1000);
	const struct roots again = live(1500, 1000, 1000);
	const struct roots line = live(1501, 1000, 1000);
	const struct roots order = live(1500, 1010, 1000);
	const struct roots reading = live(1500, 1000, 1001);

	CU_ASSERT_EQUAL(first.opened, again.opened);
	CU_ASSERT_EQUAL(first.ordered, again.ordered);
	CU_ASSERT_EQUAL(first.cleared, again.cleared);
	CU_ASSERT_EQUAL(first.settled, again.settled);
	CU_ASSERT_EQUAL(first.ended, again.ended);
	CU_ASSERT_NOT_EQUAL(first.opened, line.opened);
	CU_ASSERT_EQUAL(first.ordered, line.ordered);
	CU_ASSERT_EQUAL(first.opened, order.opened);
	CU_ASSERT_NOT_EQUAL(first.ordered, order.ordered);
	CU_ASSERT_EQUAL(first.cleared, reading.cleared);
	CU_ASSERT_NOT_EQUAL(first.settled, reading.settled);
	CU_ASSERT_NOT_EQUAL(first.ended, reading.ended);
}

static void
test_the_rules_that_an_interval_opens_with_are_told(void)
{
	uint64_t roots[2];

	for (uint32_t i = 0; i < 2; i++) {
		day_start(&day);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 2, i == 0 ? 250000 : 250001),
				BB_OK);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
		day_at(&day, -3600);
		roots[i] = root_of(BB_COURSE_DEFINED, BB_COURSE_OPEN);
		day_stop(&day);
	}
	CU_ASSERT_NOT_EQUAL(roots[0], roots[1]);
}

static int64_t
substitute_of(uint32_t participant, uint8_t zone)
{
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_METERED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_METERED, i);
		if (event->participant == participant && event->product == day_product(&day, zone))
			return (int64_t)event->order_id;
	}
	return INT64_MIN;
}

/* Rule M is about intervals: who trades in two zones of one misses one reading, not two. */
static void
test_the_first_interval_that_misses_readings_is_forgiven_in_all_zones(void)
{
	day_open(&day, 0);
	for (uint32_t quarter = 0; quarter < 2; quarter++) {
		day.quarter = DAY_QUARTER + quarter;
		day_at(&day, (int64_t)quarter * 900 - 500);
		for (uint8_t zone = 1; zone <= 2; zone++) {
			const uint64_t id = 2 * quarter + zone;
			CU_ASSERT_EQUAL(day_order(&day, 2, id, zone, BB_SELL, 60000, 100), BB_OK);
			CU_ASSERT_EQUAL(day_order(&day, 4, id, zone, BB_BUY, 60000, 100), BB_OK);
		}
		day_at(&day, (int64_t)quarter * 900 - 300);
	}
	day_clear(&day);
	day_at(&day, 900 + 900 + 3600);
	day.quarter = DAY_QUARTER;
	CU_ASSERT_EQUAL(substitute_of(2, 1), 100);
	CU_ASSERT_EQUAL(substitute_of(2, 2), 100);
	CU_ASSERT_EQUAL(substitute_of(4, 2), -100);
	day.quarter = DAY_QUARTER + 1;
	CU_ASSERT_EQUAL(substitute_of(2, 1), 0);
	CU_ASSERT_EQUAL(substitute_of(2, 2), 0);
	CU_ASSERT_EQUAL(substitute_of(4, 1), -200);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a checksum changes with what it stands for and with nothing else",
		  test_a_checksum_changes_with_what_it_stands_for_and_with_nothing_else },
		{ "the rules that an interval opens with are told",
		  test_the_rules_that_an_interval_opens_with_are_told },
		{ "the first interval that misses readings is forgiven in all zones",
		  test_the_first_interval_that_misses_readings_is_forgiven_in_all_zones },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market transitions", tests);
}
