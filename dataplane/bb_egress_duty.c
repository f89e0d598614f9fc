#include "dataplane/bb_egress_duty.h"

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "codec/bb_outputs.h"
#include "dataplane/bb_reply.h"
#include "dataplane/bb_transmit_duty.h"

/* What one outcome can add for one port: its letters, a full feed packet for each of two
 * messages, and what is left of the feed at the end of the poll. */
#define OUTCOME_FRAMES (BB_REPLY_LETTERS + 3u)

/* What one outcome can bring the control thread: a change of the roster, a part, the last
 * part. */
#define OUTCOME_CONTROL 3u

#define HEARTBEAT_NS UINT64_C(1000000000)

_Static_assert(BB_TRANSMIT_WAITING >= 4 * OUTCOME_FRAMES, "room for outcomes while others wait");

/* The feed packet under construction, and what is known of the session. */
struct egress_feed {
	struct rte_mbuf *mbuf; /* NULL: none */
	struct bb_mold_writer writer;
	struct bb_return group;
	uint8_t session[10];
	uint64_t sequence; /* of the next message */
	uint64_t sent_ns;
};

struct bb_egress_state {
	struct bb_transmit transmit;
	struct egress_feed feed;
	struct bb_outcome burst[BB_BURST];
	uint32_t burst_count;
	uint32_t burst_next;
	struct bb_bid *bid;    /* of the packet whose events come in; NULL: none */
	struct rte_mbuf *mbuf; /* its mbuf, until the last part leaves in it */
	bool unreached;        /* its sender is in no roster */
	struct bb_reply reply;
};

/* send_payload puts the headers of an answer to back before a payload that stands in mbuf
 * where they leave off. */
static void
send_payload(struct bb_egress_duty *duty, const struct bb_return *back, struct rte_mbuf *mbuf,
	     size_t payload_size)
{
	BB_ASSERT(back->port < duty->port_count);

	const uint16_t size = bb_frame_write(&duty->ports[back->port].interface, back,
					     rte_pktmbuf_mtod(mbuf, uint8_t *),
					     (uint16_t)payload_size);

	mbuf->data_len = size;
	mbuf->pkt_len = size;
	bb_transmit_add(&duty->state->transmit, back->port, mbuf);
}

/* The control thread. */

static void
tell_control(struct bb_egress_duty *duty, const struct bb_to_control *message)
{
	const int failed =
		rte_ring_sp_enqueue_elem(duty->control, (void *)(uintptr_t)message,
					 sizeof(*message));
	BB_ASSERT(failed == 0);
}

/* Letters. */

/* letter_mbuf returns what a letter is written into.  The last part to the sender takes the
 * mbuf of the packet, so that an answer never fails for want of one. */
static struct rte_mbuf *
letter_mbuf(struct bb_egress_duty *duty, const struct bb_letter *letter)
{
	struct bb_egress_state *state = duty->state;
	struct rte_mbuf *mbuf;

	if (bb_reply_is_last(letter)) {
		mbuf = state->mbuf;
		state->mbuf = NULL;
		rte_pktmbuf_reset(mbuf);
		return mbuf;
	}
	mbuf = rte_pktmbuf_alloc(duty->pool);
	if (mbuf == NULL)
		bb_count(duty->counters, BB_COUNT_NO_MBUF, 1);
	return mbuf;
}

/* letter_address returns where a letter goes; NULL: not known. */
static const struct bb_return *
letter_address(const struct bb_egress_duty *duty, const struct bb_letter *letter)
{
	const uint32_t participant = letter->report.participant;

	if (bb_reply_to_sender(letter))
		return &duty->state->bid->back;
	if (participant > duty->participants || duty->addresses[participant].udp_port == 0)
		return NULL;
	return &duty->addresses[participant];
}

static void
send_letter(void *context, const struct bb_letter *letter)
{
	struct bb_egress_duty *duty = context;
	const bool to_sender = bb_reply_to_sender(letter);
	const struct bb_return *back = letter_address(duty, letter);
	const struct bb_roster_entry *receiver =
		bb_roster_find(duty->roster, letter->report.participant);

	if (receiver == NULL || back == NULL) {
		/* The sender is counted once, when the packet is done. */
		if (to_sender)
			duty->state->unreached = true;
		else
			bb_count(duty->counters, BB_COUNT_UNREACHED, 1);
		return;
	}

	struct rte_mbuf *mbuf = letter_mbuf(duty, letter);

	if (mbuf == NULL)
		return;
	bb_count(duty->counters, to_sender ? BB_COUNT_REPORTS : BB_COUNT_NOTICES, 1);

	const bool to_control = back->port == BB_RETURN_CONTROL;
	const uint16_t headers = to_control ? 0 : bb_frame_headers(back);
	const size_t size = bb_report_encode(rte_pktmbuf_mtod_offset(mbuf, uint8_t *, headers),
					     &letter->report, letter->records,
					     receiver->mac_key);

	if (!to_control) {
		send_payload(duty, back, mbuf, size);
		return;
	}
	mbuf->data_len = (uint16_t)size;
	mbuf->pkt_len = (uint32_t)size;
	tell_control(duty, &(struct bb_to_control){ .mbuf = mbuf,
						    .participant = letter->report.participant,
						    .token = back->token });
}

/* The feed. */

static void
feed_flush(struct bb_egress_duty *duty, uint64_t now_ns)
{
	struct egress_feed *feed = &duty->state->feed;

	if (feed->mbuf == NULL)
		return;
	send_payload(duty, &feed->group, feed->mbuf, bb_mold_end(&feed->writer));
	feed->mbuf = NULL;
	feed->sent_ns = now_ns;
	bb_count(duty->counters, BB_COUNT_FEED, 1);
}

static bool
feed_start(struct bb_egress_duty *duty)
{
	struct egress_feed *feed = &duty->state->feed;

	feed->mbuf = rte_pktmbuf_alloc(duty->pool);
	if (feed->mbuf == NULL) {
		bb_count(duty->counters, BB_COUNT_NO_MBUF, 1);
		return false;
	}
	bb_mold_start(&feed->writer,
		      rte_pktmbuf_mtod_offset(feed->mbuf, uint8_t *,
					      bb_frame_headers(&feed->group)),
		      feed->session, feed->sequence);
	return true;
}

/* feed_add appends one message.  One for which there is no mbuf still uses up a number, so
 * that its receivers see the gap. */
static void
feed_add(struct bb_egress_duty *duty, const struct bb_feed *message, uint64_t now_ns)
{
	struct egress_feed *feed = &duty->state->feed;
	uint8_t bytes[BB_FEED_MESSAGE_MAX];
	const uint16_t size = bb_feed_encode(bytes, message);

	if (feed->mbuf == NULL || !bb_mold_add(&feed->writer, bytes, size)) {
		feed_flush(duty, now_ns);
		if (feed_start(duty)) {
			const bool added = bb_mold_add(&feed->writer, bytes, size);
			BB_ASSERT(added);
		}
	}
	feed->sequence++;
}

static void
feed_event(struct bb_egress_duty *duty, const struct bb_event *event, uint64_t now_ns)
{
	const struct bb_bid *bid = duty->state->bid;
	struct bb_feed messages[2];
	const uint32_t count = bb_event_feed(messages, event, bid->sequenced_ns);

	for (uint32_t i = 0; i < count; i++)
		feed_add(duty, &messages[i], now_ns);
}

/* Outcomes. */

/* learn_address notes where a participant is, from a packet that is signed and durable. */
static void
learn_address(struct bb_egress_duty *duty, const struct bb_packet_outcome *packet)
{
	const struct bb_bid *bid = packet->bid;

	if (packet->kind == BB_OUTCOME_PACKET && packet->result == BB_OK && !bb_bid_is_tick(bid) &&
	    bid->route == BB_ROUTE_SEQUENCE && bid->back.port != BB_RETURN_CONTROL &&
	    bid->participant <= duty->participants)
		duty->addresses[bid->participant] = bid->back;
}

static void
packet_done(struct bb_egress_duty *duty)
{
	struct bb_egress_state *state = duty->state;

	if (!bb_bid_is_tick(state->bid)) /* nobody waits for an answer to that */
		bb_count(duty->counters, state->unreached ? BB_COUNT_UNREACHED : BB_COUNT_ANSWERS,
			 1);
	rte_pktmbuf_free(state->mbuf); /* the tick's goes back to the pool that way */
	state->mbuf = NULL;
	state->bid = NULL;
}

static void
take_packet(struct bb_egress_duty *duty, const struct bb_packet_outcome *packet)
{
	struct bb_egress_state *state = duty->state;

	BB_ASSERT(state->bid == NULL);
	state->bid = packet->bid;
	state->mbuf = packet->mbuf;
	state->unreached = false;
	learn_address(duty, packet);
	if (bb_reply_packet(&state->reply, packet))
		packet_done(duty);
}

static void
take_event(struct bb_egress_duty *duty, const struct bb_event *event, uint64_t now_ns)
{
	struct bb_egress_state *state = duty->state;

	BB_ASSERT(state->bid != NULL);
	/* A repeat is told to its sender alone: everyone else has heard. */
	if (state->bid->route == BB_ROUTE_SEQUENCE) {
		if (event->kind == BB_EVENT_MEMBER_ADDED ||
		    event->kind == BB_EVENT_MEMBER_REVOKED)
			tell_control(duty,
				     &(struct bb_to_control){ .participant = event->participant,
							      .event = event->kind });
		if (duty->feed.udp_port != 0)
			feed_event(duty, event, now_ns);
	}
	if (bb_reply_event(&state->reply, event))
		packet_done(duty);
}

static bool
next_outcome(struct bb_egress_duty *duty, struct bb_outcome *outcome)
{
	struct bb_egress_state *state = duty->state;

	if (state->burst_next == state->burst_count) {
		state->burst_next = 0;
		state->burst_count = rte_ring_sc_dequeue_burst_elem(
			duty->released, state->burst, sizeof(state->burst[0]), BB_BURST, NULL);
		if (state->burst_count == 0)
			return false;
	}
	*outcome = state->burst[state->burst_next++];
	return true;
}

/* take_outcomes takes as many as every port and the control thread surely have room for. */
static uint32_t
take_outcomes(struct bb_egress_duty *duty, uint64_t now_ns)
{
	struct bb_outcome outcome;
	uint32_t taken = 0;

	while (taken < BB_BURST && bb_transmit_room(&duty->state->transmit) >= OUTCOME_FRAMES &&
	       rte_ring_free_count(duty->control) >= OUTCOME_CONTROL &&
	       next_outcome(duty, &outcome)) {
		if (bb_outcome_is_event(&outcome))
			take_event(duty, &outcome.event, now_ns);
		else if (outcome.packet.kind == BB_OUTCOME_BLOCK)
			feed_flush(duty, now_ns);
		else
			take_packet(duty, &outcome.packet);
		taken++;
	}
	feed_flush(duty, now_ns);
	return taken;
}

/* take_replies passes on what the ingest duties made. */
static uint32_t
take_replies(struct bb_egress_duty *duty)
{
	struct rte_mbuf *burst[BB_BURST];
	uint32_t taken = 0;

	for (uint32_t i = 0; i < duty->reply_count; i++) {
		/* What outcomes need stays free, or a flood of pings could hold them up. */
		const uint32_t room = bb_transmit_room(&duty->state->transmit);
		const uint32_t spare = room > OUTCOME_FRAMES ? room - OUTCOME_FRAMES : 0;
		const uint32_t count = rte_ring_sc_dequeue_burst(
			duty->replies[i], (void **)burst, RTE_MIN(spare, BB_BURST), NULL);

		for (uint32_t j = 0; j < count; j++) {
			const struct bb_bid *bid = rte_mbuf_to_priv(burst[j]);

			bb_transmit_add(&duty->state->transmit, bid->back.port, burst[j]);
		}
		taken += count;
	}
	return taken;
}

static uint32_t
egress_poll(void *state, uint64_t now_ns)
{
	struct bb_egress_duty *duty = state;

	bb_transmit_flush(&duty->state->transmit, now_ns);

	const uint32_t taken = take_replies(duty) + take_outcomes(duty, now_ns);

	if (taken > 0)
		bb_transmit_flush(&duty->state->transmit, now_ns);
	return taken;
}

static void
egress_housekeep(void *state, uint64_t now_ns)
{
	struct bb_egress_duty *duty = state;
	struct egress_feed *feed = &duty->state->feed;

	bb_transmit_look(&duty->state->transmit, now_ns);
	/* A clock that was set back makes the difference large, and a heartbeat due. */
	if (duty->feed.udp_port != 0 && now_ns - feed->sent_ns >= HEARTBEAT_NS &&
	    bb_transmit_room(&duty->state->transmit) > 0 && feed_start(duty))
		feed_flush(duty, now_ns); /* without messages it is a heartbeat */
}

static bool
egress_quiet(const void *state)
{
	const struct bb_egress_duty *duty = state;

	if (duty->state->bid != NULL || duty->state->burst_next != duty->state->burst_count ||
	    !rte_ring_empty(duty->released))
		return false;
	for (uint32_t i = 0; i < duty->reply_count; i++)
		if (!rte_ring_empty(duty->replies[i]))
			return false;
	return bb_transmit_idle(&duty->state->transmit);
}

static size_t
addresses_bytes(uint32_t participants)
{
	return ((size_t)participants + 1) * sizeof(struct bb_return);
}

size_t
bb_egress_bytes(uint32_t participants)
{
	return bb_arena_round(addresses_bytes(participants)) +
	       bb_arena_round(sizeof(struct bb_egress_state));
}

void
bb_egress_init(struct bb_egress_duty *duty, struct bb_arena *arena)
{
	BB_ASSERT(duty->port_count <= BB_PORTS_MAX && duty->reply_count <= BB_INGEST_MAX);
	duty->addresses = bb_arena_take(arena, addresses_bytes(duty->participants));
	duty->state = bb_arena_take(arena, sizeof(*duty->state));
	duty->state->transmit = (struct bb_transmit){ .ports = duty->ports,
						      .port_count = duty->port_count,
						      .counters = duty->counters };
	bb_reply_init(&duty->state->reply, duty->venue, send_letter, duty);
	if (duty->feed.udp_port == 0)
		return;

	struct egress_feed *feed = &duty->state->feed;

	BB_ASSERT(duty->feed.port_index < duty->port_count);
	bb_frame_multicast(&feed->group, &duty->ports[duty->feed.port_index].interface,
			   duty->feed.group, duty->feed.udp_port);
	feed->group.port = duty->feed.port_index;
	bb_mold_session(feed->session, duty->venue);
	feed->sequence = 1;
}

struct bb_duty
bb_egress_duty(struct bb_egress_duty *duty)
{
	return (struct bb_duty){ .name = "egress",
				 .poll = egress_poll,
				 .housekeep = egress_housekeep,
				 .quiet = egress_quiet,
				 .state = duty };
}
