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
	    (bytes[4] == 4 && (entry->roles & BB_ROLE_OPERATOR) == 0))
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

static void
compare_refusal(const struct bb_bid *bid, const uint8_t *packet, enum bb_result result,
		uint64_t refused_before)
{
	static struct bb_bid untouched;

	memset(&untouched, 0xee, sizeof(untouched));
	BB_ASSERT(bb_gate_answered(result) == (result > BB_ERR_MAC));
	if (result > BB_ERR_MAC) { /* proven: to be told, and nothing but that */
		untouched.participant = bb_get_u32(packet + 8);
		untouched.sequence = bb_get_u64(packet + 16);
	}
	BB_ASSERT(memcmp(bid, &untouched, sizeof(untouched)) == 0);
	BB_ASSERT(bb_counted(&kit.counters, BB_COUNT_REFUSED + (uint32_t)result) ==
		  refused_before + 1);
}

static void
take(struct bb_bid *bid)
{
	struct model_member *member = &model[bid->participant];

	gate_kit_apply(&kit, bid);
	if (bid->sequence < SEQUENCES)
		member->taken[bid->sequence] = true;
	if (bid->sequence > member->highest)
		member->highest = bid->sequence;
}

static void
judge_one(const uint8_t *packet, size_t size, uint64_t now_ns, struct gate_tally *tally)
{
	static uint8_t buckets[(GATE_MEMBERS + 1) * sizeof(struct bb_bucket)];
	static struct bb_bid bid;
	enum bb_bid_route route = BB_ROUTE_SEQUENCE;

	const enum bb_result expected = model_judge(packet, size, now_ns, &route);
	const uint64_t refused =
		bb_counted(&kit.counters, BB_COUNT_REFUSED + (uint32_t)expected);
	memcpy(buckets, kit.gate.buckets, sizeof(buckets));
	memset(&bid, 0xee, sizeof(bid));
	const enum bb_result result = bb_gate_check(&kit.gate, packet, size, now_ns, &bid);
	BB_ASSERT(result == expected);
	tally->of[result]++;
	if (result >= BB_ERR_LENGTH && result <= BB_ERR_MAC)
		BB_ASSERT(memcmp(buckets, kit.gate.buckets, sizeof(buckets)) == 0);
	if (result != BB_OK) {
		compare_refusal(&bid, packet, result, refused);
		return;
	}
	BB_ASSERT(bid.route == route && bid.received_ns == now_ns);
	BB_ASSERT(bid.participant == bb_get_u32(packet + 8));
	BB_ASSERT(bid.sequence == bb_get_u64(packet + 16));
	BB_ASSERT(bid.input == packet && bid.input_size == size - BB_MAC_SIZE);
	BB_ASSERT(bid.command_count == 0 || route == BB_ROUTE_SEQUENCE);
	tally->repeats += route == BB_ROUTE_REPEAT;
	tally->queries += route == BB_ROUTE_QUERY;
	/* What was let through may still be lost before it is sequenced: the ring was full. */
	if (route == BB_ROUTE_SEQUENCE && (packet[size - 1] & 7) != 0 && bid.sequence < SEQUENCES)
		take(&bid);
}

void
gate_model_drive(const uint8_t *bytes, size_t count, struct gate_tally *tally)
{
	static uint8_t packet[BB_PACKET_SIZE_MAX];
	uint64_t now_ns = GATE_NOW;

	memset(model, 0, sizeof(model));
	gate_kit_start(&kit);
	for (; count >= 8; bytes += 8, count -= 8) {
		const size_t size = make_packet(packet, bytes);
		/* Up to 6 ms, or up to 0.8 s; now and then a clock that is set back. */
		now_ns += UINT64_C(25000) * bytes[7];
		if (bytes[7] % 16 == 1)
			now_ns += UINT64_C(3125000) * bytes[7];
		if (bytes[7] == 255)
			now_ns -= UINT64_C(2000000000);
		if (bytes[4] == 9 || bytes[4] == 10)
			change_limits(bytes[5], bytes[6]);
		judge_one(packet, size, now_ns, tally);
		tally->packets++;
	}
	gate_kit_stop(&kit);
}
