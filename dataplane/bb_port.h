/* bb_port - one DPDK port, physical or virtual, opened as configured.
 *
 * Memory   Mbufs come from a pool made here; their private area is a struct bb_bid.
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

struct rte_mempool;

#define BB_PORT_TEXT 256u

struct bb_port_config {
	char device[512]; /* "net_memif0,role=server,socket=/run/...": a vdev with its
			     arguments, made if it does not exist yet; or a PCI address */
	uint16_t rx_queues;
	uint16_t descriptors; /* a queue */
	bool promiscuous;
	struct bb_interface interface; /* mac all zero: the device's own */
};

struct bb_port {
	struct bb_interface interface;
	uint16_t id; /* DPDK's */
	uint16_t rx_queues;
	struct rte_mempool *pool;
};

/* bb_port_pool makes the pool that all ports share: count mbufs, data room for an MTU of
 * 1,500, private area for a struct bb_bid.  NULL without memory. */
struct rte_mempool *bb_port_pool(const char *name, uint32_t count);

/* bb_port_open starts the port; rx_queues above one spread by RSS over addresses and UDP
 * ports where the device can; where it cannot it is an error that says so. */
enum bb_result bb_port_open(struct bb_port *port, const struct bb_port_config *config,
			    struct rte_mempool *pool, char text[BB_PORT_TEXT]);

void bb_port_close(struct bb_port *port);

/* What the device itself counted; the control thread may ask at any time. */
struct bb_port_stats {
	uint64_t rx, rx_missed, rx_errors, rx_no_mbuf, tx, tx_errors;
	bool link_up;
};

void bb_port_stats(const struct bb_port *port, struct bb_port_stats *stats);

#endif
