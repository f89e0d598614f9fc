/* bench_still - whether the machine ran at all while something was measured.
 *
 * Two threads, one on the core that is measured and one on the others, sleep half a millisecond
 * at a time and then look at the clock.  When neither has looked for more than one, nothing ran
 * on this machine: as a rule it is a virtual one, and its host had given it all the CPU time
 * that it may have.  A disk that is slow, or a thread that is busy, does not look like that.
 *
 * Units    ns.
 * Threads  Two of its own, under SCHED_FIFO where the process may ask for it; start, take and
 *          stop by one.
 * Errors   Start returns false where there can be no threads.
 */
#ifndef BENCH_STILL_H
#define BENCH_STILL_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct bench_still {
	uint64_t sum_ns;
	uint64_t longest_ns;
};

bool bench_still_start(const cpu_set_t *own, const cpu_set_t *others);

/* bench_still_take returns how long the machine stood still since it was last asked. */
struct bench_still bench_still_take(void);

void bench_still_stop(void);

#endif
