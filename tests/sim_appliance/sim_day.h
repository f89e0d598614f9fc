/* sim_day - a venue with a calendar, whose clock runs so fast that delivery intervals open, are
 * auctioned, delivered, metered and paid between two crashes; and what operator, grid company
 * and meter send in such a venue.
 *
 * The grid company is the first trader, the meter the last one if there are two.  Two zones, a
 * line between them, 16 intervals alive at once: a new one is defined when an old one is final.
 */
#ifndef SIM_DAY_H
#define SIM_DAY_H

#include "base/bb_clock.h"
#include "market/bb_market.h"
#include "tests/sim_appliance/sim.h"
#include "wire/bb_packet.h"

#define SIM_DAY_SETUP 5u /* operations before anything can be traded, members apart */

struct sim_day {
	struct bb_clock clock; /* of the venue; not set: it has no calendar */
};

/* sim_day_begin draws how fast the clock runs from now_ns on. */
void sim_day_begin(struct sim_day *day, struct bb_random *random, uint64_t now_ns);

static inline bool
sim_day_is(const struct sim_day *day)
{
	return day->clock.speed != 0;
}

/* sim_day_size makes a market large enough for a calendar. */
void sim_day_size(struct bb_market_size *size);

/* sim_day_member gives a trader its roles and its zone. */
void sim_day_member(struct bb_wire_member *member, uint32_t traders);

/* sim_day_setup is the step-th of SIM_DAY_SETUP operations. */
void sim_day_setup(uint32_t step, struct bb_wire_operation *operation);

/* sim_day_product draws a product that may be open at the venue's time. */
uint32_t sim_day_product(struct bb_random *random, uint64_t venue_ns);

/* These draw what operator and grid company ask for, and a reading of an interval that may be
 * over; much of it is refused, as it should be. */
void sim_day_operate(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
		     struct bb_wire_operation *operation);
void sim_day_command(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
		     struct bb_wire_operation *operation);
void sim_day_read(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
		  struct bb_wire_meter *meter);

#endif
