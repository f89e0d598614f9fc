/* bb_bid - a proven packet on its way from the gate to the answer.
 *
 * The gate fills it in, the sequencer adds number and time, and it lies in the
 * private area of the packet's mbuf: whoever holds the mbuf pointer owns it.
 * Replay builds the same from a block.  Nothing here names DPDK.
 *
 * Units    ns since 1970, UTC.
 * Memory   A value of 2.8 KiB; only the first command_count commands are set.
 * Threads  One owner at a time; ownership moves with the pointer through rings.
 */
#ifndef BB_BID_H
#define BB_BID_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_command.h"

/* Where the answer goes.  Written by whoever received the packet, read by the
 * egress; opaque to everyone between. */
struct bb_return {
	uint8_t port;        /* index into the configured ports, or BB_RETURN_CONTROL */
	uint8_t is_ipv6;
	uint8_t mac[6];      /* sender's Ethernet address */
	uint8_t address[16]; /* sender's, network order; IPv4 in the first four */
	uint8_t local[16];   /* ours, that the packet was sent to */
	uint16_t udp_port;       /* sender's */
	uint16_t local_udp_port; /* ours */
	uint32_t token;      /* of the control thread's request */
};

#define BB_RETURN_CONTROL 0xffu /* came from the control thread; goes back to it */

enum bb_bid_route {
	BB_ROUTE_SEQUENCE, /* number it, apply it, write it down, answer */
	BB_ROUTE_REPEAT,   /* seen before: answer again what was decided */
	BB_ROUTE_QUERY,    /* answer with the participant's status; changes nothing */
};

struct bb_bid {
	uint64_t number;       /* by the sequencer, from 1, no gaps; 0 before */
	uint64_t sequenced_ns; /* by the sequencer; never goes back */
	uint64_t received_ns;  /* by the gate */
	uint64_t sequence;     /* the participant's own */
	uint64_t not_after_ns; /* 0 = no limit */
	const uint8_t *input;  /* the packet as signed, without its MAC: what the */
	uint16_t input_size;   /* ledger keeps; valid as long as the mbuf is */
	uint16_t command_count;
	uint32_t participant;
	uint8_t kind;  /* enum bb_packet_kind of the wire */
	uint8_t route; /* enum bb_bid_route */
	uint8_t reserved[6];
	struct bb_return back;
	uint8_t more_reserved[16]; /* each command is a cache line, where the bid begins with one */
	struct bb_command commands[BB_RECORDS_MAX];
};

/* The participant of a tick: the venue itself, which nobody's packet can name (the roster
 * has no such entry). */
#define BB_VENUE 0u

/* bb_bid_is_tick returns whether bid is the input without a packet that tells the market that
 * time has passed (codec/bb_inputs.h). */
static inline bool
bb_bid_is_tick(const struct bb_bid *bid)
{
	return bid->participant == BB_VENUE;
}

#endif
