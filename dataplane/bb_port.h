/* bb_port - one DPDK port, physical or virtual, opened as configured.
 *
 * Memory   Mbufs come from a pool made here; their private area is a struct bb_bid.  That
 *          is too large for the memory that net_af_xdp shares with the kernel (a page a
 *          packet), so such a port receives into a pool of its own and copies.
 * Threads  Opened and closed by the control thread; each receive queue is polled by one
 *          lcore, the one transmit queue by the egress.
 * Errors   bb_result and one line of text that says what to do.
 */
#ifndef BB_PORT_H
#define BB_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "dataplane/bb_frame.h"

struct rte_mbuf;
struct rte_mempool;

#define BB_PORT_TEXT 256u

/* Mbufs that a core keeps at hand; it may hold half as many again. */
#define BB_PORT_POOL_CACHE 256u

struct bb_port_config {
	char device[512]; /* "net_memif0,role=server,socket=/run/...": a vdev with its
			     arguments, made if it does not exist yet; or a PCI address */
	uint16_t rx_queues;
	uint16_t descriptors; /* a queue */
	bool promiscuous;
	struct bb_interface interface; /* mac all zero: the device's own, or if it has none
					  one that is made up */
};

struct bb_port {
	struct bb_interface interface;
	uint16_t id; /* DPDK's */
	uint16_t rx_queues;
	struct rte_mempool *pool;
	struct rte_mempool *own_pool; /* receives into it and copies; else NULL */
};

/* bb_port_pool makes the pool that all ports share: count mbufs, data room for an MTU of
 * 1,500, private area for a struct bb_bid.  NULL without memory. */
struct rte_mempool *bb_port_pool(const char *name, uint32_t count);

/* bb_port_open starts the port; rx_queues above one spread by RSS over addresses and UDP
 * ports.  A NIC that cannot do that is an error that says so; of a virtual device it is
 * the other end that chooses the queue.  A MAC address that the device cannot take is
 * used all the same, with the device in promiscuous mode. */
enum bb_result bb_port_open(struct bb_port *port, const struct bb_port_config *config,
			    struct rte_mempool *pool, char text[BB_PORT_TEXT]);

/* bb_port_receive takes up to room frames from a queue, each in an mbuf of pool; room is at
 * most BB_BURST.  Without mbufs to copy into it leaves them where they are. */
uint16_t bb_port_receive(const struct bb_port *port, uint16_t queue, struct rte_mbuf **frames,
			 uint16_t room);

/* bb_port_close stops the port and, if it is virtual, removes the device. */
void bb_port_close(struct bb_port *port);

/* What the device itself counted; the control thread may ask at any time. */
struct bb_port_stats {
	uint64_t rx, rx_missed, rx_errors, rx_no_mbuf, tx, tx_errors;
	bool link_up;
};

void bb_port_stats(const struct bb_port *port, struct bb_port_stats *stats);

#endif
