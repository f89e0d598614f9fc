#include "market/bb_contract.h"

#include "market/bb_reach.h"

#define NO_LIMIT (BB_RUNG_NONE - 1) /* every rung, and not the absence of one */

/* The tick at or next to price that lies within the band's prices. */
static int32_t
to_tick(const struct bb_book *book, int64_t price, bool up)
{
	const int64_t above = price - book->price_min;

	if (above <= 0)
		return book->price_min;
	if (above >= book->width)
		return (int32_t)(book->price_min + (int64_t)book->width);
	return (int32_t)(book->price_min +
			 (above + (up ? (int64_t)book->tick - 1 : 0)) / book->tick * book->tick);
}

void
bb_contract_share(struct bb_market *market, struct bb_slice *slice,
		  const struct bb_standing *standing, int32_t price, uint32_t quantity_wh)
{
	const uint32_t shown_wh = standing->order->quantity_wh;
	const uint32_t rested_wh = bb_resting_left(market, standing);
	struct bb_event *event =
		bb_slice_add(slice, BB_EVENT_SHARED, standing->account->participant);

	event->order_id = standing->order->order_id;
	event->product = standing->listing->product.terms.product;
	event->side = (uint8_t)standing->side;
	event->price = price;
	event->quantity_wh = quantity_wh;
	event->remaining_wh = rested_wh - quantity_wh;
	event->counter_order_id = bb_event_before(shown_wh, standing->price);
	bb_resting_fill(market, standing, quantity_wh);
	if (BB_UNLIKELY(quantity_wh >= shown_wh && quantity_wh < rested_wh))
		bb_resting_tell(market, slice, standing);
	bb_contract_energy(market, standing, price, quantity_wh);
}

void
bb_contract_band(struct bb_listing *listing, const struct bb_rules *rules, int32_t price)
{
	const int64_t share =
		(int64_t)(bb_price_size(price) * (uint64_t)rules->band_ppm / 1000000);
	const int64_t width = share > rules->band_price ? share : rules->band_price;
	const struct bb_book *book = &listing->book;

	listing->band[BB_BUY] = listing->band[BB_SELL] = NO_LIMIT;
	if (width == 0)
		return;
	listing->band[BB_BUY] = bb_book_rung(book, BB_SELL, to_tick(book, price + width, false));
	listing->band[BB_SELL] = bb_book_rung(book, BB_BUY, to_tick(book, price - width, true));
}

void
bb_contract_gate(struct bb_market *market, const struct bb_course *course)
{
	const uint64_t closure_ns = bb_course_closure_ns(course);
	const bool busy = course->action != BB_ACTION_NONE;
	const bool accepts = !busy && bb_course_accepts((enum bb_course_state)course->state,
							BB_COMMAND_NEW, false);
	const bool trades = accepts && course->state == BB_COURSE_OPEN;
	const uint64_t until_ns =
		bb_course_before_ns(course, course->rules.continuous_before_s);

	for (uint32_t i = 0; i < course->zone_count; i++) {
		if (course->zones[i].listing == 0)
			continue;
		struct bb_listing *listing =
			&market->products.listings[course->zones[i].listing - 1];
		listing->joined = bb_course_joins(course, i);
		listing->until_ns = accepts ? closure_ns : 0;
		listing->trades_until_ns = trades ? until_ns : 0;
	}
}
