/* bb_clock - the venue's time: the machine's, or one that runs faster, for a demonstration.
 *
 * Whatever the market does by time, it does by the times that the sequencer gives to inputs,
 * and those come from here.  A venue whose clock is set starts at a moment of its own and lives
 * through a day in a minute; everything that is not the market's (time-outs, rates, when a block
 * closes and was sealed) stays with the machine's clock.
 *
 * Units    ns since 1970, UTC.
 * Memory   A value; all zero: the machine's time.
 * Threads  Shared for reading.
 * Errors   None: at its end, a clock stands.
 * Replay   Pure.  The ledger holds the times that were given; replay needs no clock.
 */
#ifndef BB_CLOCK_H
#define BB_CLOCK_H

#include <stdint.h>

#define BB_CLOCK_SPEED_MAX 86400u

struct bb_clock {
	uint64_t start_ns;  /* the venue's time when ... */
	uint64_t origin_ns; /* ... the machine's was this */
	uint32_t speed;     /* venue's seconds in one of the machine's; 0: not set */
};

/* bb_clock_at returns the venue's time at a machine's time. */
static inline uint64_t
bb_clock_at(const struct bb_clock *clock, uint64_t machine_ns)
{
	uint64_t passed_ns;
	uint64_t venue_ns;

	if (clock->speed == 0)
		return machine_ns;
	if (machine_ns <= clock->origin_ns) /* which may be set back */
		return clock->start_ns;
	if (__builtin_mul_overflow(machine_ns - clock->origin_ns, clock->speed, &passed_ns) ||
	    __builtin_add_overflow(clock->start_ns, passed_ns, &venue_ns))
		return UINT64_MAX - 1; /* UINT64_MAX is never */
	return venue_ns;
}

/* bb_clock_venue returns how much of the venue's time passes in so much of the machine's,
 * which is no more than an hour; bb_clock_machine is the opposite, rounded up. */
static inline uint64_t
bb_clock_venue(const struct bb_clock *clock, uint64_t machine_ns)
{
	return clock->speed == 0 ? machine_ns : machine_ns * clock->speed;
}

static inline uint64_t
bb_clock_machine(const struct bb_clock *clock, uint64_t venue_ns)
{
	return clock->speed == 0 ? venue_ns
				 : venue_ns / clock->speed + (venue_ns % clock->speed != 0);
}

#endif
