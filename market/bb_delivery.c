#include "market/bb_delivery.h"

#include "base/bb_bytes.h"
#include "market/bb_settling.h"
#include "market/bb_tick.h"

struct bb_listing *
bb_delivery_listing(const struct bb_market *market, uint32_t product, struct bb_course **course)
{
	struct bb_listing *listing = bb_products_find(&market->products, product);

	if (listing == NULL || listing->course == 0)
		return NULL;
	*course = &market->calendar.courses[listing->course - 1];
	return listing;
}

static bool
accepts(const struct bb_course *course, enum bb_command_kind kind, bool correction)
{
	return course->action == BB_ACTION_NONE &&
	       bb_course_accepts((enum bb_course_state)course->state, kind, correction);
}

static enum bb_result
check_meter(const struct bb_market *market, const struct bb_command *command,
	    struct bb_listing **listing, struct bb_course **course)
{
	const struct bb_meter_command *meter = &command->meter;
	const int64_t most = (int64_t)BB_POSITION_WH_MAX;

	if (meter->quality > 1 || meter->correction > 1 ||
	    !bb_is_zero(meter->reserved, sizeof(meter->reserved)))
		return BB_ERR_RECORD;
	*listing = bb_delivery_listing(market, meter->product, course);
	if (*listing == NULL)
		return BB_ERR_PRODUCT;
	const struct bb_account *account = bb_members_find(&market->members, meter->participant);
	if (account == NULL)
		return BB_ERR_PARTICIPANT;
	if (account->metered_by != 0 && account->metered_by != command->participant)
		return BB_ERR_METER;
	if (!accepts(*course, BB_COMMAND_METER, meter->correction != 0) ||
	    ((*course)->state == BB_COURSE_SETTLED && (*course)->rounds == BB_ROUNDS_MAX))
		return BB_ERR_STATE;
	if (meter->injected_wh > most || meter->injected_wh < -most)
		return BB_ERR_QUANTITY;
	return BB_OK;
}

/* A trader's first reading in its own zone counts; after the last of them nothing is left to
 * wait for, but for the grid company's prices where those come last. */
static void
count_reading(struct bb_market *market, struct bb_course *course, uint32_t product,
	      const struct bb_account *account)
{
	if ((account->roles & BB_ROLE_TRADER) == 0 || account->status != BB_MEMBER_ACTIVE ||
	    account->zone != bb_product_zone(product))
		return;
	course->readings++;
	if (course->readings < market->calendar.traders ||
	    (course->rules.imbalance_after != 0 && !course->actual))
		return;
	course->due_ns = market->time_ns;
	bb_calendar_wake(&market->calendar, course);
}

enum bb_result
bb_delivery_meter(struct bb_market *market, const struct bb_command *command,
		  struct bb_slice *slice)
{
	const struct bb_meter_command *meter = &command->meter;
	struct bb_listing *listing;
	struct bb_course *course;
	const enum bb_result result = check_meter(market, command, &listing, &course);
	if (result != BB_OK)
		return result;

	const uint32_t index = bb_listing_index(&market->products, listing);
	uint32_t at = bb_position_find(&market->positions, meter->participant, index);
	const bool there = at != BB_POSITION_NONE &&
			   (market->positions.slots[at].flags & BB_POSITION_METERED) != 0;
	if (there != (meter->correction != 0))
		return BB_ERR_METERED;
	if (at == BB_POSITION_NONE && !bb_positions_room(&market->positions))
		return BB_ERR_FULL;

	if (at == BB_POSITION_NONE)
		at = bb_position_make(&market->positions, meter->participant, index,
				      &listing->positions);
	struct bb_position *position = &market->positions.slots[at];
	position->flags |= BB_POSITION_METERED;
	position->flags &= ~(uint32_t)BB_POSITION_SUBSTITUTED;
	market->positions.settled[at].metered_wh = meter->injected_wh;
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_METERED, meter->participant);
	event->counterparty = command->participant;
	event->product = meter->product;
	event->order_id = (uint64_t)meter->injected_wh;
	if (meter->correction == 0)
		count_reading(market, course, meter->product,
			      &market->members.accounts[meter->participant]);
	else if (course->state == BB_COURSE_SETTLED)
		bb_tick_move(market, course, BB_COURSE_UPHOLDS, slice);
	return BB_OK;
}

/* Takes the words out that participant said, those of whoever is no operator any more, and, if
 * asked to, those to dismiss; the others move up. */
static void
drop_words(const struct bb_market *market, struct bb_course *course, uint32_t participant,
	   bool dismissals)
{
	const struct bb_words before = course->words;
	struct bb_words *words = &course->words;

	*words = (struct bb_words){ 0 };
	for (uint32_t i = 0; i < before.count; i++) {
		const uint32_t said = before.said[i];
		const struct bb_account *account = &market->members.accounts[said >> 1];
		if (account->participant != participant &&
		    account->status == BB_MEMBER_ACTIVE && (!dismissals || (said & 1) != 0))
			words->said[words->count++] = said;
	}
}

/* Writes down what participant says, and returns how many say the same. */
static uint32_t
count_word(const struct bb_market *market, struct bb_course *course, uint32_t participant,
	   uint32_t uphold)
{
	struct bb_words *words = &course->words;
	uint32_t agree = 0;

	drop_words(market, course, participant, false);
	BB_ASSERT(words->count < BB_WORDS_MAX);
	words->said[words->count++] = participant << 1 | uphold;
	for (uint32_t i = 0; i < words->count; i++)
		agree += (words->said[i] & 1) == uphold;
	return agree;
}

enum bb_result
bb_delivery_dispute(struct bb_market *market, const struct bb_command *command,
		    struct bb_slice *slice)
{
	const struct bb_order_command *order = &command->order;
	struct bb_course *course;
	const struct bb_listing *listing = bb_delivery_listing(market, order->product, &course);

	if (!bb_is_zero(order->reserved, sizeof(order->reserved)))
		return BB_ERR_RECORD;
	if (listing == NULL)
		return BB_ERR_PRODUCT;
	if (!accepts(course, BB_COMMAND_DISPUTE, false) || course->rounds == BB_ROUNDS_MAX)
		return BB_ERR_STATE;
	const uint32_t at = bb_position_find(&market->positions, command->participant,
					     bb_listing_index(&market->products, listing));
	if (at == BB_POSITION_NONE)
		return BB_ERR_POSITION;
	struct bb_position *position = &market->positions.slots[at];
	if ((position->flags & BB_POSITION_DISPUTED) != 0)
		return BB_ERR_EXISTS;

	position->flags |= BB_POSITION_DISPUTED;
	drop_words(market, course, 0, true);
	if (course->disputes++ == 0) {
		course->window_ns = course->due_ns;
		course->due_ns = BB_NEVER_NS; /* until there is a ruling */
	}
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_DISPUTED, command->participant);
	event->product = order->product;
	event->order_id = order->order_id;
	return BB_OK;
}

enum bb_result
bb_delivery_ruling(struct bb_market *market, const struct bb_command *command,
		   struct bb_slice *slice)
{
	const struct bb_ruling_command *ruling = &command->ruling;
	struct bb_course *course =
		bb_calendar_find(&market->calendar, bb_product_quarter(ruling->product));

	if (ruling->uphold > 1 || !bb_is_zero(ruling->reserved, sizeof(ruling->reserved)))
		return BB_ERR_RECORD;
	if (course == NULL)
		return BB_ERR_PRODUCT;
	if (!accepts(course, BB_COMMAND_RULING, false))
		return BB_ERR_STATE;
	if (course->disputes == 0)
		return BB_ERR_NOT_FOUND;

	const uint32_t quorum = (uint32_t)course->rules.ruling_quorum;
	const uint32_t agree = count_word(market, course, command->participant, ruling->uphold);
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_RULED, command->participant);
	event->product = ruling->product;
	event->result = ruling->uphold != 0 ? BB_OK : BB_ERR_NOT_FOUND;
	event->quantity_wh = agree;
	event->remaining_wh = quorum > agree ? quorum - agree : 0;
	if (agree < quorum)
		return BB_OK;
	if (ruling->uphold != 0) {
		bb_tick_move(market, course, BB_COURSE_UPHOLDS, slice);
		return BB_OK;
	}
	course->disputes = 0;
	course->words = (struct bb_words){ 0 };
	course->due_ns = course->window_ns;
	bb_calendar_wake(&market->calendar, course);
	return BB_OK;
}
