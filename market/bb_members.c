#include "market/bb_members.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

size_t
bb_members_bytes(uint32_t size)
{
	return bb_arena_round(((size_t)size + 1) * sizeof(struct bb_account)) +
	       bb_arena_round(((size_t)size + 1) * sizeof(struct bb_window)) +
	       bb_index_bytes(size);
}

void
bb_members_init(struct bb_members *members, struct bb_arena *arena, uint32_t size,
		uint64_t hash_key)
{
	*members = (struct bb_members){
		.accounts = bb_arena_take(arena, ((size_t)size + 1) * sizeof(struct bb_account)),
		.windows = bb_arena_take(arena, ((size_t)size + 1) * sizeof(struct bb_window)),
		.size = size,
	};
	bb_index_init(&members->keys, arena, size, hash_key);
}

static uint32_t
key_hash(const struct bb_members *members, const uint8_t key[32])
{
	const struct bb_index *keys = &members->keys;
	return bb_index_hash(keys, bb_index_mix(keys, bb_get_u64(key), bb_get_u64(key + 8)),
			     bb_index_mix(keys, bb_get_u64(key + 16), bb_get_u64(key + 24)));
}

bool
bb_members_key_taken(const struct bb_members *members, const uint8_t key[32])
{
	const uint32_t hash = key_hash(members, key);
	uint32_t at = hash;
	uint32_t participant;

	while ((participant = bb_index_next(&members->keys, hash, &at)) != 0)
		if (memcmp(members->accounts[participant].key, key, 32) == 0)
			return true;
	return false;
}

/* RFC 8032, 5.1.3: little-endian y below 2^255 - 19, and the sign of x in the last bit. */
bool
bb_key_formed(const uint8_t key[32])
{
	if (bb_is_zero(key, 32))
		return false;
	if ((key[31] & 0x7f) != 0x7f || key[0] < 0xed)
		return true;
	for (uint32_t i = 1; i < 31; i++)
		if (key[i] != 0xff)
			return true;
	return false;
}

void
bb_members_add(struct bb_members *members, const struct bb_member_command *command,
	       struct bb_id_table ids)
{
	BB_ASSERT(command->participant >= 1 && command->participant <= members->size);
	struct bb_account *account = &members->accounts[command->participant];
	BB_ASSERT(account->status == BB_MEMBER_NONE);

	*account = (struct bb_account){
		.participant = command->participant,
		.orders_max = command->orders_max,
		.ids = ids,
		.roles = command->roles,
		.status = BB_MEMBER_ACTIVE,
		.reputation = BB_REPUTATION_START,
		.packets_per_s = command->packets_per_s,
		.burst = command->burst,
		.zone = command->zone,
	};
	memcpy(account->key, command->key, sizeof(account->key));
	bb_index_add(&members->keys, key_hash(members, account->key), account->participant);
}

void
bb_members_file(struct bb_members *members)
{
	bb_index_clear(&members->keys);
	for (uint32_t id = 1; id <= members->size; id++) {
		const struct bb_account *account = &members->accounts[id];
		if (account->status != BB_MEMBER_NONE)
			bb_index_add(&members->keys, key_hash(members, account->key), id);
	}
}
