/* test_rebate - what penalties and congestion collected goes back, to the last unit, by what was
 * metered; and what stays. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_settlement.h"
#include "market/bb_tick.h"
#include "market/bb_views.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

#define SEED    UINT64_C(20261124)
#define DAY_S   86400
#define DAY_END 14400 /* from the start of DAY_QUARTER to the next midnight */
#define SHARES  4u    /* participants 2 to 5 */

static struct day day;

/* Example 5, provisionally settled, with a rebate each day. */
static void
settle_example_5(void)
{
	day_open(&day, 1500);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	day_meter_example_5(&day);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
}

static void
finish_example_5(void)
{
	day_at(&day, 900 + 3600 + DAY_S);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
}

/* What was posted by way of a rebate since day_clear to an account, from another. */
static int64_t
given(uint32_t from, uint32_t to)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_POSTED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_POSTED, i);
		if (event->remaining_wh == BB_POSTING_REBATE && event->participant == from &&
		    event->counterparty == to)
			sum += (int64_t)event->order_id;
	}
	return sum;
}

/* The worked example of docs/market.md. */
static void
test_example_10_to_the_unit(void)
{
	settle_example_5();
	day_clear(&day);
	day_at(&day, DAY_END); /* nothing is final yet: no penalty, nobody's reading */
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_RENT, BB_ACCOUNT_DSO), 112500000);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_REBATED, 0)->result, BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	finish_example_5();
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market),
			day.time_ns + (DAY_END + DAY_S - 900 - 3600 - DAY_S) * BB_SECOND_NS);
	day_clear(&day);
	day_at(&day, DAY_END + DAY_S);
	const struct bb_event *event = day_event(&day, BB_EVENT_REBATED, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_EQUAL(event->participant, BB_ACCOUNT_FUND);
	CU_ASSERT_EQUAL(event->order_id, 6250000);
	CU_ASSERT_EQUAL(event->counter_order_id, 6930);
	CU_ASSERT_EQUAL(event->quantity_wh, 4);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 2), 1984127);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 3), 928932);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 4), 901876);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 5), 2435065);
	CU_ASSERT_EQUAL(day_money(&day, 2), 81609127);
	CU_ASSERT_EQUAL(day_money(&day, 3), 142128932);
	CU_ASSERT_EQUAL(day_money(&day, 4), -59098124);
	CU_ASSERT_EQUAL(day_money(&day, 5), -393439935);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 0);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_RENT), 0);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 120000000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 108800000);
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market) > day.time_ns, true);
	day_stop(&day);
}

/* What an account was metered since the last rebate can be seen. */
static void
test_what_was_metered_is_shown_and_begins_anew(void)
{
	struct bb_purse_view view;

	settle_example_5();
	CU_ASSERT(bb_market_purse(day.market, 5, &view) && view.metered_wh == 0);
	finish_example_5();
	CU_ASSERT(bb_market_purse(day.market, 5, &view) && view.metered_wh == 2700);
	CU_ASSERT(bb_market_purse(day.market, 7, &view) && view.metered_wh == 0);
	day_at(&day, DAY_END + DAY_S);
	CU_ASSERT(bb_market_purse(day.market, 5, &view) && view.metered_wh == 0);
	day_stop(&day);
}

static void
count(uint32_t participant, int64_t metered_wh)
{
	bb_rebate_count(day.market, &day.market->members.accounts[participant], metered_wh);
}

/* Ends the period; the day begins with the kit's start. */
static void
end_period(void)
{
	day_clear(&day);
	day_at(&day, DAY_END);
}

struct edge {
	const char *name;
	int64_t fund;
	int32_t kept_units;
	int32_t kept_nano;
	int64_t metered[SHARES];
	int64_t shares[SHARES];
	int64_t stays;
};

static const struct edge edges[] = {
	{ "nobody metered", 1000, 0, 0, { 0 }, { 0 }, 1000 },
	{ "one participant", 1000, 0, 0, { 0, 7 }, { 0, 1000 }, 0 },
	{ "a tie goes to the lower one", 2, 0, 0, { 1, 1, 1 }, { 1, 1, 0 }, 0 },
	{ "ties at every remainder", 5, 0, 0, { 3, 3, 3, 3 }, { 2, 1, 1, 1 }, 0 },
	{ "the larger remainder first", 10, 0, 0, { 1, 2 }, { 3, 7 }, 0 },
	{ "fewer units than participants", 1, 0, 0, { 1, 2, 1 }, { 0, 1, 0 }, 0 },
	{ "a multiple for each", 90, 0, 0, { 1, 2, 3, 3 }, { 10, 20, 30, 30 }, 0 },
	{ "drawn counts as injected", 8, 0, 0, { -3, 1 }, { 6, 2 }, 0 },
	{ "a reserve stays", 1000, 0, 400, { 1, 2 }, { 200, 400 }, 400 },
	{ "a reserve of units", INT64_C(2000000003), 2, 1, { 1, 0, 1 }, { 1, 0, 1 },
	  INT64_C(2000000001) },
	{ "reserve above balance", 1000, 0, 1001, { 1, 2 }, { 0 }, 1000 },
	{ "reserve is the balance", 1000, 0, 1000, { 1, 2 }, { 0 }, 1000 },
	{ "nothing collected", 0, 0, 0, { 1, 2 }, { 0 }, 0 },
	{ "a fund below zero", -500, 0, 0, { 1, 2 }, { 0 }, -500 },
	{ "the most that can be metered", 4, 0, 0,
	  { INT64_MAX, (int64_t)BB_REBATE_WH_MAX, -INT64_MAX, 0 }, { 2, 1, 1, 0 }, 0 },
};

static void
run_edge(const struct edge *edge, bool with_rent)
{
	const uint32_t account = with_rent ? BB_ACCOUNT_RENT : BB_ACCOUNT_FUND;

	printf("\n    %s", edge->name);
	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 1, edge->kept_units), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 2, edge->kept_nano), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 3, with_rent), BB_OK);
	bb_accounts_move(&day.market->accounts, BB_ACCOUNT_BANK, account, edge->fund);
	bb_rebate_settle(day.market, 0);
	for (uint32_t i = 0; i < SHARES; i++)
		count(2 + i, edge->metered[i]);
	end_period();
	for (uint32_t i = 0; i < SHARES; i++)
		CU_ASSERT_EQUAL(day_money(&day, 2 + i), edge->shares[i]);
	CU_ASSERT_EQUAL(day_money(&day, account), edge->stays);
	CU_ASSERT_EQUAL(day_locked(&day, account), 0);
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market), BB_NEVER_NS);
	day_stop(&day);
}

static void
test_every_edge_case_gives_what_the_table_says(void)
{
	for (uint32_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		run_edge(&edges[i], false);
		if (edges[i].kept_units + edges[i].kept_nano == 0) /* nothing is kept in RENT */
			run_edge(&edges[i], true);
	}
	printf("\n  ");
}

/* Largest remainder as one would do it by hand: the best that has none yet, again and again. */
static void
share_by_hand(int64_t amount, const int64_t *metered, int64_t *shares, uint32_t participants)
{
	__int128 remainders[16];
	int64_t total = 0;
	int64_t left = amount;

	for (uint32_t i = 0; i < participants; i++)
		total += metered[i];
	for (uint32_t i = 0; i < participants; i++) {
		shares[i] = (int64_t)((__int128)amount * metered[i] / total);
		remainders[i] = (__int128)amount * metered[i] % total;
		left -= shares[i];
	}
	for (; left > 0; left--) {
		uint32_t best = 0;
		for (uint32_t i = 1; i < participants; i++)
			if (remainders[i] > remainders[best])
				best = i;
		shares[best]++;
		remainders[best] = -1;
	}
}

static void
test_random_shares_are_those_by_hand(void)
{
	struct bb_random random = { .state = SEED };

	for (uint32_t turn = 0; turn < 200; turn++) {
		const uint32_t large = 1u << (1 + bb_random_below(&random, 31));
		int64_t metered[8];
		int64_t shares[8];
		int64_t amount = 1 + bb_random_below(&random, UINT32_MAX);
		day_start(&day);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
		for (uint32_t i = 0; i < 8; i++) {
			metered[i] = bb_random_below(&random, large) + (i == 3);
			count(2 + i, i % 2 == 0 ? metered[i] : -metered[i]);
		}
		amount = turn % 2 == 0 ? amount : amount % 7 + (amount << 29);
		bb_accounts_move(&day.market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, amount);
		share_by_hand(amount, metered, shares, 8);
		end_period();
		for (uint32_t i = 0; i < 8; i++)
			CU_ASSERT_EQUAL(day_money(&day, 2 + i), shares[i]);
		CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 0);
		day_stop(&day);
	}
}

/* A penalty that may still be taken back is not given away: FUND cannot fall below zero by it. */
static void
test_only_what_is_final_is_shared(void)
{
	settle_example_5();
	count(9, 100);
	bb_accounts_move(&day.market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, 77);
	end_period();
	CU_ASSERT_EQUAL(day_money(&day, 9), 77);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, true), BB_OK);
	day_at(&day, DAY_END + 3600);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 4375000);
	CU_ASSERT(day.market->rebate.provisional == 4375000);
	day_at(&day, DAY_END + 3600 + 21600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	CU_ASSERT(day.market->rebate.provisional == 0);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 4375000);
	day_at(&day, DAY_END + DAY_S);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 0);
	/* 2500 Wh of 6730: 1,625,185, and the first of the two units that are left over. */
	CU_ASSERT_EQUAL(day_money(&day, 5), -350000000 + 1625186);
	day_stop(&day);
}

/* Rule M's substitutes do not pay; but a reading that comes late as a correction does. */
static void
test_silence_gets_no_share(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2500, false), BB_OK);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, true), BB_OK);
	day_at(&day, 900 + 3600 + 3600);
	day_at(&day, 900 + 3600 + 3600 + 21600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	CU_ASSERT_EQUAL(day.market->accounts.purses[2].metered_wh, 2500);
	CU_ASSERT_EQUAL(day.market->accounts.purses[3].metered_wh, 0);
	CU_ASSERT_EQUAL(day.market->accounts.purses[4].metered_wh, 0);
	CU_ASSERT_EQUAL(day.market->accounts.purses[5].metered_wh, 2500);
	day_stop(&day);
}

static void
test_who_judges_does_not_share_and_who_left_does(void)
{
	const struct bb_command revoke = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_REVOKE,
		.member = { .participant = 2 },
	};
	const struct bb_command kill = {
		.participant = 3, .kind = BB_COMMAND_KILL,
	};

	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
	day.market->members.accounts[4].roles |= BB_ROLE_METER;
	bb_accounts_move(&day.market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, 600);
	count(BB_OPERATOR, 1000);
	count(DAY_GRID, 1000);
	count(DAY_METER, 1000);
	count(4, 1000); /* trades, but reads meters too */
	count(2, 100);
	count(3, 200);
	CU_ASSERT_EQUAL(day_apply(&day, &revoke), BB_OK);
	CU_ASSERT_EQUAL(day_apply(&day, &kill), BB_OK);
	end_period();
	CU_ASSERT_EQUAL(day_money(&day, 2), 200);
	CU_ASSERT_EQUAL(day_money(&day, 3), 400);
	CU_ASSERT_EQUAL(day_money(&day, 4), 0);
	CU_ASSERT_EQUAL(day_money(&day, BB_OPERATOR), 0);
	CU_ASSERT_EQUAL(day_money(&day, DAY_GRID), 0);
	CU_ASSERT_EQUAL(day_money(&day, DAY_METER), 0);
	day_stop(&day);
}

/* The waterfall's third step: FUND stands in for a debt as long as there is one. */
static void
test_a_covered_participants_debt_stays_in_the_fund_until_it_is_paid(void)
{
	const struct bb_attributes_command covered = { .participant = 4, .escrow = 1 };

	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
	CU_ASSERT_EQUAL(day_set(&day, &covered), BB_OK);
	bb_accounts_move(&day.market->accounts, 4, BB_ACCOUNT_GRID, 700);
	bb_accounts_move(&day.market->accounts, 6, BB_ACCOUNT_GRID, 9000); /* is not covered */
	bb_accounts_move(&day.market->accounts, BB_ACCOUNT_GRID, BB_ACCOUNT_FUND, 1000);
	count(2, 1);
	count(4, 2);
	end_period();
	CU_ASSERT_EQUAL(day_money(&day, 2), 100);
	CU_ASSERT_EQUAL(day_money(&day, 4), -500); /* its own share pays a part of it */
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 700);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 500), BB_OK);
	count(2, 1);
	day_at(&day, DAY_END + DAY_S);
	CU_ASSERT_EQUAL(day_money(&day, 2), 800);
	day_stop(&day);
}

static uint64_t
due_s(void)
{
	const uint64_t start_ns = DAY_QUARTER * BB_QUARTER_NS;

	return (bb_market_due_ns(day.market) - start_ns) / BB_SECOND_NS;
}

/* Day 20520 is a multiple of 30, 20522 of 2 and of 31. */
static void
test_a_period_may_change_in_the_middle(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market), BB_NEVER_NS); /* nothing is awaited */
	day_at(&day, 0);
	count(2, 1);
	CU_ASSERT_EQUAL(due_s(), DAY_END + 29 * DAY_S);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 31), BB_OK);
	CU_ASSERT_EQUAL(due_s(), DAY_END + DAY_S);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 0), BB_OK);
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market), BB_NEVER_NS);
	count(3, 2); /* never is not for ever: it counts */
	CU_ASSERT_EQUAL(bb_market_due_ns(day.market), BB_NEVER_NS);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 2), BB_OK);
	CU_ASSERT_EQUAL(due_s(), DAY_END + DAY_S);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 1), BB_OK);
	CU_ASSERT_EQUAL(due_s(), DAY_END);
	day.time_ns += (DAY_END + 7) * BB_SECOND_NS; /* over, but no tick has come */
	CU_ASSERT_EQUAL(day_transfer(&day, BB_ACCOUNT_FUND, 300), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_REBATE, 0, 31), BB_OK);
	CU_ASSERT_EQUAL(due_s(), DAY_END);
	day_at(&day, DAY_END + 8);
	CU_ASSERT_EQUAL(day_money(&day, 2), 100);
	CU_ASSERT_EQUAL(day_money(&day, 3), 200);
	day_stop(&day);
}

/* Nothing can have become final between two ticks, so what comes late is one period; and what
 * the late tick itself makes final is of the next. */
static void
test_a_tick_days_late_ends_two_periods_as_one(void)
{
	settle_example_5();
	count(9, 50);
	bb_accounts_move(&day.market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, 500);
	day_clear(&day);
	day_at(&day, DAY_END + 3 * DAY_S + 5); /* the interval was to be final on the second day */
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_REBATED), 1);
	CU_ASSERT_EQUAL(day_money(&day, 9), 500);
	CU_ASSERT_EQUAL(day.market->accounts.purses[5].metered_wh, 2700);
	CU_ASSERT_EQUAL(due_s(), DAY_END + 4 * DAY_S);
	day_clear(&day);
	day_at(&day, DAY_END + 4 * DAY_S);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_REBATED), 1);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 5), 2435065);
	CU_ASSERT_EQUAL(given(BB_ACCOUNT_FUND, 9), 0);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 10 to the unit", test_example_10_to_the_unit },
		{ "what was metered is shown and begins anew",
		  test_what_was_metered_is_shown_and_begins_anew },
		{ "every edge case gives what the table says",
		  test_every_edge_case_gives_what_the_table_says },
		{ "random shares are those by hand", test_random_shares_are_those_by_hand },
		{ "only what is final is shared", test_only_what_is_final_is_shared },
		{ "silence gets no share", test_silence_gets_no_share },
		{ "who judges does not share and who left does",
		  test_who_judges_does_not_share_and_who_left_does },
		{ "a covered participant's debt stays in the fund until it is paid",
		  test_a_covered_participants_debt_stays_in_the_fund_until_it_is_paid },
		{ "a period may change in the middle", test_a_period_may_change_in_the_middle },
		{ "a tick days late ends two periods as one",
		  test_a_tick_days_late_ends_two_periods_as_one },
		CU_TEST_INFO_NULL,
	};

	printf("seed %llu\n", (unsigned long long)SEED);
	return bb_test_run("market rebate", tests);
}
