/* bb_course - the life of one delivery interval, from its definition to finality.
 *
 *	DEFINED -> OPEN -> (CALL) -> FROZEN -> CLEARING -> CONTRACTED -> DELIVERY -> METERING
 *	        -> SETTLED -> FINAL, with auctions that lead back to OPEN, HALTED beside OPEN,
 *	        RESETTLE beside SETTLED, and CANCELLED where an auction or an opening fails
 *
 * A delivery interval is a quarter-hour in all zones of the calendar; in each zone it has a
 * listing of its own, with its own book.  What happens to it is two tables: transitions, one
 * row for every state and event, and the commands that a state accepts.  A row may have an
 * action, which runs while the old state still stands, in slices and over several ticks if it
 * must; the course is busy then, and accepts nothing.
 *
 * Units    time: ns since 1970; quarter: Unix time of the delivery's start / 900.
 * Memory   A value; market/bb_calendar.h holds them.
 * Threads  The matching core only.
 * Errors   BB_ERR_STATE: the state does not accept a command.
 * Replay   Pure: the state is a function of the commands and their times alone.
 */
#ifndef BB_COURSE_H
#define BB_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_root.h"
#include "market/bb_rules.h"

#define BB_QUARTER_S  900u
#define BB_QUARTER_NS (UINT64_C(900) * 1000000000)
#define BB_SECOND_NS  UINT64_C(1000000000)
#define BB_NEVER_NS   UINT64_MAX

/* The product of a quarter in a zone; zone 0 stands for the whole delivery interval. */
#define BB_QUARTER_MAX ((1u << 24) - 1)

static inline uint32_t
bb_product_of(uint8_t zone, uint32_t quarter)
{
	return (uint32_t)zone << 24 | quarter;
}

static inline uint32_t
bb_product_quarter(uint32_t product)
{
	return product & BB_QUARTER_MAX;
}

static inline uint8_t
bb_product_zone(uint32_t product)
{
	return (uint8_t)(product >> 24);
}

#define BB_COURSE_STATE_LIST(X)                                                   \
	X(NONE)       /* there is no such delivery interval */                    \
	X(DEFINED)    /* lines and imbalance prices may be sent */                \
	X(OPEN)       /* orders trade continuously */                             \
	X(CALL)       /* orders rest without trading: an auction is ahead */      \
	X(FROZEN)     /* an auction's orders are fixed */                         \
	X(CLEARING)   /* its result is sought */                                  \
	X(CONTRACTED) /* gate closed; what rested is cancelled */                 \
	X(DELIVERY)   /* energy flows */                                          \
	X(METERING)   /* readings come in */                                      \
	X(SETTLED)    /* paid, provisionally: disputes and corrections */         \
	X(RESETTLE)   /* corrections of readings come in */                       \
	X(FINAL)      /* nothing changes any more */                              \
	X(HALTED)     /* by the operator: orders may only leave */                \
	X(CANCELLED)  /* never opened; or an auction failed and orders leave */

enum bb_course_state {
#define X(name) BB_COURSE_##name,
	BB_COURSE_STATE_LIST(X)
#undef X
	BB_COURSE_STATES
};

const char *bb_course_state_name(enum bb_course_state state);

enum bb_course_event {
	BB_COURSE_DEFINES,
	BB_COURSE_OPENS,     /* time to, and all that it needs is there */
	BB_COURSE_MISSES,    /* the gate would close before it opens */
	BB_COURSE_CALLS,     /* continuous trading ends */
	BB_COURSE_BREAKS,    /* a price left the dynamic band */
	BB_COURSE_HOLDS,     /* time of an auction */
	BB_COURSE_CLOSES,    /* time of gate closure, and of its auction */
	BB_COURSE_SNAPS,     /* the order set is fixed */
	BB_COURSE_REOPENS,   /* an auction is done, more trading comes */
	BB_COURSE_CONTRACTS, /* the last auction is done */
	BB_COURSE_FAILS,     /* an auction has no certified result, or comes too late */
	BB_COURSE_DELIVERS,
	BB_COURSE_MEASURES, /* the delivery is over */
	BB_COURSE_SETTLES,  /* all readings are there, or their time is over */
	BB_COURSE_UPHOLDS,  /* a dispute is upheld, or a reading corrected */
	BB_COURSE_RESETTLES,
	BB_COURSE_ENDS, /* the dispute window is over */
	BB_COURSE_HALTS,
	BB_COURSE_RESUMES, /* through an auction */
	BB_COURSE_EVENTS
};

/* What is done in slices before the new state stands (market/bb_tick.c). */
enum bb_course_action {
	BB_ACTION_NONE,
	BB_ACTION_LIST,    /* a listing in every zone */
	BB_ACTION_CLEAR,   /* the auction's result onto orders and positions; then, after the
			    * last one, RELEASE */
	BB_ACTION_RELEASE, /* resting orders are cancelled */
	BB_ACTION_SETTLE,  /* readings substituted where missing, then postings */
	BB_ACTION_FINISH,  /* escrow unlocked, reputations moved, all given back */
};

struct bb_transition {
	uint32_t from; /* bits of states */
	uint8_t event;
	uint8_t to; /* BB_COURSE_NONE: refused */
	uint8_t action;
	uint16_t cause; /* enum bb_result, of the STATE event */
};

/* bb_course_transition returns the row of a state and an event. */
const struct bb_transition *bb_course_transition(enum bb_course_state state,
						 enum bb_course_event event);

/* bb_course_transitions returns the whole table, for the test that walks it. */
const struct bb_transition *bb_course_transitions(uint32_t *count);

/* bb_course_accepts returns whether a state accepts a kind of command; correction tells
 * readings that replace others from first ones. */
bool bb_course_accepts(enum bb_course_state state, enum bb_command_kind kind, bool correction);

/* A line between two zones, as this delivery interval has it. */
struct bb_course_line {
	int64_t flow_wh; /* of all trades and auctions so far, from -> to positive */
	uint32_t capacity_wh;
	uint32_t capacity_reverse_wh;
	int32_t fee;
	uint8_t from_zone;
	uint8_t to_zone;
	bool known;
	uint8_t reserved;
};

/* One of its zones. */
struct bb_course_zone {
	uint32_t listing; /* index + 1; 0: none (yet, or any more) */
	int32_t price;    /* of the last auction in which something traded */
	bool priced;
	uint8_t zone;
	uint8_t reserved[6];
};

/* What the contracts of a zone pay to the grid company, a Wh: fixed when an interval opens. */
struct bb_course_tariff {
	int32_t injection; /* by who sold */
	int32_t use;       /* by who bought */
	uint8_t zone;
	bool known;
	uint8_t reserved[2]; /* zero */
};

/* The imbalance prices of the grid company.  Escrow is computed from those that stand when an
 * interval opens; until it is settled others may replace them that are no worse for anybody: a
 * long price not below, short and reference prices not above. */
struct bb_imbalance {
	int32_t price_long;
	int32_t price_short;
	int32_t price_reference;
	bool known;
	uint8_t reserved[3]; /* zero: no byte is left to chance */
};

/* What operators have said of an interval's open disputes, while fewer agree than a ruling takes:
 * one word of each, participant << 1 | uphold, in the order in which they were said. */
#define BB_WORDS_MAX (2 * BB_QUORUM_MAX - 1) /* with so many, one side has any quorum */

struct bb_words {
	uint32_t count;
	uint32_t said[BB_WORDS_MAX]; /* zeros behind the last */
};

struct bb_course {
	uint64_t due_ns;     /* of the next transition; BB_NEVER_NS: waits for a command */
	uint64_t auction_ns; /* of the next auction before the one at closure */
	uint64_t window_ns;  /* of disputes: its end, while one is open */
	uint32_t quarter;
	uint8_t state;
	uint8_t event;   /* busy: what goes on */
	uint8_t action;  /* busy: BB_ACTION_NONE otherwise */
	uint8_t rounds;  /* of resettlement */
	bool last;       /* the auction under way is the one at closure */
	bool solved;     /* and its result is proven */
	bool crossed;    /* orders may meet over lines: an auction or a bound left them so */
	uint8_t zone_count;
	uint8_t stage;      /* of the action, with two cursors */
	bool actual;        /* imbalance prices were sent after it opened */
	uint8_t reserved[2];
	uint32_t zone_next;
	uint32_t position_next;
	uint32_t disputes; /* open ones */
	uint32_t readings; /* of traders in their own zones */
	struct bb_words words;
	int64_t system_wh; /* sum of deviations */
	struct bb_root root;
	struct bb_imbalance imbalance;
	struct bb_imbalance worst; /* which stood when it opened: escrow counts on them */
	struct bb_rules rules; /* frozen when it opens */
	struct bb_course_zone zones[BB_VENUE_ZONES];
	struct bb_course_line lines[BB_VENUE_LINES];
	struct bb_course_tariff tariffs[BB_VENUE_ZONES]; /* in no order */
};

#define BB_ROUNDS_MAX 2u

/* When what happens; all count from the start of the delivery. */
static inline uint64_t
bb_course_start_ns(const struct bb_course *course)
{
	return course->quarter * BB_QUARTER_NS;
}

static inline uint64_t
bb_course_before_ns(const struct bb_course *course, int32_t seconds)
{
	const uint64_t start_ns = bb_course_start_ns(course);
	const uint64_t before_ns = (uint64_t)seconds * BB_SECOND_NS;

	return start_ns > before_ns ? start_ns - before_ns : 0;
}

static inline uint64_t
bb_course_closure_ns(const struct bb_course *course)
{
	return bb_course_before_ns(course, course->rules.closure_before_s);
}

/* bb_course_schedule sets due_ns for a course that has just come into its state at now_ns
 * and is not busy. */
void bb_course_schedule(struct bb_course *course, uint64_t now_ns);

/* bb_course_due returns the event of a course whose due_ns has come. */
enum bb_course_event bb_course_due(const struct bb_course *course, uint64_t now_ns);

/* bb_course_tariff returns what a zone's contracts pay; zeros where nothing was set. */
struct bb_course_tariff bb_course_tariff(const struct bb_course *course, uint8_t zone);

/* bb_course_ready returns whether a defined course has what opening needs of the grid
 * company. */
bool bb_course_ready(const struct bb_course *course);

#endif
