/* bb_ledger_duty - packs outcomes into blocks and hands them on once they are durable.
 *
 * Collects outcomes into the open block; seals it at close_bytes or close_ns of age;
 * a thread that may block (ledger/bb_store.c) writes and flushes it while the next one
 * fills; then every packet of it goes on to the egress with its events.  Repeats and
 * queries wait in the same line, so they too are answered after what they ask about.
 *
 * Threads  The only consumer of outcomes, the only producer of released.  When released
 *          or the blocks in flight are full it takes nothing, the ring behind it fills,
 *          and the gate says BUSY.  The same when the disk is so full that no segment can
 *          be made ahead (bb_store_holds); what is on its way then waits for room, or for a
 *          clean stop, which uses what room was kept.
 * Errors   A failed write or flush is final: failed is set, nothing more is answered,
 *          and busbard stops with the message.
 */
#ifndef BB_LEDGER_DUTY_H
#define BB_LEDGER_DUTY_H

#include <stdatomic.h>

#include "base/bb_counters.h"
#include "base/bb_duty.h"
#include "ledger/bb_ledger.h"
#include "market/bb_outcome.h"

struct rte_ring;

/* Packets (mbufs) that wait for their block to be durable, at most: the pool must have
 * room for them. */
#define BB_LEDGER_PACKETS (5u * 1024u)

struct bb_ledger_duty {
	struct bb_ledger *ledger;
	struct rte_ring *outcomes; /* struct bb_outcome, from the matcher */
	struct rte_ring *released; /* struct bb_outcome, to the egress */
	struct bb_counters *counters;
	uint32_t close_bytes; /* a block closes when its body is this large, */
	uint64_t close_ns;    /* or its first input this old, or there is nothing more to */
			      /* take and nothing in flight */
	atomic_bool stopping; /* set by the control thread: room is no longer kept */
	atomic_int failed; /* enum bb_result; read by the control thread */
	/* Taken from outcomes, and not yet in a block: next .. count - 1. */
	uint32_t burst_next;
	uint32_t burst_count;
	uint64_t blocks_counted;
	uint64_t bytes_counted;
	struct bb_outcome burst[BB_BURST];
	struct bb_outcome leaving[BB_BURST];
};

struct bb_duty bb_ledger_duty(struct bb_ledger_duty *duty);

#endif
