/* test_transmit - frames wait for their port, but not for long and at no other's cost. */
#include <string.h>
#include <unistd.h>

#include "dataplane/bb_transmit_duty.h"
#include "tests/net/net_kit.h"

#define NOW UINT64_C(1700000000000000000)

enum { RING, NO_LINK, PORTS }; /* the second is a memif without its other end */

static struct net_venue venue;
static struct bb_port ports[PORTS];
static struct bb_transmit transmit;

static void
start(void)
{
	net_venue(&venue);
	memset(&transmit, 0, sizeof(transmit));
	transmit.ports = ports;
	transmit.port_count = PORTS;
	transmit.counters = &venue.counters;
}

static void
stop(void)
{
	CU_ASSERT(bb_transmit_idle(&transmit));
	CU_ASSERT_EQUAL(net_empty(&ports[RING]), 0);
	net_venue_end(&venue);
}

static void
add(uint32_t port, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bb_transmit_add(&transmit, port,
				net_mbuf(&venue, (const uint8_t *)"frame", 5));
}

static uint64_t
dropped(void)
{
	return bb_counted(&venue.counters, BB_COUNT_TX_DROPPED);
}

static void
test_frames_leave_in_order(void)
{
	start();
	for (uint8_t i = 0; i < 200; i++)
		bb_transmit_add(&transmit, RING, net_mbuf(&venue, &i, 1));
	CU_ASSERT_EQUAL(bb_transmit_room(&transmit), BB_TRANSMIT_WAITING - 200);
	CU_ASSERT(!bb_transmit_idle(&transmit));
	bb_transmit_flush(&transmit, NOW);
	for (uint8_t i = 0; i < 200; i++) {
		struct rte_mbuf *mbuf = net_take(&ports[RING]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		CU_ASSERT_EQUAL(*rte_pktmbuf_mtod(mbuf, uint8_t *), i);
		rte_pktmbuf_free(mbuf);
	}
	stop();
}

static void
test_what_a_port_did_not_take_leaves_later_and_in_order(void)
{
	uint8_t expected = 0;

	start();
	(void)net_stuff(&ports[RING], venue.pool);
	for (uint8_t i = 0; i < 100; i++)
		bb_transmit_add(&transmit, RING, net_mbuf(&venue, &i, 1));
	for (uint32_t i = 0; i < 30; i++) /* makes room for a part of them */
		rte_pktmbuf_free(net_take(&ports[RING]));
	bb_transmit_flush(&transmit, NOW);
	CU_ASSERT_EQUAL(bb_transmit_room(&transmit), BB_TRANSMIT_WAITING - 70);
	for (struct rte_mbuf *mbuf = net_take(&ports[RING]); mbuf != NULL;
	     mbuf = net_take(&ports[RING])) {
		bb_transmit_flush(&transmit, NOW);
		if (rte_pktmbuf_data_len(mbuf) == 1)
			CU_ASSERT_EQUAL(*rte_pktmbuf_mtod(mbuf, uint8_t *), expected++);
		rte_pktmbuf_free(mbuf);
	}
	CU_ASSERT_EQUAL(expected, 100);
	CU_ASSERT_EQUAL(dropped(), 0);
	stop();
}

static void
test_a_port_without_link_drops_at_once(void)
{
	start();
	bb_transmit_look(&transmit, NOW);
	for (uint32_t i = 0; i < 3; i++) {
		add(NO_LINK, BB_TRANSMIT_WAITING);
		bb_transmit_flush(&transmit, NOW);
		CU_ASSERT(bb_transmit_idle(&transmit));
	}
	CU_ASSERT_EQUAL(dropped(), 3 * BB_TRANSMIT_WAITING);
	add(RING, 1); /* the other port does not mind */
	bb_transmit_flush(&transmit, NOW);
	CU_ASSERT_EQUAL(net_empty(&ports[RING]), 1);
	stop();
}

static void
test_a_port_that_takes_no_more_is_waited_for_once(void)
{
	start();
	CU_ASSERT(net_stuff(&ports[RING], venue.pool) > 0);
	add(RING, 1);
	bb_transmit_flush(&transmit, NOW);
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS - 1);
	CU_ASSERT_EQUAL(dropped(), 0);
	CU_ASSERT(!bb_transmit_idle(&transmit));
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS);
	CU_ASSERT_EQUAL(dropped(), 1);
	CU_ASSERT(bb_transmit_idle(&transmit));

	add(RING, 2); /* not waited for again */
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS);
	CU_ASSERT_EQUAL(dropped(), 3);
	(void)net_empty(&ports[RING]);
	stop();
}

static void
test_a_port_is_forgiven_as_soon_as_it_takes_something(void)
{
	start();
	(void)net_stuff(&ports[RING], venue.pool);
	add(RING, 1);
	bb_transmit_flush(&transmit, NOW);
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS);
	CU_ASSERT_EQUAL(dropped(), 1);
	(void)net_empty(&ports[RING]);
	add(RING, 1);
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS);
	CU_ASSERT_EQUAL(net_empty(&ports[RING]), 1);

	(void)net_stuff(&ports[RING], venue.pool);
	add(RING, 1);
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS);
	CU_ASSERT_EQUAL(dropped(), 1);
	CU_ASSERT(!bb_transmit_idle(&transmit)); /* waited for */
	(void)net_empty(&ports[RING]);
	bb_transmit_flush(&transmit, NOW + BB_TRANSMIT_PATIENCE_NS + 1);
	CU_ASSERT_EQUAL(net_empty(&ports[RING]), 1);
	stop();
}

static void
test_a_clock_set_back_ends_patience(void)
{
	start();
	(void)net_stuff(&ports[RING], venue.pool);
	add(RING, 1);
	bb_transmit_flush(&transmit, NOW);
	bb_transmit_flush(&transmit, NOW - 3600 * UINT64_C(1000000000));
	CU_ASSERT_EQUAL(dropped(), 1);
	(void)net_empty(&ports[RING]);
	stop();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "frames leave in order", test_frames_leave_in_order },
		{ "what a port did not take leaves later, and in order",
		  test_what_a_port_did_not_take_leaves_later_and_in_order },
		{ "a port without link drops at once", test_a_port_without_link_drops_at_once },
		{ "a port that takes no more is waited for once",
		  test_a_port_that_takes_no_more_is_waited_for_once },
		{ "a port is forgiven as soon as it takes something",
		  test_a_port_is_forgiven_as_soon_as_it_takes_something },
		{ "a clock set back ends patience", test_a_clock_set_back_ends_patience },
		CU_TEST_INFO_NULL,
	};
	char path[64];
	char device[128];

	(void)snprintf(path, sizeof(path), "/tmp/bb-transmit-%d.sock", (int)getpid());
	(void)snprintf(device, sizeof(device),
		       "net_memif0,role=server,socket=%s,socket-abstract=no", path);
	net_start(false);
	net_open(&ports[RING], "net_ring0", net_pool());
	net_open(&ports[NO_LINK], device, net_pool());
	const int status = bb_test_run("transmit", tests);

	bb_port_close(&ports[NO_LINK]);
	(void)unlink(path);
	return status;
}
