#include "dataplane/bb_reply.h"

#include "base/bb_assert.h"
#include "codec/bb_outputs.h"
#include "wire/bb_packet.h"

_Static_assert((BB_ORDERS_MAX + 2 * BB_RECORDS_MAX) / BB_RECORDS_MAX < BB_REPORT_LAST_PART,
	       "the parts of the longest answer have numbers");

void
bb_reply_init(struct bb_reply *reply, uint32_t venue, bb_reply_send *send, void *context)
{
	reply->venue = venue;
	reply->send = send;
	reply->context = context;
	reply->events_left = 0;
	reply->notice_count = 0;
	reply->notice_oldest = 0;
}

void
bb_reply_refusal(struct bb_report *report, struct bb_report_record *record, uint32_t venue,
		 const struct bb_bid *bid, enum bb_result reason, uint64_t time_ns)
{
	*report = (struct bb_report){
		.kind = BB_REPORT_REFUSAL,
		.record_count = 1,
		.part = BB_REPORT_LAST_PART,
		.participant = bid->participant,
		.venue = venue,
		.sequence = bid->sequence,
		.time_ns = time_ns,
	};
	*record = (struct bb_report_record){
		.event = BB_EVENT_REFUSED,
		.record = BB_REPORT_WHOLE,
		.result = (uint16_t)reason,
	};
}

static void
send_status(struct bb_reply *reply, const struct bb_packet_outcome *packet)
{
	struct bb_letter *letter = &reply->answer;

	letter->report = (struct bb_report){
		.kind = BB_REPORT_STATUS,
		.record_count = 1,
		.part = BB_REPORT_LAST_PART,
		.participant = packet->bid->participant,
		.venue = reply->venue,
		.sequence = packet->bid->sequence,
		.height = packet->height,
		.time_ns = packet->bid->received_ns,
	};
	letter->records[0] = (struct bb_report_record){
		.order_id = packet->highest,
		.record = BB_REPORT_WHOLE,
		.quantity_wh = packet->orders_live,
	};
	reply->send(reply->context, letter);
}

/* end_answer sends what is left of the packet in hand. */
static void
end_answer(struct bb_reply *reply)
{
	for (uint32_t i = 0; i < reply->notice_count; i++)
		reply->send(reply->context, &reply->notices[i]);
	reply->notice_count = 0;
	reply->notice_oldest = 0;
	if (!reply->with_answer)
		return;
	reply->answer.report.part |= BB_REPORT_LAST_PART;
	reply->send(reply->context, &reply->answer);
}

bool
bb_reply_packet(struct bb_reply *reply, const struct bb_packet_outcome *packet)
{
	const struct bb_bid *bid = packet->bid;

	BB_ASSERT(reply->events_left == 0);
	if (packet->kind == BB_OUTCOME_REFUSED || packet->result != BB_OK) {
		BB_ASSERT(packet->event_count == 0);
		bb_reply_refusal(&reply->answer.report, &reply->answer.records[0], reply->venue,
				 bid, (enum bb_result)packet->result, bid->received_ns);
		reply->send(reply->context, &reply->answer);
		return true;
	}
	if (bid->route == BB_ROUTE_QUERY) {
		BB_ASSERT(packet->event_count == 0);
		send_status(reply, packet);
		return true;
	}
	reply->answer.report = (struct bb_report){
		.kind = BB_REPORT_ANSWER,
		.participant = bid->participant,
		.venue = reply->venue,
		.sequence = bid->sequence,
		.height = packet->height,
		.number = bid->number,
		.time_ns = bid->sequenced_ns,
	};
	reply->with_notices = bid->route == BB_ROUTE_SEQUENCE;
	reply->with_answer = !bb_bid_is_tick(bid);
	reply->own_only = bid->kind == BB_PACKET_BIDS;
	reply->events_left = packet->event_count;
	if (reply->events_left == 0)
		end_answer(reply);
	return reply->events_left == 0;
}

/* add_to_answer adds a record; that a part is full is only known to matter when there is
 * one more, since the last part has to say that it is the last. */
static void
add_to_answer(struct bb_reply *reply, const struct bb_event *event)
{
	struct bb_report *report = &reply->answer.report;

	if (report->record_count == BB_RECORDS_MAX) {
		reply->send(reply->context, &reply->answer);
		report->part++;
		report->record_count = 0;
	}
	bb_event_report(&reply->answer.records[report->record_count], event);
	report->record_count++;
}

static void
start_notice(struct bb_reply *reply, uint32_t index, uint32_t participant)
{
	const struct bb_report *answer = &reply->answer.report;

	reply->notice_of[index] = participant;
	reply->notices[index].report = (struct bb_report){
		.kind = BB_REPORT_NOTICE,
		.part = BB_REPORT_LAST_PART,
		.participant = participant,
		.venue = answer->venue,
		.height = answer->height,
		.number = answer->number,
		.time_ns = answer->time_ns,
	};
}

/* notice_for returns a notice to participant with room for a record. */
static struct bb_letter *
notice_for(struct bb_reply *reply, uint32_t participant)
{
	uint32_t index = 0;

	while (index < reply->notice_count && reply->notice_of[index] != participant)
		index++;
	if (index == BB_REPLY_NOTICES) {
		index = reply->notice_oldest;
		reply->notice_oldest = (index + 1) % BB_REPLY_NOTICES;
		reply->send(reply->context, &reply->notices[index]);
		start_notice(reply, index, participant);
	} else if (index == reply->notice_count) {
		reply->notice_count++;
		start_notice(reply, index, participant);
	} else if (reply->notices[index].report.record_count == BB_RECORDS_MAX) {
		reply->send(reply->context, &reply->notices[index]);
		start_notice(reply, index, participant);
	}
	return &reply->notices[index];
}

bool
bb_reply_event(struct bb_reply *reply, const struct bb_event *event)
{
	const uint32_t sender = reply->answer.report.participant;
	struct bb_notice notices[2];

	BB_ASSERT(reply->events_left > 0);
	if (reply->with_answer && (!reply->own_only || event->participant == sender))
		add_to_answer(reply, event);

	const uint32_t count =
		reply->with_notices ? bb_event_notices(notices, event, sender) : 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bb_letter *letter = notice_for(reply, notices[i].participant);

		letter->records[letter->report.record_count++] = notices[i].record;
	}
	reply->events_left--;
	if (reply->events_left == 0)
		end_answer(reply);
	return reply->events_left == 0;
}
