#include "dataplane/bb_frame.h"

#include <string.h>

#include "base/bb_assert.h"
#include "dataplane/bb_headers.h"

static const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t mac_all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 };
static const uint8_t ipv6_all_nodes[16] = { 0xff, 2, [15] = 1 };

/* One frame that is being judged. */
struct view {
	const struct bb_interface *interface;
	uint8_t *bytes;
	size_t size;
	size_t room;
	struct bb_return *back;
	struct bb_frame *frame;
};

/* What lies between IP header and end of the IP packet. */
struct body {
	uint32_t offset; /* in the frame */
	uint32_t size;
	uint8_t protocol;
};

static bool
mac_answerable(const struct bb_interface *interface, const uint8_t *mac)
{
	static const uint8_t none[6];
	return (mac[0] & 1) == 0 && memcmp(mac, none, 6) != 0 &&
	       memcmp(mac, interface->mac, 6) != 0;
}

static bool
ipv4_answerable(const struct bb_interface *interface, const uint8_t *address)
{
	return address[0] != 0 && address[0] != 127 && address[0] < 224 &&
	       memcmp(address, interface->ipv4, 4) != 0;
}

static void
link_local(const struct bb_interface *interface, uint8_t address[16])
{
	const uint8_t *mac = interface->mac;
	const uint8_t made[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2],
				   0xff, 0xfe, mac[3], mac[4], mac[5] };
	memcpy(address, made, 16);
}

static bool
ipv6_ours(const struct bb_interface *interface, const uint8_t *address)
{
	uint8_t local[16];
	link_local(interface, local);
	return memcmp(address, interface->ipv6, 16) == 0 || memcmp(address, local, 16) == 0;
}

static bool
ipv6_unspecified(const uint8_t *address)
{
	static const uint8_t none[16];
	return memcmp(address, none, 16) == 0;
}

static bool
ipv6_answerable(const struct bb_interface *interface, const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	return address[0] != 0xff && !ipv6_unspecified(address) &&
	       memcmp(address, loopback, 16) != 0 && !ipv6_ours(interface, address);
}

/* Whether a solicited-node address (its last three bytes) means one of ours. */
static bool
solicits_us(const struct bb_interface *interface, const uint8_t *last_three)
{
	return memcmp(last_three, interface->ipv6 + 13, 3) == 0 ||
	       memcmp(last_three, interface->mac + 3, 3) == 0;
}

static bool
ipv6_solicits_us(const struct bb_interface *interface, const uint8_t *address)
{
	static const uint8_t prefix[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	return memcmp(address, prefix, 13) == 0 && solicits_us(interface, address + 13);
}

/* Turns the Ethernet header around and pads what is too short for a wire. */
static void
answer(struct view *view, enum bb_frame_kind kind, const uint8_t *mac, size_t size)
{
	if (size < ETHERNET_MIN && view->room >= ETHERNET_MIN) {
		memset(view->bytes + size, 0, ETHERNET_MIN - size);
		size = ETHERNET_MIN;
	}
	memcpy(view->bytes, mac, 6);
	memcpy(view->bytes + 6, view->interface->mac, 6);
	view->frame->kind = kind;
	view->frame->answer_size = (uint16_t)size;
}

static enum bb_frame_kind
read_arp(struct view *view)
{
	static const uint8_t request[8] = { 0, 1, 0x08, 0, 6, 4, 0, 1 };
	static const uint8_t probe[4]; /* RFC 5227: is this address taken? */
	uint8_t *arp = view->bytes + ETHERNET_SIZE;

	if (view->size < ETHERNET_SIZE + ARP_SIZE)
		return BB_FRAME_MALFORMED;
	if (memcmp(arp, request, sizeof(request)) != 0 || !view->interface->has_ipv4 ||
	    memcmp(arp + 24, view->interface->ipv4, 4) != 0)
		return BB_FRAME_FOREIGN;
	if (!mac_answerable(view->interface, arp + 8) ||
	    (memcmp(arp + 14, probe, 4) != 0 && !ipv4_answerable(view->interface, arp + 14)))
		return BB_FRAME_MALFORMED;

	bb_put_be16(arp + 6, 2);
	memcpy(arp + 18, arp + 8, 10); /* sender becomes target */
	memcpy(arp + 8, view->interface->mac, 6);
	memcpy(arp + 14, view->interface->ipv4, 4);
	answer(view, BB_FRAME_ARP, arp + 18, ETHERNET_SIZE + ARP_SIZE);
	return BB_FRAME_ARP;
}

/* The UDP datagram in body, whose pseudo-header sums up to sum. */
static enum bb_frame_kind
read_udp(struct view *view, const struct body *body, uint64_t sum)
{
	const uint8_t *udp = view->bytes + body->offset;
	const bool is_ipv6 = view->bytes[12] == TYPE_IPV6 >> 8;

	if (body->size < UDP_SIZE || bb_get_be16(udp + 4) != body->size)
		return BB_FRAME_MALFORMED;
	if (bb_get_be16(udp + 2) != view->interface->udp_port)
		return BB_FRAME_FOREIGN;
	if (bb_get_be16(udp) == 0)
		return BB_FRAME_MALFORMED;
	/* RFC 768 allows IPv4 senders to leave the checksum out; RFC 8200 does not. */
	if (bb_get_be16(udp + 6) == 0 ? is_ipv6 : !bb_sum_holds(bb_sum_add(sum, udp, body->size)))
		return BB_FRAME_MALFORMED;

	const uint8_t *source = view->bytes + ETHERNET_SIZE + (is_ipv6 ? 8 : 12);
	const size_t address_size = is_ipv6 ? 16 : 4;
	struct bb_return *back = view->back;
	back->is_ipv6 = is_ipv6;
	memcpy(back->mac, view->bytes + 6, 6);
	memset(back->address, 0, sizeof(back->address));
	memset(back->local, 0, sizeof(back->local));
	memcpy(back->address, source, address_size);
	memcpy(back->local, source + address_size, address_size);
	back->udp_port = bb_get_be16(udp);
	back->local_udp_port = bb_get_be16(udp + 2);
	view->frame->payload_offset = (uint16_t)(body->offset + UDP_SIZE);
	view->frame->payload_size = (uint16_t)(body->size - UDP_SIZE);
	return BB_FRAME_PAYLOAD;
}

static enum bb_frame_kind
read_icmp(struct view *view, const struct body *body)
{
	uint8_t *ip = view->bytes + ETHERNET_SIZE;
	uint8_t *icmp = view->bytes + body->offset;

	if (body->size < ICMP_SIZE || !bb_sum_holds(bb_sum_add(0, icmp, body->size)))
		return BB_FRAME_MALFORMED;
	/* Options could tell an answer to take a way of the sender's choice. */
	if (icmp[0] != ICMP_ECHO || icmp[1] != 0 || body->offset != ETHERNET_SIZE + IPV4_SIZE)
		return BB_FRAME_FOREIGN;

	memcpy(ip + 16, ip + 12, 4);
	memcpy(ip + 12, view->interface->ipv4, 4);
	ip[8] = HOP_LIMIT;
	bb_put_be16(ip + 10, 0);
	bb_sum_store(ip + 10, bb_sum_add(0, ip, IPV4_SIZE));
	icmp[0] = ICMP_ECHO_REPLY;
	bb_put_be16(icmp + 2, 0);
	bb_sum_store(icmp + 2, bb_sum_add(0, icmp, body->size));
	answer(view, BB_FRAME_ECHO, view->bytes + 6, body->offset + body->size);
	return BB_FRAME_ECHO;
}

static enum bb_frame_kind
read_ipv4(struct view *view)
{
	const uint8_t *ip = view->bytes + ETHERNET_SIZE;

	if (view->size < ETHERNET_SIZE + IPV4_SIZE)
		return BB_FRAME_MALFORMED;
	if (!view->interface->has_ipv4 || memcmp(ip + 16, view->interface->ipv4, 4) != 0)
		return BB_FRAME_FOREIGN;

	const uint32_t header = (ip[0] & 0x0fu) * 4;
	const uint32_t total = bb_get_be16(ip + 2);
	if (ip[0] >> 4 != 4 || header < IPV4_SIZE || total < header ||
	    total > view->size - ETHERNET_SIZE)
		return BB_FRAME_MALFORMED;
	if (!bb_sum_holds(bb_sum_add(0, ip, header)))
		return BB_FRAME_MALFORMED;
	if ((bb_get_be16(ip + 6) & 0xbfff) != 0) /* a fragment; only "don't" may be set */
		return BB_FRAME_MALFORMED;
	if (!ipv4_answerable(view->interface, ip + 12))
		return BB_FRAME_MALFORMED;

	const struct body body = { ETHERNET_SIZE + header, total - header, ip[9] };
	if (body.protocol == PROTOCOL_UDP)
		return read_udp(view, &body,
				bb_sum_pseudo(ip + 12, ip + 16, 4, PROTOCOL_UDP, body.size));
	if (body.protocol == PROTOCOL_ICMP)
		return read_icmp(view, &body);
	return BB_FRAME_FOREIGN;
}

/* Sends an ICMPv6 message of size bytes back from local, which is outside the frame. */
static void
answer_icmpv6(struct view *view, enum bb_frame_kind kind, uint8_t type, const uint8_t *local,
	      size_t size)
{
	uint8_t *ip = view->bytes + ETHERNET_SIZE;
	uint8_t *icmp = ip + IPV6_SIZE;
	uint8_t mac[6];

	memcpy(mac, view->bytes + 6, 6);
	if (ipv6_unspecified(ip + 8)) { /* nobody's address yet: tell everyone */
		memcpy(mac, mac_all_nodes, 6);
		memcpy(ip + 8, ipv6_all_nodes, 16);
	}
	bb_put_be16(ip + 4, (uint32_t)size);
	ip[7] = kind == BB_FRAME_NEIGHBOUR ? HOP_LIMIT_LOCAL : HOP_LIMIT;
	memcpy(ip + 24, ip + 8, 16);
	memcpy(ip + 8, local, 16);
	icmp[0] = type;
	bb_put_be16(icmp + 2, 0);
	const uint64_t sum = bb_sum_pseudo(ip + 8, ip + 24, 16, PROTOCOL_ICMPV6, size);
	bb_sum_store(icmp + 2, bb_sum_add(sum, icmp, size));
	answer(view, kind, mac, ETHERNET_SIZE + IPV6_SIZE + size);
}

/* RFC 4861, 7.1.1: what a solicitation must be.  Its options must add up; what they say is
 * not needed, since the answer goes where the frame came from. */
static bool
solicitation_valid(const uint8_t *ip, const uint8_t *icmp, size_t size)
{
	if (ip[7] != HOP_LIMIT_LOCAL || size < NEIGHBOUR_SIZE)
		return false;
	size_t at = NEIGHBOUR_SIZE;
	while (at < size) {
		const size_t left = size - at;
		if (left < 2 || icmp[at + 1] == 0 || icmp[at + 1] * 8u > left)
			return false;
		if (icmp[at] == 1 && ipv6_unspecified(ip + 8))
			return false; /* a link-layer address of nobody */
		at += icmp[at + 1] * 8u;
	}
	return !ipv6_unspecified(ip + 8) || ip[24] == 0xff;
}

static enum bb_frame_kind
read_solicitation(struct view *view, const struct body *body)
{
	const uint8_t *ip = view->bytes + ETHERNET_SIZE;
	uint8_t *icmp = view->bytes + body->offset;
	uint8_t target[16];

	if (!solicitation_valid(ip, icmp, body->size))
		return BB_FRAME_MALFORMED;
	if (!ipv6_ours(view->interface, icmp + 8))
		return BB_FRAME_FOREIGN; /* shares our solicited-node address */
	if (view->room < ETHERNET_SIZE + IPV6_SIZE + NEIGHBOUR_ANSWER_SIZE)
		return BB_FRAME_FOREIGN;

	memcpy(target, icmp + 8, 16);
	/* Override; and solicited, if there is someone to tell. */
	const uint8_t flags = ipv6_unspecified(ip + 8) ? 0x20 : 0x60;
	memcpy(icmp + 4, (const uint8_t[4]){ flags, 0, 0, 0 }, 4);
	memcpy(icmp + 24, (const uint8_t[2]){ 2, 1 }, 2); /* our link-layer address */
	memcpy(icmp + 26, view->interface->mac, 6);
	answer_icmpv6(view, BB_FRAME_NEIGHBOUR, ICMPV6_ADVERTISE, target,
		      NEIGHBOUR_ANSWER_SIZE);
	return BB_FRAME_NEIGHBOUR;
}

static enum bb_frame_kind
read_icmpv6(struct view *view, const struct body *body)
{
	const uint8_t *ip = view->bytes + ETHERNET_SIZE;
	uint8_t *icmp = view->bytes + body->offset;
	const uint64_t sum = bb_sum_pseudo(ip + 8, ip + 24, 16, PROTOCOL_ICMPV6, body->size);
	uint8_t local[16];

	if (body->size < ICMP_SIZE || !bb_sum_holds(bb_sum_add(sum, icmp, body->size)))
		return BB_FRAME_MALFORMED;
	if (icmp[1] != 0)
		return BB_FRAME_FOREIGN;
	if (icmp[0] == ICMPV6_SOLICIT)
		return read_solicitation(view, body);
	if (icmp[0] != ICMPV6_ECHO || ip[24] == 0xff)
		return BB_FRAME_FOREIGN;
	if (ipv6_unspecified(ip + 8))
		return BB_FRAME_MALFORMED;

	memcpy(local, ip + 24, 16);
	answer_icmpv6(view, BB_FRAME_ECHO, ICMPV6_ECHO_REPLY, local, body->size);
	return BB_FRAME_ECHO;
}

static bool
is_extension(uint8_t next_header)
{
	static const uint8_t extensions[] = { 0, 43, 44, 50, 51, 60, 135, 139, 140 };
	return memchr(extensions, next_header, sizeof(extensions)) != NULL;
}

static enum bb_frame_kind
read_ipv6(struct view *view)
{
	const uint8_t *ip = view->bytes + ETHERNET_SIZE;

	if (view->size < ETHERNET_SIZE + IPV6_SIZE)
		return BB_FRAME_MALFORMED;
	if (!view->interface->has_ipv6)
		return BB_FRAME_FOREIGN;
	const bool unicast = ipv6_ours(view->interface, ip + 24);
	if (!unicast && !ipv6_solicits_us(view->interface, ip + 24))
		return BB_FRAME_FOREIGN;

	const struct body body = { ETHERNET_SIZE + IPV6_SIZE, bb_get_be16(ip + 4), ip[6] };
	if (ip[0] >> 4 != 6 || body.size > view->size - body.offset ||
	    is_extension(body.protocol))
		return BB_FRAME_MALFORMED;
	const bool solicits = body.protocol == PROTOCOL_ICMPV6; /* may come from nobody yet */
	if (!ipv6_answerable(view->interface, ip + 8) && !(solicits && ipv6_unspecified(ip + 8)))
		return BB_FRAME_MALFORMED;

	if (body.protocol == PROTOCOL_ICMPV6)
		return read_icmpv6(view, &body);
	if (body.protocol == PROTOCOL_UDP && unicast)
		return read_udp(view, &body,
				bb_sum_pseudo(ip + 8, ip + 24, 16, PROTOCOL_UDP, body.size));
	return BB_FRAME_FOREIGN;
}

/* Frames for others arrive too: a switch floods, a port listens to all. */
static bool
is_for_us(const struct bb_interface *interface, const uint8_t *mac, uint32_t type)
{
	if (memcmp(mac, interface->mac, 6) == 0 || memcmp(mac, mac_broadcast, 6) == 0)
		return true;
	return type == TYPE_IPV6 && mac[0] == 0x33 && mac[1] == 0x33 && mac[2] == 0xff &&
	       solicits_us(interface, mac + 3);
}

static enum bb_frame_kind
read_ethernet(struct view *view)
{
	if (view->size < ETHERNET_SIZE || view->size > UINT16_MAX)
		return BB_FRAME_FOREIGN;
	const uint32_t type = bb_get_be16(view->bytes + 12);
	if (!is_for_us(view->interface, view->bytes, type))
		return BB_FRAME_FOREIGN;
	if (type != TYPE_IPV4 && type != TYPE_IPV6 && type != TYPE_ARP)
		return BB_FRAME_FOREIGN; /* among them VLAN tags */
	if (!mac_answerable(view->interface, view->bytes + 6))
		return BB_FRAME_MALFORMED;
	if (type == TYPE_ARP)
		return read_arp(view);
	return type == TYPE_IPV4 ? read_ipv4(view) : read_ipv6(view);
}

void
bb_frame_read(const struct bb_interface *interface, uint8_t *bytes, size_t size, size_t room,
	      struct bb_frame *frame, struct bb_return *back)
{
	BB_ASSERT(size <= room);
	struct view view = { interface, bytes, size, room, back, frame };

	*frame = (struct bb_frame){ .kind = BB_FRAME_FOREIGN };
	frame->kind = read_ethernet(&view);
}
