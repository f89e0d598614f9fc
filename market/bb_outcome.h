/* bb_outcome - what travels from the matcher to the ledger and on to the egress.
 *
 * Values of one cache line in single-producer rings.  An outcome is either an event,
 * or a packet: its mbuf (ownership moves with it) and what to do with it.
 *
 *	matcher to ledger   the events of an input, then its packet
 *	ledger to egress    the packet, now with its place, then its events
 *
 * Only packets of route BB_ROUTE_SEQUENCE with result BB_OK have events; those alone
 * are written to the ledger (a market refusal is an event too).
 *
 * Threads  Whoever dequeued it owns it.
 */
#ifndef BB_OUTCOME_H
#define BB_OUTCOME_H

#include <stddef.h>

#include "market/bb_bid.h"
#include "market/bb_event.h"

/* kind of an outcome that is a packet; enum bb_event_kind stays below. */
enum bb_outcome_kind {
	BB_OUTCOME_PACKET = 0x80, /* as bid->route says */
	BB_OUTCOME_REFUSED,       /* not taken: answer with result, it is in no block */
	BB_OUTCOME_BLOCK,         /* to the egress alone: a block became durable */
};

struct bb_packet_outcome {
	void *mbuf; /* NULL in BB_OUTCOME_BLOCK */
	struct bb_bid *bid; /* inside mbuf */
	uint64_t height;    /* of its block; set by the ledger */
	uint64_t highest;   /* route QUERY: the participant's highest sequence */
	uint64_t number;    /* BLOCK: inputs so far */
	uint32_t event_count;
	uint32_t orders_live; /* route QUERY */
	uint16_t result;      /* enum bb_result */
	uint8_t unused[6];
	uint8_t kind; /* where a bb_event has its own */
	uint8_t reserved[7];
};

struct bb_outcome {
	union {
		struct bb_event event;
		struct bb_packet_outcome packet;
	};
};

_Static_assert(sizeof(struct bb_outcome) == 64, "one cache line");
_Static_assert(offsetof(struct bb_event, kind) == offsetof(struct bb_packet_outcome, kind),
	       "the kind of an outcome can be read before its sort is known");

static inline bool
bb_outcome_is_event(const struct bb_outcome *outcome)
{
	return outcome->event.kind < BB_OUTCOME_PACKET;
}

#endif
