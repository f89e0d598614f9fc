#include "tests/dataplane/gate_model.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "tests/dataplane/gate_kit.h"

enum { SEQUENCES = 1 << 16 };

/* What the model remembers of a member: every sequence that was ever taken, and how many
 * packets may come, times 1e9. */
struct model_member {
	bool taken[SEQUENCES];
	uint64_t highest;
	__uint128_t credit;
	uint64_t credit_ns;
};

static struct gate_kit kit;
static struct model_member model[GATE_MEMBERS + 1];

/* The gate in one straight line: no table, no roster, no window, no early knowledge. */
static enum bb_result
model_judge(const uint8_t *bytes, size_t size, uint64_t now_ns, enum bb_bid_route *route)
{
	uint8_t mac[BB_MAC_SIZE];

	if (size < 112 || size != 112 + 32u * bytes[5])
		return BB_ERR_LENGTH;
	if (bytes[0] != 'B' || bytes[1] != 'B' || bytes[2] != 'P' || bytes[3] != '1')
		return BB_ERR_MAGIC;
	if (bytes[4] == 0 || bytes[4] > 4)
		return BB_ERR_KIND;
	if (bytes[4] == 3 ? bytes[5] != 0 : bytes[5] == 0 || bytes[5] > 42)
		return BB_ERR_RECORDS;
	if (bytes[6] != 0 || bytes[7] != 0)
		return BB_ERR_RESERVED;
	if (bb_get_u32(bytes + 12) != GATE_VENUE)
		return BB_ERR_VENUE;

	const uint32_t id = bb_get_u32(bytes + 8);
	if (id == 0 || id > GATE_MEMBERS || id == GATE_NOBODY)
		return BB_ERR_PARTICIPANT;
	const struct bb_roster_entry *entry = &kit.entries[id];
	struct model_member *member = &model[id];
	if (!entry->active)
		return BB_ERR_SUSPENDED;
	if ((bytes[4] == 1 && (entry->roles & BB_ROLE_TRADER) == 0) ||
	    (bytes[4] == 2 && (entry->roles & BB_ROLE_METER) == 0) ||
	    (bytes[4] == 4 && (entry->roles & (BB_ROLE_OPERATOR | BB_ROLE_GRID)) == 0))
		return BB_ERR_ROLE;

	const uint64_t sequence = bb_get_u64(bytes + 16);
	if (bytes[4] != 3 && (sequence == 0 || sequence + 1024 <= member->highest))
		return BB_ERR_SEQUENCE_OLD;
	bb_mac(mac, entry->mac_key, bytes, size - 16);
	if (memcmp(mac, bytes + size - 16, 16) != 0)
		return BB_ERR_MAC;

	if (entry->packets_per_s > 0) {
		const __uint128_t full =
			(__uint128_t)1000000000 * (entry->burst > 1 ? entry->burst : 1);
		if (now_ns > member->credit_ns)
			member->credit += (__uint128_t)(now_ns - member->credit_ns) *
					  entry->packets_per_s;
		if (member->credit > full)
			member->credit = full;
		member->credit_ns = now_ns;
		if (member->credit < 1000000000)
			return BB_ERR_RATE;
		member->credit -= 1000000000;
	}
	*route = BB_ROUTE_REPEAT;
	if (bytes[4] != 3 && sequence < SEQUENCES && member->taken[sequence])
		return BB_OK;
	if (!bb_sign_check(entry->key, bytes, size - 80, bytes + size - 80))
		return BB_ERR_SIGNATURE;
	*route = bytes[4] == 3 ? BB_ROUTE_QUERY : BB_ROUTE_SEQUENCE;
	return BB_OK;
}

/* Sequences near the last one, near the window's edge, and the last ones again. */
static uint64_t
choose_sequence(uint32_t member, const uint8_t *bytes)
{
	const uint64_t highest = member <= GATE_MEMBERS ? model[member].highest : 0;
	static const int32_t steps[] = { 1, 1, 1, 2, 0, -1, -5, 70, -1022, -1023, -1024, -1025,
					 1023, 1024, -63, -64 };
	const int64_t sequence = (int64_t)highest + steps[bytes[0] % 16];
	if (sequence < 0)
		return 0;
	return sequence < SEQUENCES ? (uint64_t)sequence : highest;
}

/* One packet from 8 bytes: what it is, then what is wrong with it. */
static size_t
make_packet(uint8_t *packet, const uint8_t *bytes)
{
	struct gate_packet spec = {
		.participant = 1 + bytes[0] % (GATE_MEMBERS + 1),
		.kind = bytes[1] % 4 == 0 ? 1 + bytes[1] / 4 % 4 : 1,
		.records = bytes[1] % 16 == 1 ? 42 : 0,
		.fill = bytes[2],
		.not_after_ns = bytes[2] % 8 == 0 ? GATE_NOW - 1 : 0,
	};
	if (bytes[0] >= 64) /* mostly those who may trade */
		spec.participant = (const uint32_t[]){ GATE_TRADER, GATE_LIMITED,
						       GATE_FAST }[bytes[0] % 3];
	spec.sequence = choose_sequence(spec.participant, bytes + 3);
	const uint32_t sender = spec.participant > GATE_MEMBERS ? GATE_TRADER : spec.participant;

	const uint8_t fault = bytes[4] % 16;
	spec.venue = fault == 1;
	spec.signer = fault == 2 ? GATE_METER : 0;
	spec.sealer = fault == 3 ? GATE_METER : 0;
	size_t size = gate_kit_build(&kit, packet, &spec);
	if (spec.sequence == 0) { /* which gate_kit_build takes for "any" */
		memset(packet + 16, 0, 8);
		gate_kit_seal(&kit, packet, size, sender);
	}
	if (fault == 4 || fault == 5) /* a byte anywhere, or in the header */
		packet[bytes[5] % (fault == 4 ? size : 32)] ^= bytes[6];
	if (fault == 8) /* another kind with the same records */
		packet[4] = bytes[6] % 6;
	if (fault == 5 || fault == 6 || fault == 8) /* sealed again, by one who has the key */
		gate_kit_seal(&kit, packet, size, sender);
	if (fault == 7)
		size = bytes[5] % (size + 1);
	return size;
}

/* The operator gives a member other limits, or none. */
static void
change_limits(uint8_t packets_per_s, uint8_t burst)
{
	struct bb_roster_entry entry = kit.entries[GATE_LIMITED];

	entry.packets_per_s = packets_per_s % 32;
	entry.burst = burst % 8;
	gate_kit_put(&kit, &entry);
}

/* A packet of a burst, and what the model says of it. */
struct judged {
	uint8_t packet[BB_PACKET_SIZE_MAX];
	struct bb_bid bid;
	enum bb_result expected;
	enum bb_bid_route route;
};

static struct judged burst[BB_BURST];

static void
compare_refusal(const struct judged *judged)
{
	static struct bb_bid untouched;
	const enum bb_result result = judged->expected;

	memset(&untouched, 0xee, sizeof(untouched));
	BB_ASSERT(bb_gate_answered(result) == (result > BB_ERR_MAC));
	if (result > BB_ERR_MAC) { /* proven: to be told, and nothing but that */
		untouched.participant = bb_get_u32(judged->packet + 8);
		untouched.sequence = bb_get_u64(judged->packet + 16);
	}
	BB_ASSERT(memcmp(&judged->bid, &untouched, sizeof(untouched)) == 0);
}

static void
compare_bid(const struct judged *judged, size_t size, uint64_t now_ns)
{
	const struct bb_bid *bid = &judged->bid;

	BB_ASSERT(bid->route == judged->route && bid->received_ns == now_ns);
	BB_ASSERT(bid->participant == bb_get_u32(judged->packet + 8));
	BB_ASSERT(bid->sequence == bb_get_u64(judged->packet + 16));
	BB_ASSERT(bid->input == judged->packet && bid->input_size == size - BB_MAC_SIZE);
	BB_ASSERT(bid->command_count == 0 || judged->route == BB_ROUTE_SEQUENCE);
}

/* What was let through may still be lost before it is sequenced, for want of room; and of
 * two with one sequence in a burst, the matcher takes one. */
static void
take(struct judged *judged, size_t size)
{
	struct bb_bid *bid = &judged->bid;
	struct model_member *member = &model[bid->participant];

	if (judged->route != BB_ROUTE_SEQUENCE || (judged->packet[size - 1] & 7) == 0 ||
	    bid->sequence >= SEQUENCES ||
	    bb_market_look(kit.market, bid->participant, bid->sequence) != BB_OK)
		return;
	gate_kit_apply(&kit, bid);
	member->taken[bid->sequence] = true;
	if (bid->sequence > member->highest)
		member->highest = bid->sequence;
}

/* No bucket moves but those of members who have proven themselves in this burst. */
static void
compare_buckets(const struct bb_bucket *before, uint32_t count)
{
	bool proven[GATE_MEMBERS + 1] = { false };

	for (uint32_t i = 0; i < count; i++)
		if (burst[i].expected == BB_OK || burst[i].expected > BB_ERR_MAC)
			proven[bb_get_u32(burst[i].packet + 8)] = true;
	for (uint32_t id = 0; id <= GATE_MEMBERS; id++)
		BB_ASSERT(proven[id] ||
			  memcmp(&before[id], &kit.gate.buckets[id], sizeof(before[id])) == 0);
}

/* Each packet counts once, with its reason. */
static void
compare_counters(const struct bb_counters *before, uint32_t count)
{
	uint64_t refused[BB_RESULT_COUNT] = { 0 };

	for (uint32_t i = 0; i < count; i++)
		refused[burst[i].expected] += burst[i].expected != BB_OK;
	for (uint32_t i = 0; i < BB_COUNTERS; i++)
		BB_ASSERT(bb_counted(&kit.counters, i) - bb_counted(before, i) ==
			  (i < BB_COUNT_REFUSED ? 0 : refused[i - BB_COUNT_REFUSED]));
}

static void
judge_burst(const size_t *sizes, uint32_t count, uint64_t now_ns, struct gate_tally *tally)
{
	static struct bb_bucket buckets[GATE_MEMBERS + 1];
	struct bb_gate_packet packets[BB_BURST];
	static struct bb_counters counters;

	memcpy(&counters, &kit.counters, sizeof(counters));
	memcpy(buckets, kit.gate.buckets, sizeof(buckets));
	for (uint32_t i = 0; i < count; i++) {
		struct judged *judged = &burst[i];
		judged->route = BB_ROUTE_SEQUENCE;
		judged->expected = model_judge(judged->packet, sizes[i], now_ns, &judged->route);
		memset(&judged->bid, 0xee, sizeof(judged->bid));
		packets[i] = (struct bb_gate_packet){ .payload = judged->packet, .size = sizes[i],
						      .bid = &judged->bid };
	}
	if (count == 1 && now_ns % 2 == 0)
		packets[0].result = bb_gate_check(&kit.gate, burst[0].packet, sizes[0], now_ns,
						  &burst[0].bid);
	else
		bb_gate_check_burst(&kit.gate, packets, count, now_ns);

	for (uint32_t i = 0; i < count; i++) {
		BB_ASSERT(packets[i].result == burst[i].expected);
		tally->of[packets[i].result]++;
		if (packets[i].result != BB_OK) {
			compare_refusal(&burst[i]);
			continue;
		}
		compare_bid(&burst[i], sizes[i], now_ns);
		tally->repeats += burst[i].route == BB_ROUTE_REPEAT;
		tally->queries += burst[i].route == BB_ROUTE_QUERY;
	}
	compare_buckets(buckets, count);
	compare_counters(&counters, count);
	for (uint32_t i = 0; i < count; i++)
		if (burst[i].expected == BB_OK)
			take(&burst[i], sizes[i]);
	tally->bursts++;
}

void
gate_model_drive(const uint8_t *bytes, size_t count, struct gate_tally *tally)
{
	size_t sizes[BB_BURST];
	uint32_t size = 0; /* of the burst */
	uint64_t now_ns = GATE_NOW;

	memset(model, 0, sizeof(model));
	const uint32_t most = count < 8 ? 1 : (const uint32_t[]){ 1, 2, 7, BB_BURST }[bytes[1] % 4];

	gate_kit_start_mode(&kit, count < 8 ? BB_VERIFY_FAST : bytes[0] % 3);
	for (; count >= 8; bytes += 8, count -= 8) {
		sizes[size] = make_packet(burst[size].packet, bytes);
		size++;
		if (bytes[4] == 9 || bytes[4] == 10)
			change_limits(bytes[5], bytes[6]);
		tally->packets++;
		if (bytes[3] >= 16 && size < most && count >= 16)
			continue;
		/* Up to 6 ms, or up to 0.8 s; now and then a clock that is set back. */
		now_ns += UINT64_C(25000) * bytes[7];
		if (bytes[7] % 16 == 1)
			now_ns += UINT64_C(3125000) * bytes[7];
		if (bytes[7] == 255)
			now_ns -= UINT64_C(2000000000);
		judge_burst(sizes, size, now_ns, tally);
		if (size == BB_BURST)
			tally->full_bursts++;
		size = 0;
	}
	gate_kit_stop(&kit);
}
