/* bb_frame - Ethernet, IPv4, IPv6, UDP, ARP, neighbour discovery and echo: exactly as much
 * as a plain kernel socket on the other side needs to talk to us.
 *
 * Sources  RFC 791, 768, 826, 8200, 4861, 4443.  No fragments, no IPv4 options are needed:
 *          they are accepted in length and skipped; IPv6 extension headers are refused.
 * Units    bytes; addresses and UDP ports as in the comments.
 * Memory   Reads and writes the caller's bytes in place.
 * Threads  None of its own.
 * Errors   A frame that is not for us or not exact is BB_FRAME_FOREIGN or _MALFORMED.
 * Replay   Pure.
 */
#ifndef BB_FRAME_H
#define BB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/bb_bid.h"

/* Who we are on one port. */
struct bb_interface {
	uint8_t mac[6];
	bool has_ipv4;
	bool has_ipv6;
	uint8_t ipv4[4];
	uint8_t ipv6[16];   /* and the link-local address that follows from mac */
	uint16_t udp_port;  /* host order */
};

enum bb_frame_kind {
	BB_FRAME_PAYLOAD,   /* UDP to us: payload is set */
	BB_FRAME_ARP,       /* asked for our address: answered in place */
	BB_FRAME_NEIGHBOUR, /* the same for IPv6 */
	BB_FRAME_ECHO,      /* ping: answered in place */
	BB_FRAME_FOREIGN,   /* not for us, or nothing we speak */
	BB_FRAME_MALFORMED, /* for us, but lengths or checksums do not add up */
};

struct bb_frame {
	enum bb_frame_kind kind;
	uint16_t payload_offset; /* PAYLOAD */
	uint16_t payload_size;
	uint16_t answer_size;    /* ARP, NEIGHBOUR, ECHO: the frame to send back */
};

/* bb_frame_read judges size bytes, which may end in Ethernet padding.  For a payload it
 * fills in back (but for port and token); for ARP, NEIGHBOUR and ECHO it turns bytes into
 * the answer, which is never longer than room; room is at least size.  Otherwise bytes and
 * back stay as they are. */
void bb_frame_read(const struct bb_interface *interface, uint8_t *bytes, size_t size,
		   size_t room, struct bb_frame *frame, struct bb_return *back);

/* The room that bb_frame_write needs before a payload. */
#define BB_FRAME_HEADERS_IPV4 42u
#define BB_FRAME_HEADERS_IPV6 62u

/* The most that an Ethernet MTU of 1,500 leaves to a payload over IPv6. */
#define BB_FRAME_PAYLOAD_MAX 1452u

/* bb_frame_headers returns the header size of an answer to back. */
static inline uint16_t
bb_frame_headers(const struct bb_return *back)
{
	return back->is_ipv6 ? BB_FRAME_HEADERS_IPV6 : BB_FRAME_HEADERS_IPV4;
}

/* bb_frame_write puts the headers of an answer to back before the payload, which already
 * stands at bytes + bb_frame_headers(back); returns the size of the frame.  payload_size is
 * at most BB_FRAME_PAYLOAD_MAX. */
uint16_t bb_frame_write(const struct bb_interface *interface, const struct bb_return *back,
			uint8_t *bytes, uint16_t payload_size);

/* bb_frame_multicast fills in back, but for port and token, for a multicast group (IPv4). */
void bb_frame_multicast(struct bb_return *back, const struct bb_interface *interface,
			const uint8_t group[4], uint16_t udp_port);

#endif
