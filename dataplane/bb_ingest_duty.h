/* bb_ingest_duty - one receive queue: frames in, proven bids out to the matcher's lane.
 *
 * Room in the lane is checked before a burst is judged, so a full lane is told to the
 * proven sender as BUSY and nothing accepted is ever dropped.
 *
 * Every received frame ends in exactly one counter:
 *
 *	RX = ACCEPTED + REPEATED + QUERIES + ARP + ECHO + FOREIGN + all of REFUSED
 *
 * where REFUSED + BB_ERR_FRAME are frames to us that do not add up or lie in more than one
 * segment.  REFUSALS_SENT and TX_DROPPED say what became of an answer made here and count
 * no frame again.
 *
 * Threads  One lcore; the only producer of lane and replies, the only reader of its queue.
 * Errors   A refusal is counted with its reason; one that bb_gate_answered names goes back
 *          to the sender in the mbuf that it came in.
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

/* bb_ingest_duty: quiet says that nothing new will come from here, stopping was seen. */
struct bb_duty bb_ingest_duty(struct bb_ingest_duty *duty);

#endif
