#include "market/bb_members.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

_Static_assert((uint64_t)BB_PRICE_MAX * BB_QUANTITY_MAX < BB_MONEY_MAX / 200,
	       "one order cannot wrap the sums that judge it");

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

struct bb_account *
bb_members_find(const struct bb_members *members, uint32_t participant)
{
	if (participant == 0 || participant > members->size)
		return NULL;
	struct bb_account *account = &members->accounts[participant];
	return account->member.status == BB_MEMBER_NONE ? NULL : account;
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
		if (memcmp(members->accounts[participant].member.key, key, 32) == 0)
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
bb_members_add(struct bb_members *members, const struct bb_member_command *command)
{
	BB_ASSERT(command->participant >= 1 && command->participant <= members->size);
	struct bb_member *member = &members->accounts[command->participant].member;
	BB_ASSERT(member->status == BB_MEMBER_NONE);

	*member = (struct bb_member){
		.participant = command->participant,
		.orders_max = command->orders_max,
		.packets_per_s = command->packets_per_s,
		.burst = command->burst,
		.roles = command->roles,
		.zone = command->zone,
		.status = BB_MEMBER_ACTIVE,
	};
	memcpy(member->key, command->key, sizeof(member->key));
	bb_index_add(&members->keys, key_hash(members, member->key), member->participant);
}

static uint64_t
size_of(int64_t money)
{
	return money < 0 ? (uint64_t)-money : (uint64_t)money; /* never INT64_MIN */
}

bool
bb_account_fits(const struct bb_account *account, uint64_t price_size, uint32_t quantity_wh)
{
	/* What stands is at most 2^63 - 1 and what comes below 2^63 / 200: no sum wraps. */
	const uint64_t money = size_of(account->member.money) + account->open_money;
	const uint64_t energy = account->member.bought_wh + account->member.sold_wh +
				account->open_wh;
	return money + price_size * quantity_wh <= BB_MONEY_MAX &&
	       energy + quantity_wh <= BB_ENERGY_MAX;
}

void
bb_account_open(struct bb_account *account, int32_t price, uint32_t quantity_wh)
{
	account->open_money += bb_price_size(price) * quantity_wh;
	account->open_wh += quantity_wh;
}

void
bb_account_close(struct bb_account *account, int32_t price, uint32_t quantity_wh)
{
	const uint64_t money = bb_price_size(price) * quantity_wh;
	BB_ASSERT(account->open_money >= money);
	BB_ASSERT(account->open_wh >= quantity_wh);

	account->open_money -= money;
	account->open_wh -= quantity_wh;
}

void
bb_account_trade(struct bb_account *buyer, struct bb_account *seller, int32_t price,
		 uint32_t quantity_wh)
{
	const int64_t money = (int64_t)price * quantity_wh;

	BB_ASSERT(!__builtin_sub_overflow(buyer->member.money, money, &buyer->member.money));
	BB_ASSERT(!__builtin_add_overflow(seller->member.money, money, &seller->member.money));
	buyer->member.bought_wh += quantity_wh;
	seller->member.sold_wh += quantity_wh;
}
