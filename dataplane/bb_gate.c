#include "dataplane/bb_gate.h"

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"
#include "wire/bb_packet.h"
#include "wire/bb_sign.h"

/* What one packet takes from its bucket; a ns of rate r puts r in. */
#define CREDIT_PACKET UINT64_C(1000000000)

_Static_assert(UINT32_MAX < UINT64_MAX / CREDIT_PACKET, "a full bucket fits 64 bits");
_Static_assert(BB_PACKET_SIZE_MAX <= UINT16_MAX, "input_size has 16 bits");
_Static_assert(BB_BURST <= BB_BURST_CHECKS, "the signatures of a burst are checked at once");

/* A packet on its way through the steps: what the earlier ones learned of it. */
struct visit {
	struct bb_gate_packet *of;
	struct bb_packet packet;
	const struct bb_roster_entry *sender; /* valid until this lcore's turn ends */
	bool seen;
};

/* Which roles send which kind of packet: one of them is enough; a query is anyone's.
 * Whether its sender may ask for just this is the market's to judge. */
static const uint16_t roles_allowed[] = {
	[BB_PACKET_BIDS] = BB_ROLE_TRADER,
	[BB_PACKET_METER] = BB_ROLE_METER,
	[BB_PACKET_OPERATOR] = BB_ROLE_OPERATOR | BB_ROLE_GRID,
};

size_t
bb_gate_bytes(uint32_t participants)
{
	return bb_arena_round(((size_t)participants + 1) * sizeof(struct bb_bucket));
}

void
bb_gate_init(struct bb_gate *gate, struct bb_arena *arena, uint32_t participants,
	     const struct bb_roster *roster, const struct bb_market *market,
	     struct bb_verify *verify, uint32_t venue, struct bb_counters *counters)
{
	BB_ASSERT(verify != NULL);
	BB_ASSERT(participants > 0 && participants <= BB_PARTICIPANTS_MAX);
	*gate = (struct bb_gate){
		.roster = roster,
		.market = market,
		.verify = verify,
		.counters = counters,
		.buckets = bb_arena_take(arena, bb_gate_bytes(participants)),
		.participants = participants,
		.venue = venue,
	};
}

/* keep_open drops the visits that a step has refused; the others keep their order. */
static uint32_t
keep_open(struct visit *visits, uint32_t count)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (visits[i].of->result != BB_OK)
			continue;
		if (open != i)
			visits[open] = visits[i];
		open++;
	}
	return open;
}

/* Step 1.  What step 2 will read, and the bytes that step 4 will, are on their way then. */
static void
read_header(const struct bb_gate *gate, struct visit *visit)
{
	struct bb_gate_packet *of = visit->of;

	of->result = bb_packet_decode(of->payload, of->size, &visit->packet);
	if (of->result != BB_OK)
		return;
	if (visit->packet.venue != gate->venue) {
		of->result = BB_ERR_VENUE;
		return;
	}
	bb_roster_prefetch(gate->roster, visit->packet.participant);
}

/* Step 2, the first half. */
static void
find_sender(const struct bb_gate *gate, struct visit *visit)
{
	const struct bb_packet *packet = &visit->packet;

	visit->sender = packet->participant > gate->participants
				? NULL
				: bb_roster_find(gate->roster, packet->participant);
	if (visit->sender == NULL) {
		visit->of->result = BB_ERR_PARTICIPANT;
		return;
	}
	__builtin_prefetch(visit->sender);
	bb_market_prefetch(gate->market, packet->participant, packet->sequence);
}

/* Step 2, the other half, and step 3; seen tells step 6 what step 3 found. */
static enum bb_result
look(const struct bb_gate *gate, struct visit *visit)
{
	const struct bb_packet *packet = &visit->packet;

	if (!visit->sender->active)
		return BB_ERR_SUSPENDED;
	if (packet->kind != BB_PACKET_QUERY &&
	    (visit->sender->roles & roles_allowed[packet->kind]) == 0)
		return BB_ERR_ROLE;

	visit->seen = false;
	if (packet->kind != BB_PACKET_QUERY) { /* a query's sequence is only echoed */
		const enum bb_result result =
			bb_market_look(gate->market, packet->participant, packet->sequence);
		if (result == BB_ERR_SEQUENCE_OLD)
			return result;
		visit->seen = result == BB_ERR_DUPLICATE;
	}
	__builtin_prefetch(&gate->buckets[packet->participant], 1);
	return BB_OK;
}

/* Step 4. */
static enum bb_result
prove_sender(const struct visit *visit)
{
	const size_t signed_size = visit->of->size - BB_MAC_SIZE;
	const uint8_t *payload = visit->of->payload;

	return bb_mac_check(payload + signed_size, visit->sender->mac_key, payload, signed_size)
		       ? BB_OK
		       : BB_ERR_MAC;
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

/* Step 8. */
static void
fill_bid(const struct visit *visit, uint64_t now_ns)
{
	const struct bb_packet *packet = &visit->packet;
	struct bb_bid *bid = visit->of->bid;
	const uint16_t input_size = (uint16_t)(visit->of->size - BB_MAC_SIZE);

	if (visit->seen) {
		fill_repeat(bid, packet, visit->of->payload, input_size);
	} else {
		bb_inputs_commands(bid, packet, visit->of->payload, input_size);
		bid->route = packet->kind == BB_PACKET_QUERY ? BB_ROUTE_QUERY
							     : BB_ROUTE_SEQUENCE;
	}
	bid->received_ns = now_ns;
}

/* Step 7, for all at once.  Repeats were judged when they first came. */
static void
check_signatures(struct bb_gate *gate, const struct visit *visits, uint32_t count)
{
	struct bb_key_table tables[BB_BURST];
	struct bb_check checks[BB_BURST];
	struct bb_gate_packet *packets[BB_BURST];
	bool verdicts[BB_BURST];
	uint32_t differed, check_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bb_gate_packet *of = visits[i].of;
		const struct bb_roster_entry *sender = visits[i].sender;
		const size_t message_size = of->size - BB_MAC_SIZE - BB_SIGNATURE_SIZE;

		if (visits[i].seen)
			continue;
		bb_verify_table(gate->verify, sender->participant, sender->has_table,
				&tables[check_count]);
		checks[check_count] = (struct bb_check){
			.table = &tables[check_count],
			.key = sender->key,
			.signature = of->payload + message_size,
			.message = of->payload,
			.size = message_size,
		};
		packets[check_count++] = of;
	}
	if (check_count == 0)
		return;

	const bool trusted = bb_verify_burst(gate->verify, checks, check_count, verdicts,
					     &differed);

	bb_count(gate->counters, BB_COUNT_DIFFERED, differed);
	for (uint32_t i = 0; i < check_count; i++)
		packets[i]->result = !trusted	   ? BB_ERR_BUSY
				     : verdicts[i] ? BB_OK
						   : BB_ERR_SIGNATURE;
}

/* Steps 5 to 8: the senders are known now. */
static void
judge(struct bb_gate *gate, struct visit *visits, uint32_t count, uint64_t now_ns)
{
	uint32_t open;

	for (uint32_t i = 0; i < count; i++) {
		struct visit *visit = &visits[i];
		struct bb_bucket *bucket = &gate->buckets[visit->packet.participant];

		/* Whatever comes next, its sender is told, or handed on. */
		__builtin_prefetch(visit->of->bid, 1);
		if (!take_credit(bucket, visit->sender, now_ns))
			visit->of->result = BB_ERR_RATE;
		visit->of->bid->participant = visit->packet.participant;
		visit->of->bid->sequence = visit->packet.sequence;
	}
	open = keep_open(visits, count);
	check_signatures(gate, visits, open);
	open = keep_open(visits, open);
	for (uint32_t i = 0; i < open; i++)
		fill_bid(&visits[i], now_ns);
}

void
bb_gate_check_burst(struct bb_gate *gate, struct bb_gate_packet *packets, uint32_t count,
		    uint64_t now_ns)
{
	struct visit visits[BB_BURST];
	uint32_t open = count;

	BB_ASSERT(count <= BB_BURST);
	for (uint32_t i = 0; i < count; i++) {
		visits[i].of = &packets[i];
		read_header(gate, &visits[i]);
	}
	open = keep_open(visits, open);
	for (uint32_t i = 0; i < open; i++)
		find_sender(gate, &visits[i]);
	open = keep_open(visits, open);
	for (uint32_t i = 0; i < open; i++)
		visits[i].of->result = look(gate, &visits[i]);
	open = keep_open(visits, open);
	for (uint32_t i = 0; i < open; i++)
		visits[i].of->result = prove_sender(&visits[i]);
	open = keep_open(visits, open);
	if (open > 0)
		judge(gate, visits, open, now_ns);
	for (uint32_t i = 0; i < count; i++)
		if (packets[i].result != BB_OK)
			bb_count_refusal(gate->counters, packets[i].result);
}

enum bb_result
bb_gate_check(struct bb_gate *gate, const uint8_t *payload, size_t size, uint64_t now_ns,
	      struct bb_bid *bid)
{
	struct bb_gate_packet packet = { .payload = payload, .size = size, .bid = bid };

	bb_gate_check_burst(gate, &packet, 1, now_ns);
	return packet.result;
}

bool
bb_gate_answered(enum bb_result reason)
{
	return reason == BB_ERR_RATE || reason == BB_ERR_SIGNATURE || reason == BB_ERR_BUSY;
}
