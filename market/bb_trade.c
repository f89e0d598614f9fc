#include "market/bb_trade.h"

#include "market/bb_tick.h"

BB_COLD void
bb_trade_cancel_rest(struct bb_slice *slice, const struct bb_take *take)
{
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_CANCELLED, take->account->participant);

	event->order_id = take->order_id;
	event->product = take->listing->product.terms.product;
	event->side = (uint8_t)take->side;
	event->price = take->price;
	event->quantity_wh = take->left_wh;
	event->result = BB_BY_IOC;
}

/* An order that would trade beyond the dynamic band stops its delivery interval's trading,
 * until an auction has found what the price is. */
BB_COLD void
bb_trade_break(struct bb_market *market, struct bb_slice *slice, const struct bb_take *take)
{
	bb_tick_move(market, &market->calendar.courses[take->listing->course - 1],
		     BB_COURSE_BREAKS, slice);
}

BB_COLD struct bb_event *
bb_trade_carried(struct bb_slice *slice, uint32_t participant, uint32_t product,
		 const struct bb_way *way, uint32_t other, uint32_t quantity_wh)
{
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_CARRIED, participant);

	event->counter_order_id = way->lines;
	event->product = product;
	event->price = (int32_t)way->fee;
	event->quantity_wh = quantity_wh;
	event->remaining_wh = other;
	return event;
}
