#include "codec/bb_outputs.h"

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_command.h"

_Static_assert(BB_EVENT_KINDS <= 0x80, "bit 7 of a report's event is the side");
_Static_assert(BB_RECORDS_MAX <= BB_REPORT_WHOLE, "no record has the number of the whole packet");
_Static_assert(BB_BUY == 0 && BB_SELL == 1, "sides on the wire are those of the market");

/* The numbers of events are part of the protocol: docs/wire.md lists them. */
_Static_assert(BB_EVENT_REFUSED == 1 && BB_EVENT_ACCEPTED == 2 && BB_EVENT_TRADED == 3 &&
		       BB_EVENT_CANCELLED == 4 && BB_EVENT_REPLACED == 5 &&
		       BB_EVENT_MEMBER_ADDED == 6 && BB_EVENT_MEMBER_REVOKED == 7 &&
		       BB_EVENT_PRODUCT_ADDED == 8 && BB_EVENT_HALTED == 9 &&
		       BB_EVENT_RESUMED == 10 && BB_EVENT_STATE == 11 && BB_EVENT_PRICED == 12 &&
		       BB_EVENT_FLOWED == 13 && BB_EVENT_SHARED == 14 &&
		       BB_EVENT_CONTRACTED == 15 && BB_EVENT_METERED == 16 &&
		       BB_EVENT_POSTED == 17 && BB_EVENT_REPUTED == 18 &&
		       BB_EVENT_DISPUTED == 19 && BB_EVENT_RULED == 20 &&
		       BB_EVENT_PARAM_SET == 21 && BB_EVENT_MEMBER_SET == 22 &&
		       BB_EVENT_LINE_SET == 23 && BB_EVENT_IMBALANCE_SET == 24 &&
		       BB_EVENT_RESTRICTED == 25 && BB_EVENT_TRANSFERRED == 26 &&
		       BB_EVENT_KILLED == 27 && BB_EVENT_ARMED == 28 && BB_EVENT_TICKED == 29 &&
		       BB_EVENT_SHOWN == 30 && BB_EVENT_REBATED == 31 &&
		       BB_EVENT_CARRIED == 32 && BB_EVENT_TARIFF_SET == 33,
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
	bb_write_u8(&writer, event->across);
	bb_write_zeros(&writer, 1);
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
		.across = bytes[54],
	};
	return event->kind != BB_EVENT_NONE && event->kind < BB_EVENT_KINDS &&
	       event->side <= BB_SELL && bytes[55] == 0 &&
	       (event->across == 0 || event->kind == BB_EVENT_TRADED);
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

/* Who is told of what, unless it is the sender. */
enum told { TOLD_NOBODY, TOLD_PARTICIPANT, TOLD_BOTH };

static const uint8_t told[BB_EVENT_KINDS] = {
	[BB_EVENT_TRADED] = TOLD_BOTH,
	[BB_EVENT_CANCELLED] = TOLD_PARTICIPANT,
	[BB_EVENT_SHARED] = TOLD_PARTICIPANT,
	[BB_EVENT_CONTRACTED] = TOLD_BOTH,
	[BB_EVENT_METERED] = TOLD_PARTICIPANT,
	[BB_EVENT_POSTED] = TOLD_BOTH,
	[BB_EVENT_REPUTED] = TOLD_PARTICIPANT,
	[BB_EVENT_RULED] = TOLD_PARTICIPANT,
	[BB_EVENT_MEMBER_SET] = TOLD_PARTICIPANT,
	[BB_EVENT_RESTRICTED] = TOLD_PARTICIPANT,
	[BB_EVENT_TRANSFERRED] = TOLD_PARTICIPANT,
	[BB_EVENT_KILLED] = TOLD_PARTICIPANT,
	[BB_EVENT_ARMED] = TOLD_PARTICIPANT,
	[BB_EVENT_SHOWN] = TOLD_PARTICIPANT,
	[BB_EVENT_CARRIED] = TOLD_PARTICIPANT,
};

/* Participants, and not the venue or one of its accounts, whose ids are the highest; except
 * the one who knows already. */
static bool
is_told(uint32_t participant, uint32_t knows)
{
	return participant != knows && participant >= 1 && participant <= BB_PARTICIPANTS_MAX;
}

/* other_side turns an event about two into what it means to the second of them. */
static struct bb_event
other_side(const struct bb_event *event)
{
	struct bb_event other = *event;

	other.participant = event->counterparty;
	other.counterparty = event->participant;
	if (event->kind == BB_EVENT_POSTED) {
		other.order_id = 0 - event->order_id; /* what one pays the other gets */
		return other;
	}
	other.order_id = event->counter_order_id;
	other.side = event->side == BB_BUY ? BB_SELL : BB_BUY;
	if (event->kind == BB_EVENT_TRADED) {
		other.product = bb_event_resting(event);
		other.remaining_wh = event->counter_remaining_wh;
	} else { /* CONTRACTED: the first one is the buyer */
		other.price = (int32_t)event->counter_remaining_wh;
	}
	return other;
}

static uint32_t
add_notice(struct bb_notice *notice, const struct bb_event *event)
{
	notice->participant = event->participant;
	bb_event_report(&notice->record, event);
	notice->record.record = BB_REPORT_WHOLE;
	return 1;
}

uint32_t
bb_event_notices(struct bb_notice notices[2], const struct bb_event *event, uint32_t sender)
{
	uint32_t count = 0;

	BB_ASSERT(event->kind < BB_EVENT_KINDS);
	if (told[event->kind] != TOLD_NOBODY && is_told(event->participant, sender))
		count += add_notice(&notices[count], event);
	if (told[event->kind] == TOLD_BOTH && is_told(event->counterparty, event->participant)) {
		const struct bb_event other = other_side(event);

		count += add_notice(&notices[count], &other);
	}
	return count;
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

/* added makes the message for what rests of an order and can be seen; returns 0 where nothing
 * does. */
static uint32_t
added(struct bb_feed *feed, const struct bb_event *event)
{
	const uint32_t hidden_wh = event->kind == BB_EVENT_SHOWN ? 0 : event->counter_remaining_wh;

	if (event->remaining_wh == 0)
		return 0;
	*feed = (struct bb_feed){
		.type = BB_FEED_ADDED,
		.side = event->side,
		.product = event->product,
		.number = event->number,
		.record = event->record,
		.price = event->price,
		.quantity_wh = event->remaining_wh - hidden_wh,
	};
	return 1;
}

/* What an auction takes off the level where it rested, which is not the auction's price: of an
 * iceberg no more than could be seen, before SHOWN tells what can be seen then. */
static struct bb_feed
shared(const struct bb_event *event)
{
	const uint32_t shown_wh = bb_event_before_wh(event);
	const bool all = event->quantity_wh >= shown_wh;
	struct bb_feed feed = reduced(event, event->side, all ? 0 : shown_wh - event->quantity_wh);

	feed.price = bb_event_before_price(event);
	if (all)
		feed.quantity_wh = shown_wh;
	return feed;
}

/* A transition; which of its causes is in why. */
static uint32_t
state(struct bb_feed *feed, const struct bb_event *event, uint64_t time_ns)
{
	*feed = (struct bb_feed){
		.type = BB_FEED_STATE,
		.record = event->result,
		.product = event->product,
		.number = event->number,
		.from = (uint8_t)event->quantity_wh,
		.to = (uint8_t)event->remaining_wh,
		.time_ns = time_ns,
	};
	return 1;
}

/* The lowest and the highest price that clear stand in order_id. */
static uint32_t
priced(struct bb_feed *feed, const struct bb_event *event)
{
	*feed = (struct bb_feed){
		.type = BB_FEED_PRICE,
		.side = event->result == BB_OK,
		.product = event->product,
		.number = event->number,
		.price = event->price,
		.price_min = bb_prices_low(event->order_id),
		.price_max = bb_prices_high(event->order_id),
		.quantity_wh = event->quantity_wh,
		.remaining_wh = event->remaining_wh,
	};
	return 1;
}

static uint32_t
flowed(struct bb_feed *feed, const struct bb_event *event)
{
	*feed = (struct bb_feed){
		.type = BB_FEED_FLOW,
		.side = event->side,
		.product = event->product,
		.number = event->number,
		.line = event->participant,
		.quantity_wh = event->quantity_wh,
		.price = event->price,
	};
	return 1;
}

/* What a trade shows at the resting order's product, whose price it is, and takes off there. */
static uint32_t
traded(struct bb_feed feed[2], const struct bb_event *event, uint64_t time_ns)
{
	feed[0] = (struct bb_feed){
		.type = BB_FEED_TRADE,
		.side = event->side,
		.product = bb_event_resting(event),
		.number = event->number,
		.price = event->price,
		.quantity_wh = event->quantity_wh,
		.time_ns = time_ns,
	};
	feed[1] = reduced(event, event->side == BB_BUY ? BB_SELL : BB_BUY,
			  event->counter_remaining_wh);
	feed[1].product = bb_event_resting(event);
	return 2;
}

/* Energy goes from the zone of the seller to that of the buyer. */
static uint32_t
carried(struct bb_feed *feed, const struct bb_event *event)
{
	const uint8_t own = (uint8_t)(event->product >> 24);
	const uint8_t other = (uint8_t)(event->remaining_wh >> 24);

	*feed = (struct bb_feed){
		.type = BB_FEED_CARRIED,
		.product = event->product & 0xffffff,
		.number = event->number,
		.lines = event->counter_order_id,
		.quantity_wh = event->quantity_wh,
		.price = event->price,
		.from = event->side == BB_BUY ? other : own,
		.to = event->side == BB_BUY ? own : other,
	};
	return 1;
}

/* The terms of a product stand in its event. */
static uint32_t
listed(struct bb_feed *feed, const struct bb_event *event)
{
	*feed = (struct bb_feed){
		.type = BB_FEED_PRODUCT,
		.product = event->product,
		.price = bb_prices_low(event->order_id),
		.price_max = bb_prices_high(event->order_id),
		.remaining_wh = event->remaining_wh,
		.quantity_wh = event->quantity_wh,
	};
	return 1;
}

uint32_t
bb_event_feed(struct bb_feed feed[2], const struct bb_event *event, uint64_t time_ns)
{
	switch (event->kind) {
	case BB_EVENT_TRADED:
		return traded(feed, event, time_ns);
	case BB_EVENT_ACCEPTED:
	case BB_EVENT_SHOWN:
		return added(&feed[0], event);
	case BB_EVENT_REPLACED:
		/* What rested before goes as a whole; what rests now comes anew. */
		feed[0] = reduced(event, event->side, 0);
		feed[0].price = bb_event_before_price(event);
		feed[0].quantity_wh = bb_event_before_wh(event);
		return 1 + added(&feed[1], event);
	case BB_EVENT_CANCELLED:
		if (event->result == BB_BY_IOC || event->result == BB_BY_FOK)
			return 0; /* it never rested */
		feed[0] = reduced(event, event->side, 0);
		feed[0].quantity_wh -= event->counter_remaining_wh; /* which nobody saw */
		return 1;
	case BB_EVENT_SHARED:
		feed[0] = shared(event);
		return 1;
	case BB_EVENT_STATE:
		return state(&feed[0], event, time_ns);
	case BB_EVENT_PRICED:
		return priced(&feed[0], event);
	case BB_EVENT_FLOWED:
		return flowed(&feed[0], event);
	case BB_EVENT_CARRIED:
		return carried(&feed[0], event);
	case BB_EVENT_PRODUCT_ADDED:
		return listed(&feed[0], event);
	default:
		return 0;
	}
}
