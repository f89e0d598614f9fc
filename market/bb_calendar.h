/* bb_calendar - all delivery intervals that are alive, and what is due next.
 *
 * Intervals follow each other without a gap in a ring, by quarter; a slot is used again once
 * its interval is final.  New ones are defined by themselves, days_ahead of the time, with
 * the rules and the lines that stand then (market/bb_tick.c does it).
 *
 * due_ns is never later than the earliest due_ns of all: a command that changes a course only
 * lowers it, a tick finds it anew.
 *
 * Units    as in bb_course.h.
 * Memory   bb_calendar_bytes(courses) from the arena; courses may be 0: no calendar.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.
 * Replay   Equal calls give equal bytes.
 */
#ifndef BB_CALENDAR_H
#define BB_CALENDAR_H

#include <stddef.h>

#include "base/bb_arena.h"
#include "market/bb_course.h"

struct bb_calendar {
	struct bb_course *courses; /* [size], by quarter modulo size */
	uint32_t size;
	uint32_t next_quarter; /* the first that was not defined */
	uint64_t due_ns;
	uint32_t traders; /* active participants of whom a reading is awaited */
	struct bb_rules rules;    /* of intervals that have not opened */
	uint32_t reserved;        /* zero */
	struct bb_course_line lines[BB_VENUE_LINES]; /* of intervals to be defined */
	struct bb_course_tariff tariffs[BB_VENUE_ZONES]; /* and these */
};

size_t bb_calendar_bytes(uint32_t courses);
void bb_calendar_init(struct bb_calendar *calendar, struct bb_arena *arena, uint32_t courses);

/* bb_calendar_find returns the course of a quarter, final ones too, or NULL. */
struct bb_course *bb_calendar_find(const struct bb_calendar *calendar, uint32_t quarter);

/* bb_calendar_first returns the course that is to move on first at now_ns, or NULL: the one
 * due earliest, of several the earliest quarter. */
struct bb_course *bb_calendar_first(const struct bb_calendar *calendar, uint64_t now_ns);

/* bb_calendar_next returns the quarter to be defined at now_ns, or 0: those whose gate has
 * closed are left out. */
uint32_t bb_calendar_next(const struct bb_calendar *calendar, uint64_t now_ns);

/* bb_calendar_define makes the course of that quarter, in state NONE still. */
struct bb_course *bb_calendar_define(struct bb_calendar *calendar, uint32_t quarter);

/* bb_calendar_wake makes sure that the next tick looks at course. */
void bb_calendar_wake(struct bb_calendar *calendar, const struct bb_course *course);

/* bb_calendar_refresh finds due_ns anew. */
void bb_calendar_refresh(struct bb_calendar *calendar, uint64_t now_ns);

/* bb_calendar_set_rules gives rules to all intervals that have not opened. */
void bb_calendar_set_rules(struct bb_calendar *calendar, const struct bb_rules *rules,
			   uint64_t now_ns);

#endif
