/* net_kit - one EAL start a program, a small venue, and frames from its participants.
 *
 * net_start starts the EAL as any user may, without hugepages or PCI.  The venue has the
 * operator, id 1, and traders 2..9, all with keys from fixed seeds, in the market and in
 * the roster alike.
 *
 * net_open opens "net_ring0" and such: what is sent on such a port comes in again on the
 * same port, so a test sends to it as the wire does, and reads from it what was sent.
 */
#ifndef NET_KIT_H
#define NET_KIT_H

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/bb_gate.h"
#include "dataplane/bb_port.h"
#include "dataplane/bb_rings.h"
#include "tests/bb_test.h"
#include "wire/bb_packet.h"
#include "wire/bb_report.h"

#define NET_PARTICIPANTS 10u
#define NET_VENUE        UINT32_C(0x76543210)
#define NET_UDP_PORT     4711u

struct net_venue {
	struct bb_market *market;
	struct bb_roster *roster;
	struct bb_gate gate;
	struct bb_verify verify; /* by libsodium */
	struct bb_counters counters;
	struct bb_identity identities[NET_PARTICIPANTS + 1];
	uint8_t mac_keys[NET_PARTICIPANTS + 1][BB_MAC_KEY_SIZE];
	struct rte_mempool *pool;
	uint32_t pool_count;
};

/* net_start starts the EAL with one lcore, or with two that share a core if need be. */
void net_start(bool with_worker);

/* net_pool is the one pool of the program. */
struct rte_mempool *net_pool(void);

/* net_venue fills in a new venue. */
void net_venue(struct net_venue *venue);
void net_venue_end(struct net_venue *venue); /* expects all mbufs back in the pool */

/* net_open opens a device with one queue, and UDP port NET_UDP_PORT at 10.0.0.1 and
 * fd00::1. */
void net_open(struct bb_port *port, const char *device, struct rte_mempool *pool);

/* net_inject sends a frame into a ring port, net_take takes one out of it (NULL: none). */
void net_inject(const struct bb_port *port, struct rte_mbuf *mbuf);
struct rte_mbuf *net_take(const struct bb_port *port);

/* net_stuff fills the ring of such a port until it takes no more, net_empty empties it; both
 * return how many frames that were. */
uint32_t net_stuff(const struct bb_port *port, struct rte_mempool *pool);
uint32_t net_empty(const struct bb_port *port);

/* net_mbuf returns an mbuf with these bytes. */
struct rte_mbuf *net_mbuf(struct net_venue *venue, const uint8_t *bytes, size_t size);

/* net_frame wraps a payload in a frame from a participant's own address to port. */
struct rte_mbuf *net_frame(struct net_venue *venue, const struct bb_port *port,
			   uint32_t participant, bool ipv6, const uint8_t *payload, size_t size);

/* net_bid returns such a frame with a signed packet of count orders, net_query one with a
 * query. */
struct rte_mbuf *net_bid(struct net_venue *venue, const struct bb_port *port,
			 uint32_t participant, uint64_t sequence, uint32_t count);
struct rte_mbuf *net_query(struct net_venue *venue, const struct bb_port *port,
			   uint32_t participant, uint64_t sequence);

/* net_back is where such a participant is, as port sees it. */
struct bb_return net_back(const struct bb_port *port, uint32_t participant, bool ipv6);

/* net_report reads the report out of a frame to a participant: addresses, checksums and
 * MAC must be right.  Returns false after a failed CUnit assertion. */
bool net_report(const struct net_venue *venue, const struct bb_port *port,
		const struct rte_mbuf *mbuf, uint32_t participant, struct bb_report *report,
		struct bb_report_record records[BB_RECORDS_MAX]);

/* net_counted adds up every counter that a received frame can end in. */
uint64_t net_counted(const struct bb_counters *counters);

#endif
