#include "dataplane/bb_gate.h"

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"
#include "wire/bb_packet.h"
#include "wire/bb_sign.h"

/* What one packet takes from its bucket; a ns of rate r puts r in. */
#define CREDIT_PACKET UINT64_C(1000000000)

_Static_assert(UINT32_MAX < UINT64_MAX / CREDIT_PACKET, "a full bucket fits 64 bits");
_Static_assert(BB_PACKET_SIZE_MAX <= UINT16_MAX, "input_size has 16 bits");

/* Which role sends which kind of packet; a query is anyone's. */
static const uint16_t role_needed[] = {
	[BB_PACKET_BIDS] = BB_ROLE_TRADER,
	[BB_PACKET_METER] = BB_ROLE_METER,
	[BB_PACKET_QUERY] = 0,
	[BB_PACKET_OPERATOR] = BB_ROLE_OPERATOR,
};

size_t
bb_gate_bytes(uint32_t participants)
{
	return bb_arena_round(((size_t)participants + 1) * sizeof(struct bb_bucket));
}

void
bb_gate_init(struct bb_gate *gate, struct bb_arena *arena, uint32_t participants,
	     const struct bb_roster *roster, const struct bb_market *market, uint32_t venue,
	     struct bb_counters *counters)
{
	BB_ASSERT(participants > 0 && participants <= BB_PARTICIPANTS_MAX);
	*gate = (struct bb_gate){
		.roster = roster,
		.market = market,
		.counters = counters,
		.buckets = bb_arena_take(arena, bb_gate_bytes(participants)),
		.participants = participants,
		.venue = venue,
	};
}

/* Step 2.  The entry stays valid until this lcore's turn ends. */
static enum bb_result
check_sender(const struct bb_gate *gate, const struct bb_packet *packet,
	     const struct bb_roster_entry **sender)
{
	if (packet->participant == 0 || packet->participant > gate->participants)
		return BB_ERR_PARTICIPANT;
	const struct bb_roster_entry *entry = bb_roster_find(gate->roster, packet->participant);
	if (entry == NULL)
		return BB_ERR_PARTICIPANT;
	if (!entry->active)
		return BB_ERR_SUSPENDED;

	const uint16_t needed = role_needed[packet->kind];
	if ((entry->roles & needed) != needed)
		return BB_ERR_ROLE;
	*sender = entry;
	return BB_OK;
}

/* Step 5.  Credit counts in CREDIT_PACKET a packet, so that neither filling nor taking
 * divides or rounds.  A new bucket was last filled in 1970 and so is full. */
static bool
take_credit(struct bb_bucket *bucket, const struct bb_roster_entry *sender, uint64_t now_ns)
{
	if (sender->packets_per_s == 0)
		return true;
	/* A burst of 0 would shut its participant out, which is what revoking is for. */
	const uint64_t full = (sender->burst == 0 ? 1 : sender->burst) * CREDIT_PACKET;
	/* A clock that was set back fills nothing, once, and then goes on. */
	const uint64_t elapsed = now_ns > bucket->filled_ns ? now_ns - bucket->filled_ns : 0;

	uint64_t credit;
	if (__builtin_mul_overflow(elapsed, sender->packets_per_s, &credit) ||
	    __builtin_add_overflow(credit, bucket->credit, &credit) || credit > full)
		credit = full;
	const bool enough = credit >= CREDIT_PACKET;
	bucket->filled_ns = now_ns;
	bucket->credit = enough ? credit - CREDIT_PACKET : credit;
	return enough;
}

/* Steps 1 to 4: reads, changes nothing.  *seen tells step 6 what step 3 found. */
static enum bb_result
prove_sender(const struct bb_gate *gate, const uint8_t *payload, size_t size,
	     struct bb_packet *packet, const struct bb_roster_entry **sender, bool *seen)
{
	enum bb_result result = bb_packet_decode(payload, size, packet);
	if (result != BB_OK)
		return result;
	if (packet->venue != gate->venue)
		return BB_ERR_VENUE;

	result = check_sender(gate, packet, sender);
	if (result != BB_OK)
		return result;

	*seen = false;
	if (packet->kind != BB_PACKET_QUERY) { /* a query's sequence is only echoed */
		result = bb_market_look(gate->market, packet->participant, packet->sequence);
		if (result == BB_ERR_SEQUENCE_OLD)
			return result;
		*seen = result == BB_ERR_DUPLICATE;
	}

	const size_t signed_size = size - BB_MAC_SIZE;
	if (!bb_mac_check(payload + signed_size, (*sender)->mac_key, payload, signed_size))
		return BB_ERR_MAC;
	return BB_OK;
}

/* Step 6.  Without commands: nothing whose signature nobody checked can be applied. */
static void
fill_repeat(struct bb_bid *bid, const struct bb_packet *packet, const uint8_t *payload,
	    uint16_t input_size)
{
	bid->participant = packet->participant;
	bid->sequence = packet->sequence;
	bid->not_after_ns = packet->not_after_ns;
	bid->kind = packet->kind;
	bid->input = payload;
	bid->input_size = input_size;
	bid->command_count = 0;
	bid->route = BB_ROUTE_REPEAT;
}

/* Steps 5 to 8: the sender is known now. */
static enum bb_result
judge_packet(struct bb_gate *gate, const struct bb_packet *packet,
	     const struct bb_roster_entry *sender, bool seen, const uint8_t *payload,
	     size_t size, uint64_t now_ns, struct bb_bid *bid)
{
	if (!take_credit(&gate->buckets[packet->participant], sender, now_ns))
		return BB_ERR_RATE;

	const uint16_t input_size = (uint16_t)(size - BB_MAC_SIZE);
	if (seen) {
		fill_repeat(bid, packet, payload, input_size);
	} else {
		const size_t message_size = input_size - BB_SIGNATURE_SIZE;
		if (!bb_sign_check(sender->key, payload, message_size, payload + message_size))
			return BB_ERR_SIGNATURE;
		bb_inputs_commands(bid, packet, payload, input_size);
		bid->route = packet->kind == BB_PACKET_QUERY ? BB_ROUTE_QUERY
							     : BB_ROUTE_SEQUENCE;
	}
	bid->received_ns = now_ns;
	return BB_OK;
}

enum bb_result
bb_gate_check(struct bb_gate *gate, const uint8_t *payload, size_t size, uint64_t now_ns,
	      struct bb_bid *bid)
{
	struct bb_packet packet;
	const struct bb_roster_entry *sender;
	bool seen;

	enum bb_result result = prove_sender(gate, payload, size, &packet, &sender, &seen);
	if (result == BB_OK)
		result = judge_packet(gate, &packet, sender, seen, payload, size, now_ns, bid);
	if (result == BB_OK)
		return BB_OK;

	bb_count_refusal(gate->counters, result);
	if (bb_gate_answered(result)) {
		bid->participant = packet.participant;
		bid->sequence = packet.sequence;
	}
	return result;
}

bool
bb_gate_answered(enum bb_result reason)
{
	return reason == BB_ERR_RATE || reason == BB_ERR_SIGNATURE || reason == BB_ERR_BUSY;
}
