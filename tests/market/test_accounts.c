/* test_accounts - money moves but is never made; escrow is additive; rules keep to bounds. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_accounts.h"
#include "market/bb_rules.h"
#include "tests/bb_test.h"

#define SEED UINT64_C(20261124) /* of all chance here */

static _Alignas(BB_ARENA_ALIGN) uint8_t memory[1u << 16];

static struct bb_accounts
accounts_of(uint32_t participants)
{
	struct bb_accounts accounts;
	struct bb_arena arena;

	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	bb_accounts_init(&accounts, &arena, participants);
	CU_ASSERT_EQUAL(arena.used, bb_accounts_bytes(participants));
	return accounts;
}

static void
test_the_sum_of_all_accounts_is_zero_whatever_moves(void)
{
	struct bb_accounts accounts = accounts_of(5);
	struct bb_random random = { .state = SEED };

	for (uint32_t turn = 0; turn < 10000; turn++) {
		const uint32_t debit = bb_random_below(&random, 11);
		const uint32_t credit = bb_random_below(&random, 11);
		const int64_t amount = (int64_t)bb_random_next(&random);
		bb_accounts_move(&accounts, debit < 5 ? debit + 1 : BB_ACCOUNT_FIRST + debit - 5,
				 credit < 5 ? credit + 1 : BB_ACCOUNT_FIRST + credit - 5, amount);
		CU_ASSERT(accounts.sum == 0);
	}
	bb_accounts_check(&accounts);
}

static void
test_a_move_takes_and_gives_the_same(void)
{
	struct bb_accounts accounts = accounts_of(3);

	bb_accounts_move(&accounts, BB_ACCOUNT_BANK, 2, 500);
	bb_accounts_move(&accounts, 2, BB_ACCOUNT_MARKET, 120);
	bb_accounts_move(&accounts, 2, 3, -30);
	CU_ASSERT(bb_accounts_balance(&accounts, BB_ACCOUNT_BANK) == -500);
	CU_ASSERT(bb_accounts_balance(&accounts, 2) == 410);
	CU_ASSERT(bb_accounts_balance(&accounts, 3) == -30);
	CU_ASSERT(bb_accounts_balance(&accounts, BB_ACCOUNT_MARKET) == 120);
	CU_ASSERT(bb_money_shown(((__int128)INT64_MAX) + 1) == INT64_MAX);
	CU_ASSERT(bb_money_shown(((__int128)INT64_MIN) * 4) == -INT64_MAX);
	CU_ASSERT(bb_money_shown(-7) == -7);
}

static void
test_only_participants_and_technical_accounts_are_known(void)
{
	const struct bb_accounts accounts = accounts_of(3);

	CU_ASSERT_FALSE(bb_accounts_known(&accounts, 0));
	CU_ASSERT(bb_accounts_known(&accounts, 1) && bb_accounts_known(&accounts, 3));
	CU_ASSERT_FALSE(bb_accounts_known(&accounts, 4));
	CU_ASSERT_FALSE(bb_accounts_known(&accounts, BB_ACCOUNT_FIRST - 1));
	CU_ASSERT(bb_accounts_known(&accounts, BB_ACCOUNT_GRID));
	CU_ASSERT(bb_accounts_known(&accounts, BB_ACCOUNT_BANK));
	CU_ASSERT_FALSE(bb_accounts_known(&accounts, BB_ACCOUNT_BANK + 1u));
}

/* In parts or as a whole, an order needs the same: no rounding unit stays locked. */
static void
test_escrow_is_additive_and_never_below_the_formula(void)
{
	struct bb_rules rules = bb_rules_default;
	const uint32_t margin = bb_rules_margin(&rules, 220000, 100000);
	struct bb_random random = { .state = SEED };

	CU_ASSERT_EQUAL(margin, 49000); /* a fifth of 220,000 and 25,000 */
	for (uint32_t turn = 0; turn < 1000; turn++) {
		const enum bb_side side = bb_random_below(&random, 2);
		const int32_t price = (int32_t)bb_random_below(&random, 600000) - 300000;
		const uint32_t whole = 2 + bb_random_below(&random, 1000000);
		const uint32_t part = 1 + bb_random_below(&random, whole - 1);
		const uint64_t need = bb_escrow_need(side, price, margin, whole);
		const int64_t worst = side == BB_BUY ? price : -price;
		CU_ASSERT_EQUAL(need, bb_escrow_need(side, price, margin, part) +
					      bb_escrow_need(side, price, margin, whole - part));
		/* ceil((short + ceil(reference x penalty)) x wh x margin) of the whole. */
		const uint64_t formula = (UINT64_C(245000) * whole * 200000 + 999999) / 1000000;
		CU_ASSERT(need >= (uint64_t)(worst > 0 ? worst : 0) * whole + formula);
	}
	rules.margin_ppm = 1;
	CU_ASSERT_EQUAL(bb_rules_margin(&rules, 1, 0), 1); /* rounded up */
	CU_ASSERT_EQUAL(bb_rules_margin(&rules, -300000, 100000), 0);
}

static void
test_a_lock_is_what_a_purse_must_cover(void)
{
	struct bb_accounts accounts = accounts_of(2);
	struct bb_purse *purse = bb_accounts_purse(&accounts, 1);

	bb_accounts_move(&accounts, BB_ACCOUNT_BANK, 1, 100);
	CU_ASSERT(bb_accounts_covers(purse, 100));
	CU_ASSERT_FALSE(bb_accounts_covers(purse, 101));
	bb_accounts_lock(purse, 60);
	CU_ASSERT(bb_accounts_covers(purse, 40));
	CU_ASSERT_FALSE(bb_accounts_covers(purse, 41));
	bb_accounts_unlock(purse, 60);
	CU_ASSERT_EQUAL(purse->locked, 0);
	CU_ASSERT(bb_accounts_fits(purse, INT64_MAX));
	bb_accounts_lock(purse, INT64_MAX);
	CU_ASSERT_FALSE(bb_accounts_fits(purse, 1));
}

static struct bb_param_command
param_of(uint16_t group)
{
	struct bb_param_command param = { .group = group };

#define X(of, place, name, least, most, start) \
	if (group == BB_PARAM_##of)            \
		param.values[place] = start;
	BB_RULES_LIST(X)
#undef X
	return param;
}

/* One value, and whether its group takes it. */
static enum bb_result
set_with(uint16_t group, uint32_t place, int32_t value)
{
	struct bb_rules rules = bb_rules_default;
	struct bb_param_command param = param_of(group);

	param.values[place] = value;
	const enum bb_result result = bb_rules_set(&rules, &param);
	if (result != BB_OK)
		CU_ASSERT_EQUAL(memcmp(&rules, &bb_rules_default, sizeof(rules)), 0);
	return result;
}

static void
test_every_group_takes_its_defaults_and_every_value_its_bounds(void)
{
	for (uint16_t group = BB_PARAM_TERMS; group < BB_PARAM_GROUPS; group++) {
		if (group == BB_PARAM_ZONES)
			continue;
		struct bb_rules rules = bb_rules_default;
		const struct bb_param_command param = param_of(group);
		CU_ASSERT_EQUAL(bb_rules_set(&rules, &param), BB_OK);
		CU_ASSERT_EQUAL(memcmp(&rules, &bb_rules_default, sizeof(rules)), 0);
	}
#define X(of, place, name, least, most, start)                                           \
	CU_ASSERT_EQUAL(set_with(BB_PARAM_##of, place, (int32_t)((least) - 1)),          \
			BB_ERR_PARAM);                                                   \
	if ((most) < INT32_MAX)                                                          \
		CU_ASSERT_EQUAL(set_with(BB_PARAM_##of, place,                           \
					 (int32_t)((most) + INT64_C(1))), BB_ERR_PARAM);
	BB_RULES_LIST(X)
#undef X
}

static void
test_values_that_do_not_agree_are_refused(void)
{
	struct bb_rules rules = bb_rules_default;
	struct bb_param_command zones = { .group = BB_PARAM_ZONES, .values = { 0x0e } };
	uint8_t list[BB_VENUE_ZONES];

	CU_ASSERT_EQUAL(set_with(BB_PARAM_TERMS, 2, 10), BB_ERR_PARAM); /* too many steps */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_TERMS, 2, 300), BB_ERR_PARAM); /* no multiple */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_TERMS, 0, 10000100), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(set_with(BB_PARAM_TERMS, 2, 500), BB_OK);
	CU_ASSERT_EQUAL(set_with(BB_PARAM_TERMS, 7, 1), BB_ERR_PARAM); /* no such value */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_CALENDAR, 1, 300), BB_ERR_PARAM); /* opens at closure */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_CALENDAR, 2, 300), BB_ERR_PARAM); /* two at once */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_CALENDAR, 2, 0), BB_OK);
	CU_ASSERT_EQUAL(set_with(BB_PARAM_CALENDAR, 3, 299), BB_ERR_PARAM); /* trades on */
	CU_ASSERT_EQUAL(set_with(BB_PARAM_NONE, 0, 0), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(set_with(BB_PARAM_GROUPS, 0, 0), BB_ERR_PARAM);

	CU_ASSERT_EQUAL(bb_rules_set(&rules, &zones), BB_OK);
	CU_ASSERT_EQUAL(bb_rules_zones(&rules, list), 3);
	CU_ASSERT(list[0] == 1 && list[1] == 2 && list[2] == 3);
	zones.values[0] = 0;
	CU_ASSERT_EQUAL(bb_rules_set(&rules, &zones), BB_ERR_PARAM); /* none */
	zones.values[0] = -1;
	CU_ASSERT_EQUAL(bb_rules_set(&rules, &zones), BB_OK); /* 32 */
	zones.values[7] = INT32_MIN;
	CU_ASSERT_EQUAL(bb_rules_set(&rules, &zones), BB_ERR_PARAM); /* 33 */
	zones.reserved[1] = 1;
	CU_ASSERT_EQUAL(bb_rules_set(&rules, &zones), BB_ERR_PARAM);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the sum of all accounts is zero whatever moves",
		  test_the_sum_of_all_accounts_is_zero_whatever_moves },
		{ "a move takes and gives the same", test_a_move_takes_and_gives_the_same },
		{ "only participants and technical accounts are known",
		  test_only_participants_and_technical_accounts_are_known },
		{ "escrow is additive and never below the formula",
		  test_escrow_is_additive_and_never_below_the_formula },
		{ "a lock is what a purse must cover", test_a_lock_is_what_a_purse_must_cover },
		{ "every group takes its defaults and every value its bounds",
		  test_every_group_takes_its_defaults_and_every_value_its_bounds },
		{ "values that do not agree are refused",
		  test_values_that_do_not_agree_are_refused },
		CU_TEST_INFO_NULL,
	};

	printf("seed %llu\n", (unsigned long long)SEED);
	return bb_test_run("market accounts", tests);
}
