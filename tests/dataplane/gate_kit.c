#include "tests/dataplane/gate_kit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "codec/bb_inputs.h"

static const struct bb_market_size size = {
	.participants = GATE_MEMBERS, .products = 1, .orders = 16, .levels = 64,
	.places = 4 * GATE_MEMBERS, .positions = 16,
};
static const uint8_t ledger_id[32] = { 0x0d, 0xf0, 0xed, 0x5e, 1, 2, 3 };
static _Alignas(64) uint8_t memory[1 << 17];

static const struct { uint16_t roles; uint32_t packets_per_s, burst; } rules[] = {
	[GATE_OPERATOR] = { BB_ROLE_OPERATOR, 0, 0 },
	[GATE_TRADER] = { BB_ROLE_TRADER, 0, 0 },
	[GATE_LIMITED] = { BB_ROLE_TRADER, 10, 3 },
	[GATE_METER] = { BB_ROLE_METER, 0, 0 },
	[GATE_SUSPENDED] = { BB_ROLE_TRADER, 0, 0 },
	[GATE_NOBODY] = { BB_ROLE_ALL, 0, 0 },
	[GATE_FAST] = { BB_ROLE_ALL, UINT32_MAX, UINT32_MAX },
	[GATE_SLOW] = { BB_ROLE_TRADER, 1, 0 },
	[GATE_GRID] = { BB_ROLE_GRID, 0, 0 },
};

/* Made once: keys are dear, and always the same. */
static struct bb_identity identities[GATE_MEMBERS + 1];
static uint8_t mac_keys[GATE_MEMBERS + 1][BB_MAC_KEY_SIZE];

static void
make_keys(void)
{
	struct bb_identity venue;
	static bool made;

	if (made)
		return;
	made = true;
	BB_ASSERT(bb_sign_start());
	bb_identity_from_seed(&venue, (const uint8_t[BB_KEY_SIZE]){ 0x99 });
	for (uint8_t member = 1; member <= GATE_MEMBERS; member++) {
		const uint8_t seed[BB_KEY_SIZE] = { member, 0x6b };
		bb_identity_from_seed(&identities[member], seed);
		BB_ASSERT(bb_mac_agree(mac_keys[member], &venue, identities[member].public_key,
				       ledger_id));
	}
}

static void *
room(size_t bytes)
{
	void *made = aligned_alloc(64, bytes);
	BB_ASSERT(made != NULL);
	return made;
}

/* Made once as well: the base point's table, and one of each member's key. */
static const struct bb_verify *
made_tables(void)
{
	static struct bb_verify made;
	struct bb_point *scratch;

	if (made.tables != NULL)
		return &made;
	scratch = room(bb_burst_scratch_bytes());
	BB_ASSERT(bb_burst_init(&made.burst, BB_BURST_BEST, room(bb_burst_base_bytes()), scratch));
	made.comb = BB_COMB_SMALL;
	made.participants = GATE_MEMBERS;
	made.tables = room(GATE_MEMBERS * bb_verify_table_bytes(&made.comb));
	for (uint32_t member = 1; member <= GATE_MEMBERS; member++)
		BB_ASSERT(bb_verify_build(&made, member, identities[member].public_key, scratch));
	free(scratch);
	return &made;
}

static void
copy_tables(struct gate_kit *kit, enum bb_verify_mode mode)
{
	static _Alignas(64) uint8_t tables[GATE_MEMBERS * 8192];
	const struct bb_verify *made = made_tables();

	BB_ASSERT(bb_verify_table_bytes(&made->comb) == 8192);
	memcpy(tables, made->tables, sizeof(tables));
	kit->verify.mode = mode;
	kit->verify.burst = made->burst;
	kit->verify.comb = made->comb;
	kit->verify.participants = made->participants;
	kit->verify.tables = (struct bb_entry *)(void *)tables;
}

void
gate_kit_spoil(struct gate_kit *kit, uint32_t member, uint32_t other)
{
	memcpy(bb_verify_place(&kit->verify, member), bb_verify_place(&kit->verify, other), 8192);
}

static void
enter(struct gate_kit *kit, uint32_t member)
{
	struct bb_roster_entry *entry = &kit->entries[member];

	kit->identities[member] = identities[member];
	*entry = (struct bb_roster_entry){
		.participant = member,
		.packets_per_s = rules[member].packets_per_s,
		.burst = rules[member].burst,
		.roles = rules[member].roles,
		.active = member != GATE_SUSPENDED,
		.has_table = kit->verify.mode != BB_VERIFY_LIBSODIUM && member != GATE_METER,
	};
	memcpy(entry->key, identities[member].public_key, BB_KEY_SIZE);
	memcpy(entry->mac_key, mac_keys[member], BB_MAC_KEY_SIZE);
	if (member != GATE_NOBODY)
		BB_ASSERT(bb_roster_put(kit->roster, entry) == BB_OK);
}

static void
enter_market(struct gate_kit *kit, uint32_t member)
{
	struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count = 0;
	struct bb_command command = {
		.participant = GATE_OPERATOR,
		.kind = BB_COMMAND_MEMBER_ADD,
		.member = { .participant = member, .orders_max = 4,
			    .roles = rules[member].roles },
	};
	memcpy(command.member.key, kit->identities[member].public_key, BB_KEY_SIZE);
	BB_ASSERT(bb_market_apply(kit->market, &command, ++kit->number, GATE_NOW, events, &count));
	BB_ASSERT(count == 1 && events[0].kind == BB_EVENT_MEMBER_ADDED);
}

void
gate_kit_start(struct gate_kit *kit)
{
	gate_kit_start_mode(kit, BB_VERIFY_FAST);
}

void
gate_kit_start_mode(struct gate_kit *kit, enum bb_verify_mode mode)
{
	struct bb_arena arena;

	make_keys();
	memset(kit, 0, sizeof(*kit));
	if (mode != BB_VERIFY_LIBSODIUM)
		copy_tables(kit, mode);
	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	kit->roster = bb_roster_make(GATE_MEMBERS);
	BB_ASSERT(kit->roster != NULL);
	for (uint32_t member = 1; member <= GATE_MEMBERS; member++)
		enter(kit, member);
	kit->market = bb_market_init(&arena, &size, kit->identities[1].public_key, 1);
	for (uint32_t member = 2; member <= GATE_MEMBERS; member++)
		if (member != GATE_NOBODY)
			enter_market(kit, member);
	bb_gate_init(&kit->gate, &arena, GATE_MEMBERS, kit->roster, kit->market, &kit->verify,
		     GATE_VENUE, &kit->counters);
}

void
gate_kit_stop(struct gate_kit *kit)
{
	bb_roster_free(kit->roster);
	kit->roster = NULL;
}

void
gate_kit_seal(const struct gate_kit *kit, uint8_t *bytes, size_t packet_size, uint32_t member)
{
	bb_mac(bytes + packet_size - 16, kit->entries[member].mac_key, bytes, packet_size - 16);
}

size_t
gate_kit_build(const struct gate_kit *kit, uint8_t *bytes, const struct gate_packet *packet)
{
	const uint32_t participant = packet->participant == 0 ? GATE_TRADER : packet->participant;
	const uint32_t known = participant > GATE_MEMBERS ? GATE_TRADER : participant;
	const uint8_t kind = packet->kind == 0 ? 1 : packet->kind;
	const uint8_t records = packet->records == 0 && kind != 3 ? 1 : packet->records;
	const size_t signed_size = 32 + 32u * records;

	BB_ASSERT(records <= 42);
	memset(bytes, packet->fill, signed_size);
	memcpy(bytes, "BBP1", 4);
	bytes[4] = kind;
	bytes[5] = records;
	bb_put_u16(bytes + 6, 0);
	bb_put_u32(bytes + 8, participant);
	bb_put_u32(bytes + 12, GATE_VENUE ^ packet->venue);
	bb_put_u64(bytes + 16, packet->sequence == 0 ? 1 : packet->sequence);
	bb_put_u64(bytes + 24, packet->not_after_ns);
	bb_sign(&kit->identities[packet->signer == 0 ? known : packet->signer], bytes, signed_size,
		bytes + signed_size);
	gate_kit_seal(kit, bytes, signed_size + 80, packet->sealer == 0 ? known : packet->sealer);
	return signed_size + 80;
}

void
gate_kit_apply(struct gate_kit *kit, struct bb_bid *bid)
{
	static struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count;

	BB_ASSERT(bid->route == BB_ROUTE_SEQUENCE);
	bid->number = ++kit->number;
	bid->sequenced_ns = bid->received_ns > bb_market_time_ns(kit->market)
				    ? bid->received_ns
				    : bb_market_time_ns(kit->market);
	while (!bb_market_step(kit->market, bid, events, &count))
		;
}

void
gate_kit_put(struct gate_kit *kit, const struct bb_roster_entry *entry)
{
	kit->entries[entry->participant] = *entry;
	BB_ASSERT(bb_roster_put(kit->roster, entry) == BB_OK);
}
