#include "dataplane/bb_port.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "base/bb_limits.h"
#include "market/bb_bid.h"

_Static_assert(sizeof(struct bb_bid) % RTE_MBUF_PRIV_ALIGN == 0, "private area of an mbuf");

/* What RSS hashes: a participant is a UDP port at an address. */
#define PORT_RSS (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)

#define PORT_NAME    64u
#define OWN_POOL_MIN 8192u
#define ANY_SOCKET   ((unsigned)SOCKET_ID_ANY)

struct rte_mempool *
bb_port_pool(const char *name, uint32_t count)
{
	/* A pool must be larger than one and a half caches. */
	const uint32_t cache = count > 2 * BB_PORT_POOL_CACHE ? BB_PORT_POOL_CACHE : 0;

	return rte_pktmbuf_pool_create(name, count, cache, sizeof(struct bb_bid),
				       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
}

__attribute__((format(printf, 3, 4)))
static enum bb_result
refuse(char text[BB_PORT_TEXT], enum bb_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, BB_PORT_TEXT, format, arguments);
	va_end(arguments);
	return result;
}

/* port_name copies the part of device before its arguments. */
static bool
port_name(char name[PORT_NAME], const char *device)
{
	const size_t size = strcspn(device, ",");

	if (size == 0 || size >= PORT_NAME)
		return false;
	memcpy(name, device, size);
	name[size] = '\0';
	return true;
}

static bool
is_virtual_name(const char *name)
{
	return strncmp(name, "net_", 4) == 0 || strncmp(name, "eth_", 4) == 0;
}

/* port_package names the Debian package with the driver of a virtual device: net_af_packet0
 * is driven by librte-net-af-packet23. */
static void
port_package(char package[PORT_NAME], const char *name)
{
	char driver[PORT_NAME / 2];
	size_t size = strlen(name);

	while (size > 0 && name[size - 1] >= '0' && name[size - 1] <= '9')
		size--;
	if (size >= sizeof(driver))
		size = sizeof(driver) - 1;
	for (size_t i = 0; i < size; i++)
		driver[i] = name[i];
	for (size_t i = 0; i < size; i++)
		if (driver[i] == '_')
			driver[i] = '-';
	driver[size] = '\0';
	(void)snprintf(package, PORT_NAME, "librte-%s23", driver);
}

/* port_find makes the device exist and finds its number. */
static enum bb_result
port_find(uint16_t *id, const char *device, const char *name, char text[BB_PORT_TEXT])
{
	char package[PORT_NAME];

	if (rte_eth_dev_get_port_by_name(name, id) == 0)
		return BB_OK; /* an EAL option or another part of this program made it */

	const int failed = rte_dev_probe(device);

	if (failed == 0 && rte_eth_dev_get_port_by_name(name, id) == 0)
		return BB_OK;
	if (!is_virtual_name(name))
		return refuse(text, BB_ERR_NOT_FOUND,
			      "no DPDK port at \"%s\": bind the NIC to vfio-pci "
			      "(dpdk-devbind.py --status), install librte-meta-net, and start "
			      "without --no-pci", name);
	if (failed == -EFAULT) { /* no bus knows a driver of this name */
		port_package(package, name);
		return refuse(text, BB_ERR_NOT_FOUND, "no driver for \"%s\": install %s", name,
			      package);
	}
	return refuse(text, BB_ERR_NOT_FOUND,
		      "cannot make \"%s\": check what stands behind the first comma; "
		      "af_packet and af_xdp need root", name);
}

static bool
port_is_virtual(const struct rte_eth_dev_info *info)
{
	const struct rte_bus *bus = info->device == NULL ? NULL : rte_dev_bus(info->device);

	return bus != NULL && strcmp(rte_bus_name(bus), "vdev") == 0;
}

static enum bb_result
port_configure(uint16_t id, const char *name, uint16_t rx_queues,
	       const struct rte_eth_dev_info *info, char text[BB_PORT_TEXT])
{
	struct rte_eth_conf conf = { 0 };

	if (rx_queues == 0 || rx_queues > info->max_rx_queues)
		return refuse(text, BB_ERR_UNSUPPORTED,
			      "%s has %u receive queues, not %u: change rx_queues", name,
			      info->max_rx_queues, rx_queues);
	if (rx_queues > 1) {
		const uint64_t spread = info->flow_type_rss_offloads & PORT_RSS;

		if (spread == 0 && !port_is_virtual(info))
			return refuse(text, BB_ERR_UNSUPPORTED,
				      "%s cannot spread UDP over queues: set rx_queues to 1",
				      name);
		if (spread != 0) {
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
			conf.rx_adv_conf.rss_conf.rss_hf = spread;
		}
	}

	const int failed = rte_eth_dev_configure(id, rx_queues, 1, &conf);

	if (failed == -EBUSY)
		return refuse(text, BB_ERR_EXISTS, "%s is in use already: name it once", name);
	if (failed < 0)
		return refuse(text, BB_ERR_UNSUPPORTED,
			      "%s refuses %u receive queues: %s; change rx_queues", name,
			      rx_queues, strerror(-failed));
	return BB_OK;
}

/* port_own_pool makes what net_af_xdp shares with the kernel: its rings, full, twice. */
static struct rte_mempool *
port_own_pool(uint16_t id, const struct bb_port_config *config)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	const uint32_t count = 4u * config->descriptors * config->rx_queues;

	(void)snprintf(name, sizeof(name), "port.%u", id);
	return rte_pktmbuf_pool_create(name, RTE_MAX(count, OWN_POOL_MIN), BB_PORT_POOL_CACHE, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
}

static enum bb_result
port_queues(uint16_t id, const char *name, const struct bb_port_config *config,
	    struct rte_mempool *pool, char text[BB_PORT_TEXT])
{
	uint16_t rx = config->descriptors;
	uint16_t tx = config->descriptors;
	int failed = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx, &tx);

	if (failed == -ENOTSUP)
		failed = 0;
	for (uint16_t queue = 0; failed == 0 && queue < config->rx_queues; queue++)
		failed = rte_eth_rx_queue_setup(id, queue, rx, ANY_SOCKET, NULL, pool);
	if (failed == 0)
		failed = rte_eth_tx_queue_setup(id, 0, tx, ANY_SOCKET, NULL);
	if (failed != 0)
		return refuse(text, BB_ERR_UNSUPPORTED,
			      "%s refuses queues of %u descriptors: %s; change descriptors", name,
			      config->descriptors, strerror(-failed));
	return BB_OK;
}

/* port_address settles the MAC address.  A device that cannot take the configured one
 * can still be made to receive for it; one that has none, as net_ring, gets one that is
 * locally administered. */
static void
port_address(struct bb_port *port, const struct bb_port_config *config)
{
	uint8_t *mac = port->interface.mac;
	struct rte_ether_addr address = { { 0 } };
	bool promiscuous = config->promiscuous;

	if (bb_is_zero(mac, RTE_ETHER_ADDR_LEN)) {
		(void)rte_eth_macaddr_get(port->id, &address);
		memcpy(mac, address.addr_bytes, RTE_ETHER_ADDR_LEN);
	}
	if (bb_is_zero(mac, RTE_ETHER_ADDR_LEN)) {
		mac[0] = 0x02;
		mac[5] = (uint8_t)(port->id + 1);
	}
	if (memcmp(mac, address.addr_bytes, RTE_ETHER_ADDR_LEN) != 0) {
		memcpy(address.addr_bytes, mac, RTE_ETHER_ADDR_LEN);
		if (rte_eth_dev_default_mac_addr_set(port->id, &address) != 0)
			promiscuous = true;
	}
	/* Without the means to filter, a device is promiscuous anyway: no error. */
	if (promiscuous)
		(void)rte_eth_promiscuous_enable(port->id);
}

enum bb_result
bb_port_open(struct bb_port *port, const struct bb_port_config *config,
	     struct rte_mempool *pool, char text[BB_PORT_TEXT])
{
	struct rte_eth_dev_info info;
	char name[PORT_NAME];
	uint16_t id = 0;

	text[0] = '\0';
	if (!port_name(name, config->device))
		return refuse(text, BB_ERR_FORMAT,
			      "device \"%.64s\" is neither a PCI address nor net_...",
			      config->device);

	enum bb_result result = port_find(&id, config->device, name, text);

	if (result != BB_OK)
		return result;
	if (rte_eth_dev_info_get(id, &info) != 0)
		return refuse(text, BB_ERR_IO, "%s does not say what it can do", name);
	result = port_configure(id, name, config->rx_queues, &info, text);
	if (result != BB_OK)
		return result;

	*port = (struct bb_port){ .interface = config->interface, .id = id,
				  .rx_queues = config->rx_queues, .pool = pool };
	if (strcmp(info.driver_name, "net_af_xdp") == 0) {
		port->own_pool = port_own_pool(id, config);
		if (port->own_pool == NULL)
			return refuse(text, BB_ERR_FULL, "no memory for %s: give the EAL more (-m)",
				      name);
	}

	result = port_queues(id, name, config, port->own_pool != NULL ? port->own_pool : pool,
			     text);

	const int failed = result == BB_OK ? rte_eth_dev_start(id) : 0;

	if (failed != 0)
		result = refuse(text, BB_ERR_IO, "%s does not start: %s", name,
				strerror(-failed));
	if (result != BB_OK) {
		rte_mempool_free(port->own_pool);
		return result;
	}
	port_address(port, config);
	return BB_OK;
}

/* copy_frames moves frames from mbufs of the port's own pool into copies.  A frame of more
 * than one segment is cut off behind the first and then does not add up. */
static void
copy_frames(struct rte_mbuf **frames, struct rte_mbuf **copies, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		const uint16_t size = rte_pktmbuf_data_len(frames[i]);

		/* Both pools have the same data room. */
		memcpy(rte_pktmbuf_mtod(copies[i], void *), rte_pktmbuf_mtod(frames[i], void *),
		       size);
		copies[i]->data_len = size;
		copies[i]->pkt_len = size;
	}
	rte_pktmbuf_free_bulk(frames, count);
	memcpy(frames, copies, count * sizeof(frames[0]));
}

uint16_t
bb_port_receive(const struct bb_port *port, uint16_t queue, struct rte_mbuf **frames,
		uint16_t room)
{
	struct rte_mbuf *copies[BB_BURST];

	BB_ASSERT(room <= BB_BURST);
	if (port->own_pool == NULL)
		return rte_eth_rx_burst(port->id, queue, frames, room);
	if (rte_pktmbuf_alloc_bulk(port->pool, copies, room) != 0)
		return 0;

	const uint16_t count = rte_eth_rx_burst(port->id, queue, frames, room);

	copy_frames(frames, copies, count);
	rte_pktmbuf_free_bulk(copies + count, room - count);
	return count;
}

void
bb_port_close(struct bb_port *port)
{
	struct rte_eth_dev_info info;
	const bool known = rte_eth_dev_info_get(port->id, &info) == 0;

	(void)rte_eth_dev_stop(port->id);
	if (known && port_is_virtual(&info)) {
		/* Closes the port as well; its name may then be used again. */
		(void)rte_dev_remove((struct rte_device *)(uintptr_t)info.device);
	} else {
		(void)rte_eth_dev_close(port->id);
	}
	rte_mempool_free(port->own_pool);
	port->own_pool = NULL;
}

void
bb_port_stats(const struct bb_port *port, struct bb_port_stats *stats)
{
	struct rte_eth_stats device;
	struct rte_eth_link link;

	*stats = (struct bb_port_stats){ 0 };
	if (rte_eth_stats_get(port->id, &device) == 0) {
		stats->rx = device.ipackets;
		stats->rx_missed = device.imissed;
		stats->rx_errors = device.ierrors;
		stats->rx_no_mbuf = device.rx_nombuf;
		stats->tx = device.opackets;
		stats->tx_errors = device.oerrors;
	}
	if (rte_eth_link_get_nowait(port->id, &link) == 0)
		stats->link_up = link.link_status == RTE_ETH_LINK_UP;
}
