/* test_egress - what leaves, to where, and what is never lost. */
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "dataplane/bb_egress_duty.h"
#include "dataplane/bb_transmit_duty.h"
#include "tests/net/net_kit.h"

#define NOW           UINT64_C(1700000000000000000)
#define HEIGHT        77u
#define CONTROL_SLOTS 8u

static struct net_venue venue;
static struct bb_port ports[1];
static struct bb_egress_duty state;
static struct bb_duty duty;
static struct bb_bid *bid; /* of the last release */
static uint64_t now_ns;

static void
start(void)
{
	static _Alignas(BB_ARENA_ALIGN) uint8_t memory[1 << 20];
	struct bb_arena arena;

	net_venue(&venue);
	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	memset(&state, 0, sizeof(state));
	state.ports = ports;
	state.port_count = 1;
	state.roster = venue.roster;
	state.pool = venue.pool;
	state.released = bb_ring_values("released", 4096, sizeof(struct bb_outcome));
	state.replies[0] = bb_ring_pointers("replies", BB_RING_REPLY_SLOTS);
	state.reply_count = 1;
	state.control = bb_ring_values("control", CONTROL_SLOTS, sizeof(struct bb_to_control));
	state.counters = &venue.counters;
	state.participants = NET_PARTICIPANTS;
	state.venue = NET_VENUE;
	state.feed = (struct bb_feed_config){ 0 };
	bb_egress_init(&state, &arena);
	CU_ASSERT(arena.used <= bb_egress_bytes(NET_PARTICIPANTS));
	duty = bb_egress_duty(&state);
	now_ns = NOW;
}

static void
poll_all(void)
{
	while (duty.poll(duty.state, now_ns) != 0)
		;
}

static void
stop(void)
{
	CU_ASSERT(duty.quiet(duty.state));
	CU_ASSERT_PTR_NULL(net_take(&ports[0]));
	bb_ring_free(state.released);
	bb_ring_free(state.replies[0]);
	bb_ring_free(state.control);
	net_venue_end(&venue);
}

static uint64_t
counted(uint32_t counter)
{
	return bb_counted(&venue.counters, counter);
}

/* release gives the egress a packet of participant; events follow. */
static void
release(uint32_t participant, uint8_t route, uint8_t port, uint32_t event_count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(venue.pool);
	struct bb_outcome outcome = { .packet = { .kind = BB_OUTCOME_PACKET, .mbuf = mbuf,
						  .height = HEIGHT,
						  .event_count = event_count } };

	bid = rte_mbuf_to_priv(mbuf);
	memset(bid, 0, sizeof(*bid));
	bid->participant = participant;
	bid->number = 5;
	bid->sequence = 6;
	bid->route = route;
	bid->sequenced_ns = NOW;
	bid->back = net_back(&ports[0], participant, participant % 2 == 1);
	bid->back.port = port;
	bid->back.token = 4242;
	outcome.packet.bid = bid;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &outcome, sizeof(outcome)), 0);
}

static int
release_event(struct bb_event event)
{
	const struct bb_outcome outcome = { .event = event };

	return rte_ring_sp_enqueue_elem(state.released, (void *)(uintptr_t)&outcome,
					sizeof(outcome));
}

static int
release_trade(uint32_t owner, uint32_t quantity_wh)
{
	return release_event((struct bb_event){ .kind = BB_EVENT_TRADED, .participant = 2,
						.counterparty = owner, .product = 1,
						.quantity_wh = quantity_wh });
}

/* introduce lets a participant be heard of, once, at its own address. */
static void
introduce(uint32_t participant)
{
	release(participant, BB_ROUTE_SEQUENCE, 0, 0);
	poll_all();
	rte_pktmbuf_free(net_take(&ports[0]));
}

/* expect takes a report to participant out of the first port. */
static struct bb_report
expect(uint32_t participant, uint8_t kind, uint8_t record_count)
{
	struct bb_report report = { 0 };
	struct bb_report_record records[BB_RECORDS_MAX];
	struct rte_mbuf *mbuf = net_take(&ports[0]);

	CU_ASSERT_PTR_NOT_NULL(mbuf);
	if (mbuf == NULL)
		return report;
	if (net_report(&venue, &ports[0], mbuf, participant, &report, records)) {
		CU_ASSERT_EQUAL(report.kind, kind);
		CU_ASSERT_EQUAL(report.record_count, record_count);
	}
	rte_pktmbuf_free(mbuf);
	return report;
}

static void
test_an_answer_goes_where_its_packet_came_from(void)
{
	start();
	release(2, BB_ROUTE_SEQUENCE, 0, 50);
	for (uint32_t i = 0; i < 50; i++)
		release_event((struct bb_event){ .kind = BB_EVENT_ACCEPTED, .participant = 2 });
	release(3, BB_ROUTE_QUERY, 0, 0); /* over IPv6 */
	poll_all();
	CU_ASSERT_EQUAL(expect(2, BB_REPORT_ANSWER, 42).part, 0);

	const struct bb_report last = expect(2, BB_REPORT_ANSWER, 8);

	CU_ASSERT_EQUAL(last.part, BB_REPORT_LAST_PART | 1);
	CU_ASSERT_EQUAL(last.height, HEIGHT);
	CU_ASSERT_EQUAL(last.number, 5);
	CU_ASSERT_EQUAL(last.sequence, 6);
	CU_ASSERT_EQUAL(last.time_ns, NOW);
	expect(3, BB_REPORT_STATUS, 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ANSWERS), 2);
	CU_ASSERT_EQUAL(counted(BB_COUNT_REPORTS), 3);
	stop();
}

static void
test_a_notice_goes_where_its_receiver_was_last_accepted(void)
{
	start();
	release(2, BB_ROUTE_SEQUENCE, 0, 1);
	release_trade(3, 10);
	poll_all();
	expect(2, BB_REPORT_ANSWER, 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_UNREACHED), 1); /* 3 was not heard of yet */

	introduce(3);
	release(2, BB_ROUTE_SEQUENCE, 0, 2);
	release_trade(3, 11);
	release_trade(3, 12);
	poll_all();

	const struct bb_report notice = expect(3, BB_REPORT_NOTICE, 2);

	CU_ASSERT_EQUAL(notice.height, HEIGHT);
	CU_ASSERT_EQUAL(notice.sequence, 0);
	expect(2, BB_REPORT_ANSWER, 2);
	CU_ASSERT_EQUAL(counted(BB_COUNT_NOTICES), 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_UNREACHED), 1);
	stop();
}

static void
test_only_a_sequenced_packet_moves_an_address(void)
{
	struct bb_outcome refused = { .packet = { .kind = BB_OUTCOME_REFUSED,
						  .result = BB_ERR_SEQUENCE_OLD } };

	start();
	introduce(3);
	release(3, BB_ROUTE_REPEAT, 0, 0);
	bid->back.udp_port = 1;
	release(3, BB_ROUTE_QUERY, 0, 0);
	bid->back.udp_port = 1;
	release(3, BB_ROUTE_SEQUENCE, BB_RETURN_CONTROL, 0);
	poll_all();
	refused.packet.mbuf = rte_pktmbuf_alloc(venue.pool);
	refused.packet.bid = rte_mbuf_to_priv((struct rte_mbuf *)refused.packet.mbuf);
	memset(refused.packet.bid, 0, sizeof(*refused.packet.bid));
	refused.packet.bid->participant = 3;
	refused.packet.bid->back = net_back(&ports[0], 3, false);
	refused.packet.bid->back.udp_port = 1;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(state.released, &refused, sizeof(refused)), 0);
	poll_all();
	for (uint32_t i = 0; i < 3; i++)
		rte_pktmbuf_free(net_take(&ports[0]));
	CU_ASSERT_EQUAL(state.addresses[3].port, 0);
	CU_ASSERT_EQUAL(state.addresses[3].udp_port, net_back(&ports[0], 3, true).udp_port);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ANSWERS), 5);

	struct bb_to_control message;

	CU_ASSERT_EQUAL(rte_ring_sc_dequeue_elem(state.control, &message, sizeof(message)), 0);
	rte_pktmbuf_free(message.mbuf);
	stop();
}

static void
test_control_hears_of_the_roster_and_then_the_answer(void)
{
	struct bb_to_control messages[3];
	struct bb_report report;
	struct bb_report_record records[BB_RECORDS_MAX];

	start();
	release(1, BB_ROUTE_SEQUENCE, BB_RETURN_CONTROL, 2);
	release_event((struct bb_event){ .kind = BB_EVENT_MEMBER_ADDED, .participant = 7 });
	release_event((struct bb_event){ .kind = BB_EVENT_MEMBER_REVOKED, .participant = 8 });
	poll_all();
	CU_ASSERT_EQUAL(rte_ring_sc_dequeue_bulk_elem(state.control, messages,
						      sizeof(messages[0]), 3, NULL), 3);
	CU_ASSERT_PTR_NULL(messages[0].mbuf);
	CU_ASSERT_EQUAL(messages[0].event, BB_EVENT_MEMBER_ADDED);
	CU_ASSERT_EQUAL(messages[0].participant, 7);
	CU_ASSERT_EQUAL(messages[1].event, BB_EVENT_MEMBER_REVOKED);
	CU_ASSERT_EQUAL(messages[1].participant, 8);

	struct rte_mbuf *mbuf = messages[2].mbuf;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	CU_ASSERT_EQUAL(messages[2].token, 4242);
	CU_ASSERT_EQUAL(messages[2].participant, 1);
	CU_ASSERT_EQUAL(bb_report_decode(rte_pktmbuf_mtod(mbuf, uint8_t *),
					 rte_pktmbuf_data_len(mbuf), venue.mac_keys[1], &report,
					 records), BB_OK);
	CU_ASSERT_EQUAL(report.record_count, 2);
	rte_pktmbuf_free(mbuf);

	/* Answered again, the roster does not change again. */
	release(1, BB_ROUTE_REPEAT, BB_RETURN_CONTROL, 1);
	release_event((struct bb_event){ .kind = BB_EVENT_MEMBER_ADDED, .participant = 7 });
	poll_all();
	CU_ASSERT_EQUAL(rte_ring_count(state.control), 1);
	CU_ASSERT_EQUAL(rte_ring_sc_dequeue_elem(state.control, messages, sizeof(messages[0])), 0);
	CU_ASSERT_PTR_NOT_NULL(messages[0].mbuf);
	rte_pktmbuf_free(messages[0].mbuf);
	stop();
}

static void
test_a_full_control_ring_holds_everything_and_loses_nothing(void)
{
	enum { CHANGES = 100 };
	struct bb_to_control message;
	uint32_t heard = 0;

	start();
	for (uint32_t i = 1; i <= CHANGES; i++) {
		release(1, BB_ROUTE_SEQUENCE, BB_RETURN_CONTROL, 1);
		release_event((struct bb_event){ .kind = BB_EVENT_MEMBER_ADDED,
						 .participant = i });
	}
	poll_all();
	CU_ASSERT(!duty.quiet(duty.state));
	CU_ASSERT_EQUAL(duty.poll(duty.state, now_ns), 0);
	while (rte_ring_sc_dequeue_elem(state.control, &message, sizeof(message)) == 0) {
		CU_ASSERT_EQUAL(message.mbuf == NULL, heard % 2 == 0);
		CU_ASSERT_EQUAL(message.participant, heard % 2 == 0 ? heard / 2 + 1 : 1);
		rte_pktmbuf_free(message.mbuf);
		heard++;
		poll_all();
	}
	CU_ASSERT_EQUAL(heard, 2 * CHANGES);
	stop();
}

static void
test_a_sender_in_no_roster_is_not_answered(void)
{
	start();
	release(NET_PARTICIPANTS, BB_ROUTE_SEQUENCE, 0, 1);
	release_event((struct bb_event){ .kind = BB_EVENT_TRADED,
					 .participant = NET_PARTICIPANTS, .counterparty = 3,
					 .product = 1, .quantity_wh = 10 });
	poll_all();
	CU_ASSERT_PTR_NULL(net_take(&ports[0]));
	CU_ASSERT_EQUAL(counted(BB_COUNT_ANSWERS), 0);
	CU_ASSERT_EQUAL(counted(BB_COUNT_UNREACHED), 2); /* the sender, and 3 */
	stop();
}

/* Nobody sent it: those whom it touched hear of it, and its mbuf goes back to the pool. */
static void
test_a_tick_is_told_to_whom_it_touched_and_answered_to_nobody(void)
{
	start();
	introduce(2);
	introduce(3);
	const uint64_t answers = counted(BB_COUNT_ANSWERS);
	const uint32_t there = rte_mempool_avail_count(venue.pool);

	release(0, BB_ROUTE_SEQUENCE, BB_RETURN_CONTROL, 3);
	release_event((struct bb_event){ .kind = BB_EVENT_STATE, .product = 1 });
	release_event((struct bb_event){ .kind = BB_EVENT_CONTRACTED, .participant = 2,
					 .counterparty = 3, .quantity_wh = 10 });
	release_event((struct bb_event){ .kind = BB_EVENT_CANCELLED, .participant = 2,
					 .result = BB_BY_CLOSURE });
	release(0, BB_ROUTE_SEQUENCE, BB_RETURN_CONTROL, 0);
	poll_all();
	CU_ASSERT_EQUAL(expect(2, BB_REPORT_NOTICE, 2).number, 5);
	CU_ASSERT_EQUAL(expect(3, BB_REPORT_NOTICE, 1).height, HEIGHT);
	CU_ASSERT(rte_ring_empty(state.control));
	CU_ASSERT_EQUAL(counted(BB_COUNT_ANSWERS), answers);
	CU_ASSERT_EQUAL(counted(BB_COUNT_UNREACHED), 0);
	CU_ASSERT_EQUAL(rte_mempool_avail_count(venue.pool), there);
	stop();
}

static void
test_the_last_part_needs_no_free_mbuf(void)
{
	struct rte_mbuf *hoard[16];

	start();
	state.pool = rte_pktmbuf_pool_create("small", 15, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(state.pool);
	CU_ASSERT_EQUAL(rte_pktmbuf_alloc_bulk(state.pool, hoard, 15), 0);
	release(2, BB_ROUTE_SEQUENCE, 0, 43);
	for (uint32_t i = 0; i < 43; i++)
		release_event((struct bb_event){ .kind = BB_EVENT_ACCEPTED, .participant = 2 });
	poll_all();
	CU_ASSERT_EQUAL(expect(2, BB_REPORT_ANSWER, 1).part, BB_REPORT_LAST_PART | 1);
	CU_ASSERT_EQUAL(counted(BB_COUNT_NO_MBUF), 1);
	rte_pktmbuf_free_bulk(hoard, 15);
	rte_mempool_free(state.pool);
	stop();
}

static void
test_a_million_fills_would_stream_through(void)
{
	enum { FILLS = 30000 };
	uint32_t given = 0;
	uint32_t parts = 0;
	uint32_t notices = 0;

	start();
	for (uint32_t id = 3; id <= 9; id++)
		introduce(id);
	release(2, BB_ROUTE_SEQUENCE, 0, FILLS);
	while (given < FILLS || !duty.quiet(duty.state)) {
		while (given < FILLS && release_trade(3 + given % 7, 1 + given) == 0)
			given++;
		duty.poll(duty.state, now_ns);
		for (struct rte_mbuf *mbuf = net_take(&ports[0]); mbuf != NULL;
		     mbuf = net_take(&ports[0])) {
			const uint8_t id = rte_pktmbuf_mtod(mbuf, uint8_t *)[5];

			parts += id == 2;
			notices += id != 2;
			rte_pktmbuf_free(mbuf);
		}
	}
	CU_ASSERT_EQUAL(parts, (FILLS + 41) / 42);
	CU_ASSERT_EQUAL(notices, 7 * ((FILLS / 7 + 41) / 42));
	CU_ASSERT_EQUAL(counted(BB_COUNT_NOTICES), notices);
	CU_ASSERT_EQUAL(counted(BB_COUNT_TX_DROPPED), 0);
	stop();
}

static void
test_a_slow_port_slows_the_ledger_and_loses_nothing(void)
{
	enum { PACKETS = 2000 };
	uint32_t taken = 0;

	start();
	(void)net_stuff(&ports[0], venue.pool);
	for (uint32_t i = 0; i < PACKETS; i++)
		release(2, BB_ROUTE_SEQUENCE, 0, 0);
	for (uint32_t i = 0; i < 100; i++)
		duty.poll(duty.state, now_ns);
	CU_ASSERT(rte_ring_count(state.released) > PACKETS - BB_TRANSMIT_WAITING - BB_BURST);
	net_empty(&ports[0]);
	while (!duty.quiet(duty.state)) {
		duty.poll(duty.state, now_ns);
		for (uint32_t i = 0; i < BB_BURST; i++) {
			struct rte_mbuf *mbuf = net_take(&ports[0]);

			taken += mbuf != NULL;
			rte_pktmbuf_free(mbuf);
		}
	}
	taken += net_empty(&ports[0]);
	CU_ASSERT_EQUAL(taken, PACKETS);
	CU_ASSERT_EQUAL(counted(BB_COUNT_TX_DROPPED), 0);
	CU_ASSERT_EQUAL(counted(BB_COUNT_ANSWERS), PACKETS);
	stop();
}

static void
test_replies_of_the_gate_are_passed_on(void)
{
	start();
	for (uint32_t i = 0; i < 100; i++) {
		struct rte_mbuf *mbuf = net_mbuf(&venue, (const uint8_t *)"frame", 5);

		((struct bb_bid *)rte_mbuf_to_priv(mbuf))->back.port = 0;
		CU_ASSERT_EQUAL(rte_ring_sp_enqueue(state.replies[0], mbuf), 0);
	}
	CU_ASSERT(!duty.quiet(duty.state));
	poll_all();
	for (uint32_t i = 0; i < 100; i++) {
		struct rte_mbuf *mbuf = net_take(&ports[0]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		CU_ASSERT_EQUAL(rte_pktmbuf_data_len(mbuf), 5);
		rte_pktmbuf_free(mbuf);
	}
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an answer goes where its packet came from",
		  test_an_answer_goes_where_its_packet_came_from },
		{ "a notice goes where its receiver was last accepted",
		  test_a_notice_goes_where_its_receiver_was_last_accepted },
		{ "only a sequenced packet moves an address",
		  test_only_a_sequenced_packet_moves_an_address },
		{ "control hears of the roster, and then the answer",
		  test_control_hears_of_the_roster_and_then_the_answer },
		{ "a full control ring holds everything and loses nothing",
		  test_a_full_control_ring_holds_everything_and_loses_nothing },
		{ "a sender in no roster is not answered",
		  test_a_sender_in_no_roster_is_not_answered },
		{ "a tick is told to whom it touched and answered to nobody",
		  test_a_tick_is_told_to_whom_it_touched_and_answered_to_nobody },
		{ "the last part needs no free mbuf", test_the_last_part_needs_no_free_mbuf },
		{ "a million fills would stream through",
		  test_a_million_fills_would_stream_through },
		{ "a slow port slows the ledger and loses nothing",
		  test_a_slow_port_slows_the_ledger_and_loses_nothing },
		{ "replies of the gate are passed on", test_replies_of_the_gate_are_passed_on },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	net_open(&ports[0], "net_ring0", net_pool());
	return bb_test_run("egress", tests);
}
