#include "ctl/bb_ticker.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"

#define NEVER_NS UINT64_MAX
#define MS_NS    UINT64_C(1000000)

/* under_way returns whether the matching core has not applied the last tick yet.  What it says
 * to be due is from before then, and no reason to send another. */
static bool
under_way(const struct bb_daemon *daemon)
{
	/* Pairs with the store of the matcher, which comes after that of due_ns. */
	return atomic_load_explicit(&daemon->matcher_duty.ticks, memory_order_acquire) !=
	       daemon->desk.ticks_sent;
}

/* The venue's time is set before the lcores start, and never after. */
static const struct bb_clock *
clock_of(const struct bb_daemon *daemon)
{
	return &daemon->matcher_duty.clock;
}

/* next_ns returns when to send the next tick, by the venue's time; NEVER_NS. */
static uint64_t
next_ns(const struct bb_daemon *daemon)
{
	const uint64_t due_ns =
		atomic_load_explicit(&daemon->matcher_duty.due_ns, memory_order_relaxed);
	const uint64_t sent_ns = daemon->desk.tick_sent_ns;
	const uint64_t spaced_ns =
		sent_ns + bb_clock_venue(clock_of(daemon), daemon->config.tick_ns);

	/* It was due at the last tick and is still: that one had more to do than fits one. */
	if (due_ns == NEVER_NS || due_ns <= sent_ns)
		return due_ns;
	return due_ns > spaced_ns ? due_ns : spaced_ns;
}

static void
send(struct bb_daemon *daemon, uint64_t now_ns, uint64_t venue_ns)
{
	struct rte_ring *lane = daemon->rings.lanes[bb_daemon_control_lane(daemon)];
	struct rte_mbuf *mbuf =
		rte_ring_full(lane) ? NULL : rte_pktmbuf_alloc(daemon->pool);

	if (mbuf == NULL)
		return;

	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	bb_inputs_tick(bid);
	bid->number = 0;
	bid->sequenced_ns = 0;
	bid->received_ns = now_ns;
	bid->route = BB_ROUTE_SEQUENCE;
	bid->back = (struct bb_return){ .port = BB_RETURN_CONTROL };
	daemon->desk.ticks_sent++;
	daemon->desk.tick_sent_ns = venue_ns;
	BB_ASSERT(rte_ring_sp_enqueue(lane, mbuf) == 0);
}

void
bb_ticker_turn(struct bb_daemon *daemon, uint64_t now_ns)
{
	struct bb_desk *desk = &daemon->desk;
	const uint64_t venue_ns = bb_clock_at(clock_of(daemon), now_ns);

	if (desk->stopping || under_way(daemon))
		return;
	if (venue_ns < desk->tick_sent_ns)
		desk->tick_sent_ns = venue_ns; /* the clock was set back */
	if (next_ns(daemon) <= venue_ns)
		send(daemon, now_ns, venue_ns);
}

int
bb_ticker_patience_ms(const struct bb_daemon *daemon, uint64_t now_ns, int most_ms)
{
	if (under_way(daemon))
		return 1;

	const struct bb_clock *clock = clock_of(daemon);
	const uint64_t venue_ns = bb_clock_at(clock, now_ns);
	const uint64_t next = next_ns(daemon);

	if (next == NEVER_NS)
		return most_ms;
	const uint64_t wait_ns = next > venue_ns ? bb_clock_machine(clock, next - venue_ns) : 0;
	if (wait_ns >= (uint64_t)most_ms * MS_NS)
		return most_ms;
	/* Rounded up: half a millisecond early would be a turn for nothing. */
	return (int)((wait_ns + MS_NS - 1) / MS_NS);
}
