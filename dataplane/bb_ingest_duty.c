#include "dataplane/bb_ingest_duty.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "dataplane/bb_reply.h"
#include "wire/bb_packet.h"

static struct bb_bid *
bid_of(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

/* send_back hands a finished answer of size bytes to the egress.  When that does not keep
 * up the answer is dropped: the sender repeats. */
static bool
send_back(struct bb_ingest_duty *duty, struct rte_mbuf *mbuf, uint16_t size)
{
	bid_of(mbuf)->back.port = duty->port_index;
	mbuf->data_len = size;
	mbuf->pkt_len = size;
	mbuf->ol_flags = 0;
	if (rte_ring_sp_enqueue(duty->replies, mbuf) == 0)
		return true;
	rte_pktmbuf_free(mbuf);
	bb_count(duty->counters, BB_COUNT_TX_DROPPED, 1);
	return false;
}

/* refuse writes the refusal over the packet that it refuses. */
static void
refuse(struct bb_ingest_duty *duty, struct rte_mbuf *mbuf, enum bb_result reason,
       uint64_t now_ns)
{
	const struct bb_bid *bid = bid_of(mbuf);
	const struct bb_roster_entry *sender =
		bb_roster_find(duty->gate->roster, bid->participant);
	struct bb_report report;
	struct bb_report_record record;
	uint8_t *bytes = rte_pktmbuf_mtod(mbuf, uint8_t *);
	const uint16_t headers = bb_frame_headers(&bid->back);

	/* The gate found the sender in this same turn, and found a longer packet. */
	BB_ASSERT(sender != NULL);
	BB_ASSERT(rte_pktmbuf_data_len(mbuf) + rte_pktmbuf_tailroom(mbuf) >=
		  headers + BB_REPORT_SIZE_MIN + BB_REPORT_RECORD_SIZE);
	bb_reply_refusal(&report, &record, duty->gate->venue, bid, reason, now_ns);

	const size_t size = bb_report_encode(bytes + headers, &report, &record, sender->mac_key);
	const uint16_t frame_size = bb_frame_write(&duty->port->interface, &bid->back, bytes,
						   (uint16_t)size);

	if (send_back(duty, mbuf, frame_size))
		bb_count(duty->counters, BB_COUNT_REFUSALS_SENT, 1);
}

/* sort_frame deals with everything but a payload for the gate; returns whether it is one.
 * Where it came from stays beside the frame: of the mbuf's private area nothing is touched
 * for a stranger. */
static bool
sort_frame(struct bb_ingest_duty *duty, struct rte_mbuf *mbuf, struct bb_frame *frame,
	   struct bb_return *back)
{
	uint32_t counter = BB_COUNT_FOREIGN;

	if (!rte_pktmbuf_is_contiguous(mbuf)) {
		frame->kind = BB_FRAME_MALFORMED;
	} else {
		const size_t size = rte_pktmbuf_data_len(mbuf);

		bb_frame_read(&duty->port->interface, rte_pktmbuf_mtod(mbuf, uint8_t *), size,
			      size + rte_pktmbuf_tailroom(mbuf), frame, back);
	}
	switch (frame->kind) {
	case BB_FRAME_PAYLOAD:
		return true;
	case BB_FRAME_ARP:
	case BB_FRAME_NEIGHBOUR:
		counter = BB_COUNT_ARP;
		break;
	case BB_FRAME_ECHO:
		counter = BB_COUNT_ECHO;
		break;
	case BB_FRAME_MALFORMED:
		counter = BB_COUNT_REFUSED + BB_ERR_FRAME;
		break;
	case BB_FRAME_FOREIGN:
		break;
	}
	bb_count(duty->counters, counter, 1);
	if (counter == BB_COUNT_ARP || counter == BB_COUNT_ECHO)
		(void)send_back(duty, mbuf, frame->answer_size);
	else
		rte_pktmbuf_free(mbuf);
	return false;
}

/* prefetch_sender asks for what the gate will look up; what stands there is not yet proven
 * to be a packet. */
static void
prefetch_sender(const struct bb_ingest_duty *duty, struct rte_mbuf *mbuf,
		const struct bb_frame *frame)
{
	if (frame->payload_size < BB_PACKET_HEADER_SIZE)
		return;

	const uint8_t *payload = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, frame->payload_offset);

	bb_roster_prefetch(duty->gate->roster, bb_get_u32(payload + 8));
}

static void
count_accepted(struct bb_counters *counters, const struct bb_bid *bid)
{
	static const uint32_t counter[] = {
		[BB_ROUTE_SEQUENCE] = BB_COUNT_ACCEPTED,
		[BB_ROUTE_REPEAT] = BB_COUNT_REPEATED,
		[BB_ROUTE_QUERY] = BB_COUNT_QUERIES,
	};

	bb_count(counters, counter[bid->route], 1);
}

/* pass decides about one payload that the gate has judged; returns whether it goes on, into
 * the lane. */
static bool
pass(struct bb_ingest_duty *duty, struct rte_mbuf *mbuf, const struct bb_gate_packet *packet,
     const struct bb_return *back, bool room, uint64_t now_ns)
{
	enum bb_result result = packet->result;
	struct bb_bid *bid = packet->bid;

	if (result != BB_OK && !bb_gate_answered(result)) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	bid->number = 0;
	bid->sequenced_ns = 0;
	bid->back = *back;
	bid->back.port = duty->port_index;
	bid->back.token = 0;
	if (result == BB_OK && room) {
		count_accepted(duty->counters, bid);
		return true;
	}
	if (result == BB_OK) {
		result = BB_ERR_BUSY;
		bb_count_refusal(duty->counters, result);
	}
	refuse(duty, mbuf, result, now_ns);
	return false;
}

/* sort_burst leaves the frames for the gate in duty->burst, and packets and backs beside
 * them. */
static uint32_t
sort_burst(struct bb_ingest_duty *duty, uint32_t count, struct bb_gate_packet *packets,
	   struct bb_return *backs)
{
	uint32_t payloads = 0;

	for (uint32_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(duty->burst[i], void *));
	for (uint32_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = duty->burst[i];
		struct bb_frame frame;

		if (!sort_frame(duty, mbuf, &frame, &backs[payloads]))
			continue;
		prefetch_sender(duty, mbuf, &frame);
		packets[payloads] = (struct bb_gate_packet){
			.payload = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, frame.payload_offset),
			.size = frame.payload_size,
			.bid = bid_of(mbuf),
		};
		duty->burst[payloads++] = mbuf;
	}
	return payloads;
}

static uint32_t
ingest_poll(void *state, uint64_t now_ns)
{
	struct bb_ingest_duty *duty = state;
	struct bb_gate_packet packets[BB_BURST];
	struct bb_return backs[BB_BURST];
	uint32_t passed = 0;

	if (atomic_load_explicit(&duty->stopping, memory_order_acquire))
		return 0;

	/* Only the matcher changes this while the burst is judged, and it only makes room. */
	const uint32_t room = rte_ring_free_count(duty->lane);
	const uint32_t count =
		bb_port_receive(duty->port, duty->queue, duty->burst, BB_BURST);

	if (count == 0)
		return 0;
	bb_count(duty->counters, BB_COUNT_RX, count);

	const uint32_t payloads = sort_burst(duty, count, packets, backs);

	bb_gate_check_burst(duty->gate, packets, payloads, now_ns);
	for (uint32_t i = 0; i < payloads; i++) {
		struct rte_mbuf *mbuf = duty->burst[i];

		if (pass(duty, mbuf, &packets[i], &backs[i], passed < room, now_ns))
			duty->burst[passed++] = mbuf;
	}

	const uint32_t sent = rte_ring_sp_enqueue_bulk(duty->lane, (void **)duty->burst, passed,
						       NULL);
	BB_ASSERT(sent == passed);
	return count;
}

static bool
ingest_quiet(const void *state)
{
	const struct bb_ingest_duty *duty = state;

	return atomic_load_explicit(&duty->stopping, memory_order_acquire);
}

struct bb_duty
bb_ingest_duty(struct bb_ingest_duty *duty)
{
	return (struct bb_duty){ .name = "ingest",
				 .poll = ingest_poll,
				 .quiet = ingest_quiet,
				 .state = duty };
}
