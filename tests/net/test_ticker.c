/* test_ticker - ticks come when something is due, one at a time, and not otherwise. */
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_ticker.h"
#include "tests/net/net_kit.h"

#define NOW     UINT64_C(1700000000000000000)
#define SECOND  UINT64_C(1000000000)
#define MS      UINT64_C(1000000)
#define NEVER   UINT64_MAX

static struct bb_daemon daemon_;
static struct rte_ring *lane;

static void
start(uint64_t due_ns)
{
	memset(&daemon_, 0, sizeof(daemon_));
	lane = bb_ring_pointers("lane", 4);
	daemon_.rings.lanes[0] = lane;
	daemon_.pool = net_pool();
	daemon_.config.tick_ns = SECOND;
	daemon_.matcher_duty.due_ns = due_ns;
}

static void
stop(void)
{
	bb_ring_free(lane);
}

/* sent takes the tick that lies in the lane; false if there is none. */
static bool
sent(void)
{
	void *mbuf = NULL;

	if (rte_ring_sc_dequeue(lane, &mbuf) != 0)
		return false;

	const struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	CU_ASSERT_TRUE(bb_bid_is_tick(bid));
	CU_ASSERT_EQUAL(bid->route, BB_ROUTE_SEQUENCE);
	CU_ASSERT_EQUAL(bid->command_count, 1);
	CU_ASSERT_EQUAL(bid->commands[0].kind, BB_COMMAND_TICK);
	CU_ASSERT_EQUAL(bid->input_size, 0);
	rte_pktmbuf_free(mbuf);
	return true;
}

/* applied is what the matching core says once a tick is done. */
static void
applied(uint64_t due_ns)
{
	daemon_.matcher_duty.due_ns = due_ns;
	daemon_.matcher_duty.ticks++;
}

static void
test_nothing_due_no_tick(void)
{
	start(NEVER);
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_FALSE(sent());
	daemon_.matcher_duty.due_ns = NOW + 1;
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_FALSE(sent());
	bb_ticker_turn(&daemon_, NOW + 1);
	CU_ASSERT_TRUE(sent());
	stop();
}

static void
test_one_tick_is_under_way_at_a_time(void)
{
	start(NOW);
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_TRUE(sent());
	bb_ticker_turn(&daemon_, NOW + 10 * SECOND);
	CU_ASSERT_FALSE(sent());
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW + SECOND, 100), 1);
	applied(NEVER);
	bb_ticker_turn(&daemon_, NOW + 11 * SECOND);
	CU_ASSERT_FALSE(sent());
	stop();
}

static void
test_ticks_keep_their_distance_unless_work_is_left_over(void)
{
	start(NOW);
	bb_ticker_turn(&daemon_, NOW + 5);
	CU_ASSERT_TRUE(sent());
	applied(NOW); /* one tick was not enough: at once */
	bb_ticker_turn(&daemon_, NOW + 6);
	CU_ASSERT_TRUE(sent());
	applied(NOW + 7); /* became due since: not before the distance is kept */
	bb_ticker_turn(&daemon_, NOW + 8);
	CU_ASSERT_FALSE(sent());
	bb_ticker_turn(&daemon_, NOW + 5 + SECOND);
	CU_ASSERT_FALSE(sent());
	bb_ticker_turn(&daemon_, NOW + 6 + SECOND);
	CU_ASSERT_TRUE(sent());
	stop();
}

static void
test_a_full_lane_is_tried_again(void)
{
	void *other = &daemon_;

	start(NOW);
	while (rte_ring_sp_enqueue(lane, other) == 0)
		;
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_EQUAL(daemon_.desk.ticks_sent, 0);
	while (rte_ring_sc_dequeue(lane, &other) == 0)
		;
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_TRUE(sent());
	stop();
}

static void
test_a_stop_takes_no_tick(void)
{
	start(NOW);
	daemon_.desk.stopping = true;
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_FALSE(sent());
	stop();
}

/* The clock was set back by an hour after the last tick: the next does not wait for it. */
static void
test_a_clock_that_was_set_back_holds_up_nothing(void)
{
	start(NOW);
	bb_ticker_turn(&daemon_, NOW);
	CU_ASSERT_TRUE(sent());
	applied(NOW - 3500 * SECOND);
	bb_ticker_turn(&daemon_, NOW - 3600 * SECOND);
	CU_ASSERT_FALSE(sent());
	bb_ticker_turn(&daemon_, NOW - 3500 * SECOND);
	CU_ASSERT_TRUE(sent());
	stop();
}

static void
test_the_control_thread_sleeps_until_the_next_tick(void)
{
	start(NEVER);
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW, 100), 100);
	daemon_.matcher_duty.due_ns = NOW + 30 * MS + 1;
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW, 100), 31);
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW, 1), 1);
	daemon_.matcher_duty.due_ns = NOW + 100 * MS;
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW, 100), 100);
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW + 100 * MS, 100), 0);
	stop();
}

/* A day a minute: what is due is the venue's time, the distance of ticks the machine's. */
static void
test_a_clock_of_the_venues_own_makes_things_due_sooner(void)
{
	const uint64_t hour = 3600 * SECOND;

	start(10 * hour);
	daemon_.matcher_duty.clock =
		(struct bb_clock){ .start_ns = 9 * hour, .origin_ns = NOW, .speed = 1440 };
	bb_ticker_turn(&daemon_, NOW + 2 * SECOND);
	CU_ASSERT_FALSE(sent());
	CU_ASSERT_EQUAL(bb_ticker_patience_ms(&daemon_, NOW + 2 * SECOND, 1000), 500);
	bb_ticker_turn(&daemon_, NOW + 2500 * MS);
	CU_ASSERT_TRUE(sent());
	applied(10 * hour + 1);
	bb_ticker_turn(&daemon_, NOW + 3499 * MS);
	CU_ASSERT_FALSE(sent());
	bb_ticker_turn(&daemon_, NOW + 3500 * MS);
	CU_ASSERT_TRUE(sent());
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "nothing due, no tick", test_nothing_due_no_tick },
		{ "one tick is under way at a time", test_one_tick_is_under_way_at_a_time },
		{ "ticks keep their distance, unless work is left over",
		  test_ticks_keep_their_distance_unless_work_is_left_over },
		{ "a full lane is tried again", test_a_full_lane_is_tried_again },
		{ "a stop takes no tick", test_a_stop_takes_no_tick },
		{ "a clock that was set back holds up nothing",
		  test_a_clock_that_was_set_back_holds_up_nothing },
		{ "the control thread sleeps until the next tick",
		  test_the_control_thread_sleeps_until_the_next_tick },
		{ "a clock of the venue's own makes things due sooner",
		  test_a_clock_of_the_venues_own_makes_things_due_sooner },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	return bb_test_run("ticker", tests);
}
