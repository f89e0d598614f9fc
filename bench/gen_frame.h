/* gen_frame - the frames of a whole community on one wire.
 *
 * Each participant has an address and a UDP port of its own, so that receive-side scaling
 * spreads them:
 *
 *	IPv4   10.64.0.0 + id (10.128.0.0 + id, if the venue lies in 10.64.0.0/10)
 *	IPv6   fd62:6262::id
 *	port   20000 + id % 40000
 *
 * Units    bytes; addresses in network order, UDP ports in host order.
 * Memory   Values and the caller's bytes.
 * Threads  None of its own.
 * Errors   bool: an address that is none, a frame that is not meant for us.
 * Replay   Pure.
 */
#ifndef GEN_FRAME_H
#define GEN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/bb_frame.h"

/* The longest frame: headers and the longest payload. */
#define GEN_FRAME_MAX (BB_FRAME_HEADERS_IPV6 + BB_FRAME_PAYLOAD_MAX)

struct gen_wire {
	uint8_t own_mac[6];
	uint8_t venue_mac[6];
	uint8_t venue_address[16];
	uint16_t venue_port;
	bool is_ipv6;
};

/* gen_frame_wire sets everything but the MAC addresses. */
bool gen_frame_wire(struct gen_wire *wire, const char *host, uint16_t udp_port);

/* gen_frame_mac reads "02:00:00:00:00:01". */
bool gen_frame_mac(uint8_t mac[6], const char *text);

/* gen_frame_bid writes the frame of a participant's packet; returns its size. */
uint16_t gen_frame_bid(const struct gen_wire *wire, uint32_t participant,
		       const uint8_t *payload, uint16_t size, uint8_t frame[GEN_FRAME_MAX]);

/* gen_frame_ask writes a question for the venue's MAC: ARP, or a neighbour solicitation. */
uint16_t gen_frame_ask(const struct gen_wire *wire, uint8_t frame[GEN_FRAME_MAX]);

/* gen_frame_told takes the venue's MAC from the answer to that; false if it is none. */
bool gen_frame_told(struct gen_wire *wire, const uint8_t *frame, size_t size);

/* gen_frame_report finds the payload of a frame from the venue to one of us. */
bool gen_frame_report(const struct gen_wire *wire, uint8_t *frame, size_t size,
		      const uint8_t **payload, size_t *payload_size);

#endif
