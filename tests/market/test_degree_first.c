/* test_degree_first - trading by matching degree, and what contracts are worth. */
#include <string.h>

#include "market/bb_degree_first.h"
#include "tests/bb_test.h"

static struct {
	struct bb_degree_first first;
	struct bb_pairing_order orders[2048];
	struct bb_candidate candidates[BB_CANDIDATES_MAX];
	struct bb_pair pairs[2048];
	uint32_t count;
} scene;

/* Only the distance counts, so that losses make any degree: 1,000,000 less the loss. */
static struct bb_pairing_rules rules;

static void
start(const uint32_t *losses, uint32_t feeders)
{
	memset(&scene, 0, sizeof(scene));
	scene.first.candidates = scene.candidates;
	scene.first.pairs = scene.pairs;
	rules = (struct bb_pairing_rules){ .weights = { [BB_DEGREE_DISTANCE] = 1 },
					   .loss_max = 1000000, .losses = losses,
					   .feeder_count = feeders };
}

static struct bb_pairing_order *
add(uint32_t side, int64_t price, uint64_t wh, uint32_t feeder)
{
	struct bb_pairing_order *order = &scene.orders[scene.count++];

	*order = (struct bb_pairing_order){
		.terms = { .price = price, .quantity_wh = wh, .owner = scene.count,
			   .reputation = 500000, .accept_sources = 1 },
		.order = scene.count, .feeder = feeder, .side = side,
	};
	return order;
}

static void
check_pair(uint32_t at, uint32_t sell, uint32_t buy, uint64_t wh, int64_t price, int32_t degree)
{
	CU_ASSERT_EQUAL(scene.pairs[at].sell, sell);
	CU_ASSERT_EQUAL(scene.pairs[at].buy, buy);
	CU_ASSERT_EQUAL(scene.pairs[at].quantity_wh, wh);
	CU_ASSERT_EQUAL(scene.pairs[at].price_sell, price);
	CU_ASSERT_EQUAL(scene.pairs[at].price_buy, price);
	CU_ASSERT_EQUAL(scene.pairs[at].degree, degree);
}

static void
test_example_8_by_degree_first(void)
{
	static const uint32_t losses[] = { 300000, 700000, 50000, 0 };

	start(losses, 2);
	add(BB_SELL, 40000, 1000, 0);
	add(BB_SELL, 150000, 1000, 1);
	add(BB_BUY, 160000, 1000, 0);
	add(BB_BUY, 100000, 1000, 1);
	CU_ASSERT_TRUE_FATAL(bb_degree_first_make(&scene.first, &rules, scene.orders, 4));
	CU_ASSERT_EQUAL_FATAL(scene.first.pair_count, 2);
	check_pair(0, 0, 3, 1000, 70000, 300000);
	check_pair(1, 1, 2, 1000, 155000, 950000);
	CU_ASSERT_EQUAL(scene.first.surplus_max, 120000);

	const struct bb_pairs_worth worth =
		bb_pairs_worth(scene.pairs, scene.first.pair_count, scene.orders);
	CU_ASSERT_EQUAL(worth.volume_wh, 2000);
	CU_ASSERT_TRUE(worth.welfare == 70000000);
	CU_ASSERT_TRUE(worth.turnover == 225000000);
	CU_ASSERT_TRUE(worth.margin == 35000000);
	CU_ASSERT_TRUE(worth.degree_sum == 1250000000);
}

static void
test_example_8_exactly_is_worth_more(void)
{
	static const struct bb_pair pair = { .quantity_wh = 1000, .price_sell = 125000,
					     .price_buy = 125000, .degree = 700000,
					     .sell = 0, .buy = 1 };

	start(NULL, 0);
	add(BB_SELL, 40000, 1000, 0);
	add(BB_BUY, 160000, 1000, 0);
	const struct bb_pairs_worth worth = bb_pairs_worth(&pair, 1, scene.orders);
	CU_ASSERT_TRUE(worth.welfare == 120000000);
	CU_ASSERT_TRUE(worth.turnover == 125000000);
	CU_ASSERT_TRUE(worth.margin == 85000000);
}

static void
test_example_3b_greedy_is_not_always_the_largest_sum(void)
{
	static const uint32_t losses[] = { 100000, 110000, 120000, 900000 };

	start(losses, 2);
	add(BB_SELL, 10, 1000, 0);
	add(BB_SELL, 10, 1000, 1);
	add(BB_BUY, 20, 1000, 0);
	add(BB_BUY, 20, 1000, 1);
	CU_ASSERT_TRUE_FATAL(bb_degree_first_make(&scene.first, &rules, scene.orders, 4));
	CU_ASSERT_EQUAL_FATAL(scene.first.pair_count, 2);
	check_pair(0, 0, 2, 1000, 15, 900000);
	check_pair(1, 1, 3, 1000, 15, 100000);
	CU_ASSERT_TRUE(bb_pairs_worth(scene.pairs, 2, scene.orders).degree_sum == 1000000000);
	/* The other way round, (1,2) and (2,1): more. */
	CU_ASSERT_EQUAL(bb_candidate_degree(&rules, 10, 0, &scene.orders[0], &scene.orders[3]) +
			bb_candidate_degree(&rules, 10, 0, &scene.orders[1], &scene.orders[2]),
			1770000);
}

static void
test_closeness_ranks_oppositely(void)
{
	start(NULL, 0);
	rules.weights[BB_DEGREE_PRICE] = 1;
	rules.weights[BB_DEGREE_DISTANCE] = 0;
	add(BB_SELL, 40, 10, 0);
	add(BB_SELL, 90, 10, 0);
	add(BB_BUY, 100, 10, 0);
	CU_ASSERT_TRUE_FATAL(bb_degree_first_make(&scene.first, &rules, scene.orders, 3));
	CU_ASSERT_EQUAL_FATAL(scene.first.pair_count, 1);
	check_pair(0, 0, 2, 10, 70, 1000000);
	rules.closeness = true;
	CU_ASSERT_TRUE_FATAL(bb_degree_first_make(&scene.first, &rules, scene.orders, 3));
	CU_ASSERT_EQUAL_FATAL(scene.first.pair_count, 1);
	check_pair(0, 1, 2, 10, 95, 833334);
}

static void
test_what_is_vetoed_or_elsewhere_does_not_trade(void)
{
	start(NULL, 0);
	add(BB_SELL, 40, 10, 0);
	add(BB_BUY, 39, 10, 0);
	add(BB_BUY, 50, 10, 0)->node = 1;
	add(BB_BUY, 50, 10, 0)->terms.owner = 1;
	add(BB_BUY, 50, 10, 0)->terms.accept_sources = 2;
	add(BB_BUY, 50, 10, 0)->terms.reputation_min = 500001;
	CU_ASSERT_TRUE_FATAL(bb_degree_first_make(&scene.first, &rules, scene.orders, 6));
	CU_ASSERT_EQUAL(scene.first.pair_count, 0);
	for (uint32_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(scene.orders[i].filled_wh, 0);
}

static void
test_too_many_pairs_are_refused(void)
{
	start(NULL, 0);
	for (uint32_t i = 0; i < 1448; i++)
		add(i % 2, 5, 1, 0);
	CU_ASSERT_TRUE(bb_degree_first_make(&scene.first, &rules, scene.orders, 1448));
	CU_ASSERT_EQUAL(scene.first.pair_count, 724);
	add(BB_SELL, 5, 1, 0);
	add(BB_BUY, 5, 1, 0);
	CU_ASSERT_FALSE(bb_degree_first_make(&scene.first, &rules, scene.orders, 1450));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 8 by degree first", test_example_8_by_degree_first },
		{ "example 8 exactly is worth more", test_example_8_exactly_is_worth_more },
		{ "example 3b: greedy is not always the largest sum",
		  test_example_3b_greedy_is_not_always_the_largest_sum },
		{ "closeness ranks oppositely", test_closeness_ranks_oppositely },
		{ "what is vetoed or elsewhere does not trade",
		  test_what_is_vetoed_or_elsewhere_does_not_trade },
		{ "too many pairs are refused", test_too_many_pairs_are_refused },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("degree first", tests);
}
