#include "market/bb_grid.h"

#include "base/bb_bytes.h"
#include "market/bb_delivery.h"
#include "market/bb_uncross.h"

static struct bb_course *
course_of(const struct bb_market *market, uint32_t first_quarter, uint32_t index)
{
	const uint64_t quarter = (uint64_t)first_quarter + index;

	return quarter > BB_QUARTER_MAX
		       ? NULL
		       : bb_calendar_find(&market->calendar, (uint32_t)quarter);
}

/* An interval that is not there has no state to refuse for. */
static enum bb_result
check_course(const struct bb_course *course, enum bb_command_kind kind)
{
	if (course == NULL)
		return BB_ERR_LINE;
	return course->action == BB_ACTION_NONE &&
			       bb_course_accepts((enum bb_course_state)course->state, kind, false)
		       ? BB_OK
		       : BB_ERR_STATE;
}

static bool
raises(const struct bb_course *course, const struct bb_line_command *command)
{
	const struct bb_course_line *line = &course->lines[command->line];

	return command->capacity_wh > line->capacity_wh ||
	       command->capacity_reverse_wh > line->capacity_reverse_wh;
}

/* What orders were judged by stays: from where to where lines lead, and at which fee. */
static enum bb_result
check_line(const struct bb_market *market, const struct bb_course *course,
	   const struct bb_line_command *command)
{
	const enum bb_result result = check_course(course, BB_COMMAND_LINE);

	if (result != BB_OK || course->state == BB_COURSE_DEFINED)
		return result;
	const struct bb_course_line *line = &course->lines[command->line];
	if (!line->known || line->from_zone != command->from_zone ||
	    line->to_zone != command->to_zone || line->fee != command->fee)
		return BB_ERR_STATE;
	return market->halted && raises(course, command) ? BB_ERR_HALTED : BB_OK;
}

static void
set_line(struct bb_course_line lines[BB_VENUE_LINES], const struct bb_line_command *command)
{
	BB_ASSERT(command->line < BB_VENUE_LINES);
	struct bb_course_line *line = &lines[command->line];

	*line = (struct bb_course_line){
		.flow_wh = line->flow_wh,
		.capacity_wh = command->capacity_wh,
		.capacity_reverse_wh = command->capacity_reverse_wh,
		.fee = command->fee,
		.from_zone = command->from_zone,
		.to_zone = command->to_zone,
		.known = true,
	};
}

/* An interval that waited for its lines or prices may open now. */
static void
look_again(struct bb_market *market, struct bb_course *course)
{
	if (course->state != BB_COURSE_DEFINED)
		return;
	bb_course_schedule(course, market->time_ns);
	bb_calendar_wake(&market->calendar, course);
}

/* What was set, from which quarter on; 0: of all that are defined from then on. */
static struct bb_event *
tell(struct bb_slice *slice, const struct bb_command *command, enum bb_event_kind kind,
     uint8_t zone, uint32_t first_quarter)
{
	struct bb_event *event = bb_slice_add(slice, kind, command->participant);

	event->counterparty = command->participant;
	event->product = bb_product_of(zone, first_quarter & BB_QUARTER_MAX);
	return event;
}

enum bb_result
bb_grid_line(struct bb_market *market, const struct bb_command *command, struct bb_slice *slice)
{
	const struct bb_line_command *line = &command->line;
	const bool standing = line->first_quarter == 0 && line->quarters == 0;

	if (!bb_is_zero(line->reserved, sizeof(line->reserved)))
		return BB_ERR_RECORD;
	if (line->line >= BB_VENUE_LINES || line->from_zone == line->to_zone || line->fee < 0 ||
	    line->fee > BB_PRICE_MAX || (line->quarters == 0 && !standing))
		return BB_ERR_LINE;
	for (uint32_t i = 0; i < line->quarters; i++) {
		const enum bb_result result =
			check_line(market, course_of(market, line->first_quarter, i), line);
		if (result != BB_OK)
			return result;
	}

	if (standing)
		set_line(market->calendar.lines, line);
	bool raised = false;
	for (uint32_t i = 0; i < line->quarters; i++) {
		struct bb_course *course = course_of(market, line->first_quarter, i);
		raised |= raises(course, line);
		set_line(course->lines, line);
		look_again(market, course);
	}
	(void)tell(slice, command, BB_EVENT_LINE_SET, 0, line->first_quarter);
	if (raised)
		bb_uncross_begin(market, line->first_quarter, line->quarters);
	return BB_OK;
}

/* Whoever trades in an interval that has opened is covered for what stood then. */
static enum bb_result
check_imbalance(const struct bb_course *course, const struct bb_imbalance_command *prices)
{
	const enum bb_result result = check_course(course, BB_COMMAND_IMBALANCE);

	if (result != BB_OK || course->state == BB_COURSE_DEFINED)
		return result;
	return prices->price_long >= course->worst.price_long &&
			       prices->price_short <= course->worst.price_short &&
			       prices->price_reference <= course->worst.price_reference
		       ? BB_OK
		       : BB_ERR_PARAM;
}

/* If settlement waited for nothing but the prices, it begins. */
static void
settle_now(struct bb_market *market, struct bb_course *course)
{
	if (course->state != BB_COURSE_METERING || course->readings == 0 ||
	    course->readings < market->calendar.traders)
		return;
	course->due_ns = market->time_ns;
	bb_calendar_wake(&market->calendar, course);
}

enum bb_result
bb_grid_imbalance(struct bb_market *market, const struct bb_command *command,
		  struct bb_slice *slice)
{
	const struct bb_imbalance_command *prices = &command->imbalance;

	if (!bb_is_zero((const uint8_t *)prices->reserved, sizeof(prices->reserved)))
		return BB_ERR_RECORD;
	if (prices->price_long > BB_PRICE_MAX || prices->price_long < -BB_PRICE_MAX ||
	    prices->price_short > BB_PRICE_MAX || prices->price_short < -BB_PRICE_MAX ||
	    prices->price_reference > BB_PRICE_MAX || prices->price_reference < 0)
		return BB_ERR_PARAM;
	if (prices->quarters == 0 || prices->quarters > market->calendar.size)
		return BB_ERR_LINE;
	for (uint32_t i = 0; i < prices->quarters; i++) {
		const enum bb_result result =
			check_imbalance(course_of(market, prices->first_quarter, i), prices);
		if (result != BB_OK)
			return result;
	}

	for (uint32_t i = 0; i < prices->quarters; i++) {
		struct bb_course *course = course_of(market, prices->first_quarter, i);
		course->imbalance = (struct bb_imbalance){
			.price_long = prices->price_long,
			.price_short = prices->price_short,
			.price_reference = prices->price_reference,
			.known = true,
		};
		course->actual = course->state != BB_COURSE_DEFINED;
		look_again(market, course);
		settle_now(market, course);
	}
	(void)tell(slice, command, BB_EVENT_IMBALANCE_SET, 0, prices->first_quarter);
	return BB_OK;
}

static enum bb_result
check_tariff(const struct bb_course *course, const struct bb_tariff_command *tariff)
{
	const enum bb_result result = check_course(course, BB_COMMAND_TARIFF);

	if (result != BB_OK)
		return result;
	return bb_rules_has_zone(&course->rules, tariff->zone) ? BB_OK : BB_ERR_LINE;
}

/* A place that is the zone's, or free, or of a zone that there is not any more: among as many
 * places as a calendar has zones there is one. */
static void
set_tariff(struct bb_course_tariff *tariffs, const struct bb_rules *rules,
	   const struct bb_tariff_command *command)
{
	struct bb_course_tariff *place = NULL;

	for (uint32_t i = 0; i < BB_VENUE_ZONES; i++) {
		struct bb_course_tariff *tariff = &tariffs[i];
		if (tariff->known && tariff->zone == command->zone) {
			place = tariff;
			break;
		}
		if (place == NULL && !(tariff->known && bb_rules_has_zone(rules, tariff->zone)))
			place = tariff;
	}
	BB_ASSERT(place != NULL);
	*place = (struct bb_course_tariff){
		.injection = command->injection, .use = command->use, .zone = command->zone,
		.known = true,
	};
}

enum bb_result
bb_grid_tariff(struct bb_market *market, const struct bb_command *command,
	       struct bb_slice *slice)
{
	const struct bb_tariff_command *tariff = &command->tariff;
	const bool standing = tariff->first_quarter == 0 && tariff->quarters == 0;
	struct bb_calendar *calendar = &market->calendar;

	if (!bb_is_zero(tariff->reserved, sizeof(tariff->reserved)))
		return BB_ERR_RECORD;
	if (tariff->injection < 0 || tariff->injection > BB_PRICE_MAX || tariff->use < 0 ||
	    tariff->use > BB_PRICE_MAX)
		return BB_ERR_PARAM;
	if (standing ? !bb_rules_has_zone(&calendar->rules, tariff->zone)
		     : tariff->quarters == 0 || tariff->quarters > calendar->size)
		return BB_ERR_LINE;
	for (uint32_t i = 0; i < tariff->quarters; i++) {
		const enum bb_result result =
			check_tariff(course_of(market, tariff->first_quarter, i), tariff);
		if (result != BB_OK)
			return result;
	}

	if (standing)
		set_tariff(calendar->tariffs, &calendar->rules, tariff);
	for (uint32_t i = 0; i < tariff->quarters; i++) {
		struct bb_course *course = course_of(market, tariff->first_quarter, i);
		set_tariff(course->tariffs, &course->rules, tariff);
	}
	struct bb_event *event = tell(slice, command, BB_EVENT_TARIFF_SET, tariff->zone,
				      tariff->first_quarter);
	event->quantity_wh = tariff->quarters;
	event->order_id = bb_prices(tariff->injection, tariff->use);
	return BB_OK;
}

enum bb_result
bb_grid_restrict(struct bb_market *market, const struct bb_command *command,
		 struct bb_slice *slice)
{
	const struct bb_restrict_command *order = &command->restrict_;
	struct bb_course *course;
	const struct bb_listing *listing = bb_delivery_listing(market, order->product, &course);

	if (!bb_is_zero((const uint8_t *)order->reserved, sizeof(order->reserved)))
		return BB_ERR_RECORD;
	if (listing == NULL)
		return BB_ERR_PRODUCT;
	if (bb_members_find(&market->members, order->participant) == NULL)
		return BB_ERR_PARTICIPANT;
	const enum bb_result result = check_course(course, BB_COMMAND_RESTRICT);
	if (result != BB_OK)
		return result;
	const uint32_t at = bb_position_find(&market->positions, order->participant,
					     bb_listing_index(&market->products, listing));
	struct bb_position *position = &market->positions.slots[at];
	const uint64_t net = position->sold_wh > position->bought_wh
				     ? position->sold_wh - position->bought_wh
				     : position->bought_wh - position->sold_wh;
	if (net == 0)
		return BB_ERR_POSITION;
	if (order->quantity_wh == 0 || order->quantity_wh > net)
		return BB_ERR_QUANTITY;

	position->curtailed_wh = order->quantity_wh;
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_RESTRICTED, order->participant);
	event->counterparty = command->participant;
	event->product = order->product;
	event->quantity_wh = order->quantity_wh;
	return BB_OK;
}
