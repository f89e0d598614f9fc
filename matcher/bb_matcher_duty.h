/* bb_matcher_duty - bb_matcher_step between rings, on one core.
 *
 * Lanes are visited in turn, one packet each, in the order of their numbers: the lane
 * order and the ring order are all that decides who comes first.
 *
 * Threads  The only consumer of lanes and asks, the only producer of outcomes and answers.
 */
#ifndef BB_MATCHER_DUTY_H
#define BB_MATCHER_DUTY_H

#include "base/bb_duty.h"
#include "matcher/bb_matcher.h"

struct rte_ring;

struct bb_matcher_duty {
	struct bb_matcher *matcher;
	struct rte_ring *lanes[BB_LANES_MAX]; /* mbuf pointers; private area is a bb_bid */
	uint32_t lane_count;
	uint32_t lane_next;
	struct rte_ring *outcomes; /* struct bb_outcome elements, to the ledger */
	struct rte_ring *asks;     /* struct bb_inspect pointers, from the control thread */
	struct rte_ring *answers;  /* the same, back */
	struct bb_outcome burst[BB_MATCHER_OUTCOMES];
};

struct bb_duty bb_matcher_duty(struct bb_matcher_duty *duty);

#endif
