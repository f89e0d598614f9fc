/* test_frame_write - the frames that bb_frame writes are those that a kernel writes. */
#include <string.h>

#include "base/bb_random.h"
#include "dataplane/bb_frame.h"
#include "tests/bb_test.h"
#include "tests/dataplane/golden_frames.h"

static uint8_t bytes[ROOM];
static struct bb_frame frame;
static struct bb_return back;

static enum bb_frame_kind
judge(size_t size)
{
	bb_frame_read(&appliance, bytes, size, ROOM, &frame, &back);
	return frame.kind;
}

static void
test_written_frames_are_those_of_a_kernel(void)
{
	uint8_t golden[ROOM];

	/* What the client's kernel sent, written by us in its place. */
	size_t size = frame_load(FRAME_UDP_IPV4, golden);
	const struct bb_return to_ipv4 = {
		.mac = { 2, 0, 0, 0, 0, 1 }, .address = { 192, 0, 2, 1 },
		.local = { 192, 0, 2, 2 }, .udp_port = 7600, .local_udp_port = 40000,
	};
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + BB_FRAME_HEADERS_IPV4, golden + 42, size - 42);
	CU_ASSERT_EQUAL(bb_frame_write(&client, &to_ipv4, bytes, (uint16_t)(size - 42)), size);
	CU_ASSERT_EQUAL(memcmp(bytes, golden, 18), 0); /* then comes the identification */
	CU_ASSERT_EQUAL(memcmp(bytes + 20, golden + 20, 4), 0);
	CU_ASSERT_EQUAL(frame_checksum(bytes + 14, 20, 0), 0);
	CU_ASSERT_EQUAL(memcmp(bytes + 26, golden + 26, size - 26), 0);

	size = frame_load(FRAME_UDP_IPV6, golden);
	struct bb_return to_ipv6 = to_ipv4;
	to_ipv6.is_ipv6 = true;
	memcpy(to_ipv6.address, appliance.ipv6, 16);
	memcpy(to_ipv6.local, client.ipv6, 16);
	memcpy(bytes + BB_FRAME_HEADERS_IPV6, golden + 62, size - 62);
	CU_ASSERT_EQUAL(bb_frame_write(&client, &to_ipv6, bytes, (uint16_t)(size - 62)), size);
	CU_ASSERT_EQUAL(memcmp(bytes, golden, 15), 0); /* then comes the flow label */
	CU_ASSERT_EQUAL(memcmp(bytes + 18, golden + 18, size - 18), 0);
}

static void
test_what_is_written_is_read_at_every_size(void)
{
	struct bb_random random = { 7 };
	struct bb_return to = {
		.mac = { 2, 0, 0, 0, 0, 1 }, .udp_port = 7600, .local_udp_port = 40000,
	};
	for (uint16_t size = 0; size <= BB_FRAME_PAYLOAD_MAX; size++) {
		uint8_t payload[BB_FRAME_PAYLOAD_MAX];
		to.is_ipv6 = bb_random_below(&random, 2) == 1;
		memcpy(to.address, to.is_ipv6 ? appliance.ipv6 : appliance.ipv4,
		       to.is_ipv6 ? 16 : 4);
		memcpy(to.local, to.is_ipv6 ? client.ipv6 : client.ipv4, to.is_ipv6 ? 16 : 4);
		for (uint16_t i = 0; i < size; i++)
			payload[i] = (uint8_t)bb_random_next(&random);
		memset(bytes, 0xaa, sizeof(bytes)); /* no zeros to lean on */
		memcpy(bytes + bb_frame_headers(&to), payload, size);

		const uint16_t frame_size = bb_frame_write(&client, &to, bytes, size);
		CU_ASSERT_EQUAL(frame_size, bb_frame_headers(&to) + size);
		CU_ASSERT_EQUAL(judge(frame_size), BB_FRAME_PAYLOAD);
		CU_ASSERT_EQUAL(frame.payload_size, size);
		CU_ASSERT_EQUAL(memcmp(bytes + frame.payload_offset, payload, size), 0);
		CU_ASSERT_EQUAL(back.udp_port, 40000);
	}
}

static void
test_a_checksum_of_zero_is_sent_as_ones(void)
{
	struct bb_return to = {
		.mac = { 2, 0, 0, 0, 0, 1 }, .address = { 192, 0, 2, 1 },
		.local = { 192, 0, 2, 2 }, .udp_port = 7600, .local_udp_port = 40000,
	};
	/* The checksum of a payload of two zeros, as payload, makes it zero. */
	memset(bytes, 0, sizeof(bytes));
	bb_frame_write(&client, &to, bytes, 2);
	memcpy(bytes + 42, bytes + 40, 2);
	const uint16_t size = bb_frame_write(&client, &to, bytes, 2);
	CU_ASSERT_EQUAL(bytes[40], 0xff);
	CU_ASSERT_EQUAL(bytes[41], 0xff);
	CU_ASSERT_EQUAL(judge(size), BB_FRAME_PAYLOAD);
}

static void
test_a_multicast_group_has_its_mac(void)
{
	static const uint8_t group[4] = { 239, 129, 2, 3 };
	static const uint8_t mac[6] = { 1, 0, 0x5e, 1, 2, 3 };
	struct bb_return to = { .port = 5 };

	bb_frame_multicast(&to, &appliance, group, 7601);
	CU_ASSERT_EQUAL(memcmp(to.mac, mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(to.address, group, 4), 0);
	CU_ASSERT_EQUAL(memcmp(to.local, appliance.ipv4, 4), 0);
	CU_ASSERT_EQUAL(to.udp_port, 7601);
	CU_ASSERT_EQUAL(to.local_udp_port, 7600);
	CU_ASSERT_EQUAL(to.port, 5);
	CU_ASSERT_EQUAL(bb_frame_headers(&to), BB_FRAME_HEADERS_IPV4);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "written frames are those of a kernel",
		  test_written_frames_are_those_of_a_kernel },
		{ "what is written is read, at every size",
		  test_what_is_written_is_read_at_every_size },
		{ "a checksum of zero is sent as ones", test_a_checksum_of_zero_is_sent_as_ones },
		{ "a multicast group has its MAC", test_a_multicast_group_has_its_mac },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("frame_write", tests);
}
