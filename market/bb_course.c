#include "market/bb_course.h"

#include <stddef.h>

#include "base/bb_assert.h"

#define ONE(state) (1u << BB_COURSE_##state)
#define ALL        ((1u << BB_COURSE_STATES) - 1)
#define TRADING    (ONE(OPEN) | ONE(CALL))
#define REUSABLE   (ONE(NONE) | ONE(FINAL) | ONE(CANCELLED))

/* GO is a transition; NO, one line for each event, the states that refuse it. */
#define GO(from, event, to, action, cause) \
	{ from, BB_COURSE_##event, BB_COURSE_##to, BB_ACTION_##action, cause }
#define NO(except, event) \
	{ ALL & ~(uint32_t)(except), BB_COURSE_##event, BB_COURSE_NONE, BB_ACTION_NONE, \
	  BB_ERR_STATE }

static const struct bb_transition transitions[] = {
	GO(REUSABLE, DEFINES, DEFINED, NONE, BB_BY_TICK),
	NO(REUSABLE, DEFINES),
	GO(ONE(DEFINED), OPENS, OPEN, LIST, BB_BY_TICK),
	NO(ONE(DEFINED), OPENS),
	GO(ONE(DEFINED), MISSES, CANCELLED, NONE, BB_BY_CLOSURE),
	NO(ONE(DEFINED), MISSES),

	GO(ONE(OPEN), CALLS, CALL, NONE, BB_BY_TICK),
	NO(ONE(OPEN), CALLS),
	GO(ONE(OPEN), BREAKS, CALL, NONE, BB_BY_BREAKER),
	NO(ONE(OPEN), BREAKS),
	GO(TRADING, HALTS, HALTED, NONE, BB_BY_OPERATOR),
	NO(TRADING, HALTS),
	GO(ONE(HALTED), RESUMES, CALL, NONE, BB_BY_OPERATOR),
	NO(ONE(HALTED), RESUMES),

	GO(TRADING, HOLDS, FROZEN, NONE, BB_BY_TICK),
	NO(TRADING, HOLDS),
	GO(TRADING, CLOSES, FROZEN, NONE, BB_BY_CLOSURE),
	GO(ONE(HALTED), CLOSES, CONTRACTED, RELEASE, BB_BY_CLOSURE),
	NO(TRADING | ONE(HALTED), CLOSES),
	GO(ONE(FROZEN), SNAPS, CLEARING, NONE, BB_BY_TICK),
	NO(ONE(FROZEN), SNAPS),
	GO(ONE(CLEARING), REOPENS, OPEN, CLEAR, BB_BY_TICK),
	GO(ONE(CANCELLED), REOPENS, OPEN, RELEASE, BB_BY_CLEARING),
	NO(ONE(CLEARING) | ONE(CANCELLED), REOPENS),
	GO(ONE(CLEARING), CONTRACTS, CONTRACTED, CLEAR, BB_BY_CLOSURE),
	GO(ONE(CANCELLED), CONTRACTS, CONTRACTED, RELEASE, BB_BY_CLOSURE),
	NO(ONE(CLEARING) | ONE(CANCELLED), CONTRACTS),
	GO(ONE(CLEARING), FAILS, CANCELLED, NONE, BB_BY_CLEARING),
	NO(ONE(CLEARING), FAILS),

	GO(ONE(CONTRACTED), DELIVERS, DELIVERY, NONE, BB_BY_TICK),
	NO(ONE(CONTRACTED), DELIVERS),
	GO(ONE(DELIVERY), MEASURES, METERING, NONE, BB_BY_TICK),
	NO(ONE(DELIVERY), MEASURES),
	GO(ONE(METERING), SETTLES, SETTLED, SETTLE, BB_BY_TICK),
	NO(ONE(METERING), SETTLES),
	GO(ONE(SETTLED), UPHOLDS, RESETTLE, NONE, BB_BY_OPERATOR),
	NO(ONE(SETTLED), UPHOLDS),
	GO(ONE(RESETTLE), RESETTLES, SETTLED, SETTLE, BB_BY_TICK),
	NO(ONE(RESETTLE), RESETTLES),
	GO(ONE(SETTLED), ENDS, FINAL, FINISH, BB_BY_TICK),
	NO(ONE(SETTLED), ENDS),
};

/* What a state accepts, by command: bits of states.  Commands that are not listed have
 * nothing to do with a delivery interval; an order may leave as long as it rests. */
static const uint32_t accepts[BB_COMMAND_KINDS] = {
	[BB_COMMAND_NEW] = TRADING,
	[BB_COMMAND_REPLACE] = TRADING,
	[BB_COMMAND_QUOTE] = TRADING,
	[BB_COMMAND_LINE] = ONE(DEFINED) | TRADING | ONE(HALTED),
	[BB_COMMAND_IMBALANCE] = ONE(DEFINED) | TRADING | ONE(HALTED) | ONE(CONTRACTED) |
				 ONE(DELIVERY) | ONE(METERING),
	[BB_COMMAND_TARIFF] = ONE(DEFINED),
	[BB_COMMAND_PRODUCT_HALT] = TRADING,
	[BB_COMMAND_PRODUCT_RESUME] = ONE(HALTED),
	[BB_COMMAND_RESTRICT] = ONE(CONTRACTED) | ONE(DELIVERY) | ONE(METERING),
	[BB_COMMAND_METER] = ONE(METERING),
	[BB_COMMAND_DISPUTE] = ONE(SETTLED),
	[BB_COMMAND_RULING] = ONE(SETTLED),
};

const char *
bb_course_state_name(enum bb_course_state state)
{
	static const char *const names[] = {
#define X(name) #name,
		BB_COURSE_STATE_LIST(X)
#undef X
	};
	return state < BB_COURSE_STATES ? names[state] : "UNKNOWN";
}

const struct bb_transition *
bb_course_transitions(uint32_t *count)
{
	*count = sizeof(transitions) / sizeof(transitions[0]);
	return transitions;
}

const struct bb_transition *
bb_course_transition(enum bb_course_state state, enum bb_course_event event)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
		if (transitions[i].event == event && (transitions[i].from >> state & 1) != 0)
			return &transitions[i];
	BB_ASSERT(false);
	return NULL;
}

bool
bb_course_accepts(enum bb_course_state state, enum bb_command_kind kind, bool correction)
{
	uint32_t states = accepts[kind];

	if (kind == BB_COMMAND_METER && correction)
		states |= ONE(SETTLED) | ONE(RESETTLE);
	return (states >> state & 1) != 0;
}

bool
bb_course_ready(const struct bb_course *course)
{
	int32_t lines = 0;

	for (uint32_t i = 0; i < BB_VENUE_LINES; i++)
		lines += course->lines[i].known;
	return (course->imbalance.known || course->rules.imbalance_required == 0) &&
	       lines >= course->rules.lines_required;
}

struct bb_course_tariff
bb_course_tariff(const struct bb_course *course, uint8_t zone)
{
	for (uint32_t i = 0; i < BB_VENUE_ZONES; i++)
		if (course->tariffs[i].known && course->tariffs[i].zone == zone)
			return course->tariffs[i];
	return (struct bb_course_tariff){ .zone = zone };
}

static uint64_t
earlier(uint64_t left_ns, uint64_t right_ns)
{
	return left_ns < right_ns ? left_ns : right_ns;
}

void
bb_course_schedule(struct bb_course *course, uint64_t now_ns)
{
	const struct bb_rules *rules = &course->rules;
	const uint64_t end_ns = bb_course_start_ns(course) + BB_QUARTER_NS;
	const uint64_t closure_ns = bb_course_closure_ns(course);

	switch ((enum bb_course_state)course->state) {
	case BB_COURSE_DEFINED:
		course->due_ns = bb_course_before_ns(course, rules->open_before_s);
		if (!bb_course_ready(course) && now_ns >= course->due_ns)
			course->due_ns = closure_ns;
		break;
	case BB_COURSE_OPEN:
		course->due_ns = earlier(
			earlier(course->auction_ns, closure_ns),
			bb_course_before_ns(course, rules->continuous_before_s));
		break;
	case BB_COURSE_CALL:
		course->due_ns = earlier(course->auction_ns, closure_ns);
		break;
	case BB_COURSE_HALTED:
		course->due_ns = closure_ns;
		break;
	case BB_COURSE_FROZEN:
	case BB_COURSE_CLEARING:
		course->due_ns = 0;
		break;
	case BB_COURSE_CONTRACTED:
		course->due_ns = bb_course_start_ns(course);
		break;
	case BB_COURSE_DELIVERY:
		course->due_ns = end_ns;
		break;
	case BB_COURSE_METERING:
		course->due_ns = end_ns + (uint64_t)rules->metering_after_s * BB_SECOND_NS;
		break;
	case BB_COURSE_SETTLED:
		course->due_ns = now_ns + BB_SECOND_NS * (uint64_t)(course->rounds == 0
							 ? rules->dispute_s
							 : rules->dispute_again_s);
		break;
	case BB_COURSE_RESETTLE:
		course->due_ns = now_ns + (uint64_t)rules->metering_after_s * BB_SECOND_NS;
		break;
	case BB_COURSE_CANCELLED:
		course->due_ns = course->zone_count > 0 ? 0 : BB_NEVER_NS;
		break;
	default:
		course->due_ns = BB_NEVER_NS;
	}
}

static enum bb_course_event
trading_due(const struct bb_course *course, uint64_t now_ns)
{
	if (now_ns >= bb_course_closure_ns(course))
		return BB_COURSE_CLOSES;
	return now_ns >= course->auction_ns ? BB_COURSE_HOLDS : BB_COURSE_CALLS;
}

enum bb_course_event
bb_course_due(const struct bb_course *course, uint64_t now_ns)
{
	switch ((enum bb_course_state)course->state) {
	case BB_COURSE_DEFINED:
		return now_ns >= bb_course_closure_ns(course) ? BB_COURSE_MISSES : BB_COURSE_OPENS;
	case BB_COURSE_OPEN:
	case BB_COURSE_CALL:
		return trading_due(course, now_ns);
	case BB_COURSE_HALTED:
		return BB_COURSE_CLOSES;
	case BB_COURSE_FROZEN:
		return BB_COURSE_SNAPS;
	case BB_COURSE_CLEARING:
	case BB_COURSE_CANCELLED:
		return course->last ? BB_COURSE_CONTRACTS : BB_COURSE_REOPENS;
	case BB_COURSE_CONTRACTED:
		return BB_COURSE_DELIVERS;
	case BB_COURSE_DELIVERY:
		return BB_COURSE_MEASURES;
	case BB_COURSE_METERING:
		return BB_COURSE_SETTLES;
	case BB_COURSE_SETTLED:
		return BB_COURSE_ENDS;
	case BB_COURSE_RESETTLE:
		return BB_COURSE_RESETTLES;
	default:
		BB_ASSERT(false);
		return BB_COURSE_EVENTS;
	}
}
