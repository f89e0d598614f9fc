/* bb_ingest_duty - one receive queue: frames in, proven bids out to the matcher's lane.
 *
 * Room in the lane is checked before a burst is judged, so a full lane is told to the
 * proven sender as BUSY and nothing accepted is ever dropped.
 *
 * Threads  One lcore; the only producer of lane and replies, the only reader of its queue.
 */
#ifndef BB_INGEST_DUTY_H
#define BB_INGEST_DUTY_H

#include <stdatomic.h>

#include "base/bb_duty.h"
#include "dataplane/bb_gate.h"
#include "dataplane/bb_port.h"

struct rte_mbuf;
struct rte_ring;

struct bb_ingest_duty {
	const struct bb_port *port;
	uint8_t port_index; /* into the configured ports, for bb_return */
	uint16_t queue;
	struct bb_gate *gate;
	struct rte_ring *lane;    /* mbuf pointers, to the matcher */
	struct rte_ring *replies; /* mbuf pointers ready to send, to the egress */
	struct bb_counters *counters;
	atomic_bool stopping;     /* by the control thread: take nothing new */
	struct rte_mbuf *burst[BB_BURST];
};

struct bb_duty bb_ingest_duty(struct bb_ingest_duty *duty);

#endif
