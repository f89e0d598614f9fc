#include "dataplane/bb_transmit_duty.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "base/bb_assert.h"

#define LINK_NS UINT64_C(100000000) /* between two looks at the links */

uint32_t
bb_transmit_room(const struct bb_transmit *transmit)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < transmit->port_count; i++)
		most = RTE_MAX(most, transmit->queues[i].count);
	return BB_TRANSMIT_WAITING - most;
}

void
bb_transmit_add(struct bb_transmit *transmit, uint32_t port, struct rte_mbuf *mbuf)
{
	BB_ASSERT(port < transmit->port_count);

	struct bb_transmit_port *queue = &transmit->queues[port];

	BB_ASSERT(queue->count < BB_TRANSMIT_WAITING);
	queue->waiting[queue->count++] = mbuf;
}

static void
drop(struct bb_transmit *transmit, struct bb_transmit_port *queue)
{
	rte_pktmbuf_free_bulk(queue->waiting, queue->count);
	bb_count(transmit->counters, BB_COUNT_TX_DROPPED, queue->count);
	queue->count = 0;
	queue->refused_ns = 0;
}

/* is_over returns whether patience ran out.  A clock that was set back makes the difference
 * large and ends it too. */
static bool
is_over(uint64_t refused_ns, uint64_t now_ns)
{
	return now_ns - refused_ns >= BB_TRANSMIT_PATIENCE_NS;
}

static void
flush_port(struct bb_transmit *transmit, uint32_t port, uint64_t now_ns)
{
	struct bb_transmit_port *queue = &transmit->queues[port];

	if (queue->count == 0)
		return;
	if (queue->no_link) {
		drop(transmit, queue);
		return;
	}

	const uint16_t sent = rte_eth_tx_burst(transmit->ports[port].id, 0, queue->waiting,
					       (uint16_t)queue->count);

	queue->count -= sent;
	if (sent > 0)
		queue->deaf = false;
	if (queue->count == 0) {
		queue->refused_ns = 0;
		return;
	}
	memmove(queue->waiting, queue->waiting + sent,
		queue->count * sizeof(queue->waiting[0]));
	if (queue->deaf || (queue->refused_ns != 0 && is_over(queue->refused_ns, now_ns))) {
		drop(transmit, queue);
		queue->deaf = sent == 0;
	} else if (queue->refused_ns == 0) {
		queue->refused_ns = now_ns;
	}
}

void
bb_transmit_flush(struct bb_transmit *transmit, uint64_t now_ns)
{
	for (uint32_t i = 0; i < transmit->port_count; i++)
		flush_port(transmit, i, now_ns);
}

void
bb_transmit_look(struct bb_transmit *transmit, uint64_t now_ns)
{
	if (now_ns - transmit->link_ns < LINK_NS)
		return;
	transmit->link_ns = now_ns;
	for (uint32_t i = 0; i < transmit->port_count; i++) {
		struct rte_eth_link link;

		transmit->queues[i].no_link =
			rte_eth_link_get_nowait(transmit->ports[i].id, &link) == 0 &&
			link.link_status != RTE_ETH_LINK_UP;
	}
}

bool
bb_transmit_idle(const struct bb_transmit *transmit)
{
	return bb_transmit_room(transmit) == BB_TRANSMIT_WAITING;
}
