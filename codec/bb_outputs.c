#include "codec/bb_outputs.h"

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

_Static_assert(BB_EVENT_KINDS <= 0x80, "bit 7 of a report's event is the side");
_Static_assert(BB_RECORDS_MAX <= BB_REPORT_WHOLE, "no record has the number of the whole packet");
_Static_assert(BB_BUY == 0 && BB_SELL == 1, "sides on the wire are those of the market");

/* The numbers of events are part of the protocol: docs/wire.md lists them. */
_Static_assert(BB_EVENT_REFUSED == 1 && BB_EVENT_ACCEPTED == 2 && BB_EVENT_TRADED == 3 &&
		       BB_EVENT_CANCELLED == 4 && BB_EVENT_REPLACED == 5 &&
		       BB_EVENT_MEMBER_ADDED == 6 && BB_EVENT_MEMBER_REVOKED == 7 &&
		       BB_EVENT_PRODUCT_ADDED == 8 && BB_EVENT_HALTED == 9 &&
		       BB_EVENT_RESUMED == 10,
	       "append, never renumber");

void
bb_event_encode(uint8_t bytes[BB_EVENT_BYTES], const struct bb_event *event)
{
	struct bb_writer writer = bb_writer(bytes, BB_EVENT_BYTES);

	bb_write_u64(&writer, event->number);
	bb_write_u64(&writer, event->order_id);
	bb_write_u64(&writer, event->counter_order_id);
	bb_write_u32(&writer, event->participant);
	bb_write_u32(&writer, event->counterparty);
	bb_write_u32(&writer, event->product);
	bb_write_u32(&writer, (uint32_t)event->price);
	bb_write_u32(&writer, event->quantity_wh);
	bb_write_u32(&writer, event->remaining_wh);
	bb_write_u16(&writer, event->record);
	bb_write_u16(&writer, event->result);
	bb_write_u8(&writer, event->kind);
	bb_write_u8(&writer, event->side);
	bb_write_zeros(&writer, 2);
	BB_ASSERT(!writer.failed && writer.offset == BB_EVENT_BYTES);
}

bool
bb_event_decode(struct bb_event *event, const uint8_t bytes[BB_EVENT_BYTES])
{
	*event = (struct bb_event){
		.number = bb_get_u64(bytes),
		.order_id = bb_get_u64(bytes + 8),
		.counter_order_id = bb_get_u64(bytes + 16),
		.participant = bb_get_u32(bytes + 24),
		.counterparty = bb_get_u32(bytes + 28),
		.product = bb_get_u32(bytes + 32),
		.price = (int32_t)bb_get_u32(bytes + 36),
		.quantity_wh = bb_get_u32(bytes + 40),
		.remaining_wh = bb_get_u32(bytes + 44),
		.record = bb_get_u16(bytes + 48),
		.result = bb_get_u16(bytes + 50),
		.kind = bytes[52],
		.side = bytes[53],
	};
	return event->kind != BB_EVENT_NONE && event->kind < BB_EVENT_KINDS &&
	       event->side <= BB_SELL && bb_is_zero(bytes + 54, 2);
}

void
bb_event_report(struct bb_report_record *record, const struct bb_event *event)
{
	*record = (struct bb_report_record){
		.order_id = event->order_id,
		.product = event->product,
		.event = event->kind,
		.side = event->side,
		.record = event->record == BB_EVENT_WHOLE_PACKET ? BB_REPORT_WHOLE
								 : (uint8_t)event->record,
		.result = event->result,
		.price = event->price,
		.quantity_wh = event->quantity_wh,
		.remaining_wh = event->remaining_wh,
		.counterparty = event->counterparty,
	};
}

bool
bb_event_notice(struct bb_report_record *record, uint32_t *participant,
		const struct bb_event *event)
{
	const bool traded = event->kind == BB_EVENT_TRADED;
	const bool taken_off =
		event->kind == BB_EVENT_CANCELLED && event->result == BB_BY_REVOKE;

	if (!traded && !taken_off)
		return false;
	bb_event_report(record, event);
	record->record = BB_REPORT_WHOLE;
	*participant = event->participant;
	if (traded) {
		/* The other side of the same trade. */
		*participant = event->counterparty;
		record->order_id = event->counter_order_id;
		record->counterparty = event->participant;
		record->side = event->side == BB_BUY ? BB_SELL : BB_BUY;
		record->remaining_wh = event->counter_remaining_wh;
	}
	return true;
}

static struct bb_feed
reduced(const struct bb_event *event, uint8_t side, uint32_t remaining_wh)
{
	return (struct bb_feed){
		.type = BB_FEED_REDUCED,
		.side = side,
		.product = event->product,
		.price = event->price,
		.quantity_wh = event->quantity_wh,
		.remaining_wh = remaining_wh,
	};
}

/* added makes the message for what rests of an order; returns 0 where nothing does. */
static uint32_t
added(struct bb_feed *feed, const struct bb_event *event)
{
	if (event->remaining_wh == 0)
		return 0;
	*feed = (struct bb_feed){
		.type = BB_FEED_ADDED,
		.side = event->side,
		.product = event->product,
		.number = event->number,
		.record = event->record,
		.price = event->price,
		.quantity_wh = event->remaining_wh,
	};
	return 1;
}

uint32_t
bb_event_feed(struct bb_feed feed[2], const struct bb_event *event, uint64_t time_ns)
{
	switch (event->kind) {
	case BB_EVENT_TRADED:
		feed[0] = (struct bb_feed){
			.type = BB_FEED_TRADE,
			.side = event->side,
			.product = event->product,
			.number = event->number,
			.price = event->price,
			.quantity_wh = event->quantity_wh,
			.time_ns = time_ns,
		};
		feed[1] = reduced(event, event->side == BB_BUY ? BB_SELL : BB_BUY,
				  event->counter_remaining_wh);
		return 2;
	case BB_EVENT_ACCEPTED:
		return added(&feed[0], event);
	case BB_EVENT_REPLACED:
		/* What rested before goes as a whole; what rests now comes anew. */
		feed[0] = reduced(event, event->side, 0);
		feed[0].price = bb_event_before_price(event);
		feed[0].quantity_wh = bb_event_before_wh(event);
		return 1 + added(&feed[1], event);
	case BB_EVENT_CANCELLED:
		if (event->result == BB_BY_IOC)
			return 0; /* it never rested */
		feed[0] = reduced(event, event->side, 0);
		return 1;
	default:
		return 0;
	}
}

void
bb_product_feed(struct bb_feed *feed, const struct bb_product_command *terms)
{
	*feed = (struct bb_feed){
		.type = BB_FEED_PRODUCT,
		.product = terms->product,
		.price = terms->price_min,
		.price_max = terms->price_max,
		.remaining_wh = terms->tick,
		.quantity_wh = terms->lot_wh,
	};
}
