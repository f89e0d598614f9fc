/* test_flood - a flood of forged packets costs honest senders nothing but what the queue that
 * it fills has no room for.
 *
 * One port with two receive queues, each polled by an ingest duty of its own, by turns, as one
 * lcore does.  The flood comes faster than it is polled, so its queue is always full.
 */
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "dataplane/bb_ingest_duty.h"
#include "tests/net/net_kit.h"

#define NOW      UINT64_C(1700000000000000000)
#define FLOODER  2u /* a participant that exists, so that the MAC decides */
#define HONEST   3u
#define ROUNDS   100u
#define TEMPLATE 256u

static struct net_venue venue;
static struct bb_port port;
static struct rte_ring *wires[2]; /* what arrives at each queue */

/* A queue with all that belongs to it. */
struct post {
	struct bb_gate gate;
	struct bb_counters counters;
	struct bb_ingest_duty state;
	struct bb_duty duty;
	uint8_t *memory;
};

static struct post posts[2];

static void
start_post(struct post *post, uint16_t queue)
{
	const size_t size = bb_gate_bytes(NET_PARTICIPANTS);
	struct bb_arena arena;

	memset(post, 0, sizeof(*post));
	post->memory = aligned_alloc(BB_ARENA_ALIGN, size);
	BB_ASSERT(post->memory != NULL);
	memset(post->memory, 0, size);
	bb_arena_init(&arena, post->memory, size);
	bb_gate_init(&post->gate, &arena, NET_PARTICIPANTS, venue.roster, venue.market,
		     &venue.verify, NET_VENUE, &post->counters);
	post->state = (struct bb_ingest_duty){
		.port = &port, .queue = queue, .gate = &post->gate,
		.counters = &post->counters,
		.lane = bb_ring_pointers("lane", 256), .replies = bb_ring_pointers("replies", 64),
	};
	post->duty = bb_ingest_duty(&post->state);
}

static void
start(void)
{
	net_venue(&venue);
	for (uint16_t queue = 0; queue < 2; queue++)
		start_post(&posts[queue], queue);
}

static void
drain(struct rte_ring *ring)
{
	void *mbuf;

	while (rte_ring_sc_dequeue(ring, &mbuf) == 0)
		rte_pktmbuf_free(mbuf);
}

/* Every frame that a queue handed up is counted once, and every mbuf comes back. */
static void
stop(void)
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(net_counted(&posts[i].counters),
				bb_counted(&posts[i].counters, BB_COUNT_RX));
		drain(wires[i]);
		bb_ring_free(posts[i].state.lane);
		bb_ring_free(posts[i].state.replies);
		free(posts[i].memory);
	}
	net_venue_end(&venue);
}

/* The matcher takes what it is given; here it is only counted. */
static void
poll(struct post *post)
{
	post->duty.poll(post->duty.state, NOW);
	drain(post->state.lane);
	CU_ASSERT_EQUAL(rte_ring_count(post->state.replies), 0);
}

static uint64_t
counted(const struct post *post, uint32_t counter)
{
	return bb_counted(&post->counters, counter);
}

static uint64_t
refused_mac(const struct post *post)
{
	return counted(post, BB_COUNT_REFUSED + BB_ERR_MAC);
}

/* A frame whose MAC is wrong in its last byte; made once, copied as often as it is sent. */
static struct rte_mbuf *
forged(void)
{
	static uint8_t bytes[TEMPLATE];
	static size_t size;

	if (size == 0) {
		struct rte_mbuf *mbuf = net_bid(&venue, &port, FLOODER, 1, 1);
		const size_t payload = rte_pktmbuf_data_len(mbuf) - BB_FRAME_HEADERS_IPV4;
		uint8_t *at = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, BB_FRAME_HEADERS_IPV4);

		at[payload - 1] ^= 1;
		struct rte_mbuf *whole = net_frame(&venue, &port, FLOODER, false, at, payload);
		size = rte_pktmbuf_data_len(whole);
		BB_ASSERT(size <= sizeof(bytes));
		memcpy(bytes, rte_pktmbuf_mtod(whole, void *), size);
		rte_pktmbuf_free(mbuf);
		rte_pktmbuf_free(whole);
	}
	return net_mbuf(&venue, bytes, size);
}

/* offer puts a frame on the wire of a queue; false: the queue is full and drops it. */
static bool
offer(uint32_t queue, struct rte_mbuf *mbuf)
{
	if (rte_ring_enqueue(wires[queue], mbuf) == 0)
		return true;
	rte_pktmbuf_free(mbuf);
	return false;
}

static void
test_another_queue_loses_nothing(void)
{
	uint64_t flood = 0, dropped = 0, honest = 0;

	start();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		do
			flood++;
		while (offer(0, forged()));
		dropped++;
		for (uint32_t i = 0; i < 3; i++)
			CU_ASSERT_TRUE(offer(1, net_bid(&venue, &port, HONEST, ++honest, 1)));
		poll(&posts[0]);
		poll(&posts[1]);
		/* At once, in the same turn, although the flood's queue is never empty. */
		CU_ASSERT_EQUAL(counted(&posts[1], BB_COUNT_ACCEPTED), honest);
		CU_ASSERT_TRUE(rte_ring_count(wires[0]) > 0);
	}
	CU_ASSERT_EQUAL(counted(&posts[1], BB_COUNT_RX), honest);
	CU_ASSERT_EQUAL(refused_mac(&posts[0]), counted(&posts[0], BB_COUNT_RX));
	CU_ASSERT_EQUAL(refused_mac(&posts[0]), ROUNDS * BB_BURST);
	CU_ASSERT_EQUAL(refused_mac(&posts[0]) + dropped + rte_ring_count(wires[0]), flood);
	stop();
}

static void
test_on_the_same_queue_all_that_it_took_is_accepted(void)
{
	struct bb_random random = { 20220602 };
	uint64_t offered = 0, taken = 0, honest_offered = 0, honest_taken = 0;

	start();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		/* Twice what is polled in a turn, one in eight of it honest. */
		for (uint32_t i = 0; i < 2 * BB_BURST; i++) {
			const bool honest = bb_random_below(&random, 8) == 0;
			const bool took = offer(0, honest ? net_bid(&venue, &port, HONEST,
								    ++honest_offered, 1)
							  : forged());
			offered++;
			taken += took;
			honest_taken += honest && took;
		}
		poll(&posts[0]);
	}
	while (rte_ring_count(wires[0]) > 0)
		poll(&posts[0]);
	CU_ASSERT_TRUE(taken < offered); /* it was a flood */
	CU_ASSERT_TRUE(honest_taken > 0 && honest_taken < honest_offered);
	CU_ASSERT_EQUAL(counted(&posts[0], BB_COUNT_RX), taken);
	CU_ASSERT_EQUAL(counted(&posts[0], BB_COUNT_ACCEPTED), honest_taken);
	CU_ASSERT_EQUAL(refused_mac(&posts[0]), taken - honest_taken);
	stop();
}

/* Forgeries in a participant's name take nothing of its rate. */
static void
test_a_flood_in_ones_own_name_costs_no_credit(void)
{
	struct bb_roster_entry entry;

	start();
	/* A reader may not replace: this thread has not registered. */
	entry = *bb_roster_find(venue.roster, FLOODER);
	entry.packets_per_s = 1;
	entry.burst = 2;
	CU_ASSERT_EQUAL(bb_roster_put(venue.roster, &entry), BB_OK);
	for (uint32_t i = 0; i < 500; i++)
		CU_ASSERT_TRUE(offer(0, forged()));
	for (uint64_t sequence = 1; sequence <= 2; sequence++)
		CU_ASSERT_TRUE(offer(0, net_bid(&venue, &port, FLOODER, sequence, 1)));
	while (rte_ring_count(wires[0]) > 0)
		poll(&posts[0]);
	CU_ASSERT_EQUAL(counted(&posts[0], BB_COUNT_ACCEPTED), 2);
	CU_ASSERT_EQUAL(refused_mac(&posts[0]), 500);
	stop();
}

static void
open_port(void)
{
	struct bb_port_config config = {
		.device = "net_ring0",
		.rx_queues = 2, /* net_ring has one an lcore */
		.descriptors = 512,
		.promiscuous = true,
		.interface = { .has_ipv4 = true, .ipv4 = { 10, 0, 0, 1 },
			       .udp_port = NET_UDP_PORT },
	};
	char text[BB_PORT_TEXT];

	if (bb_port_open(&port, &config, net_pool(), text) != BB_OK) {
		fprintf(stderr, "%s\n", text);
		exit(EXIT_FAILURE);
	}
	for (uint32_t queue = 0; queue < 2; queue++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "ETH_RXTX%u_net_ring0", queue);
		wires[queue] = rte_ring_lookup(name);
		BB_ASSERT(wires[queue] != NULL);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "another queue loses nothing", test_another_queue_loses_nothing },
		{ "on the same queue all that it took is accepted",
		  test_on_the_same_queue_all_that_it_took_is_accepted },
		{ "a flood in one's own name costs no credit",
		  test_a_flood_in_ones_own_name_costs_no_credit },
		CU_TEST_INFO_NULL,
	};

	net_start(true);
	open_port();
	return bb_test_run("flood", tests);
}
