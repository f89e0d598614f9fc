#include "market/bb_accounts.h"

_Static_assert(sizeof(struct bb_purse) == 32, "two a cache line");

static size_t
purse_count(uint32_t participants)
{
	return (size_t)participants + 1 + BB_ACCOUNTS_TECHNICAL;
}

size_t
bb_accounts_bytes(uint32_t participants)
{
	return bb_arena_round(purse_count(participants) * sizeof(struct bb_purse));
}

void
bb_accounts_init(struct bb_accounts *accounts, struct bb_arena *arena, uint32_t participants)
{
	*accounts = (struct bb_accounts){
		.purses = bb_arena_take(arena,
					purse_count(participants) * sizeof(struct bb_purse)),
		.participants = participants,
	};
}

void
bb_accounts_check(const struct bb_accounts *accounts)
{
	__int128 sum = 0;

	for (size_t i = 0; i < purse_count(accounts->participants); i++) {
		BB_ASSERT(accounts->purses[i].locked <= INT64_MAX);
		BB_ASSERT(accounts->purses[i].metered_wh <= BB_REBATE_WH_MAX);
		sum += accounts->purses[i].balance;
	}
	BB_ASSERT(sum == 0);
	BB_ASSERT(accounts->sum == 0);
}
