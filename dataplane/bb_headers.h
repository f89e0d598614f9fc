/* bb_headers - what stands before a payload: layouts, numbers, and the checksum.
 *
 * Everything on this side of the payload is big-endian.
 *
 *	Ethernet   0 6 destination   6 6 source   12 2 type
 *	ARP        0 2 hardware  2 2 protocol  4 1 size  5 1 size  6 2 operation
 *	           8 6 sender MAC  14 4 sender IPv4  18 6 target MAC  24 4 target IPv4
 *	IPv4       0 1 version, words  2 2 total  4 2 id  6 2 flags, fragment  8 1 time to
 *	           live  9 1 protocol  10 2 checksum  12 4 source  16 4 destination
 *	IPv6       0 4 version, class, flow  4 2 payload  6 1 next header  7 1 hop limit
 *	           8 16 source  24 16 destination
 *	UDP        0 2 source  2 2 destination  4 2 size  6 2 checksum
 *	ICMP       0 1 type  1 1 code  2 2 checksum  4 rest
 *	neighbour  as ICMP; 4 4 flags  8 16 target  24 options: type, size in 8 bytes, value
 *
 * Sources  RFC 894, 826, 791, 8200, 768, 792, 4443, 4861; RFC 1071 for the sum, which may
 *          be taken in the order of the machine and in wide words if it is stored in the
 *          same order.
 * Units    bytes.
 * Memory   The caller's.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure.
 */
#ifndef BB_HEADERS_H
#define BB_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHERNET_SIZE 14u
#define ETHERNET_MIN  60u /* shorter frames are padded; without check sequence */
#define ARP_SIZE      28u
#define IPV4_SIZE     20u
#define IPV6_SIZE     40u
#define UDP_SIZE      8u
#define ICMP_SIZE     8u
#define NEIGHBOUR_SIZE 24u
#define NEIGHBOUR_ANSWER_SIZE 32u /* with our MAC as its only option */

#define TYPE_IPV4 0x0800u
#define TYPE_ARP  0x0806u
#define TYPE_IPV6 0x86ddu

#define PROTOCOL_ICMP   1u
#define PROTOCOL_UDP    17u
#define PROTOCOL_ICMPV6 58u

#define ICMP_ECHO         8u
#define ICMP_ECHO_REPLY   0u
#define ICMPV6_ECHO       128u
#define ICMPV6_ECHO_REPLY 129u
#define ICMPV6_SOLICIT    135u
#define ICMPV6_ADVERTISE  136u

#define HOP_LIMIT       64u
#define HOP_LIMIT_LOCAL 255u /* a router would have made it less */

static inline uint16_t
bb_get_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void
bb_put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* bb_sum_add adds bytes to a sum that began with 0; each piece but the last is of even
 * size. */
static inline uint64_t
bb_sum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint64_t other = 0; /* a second sum, so that an addition need not wait for the last */
	uint64_t word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum += word & UINT32_MAX;
		other += word >> 32;
	}
	word = 0;
	memcpy(&word, bytes, size);
	return sum + other + (word & UINT32_MAX) + (word >> 32);
}

/* bb_sum_pseudo begins a sum with a pseudo-header; those of IPv4 and IPv6 differ in layout
 * and not in what they add. */
static inline uint64_t
bb_sum_pseudo(const uint8_t *source, const uint8_t *destination, size_t address_size,
	      uint8_t protocol, size_t size)
{
	const uint8_t rest[4] = { 0, protocol, (uint8_t)(size >> 8), (uint8_t)size };
	uint64_t sum = bb_sum_add(0, source, address_size);
	sum = bb_sum_add(sum, destination, address_size);
	return bb_sum_add(sum, rest, sizeof(rest));
}

static inline uint16_t
bb_sum_fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* bb_sum_holds: over bytes that contain their right checksum, the sum is all ones. */
static inline bool
bb_sum_holds(uint64_t sum)
{
	return bb_sum_fold(sum) == 0xffff;
}

/* bb_sum_store writes the checksum of bytes that were summed up with zeros in its place. */
static inline void
bb_sum_store(uint8_t *at, uint64_t sum)
{
	const uint16_t checksum = (uint16_t)~bb_sum_fold(sum);
	memcpy(at, &checksum, sizeof(checksum));
}

#endif
