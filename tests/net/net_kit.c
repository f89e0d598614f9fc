#define _GNU_SOURCE /* sched_getaffinity */
#include "tests/net/net_kit.h"

#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "base/bb_assert.h"

#define POOL_COUNT 8191u

static const uint8_t ledger_id[32] = { 0x10, 0x32, 0x54, 0x76, 9, 9, 9 };
static const uint8_t participant_mac[5] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd };

/* write_lcores names one lcore, or two, on the first cores that this process may use.  A
 * worker may share the core of the test, which sleeps while it waits. */
static void
write_lcores(char *text, size_t size, bool with_worker)
{
	uint32_t cores[2] = { 0 };
	uint32_t count = 0;
	cpu_set_t allowed;

	BB_ASSERT(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
	for (uint32_t core = 0; core < CPU_SETSIZE && count < 2; core++)
		if (CPU_ISSET(core, &allowed))
			cores[count++] = core;
	if (count == 1)
		cores[1] = cores[0];
	if (with_worker)
		(void)snprintf(text, size, "0@%u,1@%u", cores[0], cores[1]);
	else
		(void)snprintf(text, size, "0@%u", cores[0]);
}

/* use_own_runtime keeps out of /tmp/dpdk, where the EAL of an ordinary user without a
 * runtime folder goes, and which belongs to whichever user was first. */
static void
use_own_runtime(void)
{
	char path[64];

	if (geteuid() == 0 || getenv("XDG_RUNTIME_DIR") != NULL)
		return;
	(void)snprintf(path, sizeof(path), "/tmp/busbar-%u", (unsigned)geteuid());
	(void)mkdir(path, 0700);
	(void)setenv("XDG_RUNTIME_DIR", path, 1);
}

void
net_start(bool with_worker)
{
	char lcores[32];
	char *arguments[] = { "test", "--no-huge", "--no-shconf",         "--no-pci", "-m",
			      "256",  "--lcores",  lcores, "--log-level=*:error" };

	use_own_runtime();
	write_lcores(lcores, sizeof(lcores), with_worker);
	if (rte_eal_init((int)RTE_DIM(arguments), arguments) < 0) {
		fprintf(stderr, "the EAL does not start\n");
		exit(EXIT_FAILURE);
	}
	BB_ASSERT(bb_sign_start());
}

static void *
zeroed(size_t size)
{
	void *memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(size));

	BB_ASSERT(memory != NULL);
	memset(memory, 0, bb_arena_round(size));
	return memory;
}

static void
add_member(struct net_venue *venue, uint32_t id)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };
	struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count = 0;

	command.member.participant = id;
	command.member.orders_max = 100;
	command.member.roles = BB_ROLE_TRADER;
	memcpy(command.member.key, venue->identities[id].public_key, BB_KEY_SIZE);
	BB_ASSERT(bb_market_apply(venue->market, &command, id, id, events, &count));
	BB_ASSERT(count == 1 && events[0].kind == BB_EVENT_MEMBER_ADDED);
}

static void
enroll(struct net_venue *venue, const struct bb_identity *own, uint32_t id)
{
	struct bb_roster_entry entry = {
		.participant = id,
		.roles = id == 1 ? BB_ROLE_OPERATOR : BB_ROLE_TRADER,
		.active = true,
	};

	BB_ASSERT(bb_mac_agree(venue->mac_keys[id], own, venue->identities[id].public_key,
			       ledger_id));
	memcpy(entry.key, venue->identities[id].public_key, BB_KEY_SIZE);
	memcpy(entry.mac_key, venue->mac_keys[id], BB_MAC_KEY_SIZE);
	BB_ASSERT(bb_roster_put(venue->roster, &entry) == BB_OK);
}

struct rte_mempool *
net_pool(void)
{
	static struct rte_mempool *pool;

	if (pool == NULL)
		pool = bb_port_pool("net-kit", POOL_COUNT);
	BB_ASSERT(pool != NULL);
	return pool;
}

void
net_venue(struct net_venue *venue)
{
	static const struct bb_market_size size = {
		.participants = NET_PARTICIPANTS, .products = 4, .orders = 64, .levels = 1024,
		.places = 128 * NET_PARTICIPANTS, .positions = 256,
	};
	struct bb_identity own;
	struct bb_arena arena;
	const size_t memory_size = bb_market_bytes(&size) + bb_gate_bytes(NET_PARTICIPANTS);

	memset(venue, 0, sizeof(*venue));
	venue->pool = net_pool();
	venue->pool_count = rte_mempool_avail_count(venue->pool);
	bb_identity_from_seed(&own, (const uint8_t[BB_KEY_SIZE]){ 0xee });
	for (uint8_t id = 1; id <= NET_PARTICIPANTS; id++)
		bb_identity_from_seed(&venue->identities[id], (const uint8_t[BB_KEY_SIZE]){ id });

	bb_arena_init(&arena, zeroed(memory_size), memory_size);
	venue->market = bb_market_init(&arena, &size, venue->identities[1].public_key, 1);
	venue->roster = bb_roster_make(NET_PARTICIPANTS);
	for (uint32_t id = 1; id < NET_PARTICIPANTS; id++) {
		if (id > 1)
			add_member(venue, id);
		enroll(venue, &own, id);
	}
	bb_gate_init(&venue->gate, &arena, NET_PARTICIPANTS, venue->roster, venue->market,
		     &venue->verify, NET_VENUE, &venue->counters);
}

void
net_venue_end(struct net_venue *venue)
{
	CU_ASSERT_EQUAL(rte_mempool_avail_count(venue->pool), venue->pool_count);
	bb_roster_free(venue->roster);
	free(venue->market); /* the first that its arena gave */
}

void
net_open(struct bb_port *port, const char *device, struct rte_mempool *pool)
{
	struct bb_port_config config = {
		.rx_queues = 1,
		.descriptors = 512,
		.promiscuous = true,
		.interface = { .has_ipv4 = true,
			       .has_ipv6 = true,
			       .ipv4 = { 10, 0, 0, 1 },
			       .ipv6 = { 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
			       .udp_port = NET_UDP_PORT },
	};
	char text[BB_PORT_TEXT];

	(void)snprintf(config.device, sizeof(config.device), "%s", device);
	if (bb_port_open(port, &config, pool, text) != BB_OK) {
		fprintf(stderr, "%s\n", text);
		exit(EXIT_FAILURE);
	}
}

void
net_inject(const struct bb_port *port, struct rte_mbuf *mbuf)
{
	BB_ASSERT(rte_eth_tx_burst(port->id, 0, &mbuf, 1) == 1);
}

struct rte_mbuf *
net_take(const struct bb_port *port)
{
	struct rte_mbuf *mbuf = NULL;

	return rte_eth_rx_burst(port->id, 0, &mbuf, 1) == 1 ? mbuf : NULL;
}

uint32_t
net_stuff(const struct bb_port *port, struct rte_mempool *pool)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint32_t count = 0;

	for (; rte_eth_tx_burst(port->id, 0, &mbuf, 1) == 1; count++) {
		mbuf = rte_pktmbuf_alloc(pool);
		BB_ASSERT(mbuf != NULL);
	}
	rte_pktmbuf_free(mbuf);
	return count;
}

uint32_t
net_empty(const struct bb_port *port)
{
	uint32_t count = 0;

	for (struct rte_mbuf *mbuf = net_take(port); mbuf != NULL; mbuf = net_take(port)) {
		rte_pktmbuf_free(mbuf);
		count++;
	}
	return count;
}

struct rte_mbuf *
net_mbuf(struct net_venue *venue, const uint8_t *bytes, size_t size)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(venue->pool);

	BB_ASSERT(mbuf != NULL);
	char *at = rte_pktmbuf_append(mbuf, (uint16_t)size);
	BB_ASSERT(at != NULL);
	memcpy(at, bytes, size);
	return mbuf;
}

/* A participant's own interface: 10.0.0.100 + id, fd00::100 + id. */
static struct bb_interface
participant_interface(uint32_t participant)
{
	struct bb_interface own = { .has_ipv4 = true,
				    .has_ipv6 = true,
				    .ipv4 = { 10, 0, 0, (uint8_t)(100 + participant) },
				    .ipv6 = { 0xfd, [15] = (uint8_t)(100 + participant) },
				    .udp_port = (uint16_t)(20000 + participant) };

	memcpy(own.mac, participant_mac, sizeof(participant_mac));
	own.mac[5] = (uint8_t)participant;
	return own;
}

static struct bb_return
return_to(const struct bb_interface *from, const struct bb_interface *to, bool ipv6)
{
	struct bb_return back = { .is_ipv6 = ipv6,
				  .udp_port = to->udp_port,
				  .local_udp_port = from->udp_port };

	memcpy(back.mac, to->mac, sizeof(back.mac));
	memcpy(back.address, ipv6 ? to->ipv6 : to->ipv4, ipv6 ? 16 : 4);
	memcpy(back.local, ipv6 ? from->ipv6 : from->ipv4, ipv6 ? 16 : 4);
	return back;
}

struct bb_return
net_back(const struct bb_port *port, uint32_t participant, bool ipv6)
{
	const struct bb_interface there = participant_interface(participant);

	return return_to(&port->interface, &there, ipv6);
}

struct rte_mbuf *
net_frame(struct net_venue *venue, const struct bb_port *port, uint32_t participant, bool ipv6,
	  const uint8_t *payload, size_t size)
{
	const struct bb_interface own = participant_interface(participant);
	const struct bb_return to = return_to(&own, &port->interface, ipv6);
	uint8_t bytes[BB_FRAME_HEADERS_IPV6 + BB_PACKET_SIZE_MAX + 64];

	memcpy(bytes + bb_frame_headers(&to), payload, size);
	return net_mbuf(venue, bytes, bb_frame_write(&own, &to, bytes, (uint16_t)size));
}

struct rte_mbuf *
net_bid(struct net_venue *venue, const struct bb_port *port, uint32_t participant,
	uint64_t sequence, uint32_t count)
{
	const struct bb_packet header = { .participant = participant,
					  .venue = NET_VENUE,
					  .sequence = sequence };
	struct bb_wire_order orders[BB_RECORDS_MAX];
	uint8_t payload[BB_PACKET_SIZE_MAX];

	for (uint32_t i = 0; i < count; i++)
		orders[i] = (struct bb_wire_order){ .order_id = i + 1,
						    .product = 1,
						    .action = BB_WIRE_CANCEL };

	const size_t size = bb_packet_encode_orders(payload, &header, orders, count,
						    &venue->identities[participant],
						    venue->mac_keys[participant]);

	return net_frame(venue, port, participant, false, payload, size);
}

struct rte_mbuf *
net_query(struct net_venue *venue, const struct bb_port *port, uint32_t participant,
	  uint64_t sequence)
{
	const struct bb_packet header = { .participant = participant,
					  .venue = NET_VENUE,
					  .sequence = sequence };
	uint8_t payload[BB_PACKET_SIZE_MAX];
	const size_t size = bb_packet_encode_query(payload, &header,
						   &venue->identities[participant],
						   venue->mac_keys[participant]);

	return net_frame(venue, port, participant, true, payload, size);
}

bool
net_report(const struct net_venue *venue, const struct bb_port *port,
	   const struct rte_mbuf *mbuf, uint32_t participant, struct bb_report *report,
	   struct bb_report_record records[BB_RECORDS_MAX])
{
	const struct bb_interface own = participant_interface(participant);
	uint8_t bytes[RTE_MBUF_DEFAULT_BUF_SIZE];
	struct bb_frame frame;
	struct bb_return from;
	const size_t size = rte_pktmbuf_data_len(mbuf);

	memset(&from, 0, sizeof(from));
	memcpy(bytes, rte_pktmbuf_mtod(mbuf, const void *), size);
	bb_frame_read(&own, bytes, size, sizeof(bytes), &frame, &from);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_PAYLOAD);
	if (frame.kind != BB_FRAME_PAYLOAD)
		return false;
	CU_ASSERT_EQUAL(from.udp_port, port->interface.udp_port);
	CU_ASSERT_EQUAL(memcmp(from.mac, port->interface.mac, sizeof(from.mac)), 0);

	const enum bb_result result =
		bb_report_decode(bytes + frame.payload_offset, frame.payload_size,
				 venue->mac_keys[participant], report, records);

	CU_ASSERT_EQUAL(result, BB_OK);
	CU_ASSERT(result != BB_OK || report->participant == participant);
	CU_ASSERT(result != BB_OK || report->venue == NET_VENUE);
	return result == BB_OK;
}

uint64_t
net_counted(const struct bb_counters *counters)
{
	static const uint32_t ends[] = { BB_COUNT_ACCEPTED, BB_COUNT_REPEATED, BB_COUNT_QUERIES,
					 BB_COUNT_ARP,      BB_COUNT_ECHO,     BB_COUNT_FOREIGN };
	uint64_t sum = 0;

	for (uint32_t i = 0; i < RTE_DIM(ends); i++)
		sum += bb_counted(counters, ends[i]);
	for (uint32_t reason = 0; reason < BB_RESULT_COUNT; reason++)
		sum += bb_counted(counters, BB_COUNT_REFUSED + reason);
	return sum;
}
