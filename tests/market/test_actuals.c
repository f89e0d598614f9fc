/* test_actuals - settlement on actuals: what was contracted and not delivered, or not drawn, goes
 * at one's own contract price, within what the zone's price and the grid's allow. */
#include <string.h>

#include "market/bb_settlement.h"
#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

static struct day day;

/* What a participant pays to the grid, and to the fund as a no-gain posting.  Without a penalty: it
 * is the same in either mode. */
struct edge {
	const char *name;
	int32_t zone_price; /* NULL_PRICE: nothing traded */
	int32_t price_long;
	int32_t price_short;
	int64_t money; /* for contracts */
	int64_t contracted_wh;
	uint32_t curtailed_wh;
	int64_t metered_wh;
	int64_t paid;
	int64_t no_gain;
};

#define NULL_PRICE INT32_MIN
#define LONG       40
#define SHORT      220
#define REFERENCE  100

static const struct edge edges[] = {
	{ "sold at the zone's price", 60, LONG, SHORT, 6000, 100, 0, 70, 1800, 0 },
	{ "sold for less: the zone's price", 60, LONG, SHORT, 5000, 100, 0, 70, 1800, 0 },
	{ "sold for more: that much", 60, LONG, SHORT, 9000, 100, 0, 70, 2700, 0 },
	{ "sold for more than a deficit costs", 60, LONG, SHORT, 30000, 100, 0, 70, 6600, 0 },
	{ "a zone above the price of a deficit", 250, LONG, SHORT, 24000, 100, 0, 70, 7500, 0 },
	{ "a unit that does not divide goes to the grid", 10, 0, SHORT, 100, 7, 0, 4, 43, 0 },
	{ "sold at a negative price", -50, -60, SHORT, -100, 7, 0, 4, -42, 0 },
	{ "and so low that the zone's price holds", 0, -60, SHORT, -100, 7, 0, 4, 0, 0 },
	{ "a zone that two made: what a surplus brings", -5000, LONG, SHORT, -35000, 7, 0, 4, 120,
	  0 },
	{ "nothing delivered at all", 60, LONG, SHORT, 6000, 100, 0, 0, 6000, 0 },
	{ "drawn instead: the rest is bought", 60, LONG, SHORT, 6000, 100, 0, -20, 6000 + 4400, 0 },
	{ "drawn instead, with a gain to give up", 250, LONG, SHORT, 25000, 100, 0, -20,
	  25000 + 4400, 600 },
	{ "more delivered than sold", 60, LONG, SHORT, 6000, 100, 0, 130, -1200, 0 },
	{ "more, where a surplus gains", 30, LONG, SHORT, 3000, 100, 0, 130, -1200, 300 },
	{ "bought at the zone's price", 60, LONG, SHORT, -6000, -100, 0, -70, -1800, 0 },
	{ "bought for more: the zone's price", 60, LONG, SHORT, -8000, -100, 0, -70, -1800, 0 },
	{ "bought for less: that much", 60, LONG, SHORT, -5000, -100, 0, -70, -1500, 0 },
	{ "bought for less than a surplus brings", 60, LONG, SHORT, -3000, -100, 0, -70, -1200, 0 },
	{ "here too the unit goes to the grid", 60, LONG, SHORT, -400, -7, 0, -4, -171, 0 },
	{ "injected instead: the rest is sold", 60, LONG, SHORT, -6000, -100, 0, 20, -6000 - 800,
	  0 },
	{ "a zone that two made: what a deficit costs", 5000, LONG, SHORT, -35000, -7, 0, -4, -660,
	  0 },
	{ "more drawn than bought", 60, LONG, SHORT, -6000, -100, 0, -130, 6600, 0 },
	{ "nothing contracted", 60, LONG, SHORT, 0, 0, 0, -30, 6600, 0 },
	{ "all as contracted", 60, LONG, SHORT, 6000, 100, 0, 100, 0, 0 },
	{ "no price: the reference", NULL_PRICE, LONG, SHORT, 5000, 100, 0, 70, 3000, 0 },
	{ "no price, sold for more", NULL_PRICE, LONG, SHORT, 15000, 100, 0, 70, 4500, 0 },
	{ "never worse than the grid's price", NULL_PRICE, LONG, 80, 15000, 100, 0, 70, 2400, 0 },
	{ "no price, bought for less", NULL_PRICE, LONG, SHORT, -5000, -100, 0, -70, -1500, 0 },
	{ "of what was not curtailed", 60, LONG, SHORT, 7000, 60, 40, 30, 2100, 0 },
	{ "all of it curtailed", 60, LONG, SHORT, 7000, 0, 100, -30, 6600, 0 },
	{ "losses of trading are nobody else's", 60, LONG, SHORT, -59980, 1, 0, 0, 60, 0 },
	{ "gains of trading stay", 60, LONG, SHORT, 60020, 1, 0, 0, 220, 0 },
};

static int64_t
paid_by(const struct bb_posting *postings, uint32_t count, enum bb_posting_kind kind)
{
	int64_t paid = 0;

	for (uint32_t i = 0; i < count; i++)
		if (postings[i].kind == kind)
			paid += postings[i].debit == 7 ? postings[i].amount : -postings[i].amount;
	return paid;
}

static struct bb_party
party_of(const struct edge *edge)
{
	return (struct bb_party){
		.account = 7,
		.has_zone_price = edge->zone_price != NULL_PRICE,
		.zone_price = edge->zone_price == NULL_PRICE ? 0 : edge->zone_price,
		.curtailed_wh = edge->curtailed_wh,
		.metered_wh = edge->metered_wh,
		.contracted_wh = edge->contracted_wh,
		.deviation_wh = edge->metered_wh - edge->contracted_wh,
		.money = edge->money,
	};
}

static void
test_every_edge_case_costs_what_the_table_says(void)
{
	struct bb_posting postings[BB_POSTINGS_PER_PARTY];

	for (uint32_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		const struct edge *edge = &edges[i];
		struct bb_settlement_rules rules = {
			.price_long = edge->price_long, .price_short = edge->price_short,
			.price_reference = REFERENCE, .tolerance_wh = 1000, .on_actuals = true,
		};
		struct bb_party party = party_of(edge);

		printf("\n    %s", edge->name);
		uint32_t count = bb_settle_party(&rules, &party, 0, postings);
		const int64_t paid = paid_by(postings, count, BB_POSTING_IMBALANCE);
		const int64_t no_gain = paid_by(postings, count, BB_POSTING_NO_GAIN);
		CU_ASSERT_EQUAL(paid, edge->paid);
		CU_ASSERT_EQUAL(no_gain, edge->no_gain);

		/* Never worse than without, and never better than at the zone's price. */
		rules.on_actuals = false;
		count = bb_settle_party(&rules, &party, 0, postings);
		CU_ASSERT(paid + no_gain <= paid_by(postings, count, BB_POSTING_IMBALANCE) +
						    paid_by(postings, count, BB_POSTING_NO_GAIN));
		CU_ASSERT(!party.has_zone_price ||
			  paid + no_gain >= -party.deviation_wh * party.zone_price);
	}
	printf("\n  ");
}

static void
settle_example_5(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 11, 1), BB_OK);
	CU_ASSERT_EQUAL(day_line(&day, 0, 0, 1500, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	/* It is the mode that stood when the interval opened. */
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 11, 0), BB_OK);
	day_at(&day, -500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	day_meter_example_5(&day);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
}

/* The worked example of docs/market.md. */
static void
test_example_13_to_the_unit(void)
{
	settle_example_5();
	CU_ASSERT_EQUAL(day_money(&day, 2), 127625000);
	CU_ASSERT_EQUAL(day_money(&day, 3), 141200000);
	CU_ASSERT_EQUAL(day_money(&day, 4), -60000000);
	CU_ASSERT_EQUAL(day_money(&day, 5), -395875000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 7500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_RENT), 112500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 60800000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	day_stop(&day);
}

/* B2 drew less: it gets back what it paid in its zone, fee and congestion in it, whichever sellers
 * it was paired with.  The first settlement is taken back to the unit, whatever else it was. */
static void
test_another_settlement_takes_the_first_one_back(void)
{
	settle_example_5();
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2300, true), BB_OK);
	day_at(&day, 900 + 7200);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	CU_ASSERT_EQUAL(day_money(&day, 2), 127625000);
	CU_ASSERT_EQUAL(day_money(&day, 5), -323875000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), -11200000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	day_clear(&day);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2700, true), BB_OK);
	day_at(&day, 900 + 10800);
	CU_ASSERT_EQUAL(day_money(&day, 5), -395875000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 60800000);
	day_stop(&day);
}

/* A trader that sells dear and buys cheap, and delivers nothing of the little that is left, keeps
 * what it gained and no more; the accomplice that lost it is not made whole. */
static void
test_two_who_trade_with_each_other_gain_nothing(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 11, 1), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 2, 0), BB_OK); /* no penalty */
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 300000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 300000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 2, 1, BB_SELL, -100000, 1010), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 2, 1, BB_BUY, -100000, 1010), BB_OK);
	day_at(&day, -300);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 0, false), BB_OK); /* bought 10 Wh net */
	CU_ASSERT_EQUAL(day_meter(&day, 4, 1, 0, false), BB_OK); /* and sold them */
	day_at(&day, 900 + 3600);
	/* Who bought is given the price of a surplus; who sold pays the reference price, there
	 * being none of the zone. */
	CU_ASSERT_EQUAL(day_money(&day, 2), 401000000 + 10 * 40000);
	CU_ASSERT_EQUAL(day_money(&day, 4), -401000000 - 10 * 100000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 10 * 60000);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "every edge case costs what the table says",
		  test_every_edge_case_costs_what_the_table_says },
		{ "example 13 to the unit", test_example_13_to_the_unit },
		{ "another settlement takes the first one back",
		  test_another_settlement_takes_the_first_one_back },
		{ "two who trade with each other gain nothing",
		  test_two_who_trade_with_each_other_gain_nothing },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market actuals", tests);
}
