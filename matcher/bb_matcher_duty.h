/* bb_matcher_duty - bb_matcher_step between rings, on one core.
 *
 * Lanes are visited in turn, one packet each, in the order of their numbers: the lane
 * order and the ring order are all that decides who comes first.  Up to a burst of packets
 * is taken before their turn, so that the market can look ahead (bb_matcher_foresee); each is
 * numbered and stamped when its turn comes.
 *
 * Threads  The only consumer of lanes and asks, the only producer of outcomes and answers.  Any
 *          thread may read due_ns and ticks.
 */
#ifndef BB_MATCHER_DUTY_H
#define BB_MATCHER_DUTY_H

#include <stdatomic.h>

#include "base/bb_clock.h"
#include "base/bb_duty.h"
#include "matcher/bb_matcher.h"

struct rte_ring;

struct bb_matcher_duty {
	struct bb_matcher *matcher;
	struct bb_clock clock; /* what inputs are stamped by */
	struct rte_ring *lanes[BB_LANES_MAX]; /* mbuf pointers; private area is a bb_bid */
	uint32_t lane_count;
	uint32_t lane_next;
	void *taken[BB_BURST]; /* packets whose turn has not come, by count */
	uint64_t taken_count;
	uint64_t told_count;   /* of them, to the market */
	uint64_t given_count;  /* of them, whose turn came */
	struct rte_ring *outcomes; /* struct bb_outcome elements, to the ledger */
	struct rte_ring *asks;     /* struct bb_inspect pointers, from the control thread */
	struct rte_ring *answers;  /* the same, back */
	_Atomic uint64_t due_ns; /* when the market needs a tick; UINT64_MAX: never */
	_Atomic uint64_t ticks;  /* applied since start; what is due was asked for after them */
	struct bb_outcome burst[BB_MATCHER_OUTCOMES];
};

struct bb_duty bb_matcher_duty(struct bb_matcher_duty *duty);

#endif
