#include "matcher/bb_matcher_duty.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "base/bb_hint.h"

/* dequeue_one takes one packet from the next lane in turn that has one. */
static void *
dequeue_one(struct bb_matcher_duty *duty)
{
	for (uint32_t i = 0; i < duty->lane_count; i++) {
		struct rte_ring *lane = duty->lanes[duty->lane_next];
		void *mbuf = NULL;

		duty->lane_next = (duty->lane_next + 1) % duty->lane_count;
		if (rte_ring_sc_dequeue(lane, &mbuf) == 0)
			return mbuf;
	}
	return NULL;
}

/* How far before its turn a packet is told: what lies between was asked for, but another core
 * wrote it, and it has to come from there first. */
#define TOLD_AHEAD (BB_BURST - 8u)

static void
take_ahead(struct bb_matcher_duty *duty)
{
	while (duty->taken_count - duty->given_count < BB_BURST) {
		void *mbuf = dequeue_one(duty);
		if (mbuf == NULL)
			break;
		const struct bb_bid *bid = rte_mbuf_to_priv(mbuf);
		BB_FETCH(&bid->participant);
		BB_FETCH(bid->commands);
		duty->taken[duty->taken_count++ % BB_BURST] = mbuf;
	}
	while (duty->told_count < duty->taken_count &&
	       duty->told_count - duty->given_count < TOLD_AHEAD)
		bb_matcher_foresee(
			duty->matcher,
			rte_mbuf_to_priv(duty->taken[duty->told_count++ % BB_BURST]));
}

/* take_packet returns the next packet, or NULL. */
static void *
take_packet(struct bb_matcher_duty *duty)
{
	take_ahead(duty);
	return duty->given_count < duty->taken_count
		       ? duty->taken[duty->given_count++ % BB_BURST]
		       : NULL;
}

static uint32_t
answer_one(struct bb_matcher_duty *duty)
{
	void *ask = NULL;

	if (duty->asks == NULL || rte_ring_full(duty->answers) ||
	    rte_ring_sc_dequeue(duty->asks, &ask) != 0)
		return 0;
	bb_matcher_inspect(duty->matcher, ask);

	const int failed = rte_ring_sp_enqueue(duty->answers, ask);
	BB_ASSERT(failed == 0);
	return 1;
}

/* tell_due tells the control thread when a tick is needed.  Of two values it may see the older
 * one; but if it sees that its last tick was applied, then also what is due after that. */
static void
tell_due(struct bb_matcher_duty *duty)
{
	atomic_store_explicit(&duty->due_ns, bb_market_due_ns(duty->matcher->market),
			      memory_order_relaxed);
	atomic_store_explicit(&duty->ticks, duty->matcher->ticks, memory_order_release);
}

static uint32_t
matcher_poll(void *state, uint64_t now_ns)
{
	struct bb_matcher_duty *duty = state;
	const uint64_t venue_ns = bb_clock_at(&duty->clock, now_ns);
	uint32_t steps = 0;

	while (steps < BB_BURST) {
		void *mbuf = NULL;

		/* Take no more than the ledger has room to hear about.  A slow ledger then
		 * slows the matcher, the lanes fill, and the gate says BUSY: no queue grows
		 * and nothing accepted is lost. */
		if (rte_ring_free_count(duty->outcomes) < BB_MATCHER_OUTCOMES)
			break;
		if (bb_matcher_ready(duty->matcher)) {
			mbuf = take_packet(duty);
			if (mbuf == NULL)
				break;
		}

		struct bb_bid *bid = mbuf == NULL ? NULL : rte_mbuf_to_priv(mbuf);
		const uint32_t count =
			bb_matcher_step(duty->matcher, venue_ns, mbuf, bid, duty->burst);

		const uint32_t sent = rte_ring_sp_enqueue_bulk_elem(
			duty->outcomes, duty->burst, sizeof(duty->burst[0]), count, NULL);
		BB_ASSERT(sent == count);
		steps++;
	}
	if (steps > 0 && bb_matcher_ready(duty->matcher))
		tell_due(duty);
	return steps + answer_one(duty);
}

static bool
matcher_quiet(const void *state)
{
	const struct bb_matcher_duty *duty = state;

	if (!bb_matcher_ready(duty->matcher) || duty->given_count < duty->taken_count)
		return false;
	for (uint32_t i = 0; i < duty->lane_count; i++)
		if (!rte_ring_empty(duty->lanes[i]))
			return false;
	return duty->asks == NULL || rte_ring_empty(duty->asks);
}

struct bb_duty
bb_matcher_duty(struct bb_matcher_duty *duty)
{
	BB_ASSERT(duty->lane_count > 0 && duty->lane_count <= BB_LANES_MAX);
	tell_due(duty);
	return (struct bb_duty){ .name = "matcher",
				 .poll = matcher_poll,
				 .quiet = matcher_quiet,
				 .state = duty };
}
