/* bb_lcore - the one endless loop of busbar: runs the duties of one lcore.
 *
 * Each turn reads the clock once, polls every duty in order, and reports the lcore
 * quiescent to liburcu; about every millisecond it lets the duties keep house.
 *
 * Units    ns; CLOCK_REALTIME for duties, its own counters on the same clock.
 * Memory   The caller owns the struct and keeps it until bb_lcore_join.
 * Threads  Started and joined by the control thread; what is atomic is published to it.
 */
#ifndef BB_LCORE_H
#define BB_LCORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bb_counters.h"
#include "base/bb_duty.h"

#define BB_LCORE_DUTIES 24u

struct bb_lcore {
	uint32_t lcore_id; /* DPDK's */
	uint32_t duty_count;
	struct bb_duty duties[BB_LCORE_DUTIES];
	struct bb_counters *counters;
	atomic_bool stop;      /* control thread to runner: leave the loop */
	_Atomic uint64_t turns; /* runner to control thread: finished turns */
	atomic_bool quiet[BB_LCORE_DUTIES]; /* of the last turn */
};

/* bb_lcore_start launches the loop on its (idle) DPDK worker lcore. */
bool bb_lcore_start(struct bb_lcore *lcore);

/* bb_lcore_quiet waits until duty index has been seen quiet in a turn that began after
 * the call, at most timeout_ns; returns whether it was. */
bool bb_lcore_quiet(struct bb_lcore *lcore, uint32_t index, uint64_t timeout_ns);

/* bb_lcore_join sets stop and waits until the loop has ended. */
void bb_lcore_join(struct bb_lcore *lcore);

/* bb_lcore_now_ns reads CLOCK_REALTIME. */
uint64_t bb_lcore_now_ns(void);

#endif
