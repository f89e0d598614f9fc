#include "market/bb_tick.h"

#include "market/bb_cancel.h"
#include "market/bb_contract.h"
#include "market/bb_expiry.h"
#include "market/bb_settling.h"
#include "market/bb_silence.h"

#define RETRY_NS (60 * BB_SECOND_NS) /* where something is missing that may still come */

/* How far an action, or the whole tick, has come. */
enum progress { GOES_ON, DONE, SLICE_FULL, SPENT };

static void
tell_state(struct bb_slice *slice, const struct bb_course *course,
	   const struct bb_transition *row)
{
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_STATE, 0);

	event->product = bb_product_of(0, course->quarter);
	event->quantity_wh = course->state;
	event->remaining_wh = row->to;
	event->result = row->cause;
	event->order_id = course->root.lanes[0];
	event->counter_order_id = course->root.lanes[1];
}

/* When the next auction takes place before the one at closure, once the state is new. */
static void
set_auction(struct bb_course *course, enum bb_course_event event, uint64_t now_ns)
{
	const struct bb_rules *rules = &course->rules;

	if (event == BB_COURSE_OPENS && rules->auction_before_s > 0)
		course->auction_ns = bb_course_before_ns(course, rules->auction_before_s);
	if (event == BB_COURSE_OPENS && now_ns >= course->auction_ns)
		course->auction_ns = BB_NEVER_NS;
	if (event == BB_COURSE_BREAKS)
		course->auction_ns = now_ns + (uint64_t)rules->breaker_s * BB_SECOND_NS;
	if (event == BB_COURSE_RESUMES)
		course->auction_ns = now_ns;
	if (event == BB_COURSE_REOPENS || event == BB_COURSE_CONTRACTS)
		course->auction_ns = BB_NEVER_NS;
}

static void
enter(struct bb_market *market, struct bb_course *course, const struct bb_transition *row,
      struct bb_slice *slice)
{
	const enum bb_course_event event = (enum bb_course_event)row->event;

	tell_state(slice, course, row);
	course->state = row->to;
	course->action = BB_ACTION_NONE;
	course->root = (struct bb_root){ { 0, 0 } };
	set_auction(course, event, market->time_ns);
	if (event == BB_COURSE_REOPENS)
		course->crossed = true; /* what the auction had reasons to leave */
	if (event == BB_COURSE_HOLDS || event == BB_COURSE_CLOSES)
		course->last = event == BB_COURSE_CLOSES;
	if (event == BB_COURSE_UPHOLDS) {
		course->rounds++;
		course->disputes = 0;
		course->words = (struct bb_words){ 0 };
	}
	bb_course_schedule(course, market->time_ns);
	bb_contract_gate(market, course);
	bb_calendar_wake(&market->calendar, course);
}

void
bb_tick_move(struct bb_market *market, struct bb_course *course, enum bb_course_event event,
	     struct bb_slice *slice)
{
	const struct bb_transition *row =
		bb_course_transition((enum bb_course_state)course->state, event);

	BB_ASSERT(row->to != BB_COURSE_NONE && row->action == BB_ACTION_NONE);
	enter(market, course, row, slice);
}

static struct bb_product_command
terms_of(const struct bb_course *course, uint8_t zone)
{
	return (struct bb_product_command){
		.product = bb_product_of(zone, course->quarter),
		.price_min = course->rules.price_min,
		.price_max = course->rules.price_max,
		.tick = (uint32_t)course->rules.tick,
		.lot_wh = (uint32_t)course->rules.lot_wh,
		.quantity_max_wh = (uint32_t)course->rules.quantity_max_wh,
	};
}

/* Whether every zone can have its listing; then the course knows its zones. */
static bool
can_list(const struct bb_market *market, struct bb_course *course)
{
	uint8_t zones[BB_VENUE_ZONES];
	const uint32_t count = bb_rules_zones(&course->rules, zones);

	if (count > market->products.most - market->products.count)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_product_command terms = terms_of(course, zones[i]);
		if (bb_terms_check(&market->products, &terms) != BB_OK)
			return false;
	}
	for (uint32_t i = 0; i < count; i++)
		course->zones[i] = (struct bb_course_zone){ .zone = zones[i] };
	course->zone_count = (uint8_t)count;
	return true;
}

static void
list_zone(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	struct bb_course_zone *zone = &course->zones[course->zone_next++];
	const struct bb_product_command terms = terms_of(course, zone->zone);
	struct bb_listing *listing = bb_products_add(&market->products, &terms);
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_PRODUCT_ADDED, 0);
	const struct bb_imbalance *imbalance = &course->imbalance;
	const struct bb_course_tariff tariff = bb_course_tariff(course, zone->zone);

	zone->listing = bb_listing_index(&market->products, listing) + 1;
	listing->course = (uint32_t)(course - market->calendar.courses) + 1;
	listing->margin = bb_rules_margin(&course->rules, imbalance->price_short,
					  imbalance->price_reference) +
			  (uint32_t)(tariff.injection > tariff.use ? tariff.injection
								   : tariff.use);
	listing->until_ns = listing->trades_until_ns = 0;
	event->product = terms.product;
	event->order_id = bb_prices(terms.price_min, terms.price_max);
	event->counter_order_id = terms.quantity_max_wh;
	event->quantity_wh = terms.lot_wh;
	event->remaining_wh = terms.tick;
}

/* Which order of the course leaves next, or BB_SLOT_NONE. */
static uint32_t
resting_order(const struct bb_market *market, struct bb_course *course)
{
	for (; course->zone_next < course->zone_count; course->zone_next++) {
		const uint32_t index = course->zones[course->zone_next].listing - 1;
		const struct bb_book *book = &market->products.listings[index].book;
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			const uint32_t slot = bb_book_first(book, (enum bb_side)side,
							    BB_RUNG_NONE - 1);
			if (slot != BB_SLOT_NONE)
				return slot;
		}
	}
	return BB_SLOT_NONE;
}

static bool
release_one(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	    enum bb_result reason)
{
	const uint32_t slot = resting_order(market, course);

	if (slot == BB_SLOT_NONE)
		return false;
	bb_cancel_slot(market, slice, slot, reason);
	return true;
}

/* One step of the course's action; DONE when there is none left. */
static enum progress
step(struct bb_market *market, struct bb_course *course, const struct bb_transition *row,
     struct bb_slice *slice)
{
	switch ((enum bb_course_action)course->action) {
	case BB_ACTION_LIST:
		if (course->zone_next == course->zone_count)
			return DONE;
		list_zone(market, course, slice);
		return GOES_ON;
	case BB_ACTION_CLEAR: /* stage 1: what rests after the last auction is released */
		if (course->stage == 1)
			return release_one(market, course, slice, BB_BY_CLOSURE) ? GOES_ON : DONE;
		if (!bb_fixing_commit(market, course, slice))
			return SLICE_FULL;
		market->work.tick.left = 0;
		course->stage = 1;
		return course->last ? GOES_ON : DONE;
	case BB_ACTION_RELEASE:
		return release_one(market, course, slice, (enum bb_result)row->cause) ? GOES_ON
										   : DONE;
	case BB_ACTION_SETTLE:
		return bb_settling_step(market, course, slice) ? GOES_ON : DONE;
	case BB_ACTION_FINISH:
		return bb_settling_finish(market, course, slice) ? GOES_ON : DONE;
	default:
		BB_ASSERT(false);
		return DONE;
	}
}

/* A step costs what it writes, and one if it only looks. */
static void
spend(struct bb_tick *tick, uint32_t events)
{
	const uint32_t cost = events == 0 ? 1 : events;

	tick->left = tick->left > cost ? tick->left - cost : 0;
}

/* Goes on with a busy course until its action is done, and moves it then. */
static enum progress
act(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;
	const struct bb_transition *row = bb_course_transition(
		(enum bb_course_state)course->state, (enum bb_course_event)course->event);
	enum progress progress = GOES_ON;

	while (progress == GOES_ON) {
		/* An auction's result is one whole, whatever it takes. */
		if (tick->left == 0 && !(course->action == BB_ACTION_CLEAR && course->stage == 0))
			return SPENT;
		if (bb_slice_left(slice) < BB_TICK_ROOM)
			return SLICE_FULL;
		const uint32_t before = slice->count;
		progress = step(market, course, row, slice);
		spend(tick, slice->count - before);
	}
	if (progress == SLICE_FULL)
		return SLICE_FULL;
	enter(market, course, row, slice);
	return DONE;
}

static void
begin_action(struct bb_market *market, struct bb_course *course,
	     const struct bb_transition *row)
{
	course->action = row->action;
	course->event = row->event;
	course->stage = 0;
	course->zone_next = 0;
	course->position_next = BB_POSITION_NONE;
	course->due_ns = 0; /* whatever comes between: it goes on with the next tick */
	bb_contract_gate(market, course);
}

/* The orders are fixed and cleared in one; nothing else is applied before they are told.  In a
 * halted market nothing trades, in auctions neither. */
static void
snap(struct bb_market *market, struct bb_course *course)
{
	const uint64_t time_ns =
		course->last ? bb_course_closure_ns(course) : course->auction_ns;
	const uint64_t late_ns = time_ns + (uint64_t)course->rules.clearing_s * BB_SECOND_NS;

	course->solved = bb_fixing_solve(market, course) && market->time_ns <= late_ns &&
			 !market->halted;
	course->root = market->fixing->root;
}

/* What a deviation costs at most, from now on. */
static void
set_worst(struct bb_course *course)
{
	const struct bb_rules *rules = &course->rules;

	if (!course->imbalance.known)
		course->imbalance = (struct bb_imbalance){
			.price_long = rules->price_long,
			.price_short = rules->price_short,
			.price_reference = rules->price_reference,
		};
	course->worst = course->imbalance;
}

/* What stands when an interval opens: every rule, its prices, its lines, its tariffs. */
static struct bb_root
root_of_terms(const struct bb_course *course)
{
	const uint32_t *rules = (const uint32_t *)&course->rules; /* nothing but such words */
	const struct bb_imbalance *worst = &course->worst;
	struct bb_root root = { { 0, 0 } };

	for (size_t i = 0; i < sizeof(course->rules) / sizeof(*rules); i++)
		bb_root_add(&root, rules[i]);
	bb_root_add(&root, bb_prices(worst->price_long, worst->price_short));
	bb_root_add(&root, (uint32_t)worst->price_reference);
	for (uint32_t i = 0; i < BB_VENUE_LINES; i++) {
		const struct bb_course_line *line = &course->lines[i];
		if (!line->known)
			continue;
		bb_root_add(&root, (uint64_t)i << 16 | (uint64_t)line->from_zone << 8 |
					   line->to_zone);
		bb_root_add(&root, (uint64_t)line->capacity_wh << 32 | line->capacity_reverse_wh);
		bb_root_add(&root, (uint32_t)line->fee);
	}
	for (uint32_t i = 0; i < course->zone_count; i++) {
		const struct bb_course_tariff tariff =
			bb_course_tariff(course, course->zones[i].zone);
		bb_root_add(&root, bb_prices(tariff.injection, tariff.use));
	}
	return root;
}

static bool
holds_auction(enum bb_course_event event, const struct bb_course *course)
{
	return event == BB_COURSE_HOLDS ||
	       (event == BB_COURSE_CLOSES && course->state != BB_COURSE_HALTED);
}

/* Whether enough is left of the tick.  An auction wants all of it.  An interval opens within
 * one, for can_list holds only as long as the operator lists nothing between two zones: a step
 * to begin with, one for each zone, and one to see that it was the last. */
static bool
has_steps(const struct bb_tick *tick, enum bb_course_event event, const struct bb_course *course)
{
	if (holds_auction(event, course))
		return tick->left == BB_TICK_EVENTS;
	return event != BB_COURSE_OPENS || tick->left >= BB_VENUE_ZONES + 2;
}

/* What a course whose time has come does; SPENT: not in this tick any more. */
static enum progress
move(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;
	enum bb_course_event event = bb_course_due(course, market->time_ns);

	if (!has_steps(tick, event, course))
		return SPENT;
	if (event == BB_COURSE_OPENS && !bb_course_ready(course)) {
		bb_course_schedule(course, market->time_ns);
		return GOES_ON;
	}
	if (event == BB_COURSE_OPENS && !can_list(market, course)) {
		course->zone_count = 0;
		course->due_ns = market->time_ns + RETRY_NS;
		return GOES_ON;
	}
	if (event == BB_COURSE_OPENS) {
		set_worst(course);
		course->root = root_of_terms(course);
	}
	if (event == BB_COURSE_SNAPS)
		snap(market, course);
	if (course->state == BB_COURSE_CLEARING && !course->solved)
		event = BB_COURSE_FAILS;
	tick->left -= tick->left > 0;
	const struct bb_transition *row =
		bb_course_transition((enum bb_course_state)course->state, event);
	BB_ASSERT(row->to != BB_COURSE_NONE);
	if (row->action == BB_ACTION_NONE)
		enter(market, course, row, slice);
	else
		begin_action(market, course, row);
	return DONE;
}

/* An auction's states follow each other within the tick. */
static bool
under_way(const struct bb_course *course)
{
	return course->state == BB_COURSE_FROZEN || course->state == BB_COURSE_CLEARING;
}

static enum progress
advance(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;
	struct bb_calendar *calendar = &market->calendar;

	if (tick->course == NULL) {
		if (tick->left == 0)
			return SPENT;
		tick->course = bb_calendar_first(calendar, market->time_ns);
	}
	if (tick->course != NULL) {
		struct bb_course *course = tick->course;
		const enum progress progress = course->action != BB_ACTION_NONE
						       ? act(market, course, slice)
						       : move(market, course, slice);
		if (progress == GOES_ON ||
		    (progress == DONE && course->action == BB_ACTION_NONE && !under_way(course)))
			tick->course = NULL;
		return progress;
	}
	const uint32_t quarter = bb_calendar_next(calendar, market->time_ns);
	if (quarter == 0)
		return SPENT;
	bb_tick_move(market, bb_calendar_define(calendar, quarter), BB_COURSE_DEFINES, slice);
	tick->left--;
	return DONE;
}

/* Takes orders off whose time has come; false if the slice or the tick is spent before. */
static bool
expire(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;

	while (bb_expiry_due_ns(market) <= market->time_ns) {
		if (tick->left == 0)
			return true;
		if (bb_slice_left(slice) == 0)
			return false;
		bb_cancel_slot(market, slice, bb_expiry_slot(market), BB_BY_EXPIRY);
		tick->told = true;
		tick->left--;
	}
	return true;
}

/* Courses move, and new ones are defined, as long as something is due; false if the slice is
 * full before. */
static bool
advance_all(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;
	enum progress progress = GOES_ON;

	while (progress != SPENT) {
		if (tick->told && bb_slice_left(slice) < BB_TICK_ROOM)
			return false;
		const uint32_t before = slice->count;
		progress = advance(market, slice);
		tick->told |= slice->count > before;
		if (progress == SLICE_FULL)
			return false;
	}
	bb_calendar_refresh(&market->calendar, market->time_ns);
	tick->calm = true;
	return true;
}

void
bb_tick_begin(struct bb_market *market)
{
	const struct bb_calendar *calendar = &market->calendar;

	market->work.kind = BB_WORK_TICK;
	market->work.tick = (struct bb_tick){
		.left = BB_TICK_EVENTS, .looks = BB_SILENCE_LOOKS,
		.calm = calendar->size == 0 || calendar->due_ns > market->time_ns,
	};
}

bool
bb_tick_continue(struct bb_market *market, struct bb_slice *slice)
{
	const struct bb_tick *tick = &market->work.tick;

	/* A rebate divides what became final before from what does now, then waits. */
	if (!expire(market, slice) || !bb_rebate_begin(market, slice))
		return false;
	if (!tick->calm && !advance_all(market, slice))
		return false;
	if (!bb_silence_continue(market, slice) || !bb_rebate_continue(market, slice))
		return false;
	if (!tick->told)
		bb_slice_add(slice, BB_EVENT_TICKED, 0);
	return true;
}
