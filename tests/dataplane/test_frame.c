/* test_frame - what bb_frame promises, against frames that a kernel really sent. */
#include <string.h>

#include "dataplane/bb_frame.h"
#include "tests/bb_test.h"
#include "tests/dataplane/golden_frames.h"

static uint8_t bytes[ROOM];
static struct bb_frame frame;
static struct bb_return back;

static enum bb_frame_kind
judge(size_t size)
{
	memset(&back, 0xee, sizeof(back));
	bb_frame_read(&appliance, bytes, size, ROOM, &frame, &back);
	return frame.kind;
}

static enum bb_frame_kind
judge_hex(const char *hex)
{
	memset(bytes, 0xdd, sizeof(bytes));
	return judge(frame_load(hex, bytes));
}

static void
test_datagrams_of_a_kernel_are_payloads(void)
{
	static const struct { const char *hex; const char *payload; bool is_ipv6; } cases[] = {
		{ FRAME_UDP_IPV4, "one bid, as it were", false },
		{ FRAME_UDP_IPV4_UNSUMMED, "without checksum", false },
		{ FRAME_UDP_IPV4_OPTIONS, "with router alert", false },
		{ FRAME_UDP_IPV6, "one bid over IPv6", true },
		{ FRAME_UDP_IPV6_LOCAL, "to the link-local address", true },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(judge_hex(cases[i].hex), BB_FRAME_PAYLOAD);
		CU_ASSERT_EQUAL(frame.payload_size, strlen(cases[i].payload));
		CU_ASSERT_EQUAL(memcmp(bytes + frame.payload_offset, cases[i].payload,
				       frame.payload_size), 0);
		CU_ASSERT_EQUAL(back.is_ipv6, cases[i].is_ipv6);
	}
}

static void
test_the_way_back_is_where_it_came_from(void)
{
	static const uint8_t ipv4[16] = { 192, 0, 2, 2 }, ipv4_local[16] = { 192, 0, 2, 1 };
	static const uint8_t local[16] = { 0xfe, 0x80, [11] = 0xff, [12] = 0xfe };

	judge_hex(FRAME_UDP_IPV4);
	CU_ASSERT_EQUAL(memcmp(back.mac, client.mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(back.address, ipv4, 16), 0);
	CU_ASSERT_EQUAL(memcmp(back.local, ipv4_local, 16), 0);
	CU_ASSERT_EQUAL(back.udp_port, 40000);
	CU_ASSERT_EQUAL(back.local_udp_port, 7600);
	CU_ASSERT_EQUAL(back.port, 0xee); /* the caller's */
	CU_ASSERT_EQUAL(back.token, 0xeeeeeeee);
	judge_hex(FRAME_UDP_IPV6);
	CU_ASSERT_EQUAL(memcmp(back.address, client.ipv6, 16), 0);
	CU_ASSERT_EQUAL(memcmp(back.local, appliance.ipv6, 16), 0);
	judge_hex(FRAME_UDP_IPV6_LOCAL);
	CU_ASSERT_EQUAL(memcmp(back.address, local, 15), 0);
	CU_ASSERT_EQUAL(back.address[15], 2);
	CU_ASSERT_EQUAL(memcmp(back.local, local, 15), 0);
	CU_ASSERT_EQUAL(back.local[15], 1);
}

/* from..to is what a kernel chooses itself: IPv4 identification, IPv6 flow label. */
static void
expect_answer(const char *request, enum bb_frame_kind kind, const char *expected, size_t from,
	      size_t to)
{
	uint8_t answer[ROOM];
	const size_t size = frame_load(expected, answer);
	const size_t padded = size < 60 ? 60 : size;

	CU_ASSERT_EQUAL(judge_hex(request), kind);
	CU_ASSERT_EQUAL(frame.answer_size, padded);
	CU_ASSERT_EQUAL(memcmp(bytes, answer, from), 0);
	CU_ASSERT_EQUAL(memcmp(bytes + to, answer + to, size - to), 0);
	for (size_t i = size; i < padded; i++)
		CU_ASSERT_EQUAL(bytes[i], 0);
}

static void
test_answers_are_those_of_a_kernel(void)
{
	expect_answer(FRAME_ARP_REQUEST, BB_FRAME_ARP, FRAME_ARP_REPLY, 0, 0);
	expect_answer(FRAME_SOLICIT_GLOBAL, BB_FRAME_NEIGHBOUR, FRAME_ADVERTISE_GLOBAL, 0, 0);
	expect_answer(FRAME_SOLICIT_LOCAL, BB_FRAME_NEIGHBOUR, FRAME_ADVERTISE_LOCAL, 0, 0);
	expect_answer(FRAME_SOLICIT_PROBE, BB_FRAME_NEIGHBOUR, FRAME_ADVERTISE_PROBE, 0, 0);
	expect_answer(FRAME_ECHO_IPV4, BB_FRAME_ECHO, FRAME_ECHO_REPLY_IPV4, 18, 26);
	CU_ASSERT_EQUAL(frame_checksum(bytes + 14, 20, 0), 0); /* which the above left out */
	expect_answer(FRAME_ECHO_IPV6, BB_FRAME_ECHO, FRAME_ECHO_REPLY_IPV6, 15, 18);
}

/* Offers hex for interface and expects that it is dropped without a trace. */
static void
expect_dropped(const struct bb_interface *interface, size_t size, size_t room,
	       enum bb_frame_kind kind)
{
	uint8_t before[ROOM];
	struct bb_return back_before;

	memset(&back, 0xee, sizeof(back));
	memcpy(before, bytes, ROOM);
	memcpy(&back_before, &back, sizeof(back));
	bb_frame_read(interface, bytes, size, room, &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, kind);
	CU_ASSERT_EQUAL(memcmp(before, bytes, ROOM), 0);
	CU_ASSERT_EQUAL(memcmp(&back_before, &back, sizeof(back)), 0);
}

static const char *const for_us[] = {
	FRAME_ARP_REQUEST, FRAME_UDP_IPV4, FRAME_UDP_IPV4_UNSUMMED, FRAME_UDP_IPV4_OPTIONS,
	FRAME_ECHO_IPV4, FRAME_SOLICIT_GLOBAL, FRAME_SOLICIT_LOCAL, FRAME_SOLICIT_PROBE,
	FRAME_UDP_IPV6, FRAME_UDP_IPV6_LOCAL, FRAME_ECHO_IPV6,
};
#define FOR_US (sizeof(for_us) / sizeof(for_us[0]))

static void
test_frames_for_others_are_foreign(void)
{
	static const char *const foreign[] = {
		FRAME_ARP_REPLY, FRAME_ADVERTISE_GLOBAL, FRAME_ADVERTISE_PROBE,
		FRAME_ECHO_REPLY_IPV4, FRAME_MULTICAST_REPORT, FRAME_ROUTER_SOLICIT,
	};
	struct bb_interface other = appliance;
	other.mac[5] = 7;
	other.ipv4[3] = 7;
	other.ipv6[15] = 7;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		expect_dropped(&appliance, frame_load(foreign[i], bytes), ROOM, BB_FRAME_FOREIGN);
	for (size_t i = 0; i < FOR_US; i++)
		expect_dropped(&other, frame_load(for_us[i], bytes), ROOM, BB_FRAME_FOREIGN);
	for (size_t i = 0; i < FOR_US; i++) { /* seen in promiscuous mode */
		const size_t size = frame_load(for_us[i], bytes);
		memcpy(bytes, other.mac, 6);
		expect_dropped(&appliance, size, ROOM, BB_FRAME_FOREIGN);
	}
}

static void
test_a_port_without_the_protocol_is_deaf_to_it(void)
{
	struct bb_interface only_ipv4 = appliance, only_ipv6 = appliance;
	only_ipv4.has_ipv6 = false;
	only_ipv6.has_ipv4 = false;

	for (size_t i = 0; i < FOR_US; i++) {
		const size_t size = frame_load(for_us[i], bytes);
		const bool is_ipv6 = bytes[12] == 0x86;
		expect_dropped(is_ipv6 ? &only_ipv4 : &only_ipv6, size, ROOM, BB_FRAME_FOREIGN);
	}
}

static void
test_vlan_tagged_frames_are_foreign(void)
{
	for (size_t i = 0; i < FOR_US; i++) {
		const size_t size = frame_load(for_us[i], bytes);
		memmove(bytes + 16, bytes + 12, size - 12);
		memcpy(bytes + 12, (uint8_t[4]){ 0x81, 0, 0, 7 }, 4);
		expect_dropped(&appliance, size + 4, ROOM, BB_FRAME_FOREIGN);
	}
}

static void
test_broadcast_frames_are_heard(void)
{
	const size_t size = frame_load(FRAME_UDP_IPV4, bytes);

	memset(bytes, 0xff, 6);
	CU_ASSERT_EQUAL(judge(size), BB_FRAME_PAYLOAD);
	bytes[5] = 0xfe;
	CU_ASSERT_EQUAL(judge(size), BB_FRAME_FOREIGN);
}

static void
test_a_cut_frame_is_never_taken(void)
{
	for (size_t i = 0; i < FOR_US; i++) {
		const size_t whole = frame_load(for_us[i], bytes);
		for (size_t size = 0; size < whole; size++) {
			frame_load(for_us[i], bytes);
			const enum bb_frame_kind kind = judge(size);
			CU_ASSERT_EQUAL(kind, size < 14 ? BB_FRAME_FOREIGN : BB_FRAME_MALFORMED);
		}
	}
}

static void
test_ethernet_padding_is_not_payload(void)
{
	for (size_t i = 0; i < FOR_US; i++) {
		size_t size = frame_load(for_us[i], bytes);
		const enum bb_frame_kind kind = judge(size);
		const struct bb_frame plain = frame;

		size = frame_load(for_us[i], bytes);
		memset(bytes + size, 0xaa, 18);
		CU_ASSERT_EQUAL(judge(size + 18), kind);
		CU_ASSERT_EQUAL(frame.payload_offset, plain.payload_offset);
		CU_ASSERT_EQUAL(frame.payload_size, plain.payload_size);
		CU_ASSERT_EQUAL(frame.answer_size, plain.answer_size);
	}
}

/* Bytes of Ethernet that nothing guards, and of IPv6 that may be anything. */
static bool
is_guarded(size_t at, bool is_ipv6, uint8_t protocol)
{
	if (at >= 6 && at < 12)
		return false; /* source MAC */
	if (!is_ipv6)
		return true;
	if (at == 21)
		return protocol == 58; /* hop limit: of solicitations alone */
	return at < 14 || at > 17; /* class and flow; the version is tested below */
}

static void
test_a_flipped_bit_is_never_taken(void)
{
	static const char *const summed[] = {
		FRAME_UDP_IPV4, FRAME_UDP_IPV4_OPTIONS, FRAME_ECHO_IPV4, FRAME_SOLICIT_GLOBAL,
		FRAME_UDP_IPV6,
	};
	for (size_t i = 0; i < sizeof(summed) / sizeof(summed[0]); i++) {
		const size_t size = frame_load(summed[i], bytes);
		const bool is_ipv6 = bytes[12] == 0x86;
		const uint8_t protocol = bytes[is_ipv6 ? 20 : 23];
		for (size_t bit = 0; bit < 8 * size; bit++) {
			if (!is_guarded(bit / 8, is_ipv6, protocol))
				continue;
			frame_load(summed[i], bytes);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			const enum bb_frame_kind kind = judge(size);
			CU_ASSERT_TRUE(kind == BB_FRAME_FOREIGN || kind == BB_FRAME_MALFORMED);
		}
	}
}

/* One change of a good frame, its checksums made right again. */
struct change {
	const char *hex;
	size_t at;
	size_t size;
	uint8_t to[16];
	enum bb_frame_kind kind;
};

static const struct change changes[] = {
	/* sources that cannot be answered */
	{ FRAME_UDP_IPV4, 6, 6, { 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 6, 6, { 3, 0, 0, 0, 0, 2 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 6, 6, { 255, 255, 255, 255, 255, 255 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 6, 6, { 2, 0, 0, 0, 0, 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 0, 0, 0, 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 0, 1, 2, 3 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 127, 0, 0, 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 192, 0, 2, 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 224, 0, 0, 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 26, 4, { 255, 255, 255, 255 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 34, 2, { 0, 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 22, 16, { 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 22, 16, { [15] = 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 22, 16, { 0xff, 2, [15] = 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 22, 16, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 54, 2, { 0, 0 }, BB_FRAME_MALFORMED },
	{ FRAME_ECHO_IPV6, 22, 16, { 0 }, BB_FRAME_MALFORMED },
	{ FRAME_ECHO_IPV4, 26, 4, { 255, 255, 255, 255 }, BB_FRAME_MALFORMED },
	/* fragments and extension headers */
	{ FRAME_UDP_IPV4, 20, 2, { 0x20, 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 20, 2, { 0, 1 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 20, 2, { 0x80, 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 20, 2, { 0, 0 }, BB_FRAME_PAYLOAD },
	{ FRAME_UDP_IPV6, 20, 1, { 44 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 20, 1, { 0 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 20, 1, { 60 }, BB_FRAME_MALFORMED },
	/* lengths and versions */
	{ FRAME_UDP_IPV4, 14, 1, { 0x55 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 14, 1, { 0x44 }, BB_FRAME_MALFORMED },
	{ FRAME_ECHO_IPV4, 16, 2, { 0, 19 }, BB_FRAME_MALFORMED }, /* less than its header */
	{ FRAME_UDP_IPV4, 38, 2, { 0, 26 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV4, 38, 2, { 0, 28 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 14, 1, { 0x40 }, BB_FRAME_MALFORMED },
	{ FRAME_UDP_IPV6, 58, 2, { 0, 24 }, BB_FRAME_MALFORMED },
	{ FRAME_SOLICIT_GLOBAL, 21, 1, { 254 }, BB_FRAME_MALFORMED }, /* came over a router */
	{ FRAME_SOLICIT_GLOBAL, 79, 1, { 0 }, BB_FRAME_MALFORMED },   /* an option of no size */
	{ FRAME_SOLICIT_GLOBAL, 79, 1, { 2 }, BB_FRAME_MALFORMED },   /* one beyond the end */
	{ FRAME_SOLICIT_PROBE, 78, 1, { 1 }, BB_FRAME_MALFORMED },    /* a MAC of nobody */
	{ FRAME_SOLICIT_PROBE, 38, 16, { 0x20, 1, 0x0d, 0xb8, [15] = 1 }, BB_FRAME_MALFORMED },
	/* what we do not speak, or not here */
	{ FRAME_UDP_IPV4, 36, 2, { 0x1d, 0xb1 }, BB_FRAME_FOREIGN },
	{ FRAME_UDP_IPV4, 23, 1, { 6 }, BB_FRAME_FOREIGN },
	{ FRAME_ECHO_IPV4, 34, 1, { 13 }, BB_FRAME_FOREIGN },
	{ FRAME_ECHO_IPV6, 54, 1, { 133 }, BB_FRAME_FOREIGN },
	{ FRAME_ECHO_IPV6, 55, 1, { 1 }, BB_FRAME_FOREIGN },
	{ FRAME_SOLICIT_GLOBAL, 64, 1, { 1 }, BB_FRAME_FOREIGN }, /* another's same last bytes */
	/* to our solicited-node address, which is for solicitations */
	{ FRAME_ECHO_IPV6, 38, 16, { 0xff, 2, [11] = 1, 0xff, [15] = 1 }, BB_FRAME_FOREIGN },
	{ FRAME_UDP_IPV6, 38, 16, { 0xff, 2, [11] = 1, 0xff, [15] = 1 }, BB_FRAME_FOREIGN },
};

static void
test_each_inexact_frame_is_told_apart(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *change = &changes[i];
		const size_t size = frame_load(change->hex, bytes);
		memcpy(bytes + change->at, change->to, change->size);
		frame_mend(bytes, size);
		CU_ASSERT_EQUAL(judge(size), change->kind);
		if (frame.kind != change->kind)
			printf("\nchange %zu: %d\n", i, (int)frame.kind);
	}
}

/* A datagram over a header of 16 bytes: ports where the address stands, and all else right. */
static void
test_a_header_of_sixteen_bytes_is_malformed(void)
{
	struct bb_interface interface = appliance;
	const size_t size = frame_load(FRAME_UDP_IPV4, bytes);

	bytes[14] = 0x44;
	interface.udp_port = 2 << 8 | 1; /* of 192.0.2.1 */
	frame_put(bytes + 34, (uint16_t)(size - 30));
	frame_put(bytes + 36, 0);
	frame_put(bytes + 24, 0);
	frame_put(bytes + 24, frame_checksum(bytes + 14, 16, 0));
	expect_dropped(&interface, size, ROOM, BB_FRAME_MALFORMED);
}

/* Sizes are told in 16 bits, and so is where a payload lies. */
static void
test_a_frame_beyond_sixteen_bits_is_foreign(void)
{
	static uint8_t large[70000];
	const size_t size = 14 + 65535;

	frame_load(FRAME_ECHO_IPV4, large);
	frame_put(large + 16, 65535);
	frame_mend(large, size);
	bb_frame_read(&appliance, large, size, sizeof(large), &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_FOREIGN);
	bb_frame_read(&appliance, large, 65535, sizeof(large), &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_MALFORMED); /* cut */
}

static void
test_both_solicited_node_addresses_are_heard(void)
{
	struct bb_interface interface = appliance;
	size_t size = frame_load(FRAME_SOLICIT_GLOBAL, bytes);

	interface.mac[5] = 0x77;
	bb_frame_read(&interface, bytes, size, ROOM, &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_NEIGHBOUR);

	interface = appliance;
	interface.ipv6[15] = 0x77;
	size = frame_load(FRAME_SOLICIT_LOCAL, bytes);
	bb_frame_read(&interface, bytes, size, ROOM, &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_NEIGHBOUR);
}

static void
test_arp_from_nobody_is_not_answered(void)
{
	static const uint8_t senders[][6] = { { 0 }, { 1, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 1 } };

	for (size_t i = 0; i < 3; i++) {
		const size_t size = frame_load(FRAME_ARP_REQUEST, bytes);
		memcpy(bytes + 22, senders[i], 6);
		expect_dropped(&appliance, size, ROOM, BB_FRAME_MALFORMED);
	}
	const size_t size = frame_load(FRAME_ARP_REQUEST, bytes);
	memcpy(bytes + 28, appliance.ipv4, 4); /* another one who thinks it is us */
	expect_dropped(&appliance, size, ROOM, BB_FRAME_MALFORMED);
}

static void
test_an_address_probe_is_answered(void)
{
	const size_t size = frame_load(FRAME_ARP_REQUEST, bytes);
	memset(bytes + 28, 0, 4);
	CU_ASSERT_EQUAL(judge(size), BB_FRAME_ARP);
}

static void
test_fragments_of_a_kernel_are_malformed(void)
{
	const size_t size = frame_load(FRAME_FRAGMENT_LAST, bytes);
	expect_dropped(&appliance, size, ROOM, BB_FRAME_MALFORMED);
}

static void
test_a_ping_with_options_is_not_sent_around(void)
{
	size_t size = frame_load(FRAME_ECHO_IPV4, bytes);

	memmove(bytes + 38, bytes + 34, size - 34);
	memcpy(bytes + 34, (uint8_t[4]){ 0x94, 4, 0, 0 }, 4);
	size += 4;
	bytes[14] = 0x46;
	frame_put(bytes + 16, (uint16_t)(size - 14));
	frame_put(bytes + 24, 0);
	frame_put(bytes + 24, frame_checksum(bytes + 14, 24, 0));
	expect_dropped(&appliance, size, ROOM, BB_FRAME_FOREIGN);
}

static void
test_ipv6_datagrams_need_a_checksum(void)
{
	const size_t size = frame_load(FRAME_UDP_IPV6, bytes);
	frame_put(bytes + 60, 0);
	expect_dropped(&appliance, size, ROOM, BB_FRAME_MALFORMED);
}

static void
test_an_answer_longer_than_its_room_is_not_made(void)
{
	/* Without its option the solicitation is 8 bytes shorter than its answer. */
	size_t size = frame_load(FRAME_SOLICIT_GLOBAL, bytes) - 8;
	frame_put(bytes + 18, 24);
	frame_mend(bytes, size);
	expect_dropped(&appliance, size, size + 7, BB_FRAME_FOREIGN);
	bb_frame_read(&appliance, bytes, size, size + 8, &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_NEIGHBOUR);
	CU_ASSERT_EQUAL(frame.answer_size, 86);

	size = frame_load(FRAME_ARP_REQUEST, bytes);
	bb_frame_read(&appliance, bytes, size, size, &frame, &back);
	CU_ASSERT_EQUAL(frame.kind, BB_FRAME_ARP);
	CU_ASSERT_EQUAL(frame.answer_size, 42); /* no room for padding */
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "datagrams of a kernel are payloads", test_datagrams_of_a_kernel_are_payloads },
		{ "the way back is where it came from", test_the_way_back_is_where_it_came_from },
		{ "answers are those of a kernel", test_answers_are_those_of_a_kernel },
		{ "frames for others are foreign", test_frames_for_others_are_foreign },
		{ "a port without the protocol is deaf to it",
		  test_a_port_without_the_protocol_is_deaf_to_it },
		{ "VLAN-tagged frames are foreign", test_vlan_tagged_frames_are_foreign },
		{ "broadcast frames are heard", test_broadcast_frames_are_heard },
		{ "a cut frame is never taken", test_a_cut_frame_is_never_taken },
		{ "Ethernet padding is not payload", test_ethernet_padding_is_not_payload },
		{ "a flipped bit is never taken", test_a_flipped_bit_is_never_taken },
		{ "each inexact frame is told apart", test_each_inexact_frame_is_told_apart },
		{ "a header of sixteen bytes is malformed",
		  test_a_header_of_sixteen_bytes_is_malformed },
		{ "a frame beyond sixteen bits is foreign",
		  test_a_frame_beyond_sixteen_bits_is_foreign },
		{ "both solicited-node addresses are heard",
		  test_both_solicited_node_addresses_are_heard },
		{ "ARP from nobody is not answered", test_arp_from_nobody_is_not_answered },
		{ "an address probe is answered", test_an_address_probe_is_answered },
		{ "fragments of a kernel are malformed",
		  test_fragments_of_a_kernel_are_malformed },
		{ "a ping with options is not sent around",
		  test_a_ping_with_options_is_not_sent_around },
		{ "IPv6 datagrams need a checksum", test_ipv6_datagrams_need_a_checksum },
		{ "an answer longer than its room is not made",
		  test_an_answer_longer_than_its_room_is_not_made },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("frame", tests);
}
