/* bb_egress_duty - everything that leaves: reports, notices, refusals, ARP, the feed.
 *
 * The only one that transmits.  Takes released outcomes from the ledger, turns each packet
 * and its events into report packets for the sender and notices for the owners of resting
 * orders (to the address that their last accepted packet came from), and frees the mbuf.
 *
 * A tick has no sender: its notices and feed messages leave, its mbuf is freed.
 * Every other packet that the ledger releases ends in exactly one of ANSWERS (all parts were
 * handed to a port or to the control thread) and UNREACHED (its sender is in no roster).
 * REPORTS and NOTICES count packets handed over, TX_DROPPED those that a port then did not
 * take.  UNREACHED also counts notices whose receiver has no key or no known address.
 *
 * Threads  One lcore; only consumer of released and replies, only producer of control and
 *          of each port's transmit queue.  Owns the address book.
 * Errors   A port that takes no more makes it drop, counted (the sender repeats); see
 *          bb_transmit_duty.h.  Without an mbuf a part or a notice is dropped, counted; the
 *          last part goes out in the mbuf of its packet.  A full ring to the control thread
 *          makes it take nothing more: what goes there is never lost.
 */
#ifndef BB_EGRESS_DUTY_H
#define BB_EGRESS_DUTY_H

#include "base/bb_arena.h"
#include "base/bb_counters.h"
#include "base/bb_duty.h"
#include "dataplane/bb_port.h"
#include "dataplane/bb_roster.h"
#include "market/bb_outcome.h"
#include "wire/bb_mold.h"
#include "wire/bb_report.h"

struct rte_mempool;
struct rte_ring;

/* What the egress tells the control thread, in order: a change of the roster that became
 * durable (mbuf NULL), or a report that answers token (payload = the mbuf's data). */
struct bb_to_control {
	void *mbuf;
	uint32_t participant;
	uint16_t event; /* BB_EVENT_MEMBER_ADDED, BB_EVENT_MEMBER_REVOKED */
	uint16_t reserved;
	uint32_t token;
	uint32_t zero;
};

/* The public feed, IPv4 multicast; off while udp_port is 0.  A packet leaves when it is
 * full or no more outcomes wait, a heartbeat when none left for a second. */
struct bb_feed_config {
	uint8_t port_index;
	uint8_t group[4];
	uint16_t udp_port;
};

struct bb_egress_duty {
	struct bb_port *ports;
	uint32_t port_count;
	const struct bb_roster *roster;
	struct rte_mempool *pool;
	struct rte_ring *released; /* struct bb_outcome, from the ledger */
	struct rte_ring *replies[BB_INGEST_MAX]; /* one an ingest duty */
	uint32_t reply_count;
	struct rte_ring *control; /* struct bb_to_control */
	struct bb_counters *counters;
	struct bb_return *addresses; /* by participant; udp_port 0: not known */
	uint32_t participants;
	uint32_t venue;
	struct bb_feed_config feed;
	struct bb_egress_state *state; /* private */
};

size_t bb_egress_bytes(uint32_t participants);

/* bb_egress_init takes addresses and state from arena; the rest the caller has set. */
void bb_egress_init(struct bb_egress_duty *duty, struct bb_arena *arena);

struct bb_duty bb_egress_duty(struct bb_egress_duty *duty);

#endif
