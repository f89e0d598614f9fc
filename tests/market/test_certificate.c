/* test_certificate - what a certificate refuses.  A right result of two zones and a line is
 * changed in one place, and must be refused by the name of just that. */
#include <string.h>

#include "market/bb_certificate.h"
#include "tests/bb_test.h"

enum { S1A, S1B, B1, S2, B2, B3, ORDERS };

static const uint32_t products[] = { 16777301, 33554517 };

static struct {
	struct bb_call_order orders[ORDERS]; /* sorted, as bb_call_curves left them */
	struct bb_step steps[ORDERS];
	struct bb_curve curves[2];
	struct bb_line line;
	struct bb_auction auction;
	struct bb_clearing clearing;
	struct bb_claim claims[ORDERS];
	struct bb_pairing pairing;
	struct bb_pairing_order paired[ORDERS];
	uint64_t numbers[BB_CANDIDATES_MAX];
	struct bb_row rows[BB_CANDIDATES_MAX];
	struct bb_place places[ORDERS];
	struct bb_pair pairs[ORDERS + BB_BUCKETS_MAX];
	uint64_t sums[ORDERS];
} scene;

/* Example 4 with its cheap sell in two: 2500 Wh are shared over 2300 and 1700. */
static const struct bb_call_order given[ORDERS] = {
	[S1A] = { .order = 1, .price = 60000, .quantity_wh = 2300, .node = 0, .side = BB_SELL },
	[S1B] = { .order = 2, .price = 60000, .quantity_wh = 1700, .node = 0, .side = BB_SELL },
	[B1] = { .order = 3, .price = 120000, .quantity_wh = 1000, .node = 0, .side = BB_BUY },
	[S2] = { .order = 4, .price = 140000, .quantity_wh = 3000, .node = 1, .side = BB_SELL },
	[B2] = { .order = 5, .price = 200000, .quantity_wh = 2500, .node = 1, .side = BB_BUY },
	[B3] = { .order = 6, .price = 100000, .quantity_wh = 1000, .node = 1, .side = BB_BUY },
};

static void
pair(void)
{
	struct bb_pairing_rules rules = { .loss_max = 50000 };

	memcpy(rules.weights, bb_degree_weights_default, sizeof(rules.weights));
	scene.pairing.numbers = scene.numbers;
	scene.pairing.rows = scene.rows;
	scene.pairing.places = scene.places;
	scene.pairing.pairs = scene.pairs;
	for (uint32_t i = 0; i < ORDERS; i++)
		scene.paired[i] = (struct bb_pairing_order){
			.terms = { .price = scene.orders[i].price,
				   .quantity_wh = scene.orders[i].quantity_wh, .owner = i,
				   .accept_sources = 1 },
			.order = scene.orders[i].order, .filled_wh = scene.orders[i].filled_wh,
			.node = scene.orders[i].node, .side = scene.orders[i].side,
		};
	bb_pairing_make(&scene.pairing, &rules, &scene.auction, &scene.clearing, scene.paired,
			ORDERS);
}

static void
make(void)
{
	memset(&scene, 0, sizeof(scene));
	memcpy(scene.orders, given, sizeof(given));
	scene.line = (struct bb_line){ .to = 1, .capacity_wh = 1500, .capacity_reverse_wh = 1500,
				       .fee = 5000 };
	scene.auction = (struct bb_auction){
		.node_count = 2, .line_count = 1, .curves = scene.curves, .lines = &scene.line,
		.price_min = -5000000, .price_max = 10000000, .k_milli = 500,
		.products = products,
	};
	bb_call_curves(scene.orders, ORDERS, 2, scene.steps, scene.curves);
	bb_clear(&scene.auction, &scene.clearing);
	bb_call_fill(scene.orders, ORDERS, scene.curves, &scene.clearing, scene.claims);
	pair();
}

static enum bb_certificate
certify(void)
{
	return bb_certify(&scene.auction, &scene.clearing, scene.orders, ORDERS);
}

static enum bb_certificate
certify_pairs(void)
{
	return bb_certify_pairs(&scene.auction, &scene.clearing, &scene.pairing, scene.paired,
				ORDERS, scene.sums);
}

/* order_of finds an order by its number: where sorting put it is not told. */
static struct bb_call_order *
order_of(uint32_t which)
{
	for (uint32_t i = 0; i < ORDERS; i++)
		if (scene.orders[i].order == which + 1)
			return &scene.orders[i];
	return NULL;
}

static void
test_a_right_result_is_certified(void)
{
	make();
	CU_ASSERT_EQUAL(certify(), BB_CERTIFIED);
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFIED);
	CU_ASSERT_EQUAL(order_of(S1A)->filled_wh, 1438); /* 1437.5, and equal remainders */
	CU_ASSERT_EQUAL(order_of(S1B)->filled_wh, 1062);
	CU_ASSERT_EQUAL_FATAL(scene.pairing.pair_count, 4);
	CU_ASSERT_STRING_EQUAL(bb_certificate_text(BB_CERTIFIED), "ok");
}

static void
test_a_wrong_price_is_refused(void)
{
	make();
	scene.clearing.nodes[1].price++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_UNFILLED); /* S2 would gain by more */
	make();
	scene.clearing.nodes[1].price--;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_LIMIT); /* S2 is filled, and would lose */
	make();
	scene.clearing.nodes[1].lo--; /* the price is not where k puts it */
	scene.clearing.nodes[1].lo--;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_INTERVAL);
	make();
	scene.clearing.nodes[0].hi = scene.clearing.nodes[0].lo - 1;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_INTERVAL);
	for (uint32_t i = 0; i < 4; i++) {
		make();
		scene.pairs[i].price_sell++;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PRICE);
		make();
		scene.pairs[i].price_buy = 0;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PRICE);
	}
}

static void
test_an_overfill_is_refused(void)
{
	make();
	order_of(B2)->filled_wh++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_OVERFILL);
	make(); /* more than the order's fill, and more than anybody's */
	scene.pairs[0].quantity_wh++;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_SUM);
	scene.pairs[0].quantity_wh = UINT64_MAX;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_SUM);
}

static void
test_what_is_in_the_money_must_be_filled(void)
{
	make();
	order_of(B1)->filled_wh--;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_UNFILLED);
	make();
	order_of(B3)->filled_wh++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_LIMIT);
}

static void
test_a_flow_over_capacity_is_refused(void)
{
	make();
	scene.clearing.flow_wh[0] = 1501;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_CAPACITY);
	scene.clearing.flow_wh[0] = -1501;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_CAPACITY);
	make(); /* with energy that balances, too */
	scene.line.capacity_wh = 1499;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_CAPACITY);
}

static void
test_prices_and_balances_across_a_line_are_checked(void)
{
	make(); /* room is left, and a gain of 75,000 */
	scene.line.capacity_wh = 1501;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_LINE_PRICE);
	make(); /* what flows is not worth it */
	scene.line.fee = 80001;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_LINE_PRICE);
	make(); /* the line is full, and 1499 of it arrive */
	scene.line.capacity_wh = 1499;
	scene.clearing.flow_wh[0] = 1499;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_BALANCE);
}

static void
test_a_wrong_product_is_refused(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		make();
		CU_ASSERT_EQUAL(scene.pairs[i].product_sell,
				products[scene.paired[scene.pairs[i].sell].node]);
		scene.pairs[i].product_sell++;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PRODUCT);
		make();
		scene.pairs[i].product_buy = 0;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PRODUCT);
	}
}

static void
test_a_wrong_residual_is_refused(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		make();
		const struct bb_pairing_order *sell = &scene.paired[scene.pairs[i].sell];
		CU_ASSERT_EQUAL(scene.pairs[i].sell_left_wh,
				sell->terms.quantity_wh - sell->filled_wh);
		scene.pairs[i].sell_left_wh--;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_LEFT);
		make();
		scene.pairs[i].buy_left_wh++;
		CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_LEFT);
	}
	make(); /* a fill beyond the order leaves nothing that could be said */
	scene.paired[scene.pairs[0].sell].terms.quantity_wh = 1;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_LEFT);
}

static void
test_a_duplicate_pair_is_refused(void)
{
	/* Half of a contract twice adds up, and is still one pair too many. */
	make();
	memmove(&scene.pairs[1], &scene.pairs[0], 4 * sizeof(scene.pairs[0]));
	scene.pairs[0].quantity_wh /= 2;
	scene.pairs[1].quantity_wh -= scene.pairs[0].quantity_wh;
	scene.pairing.pair_count++;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_TWICE);
	/* A whole one twice does not even add up. */
	make();
	memmove(&scene.pairs[1], &scene.pairs[0], 4 * sizeof(scene.pairs[0]));
	scene.pairing.pair_count++;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_TWICE);
	/* Nor may one be missing. */
	make();
	scene.pairing.pair_count--;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_SUM);
	/* An order that is there twice would be filled twice. */
	make();
	order_of(S1B)->order = 1;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_ORDER);
}

static void
test_pro_rata_off_by_one_is_refused(void)
{
	make();
	order_of(S1A)->filled_wh--;
	order_of(S1B)->filled_wh++;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PRORATA);
	make();
	order_of(S1A)->filled_wh++;
	order_of(S1B)->filled_wh--;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_PRORATA);
}

static void
test_orders_and_pairs_must_be_of_this_auction(void)
{
	make();
	order_of(B3)->node = 2;
	CU_ASSERT_EQUAL(certify(), BB_CERTIFICATE_NODE);
	make();
	scene.pairs[0].quantity_wh = 0;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR);
	make();
	scene.pairs[0].buy = scene.pairs[0].sell;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR);
	make();
	scene.pairs[0].sell = ORDERS;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR);
	make();
	scene.pairs[0].bucket = scene.pairing.bucket_count;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PATH);
	make();
	scene.pairs[0].fee++;
	CU_ASSERT_EQUAL(certify_pairs(), BB_CERTIFICATE_PAIR_PATH);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a right result is certified", test_a_right_result_is_certified },
		{ "a wrong price is refused", test_a_wrong_price_is_refused },
		{ "an over-fill is refused", test_an_overfill_is_refused },
		{ "what is in the money must be filled", test_what_is_in_the_money_must_be_filled },
		{ "a flow over capacity is refused", test_a_flow_over_capacity_is_refused },
		{ "prices and balances across a line are checked",
		  test_prices_and_balances_across_a_line_are_checked },
		{ "a wrong product is refused", test_a_wrong_product_is_refused },
		{ "a wrong residual is refused", test_a_wrong_residual_is_refused },
		{ "a duplicate pair is refused", test_a_duplicate_pair_is_refused },
		{ "pro-rata off by one is refused", test_pro_rata_off_by_one_is_refused },
		{ "orders and pairs must be of this auction",
		  test_orders_and_pairs_must_be_of_this_auction },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("certificate", tests);
}
