/* test_port - what bb_port promises for any device, and says when it cannot. */
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "tests/net/net_kit.h"

static struct net_venue venue;
static char folder[] = "/tmp/bb-port-XXXXXX";

static enum bb_result
open_as(struct bb_port *port, const char *device, uint16_t rx_queues, const uint8_t *mac,
	char text[BB_PORT_TEXT])
{
	struct bb_port_config config = { .rx_queues = rx_queues, .descriptors = 256 };

	(void)snprintf(config.device, sizeof(config.device), "%s", device);
	if (mac != NULL)
		memcpy(config.interface.mac, mac, sizeof(config.interface.mac));
	return bb_port_open(port, &config, venue.pool, text);
}

static void
test_a_device_opens_and_opens_again(void)
{
	struct bb_port port;
	struct rte_mbuf *frames[BB_BURST];
	char text[BB_PORT_TEXT];

	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_null0,size=60", 1, NULL, text), BB_OK);
		CU_ASSERT_STRING_EQUAL(text, "");

		const uint16_t count = bb_port_receive(&port, 0, frames, BB_BURST);
		struct bb_port_stats stats;

		CU_ASSERT_EQUAL(count, BB_BURST);
		CU_ASSERT_EQUAL(rte_pktmbuf_priv_size(frames[0]->pool), sizeof(struct bb_bid));
		rte_pktmbuf_free_bulk(frames, count);
		bb_port_stats(&port, &stats);
		CU_ASSERT_EQUAL(stats.rx, BB_BURST);
		CU_ASSERT(stats.link_up);
		bb_port_close(&port);
	}
}

static void
test_a_device_opens_once(void)
{
	struct bb_port port;
	struct bb_port second;
	char text[BB_PORT_TEXT];

	CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_null0", 1, NULL, text), BB_OK);
	CU_ASSERT_EQUAL(open_as(&second, "net_null0", 1, NULL, text), BB_ERR_EXISTS);
	CU_ASSERT_STRING_EQUAL(text, "net_null0 is in use already: name it once");
	bb_port_close(&port);
}

static void
test_the_mac_address_is_the_devices_or_the_given_or_made_up(void)
{
	static const uint8_t given[6] = { 2, 1, 2, 3, 4, 5 };
	struct rte_ether_addr own;
	struct bb_port port;
	char text[BB_PORT_TEXT];

	CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_null0", 1, NULL, text), BB_OK);
	CU_ASSERT_EQUAL(rte_eth_macaddr_get(port.id, &own), 0);
	CU_ASSERT_EQUAL(memcmp(port.interface.mac, own.addr_bytes, 6), 0);
	bb_port_close(&port);

	CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_null0", 1, given, text), BB_OK);
	CU_ASSERT_EQUAL(rte_eth_macaddr_get(port.id, &own), 0);
	CU_ASSERT_EQUAL(memcmp(port.interface.mac, given, 6), 0);
	CU_ASSERT_EQUAL(memcmp(own.addr_bytes, given, 6), 0);
	bb_port_close(&port);

	/* net_ring has no address of its own and takes none. */
	CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_ring0", 1, NULL, text), BB_OK);
	CU_ASSERT_EQUAL(port.interface.mac[0], 0x02);
	bb_port_close(&port);
	CU_ASSERT_EQUAL_FATAL(open_as(&port, "net_ring1", 1, given, text), BB_OK);
	CU_ASSERT_EQUAL(memcmp(port.interface.mac, given, 6), 0);
	bb_port_close(&port);
}

static void
test_every_failure_says_what_to_do(void)
{
	static const struct {
		const char *device;
		uint16_t rx_queues;
		enum bb_result result;
		const char *says;
	} cases[] = {
		{ "", 1, BB_ERR_FORMAT, "neither a PCI address nor net_..." },
		{ ",iface=x", 1, BB_ERR_FORMAT, "neither a PCI address nor net_..." },
		{ "net_some_thing0,a=b", 1, BB_ERR_NOT_FOUND, "install librte-net-some-thing23" },
		{ "net_pcap9,rx_pcap=/none.pcap", 1, BB_ERR_NOT_FOUND, "behind the first comma" },
		{ "0000:ff:1f.7", 1, BB_ERR_NOT_FOUND, "dpdk-devbind.py" },
		{ "net_null7", 0, BB_ERR_UNSUPPORTED, "change rx_queues" },
		{ "net_null8", 2000, BB_ERR_UNSUPPORTED, "change rx_queues" },
	};
	struct bb_port port;
	char text[BB_PORT_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(open_as(&port, cases[i].device, cases[i].rx_queues, NULL, text),
				cases[i].result);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, cases[i].says));
		CU_ASSERT_PTR_NULL(strchr(text, '\n'));
	}
}

static void
test_a_pcap_file_is_a_device(void)
{
	char device[256];
	char text[BB_PORT_TEXT];
	struct bb_port port;
	static const uint8_t bytes[60] = { 1, 2, 3 };

	(void)snprintf(device, sizeof(device), "net_pcap0,tx_pcap=%s/frames.pcap", folder);
	CU_ASSERT_EQUAL_FATAL(open_as(&port, device, 1, NULL, text), BB_OK);
	net_inject(&port, net_mbuf(&venue, bytes, sizeof(bytes)));
	bb_port_close(&port);

	(void)snprintf(device, sizeof(device), "net_pcap0,rx_pcap=%s/frames.pcap", folder);
	CU_ASSERT_EQUAL_FATAL(open_as(&port, device, 1, NULL, text), BB_OK);
	struct rte_mbuf *mbuf = net_take(&port);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	CU_ASSERT_EQUAL(rte_pktmbuf_data_len(mbuf), sizeof(bytes));
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(mbuf, void *), bytes, sizeof(bytes)), 0);
	rte_pktmbuf_free(mbuf);
	CU_ASSERT_PTR_NULL(net_take(&port));
	bb_port_close(&port);
	(void)snprintf(device, sizeof(device), "%s/frames.pcap", folder);
	(void)unlink(device);
}

static void
test_memif_without_its_other_end_has_no_link(void)
{
	char device[256];
	char text[BB_PORT_TEXT];
	struct bb_port port;
	struct bb_port_stats stats;

	(void)snprintf(device, sizeof(device),
		       "net_memif0,role=server,socket=%s/memif.sock,socket-abstract=no", folder);
	CU_ASSERT_EQUAL_FATAL(open_as(&port, device, 1, NULL, text), BB_OK);
	bb_port_stats(&port, &stats);
	CU_ASSERT(!stats.link_up);
	bb_port_close(&port);
	(void)snprintf(device, sizeof(device), "%s/memif.sock", folder);
	(void)unlink(device);
}

static void
test_rings_keep_exactly_what_they_were_made_for(void)
{
	struct rte_ring *rings[2] = { bb_ring_pointers("same", 100),
				      bb_ring_pointers("same", 100) };
	struct rte_ring *values = bb_ring_values("values", BB_RING_OUTCOME_SLOTS, 64);

	CU_ASSERT_PTR_NOT_NULL_FATAL(rings[0]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rings[1]); /* one name may serve several */
	CU_ASSERT_PTR_NOT_NULL_FATAL(values);
	CU_ASSERT_EQUAL(rte_ring_free_count(rings[0]), 100);
	CU_ASSERT_EQUAL(rte_ring_free_count(values), BB_RING_OUTCOME_SLOTS);
	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(rte_ring_sp_enqueue(rings[0], &venue), 0);
	CU_ASSERT(rte_ring_sp_enqueue(rings[0], &venue) != 0);
	rte_ring_reset(rings[0]);
	bb_ring_free(rings[0]);
	bb_ring_free(rings[1]);
	bb_ring_free(values);
	bb_ring_free(NULL);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a device opens, and opens again", test_a_device_opens_and_opens_again },
		{ "a device opens once", test_a_device_opens_once },
		{ "the MAC address is the device's, or the given, or made up",
		  test_the_mac_address_is_the_devices_or_the_given_or_made_up },
		{ "every failure says what to do", test_every_failure_says_what_to_do },
		{ "a pcap file is a device", test_a_pcap_file_is_a_device },
		{ "memif without its other end has no link",
		  test_memif_without_its_other_end_has_no_link },
		{ "rings keep exactly what they were made for",
		  test_rings_keep_exactly_what_they_were_made_for },
		CU_TEST_INFO_NULL,
	};

	net_start(false);
	net_venue(&venue);
	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	const int status = bb_test_run("port", tests);

	(void)rmdir(folder);
	return status;
}
