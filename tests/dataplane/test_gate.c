/* test_gate - what bb_gate promises, one promise a test. */
#include <string.h>

#include "base/bb_bytes.h"
#include "tests/bb_test.h"
#include "tests/dataplane/gate_kit.h"

static struct gate_kit kit;
static uint8_t bytes[BB_PACKET_SIZE_MAX];
static struct bb_bid bid;

static enum bb_result
check(size_t size, uint64_t now_ns)
{
	memset(&bid, 0xee, sizeof(bid));
	return bb_gate_check(&kit.gate, bytes, size, now_ns, &bid);
}

static enum bb_result
send_packet(const struct gate_packet *packet, uint64_t now_ns)
{
	return check(gate_kit_build(&kit, bytes, packet), now_ns);
}

/* Whether bid is as check left it, but for participant and sequence if told. */
static bool
bid_untouched(bool told)
{
	static struct bb_bid expected;
	memset(&expected, 0xee, sizeof(expected));
	if (told) {
		expected.participant = bid.participant;
		expected.sequence = bid.sequence;
	}
	return memcmp(&bid, &expected, sizeof(bid)) == 0;
}

static uint64_t
refusals_but(enum bb_result reason)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < BB_COUNTERS; i++)
		if (i != BB_COUNT_REFUSED + (uint32_t)reason)
			sum += bb_counted(&kit.counters, i);
	return sum;
}

static void
test_a_good_packet_becomes_a_complete_bid(void)
{
	const struct gate_packet packet = {
		.participant = GATE_TRADER, .sequence = 7, .records = 42, .not_after_ns = 99,
	};

	gate_kit_start(&kit);
	const size_t size = gate_kit_build(&kit, bytes, &packet);
	CU_ASSERT_EQUAL(size, BB_PACKET_SIZE_MAX);
	CU_ASSERT_EQUAL(check(size, GATE_NOW), BB_OK);
	CU_ASSERT_EQUAL(bid.participant, GATE_TRADER);
	CU_ASSERT_EQUAL(bid.sequence, 7);
	CU_ASSERT_EQUAL(bid.not_after_ns, 99);
	CU_ASSERT_EQUAL(bid.received_ns, GATE_NOW);
	CU_ASSERT_EQUAL(bid.kind, BB_PACKET_BIDS);
	CU_ASSERT_EQUAL(bid.route, BB_ROUTE_SEQUENCE);
	CU_ASSERT_EQUAL(bid.command_count, 42);
	CU_ASSERT_PTR_EQUAL(bid.input, bytes);
	CU_ASSERT_EQUAL(bid.input_size, size - BB_MAC_SIZE);
	CU_ASSERT_EQUAL(bid.commands[41].participant, GATE_TRADER);
	CU_ASSERT_EQUAL(bid.back.port, 0xee); /* the caller's */
	CU_ASSERT_EQUAL(refusals_but(BB_OK), 0);
	gate_kit_stop(&kit);
}

/* What must be so before a packet is refused for its reason. */
enum before { AT_ONCE, FAR_AHEAD, OVER_RATE };

/* A packet that one check alone refuses: a good one with one byte changed, sealed again by
 * its sender unless the seal is the fault. */
static const struct refusal {
	enum bb_result reason;
	struct gate_packet packet;
	uint8_t at; /* 0: nothing is changed */
	uint8_t to;
	int8_t longer;
	bool unsealed;
	enum before before;
} refusals[] = {
	{ BB_ERR_LENGTH, .longer = -1 },
	{ BB_ERR_LENGTH, .longer = 32 },
	{ BB_ERR_LENGTH, .at = 5, .to = 2 },
	{ BB_ERR_MAGIC, .at = 3, .to = '2' },
	{ BB_ERR_KIND, .at = 4, .to = 0 },
	{ BB_ERR_KIND, .at = 4, .to = 5 },
	{ BB_ERR_RECORDS, { .kind = BB_PACKET_QUERY }, .at = 4, .to = BB_PACKET_BIDS },
	{ BB_ERR_RECORDS, { .kind = BB_PACKET_QUERY, .records = 1 } },
	{ BB_ERR_RESERVED, .at = 6, .to = 1 },
	{ BB_ERR_RESERVED, .at = 7, .to = 1 },
	{ BB_ERR_VENUE, { .venue = 1 } },
	{ BB_ERR_PARTICIPANT, { .participant = GATE_NOBODY } },
	{ BB_ERR_PARTICIPANT, { .participant = GATE_MEMBERS + 1 } },
	{ BB_ERR_PARTICIPANT, .at = 8, .to = 0 },
	{ BB_ERR_SUSPENDED, { .participant = GATE_SUSPENDED } },
	{ BB_ERR_ROLE, { .kind = BB_PACKET_METER } },
	{ BB_ERR_ROLE, { .kind = BB_PACKET_OPERATOR } },
	{ BB_ERR_ROLE, { .participant = GATE_METER } },
	{ BB_ERR_SEQUENCE_OLD, { .participant = GATE_FAST, .sequence = 5000 - BB_WINDOW },
	  .before = FAR_AHEAD },
	{ BB_ERR_SEQUENCE_OLD, .at = 16, .to = 0 },
	{ BB_ERR_MAC, .at = 143, .to = 1, .unsealed = true },
	{ BB_ERR_MAC, .at = 40, .to = 1, .unsealed = true },
	{ BB_ERR_MAC, { .sealer = GATE_FAST } },
	{ BB_ERR_RATE, { .participant = GATE_LIMITED }, .before = OVER_RATE },
	{ BB_ERR_SIGNATURE, .at = 40, .to = 1 },
	{ BB_ERR_SIGNATURE, { .signer = GATE_FAST } },
};
#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static size_t
build(const struct gate_packet *packet)
{
	return gate_kit_build(&kit, bytes, packet);
}

/* Starts the venue anew and builds the packet. */
static size_t
build_refused(const struct refusal *refusal)
{
	static const struct gate_packet far_ahead = { .participant = GATE_FAST, .sequence = 5000 };
	const uint32_t sender = refusal->packet.participant;

	gate_kit_start(&kit);
	if (refusal->before == FAR_AHEAD) {
		CU_ASSERT_EQUAL(check(build(&far_ahead), GATE_NOW), BB_OK);
		gate_kit_apply(&kit, &bid);
	}
	size_t size = build(&refusal->packet);
	if (refusal->before == OVER_RATE)
		while (check(size, GATE_NOW) == BB_OK)
			;
	if (refusal->at != 0) {
		bytes[refusal->at] = refusal->to;
		if (!refusal->unsealed)
			gate_kit_seal(&kit, bytes, size, sender == 0 ? GATE_TRADER : sender);
	}
	memset(&kit.counters, 0, sizeof(kit.counters));
	return (size_t)((int64_t)size + refusal->longer);
}

static void
test_each_reason_has_its_own_packet_and_its_own_counter(void)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		const enum bb_result reason = refusals[i].reason;
		const size_t size = build_refused(&refusals[i]);
		CU_ASSERT_EQUAL(check(size, GATE_NOW), reason);
		CU_ASSERT_EQUAL(bb_counted(&kit.counters, BB_COUNT_REFUSED + (uint32_t)reason), 1);
		CU_ASSERT_EQUAL(refusals_but(reason), 0);
		gate_kit_stop(&kit);
	}
}

static void
test_a_refused_packet_fills_in_no_bid(void)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		const bool told = bb_gate_answered(refusals[i].reason);
		const size_t size = build_refused(&refusals[i]);
		CU_ASSERT_NOT_EQUAL(check(size, GATE_NOW), BB_OK);
		CU_ASSERT_TRUE(bid_untouched(told));
		if (told) { /* who is told, and of what */
			CU_ASSERT_EQUAL(bid.participant, bb_get_u32(bytes + 8));
			CU_ASSERT_EQUAL(bid.sequence, bb_get_u64(bytes + 16));
		}
		gate_kit_stop(&kit);
	}
}

static void
test_no_state_moves_before_the_mac_holds(void)
{
	static uint8_t before[(GATE_MEMBERS + 1) * sizeof(struct bb_bucket)];

	for (size_t i = 0; i < REFUSALS; i++) {
		struct bb_roster_entry entries[GATE_MEMBERS + 1] = { 0 };
		struct bb_member members[GATE_MEMBERS + 1] = { 0 };

		if (refusals[i].reason >= BB_ERR_RATE)
			continue; /* proven */
		const size_t size = build_refused(&refusals[i]);
		memcpy(before, kit.gate.buckets, sizeof(before));
		for (uint32_t id = 1; id <= GATE_MEMBERS; id++) {
			if (bb_roster_find(kit.roster, id) != NULL)
				entries[id] = *bb_roster_find(kit.roster, id);
			bb_market_member(kit.market, id, &members[id]);
		}
		CU_ASSERT_EQUAL(check(size, GATE_NOW + 12345), refusals[i].reason);
		CU_ASSERT_EQUAL(memcmp(before, kit.gate.buckets, sizeof(before)), 0);
		for (uint32_t id = 1; id <= GATE_MEMBERS; id++) {
			struct bb_member member = { 0 };
			bb_market_member(kit.market, id, &member);
			CU_ASSERT_EQUAL(memcmp(&member, &members[id], sizeof(member)), 0);
			if (bb_roster_find(kit.roster, id) != NULL)
				CU_ASSERT_EQUAL(memcmp(&entries[id],
						       bb_roster_find(kit.roster, id),
						       sizeof(entries[id])), 0);
		}
		gate_kit_stop(&kit);
	}
}

static void
test_a_flipped_bit_is_never_taken(void)
{
	gate_kit_start(&kit);
	const struct gate_packet packet = { .participant = GATE_FAST, .sequence = 3 };
	const size_t size = build(&packet);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		const enum bb_result result = check(size, GATE_NOW);
		CU_ASSERT_TRUE(result >= BB_ERR_LENGTH && result <= BB_ERR_MAC);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < size; cut++)
		CU_ASSERT_EQUAL(check(cut, GATE_NOW), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(check(size, GATE_NOW), BB_OK);
	gate_kit_stop(&kit);
}

static void
test_the_cheaper_check_comes_first(void)
{
	/* In the order of the checks; each packet has two of them. */
	static const struct { size_t at; uint8_t to; enum bb_result reason; } faults[] = {
		{ 5, 7, BB_ERR_LENGTH },
		{ 0, 'X', BB_ERR_MAGIC },
		{ 4, 9, BB_ERR_KIND },
		{ 6, 1, BB_ERR_RESERVED },
		{ 12, 0, BB_ERR_VENUE },
		{ 8, GATE_NOBODY, BB_ERR_PARTICIPANT },
		{ 4, BB_PACKET_METER, BB_ERR_ROLE },
		{ 16, 0, BB_ERR_SEQUENCE_OLD },
		{ 143, 1, BB_ERR_MAC },
	};
	const size_t count = sizeof(faults) / sizeof(faults[0]);

	gate_kit_start(&kit);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			const struct gate_packet packet = { .sequence = 9 };
			const size_t size = build(&packet);
			if (faults[i].at == faults[j].at)
				continue;
			bytes[faults[i].at] = faults[i].to;
			bytes[faults[j].at] = faults[j].to;
			CU_ASSERT_EQUAL(check(size, GATE_NOW), faults[i].reason);
		}
	}
	gate_kit_stop(&kit);
}

static void
test_what_is_proven_is_answered_and_nothing_else(void)
{
	for (int reason = 0; reason < BB_RESULT_COUNT; reason++)
		CU_ASSERT_EQUAL(bb_gate_answered((enum bb_result)reason),
				reason == BB_ERR_RATE || reason == BB_ERR_SIGNATURE ||
					reason == BB_ERR_BUSY);
}

static void
test_a_duplicate_is_handed_on_to_be_answered_again(void)
{
	const struct gate_packet packet = { .sequence = 4 };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_OK);
	gate_kit_apply(&kit, &bid);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW + 5), BB_OK);
	CU_ASSERT_EQUAL(bid.route, BB_ROUTE_REPEAT);
	CU_ASSERT_EQUAL(bid.participant, GATE_TRADER);
	CU_ASSERT_EQUAL(bid.sequence, 4);
	CU_ASSERT_EQUAL(bid.received_ns, GATE_NOW + 5);
	CU_ASSERT_EQUAL(bid.kind, BB_PACKET_BIDS);
	CU_ASSERT_EQUAL(bid.input_size, 128);
	gate_kit_stop(&kit);
}

/* It is not checked, so nothing of it may reach the market. */
static void
test_a_duplicate_brings_no_commands_whatever_its_signature(void)
{
	const struct gate_packet packet = { .sequence = 4 };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_OK);
	gate_kit_apply(&kit, &bid);
	const size_t size = build(&packet);
	bytes[40] ^= 1;
	gate_kit_seal(&kit, bytes, size, GATE_TRADER);
	CU_ASSERT_EQUAL(check(size, GATE_NOW), BB_OK);
	CU_ASSERT_EQUAL(bid.route, BB_ROUTE_REPEAT);
	CU_ASSERT_EQUAL(bid.command_count, 0);
	gate_kit_stop(&kit);
}

static void
test_a_reordered_packet_passes_down_to_the_window(void)
{
	const struct gate_packet ahead = { .sequence = 2000 };
	const struct gate_packet lowest = { .sequence = 2000 - BB_WINDOW + 1 };
	const struct gate_packet below = { .sequence = 2000 - BB_WINDOW };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&ahead, GATE_NOW), BB_OK);
	gate_kit_apply(&kit, &bid);
	CU_ASSERT_EQUAL(send_packet(&below, GATE_NOW), BB_ERR_SEQUENCE_OLD);
	CU_ASSERT_EQUAL(send_packet(&lowest, GATE_NOW), BB_OK);
	CU_ASSERT_EQUAL(bid.route, BB_ROUTE_SEQUENCE);
	gate_kit_stop(&kit);
}

static void
test_anyone_may_query_with_any_sequence(void)
{
	/* Below the window, taken, new. */
	static const uint64_t sequences[] = { 1, 5000, 5001, UINT64_MAX };
	static const uint32_t members[] = { GATE_OPERATOR, GATE_TRADER, GATE_METER, GATE_FAST };
	const struct gate_packet far_ahead = { .participant = GATE_FAST, .sequence = 5000 };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&far_ahead, GATE_NOW), BB_OK);
	gate_kit_apply(&kit, &bid);
	for (size_t i = 0; i < 16; i++) {
		const struct gate_packet packet = {
			.participant = members[i / 4], .kind = BB_PACKET_QUERY,
			.sequence = sequences[i % 4],
		};
		CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_OK);
		CU_ASSERT_EQUAL(bid.route, BB_ROUTE_QUERY);
		CU_ASSERT_EQUAL(bid.command_count, 0);
	}
	const struct gate_packet forged = { .kind = BB_PACKET_QUERY, .signer = GATE_FAST };
	CU_ASSERT_EQUAL(send_packet(&forged, GATE_NOW), BB_ERR_SIGNATURE);
	gate_kit_stop(&kit);
}

static void
test_roles_open_their_kinds(void)
{
	gate_kit_start(&kit);
	for (uint8_t kind = BB_PACKET_BIDS; kind <= BB_PACKET_OPERATOR; kind++) {
		static const uint32_t owners[] = { 0, GATE_TRADER, GATE_METER, 0, GATE_OPERATOR };
		const uint32_t members[] = { GATE_TRADER, GATE_METER, GATE_OPERATOR, GATE_GRID };
		for (size_t i = 0; i < 4; i++) {
			const struct gate_packet packet = {
				.participant = members[i], .kind = kind, .sequence = kind,
			};
			const bool may = kind == BB_PACKET_QUERY || owners[kind] == members[i] ||
					 (kind == BB_PACKET_OPERATOR && members[i] == GATE_GRID);
			CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW),
					may ? BB_OK : BB_ERR_ROLE);
		}
	}
	gate_kit_stop(&kit);
}

/* The roster may know more participants than the venue had when its buckets were made. */
static void
test_a_participant_without_a_bucket_is_unknown(void)
{
	const struct gate_packet packet = { .participant = GATE_FAST };

	gate_kit_start(&kit);
	kit.gate.participants = GATE_FAST - 1;
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_ERR_PARTICIPANT);
	kit.gate.participants = GATE_FAST;
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_OK);
	gate_kit_stop(&kit);
}

static void
test_the_roster_decides_from_the_next_packet_on(void)
{
	const struct gate_packet packet = { .sequence = 4 };

	gate_kit_start(&kit);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_OK);
	struct bb_roster_entry entry = kit.entries[GATE_TRADER];
	entry.active = false;
	gate_kit_put(&kit, &entry);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_ERR_SUSPENDED);
	entry.active = true;
	memcpy(entry.key, kit.entries[GATE_FAST].key, BB_KEY_SIZE);
	gate_kit_put(&kit, &entry);
	CU_ASSERT_EQUAL(send_packet(&packet, GATE_NOW), BB_ERR_SIGNATURE);
	gate_kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a good packet becomes a complete bid",
		  test_a_good_packet_becomes_a_complete_bid },
		{ "each reason has its own packet and its own counter",
		  test_each_reason_has_its_own_packet_and_its_own_counter },
		{ "a refused packet fills in no bid", test_a_refused_packet_fills_in_no_bid },
		{ "no state moves before the MAC holds",
		  test_no_state_moves_before_the_mac_holds },
		{ "a flipped bit is never taken", test_a_flipped_bit_is_never_taken },
		{ "the cheaper check comes first", test_the_cheaper_check_comes_first },
		{ "what is proven is answered, and nothing else",
		  test_what_is_proven_is_answered_and_nothing_else },
		{ "a duplicate is handed on to be answered again",
		  test_a_duplicate_is_handed_on_to_be_answered_again },
		{ "a duplicate brings no commands, whatever its signature",
		  test_a_duplicate_brings_no_commands_whatever_its_signature },
		{ "a reordered packet passes, down to the window",
		  test_a_reordered_packet_passes_down_to_the_window },
		{ "anyone may query, with any sequence", test_anyone_may_query_with_any_sequence },
		{ "roles open their kinds", test_roles_open_their_kinds },
		{ "a participant without a bucket is unknown",
		  test_a_participant_without_a_bucket_is_unknown },
		{ "the roster decides from the next packet on",
		  test_the_roster_decides_from_the_next_packet_on },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("gate", tests);
}
