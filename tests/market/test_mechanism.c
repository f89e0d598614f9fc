/* test_mechanism - the worked examples of docs/market.md, with the same integers. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_clearing.h"
#include "market/bb_degree.h"
#include "market/bb_prorata.h"
#include "market/bb_reputation.h"
#include "market/bb_settlement.h"
#include "tests/bb_test.h"

/* A book small enough to write down: steps by zone and rising price. */
struct book {
	struct bb_step steps[4][8];
	struct bb_curve curves[4];
	struct bb_line lines[8];
	struct bb_auction auction;
	struct bb_clearing result;
};

static void
start(struct book *book, uint32_t nodes)
{
	memset(book, 0, sizeof(*book));
	book->auction = (struct bb_auction){
		.node_count = nodes, .curves = book->curves, .lines = book->lines,
		.price_min = -5000000, .price_max = 10000000, .k_milli = 500,
	};
	for (uint32_t i = 0; i < nodes; i++)
		book->curves[i].steps = book->steps[i];
}

static void
add(struct book *book, uint32_t node, char side, int64_t price, uint64_t wh)
{
	struct bb_step *steps = book->steps[node];
	uint32_t at = 0;

	while (at < book->curves[node].count && steps[at].price < price)
		at++;
	if (at == book->curves[node].count || steps[at].price != price) {
		memmove(&steps[at + 1], &steps[at],
			(book->curves[node].count - at) * sizeof(steps[0]));
		steps[at] = (struct bb_step){ .price = price };
		book->curves[node].count++;
	}
	if (side == 'S')
		steps[at].sell_wh += wh;
	else
		steps[at].buy_wh += wh;
}

static void
line(struct book *book, uint32_t from, uint32_t to, uint64_t there, uint64_t back, int64_t fee)
{
	book->lines[book->auction.line_count++] = (struct bb_line){
		.from = from, .to = to, .capacity_wh = there, .capacity_reverse_wh = back,
		.fee = fee,
	};
}

static void
clear(struct book *book)
{
	CU_ASSERT_TRUE_FATAL(bb_clearing_valid(&book->auction));
	bb_clear(&book->auction, &book->result);
}

/* share returns what was sold or bought at a price of a node. */
static uint64_t
share(const struct book *book, uint32_t node, char side, int64_t price)
{
	for (uint32_t i = 0; i < book->curves[node].count; i++) {
		uint64_t sold, bought;
		if (book->steps[node][i].price != price)
			continue;
		bb_step_share(&book->curves[node], &book->result.nodes[node].mark, i, &sold,
			      &bought);
		return side == 'S' ? sold : bought;
	}
	return UINT64_MAX;
}

static void
check_price(const struct book *book, uint32_t node, int64_t lo, int64_t hi, int64_t price)
{
	CU_ASSERT_EQUAL(book->result.nodes[node].lo, lo);
	CU_ASSERT_EQUAL(book->result.nodes[node].hi, hi);
	CU_ASSERT_EQUAL(book->result.nodes[node].price, price);
}

static void
add_example_1(struct book *book, uint32_t not_delivered)
{
	start(book, 1);
	add(book, 0, 'S', 80000 + bb_reputation_handicap(not_delivered, 950000), 3000);
	add(book, 0, 'S', 75000 + bb_reputation_handicap(not_delivered, 700000), 2000);
	add(book, 0, 'S', 120000 + bb_reputation_handicap(not_delivered, 990000), 2500);
	add(book, 0, 'S', 150000 + bb_reputation_handicap(not_delivered, 900000), 4000);
	add(book, 0, 'B', 200000, 2500);
	add(book, 0, 'B', 160000, 1500);
	add(book, 0, 'B', 90000, 2500);
	clear(book);
}

static void
test_example_1_one_zone(void)
{
	struct book book;

	add_example_1(&book, 0);
	check_price(&book, 0, 90000, 90000, 90000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 80000), 3000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 75000), 2000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 120000), 0);
	CU_ASSERT_EQUAL(share(&book, 0, 'B', 200000), 2500);
	CU_ASSERT_EQUAL(share(&book, 0, 'B', 160000), 1500);
	CU_ASSERT_EQUAL(share(&book, 0, 'B', 90000), 1000);
}

static void
test_example_1_with_reputation(void)
{
	struct book book;

	add_example_1(&book, 60000);
	check_price(&book, 0, 93000, 93000, 93000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 83000), 3000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 93000), 1000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 120600), 0);
	CU_ASSERT_EQUAL(share(&book, 0, 'B', 90000), 0);
}

static void
test_example_2_pro_rata(void)
{
	struct bb_claim claims[] = {
		{ .quantity = 700, .order = 1, .index = 0 },
		{ .quantity = 500, .order = 2, .index = 1 },
		{ .quantity = 300, .order = 3, .index = 2 },
	};
	static const uint64_t given[] = { 467, 333, 200 };

	bb_prorata(claims, 3, 1000);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(claims[i].given, given[claims[i].index]);
}

static void
test_pro_rata_ties_go_to_reputation_then_time(void)
{
	struct bb_claim claims[] = {
		{ .quantity = 1, .order = 1, .reputation = 500000, .index = 0 },
		{ .quantity = 1, .order = 2, .reputation = 900000, .index = 1 },
		{ .quantity = 1, .order = 3, .reputation = 500000, .index = 2 },
	};
	static const uint64_t given[] = { 1, 1, 0 };

	bb_prorata(claims, 3, 2);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(claims[i].given, given[claims[i].index]);
}

static bool
comes_first(const struct bb_claim *left, const struct bb_claim *right)
{
	if (left->remainder != right->remainder)
		return left->remainder > right->remainder;
	if (left->reputation != right->reputation)
		return left->reputation > right->reputation;
	return left->order < right->order;
}

static void
test_left_over_units_go_where_a_sort_would_put_them(void)
{
	struct bb_random random = { 20261124 };
	struct bb_claim claims[64];

	for (uint32_t round = 0; round < 20000; round++) {
		const uint32_t count = 1 + bb_random_below(&random, 64);
		const uint32_t most = bb_random_below(&random, 3) == 0 ? 4000000000u : 5;
		uint64_t total = 0, shared = 0, given = 0;
		for (uint32_t i = 0; i < count; i++) {
			claims[i] = (struct bb_claim){
				.quantity = 1 + bb_random_below(&random, most),
				.order = (uint64_t)bb_random_below(&random, 1000) << 32 | i,
				.reputation = 250000 * bb_random_below(&random, 3),
			};
			total += claims[i].quantity;
		}
		const uint64_t amount = bb_random_next(&random) % (total + 2);
		bb_prorata(claims, count, amount);
		for (uint32_t i = 0; i < count; i++) {
			shared += (uint64_t)((unsigned __int128)claims[i].quantity * amount /
					     total);
			given += claims[i].given;
		}
		CU_ASSERT_EQUAL_FATAL(given, amount < total ? amount : total);
		for (uint32_t i = 0; amount < total && i < count; i++) {
			uint64_t before = 0;
			for (uint32_t j = 0; j < count; j++)
				before += comes_first(&claims[j], &claims[i]);
			const unsigned __int128 share =
				(unsigned __int128)claims[i].quantity * amount;
			CU_ASSERT_EQUAL_FATAL(claims[i].given, (uint64_t)(share / total) +
					      (before < amount - shared));
		}
	}
}

static void
test_example_3_matching_degree(void)
{
	const struct bb_degree_order s1 = { .price = 80000, .quantity_wh = 3000, .owner = 1,
					    .reputation = 950000, .source = 0 };
	const struct bb_degree_order s3 = { .price = 90000, .quantity_wh = 1000, .owner = 2,
					    .reputation = 800000, .source = 2 };
	const struct bb_degree_order b1 = { .price = 200000, .quantity_wh = 2500, .owner = 3,
					    .reputation = 980000, .accept_sources = 15,
					    .prefer_sources = 3 };
	const struct bb_degree_order b2 = { .price = 160000, .quantity_wh = 1500, .owner = 4,
					    .reputation = 900000, .accept_sources = 15,
					    .prefer_sources = 4 };
	const struct {
		const struct bb_degree_order *sell, *buy;
		uint32_t loss;
		int32_t degree;
	} cases[] = {
		{ &s1, &b1, 4000, 935983 }, { &s3, &b2, 4000, 737666 },
		{ &s3, &b1, 22000, 651599 }, { &s1, &b2, 22000, 612249 },
		{ &s1, &b1, 50001, BB_DEGREE_VETO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bb_degree_context context = { .surplus_max = 120000, .loss_max = 50000,
						     .loss = cases[i].loss };
		memcpy(context.weights, bb_degree_weights_default, sizeof(context.weights));
		CU_ASSERT_EQUAL(bb_degree(cases[i].sell, cases[i].buy, &context, NULL),
				cases[i].degree);
	}
}

static void
add_example_4(struct book *book, uint64_t capacity)
{
	start(book, 2);
	add(book, 0, 'S', 60000, 4000);
	add(book, 0, 'B', 120000, 1000);
	add(book, 1, 'S', 140000, 3000);
	add(book, 1, 'B', 200000, 2500);
	add(book, 1, 'B', 100000, 1000);
	line(book, 0, 1, capacity, capacity, 5000);
	clear(book);
}

static void
test_example_4_two_zones(void)
{
	struct book book;

	add_example_4(&book, 1500);
	CU_ASSERT_EQUAL(book.result.flow_wh[0], 1500);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 60000), 2500);
	CU_ASSERT_EQUAL(share(&book, 1, 'S', 140000), 1000);
	CU_ASSERT_EQUAL(share(&book, 1, 'B', 100000), 0);
	check_price(&book, 0, 60000, 60000, 60000);
	check_price(&book, 1, 140000, 140000, 140000);

	add_example_4(&book, 5000);
	CU_ASSERT_EQUAL(book.result.flow_wh[0], 3000);
	CU_ASSERT_EQUAL(share(&book, 1, 'B', 100000), 500);
	check_price(&book, 0, 95000, 95000, 95000);
	check_price(&book, 1, 100000, 100000, 100000);
}

static int64_t
balance(const struct bb_posting *postings, uint64_t count, uint32_t account)
{
	int64_t sum = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (postings[i].credit == account)
			sum += postings[i].amount;
		if (postings[i].debit == account)
			sum -= postings[i].amount;
	}
	return sum;
}

/* Examples 5 and 6 share their deliveries: S1, S2, B1, B2. */
static uint64_t
settle_example_5(struct bb_party parties[4], struct bb_posting *postings)
{
	static const struct bb_contract contracts[] = {
		{ 0, 2, 1000, 60000, 60000, 0 },
		{ 0, 3, 1500, 60000, 140000, 5000 },
		{ 1, 3, 1000, 140000, 140000, 0 },
	};
	static const struct bb_settlement_rules rules = {
		.price_long = 40000, .price_short = 220000, .price_reference = 100000,
		.tolerance_ppm = 50000, .tolerance_wh = 50, .penalty_ppm = 250000,
	};
	static const int64_t metered[] = { 2200, 1030, -1000, -2700 };

	for (uint32_t i = 0; i < 4; i++)
		parties[i] = (struct bb_party){ .account = i + 1, .metered_wh = metered[i] };
	return bb_settle(&rules, contracts, 3, parties, 4, postings);
}

static void
test_example_5_settlement(void)
{
	static const struct { uint32_t account; int64_t balance; } wanted[] = {
		{ 1, 79625000 }, { 2, 141200000 }, { 3, -60000000 }, { 4, -395875000 },
		{ BB_ACCOUNT_DSO, 7500000 }, { BB_ACCOUNT_RENT, 112500000 },
		{ BB_ACCOUNT_GRID, 108800000 }, { BB_ACCOUNT_FUND, 6250000 },
	};
	struct bb_party parties[4];
	struct bb_posting postings[21];
	const uint64_t count = settle_example_5(parties, postings);
	int64_t sum = 0;

	CU_ASSERT_EQUAL(count, 10);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CU_ASSERT_EQUAL(balance(postings, count, wanted[i].account), wanted[i].balance);
		sum += wanted[i].balance;
	}
	CU_ASSERT_EQUAL(sum, 0);
	CU_ASSERT_EQUAL(parties[0].excess_wh, 175);
	CU_ASSERT_EQUAL(parties[1].excess_wh, 0);
	CU_ASSERT_EQUAL(parties[3].excess_wh, 75);
}

static void
test_example_5_netted(void)
{
	static const int64_t wanted[1 + 4 + BB_ACCOUNTS_OTHER] = {
		0, 79625000, 141200000, -60000000, -395875000, 108800000, 7500000, 112500000,
		6250000,
	};
	__int128 changes[1 + 4 + BB_ACCOUNTS_OTHER] = { 0 };
	struct bb_party parties[4];
	struct bb_posting postings[21];
	const uint64_t count = settle_example_5(parties, postings);

	CU_ASSERT_TRUE(bb_settlement_net(postings, count, 4, changes));
	for (uint32_t i = 0; i < 1 + 4 + BB_ACCOUNTS_OTHER; i++)
		CU_ASSERT_TRUE(changes[i] == wanted[i]);
	CU_ASSERT_EQUAL(bb_account_index(BB_ACCOUNT_FUND, 4), 8);

	/* An account that nobody has: nothing is added, not even what comes before it. */
	static const uint32_t strange[] = { 0, 5, BB_ACCOUNT_GRID - 1, BB_ACCOUNT_FUND + 1 };
	for (uint32_t i = 0; i < 4; i++) {
		postings[count - 1].credit = strange[i];
		CU_ASSERT_FALSE(bb_settlement_net(postings, count, 4, changes));
	}
	for (uint32_t i = 0; i < 1 + 4 + BB_ACCOUNTS_OTHER; i++)
		CU_ASSERT_TRUE(changes[i] == wanted[i]);
}

static void
test_example_6_reputation(void)
{
	static const uint32_t before[] = { 950000, 700000, 980000, 900000 };
	static const uint32_t after[] = { 948000, 703599, 980239, 902099 };
	struct bb_party parties[4];
	struct bb_posting postings[21];

	settle_example_5(parties, postings);
	for (uint32_t i = 0; i < 4; i++) {
		const int64_t contracted = parties[i].contracted_wh;
		CU_ASSERT_EQUAL(
			bb_reputation_after(&bb_reputation_rules_default, before[i],
					    (uint64_t)(contracted < 0 ? -contracted : contracted),
					    parties[i].excess_wh),
			after[i]);
	}
}

static void
test_example_7_price_inside_the_interval(void)
{
	static const int64_t bids[] = { 9, 7, 5, 2 };
	static const int64_t asks[2][4] = { { 1, 3, 4, 6 }, { 1, 3, 4, 20 } }; /* 7, 7b */
	struct book book;

	for (uint32_t other = 0; other < 2; other++) {
		start(&book, 1);
		for (uint32_t i = 0; i < 4; i++) {
			add(&book, 0, 'B', bids[i], 1);
			add(&book, 0, 'S', asks[other][i], 1);
		}
		clear(&book);
		check_price(&book, 0, 4, 5, 4);
		CU_ASSERT_EQUAL(share(&book, 0, 'S', 4), 1);
		CU_ASSERT_EQUAL(share(&book, 0, 'B', 5), 1);
		CU_ASSERT_EQUAL(share(&book, 0, 'S', asks[other][3]), 0);
		CU_ASSERT_EQUAL(share(&book, 0, 'B', 2), 0);
	}
}

static void
test_example_8_the_optimum_before_the_degree(void)
{
	struct book book;

	start(&book, 1);
	add(&book, 0, 'S', 40000, 1000);
	add(&book, 0, 'S', 150000, 1000);
	add(&book, 0, 'B', 160000, 1000);
	add(&book, 0, 'B', 100000, 1000);
	clear(&book);
	check_price(&book, 0, 100000, 150000, 125000);
	CU_ASSERT_EQUAL(share(&book, 0, 'S', 150000), 0);
}

static void
test_example_9_green_as_a_node(void)
{
	static const struct { uint64_t wanted; int64_t green, any, flow; } cases[] = {
		{ 600, 90000, 90000, 200 }, { 1500, 130000, 100000, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct book book;
		start(&book, 2);
		add(&book, 0, 'S', 90000, 1000);
		add(&book, 0, 'B', 130000, cases[i].wanted);
		add(&book, 1, 'S', 60000, 1000);
		add(&book, 1, 'B', 100000, 1200);
		add(&book, 1, 'B', 70000, 500);
		line(&book, 0, 1, UINT64_C(1) << 40, 0, 0);
		clear(&book);
		CU_ASSERT_EQUAL(book.result.nodes[0].price, cases[i].green);
		CU_ASSERT_EQUAL(book.result.nodes[1].price, cases[i].any);
		CU_ASSERT_EQUAL(book.result.flow_wh[0], cases[i].flow);
	}
}

static void
test_an_auction_out_of_bounds_is_not_valid(void)
{
	struct book book;

	add_example_4(&book, 1500);
	book.lines[0].fee = -1;
	CU_ASSERT_FALSE(bb_clearing_valid(&book.auction));
	add_example_4(&book, 1500);
	book.lines[0].to = 2;
	CU_ASSERT_FALSE(bb_clearing_valid(&book.auction));
	add_example_4(&book, 1500);
	book.steps[0][1].price = book.steps[0][0].price;
	CU_ASSERT_FALSE(bb_clearing_valid(&book.auction));
	add_example_4(&book, 1500);
	book.steps[0][0].price = book.auction.price_min - 1;
	CU_ASSERT_FALSE(bb_clearing_valid(&book.auction));
	add_example_4(&book, 1500);
	book.steps[0][0].sell_wh = UINT64_MAX;
	CU_ASSERT_FALSE(bb_clearing_valid(&book.auction));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 1: one zone", test_example_1_one_zone },
		{ "example 1: the unreliable sell later", test_example_1_with_reputation },
		{ "example 2: largest remainder", test_example_2_pro_rata },
		{ "left-over units go where a sort would put them",
		  test_left_over_units_go_where_a_sort_would_put_them },
		{ "ties of pro-rata go to reputation, then time",
		  test_pro_rata_ties_go_to_reputation_then_time },
		{ "example 3: matching degree", test_example_3_matching_degree },
		{ "example 4: two zones and a line", test_example_4_two_zones },
		{ "example 5: settlement", test_example_5_settlement },
		{ "example 5: one change an account", test_example_5_netted },
		{ "example 6: reputation", test_example_6_reputation },
		{ "examples 7 and 7b: the price lies inside the interval",
		  test_example_7_price_inside_the_interval },
		{ "example 8: the optimum before the degree",
		  test_example_8_the_optimum_before_the_degree },
		{ "example 9: green energy is a node", test_example_9_green_as_a_node },
		{ "an auction out of bounds is not valid",
		  test_an_auction_out_of_bounds_is_not_valid },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("mechanism", tests);
}
