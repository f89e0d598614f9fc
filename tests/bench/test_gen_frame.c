/* test_gen_frame - the generator's frames are understood by the appliance, and the other
 * way round. */
#include <string.h>

#include "base/bb_limits.h"
#include "bench/gen_frame.h"
#include "tests/bb_test.h"

static const uint8_t venue_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 2 };

static void
make(struct gen_wire *wire, struct bb_interface *venue, const char *host, bool is_ipv6)
{
	memset(wire, 0, sizeof(*wire));
	CU_ASSERT_TRUE_FATAL(gen_frame_wire(wire, host, 7600));
	CU_ASSERT_EQUAL(wire->is_ipv6, is_ipv6);
	memcpy(wire->own_mac, own_mac, 6);
	memcpy(wire->venue_mac, venue_mac, 6);
	*venue = (struct bb_interface){ .has_ipv4 = !is_ipv6, .has_ipv6 = is_ipv6,
					.udp_port = 7600 };
	memcpy(venue->mac, venue_mac, 6);
	memcpy(venue->ipv4, wire->venue_address, 4);
	memcpy(venue->ipv6, wire->venue_address, 16);
}

static const struct { const char *host; bool is_ipv6; } venues[] = {
	{ "10.0.0.1", false }, { "10.64.0.2", false }, { "192.168.1.1", false },
	{ "fd09::1", true },
};

static void
test_bids_and_reports_come_through(void)
{
	static const uint32_t participants[] = { 2, 255, 256, 65536, BB_PARTICIPANTS_MAX };
	uint8_t frame[GEN_FRAME_MAX], back[GEN_FRAME_MAX], payload[100];
	struct bb_interface venue;
	struct gen_wire wire;

	memset(payload, 0x33, sizeof(payload));
	for (size_t v = 0; v < sizeof(venues) / sizeof(venues[0]); v++) {
		make(&wire, &venue, venues[v].host, venues[v].is_ipv6);
		for (size_t i = 0; i < sizeof(participants) / sizeof(participants[0]); i++) {
			struct bb_frame judged;
			struct bb_return from;
			const uint16_t size = gen_frame_bid(&wire, participants[i], payload,
							    sizeof(payload), frame);
			bb_frame_read(&venue, frame, size, sizeof(frame), &judged, &from);
			CU_ASSERT_EQUAL_FATAL(judged.kind, BB_FRAME_PAYLOAD);
			CU_ASSERT_EQUAL(judged.payload_size, sizeof(payload));
			CU_ASSERT_EQUAL(memcmp(frame + judged.payload_offset, payload,
					       sizeof(payload)), 0);

			const uint8_t *got;
			size_t got_size;
			memcpy(back + bb_frame_headers(&from), payload, sizeof(payload));
			const uint16_t back_size =
				bb_frame_write(&venue, &from, back, sizeof(payload));
			CU_ASSERT_TRUE_FATAL(
				gen_frame_report(&wire, back, back_size, &got, &got_size));
			CU_ASSERT_EQUAL(got_size, sizeof(payload));
			CU_ASSERT_EQUAL(memcmp(got, payload, sizeof(payload)), 0);
			back[back_size - 1] ^= 1; /* the checksum sees it */
			CU_ASSERT_FALSE(gen_frame_report(&wire, back, back_size, &got, &got_size));
		}
	}
}

static void
test_participants_have_addresses_of_their_own(void)
{
	uint8_t a[GEN_FRAME_MAX], b[GEN_FRAME_MAX];
	struct bb_interface venue;
	struct gen_wire wire;

	make(&wire, &venue, "10.64.0.2", false); /* would be that of participant 2 */
	const uint16_t size = gen_frame_bid(&wire, 2, (const uint8_t *)"x", 1, a);
	CU_ASSERT_NOT_EQUAL(memcmp(a + 26, wire.venue_address, 4), 0);
	CU_ASSERT_EQUAL(gen_frame_bid(&wire, 3, (const uint8_t *)"x", 1, b), size);
	CU_ASSERT_NOT_EQUAL(memcmp(a + 26, b + 26, 4), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a + 34, b + 34, 2), 0);
}

static void
test_the_venue_tells_its_mac(void)
{
	static const uint8_t nowhere[6];
	uint8_t frame[GEN_FRAME_MAX];
	struct bb_interface venue;
	struct bb_frame judged;
	struct bb_return from;
	struct gen_wire wire;

	for (size_t v = 0; v < sizeof(venues) / sizeof(venues[0]); v++) {
		make(&wire, &venue, venues[v].host, venues[v].is_ipv6);
		memcpy(wire.venue_mac, nowhere, 6);
		const uint16_t size = gen_frame_ask(&wire, frame);
		CU_ASSERT_FALSE(gen_frame_told(&wire, frame, size));
		bb_frame_read(&venue, frame, size, sizeof(frame), &judged, &from);
		CU_ASSERT_EQUAL_FATAL(judged.kind,
				      venues[v].is_ipv6 ? BB_FRAME_NEIGHBOUR : BB_FRAME_ARP);
		for (size_t cut = 0; cut < 42; cut++)
			CU_ASSERT_FALSE(gen_frame_told(&wire, frame, cut));
		CU_ASSERT_TRUE(gen_frame_told(&wire, frame, judged.answer_size));
		CU_ASSERT_EQUAL(memcmp(wire.venue_mac, venue_mac, 6), 0);
	}
}

static void
test_frames_for_others_are_none_of_ours(void)
{
	uint8_t frame[GEN_FRAME_MAX] = { 0 };
	struct bb_interface venue;
	struct gen_wire wire;
	const uint8_t *payload;
	size_t size;

	make(&wire, &venue, "10.0.0.1", false);
	const uint16_t whole = gen_frame_bid(&wire, 2, (const uint8_t *)"x", 1, frame);
	for (size_t cut = 0; cut <= whole; cut++)
		CU_ASSERT_FALSE(gen_frame_report(&wire, frame, cut, &payload, &size));
}

static void
test_text_that_is_no_address_is_refused(void)
{
	static const char *const macs[] = { "", "02:00:00:00:00", "02:00:00:00:00:0g",
					    "2:0:0:0:0:1", "02:00:00:00:00:01:02" };
	struct gen_wire wire;
	uint8_t mac[6];

	CU_ASSERT_TRUE(gen_frame_mac(mac, "02:0a:00:00:00:ff"));
	CU_ASSERT_EQUAL(mac[1], 10);
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
		CU_ASSERT_FALSE(gen_frame_mac(mac, macs[i]));
	CU_ASSERT_FALSE(gen_frame_wire(&wire, "venue.example", 1));
	CU_ASSERT_FALSE(gen_frame_wire(&wire, "10.0.0", 1));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "bids and reports come through", test_bids_and_reports_come_through },
		{ "participants have addresses of their own",
		  test_participants_have_addresses_of_their_own },
		{ "the venue tells its MAC", test_the_venue_tells_its_mac },
		{ "frames for others are none of ours", test_frames_for_others_are_none_of_ours },
		{ "text that is no address is refused", test_text_that_is_no_address_is_refused },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("gen_frame", tests);
}
