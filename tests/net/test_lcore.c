/* test_lcore - what the one loop promises its duties and the control thread. */
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <urcu-qsbr.h>

#include "dataplane/bb_lcore.h"
#include "tests/net/net_kit.h"

#define MILLISECOND UINT64_C(1000000)
#define LONG        (20000 * MILLISECOND) /* for a core that others keep busy */

/* A duty that does as it is told and notes what was done to it. */
struct puppet {
	_Atomic uint64_t polls;
	_Atomic uint64_t houses;
	_Atomic uint64_t last_ns;
	_Atomic uint32_t moves;  /* what poll returns */
	_Atomic uint32_t sleeps; /* ms that the next poll takes */
	atomic_bool restless;
};

static struct bb_counters counters;
static struct bb_lcore lcore;
static struct puppet puppets[2];

static void
sleep_ms(uint32_t ms)
{
	const struct timespec span = { .tv_nsec = (long)ms * 1000000 };

	(void)nanosleep(&span, NULL);
}

static uint32_t
puppet_poll(void *state, uint64_t now_ns)
{
	struct puppet *puppet = state;
	const uint32_t ms = atomic_exchange(&puppet->sleeps, 0);

	if (ms != 0)
		sleep_ms(ms);
	puppet->last_ns = now_ns;
	puppet->polls++;
	return puppet->moves;
}

static void
puppet_house(void *state, uint64_t now_ns)
{
	struct puppet *puppet = state;

	(void)now_ns;
	puppet->houses++;
}

static bool
puppet_quiet(const void *state)
{
	const struct puppet *puppet = state;

	return !puppet->restless;
}

static void
start(void)
{
	memset(&counters, 0, sizeof(counters));
	memset(&lcore, 0, sizeof(lcore));
	memset(puppets, 0, sizeof(puppets));
	lcore.lcore_id = 1;
	lcore.counters = &counters;
	lcore.duty_count = 2;
	lcore.duties[0] = (struct bb_duty){ .name = "full", .poll = puppet_poll,
					    .housekeep = puppet_house, .quiet = puppet_quiet,
					    .state = &puppets[0] };
	lcore.duties[1] = (struct bb_duty){ .name = "bare", .poll = puppet_poll,
					    .state = &puppets[1] };
	CU_ASSERT_FATAL(bb_lcore_start(&lcore));
}

static void
test_polls_every_duty_each_turn(void)
{
	start();
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG));
	bb_lcore_join(&lcore);
	CU_ASSERT(puppets[0].polls >= 2);
	CU_ASSERT_EQUAL(puppets[0].polls, puppets[1].polls);
	CU_ASSERT_EQUAL(puppets[0].polls, bb_counted(&counters, BB_COUNT_TURNS));
	CU_ASSERT_EQUAL(puppets[0].polls, lcore.turns);
	CU_ASSERT_EQUAL(puppets[0].last_ns, puppets[1].last_ns); /* one clock a turn */
}

static void
test_keeps_house_about_every_millisecond(void)
{
	const uint64_t began_ns = bb_lcore_now_ns();

	start();
	sleep_ms(100);
	bb_lcore_join(&lcore);

	const uint64_t took_ms = (bb_lcore_now_ns() - began_ns) / 1000000;

	CU_ASSERT(puppets[0].houses >= 2); /* the core may be busy with others */
	CU_ASSERT(puppets[0].houses <= took_ms + 1);
}

static void
test_quiet_is_told_and_taken_back(void)
{
	start();
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG));
	CU_ASSERT(bb_lcore_quiet(&lcore, 1, LONG)); /* without quiet(): always */
	puppets[0].restless = true;
	CU_ASSERT(!bb_lcore_quiet(&lcore, 0, MILLISECOND * 20));
	CU_ASSERT(bb_lcore_quiet(&lcore, 1, LONG));
	puppets[0].restless = false;
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG));
	bb_lcore_join(&lcore);
}

static void
test_busy_and_longest_turns_are_counted(void)
{
	start();
	sleep_ms(10);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_BUSY_NS), 0);
	puppets[0].sleeps = 30; /* an idle turn, but a long one */
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG));
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG)); /* it is counted in the turn after */
	CU_ASSERT(bb_counted(&counters, BB_COUNT_LONGEST_NS) >= 30 * MILLISECOND);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_BUSY_NS), 0);
	puppets[1].moves = 3;
	sleep_ms(30);
	bb_lcore_join(&lcore);
	CU_ASSERT(bb_counted(&counters, BB_COUNT_BUSY_NS) > 0);
}

static void
test_each_turn_is_a_quiescent_state(void)
{
	start();
	/* Ends only because the loop says that it holds nothing. */
	for (uint32_t i = 0; i < 3; i++)
		synchronize_rcu();
	bb_lcore_join(&lcore);
	synchronize_rcu(); /* and because the lcore has left the register */
}

static void
test_stops_and_starts_again(void)
{
	start();
	CU_ASSERT(!bb_lcore_start(&lcore)); /* it runs already */
	bb_lcore_join(&lcore);

	const uint64_t polls = puppets[0].polls;

	sleep_ms(5);
	CU_ASSERT_EQUAL(puppets[0].polls, polls);
	start();
	CU_ASSERT(bb_lcore_quiet(&lcore, 0, LONG));
	bb_lcore_join(&lcore);
}

static void
test_does_not_start_where_there_is_no_worker(void)
{
	lcore = (struct bb_lcore){ .lcore_id = rte_get_main_lcore(), .counters = &counters };
	CU_ASSERT(!bb_lcore_start(&lcore));
	lcore.lcore_id = 77;
	CU_ASSERT(!bb_lcore_start(&lcore));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "polls every duty each turn", test_polls_every_duty_each_turn },
		{ "keeps house about every millisecond", test_keeps_house_about_every_millisecond },
		{ "quiet is told, and taken back", test_quiet_is_told_and_taken_back },
		{ "busy and longest turns are counted", test_busy_and_longest_turns_are_counted },
		{ "each turn is a quiescent state", test_each_turn_is_a_quiescent_state },
		{ "stops and starts again", test_stops_and_starts_again },
		{ "does not start where there is no worker",
		  test_does_not_start_where_there_is_no_worker },
		CU_TEST_INFO_NULL,
	};

	net_start(true);
	return bb_test_run("lcore", tests);
}
