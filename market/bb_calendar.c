#include "market/bb_calendar.h"

#include "base/bb_assert.h"

#define QUARTERS_A_DAY 96u

size_t
bb_calendar_bytes(uint32_t courses)
{
	return bb_arena_round(courses * sizeof(struct bb_course));
}

void
bb_calendar_init(struct bb_calendar *calendar, struct bb_arena *arena, uint32_t courses)
{
	*calendar = (struct bb_calendar){
		.courses = courses == 0
				   ? NULL
				   : bb_arena_take(arena, courses * sizeof(struct bb_course)),
		.size = courses,
		.due_ns = BB_NEVER_NS,
		.rules = bb_rules_default,
	};
	for (uint32_t i = 0; i < courses; i++)
		calendar->courses[i].due_ns = BB_NEVER_NS;
}

struct bb_course *
bb_calendar_find(const struct bb_calendar *calendar, uint32_t quarter)
{
	if (calendar->size == 0)
		return NULL;
	struct bb_course *course = &calendar->courses[quarter % calendar->size];

	return course->state != BB_COURSE_NONE && course->quarter == quarter ? course : NULL;
}

struct bb_course *
bb_calendar_first(const struct bb_calendar *calendar, uint64_t now_ns)
{
	struct bb_course *first = NULL;

	for (uint32_t i = 0; i < calendar->size; i++) {
		struct bb_course *course = &calendar->courses[i];
		if (course->due_ns > now_ns)
			continue;
		if (first == NULL || course->due_ns < first->due_ns ||
		    (course->due_ns == first->due_ns && course->quarter < first->quarter))
			first = course;
	}
	return first;
}

/* quarter_to_come returns the earliest quarter whose gate is still open at now_ns. */
static uint64_t
quarter_to_come(const struct bb_calendar *calendar, uint64_t now_ns)
{
	return (now_ns + (uint64_t)calendar->rules.closure_before_s * BB_SECOND_NS) /
		       BB_QUARTER_NS +
	       1;
}

static bool
slot_free(const struct bb_calendar *calendar, uint64_t quarter)
{
	const struct bb_course *course = &calendar->courses[quarter % calendar->size];

	return course->state == BB_COURSE_NONE || course->state == BB_COURSE_FINAL ||
	       (course->state == BB_COURSE_CANCELLED && course->zone_count == 0);
}

uint32_t
bb_calendar_next(const struct bb_calendar *calendar, uint64_t now_ns)
{
	if (calendar->size == 0 || calendar->rules.days_ahead == 0)
		return 0;
	const uint64_t to_come = quarter_to_come(calendar, now_ns);
	const uint64_t quarter =
		calendar->next_quarter > to_come ? calendar->next_quarter : to_come;
	const uint64_t last = now_ns / BB_QUARTER_NS +
			      QUARTERS_A_DAY * (uint64_t)calendar->rules.days_ahead;

	return quarter <= last && quarter <= BB_QUARTER_MAX && slot_free(calendar, quarter)
		       ? (uint32_t)quarter
		       : 0;
}

struct bb_course *
bb_calendar_define(struct bb_calendar *calendar, uint32_t quarter)
{
	struct bb_course *course = &calendar->courses[quarter % calendar->size];

	BB_ASSERT(quarter >= calendar->next_quarter);
	BB_ASSERT(slot_free(calendar, quarter));
	*course = (struct bb_course){
		.due_ns = BB_NEVER_NS,
		.auction_ns = BB_NEVER_NS,
		.quarter = quarter,
		.rules = calendar->rules,
	};
	for (uint32_t i = 0; i < BB_VENUE_LINES; i++)
		course->lines[i] = calendar->lines[i];
	for (uint32_t i = 0; i < BB_VENUE_ZONES; i++)
		course->tariffs[i] = calendar->tariffs[i];
	calendar->next_quarter = quarter + 1;
	return course;
}

void
bb_calendar_wake(struct bb_calendar *calendar, const struct bb_course *course)
{
	if (course->due_ns < calendar->due_ns)
		calendar->due_ns = course->due_ns;
}

void
bb_calendar_refresh(struct bb_calendar *calendar, uint64_t now_ns)
{
	calendar->due_ns = BB_NEVER_NS;
	for (uint32_t i = 0; i < calendar->size; i++)
		bb_calendar_wake(calendar, &calendar->courses[i]);
	if (calendar->size == 0 || calendar->rules.days_ahead == 0)
		return;

	/* When the next quarter may be defined, if its slot does not wait for another. */
	const uint64_t to_come = quarter_to_come(calendar, now_ns);
	const uint64_t quarter =
		calendar->next_quarter > to_come ? calendar->next_quarter : to_come;
	const uint64_t ahead = QUARTERS_A_DAY * (uint64_t)calendar->rules.days_ahead;
	const uint64_t due_ns = quarter > ahead ? (quarter - ahead) * BB_QUARTER_NS : 0;
	if (quarter <= BB_QUARTER_MAX && slot_free(calendar, quarter) &&
	    due_ns < calendar->due_ns)
		calendar->due_ns = due_ns;
}

void
bb_calendar_set_rules(struct bb_calendar *calendar, const struct bb_rules *rules,
		      uint64_t now_ns)
{
	calendar->rules = *rules;
	for (uint32_t i = 0; i < calendar->size; i++) {
		struct bb_course *course = &calendar->courses[i];
		if (course->state != BB_COURSE_DEFINED || course->action != BB_ACTION_NONE)
			continue;
		course->rules = *rules;
		bb_course_schedule(course, now_ns);
	}
	bb_calendar_refresh(calendar, now_ns);
}
