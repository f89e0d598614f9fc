/* test_matcher_duty - the matcher between its rings: order, and nothing lost. */
#include <string.h>

#include "codec/bb_inputs.h"
#include "matcher/bb_matcher_duty.h"
#include "tests/net/net_kit.h"

#define LANES 3u

static struct net_venue venue;
static struct bb_counters counters;
static struct bb_matcher matcher;
static struct bb_matcher_duty state;
static struct bb_duty duty;

static void
start(uint32_t outcome_slots)
{
	net_venue(&venue);
	memset(&counters, 0, sizeof(counters));
	bb_matcher_init(&matcher, venue.market, &counters);
	memset(&state, 0, sizeof(state));
	state.matcher = &matcher;
	state.lane_count = LANES;
	for (uint32_t i = 0; i < LANES; i++)
		state.lanes[i] = bb_ring_pointers("lane", BB_RING_LANE_SLOTS);
	state.outcomes = bb_ring_values("outcomes", outcome_slots, sizeof(struct bb_outcome));
	state.asks = bb_ring_pointers("asks", 1);
	state.answers = bb_ring_pointers("answers", 1);
	duty = bb_matcher_duty(&state);
}

static void
stop(void)
{
	for (uint32_t i = 0; i < LANES; i++)
		bb_ring_free(state.lanes[i]);
	bb_ring_free(state.outcomes);
	bb_ring_free(state.asks);
	bb_ring_free(state.answers);
	net_venue_end(&venue);
}

/* put gives a lane an input of count malformed records, which the market refuses one by
 * one. */
static void
put(uint32_t lane, uint32_t participant, uint64_t sequence, uint16_t count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(venue.pool);
	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	memset(bid, 0, sizeof(*bid));
	bid->participant = participant;
	bid->sequence = sequence;
	bid->command_count = count;
	for (uint32_t i = 0; i < count; i++)
		bid->commands[i].participant = participant;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(state.lanes[lane], mbuf), 0);
}

/* take takes the outcomes up to the next packet and returns its sequence; 0: none. */
static uint64_t
take(uint32_t *events)
{
	struct bb_outcome outcome;

	*events = 0;
	while (rte_ring_sc_dequeue_elem(state.outcomes, &outcome, sizeof(outcome)) == 0) {
		if (bb_outcome_is_event(&outcome)) {
			(*events)++;
			continue;
		}
		const uint64_t sequence = outcome.packet.bid->sequence;

		CU_ASSERT_EQUAL(outcome.packet.event_count, *events);
		rte_pktmbuf_free(outcome.packet.mbuf);
		return sequence;
	}
	return 0;
}

static void
test_lanes_take_turns_one_packet_each(void)
{
	static const uint64_t expected[] = { 1, 21, 31, 2, 32, 3, 33, 4, 5 };
	uint32_t events;

	start(BB_RING_OUTCOME_SLOTS);
	for (uint64_t i = 1; i <= 5; i++)
		put(0, 2, i, 1);
	put(1, 3, 21, 1);
	for (uint64_t i = 31; i <= 33; i++)
		put(2, 4, i, 1);
	CU_ASSERT(!duty.quiet(duty.state));
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), 9);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		CU_ASSERT_EQUAL(take(&events), expected[i]);
	CU_ASSERT_EQUAL(take(&events), 0);
	CU_ASSERT(duty.quiet(duty.state));
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), 0);
	stop();
}

static void
test_a_poll_moves_at_most_a_burst(void)
{
	uint32_t events;

	start(BB_RING_OUTCOME_SLOTS);
	matcher.foresight.parts = 0;
	for (uint64_t i = 1; i <= 2 * BB_BURST; i++)
		put(1, 2, i, 1);
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), BB_BURST);
	CU_ASSERT_EQUAL(rte_ring_count(state.outcomes), 2 * BB_BURST); /* an event each */
	/* Others are taken, so that the market can look at them, and wait for their turn. */
	CU_ASSERT_EQUAL(rte_ring_count(state.lanes[1]), 1);
	CU_ASSERT_FALSE(duty.quiet(duty.state));
	CU_ASSERT_EQUAL(matcher.foresight.passed, BB_BURST);
	CU_ASSERT_TRUE(matcher.foresight.told >= BB_BURST + BB_FORESEEN);
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), BB_BURST);
	CU_ASSERT_EQUAL(matcher.foresight.passed, 2 * BB_BURST);
	for (uint64_t i = 1; i <= 2 * BB_BURST; i++)
		CU_ASSERT_EQUAL(take(&events), i);
	stop();
}

static void
test_a_full_ledger_stops_the_matcher_and_nothing_is_lost(void)
{
	enum { INPUTS = 300 };
	uint32_t events;
	uint64_t taken = 0;
	uint32_t stalls = 0;

	/* Hardly more than one step needs, and a reader that takes one packet a turn. */
	start(BB_MATCHER_OUTCOMES + 20);
	for (uint64_t i = 1; i <= INPUTS; i++)
		put(0, 2, i, (uint16_t)(1 + i % BB_RECORDS_MAX));
	while (taken < INPUTS) {
		stalls += duty.poll(duty.state, 1000) == 0;

		const uint64_t sequence = take(&events);

		CU_ASSERT_EQUAL_FATAL(sequence, taken + 1);
		CU_ASSERT_EQUAL(events, 1 + sequence % BB_RECORDS_MAX);
		taken = sequence;
	}
	CU_ASSERT(stalls > 0);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_SEQUENCED), INPUTS);
	CU_ASSERT(duty.quiet(duty.state));
	stop();
}

static void
test_the_same_sequence_on_two_lanes_is_applied_once(void)
{
	uint32_t events;

	start(BB_RING_OUTCOME_SLOTS);
	put(0, 2, 7, 1);
	put(2, 2, 7, 1);
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), 2);
	CU_ASSERT_EQUAL(take(&events), 7);
	CU_ASSERT_EQUAL(events, 1);
	CU_ASSERT_EQUAL(take(&events), 7);
	CU_ASSERT_EQUAL(events, 0);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_SEQUENCED), 1);
	stop();
}

/* The control thread learns that its tick was applied, and what is due then. */
static void
test_ticks_are_counted_and_what_is_due_is_told(void)
{
	uint32_t events;

	start(BB_RING_OUTCOME_SLOTS);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(venue.pool);
	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	CU_ASSERT_EQUAL(state.due_ns, bb_market_due_ns(venue.market));
	bb_inputs_tick(bid);
	bid->route = BB_ROUTE_SEQUENCE;
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue(state.lanes[LANES - 1], mbuf), 0);
	CU_ASSERT_EQUAL(state.ticks, 0);
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), 1);
	CU_ASSERT_EQUAL(state.ticks, 1);
	CU_ASSERT_EQUAL(state.due_ns, bb_market_due_ns(venue.market));
	CU_ASSERT_EQUAL(take(&events), 0);
	CU_ASSERT_TRUE(events >= 1);
	stop();
}

static void
test_a_question_waits_for_room_and_comes_back(void)
{
	static struct bb_inspect asks[2];
	void *answer = NULL;

	start(BB_RING_OUTCOME_SLOTS);
	for (uint32_t i = 0; i < 2; i++) {
		asks[i] = (struct bb_inspect){ .kind = BB_INSPECT_MEMBERS };
		CU_ASSERT_EQUAL(rte_ring_sp_enqueue(state.asks, &asks[i]), 0);
		CU_ASSERT(!duty.quiet(duty.state));
		CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), i == 0 ? 1 : 0);
	}
	CU_ASSERT_EQUAL(rte_ring_sc_dequeue(state.answers, &answer), 0);
	CU_ASSERT_PTR_EQUAL(answer, &asks[0]);
	CU_ASSERT_EQUAL(asks[0].count[0], NET_PARTICIPANTS - 1);
	CU_ASSERT_EQUAL(duty.poll(duty.state, 1000), 1);
	CU_ASSERT_EQUAL(rte_ring_sc_dequeue(state.answers, &answer), 0);
	CU_ASSERT_PTR_EQUAL(answer, &asks[1]);
	CU_ASSERT(duty.quiet(duty.state));
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "lanes take turns, one packet each", test_lanes_take_turns_one_packet_each },
		{ "a poll moves at most a burst", test_a_poll_moves_at_most_a_burst },
		{ "a full ledger stops the matcher, and nothing is lost",
		  test_a_full_ledger_stops_the_matcher_and_nothing_is_lost },
		{ "the same sequence on two lanes is applied once",
		  test_the_same_sequence_on_two_lanes_is_applied_once },
		{ "ticks are counted, and what is due is told",
		  test_ticks_are_counted_and_what_is_due_is_told },
		{ "a question waits for room and comes back",
		  test_a_question_waits_for_room_and_comes_back },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	return bb_test_run("matcher duty", tests);
}
