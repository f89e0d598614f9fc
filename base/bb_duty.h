/* bb_duty - one job of one polling core.
 *
 * The runner, dataplane/bb_lcore.c, holds the only endless loop in busbar.  It
 * reads the clock, calls poll(), counts what poll() returns, and about every
 * millisecond calls housekeep() and reports the core quiescent to liburcu.
 *
 * poll() moves at most one burst and returns how many items it moved.  It never
 * blocks, sleeps, locks, allocates or logs.  housekeep() may be NULL.
 *
 * quiet() tells whether the duty holds nothing and finds nothing waiting; NULL
 * means always.  A clean stop asks the duties in the order of the data path, each
 * after the one before it has become quiet: so everything accepted is answered.
 */
#ifndef BB_DUTY_H
#define BB_DUTY_H

#include <stdbool.h>
#include <stdint.h>

struct bb_duty {
	const char *name; /* in counters and in busbarctl */
	uint32_t (*poll)(void *state, uint64_t now_ns);
	void (*housekeep)(void *state, uint64_t now_ns);
	bool (*quiet)(const void *state);
	void *state;
};

#endif
