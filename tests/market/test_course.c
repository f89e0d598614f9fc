/* test_course - a delivery interval's life as tables: every state meets every event, every
 * state meets every command, and time brings what is next. */
#include <string.h>

#include "market/bb_calendar.h"
#include "tests/bb_test.h"

#define QUARTER 1970000u

static _Alignas(BB_ARENA_ALIGN) uint8_t memory[1u << 20];

static void
test_every_state_and_event_has_exactly_one_row(void)
{
	uint32_t count;
	const struct bb_transition *rows = bb_course_transitions(&count);

	for (uint32_t state = 0; state < BB_COURSE_STATES; state++) {
		for (uint32_t event = 0; event < BB_COURSE_EVENTS; event++) {
			uint32_t found = 0;
			for (uint32_t i = 0; i < count; i++)
				found += rows[i].event == event && (rows[i].from >> state & 1) != 0;
			CU_ASSERT_EQUAL(found, 1);
			const struct bb_transition *row = bb_course_transition(state, event);
			CU_ASSERT_EQUAL(row->to == BB_COURSE_NONE, row->cause == BB_ERR_STATE);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT(rows[i].event < BB_COURSE_EVENTS && rows[i].to < BB_COURSE_STATES);
		CU_ASSERT_NOT_EQUAL(rows[i].from, 0);
		CU_ASSERT_EQUAL(rows[i].from >> BB_COURSE_STATES, 0);
	}
}

static bool
leads(enum bb_course_state from, enum bb_course_event event, enum bb_course_state to)
{
	return bb_course_transition(from, event)->to == to;
}

static void
test_the_states_follow_each_other_as_documented(void)
{
	CU_ASSERT(leads(BB_COURSE_NONE, BB_COURSE_DEFINES, BB_COURSE_DEFINED));
	CU_ASSERT(leads(BB_COURSE_DEFINED, BB_COURSE_OPENS, BB_COURSE_OPEN));
	CU_ASSERT(leads(BB_COURSE_DEFINED, BB_COURSE_MISSES, BB_COURSE_CANCELLED));
	CU_ASSERT(leads(BB_COURSE_OPEN, BB_COURSE_HOLDS, BB_COURSE_FROZEN));
	CU_ASSERT(leads(BB_COURSE_FROZEN, BB_COURSE_SNAPS, BB_COURSE_CLEARING));
	CU_ASSERT(leads(BB_COURSE_CLEARING, BB_COURSE_REOPENS, BB_COURSE_OPEN));
	CU_ASSERT(leads(BB_COURSE_CLEARING, BB_COURSE_CONTRACTS, BB_COURSE_CONTRACTED));
	CU_ASSERT(leads(BB_COURSE_CLEARING, BB_COURSE_FAILS, BB_COURSE_CANCELLED));
	CU_ASSERT(leads(BB_COURSE_CANCELLED, BB_COURSE_REOPENS, BB_COURSE_OPEN));
	CU_ASSERT(leads(BB_COURSE_CONTRACTED, BB_COURSE_DELIVERS, BB_COURSE_DELIVERY));
	CU_ASSERT(leads(BB_COURSE_DELIVERY, BB_COURSE_MEASURES, BB_COURSE_METERING));
	CU_ASSERT(leads(BB_COURSE_METERING, BB_COURSE_SETTLES, BB_COURSE_SETTLED));
	CU_ASSERT(leads(BB_COURSE_SETTLED, BB_COURSE_UPHOLDS, BB_COURSE_RESETTLE));
	CU_ASSERT(leads(BB_COURSE_RESETTLE, BB_COURSE_RESETTLES, BB_COURSE_SETTLED));
	CU_ASSERT(leads(BB_COURSE_SETTLED, BB_COURSE_ENDS, BB_COURSE_FINAL));
	CU_ASSERT(leads(BB_COURSE_OPEN, BB_COURSE_HALTS, BB_COURSE_HALTED));
	CU_ASSERT(leads(BB_COURSE_HALTED, BB_COURSE_RESUMES, BB_COURSE_CALL));
	CU_ASSERT(leads(BB_COURSE_HALTED, BB_COURSE_CLOSES, BB_COURSE_CONTRACTED));
}

static void
test_only_trading_states_take_orders_and_only_later_ones_readings(void)
{
	for (uint32_t state = 0; state < BB_COURSE_STATES; state++) {
		const bool trading = state == BB_COURSE_OPEN || state == BB_COURSE_CALL;
		const bool settled = state == BB_COURSE_SETTLED;
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_NEW, false), trading);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_REPLACE, false), trading);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_QUOTE, false), trading);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_PRODUCT_HALT, false), trading);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_PRODUCT_RESUME, false),
				state == BB_COURSE_HALTED);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_IMBALANCE, false),
				trading || state == BB_COURSE_DEFINED ||
					state == BB_COURSE_HALTED ||
					state == BB_COURSE_CONTRACTED ||
					state == BB_COURSE_DELIVERY ||
					state == BB_COURSE_METERING);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_LINE, false),
				trading || state == BB_COURSE_DEFINED ||
					state == BB_COURSE_HALTED);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_TARIFF, false),
				state == BB_COURSE_DEFINED);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_METER, false),
				state == BB_COURSE_METERING);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_METER, true),
				state == BB_COURSE_METERING || settled ||
					state == BB_COURSE_RESETTLE);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_DISPUTE, false), settled);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_RULING, false), settled);
		CU_ASSERT_EQUAL(bb_course_accepts(state, BB_COMMAND_RESTRICT, false),
				state == BB_COURSE_CONTRACTED || state == BB_COURSE_DELIVERY ||
					state == BB_COURSE_METERING);
	}
}

static struct bb_course
course_in(enum bb_course_state state)
{
	return (struct bb_course){
		.quarter = QUARTER, .state = (uint8_t)state, .rules = bb_rules_default,
		.auction_ns = BB_NEVER_NS, .zone_count = 1,
	};
}

static void
test_each_state_is_due_when_the_rules_say(void)
{
	const uint64_t start_ns = QUARTER * BB_QUARTER_NS;
	const uint64_t minute_ns = 60 * BB_SECOND_NS;
	const struct {
		enum bb_course_state state;
		uint64_t due_ns;
		enum bb_course_event event;
	} rows[] = {
		{ BB_COURSE_DEFINED, start_ns - 24 * 60 * minute_ns, BB_COURSE_OPENS },
		{ BB_COURSE_OPEN, start_ns - 10 * minute_ns, BB_COURSE_CALLS },
		{ BB_COURSE_CALL, start_ns - 5 * minute_ns, BB_COURSE_CLOSES },
		{ BB_COURSE_HALTED, start_ns - 5 * minute_ns, BB_COURSE_CLOSES },
		{ BB_COURSE_CONTRACTED, start_ns, BB_COURSE_DELIVERS },
		{ BB_COURSE_DELIVERY, start_ns + 15 * minute_ns, BB_COURSE_MEASURES },
		{ BB_COURSE_METERING, start_ns + 75 * minute_ns, BB_COURSE_SETTLES },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bb_course course = course_in(rows[i].state);
		bb_course_schedule(&course, 0);
		CU_ASSERT_EQUAL(course.due_ns, rows[i].due_ns);
		CU_ASSERT_EQUAL(bb_course_due(&course, course.due_ns), rows[i].event);
	}
	struct bb_course course = course_in(BB_COURSE_OPEN);
	course.auction_ns = start_ns - 60 * minute_ns;
	bb_course_schedule(&course, 0);
	CU_ASSERT_EQUAL(course.due_ns, course.auction_ns);
	CU_ASSERT_EQUAL(bb_course_due(&course, course.due_ns), BB_COURSE_HOLDS);

	course = course_in(BB_COURSE_SETTLED);
	bb_course_schedule(&course, start_ns);
	CU_ASSERT_EQUAL(course.due_ns, start_ns + 24 * 60 * minute_ns);
	course.rounds = 1;
	bb_course_schedule(&course, start_ns);
	CU_ASSERT_EQUAL(course.due_ns, start_ns + 6 * 60 * minute_ns);
}

static struct bb_calendar
calendar_of(uint32_t courses, int32_t days_ahead)
{
	struct bb_calendar calendar;
	struct bb_arena arena;

	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	bb_calendar_init(&calendar, &arena, courses);
	calendar.rules.days_ahead = days_ahead;
	return calendar;
}

static void
test_a_calendar_rolls_forward_as_far_as_its_ring(void)
{
	struct bb_calendar calendar = calendar_of(100, 1);
	const uint64_t now_ns = QUARTER * BB_QUARTER_NS;
	uint32_t quarter;
	uint32_t count = 0;

	/* The next quarter's gate closes in ten minutes; the one after it is in 25. */
	while ((quarter = bb_calendar_next(&calendar, now_ns)) != 0) {
		CU_ASSERT_EQUAL(quarter, QUARTER + 1 + count);
		struct bb_course *course = bb_calendar_define(&calendar, quarter);
		course->state = BB_COURSE_DEFINED;
		count++;
	}
	CU_ASSERT_EQUAL(count, 96);
	bb_calendar_refresh(&calendar, now_ns);
	CU_ASSERT_EQUAL(calendar.due_ns, (QUARTER + 1) * BB_QUARTER_NS);
	CU_ASSERT_PTR_NOT_NULL(bb_calendar_find(&calendar, QUARTER + 96));
	CU_ASSERT_PTR_NULL(bb_calendar_find(&calendar, QUARTER + 97));

	/* After an outage of two days, what is past is left out. */
	for (uint32_t i = 0; i < 100; i++)
		calendar.courses[i].state = BB_COURSE_FINAL;
	const uint64_t later_ns = now_ns + 2 * 96 * BB_QUARTER_NS;
	CU_ASSERT_EQUAL(bb_calendar_next(&calendar, later_ns), QUARTER + 2 * 96 + 1);

	/* A slot whose interval is not final is waited for. */
	calendar.courses[(QUARTER + 2 * 96 + 1) % 100].state = BB_COURSE_METERING;
	CU_ASSERT_EQUAL(bb_calendar_next(&calendar, later_ns), 0);
}

static void
test_what_is_due_earliest_goes_first_then_the_earlier_quarter(void)
{
	struct bb_calendar calendar = calendar_of(10, 1);

	CU_ASSERT_PTR_NULL(bb_calendar_first(&calendar, BB_NEVER_NS - 1));
	for (uint32_t i = 0; i < 5; i++) {
		struct bb_course *course = bb_calendar_define(&calendar, QUARTER + 5 + i);
		course->state = BB_COURSE_DEFINED;
		course->due_ns = i == 4 ? 50 : 100;
	}
	CU_ASSERT_PTR_NULL(bb_calendar_first(&calendar, 49));
	CU_ASSERT_EQUAL(bb_calendar_first(&calendar, 1000)->quarter, QUARTER + 9);
	bb_calendar_find(&calendar, QUARTER + 9)->due_ns = BB_NEVER_NS;
	CU_ASSERT_EQUAL(bb_calendar_first(&calendar, 1000)->quarter, QUARTER + 5);
}

static void
test_no_calendar_is_never_due(void)
{
	struct bb_calendar calendar = calendar_of(0, 3);

	CU_ASSERT_EQUAL(bb_calendar_bytes(0), 0);
	CU_ASSERT_PTR_NULL(bb_calendar_find(&calendar, QUARTER));
	CU_ASSERT_EQUAL(bb_calendar_next(&calendar, QUARTER * BB_QUARTER_NS), 0);
	bb_calendar_refresh(&calendar, QUARTER * BB_QUARTER_NS);
	CU_ASSERT_EQUAL(calendar.due_ns, BB_NEVER_NS);
}

static void
test_a_course_is_ready_with_what_the_rules_require(void)
{
	struct bb_course course = course_in(BB_COURSE_DEFINED);

	CU_ASSERT(bb_course_ready(&course));
	course.rules.imbalance_required = 1;
	CU_ASSERT_FALSE(bb_course_ready(&course));
	course.imbalance.known = true;
	CU_ASSERT(bb_course_ready(&course));
	course.rules.lines_required = 2;
	course.lines[7].known = true;
	CU_ASSERT_FALSE(bb_course_ready(&course));
	course.lines[0].known = true;
	CU_ASSERT(bb_course_ready(&course));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "every state and event has exactly one row",
		  test_every_state_and_event_has_exactly_one_row },
		{ "the states follow each other as documented",
		  test_the_states_follow_each_other_as_documented },
		{ "only trading states take orders, only later ones readings",
		  test_only_trading_states_take_orders_and_only_later_ones_readings },
		{ "each state is due when the rules say",
		  test_each_state_is_due_when_the_rules_say },
		{ "a calendar rolls forward as far as its ring",
		  test_a_calendar_rolls_forward_as_far_as_its_ring },
		{ "what is due earliest goes first, then the earlier quarter",
		  test_what_is_due_earliest_goes_first_then_the_earlier_quarter },
		{ "no calendar is never due", test_no_calendar_is_never_due },
		{ "a course is ready with what the rules require",
		  test_a_course_is_ready_with_what_the_rules_require },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market course", tests);
}
