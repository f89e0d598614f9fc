#include "bench/gen_frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "bench/gen_community.h"
#include "dataplane/bb_headers.h"

bool
gen_frame_wire(struct gen_wire *wire, const char *host, uint16_t udp_port)
{
	wire->venue_port = udp_port;
	memset(wire->venue_address, 0, sizeof(wire->venue_address));
	wire->is_ipv6 = inet_pton(AF_INET6, host, wire->venue_address) == 1;
	return wire->is_ipv6 || inet_pton(AF_INET, host, wire->venue_address) == 1;
}

bool
gen_frame_mac(uint8_t mac[6], const char *text)
{
	unsigned parts[6];
	char more;

	if (strlen(text) != 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &parts[0], &parts[1], &parts[2], &parts[3],
		   &parts[4], &parts[5], &more) != 6)
		return false;
	for (uint32_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)parts[i];
	return true;
}

static uint16_t
port_of(uint32_t participant)
{
	return (uint16_t)(20000 + participant % 40000);
}

static void
address_of(const struct gen_wire *wire, uint32_t participant, uint8_t address[16])
{
	static const uint8_t ipv6[16] = { 0xfd, 0x62, 0x62, 0x62 };
	const bool taken = wire->venue_address[0] == 10 && wire->venue_address[1] >> 6 == 1;

	memcpy(address, ipv6, 16);
	uint8_t *last = address + (wire->is_ipv6 ? 12 : 0);
	if (!wire->is_ipv6)
		memset(address, 0, 16);
	last[0] = wire->is_ipv6 ? 0 : 10;
	last[1] = (uint8_t)((wire->is_ipv6 ? 0 : taken ? 128 : 64) + (participant >> 16));
	last[2] = (uint8_t)(participant >> 8);
	last[3] = (uint8_t)participant;
}

/* The participant whose address this is, or 0. */
static uint32_t
participant_of(const struct gen_wire *wire, const uint8_t *address)
{
	const uint8_t *last = address + (wire->is_ipv6 ? 12 : 0);
	const uint32_t participant = (last[1] & 3u) << 16 | (uint32_t)last[2] << 8 | last[3];
	uint8_t expected[16];

	address_of(wire, participant, expected);
	return memcmp(expected, address, wire->is_ipv6 ? 16 : 4) == 0 ? participant : 0;
}

/* Who a participant is on the wire. */
static struct bb_interface
interface_of(const struct gen_wire *wire, uint32_t participant)
{
	struct bb_interface interface = { .has_ipv4 = !wire->is_ipv6,
					  .has_ipv6 = wire->is_ipv6,
					  .udp_port = port_of(participant) };

	memcpy(interface.mac, wire->own_mac, 6);
	if (wire->is_ipv6) {
		address_of(wire, participant, interface.ipv6);
	} else {
		uint8_t address[16];
		address_of(wire, participant, address);
		memcpy(interface.ipv4, address, 4);
	}
	return interface;
}

uint16_t
gen_frame_bid(const struct gen_wire *wire, uint32_t participant, const uint8_t *payload,
	      uint16_t size, uint8_t frame[GEN_FRAME_MAX])
{
	struct bb_return to = {
		.is_ipv6 = wire->is_ipv6,
		.udp_port = wire->venue_port,
		.local_udp_port = port_of(participant),
	};
	struct bb_interface from = { 0 };
	BB_ASSERT(size <= BB_FRAME_PAYLOAD_MAX);

	memcpy(from.mac, wire->own_mac, 6);
	memcpy(to.mac, wire->venue_mac, 6);
	memcpy(to.address, wire->venue_address, 16);
	address_of(wire, participant, to.local);
	memcpy(frame + bb_frame_headers(&to), payload, size);
	return bb_frame_write(&from, &to, frame, size);
}

static uint16_t
ask_ipv4(const struct gen_wire *wire, uint8_t *frame)
{
	static const uint8_t request[8] = { 0, 1, 0x08, 0, 6, 4, 0, 1 };
	uint8_t *arp = frame + ETHERNET_SIZE;
	uint8_t own[16];

	memset(frame, 0, ETHERNET_MIN);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, wire->own_mac, 6);
	bb_put_be16(frame + 12, TYPE_ARP);
	address_of(wire, GEN_FIRST_ID, own);
	memcpy(arp, request, sizeof(request));
	memcpy(arp + 8, wire->own_mac, 6);
	memcpy(arp + 14, own, 4);
	memcpy(arp + 24, wire->venue_address, 4);
	return ETHERNET_MIN;
}

static uint16_t
ask_ipv6(const struct gen_wire *wire, uint8_t *frame)
{
	static const uint8_t group[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	const uint16_t size = NEIGHBOUR_SIZE + 8;
	uint8_t *ip = frame + ETHERNET_SIZE;
	uint8_t *icmp = ip + IPV6_SIZE;

	memset(frame, 0, ETHERNET_SIZE + IPV6_SIZE + size);
	memcpy(frame, (const uint8_t[3]){ 0x33, 0x33, 0xff }, 3);
	memcpy(frame + 3, wire->venue_address + 13, 3);
	memcpy(frame + 6, wire->own_mac, 6);
	bb_put_be16(frame + 12, TYPE_IPV6);
	ip[0] = 0x60;
	bb_put_be16(ip + 4, size);
	ip[6] = PROTOCOL_ICMPV6;
	ip[7] = HOP_LIMIT_LOCAL;
	address_of(wire, GEN_FIRST_ID, ip + 8);
	memcpy(ip + 24, group, sizeof(group));
	memcpy(ip + 24 + 13, wire->venue_address + 13, 3);
	icmp[0] = ICMPV6_SOLICIT;
	memcpy(icmp + 8, wire->venue_address, 16);
	icmp[24] = 1; /* our link-layer address */
	icmp[25] = 1;
	memcpy(icmp + 26, wire->own_mac, 6);
	const uint64_t sum = bb_sum_pseudo(ip + 8, ip + 24, 16, PROTOCOL_ICMPV6, size);
	bb_sum_store(icmp + 2, bb_sum_add(sum, icmp, size));
	return (uint16_t)(ETHERNET_SIZE + IPV6_SIZE + size);
}

uint16_t
gen_frame_ask(const struct gen_wire *wire, uint8_t frame[GEN_FRAME_MAX])
{
	return wire->is_ipv6 ? ask_ipv6(wire, frame) : ask_ipv4(wire, frame);
}

bool
gen_frame_told(struct gen_wire *wire, const uint8_t *frame, size_t size)
{
	static const uint8_t reply[8] = { 0, 1, 0x08, 0, 6, 4, 0, 2 };
	const uint8_t *body = frame + ETHERNET_SIZE;

	if (size < ETHERNET_SIZE + ARP_SIZE)
		return false;
	const uint32_t type = bb_get_be16(frame + 12);
	if (!wire->is_ipv6 && type == TYPE_ARP && memcmp(body, reply, sizeof(reply)) == 0 &&
	    memcmp(body + 14, wire->venue_address, 4) == 0) {
		memcpy(wire->venue_mac, body + 8, 6);
		return true;
	}
	if (!wire->is_ipv6 || type != TYPE_IPV6 ||
	    size < ETHERNET_SIZE + IPV6_SIZE + NEIGHBOUR_SIZE || body[6] != PROTOCOL_ICMPV6)
		return false;
	const uint8_t *icmp = body + IPV6_SIZE;
	if (icmp[0] != ICMPV6_ADVERTISE || memcmp(icmp + 8, wire->venue_address, 16) != 0)
		return false;
	memcpy(wire->venue_mac, frame + 6, 6); /* its own answer comes from itself */
	return true;
}

bool
gen_frame_report(const struct gen_wire *wire, uint8_t *frame, size_t size,
		 const uint8_t **payload, size_t *payload_size)
{
	const size_t destination = ETHERNET_SIZE + (wire->is_ipv6 ? 24 : 16);
	struct bb_frame judged;
	struct bb_return back;

	if (size < destination + (wire->is_ipv6 ? 16 : 4))
		return false;
	const uint32_t participant = participant_of(wire, frame + destination);
	if (participant == 0)
		return false;
	const struct bb_interface interface = interface_of(wire, participant);
	bb_frame_read(&interface, frame, size, size, &judged, &back);
	if (judged.kind != BB_FRAME_PAYLOAD)
		return false;
	*payload = frame + judged.payload_offset;
	*payload_size = judged.payload_size;
	return true;
}
