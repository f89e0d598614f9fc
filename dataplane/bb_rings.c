#include "dataplane/bb_rings.h"

#include <inttypes.h>
#include <stdio.h>

#include <rte_ring.h>

#include "base/bb_assert.h"
#include "base/bb_limits.h"
#include "dataplane/bb_port.h"
#include "dataplane/bb_transmit_duty.h"

/* DPDK finds rings by name and refuses one that exists, so each gets a number. */
static void
ring_name(char text[RTE_RING_NAMESIZE], const char *name)
{
	static uint32_t serial;

	(void)snprintf(text, RTE_RING_NAMESIZE, "%.16s.%" PRIu32, name, serial++);
}

struct rte_ring *
bb_ring_pointers(const char *name, uint32_t slots)
{
	char text[RTE_RING_NAMESIZE];

	ring_name(text, name);
	return rte_ring_create(text, slots, SOCKET_ID_ANY,
			       RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

struct rte_ring *
bb_ring_values(const char *name, uint32_t slots, uint32_t value_size)
{
	char text[RTE_RING_NAMESIZE];

	BB_ASSERT(value_size % 4 == 0);
	ring_name(text, name);
	return rte_ring_create_elem(text, value_size, slots, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

void
bb_ring_free(struct rte_ring *ring)
{
	BB_ASSERT(ring == NULL || rte_ring_empty(ring));
	rte_ring_free(ring);
}

uint32_t
bb_ring_mbufs(const struct bb_ring_plan *plan)
{
	const uint32_t lanes = plan->rx_queues + 1; /* and the control thread's */

	return plan->rx_queues * (plan->descriptors + BB_BURST) + /* received; in hand */
	       plan->ports * plan->descriptors +                  /* being sent */
	       plan->ports * BB_TRANSMIT_WAITING +                  /* waiting to be sent */
	       lanes * BB_RING_LANE_SLOTS +
	       plan->rx_queues * BB_RING_REPLY_SLOTS +
	       BB_RING_OUTCOME_SLOTS / 2 + /* a sequenced packet comes with an event */
	       plan->ledger_packets +
	       BB_RING_RELEASED_SLOTS / 2 +
	       BB_RING_CONTROL_SLOTS +
	       plan->lcores * (BB_PORT_POOL_CACHE + BB_PORT_POOL_CACHE / 2);
}
