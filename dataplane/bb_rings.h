/* bb_rings - the single-producer, single-consumer rings between duties, and how many
 * packets they can hold in all.
 *
 *	ports -> ingest -> lane -> matcher -> outcomes -> ledger -> released -> egress -> ports
 *	         ingest -> replies -------------------------------------------> egress
 *	control thread -> lane, asks;  answers, control -> control thread
 *
 * Units    slots: what a ring can hold, exactly.
 * Memory   DPDK's, at boot; bb_ring_free gives it back when no duty runs any more.
 * Threads  Made and freed by the control thread; then one producer and one consumer each.
 * Errors   NULL without memory.
 */
#ifndef BB_RINGS_H
#define BB_RINGS_H

#include <stdint.h>

struct rte_ring;

/* From one ingest duty, or the control thread, to the matcher: 32 bursts.  A core that
 * checks signatures fills it in some 50 ms; longer queues would only be older. */
#define BB_RING_LANE_SLOTS 1024u

/* From the matcher to the ledger: 31 slices with their packets, 0.5 MiB of outcomes. */
#define BB_RING_OUTCOME_SLOTS 8192u

/* From the ledger to the egress: what the egress may lag behind. */
#define BB_RING_RELEASED_SLOTS 8192u

/* Refusals, ARP and echo answers of one ingest duty: 16 bursts, each answered. */
#define BB_RING_REPLY_SLOTS 512u

/* From the egress to the control thread: it sleeps between looks, and the egress takes
 * nothing unless what one outcome can bring fits. */
#define BB_RING_CONTROL_SLOTS 1024u

/* Questions of the control thread to the matcher; it asks one at a time. */
#define BB_RING_INSPECT_SLOTS 15u

/* bb_ring_pointers makes a ring of pointers (lane, replies, asks, answers).  name is for
 * those who debug and need not be unique: a serial number is added. */
struct rte_ring *bb_ring_pointers(const char *name, uint32_t slots);

/* bb_ring_values makes a ring of values (outcomes, released, control); value_size is a
 * multiple of 4. */
struct rte_ring *bb_ring_values(const char *name, uint32_t slots, uint32_t value_size);

/* bb_ring_free frees an empty ring; NULL is allowed. */
void bb_ring_free(struct rte_ring *ring);

/* Where mbufs can be at one moment. */
struct bb_ring_plan {
	uint32_t ports;
	uint32_t rx_queues;   /* of all ports together: one ingest duty and lane each */
	uint32_t descriptors; /* a queue, receive and transmit alike */
	uint32_t lcores;      /* control thread included */
	uint32_t ledger_packets; /* in blocks that are open or being flushed */
};

/* bb_ring_mbufs returns how many mbufs the pool needs so that full rings of sequenced
 * packets do not starve the receive queues. */
uint32_t bb_ring_mbufs(const struct bb_ring_plan *plan);

#endif
