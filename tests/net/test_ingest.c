/* test_ingest - what becomes of each frame that a port receives. */
#include <string.h>

#include "base/bb_random.h"
#include "dataplane/bb_ingest_duty.h"
#include "market/bb_outcome.h"
#include "tests/net/net_kit.h"

#define NOW        UINT64_C(1700000000000000000)
#define LANE_SLOTS 8u

static struct net_venue venue;
static struct bb_port port;
static struct bb_ingest_duty state;
static struct bb_duty duty;

static void
start(void)
{
	net_venue(&venue);
	memset(&state, 0, sizeof(state));
	state.port = &port;
	state.port_index = 5;
	state.gate = &venue.gate;
	state.counters = &venue.counters;
	state.lane = bb_ring_pointers("lane", LANE_SLOTS);
	state.replies = bb_ring_pointers("replies", LANE_SLOTS);
	duty = bb_ingest_duty(&state);
}

static struct rte_mbuf *
pop(struct rte_ring *ring)
{
	void *mbuf = NULL;

	return rte_ring_sc_dequeue(ring, &mbuf) == 0 ? mbuf : NULL;
}

static void
drain(struct rte_ring *ring)
{
	for (struct rte_mbuf *mbuf = pop(ring); mbuf != NULL; mbuf = pop(ring))
		rte_pktmbuf_free(mbuf);
}

/* stop expects that every frame was counted once and every mbuf is back. */
static void
stop(void)
{
	CU_ASSERT_EQUAL(net_counted(&venue.counters), bb_counted(&venue.counters, BB_COUNT_RX));
	drain(state.lane);
	drain(state.replies);
	bb_ring_free(state.lane);
	bb_ring_free(state.replies);
	net_venue_end(&venue);
}

static uint32_t
poll_all(void)
{
	uint32_t moved = 0;

	for (uint32_t now = duty.poll(duty.state, NOW); now != 0;
	     now = duty.poll(duty.state, NOW))
		moved += now;
	return moved;
}

static uint64_t
counted(uint32_t counter)
{
	return bb_counted(&venue.counters, counter);
}

static uint64_t
refused(enum bb_result reason)
{
	return counted(BB_COUNT_REFUSED + (uint32_t)reason);
}

/* Frames to spoil: the payload of net_bid stands behind IPv4 headers. */

static uint8_t *
payload_of(struct rte_mbuf *mbuf)
{
	return rte_pktmbuf_mtod_offset(mbuf, uint8_t *, BB_FRAME_HEADERS_IPV4);
}

/* resend wraps a changed payload again, so that the UDP checksum is right. */
static struct rte_mbuf *
resend(struct rte_mbuf *mbuf, uint32_t participant, bool ipv6)
{
	const size_t size = rte_pktmbuf_data_len(mbuf) - BB_FRAME_HEADERS_IPV4;
	struct rte_mbuf *again =
		net_frame(&venue, &port, participant, ipv6, payload_of(mbuf), size);

	rte_pktmbuf_free(mbuf);
	return again;
}

/* forged has a MAC that does not hold, unsigned_bid a signature that does not. */
static struct rte_mbuf *
forged(uint32_t participant, uint64_t sequence)
{
	struct rte_mbuf *mbuf = net_bid(&venue, &port, participant, sequence, 1);

	payload_of(mbuf)[bb_packet_size(1) - 1] ^= 1;
	return resend(mbuf, participant, false);
}

static struct rte_mbuf *
unsigned_bid(uint32_t participant, uint64_t sequence, bool ipv6)
{
	struct rte_mbuf *mbuf = net_bid(&venue, &port, participant, sequence, 1);
	uint8_t *payload = payload_of(mbuf);
	const size_t mac_at = bb_packet_size(1) - BB_MAC_SIZE;

	payload[mac_at - 1] ^= 1;
	bb_mac(payload + mac_at, venue.mac_keys[participant], payload, mac_at);
	return resend(mbuf, participant, ipv6);
}

static struct rte_mbuf *
arp_request(uint8_t last)
{
	const uint8_t bytes[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9,
				    8,    6,    0,    1,    8,    0,    6, 4, 0, 1,
				    2,    0,    0,    0,    0,    9,    10, 0, 0, 102,
				    0,    0,    0,    0,    0,    0,    10, 0, 0, last };

	return net_mbuf(&venue, bytes, sizeof(bytes));
}

static void
put_sum(uint8_t *at, const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

static struct rte_mbuf *
ping(void)
{
	uint8_t bytes[60] = { 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 9, 8, 0,
			      0x45, 0, 0, 46, 0, 1, 0, 0, 64, 1, 0, 0,
			      10, 0, 0, 102, 10, 0, 0, 1,
			      8, 0, 0, 0, 0, 7, 0, 1, 'p', 'i', 'n', 'g' };

	memcpy(bytes, port.interface.mac, sizeof(port.interface.mac));
	put_sum(bytes + 24, bytes + 14, 20);
	put_sum(bytes + 36, bytes + 34, 26);
	return net_mbuf(&venue, bytes, sizeof(bytes));
}

static struct rte_mbuf *
in_two_segments(uint64_t sequence)
{
	struct rte_mbuf *mbuf = net_bid(&venue, &port, 2, sequence, 1);
	struct rte_mbuf *tail = net_mbuf(&venue, (const uint8_t *)"tail", 4);

	CU_ASSERT_EQUAL(rte_pktmbuf_chain(mbuf, tail), 0);
	return mbuf;
}

static struct rte_mbuf *
malformed(void)
{
	struct rte_mbuf *mbuf = net_bid(&venue, &port, 2, 1, 1);

	payload_of(mbuf)[40] ^= 1; /* and so the UDP checksum does not hold */
	return mbuf;
}

static struct rte_mbuf *
any_frame(struct bb_random *random, uint64_t sequence)
{
	const uint32_t participant = 2 + bb_random_below(random, 3);

	switch (bb_random_below(random, 10)) {
	case 0: return arp_request(1);
	case 1: return arp_request(2);
	case 2: return ping();
	case 3: return malformed();
	case 4: return in_two_segments(sequence);
	case 5: return forged(participant, sequence);
	case 6: return unsigned_bid(participant, sequence, false);
	case 7: return net_query(&venue, &port, participant, sequence);
	case 8: return net_frame(&venue, &port, participant, true, (const uint8_t *)"x", 1);
	default: return net_bid(&venue, &port, participant, sequence, 3);
	}
}

static void
test_every_frame_ends_in_exactly_one_counter(void)
{
	struct bb_random random = { 20220601 };
	enum { FRAMES = 400 };

	start();
	for (uint32_t i = 1; i <= FRAMES; i++) {
		net_inject(&port, any_frame(&random, i));
		/* Now and then the rings behind run full. */
		if (bb_random_below(&random, 12) != 0)
			continue;
		poll_all();
		CU_ASSERT_EQUAL(net_counted(&venue.counters), i);
		drain(state.lane);
		if (bb_random_below(&random, 2) == 0)
			drain(state.replies);
	}
	poll_all();
	CU_ASSERT_EQUAL(counted(BB_COUNT_RX), FRAMES);
	CU_ASSERT(counted(BB_COUNT_ACCEPTED) > 0 && counted(BB_COUNT_QUERIES) > 0);
	CU_ASSERT(counted(BB_COUNT_ARP) > 0 && counted(BB_COUNT_ECHO) > 0);
	CU_ASSERT(counted(BB_COUNT_FOREIGN) > 0 && refused(BB_ERR_FRAME) > 0);
	CU_ASSERT(refused(BB_ERR_MAC) > 0 && refused(BB_ERR_SIGNATURE) > 0);
	CU_ASSERT(refused(BB_ERR_LENGTH) > 0 && refused(BB_ERR_BUSY) > 0);
	CU_ASSERT(counted(BB_COUNT_TX_DROPPED) > 0);
	stop();
}

static void
test_a_bid_reaches_the_lane_ready_to_be_sequenced(void)
{
	const struct bb_return expected = net_back(&port, 3, false);

	start();
	net_inject(&port, net_bid(&venue, &port, 3, 9, 41));
	CU_ASSERT_EQUAL(poll_all(), 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ACCEPTED), 1);

	struct rte_mbuf *mbuf = pop(state.lane);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	const struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	CU_ASSERT_EQUAL(bid->route, BB_ROUTE_SEQUENCE);
	CU_ASSERT_EQUAL(bid->participant, 3);
	CU_ASSERT_EQUAL(bid->sequence, 9);
	CU_ASSERT_EQUAL(bid->command_count, 41);
	CU_ASSERT_EQUAL(bid->number, 0);
	CU_ASSERT_EQUAL(bid->received_ns, NOW);
	CU_ASSERT_EQUAL(bid->input_size, bb_packet_size(41) - BB_MAC_SIZE);
	CU_ASSERT_EQUAL(bid->back.port, 5);
	CU_ASSERT_EQUAL(bid->back.udp_port, expected.udp_port);
	CU_ASSERT_EQUAL(memcmp(bid->back.address, expected.address, 16), 0);
	rte_pktmbuf_free(mbuf);
	stop();
}

static void
test_a_sequence_seen_before_is_a_repeat(void)
{
	struct bb_outcome outcomes[BB_SLICE_EVENTS];
	uint32_t count;

	start();
	net_inject(&port, net_bid(&venue, &port, 3, 9, 1));
	poll_all();

	struct rte_mbuf *mbuf = pop(state.lane);
	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	bid->number = bb_market_number(venue.market) + 1;
	bid->sequenced_ns = NOW;
	CU_ASSERT(bb_market_step(venue.market, bid, &outcomes[0].event, &count));
	rte_pktmbuf_free(mbuf);

	net_inject(&port, net_bid(&venue, &port, 3, 9, 1));
	poll_all();
	CU_ASSERT_EQUAL(counted(BB_COUNT_REPEATED), 1);
	mbuf = pop(state.lane);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	bid = rte_mbuf_to_priv(mbuf);
	CU_ASSERT_EQUAL(bid->route, BB_ROUTE_REPEAT);
	CU_ASSERT_EQUAL(bid->number, 0); /* not what an earlier user of the mbuf left */
	rte_pktmbuf_free(mbuf);
	stop();
}

/* expect_refusal takes a refusal out of the replies. */
static void
expect_refusal(uint32_t participant, uint64_t sequence, enum bb_result reason)
{
	struct bb_report report;
	struct bb_report_record records[BB_RECORDS_MAX];
	struct rte_mbuf *mbuf = pop(state.replies);

	CU_ASSERT_PTR_NOT_NULL(mbuf);
	if (mbuf == NULL)
		return;
	if (net_report(&venue, &port, mbuf, participant, &report, records)) {
		CU_ASSERT_EQUAL(report.kind, BB_REPORT_REFUSAL);
		CU_ASSERT_EQUAL(report.sequence, sequence);
		CU_ASSERT_EQUAL(report.part, BB_REPORT_LAST_PART);
		CU_ASSERT_EQUAL(report.height, 0);
		CU_ASSERT_EQUAL(report.number, 0);
		CU_ASSERT_EQUAL(report.record_count, 1);
		CU_ASSERT_EQUAL(records[0].record, BB_REPORT_WHOLE);
		CU_ASSERT_EQUAL(records[0].result, reason);
	}
	const struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	CU_ASSERT_EQUAL(bid->back.port, 5);
	rte_pktmbuf_free(mbuf);
}

static void
test_a_proven_sender_is_told_why(void)
{
	start();
	net_inject(&port, unsigned_bid(3, 9, false));
	net_inject(&port, unsigned_bid(4, 10, true)); /* over IPv6 as well */
	CU_ASSERT_EQUAL(poll_all(), 2);
	expect_refusal(3, 9, BB_ERR_SIGNATURE);
	expect_refusal(4, 10, BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(counted(BB_COUNT_REFUSALS_SENT), 2);
	CU_ASSERT_EQUAL(refused(BB_ERR_SIGNATURE), 2);
	stop();
}

static void
test_a_stranger_is_told_nothing(void)
{
	start();
	net_inject(&port, forged(3, 9));
	net_inject(&port, malformed());
	net_inject(&port, net_frame(&venue, &port, 2, false, (const uint8_t *)"hello", 5));
	CU_ASSERT_EQUAL(poll_all(), 3);
	CU_ASSERT_PTR_NULL(pop(state.replies));
	CU_ASSERT_EQUAL(counted(BB_COUNT_REFUSALS_SENT), 0);
	stop();
}

static void
test_a_full_lane_says_busy_and_loses_nothing(void)
{
	start();
	for (uint64_t i = 1; i <= LANE_SLOTS + 3; i++)
		net_inject(&port, net_bid(&venue, &port, 3, i, 1));
	net_inject(&port, forged(4, 1)); /* busy or not, a stranger is told nothing */
	poll_all();
	CU_ASSERT_EQUAL(counted(BB_COUNT_ACCEPTED), LANE_SLOTS);
	CU_ASSERT_EQUAL(refused(BB_ERR_BUSY), 3);
	CU_ASSERT_EQUAL(refused(BB_ERR_MAC), 1);
	for (uint64_t i = 1; i <= 3; i++)
		expect_refusal(3, LANE_SLOTS + i, BB_ERR_BUSY);
	CU_ASSERT_PTR_NULL(pop(state.replies));
	for (uint64_t i = 1; i <= LANE_SLOTS; i++) {
		struct rte_mbuf *mbuf = pop(state.lane);

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		CU_ASSERT_EQUAL(((struct bb_bid *)rte_mbuf_to_priv(mbuf))->sequence, i);
		rte_pktmbuf_free(mbuf);
	}

	/* What was refused as busy may come again. */
	net_inject(&port, net_bid(&venue, &port, 3, LANE_SLOTS + 1, 1));
	poll_all();
	CU_ASSERT_EQUAL(counted(BB_COUNT_ACCEPTED), LANE_SLOTS + 1);
	stop();
}

static void
test_full_replies_drop_the_answer_alone(void)
{
	start();
	for (uint32_t i = 0; i < LANE_SLOTS + 2; i++)
		net_inject(&port, arp_request(1));
	net_inject(&port, unsigned_bid(3, 9, false));
	net_inject(&port, net_bid(&venue, &port, 3, 10, 1));
	poll_all();
	CU_ASSERT_EQUAL(counted(BB_COUNT_ARP), LANE_SLOTS + 2);
	CU_ASSERT_EQUAL(counted(BB_COUNT_TX_DROPPED), 3);
	CU_ASSERT_EQUAL(counted(BB_COUNT_REFUSALS_SENT), 0);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ACCEPTED), 1);
	stop();
}

static void
test_a_frame_in_two_segments_is_not_read(void)
{
	start();
	net_inject(&port, in_two_segments(1));
	CU_ASSERT_EQUAL(poll_all(), 1);
	CU_ASSERT_EQUAL(refused(BB_ERR_FRAME), 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ACCEPTED), 0);
	stop();
}

static void
test_arp_and_ping_are_answered_in_place(void)
{
	start();
	net_inject(&port, arp_request(1));
	net_inject(&port, arp_request(77));
	net_inject(&port, ping());
	poll_all();

	struct rte_mbuf *arp = pop(state.replies);
	struct rte_mbuf *echo = pop(state.replies);

	CU_ASSERT_PTR_NOT_NULL_FATAL(arp);
	CU_ASSERT_PTR_NOT_NULL_FATAL(echo);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(arp, uint8_t *)[21], 2); /* a reply */
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(echo, uint8_t *)[34], 0); /* an echo reply */
	CU_ASSERT_EQUAL(rte_pktmbuf_pkt_len(echo), rte_pktmbuf_data_len(echo));
	CU_ASSERT_PTR_NULL(pop(state.replies));
	CU_ASSERT_EQUAL(counted(BB_COUNT_FOREIGN), 1);
	rte_pktmbuf_free(arp);
	rte_pktmbuf_free(echo);
	stop();
}

static void
test_takes_nothing_once_it_is_stopping(void)
{
	start();
	CU_ASSERT(!duty.quiet(duty.state));
	net_inject(&port, net_bid(&venue, &port, 3, 1, 1));
	atomic_store(&state.stopping, true);
	CU_ASSERT_EQUAL(duty.poll(duty.state, NOW), 0);
	CU_ASSERT_EQUAL(counted(BB_COUNT_RX), 0);
	CU_ASSERT(duty.quiet(duty.state));
	rte_pktmbuf_free(net_take(&port));
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "every frame ends in exactly one counter",
		  test_every_frame_ends_in_exactly_one_counter },
		{ "a bid reaches the lane ready to be sequenced",
		  test_a_bid_reaches_the_lane_ready_to_be_sequenced },
		{ "a sequence seen before is a repeat", test_a_sequence_seen_before_is_a_repeat },
		{ "a proven sender is told why", test_a_proven_sender_is_told_why },
		{ "a stranger is told nothing", test_a_stranger_is_told_nothing },
		{ "a full lane says busy and loses nothing",
		  test_a_full_lane_says_busy_and_loses_nothing },
		{ "full replies drop the answer alone", test_full_replies_drop_the_answer_alone },
		{ "a frame in two segments is not read",
		  test_a_frame_in_two_segments_is_not_read },
		{ "ARP and ping are answered in place", test_arp_and_ping_are_answered_in_place },
		{ "takes nothing once it is stopping", test_takes_nothing_once_it_is_stopping },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	net_open(&port, "net_ring0", net_pool());
	return bb_test_run("ingest", tests);
}
