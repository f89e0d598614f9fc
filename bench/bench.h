/* bench - what the benchmarks of busbar-bench share.
 *
 * Units    ns; rates a second.
 * Threads  One.
 * Errors   Exit codes: 0 measured, 1 something was not as it must be, 2 usage or memory.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/bb_ledger.h"
#include "wire/bb_burst.h"

struct bench_options {
	uint32_t keys;
	uint32_t payload; /* bytes of a message */
	uint32_t burst;   /* checks in a burst, 1..BB_BURST_CHECKS */
	double seconds;
	const char *folder; /* of the Italian market */
	const char *disk;   /* a folder on the disk to measure */
	uint32_t block;     /* bytes; 0: several sizes */
	uint32_t segment;   /* MiB */
	uint32_t window;    /* blocks of inputs on their way at once */
	enum bb_ledger_write write;
	bool pinned; /* the line's thread, to core */
	uint32_t core;
	struct bb_comb comb;
	enum bb_burst_code code;
	const char *workload; /* an order flow to replay */
	const char *mode;     /* of what is measured; NULL: all */
	const char *make;     /* an order flow to write */
	uint32_t resting;     /* orders in it */
	uint32_t ops;
	uint32_t participants;
	uint64_t seed;
	bool latency;
	bool cpu; /* report process CPU time instead of wall time */
	bool json;
};

/* Two clocks at once: on a machine that is shared only the CPU time is ours. */
struct bench_time {
	uint64_t wall_ns;
	uint64_t cpu_ns;
};

struct bench_time bench_now(void);
uint64_t bench_wall_ns(void); /* the cheap one alone */

/* bench_rate returns count a second, by the clock that was chosen. */
double bench_rate(const struct bench_options *options, struct bench_time begin, uint64_t count);

/* bench_median sorts values, of which there is at least one. */
double bench_median(double *values, uint32_t count);

/* bench_ms returns the median time of run in ms, by the clock that was chosen: run at least
 * three times, for seconds in all; each time after prepare, unless that is NULL, which is
 * not timed. */
double bench_ms(const struct bench_options *options, double seconds, void (*prepare)(void *),
		void (*run)(void *), void *context);

/* bench_identity makes the same key for the same number. */
void bench_identity(struct bb_identity *identity, uint32_t number);

int bench_verify(const struct bench_options *options);
int bench_gate(const struct bench_options *options);
int bench_auction(const struct bench_options *options);
int bench_audit(const struct bench_options *options);
int bench_ledger(const struct bench_options *options);
int bench_zones(const struct bench_options *options);
int bench_settlement(const struct bench_options *options);
int bench_rebate(const struct bench_options *options);
int bench_modes(const struct bench_options *options);
int bench_match(const struct bench_options *options);

#endif
