#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench/gen_frame.h"
#include "bench/gen_link.h"
#include "dataplane/bb_port.h"

#define POOL_MBUFS  8192u
#define DESCRIPTORS 1024u
#define EAL_WORDS   32u

/* How often a port that is down is started again, and the venue's MAC asked for. */
#define AGAIN_NS UINT64_C(50000000)

/* How long a port that was started may take until its link is up. */
#define SETTLE_NS UINT64_C(1000000000)

enum revival { REVIVAL_NONE, REVIVAL_ASKED, REVIVAL_DONE, REVIVAL_FAILED };

struct device_link {
	struct gen_wire wire;
	struct bb_port port;
	bool known; /* where the venue is */
	bool given; /* by the user, not asked for */
	bool started; /* the port: no other may be polled */
	bool away;  /* it was, and nobody has been told that it is back */
	bool memif_client;
	atomic_int revival; /* DPDK's interrupt thread sets it, this one asks and takes it */
	uint64_t again_ns;
	uint64_t settled_ns;
};

/* Starts DPDK with this thread as its only lcore. */
static bool
start_eal(const struct gen_device *config, char text[GEN_LINK_TEXT])
{
	static char default_options[] =
		"--no-huge --no-shconf --no-pci -m 256 --no-telemetry "
		"--log-level=4 --log-level=pmd.net.memif:3";
	char *own = config->eal != NULL ? strdup(config->eal) : strdup(default_options);
	char *words[EAL_WORDS] = { (char[]){ "busbar-gen" } };
	char cpu[16];
	int count = 1;
	char *rest = NULL;
	cpu_set_t allowed;
	int32_t chosen = config->cpu;

	if (own == NULL || sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		free(own);
		return false;
	}
	for (int32_t i = 0; chosen < 0 && i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &allowed))
			chosen = i;
	(void)snprintf(cpu, sizeof(cpu), "%d", chosen);
	words[count++] = (char[]){ "-l" };
	words[count++] = cpu;
	for (char *word = strtok_r(own, " ", &rest); word != NULL && count < (int)EAL_WORDS - 1;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;

	const int used = rte_eal_init(count, words);
	if (used < 0)
		(void)snprintf(text, GEN_LINK_TEXT,
			       "DPDK does not start: %s; is CPU %d one that this process may use?",
			       rte_strerror(rte_errno), chosen);
	free(own);
	return used >= 0;
}

static uint32_t
device_send(void *state, const struct gen_datagram *datagrams, uint32_t count)
{
	struct device_link *device = state;
	struct rte_mbuf *mbufs[BB_BURST];

	if (!device->started || !device->known)
		return 0;
	if (count > BB_BURST)
		count = BB_BURST;
	if (rte_pktmbuf_alloc_bulk(device->port.pool, mbufs, (unsigned)count) != 0)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
		const uint16_t size =
			gen_frame_bid(&device->wire, datagrams[i].participant,
				      datagrams[i].bytes, datagrams[i].size, frame);
		mbufs[i]->data_len = size;
		mbufs[i]->pkt_len = size;
	}
	const uint16_t sent = rte_eth_tx_burst(device->port.id, 0, mbufs, (uint16_t)count);
	if (sent < count)
		rte_pktmbuf_free_bulk(mbufs + sent, (unsigned)(count - sent));
	return sent;
}

static void
take_frame(struct device_link *device, struct rte_mbuf *mbuf, gen_receive *receive,
	   void *context)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	const uint8_t *payload;
	size_t size;

	if (mbuf->nb_segs != 1)
		return; /* larger than any report */
	if (gen_frame_report(&device->wire, frame, mbuf->data_len, &payload, &size))
		receive(context, payload, size);
	else if (!device->given && gen_frame_told(&device->wire, frame, mbuf->data_len))
		device->known = true;
}

static uint32_t
device_receive(void *state, gen_receive *receive, void *context)
{
	struct device_link *device = state;
	struct rte_mbuf *mbufs[BB_BURST];

	if (!device->started)
		return 0;
	const uint16_t got = rte_eth_rx_burst(device->port.id, 0, mbufs, BB_BURST);
	for (uint16_t i = 0; i < got; i++)
		take_frame(device, mbufs[i], receive, context);
	rte_pktmbuf_free_bulk(mbufs, got);
	return got;
}

static void
device_idle(void *state)
{
	(void)state;
	rte_pause();
}

static void
ask(struct device_link *device)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(device->port.pool);

	if (mbuf == NULL)
		return;
	const uint16_t size =
		gen_frame_ask(&device->wire, rte_pktmbuf_mtod(mbuf, uint8_t *));
	mbuf->data_len = size;
	mbuf->pkt_len = size;
	if (rte_eth_tx_burst(device->port.id, 0, &mbuf, 1) == 0)
		rte_pktmbuf_free(mbuf);
}

static bool
link_is_down(const struct device_link *device)
{
	struct rte_eth_link now = { 0 };

	return rte_eth_link_get_nowait(device->port.id, &now) == 0 &&
	       now.link_status == RTE_ETH_LINK_DOWN;
}

/* A memif client does not connect again by itself when the server was away: starting the
 * port again does.  The driver answers its peer on DPDK's interrupt thread and has no lock
 * against us, so that is where this runs, while nobody polls. */
static void
revive(void *context)
{
	struct device_link *device = context;

	(void)rte_eth_dev_stop(device->port.id);
	const bool started = rte_eth_dev_start(device->port.id) == 0;
	atomic_store_explicit(&device->revival, started ? REVIVAL_DONE : REVIVAL_FAILED,
			      memory_order_release);
}

static void
ask_revival(struct device_link *device)
{
	device->started = false;
	device->known = device->given; /* a venue that was started again has another MAC */
	device->away = true;
	atomic_store_explicit(&device->revival, REVIVAL_ASKED, memory_order_release);
	if (rte_eal_alarm_set(1, revive, device) != 0)
		atomic_store_explicit(&device->revival, REVIVAL_FAILED, memory_order_relaxed);
}

/* Returns whether the port may be used. */
static bool
keep_alive(struct device_link *device, uint64_t now_ns)
{
	const int revival = atomic_load_explicit(&device->revival, memory_order_acquire);

	if (revival == REVIVAL_ASKED)
		return false;
	if (revival == REVIVAL_DONE) {
		device->started = true;
		device->settled_ns = now_ns + SETTLE_NS;
	}
	atomic_store_explicit(&device->revival, REVIVAL_NONE, memory_order_relaxed);
	if (device->started && (now_ns < device->settled_ns || !link_is_down(device)))
		return true;
	ask_revival(device);
	return false;
}

static bool
device_wake(void *state, uint64_t now_ns)
{
	struct device_link *device = state;

	if (now_ns < device->again_ns)
		return false;
	device->again_ns = now_ns + AGAIN_NS;
	if (device->memif_client && !keep_alive(device, now_ns))
		return false;
	if (!device->given)
		ask(device);
	if (!device->away || !device->known)
		return false;
	device->away = false;
	return true;
}

static void
device_close(void *state)
{
	struct device_link *device = state;
	struct rte_mempool *pool = device->port.pool;

	(void)rte_eal_alarm_cancel(revive, device);
	bb_port_close(&device->port);
	rte_mempool_free(pool);
	free(device);
	/* No rte_eal_cleanup: DPDK's interrupt thread would read what that frees. */
}

static void
ignore(void *context, const uint8_t *payload, size_t size)
{
	(void)context;
	(void)payload;
	(void)size;
}

/* Waits until the port is there and the venue has said where it is. */
static bool
find_venue(struct device_link *device, const struct gen_device *config,
	   char text[GEN_LINK_TEXT])
{
	const uint64_t end = gen_now_ns() + config->patience_ns;

	while (!device->known && gen_now_ns() < end) {
		(void)device_wake(device, gen_now_ns());
		(void)device_receive(device, ignore, NULL);
	}
	device->away = false;
	if (!device->known)
		(void)snprintf(text, GEN_LINK_TEXT,
			       "nobody at %.60s answers %s on %.100s: is busbard running?",
			       config->host,
			       device->wire.is_ipv6 ? "neighbour solicitations" : "ARP",
			       config->device);
	return device->known;
}

/* A memif client cannot open its port before the server listens. */
static bool
open_port(struct device_link *device, const struct gen_device *config,
	  char text[GEN_LINK_TEXT])
{
	struct bb_port_config port = { .rx_queues = 1, .descriptors = DESCRIPTORS };
	struct rte_mempool *pool = bb_port_pool("busbar-gen", POOL_MBUFS);
	const uint64_t end = gen_now_ns() + config->patience_ns;
	char why[BB_PORT_TEXT] = "no memory for packets: give EAL more, as in --eal \"... -m 512\"";

	/* A trade with many brings them all a notice: of a memif, whose client decides how
	 * long its rings are, the longest. */
	const bool longest = device->memif_client && strstr(config->device, "rsize=") == NULL;
	const int size = snprintf(port.device, sizeof(port.device), "%s%s", config->device,
				  longest ? ",rsize=14" : "");
	if (size < 0 || (size_t)size >= sizeof(port.device)) {
		(void)snprintf(text, GEN_LINK_TEXT, "the device is too long");
		return false;
	}
	while (pool != NULL) {
		if (bb_port_open(&device->port, &port, pool, why) == BB_OK)
			break;
		if (!device->memif_client || gen_now_ns() > end) {
			rte_mempool_free(pool);
			pool = NULL;
		} else {
			rte_delay_us_sleep(100000);
		}
	}
	(void)snprintf(text, GEN_LINK_TEXT, "%s", why);
	memcpy(device->wire.own_mac, device->port.interface.mac, 6);
	device->started = pool != NULL;
	device->settled_ns = gen_now_ns() + SETTLE_NS;
	return device->started;
}

bool
gen_link_device(struct gen_link *link, const struct gen_device *config,
		char text[GEN_LINK_TEXT])
{
	struct device_link *device = calloc(1, sizeof(*device));

	(void)snprintf(text, GEN_LINK_TEXT, "no memory");
	if (device == NULL)
		return false;
	device->memif_client = strncmp(config->device, "net_memif", 9) == 0 &&
			       strstr(config->device, "role=server") == NULL;
	if (!gen_frame_wire(&device->wire, config->host, config->udp_port)) {
		(void)snprintf(text, GEN_LINK_TEXT, "\"%.60s\" is no address", config->host);
		free(device);
		return false;
	}
	if (config->venue_mac != NULL) {
		device->given = device->known = true;
		memcpy(device->wire.venue_mac, config->venue_mac, 6);
	}
	if (!start_eal(config, text) || !open_port(device, config, text)) {
		free(device);
		return false;
	}
	*link = (struct gen_link){ device,      device_send, device_receive,
				   device_idle, device_wake, device_close };
	if (find_venue(device, config, text))
		return true;
	device_close(device);
	return false;
}
