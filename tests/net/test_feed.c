/* test_feed - the public feed: MoldUDP64 packets with numbers that have no gaps. */
#include <string.h>

#include "dataplane/bb_egress_duty.h"
#include "tests/net/net_kit.h"

#define NOW    UINT64_C(1700000000000000000)
#define SECOND UINT64_C(1000000000)

static struct net_venue venue;
static struct bb_port port;
static struct bb_egress_duty state;
static struct bb_duty duty;

static void
start(uint16_t udp_port)
{
	static _Alignas(BB_ARENA_ALIGN) uint8_t memory[1 << 20];
	struct bb_arena arena;

	net_venue(&venue);
	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	memset(&state, 0, sizeof(state));
	state.ports = &port;
	state.port_count = 1;
	state.roster = venue.roster;
	state.pool = venue.pool;
	state.released = bb_ring_values("released", 4096, sizeof(struct bb_outcome));
	state.control = bb_ring_values("control", 64, sizeof(struct bb_to_control));
	state.counters = &venue.counters;
	state.participants = NET_PARTICIPANTS;
	state.venue = NET_VENUE;
	state.feed = (struct bb_feed_config){ .group = { 239, 1, 2, 3 }, .udp_port = udp_port };
	bb_egress_init(&state, &arena);
	duty = bb_egress_duty(&state);
}

static void
stop(void)
{
	CU_ASSERT(duty.quiet(duty.state));
	bb_ring_free(state.released);
	bb_ring_free(state.control);
	net_venue_end(&venue);
}

/* release gives the egress an input of participant 10, whom nobody answers, that traded
 * count times. */
static void
release(uint8_t route, uint32_t count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(venue.pool);
	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);
	struct bb_outcome outcome = { .packet = { .kind = BB_OUTCOME_PACKET, .mbuf = mbuf,
						  .bid = bid, .event_count = count } };
	struct bb_outcome trade = { .event = { .kind = BB_EVENT_TRADED, .number = 5,
					       .counterparty = 10, .product = 1 } };

	memset(bid, 0, sizeof(*bid));
	bid->participant = 10;
	bid->route = route;
	bid->sequenced_ns = NOW;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &outcome, sizeof(outcome)), 0);
	for (uint32_t i = 0; i < count; i++) {
		trade.event.quantity_wh = i + 1;
		CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &trade, sizeof(trade)), 0);
	}
}

static void
release_block(void)
{
	struct bb_outcome block = { .packet = { .kind = BB_OUTCOME_BLOCK, .height = 9 } };

	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &block, sizeof(block)), 0);
}

static void
poll_all(void)
{
	while (duty.poll(duty.state, NOW) != 0)
		;
}

/* take_packet takes a feed packet out of the port, checks its frame, counts its trades and
 * returns its header; count 0xffff: there is none. */
static struct bb_mold
take_packet(uint32_t *trades)
{
	struct bb_mold mold = { .count = BB_MOLD_END };
	struct rte_mbuf *mbuf = net_take(&port);
	size_t offset = BB_MOLD_HEADER_SIZE;
	const uint8_t *message;
	uint16_t size;

	if (mbuf == NULL)
		return mold;
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	const uint8_t *payload = frame + BB_FRAME_HEADERS_IPV4;
	const size_t payload_size = rte_pktmbuf_data_len(mbuf) - BB_FRAME_HEADERS_IPV4;

	CU_ASSERT_EQUAL(memcmp(frame, "\x01\x00\x5e\x01\x02\x03", 6), 0);
	CU_ASSERT_EQUAL(memcmp(frame + 30, "\xef\x01\x02\x03", 4), 0);
	CU_ASSERT_EQUAL(bb_mold_decode(payload, payload_size, &mold), BB_OK);
	CU_ASSERT_EQUAL(memcmp(mold.session, "76543210  ", 10), 0);
	while ((message = bb_mold_next(payload, payload_size, &offset, &size)) != NULL) {
		struct bb_feed feed;

		CU_ASSERT_EQUAL(bb_feed_decode(message, size, &feed), BB_OK);
		if (feed.type == BB_FEED_TRADE) {
			CU_ASSERT_EQUAL(feed.quantity_wh, ++*trades);
			CU_ASSERT_EQUAL(feed.time_ns, NOW);
		}
	}
	rte_pktmbuf_free(mbuf);
	return mold;
}

static void
test_messages_are_numbered_without_gaps(void)
{
	uint32_t trades = 0;
	uint64_t next = 1;
	uint32_t packets = 0;

	start(3000);
	release(BB_ROUTE_SEQUENCE, 1000);
	poll_all();
	for (struct bb_mold mold = take_packet(&trades); mold.count != BB_MOLD_END;
	     mold = take_packet(&trades)) {
		CU_ASSERT_EQUAL(mold.sequence, next);
		CU_ASSERT(mold.count > 0);
		next += mold.count;
		packets++;
	}
	CU_ASSERT_EQUAL(trades, 1000);
	CU_ASSERT_EQUAL(next, 2001); /* the trade, and the resting order reduced */
	CU_ASSERT_EQUAL(packets, bb_counted(&venue.counters, BB_COUNT_FEED));
	stop();
}

static void
test_a_product_is_announced_with_its_terms(void)
{
	struct rte_mbuf *mbuf;
	struct bb_bid *bid;
	struct bb_feed feed;
	size_t offset = BB_MOLD_HEADER_SIZE;
	uint16_t size = 0;

	start(3000);
	mbuf = rte_pktmbuf_alloc(venue.pool);
	bid = rte_mbuf_to_priv(mbuf);
	memset(bid, 0, sizeof(*bid));
	bid->participant = 10;
	bid->sequenced_ns = NOW;
	struct bb_outcome packet = { .packet = { .kind = BB_OUTCOME_PACKET, .mbuf = mbuf,
						 .bid = bid, .event_count = 1 } };
	struct bb_outcome added = { .event = { .kind = BB_EVENT_PRODUCT_ADDED, .number = 5,
					       .participant = 10, .product = 77,
					       .order_id = bb_prices(-5, 900),
					       .quantity_wh = 100, .remaining_wh = 5 } };
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &packet, sizeof(packet)), 0);
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &added, sizeof(added)), 0);
	release_block();
	poll_all();

	mbuf = net_take(&port);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	const uint8_t *payload = rte_pktmbuf_mtod(mbuf, uint8_t *) + BB_FRAME_HEADERS_IPV4;
	const uint8_t *message =
		bb_mold_next(payload, rte_pktmbuf_data_len(mbuf) - BB_FRAME_HEADERS_IPV4, &offset,
			     &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	CU_ASSERT_EQUAL(bb_feed_decode(message, size, &feed), BB_OK);
	CU_ASSERT_EQUAL(feed.type, BB_FEED_PRODUCT);
	CU_ASSERT_EQUAL(feed.product, 77);
	CU_ASSERT_EQUAL(feed.price, -5);
	CU_ASSERT_EQUAL(feed.price_max, 900);
	rte_pktmbuf_free(mbuf);
	stop();
}

static void
test_a_gap_is_seen_when_there_was_no_mbuf(void)
{
	uint32_t trades = 0;
	struct rte_mbuf *hoard[15];

	start(3000);
	state.pool = rte_pktmbuf_pool_create("small", 15, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(state.pool);
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(state.pool, hoard, 15), 0);
	release(BB_ROUTE_SEQUENCE, 1);
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).count, BB_MOLD_END);
	rte_pktmbuf_free_bulk(hoard, 15);
	release(BB_ROUTE_SEQUENCE, 1);
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).sequence, 3);
	CU_ASSERT(bb_counted(&venue.counters, BB_COUNT_NO_MBUF) > 0);
	rte_mempool_free(state.pool);
	stop();
}

static void
test_a_block_ends_a_packet_and_a_repeat_is_not_news(void)
{
	uint32_t trades = 0;

	start(3000);
	release(BB_ROUTE_SEQUENCE, 1);
	release_block();
	release(BB_ROUTE_REPEAT, 1);
	release_block();
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).count, 2);
	CU_ASSERT_EQUAL(take_packet(&trades).count, BB_MOLD_END);
	CU_ASSERT_EQUAL(trades, 1);
	stop();
}

static void
test_a_silent_second_brings_a_heartbeat(void)
{
	uint32_t trades = 0;

	start(3000);
	release(BB_ROUTE_SEQUENCE, 1);
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).count, 2);
	duty.housekeep(duty.state, NOW + SECOND - 1);
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).count, BB_MOLD_END);
	duty.housekeep(duty.state, NOW + SECOND);
	duty.housekeep(duty.state, NOW + SECOND + 1); /* one is enough */
	poll_all();

	const struct bb_mold heartbeat = take_packet(&trades);

	CU_ASSERT_EQUAL(heartbeat.count, 0);
	CU_ASSERT_EQUAL(heartbeat.sequence, 3); /* of the message that will come next */
	CU_ASSERT_EQUAL(take_packet(&trades).count, BB_MOLD_END);
	stop();
}

static void
test_without_a_udp_port_there_is_no_feed(void)
{
	uint32_t trades = 0;

	start(0);
	release(BB_ROUTE_SEQUENCE, 3);
	release_block();
	poll_all();
	duty.housekeep(duty.state, NOW + 5 * SECOND);
	poll_all();
	CU_ASSERT_EQUAL(take_packet(&trades).count, BB_MOLD_END);
	CU_ASSERT_EQUAL(bb_counted(&venue.counters, BB_COUNT_FEED), 0);
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "messages are numbered without gaps", test_messages_are_numbered_without_gaps },
		{ "a product is announced with its terms",
		  test_a_product_is_announced_with_its_terms },
		{ "a gap is seen when there was no mbuf",
		  test_a_gap_is_seen_when_there_was_no_mbuf },
		{ "a block ends a packet, and a repeat is not news",
		  test_a_block_ends_a_packet_and_a_repeat_is_not_news },
		{ "a silent second brings a heartbeat", test_a_silent_second_brings_a_heartbeat },
		{ "without a UDP port there is no feed", test_without_a_udp_port_there_is_no_feed },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	net_open(&port, "net_ring0", net_pool());
	return bb_test_run("feed", tests);
}
