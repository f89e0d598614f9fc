#include "dataplane/bb_frame.h"

#include <string.h>

#include "base/bb_assert.h"
#include "dataplane/bb_headers.h"

_Static_assert(BB_FRAME_HEADERS_IPV4 == ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE, "");
_Static_assert(BB_FRAME_PAYLOAD_MAX == 1500 - IPV6_SIZE - UDP_SIZE, "");
_Static_assert(BB_FRAME_HEADERS_IPV6 == ETHERNET_SIZE + IPV6_SIZE + UDP_SIZE, "");

static void
write_ipv4(const struct bb_return *back, uint8_t *ip, uint16_t udp_size)
{
	static const uint8_t start[2] = { 0x45, 0 };
	static const uint8_t whole[4] = { 0, 0, 0x40, 0 }; /* id 0, never a fragment */

	memcpy(ip, start, 2);
	bb_put_be16(ip + 2, IPV4_SIZE + udp_size);
	memcpy(ip + 4, whole, 4);
	ip[8] = HOP_LIMIT;
	ip[9] = PROTOCOL_UDP;
	bb_put_be16(ip + 10, 0);
	memcpy(ip + 12, back->local, 4);
	memcpy(ip + 16, back->address, 4);
	bb_sum_store(ip + 10, bb_sum_add(0, ip, IPV4_SIZE));
}

static void
write_ipv6(const struct bb_return *back, uint8_t *ip, uint16_t udp_size)
{
	static const uint8_t start[4] = { 0x60, 0, 0, 0 };

	memcpy(ip, start, 4);
	bb_put_be16(ip + 4, udp_size);
	ip[6] = PROTOCOL_UDP;
	ip[7] = HOP_LIMIT;
	memcpy(ip + 8, back->local, 16);
	memcpy(ip + 24, back->address, 16);
}

uint16_t
bb_frame_write(const struct bb_interface *interface, const struct bb_return *back,
	       uint8_t *bytes, uint16_t payload_size)
{
	const uint16_t headers = bb_frame_headers(back);
	const uint16_t udp_size = (uint16_t)(UDP_SIZE + payload_size);
	BB_ASSERT(payload_size <= BB_FRAME_PAYLOAD_MAX);

	memcpy(bytes, back->mac, 6);
	memcpy(bytes + 6, interface->mac, 6);
	bb_put_be16(bytes + 12, back->is_ipv6 ? TYPE_IPV6 : TYPE_IPV4);
	if (back->is_ipv6)
		write_ipv6(back, bytes + ETHERNET_SIZE, udp_size);
	else
		write_ipv4(back, bytes + ETHERNET_SIZE, udp_size);

	uint8_t *udp = bytes + headers - UDP_SIZE;
	bb_put_be16(udp, back->local_udp_port);
	bb_put_be16(udp + 2, back->udp_port);
	bb_put_be16(udp + 4, udp_size);
	bb_put_be16(udp + 6, 0);
	const uint64_t sum = bb_sum_pseudo(back->local, back->address, back->is_ipv6 ? 16 : 4,
					   PROTOCOL_UDP, udp_size);
	bb_sum_store(udp + 6, bb_sum_add(sum, udp, udp_size));
	if (bb_get_be16(udp + 6) == 0)
		bb_put_be16(udp + 6, 0xffff); /* 0 would say that there is none */
	return (uint16_t)(headers + payload_size);
}

void
bb_frame_multicast(struct bb_return *back, const struct bb_interface *interface,
		   const uint8_t group[4], uint16_t udp_port)
{
	const uint8_t mac[6] = { 0x01, 0, 0x5e, group[1] & 0x7f, group[2], group[3] };

	back->is_ipv6 = false;
	memcpy(back->mac, mac, 6); /* RFC 1112 */
	memset(back->address, 0, sizeof(back->address));
	memset(back->local, 0, sizeof(back->local));
	memcpy(back->address, group, 4);
	memcpy(back->local, interface->ipv4, 4);
	back->udp_port = udp_port;
	back->local_udp_port = interface->udp_port;
}
