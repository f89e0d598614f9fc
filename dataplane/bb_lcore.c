#include "dataplane/bb_lcore.h"

#include <time.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <urcu-qsbr.h>

#include "base/bb_assert.h"

#define NS_PER_S  UINT64_C(1000000000)
#define HOUSE_NS  UINT64_C(1000000) /* between two calls of housekeep */
#define SLEEP_NS  50000L            /* between two looks of the control thread */

uint64_t
bb_lcore_now_ns(void)
{
	struct timespec now;

	const int failed = clock_gettime(CLOCK_REALTIME, &now);
	BB_ASSERT(failed == 0);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* elapsed is for a clock that may be set back at any time. */
static uint64_t
elapsed(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static void
count_turn(struct bb_counters *counters, uint64_t turn_ns, uint32_t moved)
{
	const uint64_t longest_ns = bb_counted(counters, BB_COUNT_LONGEST_NS);

	bb_count(counters, BB_COUNT_TURNS, 1);
	if (moved > 0)
		bb_count(counters, BB_COUNT_BUSY_NS, turn_ns);
	if (turn_ns > longest_ns)
		bb_count(counters, BB_COUNT_LONGEST_NS, turn_ns - longest_ns);
}

static uint32_t
poll_all(const struct bb_lcore *lcore, uint64_t now_ns)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < lcore->duty_count; i++)
		moved += lcore->duties[i].poll(lcore->duties[i].state, now_ns);
	return moved;
}

static void
housekeep_all(const struct bb_lcore *lcore, uint64_t now_ns)
{
	for (uint32_t i = 0; i < lcore->duty_count; i++)
		if (lcore->duties[i].housekeep != NULL)
			lcore->duties[i].housekeep(lcore->duties[i].state, now_ns);
}

/* publish_quiet judges at the end of the turn, when no duty can give another one of this
 * lcore more work.  The release store of turns pairs with the load in bb_lcore_quiet. */
static void
publish_quiet(struct bb_lcore *lcore, uint64_t turns)
{
	for (uint32_t i = 0; i < lcore->duty_count; i++) {
		const struct bb_duty *duty = &lcore->duties[i];
		const bool quiet = duty->quiet == NULL || duty->quiet(duty->state);

		atomic_store_explicit(&lcore->quiet[i], quiet, memory_order_relaxed);
	}
	atomic_store_explicit(&lcore->turns, turns, memory_order_release);
}

static int
lcore_run(void *state)
{
	struct bb_lcore *lcore = state;
	uint64_t turns = atomic_load_explicit(&lcore->turns, memory_order_relaxed);
	uint64_t now_ns = bb_lcore_now_ns();
	uint64_t house_ns = now_ns;

	urcu_qsbr_register_thread();
	while (!atomic_load_explicit(&lcore->stop, memory_order_acquire)) {
		const uint64_t began_ns = now_ns;
		const uint32_t moved = poll_all(lcore, now_ns);

		if (now_ns < house_ns || now_ns - house_ns >= HOUSE_NS) {
			housekeep_all(lcore, now_ns);
			house_ns = now_ns;
		}
		urcu_qsbr_quiescent_state();
		publish_quiet(lcore, ++turns);
		if (moved == 0)
			rte_pause();
		now_ns = bb_lcore_now_ns();
		count_turn(lcore->counters, elapsed(began_ns, now_ns), moved);
	}
	urcu_qsbr_unregister_thread();
	return 0;
}

bool
bb_lcore_start(struct bb_lcore *lcore)
{
	BB_ASSERT(lcore->duty_count <= BB_LCORE_DUTIES);
	if (!rte_lcore_is_enabled(lcore->lcore_id) ||
	    lcore->lcore_id == rte_get_main_lcore() ||
	    rte_eal_get_lcore_state(lcore->lcore_id) != WAIT)
		return false;
	atomic_store(&lcore->stop, false);
	atomic_store(&lcore->turns, 0);
	return rte_eal_remote_launch(lcore_run, lcore, lcore->lcore_id) == 0;
}

static void
sleep_a_little(void)
{
	const struct timespec little = { .tv_nsec = SLEEP_NS };

	(void)nanosleep(&little, NULL);
}

static uint64_t
monotonic_ns(void)
{
	struct timespec now;

	const int failed = clock_gettime(CLOCK_MONOTONIC, &now);
	BB_ASSERT(failed == 0);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

bool
bb_lcore_quiet(struct bb_lcore *lcore, uint32_t index, uint64_t timeout_ns)
{
	const uint64_t began_ns = monotonic_ns();
	const uint64_t turns = atomic_load_explicit(&lcore->turns, memory_order_acquire);

	BB_ASSERT(index < lcore->duty_count);
	/* The turn under way began before this call; the one after it did not. */
	for (;;) {
		const uint64_t now = atomic_load_explicit(&lcore->turns, memory_order_acquire);

		if (now >= turns + 2 &&
		    atomic_load_explicit(&lcore->quiet[index], memory_order_relaxed))
			return true;
		if (monotonic_ns() - began_ns >= timeout_ns)
			return false;
		sleep_a_little();
	}
}

void
bb_lcore_join(struct bb_lcore *lcore)
{
	atomic_store_explicit(&lcore->stop, true, memory_order_release);
	(void)rte_eal_wait_lcore(lcore->lcore_id);
}
