#include "market/bb_views.h"

#include "market/bb_across.h"
#include "market/bb_state.h"
#include "market/bb_tick.h"
#include "market/bb_uncross.h"

/* Each resting order may go, an iceberg clip by clip with two events each, and each of 42
 * commands answers. */
#define PACKET_EVENTS_MAX(orders) \
	((orders) + 2u * (BB_CLIPS_MAX - 1u) * BB_ICEBERGS_MAX(orders) + 4000u)

/* Where lines are, a trade over them has an event more, and one that only ends because a line is
 * full has two, BB_ACROSS_TURNS times a command at most.  Orders that meet when a line gets more
 * room (bb_uncross.h): three for each, and the clips of icebergs. */
#define LINES_EVENTS_MAX(orders) (7u * (((orders) + 1u) / 2u) + 16384u)

_Static_assert(2u * BB_ORDERS_MAX +
			       3u * (BB_CLIPS_MAX - 1u) * BB_ICEBERGS_MAX(BB_ORDERS_MAX) +
			       2u * BB_ACROSS_TURNS * BB_RECORDS_MAX + 4000u <=
		       LINES_EVENTS_MAX(BB_ORDERS_MAX) &&
		       3u * BB_ORDERS_MAX + BB_CLIPS_MAX * BB_ICEBERGS_MAX(BB_ORDERS_MAX) +
				       BB_UNCROSS_ROOM * BB_UNCROSS_TURNS + 1u <=
			       LINES_EVENTS_MAX(BB_ORDERS_MAX),
	       "both kinds of input over lines");
_Static_assert(PACKET_EVENTS_MAX(BB_ORDERS_MAX) <= BB_INPUT_EVENTS_CEILING &&
		       LINES_EVENTS_MAX(BB_ORDERS_MAX) <= BB_INPUT_EVENTS_CEILING &&
		       BB_TICK_EVENTS_MAX(BB_ORDERS_MAX) <= BB_INPUT_EVENTS_CEILING,
	       "the largest block has room for any input");

uint32_t
bb_market_events_max(const struct bb_market_size *size)
{
	const uint32_t packet = size->courses == 0 ? PACKET_EVENTS_MAX(size->orders)
						   : LINES_EVENTS_MAX(size->orders);
	const uint32_t tick = size->courses == 0 ? 0 : BB_TICK_EVENTS_MAX(size->orders);

	return packet > tick ? packet : tick;
}

bool
bb_market_purse(const struct bb_market *market, uint32_t account, struct bb_purse_view *view)
{
	if (!bb_accounts_known(&market->accounts, account) ||
	    (account < BB_ACCOUNT_FIRST && bb_members_find(&market->members, account) == NULL))
		return false;

	const struct bb_purse *purse = bb_accounts_purse(&market->accounts, account);

	*view = (struct bb_purse_view){ .account = account,
					.balance = bb_money_shown(purse->balance),
					.locked = purse->locked,
					.metered_wh = purse->metered_wh };
	return true;
}

bool
bb_market_course(const struct bb_market *market, uint32_t index, struct bb_course_view *view)
{
	BB_ASSERT(index < market->size.courses);
	const struct bb_course *course = &market->calendar.courses[index];

	if (course->state == BB_COURSE_NONE)
		return false;
	*view = (struct bb_course_view){ .quarter = course->quarter,
					 .state = course->state,
					 .rounds = course->rounds,
					 .zone_count = course->zone_count,
					 .due_ns = course->due_ns,
					 .disputes = course->disputes,
					 .readings = course->readings,
					 .imbalance = course->imbalance };
	for (uint32_t i = 0; i < course->zone_count; i++)
		view->zones[i] = (struct bb_zone_view){ .price = course->zones[i].price,
							.zone = course->zones[i].zone,
							.priced = course->zones[i].priced };
	for (uint32_t i = 0; i < BB_VENUE_ZONES; i++)
		view->tariffs[i] = course->tariffs[i];
	for (uint32_t i = 0; i < BB_VENUE_LINES; i++)
		view->lines += course->lines[i].known;
	return true;
}

const struct bb_rules *
bb_market_rules(const struct bb_market *market)
{
	return &market->calendar.rules;
}
