/* test_pairing - who has a contract with whom, what a certificate of it refuses, and zones
 * whose buys do not accept every source. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_certificate.h"
#include "market/bb_degree_first.h"
#include "market/bb_origin.h"
#include "tests/bb_test.h"

#define MANY 800u /* sells and buys: more pairs than are ranked at once */

/* One zone in which all is sold; enough for every test but those of sources. */
static struct {
	struct bb_pairing pairing;
	struct bb_auction auction;
	struct bb_clearing clearing;
	struct bb_pairing_order orders[2 * MANY];
	uint64_t numbers[BB_CANDIDATES_MAX];
	struct bb_row rows[BB_CANDIDATES_MAX];
	struct bb_place places[2 * MANY];
	struct bb_pair pairs[2 * MANY + BB_BUCKETS_MAX];
	uint64_t sums[2 * MANY];
	uint32_t count;
} scene;

static struct bb_pairing_rules rules = { .loss_max = 50000 };

static void
start(void)
{
	memset(&scene, 0, sizeof(scene));
	scene.auction.node_count = 1;
	scene.clearing.nodes[0].price = 100000;
	scene.pairing.numbers = scene.numbers;
	scene.pairing.rows = scene.rows;
	scene.pairing.places = scene.places;
	scene.pairing.pairs = scene.pairs;
	rules = (struct bb_pairing_rules){ .loss_max = 50000 };
	memcpy(rules.weights, bb_degree_weights_default, sizeof(rules.weights));
}

static struct bb_pairing_order *
add(uint32_t side, int64_t price, uint64_t wh, uint32_t reputation)
{
	struct bb_pairing_order *order = &scene.orders[scene.count++];

	*order = (struct bb_pairing_order){
		.terms = { .price = price, .quantity_wh = wh, .owner = scene.count,
			   .reputation = reputation, .accept_sources = 15 },
		.order = scene.count, .filled_wh = wh, .side = side,
	};
	return order;
}

static void
make(void)
{
	bb_pairing_make(&scene.pairing, &rules, &scene.auction, &scene.clearing, scene.orders,
			scene.count);
}

static enum bb_certificate
certify(void)
{
	return bb_certify_pairs(&scene.auction, &scene.clearing, &scene.pairing, scene.orders,
				scene.count, scene.sums);
}

static void
check_pair(uint32_t at, uint32_t sell, uint32_t buy, uint64_t wh, int32_t degree)
{
	const struct bb_pair *pair = &scene.pairing.pairs[at];

	CU_ASSERT_EQUAL(pair->sell, sell);
	CU_ASSERT_EQUAL(pair->buy, buy);
	CU_ASSERT_EQUAL(pair->quantity_wh, wh);
	CU_ASSERT_EQUAL(pair->degree, degree);
}

static void
add_example_3(void)
{
	static const uint32_t losses[] = { 4000, 22000, 22000, 4000 };
	struct bb_pairing_order *order;

	start();
	rules.losses = losses;
	rules.feeder_count = 2;
	add(BB_SELL, 80000, 3000, 950000);
	order = add(BB_SELL, 90000, 1000, 800000);
	order->terms.source = 2;
	order->feeder = 1;
	order = add(BB_BUY, 200000, 2500, 980000);
	order->terms.prefer_sources = 3;
	order = add(BB_BUY, 160000, 1500, 900000);
	order->terms.prefer_sources = 4;
	order->feeder = 1;
}

static void
test_example_3_pairs_by_degree(void)
{
	add_example_3();
	make();
	CU_ASSERT_EQUAL_FATAL(scene.pairing.pair_count, 3);
	check_pair(0, 0, 2, 2500, 935983);
	check_pair(1, 0, 3, 500, 612249);
	check_pair(2, 1, 3, 1000, 737666);
	CU_ASSERT_EQUAL(certify(), BB_CERTIFIED);
	CU_ASSERT_TRUE(bb_pairs_worth(scene.pairs, 3, scene.orders).degree_sum == 3383748000);
}

static void
test_what_may_not_be_paired_comes_last_and_is_paired(void)
{
	start();
	add(BB_SELL, 10, 100, 900000);
	add(BB_SELL, 20, 100, 500000)->terms.owner = 77;
	add(BB_BUY, 90, 100, 900000)->terms.owner = 77;
	add(BB_BUY, 80, 100, 900000)->terms.reputation_min = 950000;
	make();
	CU_ASSERT_EQUAL_FATAL(scene.pairing.pair_count, 2);
	check_pair(0, 0, 2, 100, scene.pairing.pairs[0].degree);
	CU_ASSERT_TRUE(scene.pairing.pairs[0].degree > 0);
	check_pair(1, 1, 3, 100, BB_DEGREE_VETO);
	CU_ASSERT_EQUAL(certify(), BB_CERTIFIED);
}

static void
test_equal_degrees_go_to_surplus_then_reputation_then_time(void)
{
	start();
	rules.weights[BB_DEGREE_PRICE] = 0;
	rules.weights[BB_DEGREE_REPUTATION] = 0;
	add(BB_SELL, 30, 100, 500000);
	add(BB_SELL, 30, 100, 900000);
	add(BB_SELL, 20, 100, 100000);
	add(BB_BUY, 90, 100, 500000);
	add(BB_BUY, 90, 100, 500000);
	add(BB_BUY, 95, 100, 500000);
	make();
	CU_ASSERT_EQUAL_FATAL(scene.pairing.pair_count, 3);
	check_pair(0, 0, 4, 100, scene.pairing.pairs[0].degree);
	check_pair(1, 1, 3, 100, scene.pairing.pairs[1].degree);
	check_pair(2, 2, 5, 100, scene.pairing.pairs[2].degree);
}

/* Every quantity is a multiple of unit. */
static void
add_many(uint64_t unit)
{
	struct bb_random random = { .state = 20250611 };
	uint64_t sold = 0;
	uint64_t bought = 0;

	start();
	for (uint32_t i = 0; i < MANY; i++) {
		const uint64_t wh = 1 + bb_random_below(&random, 5000);
		add(BB_SELL, (int64_t)bb_random_below(&random, 100000), wh, 500000)->terms.owner =
			1 + (uint32_t)bb_random_below(&random, 20);
		sold += wh;
	}
	for (uint32_t i = 0; i < MANY; i++) {
		const uint64_t most = sold - bought - (MANY - 1 - i);
		const uint64_t wh = i + 1 < MANY ? 1 + bb_random_below(&random, 5000) : most;
		add(BB_BUY, 100000 + (int64_t)bb_random_below(&random, 100000),
		    wh < most ? wh : most, 500000)->terms.owner =
			1 + (uint32_t)bb_random_below(&random, 20);
		bought += scene.orders[scene.count - 1].filled_wh;
	}
	CU_ASSERT_EQUAL_FATAL(sold, bought);
	for (uint32_t i = 0; i < scene.count; i++) {
		scene.orders[i].terms.quantity_wh *= unit;
		scene.orders[i].filled_wh *= unit;
	}
}

static void
test_more_pairs_than_are_ranked_at_once(void)
{
	add_many(1);
	make();
	CU_ASSERT_EQUAL(scene.pairing.window, BB_PAIRING_WINDOW);
	CU_ASSERT_EQUAL(certify(), BB_CERTIFIED);
}

/* Degrees do not depend on the unit of energy; only how they are computed does. */
static void
test_quantities_too_large_to_multiply_give_the_same_pairs(void)
{
	static struct bb_pair pairs[2 * MANY + BB_BUCKETS_MAX];
	const uint64_t unit = UINT64_C(1) << 40;

	add_many(1);
	make();
	CU_ASSERT_TRUE(scene.pairing.quick);
	const uint32_t count = scene.pairing.pair_count;
	memcpy(pairs, scene.pairs, sizeof(pairs));
	for (uint32_t i = 0; i < count; i++)
		CU_ASSERT_EQUAL(pairs[i].degree,
				bb_candidate_degree(&rules, scene.pairing.surplus_max, 0,
						    &scene.orders[pairs[i].sell],
						    &scene.orders[pairs[i].buy]));
	add_many(unit);
	make();
	CU_ASSERT_FALSE(scene.pairing.quick);
	CU_ASSERT_EQUAL_FATAL(scene.pairing.pair_count, count);
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(scene.pairs[i].sell, pairs[i].sell);
		CU_ASSERT_EQUAL(scene.pairs[i].buy, pairs[i].buy);
		CU_ASSERT_EQUAL(scene.pairs[i].degree, pairs[i].degree);
		CU_ASSERT_EQUAL(scene.pairs[i].quantity_wh, pairs[i].quantity_wh * unit);
	}
}

static void
test_a_certificate_refuses_wrong_pairs(void)
{
	struct bb_pair *pairs = scene.pairs;

	add_example_3();
	make();
	const struct bb_pair first = pairs[0];
	pairs[0].price_sell++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR_PRICE);
	pairs[0] = first;
	pairs[0].quantity_wh--;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR_SUM);
	pairs[0].quantity_wh = 0;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR);
	pairs[0] = first;
	pairs[0].sell = 3;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR);
	pairs[0] = first;
	pairs[0].bucket = 1;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR_PATH);

	/* Half of a contract twice adds up, and is still one pair too many. */
	pairs[0] = first;
	memmove(&pairs[1], &pairs[0], 3 * sizeof(pairs[0]));
	pairs[0].quantity_wh = pairs[1].quantity_wh = first.quantity_wh / 2;
	scene.pairing.pair_count++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PAIR_TWICE);
}

/* A book of sources: cleared through the nodes that bb_origin_make makes of it. */
static struct {
	struct bb_origin origin;
	struct bb_origin_order places[8];
	struct bb_call_order orders[8];
	struct bb_step steps[8];
	struct bb_curve curves[BB_NODES_MAX];
	struct bb_claim claims[8];
	struct bb_auction auction;
	struct bb_clearing clearing;
	uint32_t count;
} book;

static void
offer(uint32_t side, int64_t price, uint64_t wh, uint8_t source, uint16_t accept)
{
	book.places[book.count] =
		(struct bb_origin_order){ .side = side, .source = source, .accept = accept };
	book.orders[book.count] = (struct bb_call_order){
		.order = book.count, .price = price, .quantity_wh = wh, .side = side,
		.index = book.count,
	};
	book.count++;
}

static void
clear(void)
{
	uint32_t wrong;

	CU_ASSERT_EQUAL_FATAL(bb_origin_make(&book.origin, 1, NULL, 0, book.places, book.count,
					     &wrong), BB_ORIGIN_OK);
	for (uint32_t i = 0; i < book.count; i++)
		book.orders[i].node = book.places[i].node;
	book.auction = (struct bb_auction){
		.node_count = book.origin.node_count, .line_count = book.origin.line_count,
		.curves = book.curves, .lines = book.origin.lines,
		.price_min = -1000000, .price_max = 1000000, .k_milli = 500,
	};
	bb_origin_refine(&book.origin, &book.auction, book.orders, book.count);
	bb_call_curves(book.orders, book.count, book.origin.node_count, book.steps, book.curves);
	CU_ASSERT_TRUE_FATAL(bb_clearing_valid(&book.auction));
	bb_clear(&book.auction, &book.clearing);
	bb_call_fill(book.orders, book.count, book.curves, &book.clearing, book.claims);
	bb_origin_coarsen(&book.origin, &book.auction, book.orders, book.count, &book.clearing);
	CU_ASSERT_EQUAL(bb_certify(&book.auction, &book.clearing, book.orders, book.count),
			BB_CERTIFIED);
}

static void
check_order(uint32_t index, uint64_t filled_wh, int64_t price)
{
	for (uint32_t i = 0; i < book.count; i++) {
		if (book.orders[i].index != index)
			continue;
		CU_ASSERT_EQUAL(book.orders[i].filled_wh, filled_wh);
		CU_ASSERT_EQUAL(book.clearing.nodes[book.orders[i].node].price, price);
	}
}

static void
test_example_9_a_premium_for_green(void)
{
	static const struct { uint64_t wanted; int64_t green, any; } cases[] = {
		{ 600, 90000, 90000 }, { 1500, 130000, 100000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&book, 0, sizeof(book));
		offer(BB_SELL, 90000, 1000, 1, 0);
		offer(BB_BUY, 130000, cases[i].wanted, 0, 2);
		offer(BB_SELL, 60000, 1000, 0, 0);
		offer(BB_BUY, 100000, 1200, 0, 0xffff);
		offer(BB_BUY, 70000, 500, 0, 0xffff);
		clear();
		check_order(0, i == 0 ? 800 : 1000, cases[i].green);
		check_order(1, i == 0 ? 600 : 1000, cases[i].green);
		check_order(2, 1000, cases[i].any);
		check_order(3, i == 0 ? 1200 : 1000, cases[i].any);
		check_order(4, 0, cases[i].any);
	}
}

static void
test_equal_limits_trade_in_a_divided_zone_too(void)
{
	memset(&book, 0, sizeof(book));
	offer(BB_SELL, -7, 100, 1, 0);
	offer(BB_SELL, -7, 100, 0, 0);
	offer(BB_BUY, -7, 150, 0, 2);
	clear();
	check_order(0, 100, -7);
	check_order(1, 0, book.clearing.nodes[book.places[1].node].price);
	check_order(2, 100, -7);
}

static void
test_zones_that_lines_join_must_accept_what_is_sold(void)
{
	const struct bb_line line = { .from = 0, .to = 1, .capacity_reverse_wh = 5 };
	struct bb_origin_order places[] = {
		{ .zone = 0, .side = BB_SELL, .source = 3 },
		{ .zone = 1, .side = BB_BUY, .accept = 0xffff },
		{ .zone = 1, .side = BB_BUY, .accept = 7 },
	};
	struct bb_origin origin;
	uint32_t wrong;

	CU_ASSERT_EQUAL(bb_origin_make(&origin, 2, &line, 1, places, 3, &wrong),
			BB_ORIGIN_JOINED);
	CU_ASSERT_EQUAL(wrong, 2);
	CU_ASSERT_EQUAL(bb_origin_make(&origin, 2, &line, 1, places, 2, &wrong), BB_ORIGIN_OK);
	CU_ASSERT_EQUAL(origin.node_count, 2);
	CU_ASSERT_FALSE(origin.parts);
	CU_ASSERT_EQUAL(bb_origin_make(&origin, 2, NULL, 0, places, 3, &wrong), BB_ORIGIN_OK);
}

static void
test_too_many_kinds_of_buys_are_told(void)
{
	static struct bb_origin_order places[80];
	struct bb_origin origin;
	uint32_t wrong;

	for (uint32_t i = 0; i < 80; i++)
		places[i] = (struct bb_origin_order){ .side = i < 16 ? BB_SELL : BB_BUY,
						      .source = (uint8_t)(i % 16),
						      .accept = (uint16_t)i };
	CU_ASSERT_EQUAL(bb_origin_make(&origin, 1, NULL, 0, places, 80, &wrong),
			BB_ORIGIN_NODES);
	CU_ASSERT_EQUAL(bb_origin_make(&origin, 1, NULL, 0, places, 76, &wrong),
			BB_ORIGIN_NODES);
	CU_ASSERT_EQUAL(bb_origin_make(&origin, 1, NULL, 0, places, 40, &wrong), BB_ORIGIN_OK);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 3: pairs by matching degree", test_example_3_pairs_by_degree },
		{ "what may not be paired comes last, and is paired",
		  test_what_may_not_be_paired_comes_last_and_is_paired },
		{ "equal degrees go to surplus, then reputation, then time",
		  test_equal_degrees_go_to_surplus_then_reputation_then_time },
		{ "more pairs than are ranked at once", test_more_pairs_than_are_ranked_at_once },
		{ "quantities too large to multiply give the same pairs",
		  test_quantities_too_large_to_multiply_give_the_same_pairs },
		{ "a certificate refuses wrong pairs", test_a_certificate_refuses_wrong_pairs },
		{ "example 9: a premium for green", test_example_9_a_premium_for_green },
		{ "equal limits trade in a divided zone too",
		  test_equal_limits_trade_in_a_divided_zone_too },
		{ "zones that lines join must accept what is sold",
		  test_zones_that_lines_join_must_accept_what_is_sold },
		{ "too many kinds of buys are told", test_too_many_kinds_of_buys_are_told },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("pairing", tests);
}
