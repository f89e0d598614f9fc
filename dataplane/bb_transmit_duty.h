/* bb_transmit - the transmit queues of all ports, as the egress duty fills them.
 *
 * Frames wait here until their port takes them.  A port that takes no more holds up the
 * rest for BB_TRANSMIT_PATIENCE_NS once; then its frames are dropped until it takes
 * something again.  Those for a port without link are dropped at once.
 *
 * Units    ns of the egress lcore's clock.
 * Memory   The egress' arena.  Frames belong to bb_transmit from bb_transmit_add on.
 * Threads  The egress lcore alone.
 * Errors   A dropped frame is counted as TX_DROPPED.
 */
#ifndef BB_TRANSMIT_DUTY_H
#define BB_TRANSMIT_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_counters.h"
#include "base/bb_limits.h"
#include "dataplane/bb_port.h"

/* What the largest outcome makes (a part, 64 notices and the last part), several times. */
#define BB_TRANSMIT_WAITING 512u

/* A peer that shares its core with others is back in that time. */
#define BB_TRANSMIT_PATIENCE_NS UINT64_C(2000000)

struct rte_mbuf;

struct bb_transmit_port {
	struct rte_mbuf *waiting[BB_TRANSMIT_WAITING];
	uint32_t count;
	bool no_link;
	bool deaf;           /* patience with it ran out */
	uint64_t refused_ns; /* since when something waits that it did not take; 0: nothing */
};

struct bb_transmit {
	const struct bb_port *ports;
	uint32_t port_count;
	struct bb_counters *counters;
	uint64_t link_ns; /* last look at the links */
	struct bb_transmit_port queues[BB_PORTS_MAX];
};

/* bb_transmit_room returns how many frames any port surely has room for. */
uint32_t bb_transmit_room(const struct bb_transmit *transmit);

/* bb_transmit_add queues a frame for a port that has room. */
void bb_transmit_add(struct bb_transmit *transmit, uint32_t port, struct rte_mbuf *mbuf);

/* bb_transmit_flush offers the ports what waits. */
void bb_transmit_flush(struct bb_transmit *transmit, uint64_t now_ns);

/* bb_transmit_look looks at the links, ten times a second at most. */
void bb_transmit_look(struct bb_transmit *transmit, uint64_t now_ns);

/* bb_transmit_idle returns whether nothing waits. */
bool bb_transmit_idle(const struct bb_transmit *transmit);

#endif
