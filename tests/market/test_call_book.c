/* test_call_book - an auction straight from a book gives what the same orders give when they
 * come in an array: one way reads rungs and their sums, the other sorts orders.
 *
 * usage: test_call_book [BOOKS [SEED]]
 */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_call.h"
#include "market/bb_call_book.h"
#include "market/bb_certificate.h"
#include "market/bb_reputation.h"
#include "tests/bb_test.h"

#define STEPS_MAX  300u
#define ORDERS_MAX 400u
#define PEOPLE     9u

static struct {
	struct bb_book book;
	struct bb_orders orders;
	struct bb_order slots[ORDERS_MAX + 1];
	struct bb_stretches stretches;
	struct bb_stretch rungs[1 + 2 * (STEPS_MAX / BB_STRETCH + 1)];
	uint64_t words[2][STEPS_MAX];
	struct bb_directory directories[2][STEPS_MAX];
	struct bb_positions positions;
	struct bb_position people[PEOPLE + 1];
	uint32_t reputations[PEOPLE + 1];
	struct bb_call_book call;
	int64_t price_max;
	uint32_t kappa;

	struct bb_step steps[2 * STEPS_MAX + ORDERS_MAX];
	struct bb_curve curve;
	struct bb_claim claims[ORDERS_MAX];
	struct bb_clearing clearing;
	struct bb_call_ranked ranked[ORDERS_MAX], scratch[ORDERS_MAX];
	struct bb_call_fill fills[ORDERS_MAX];
	uint64_t filled[ORDERS_MAX + 1]; /* by slot */

	struct bb_call_order rows[ORDERS_MAX]; /* the same orders, one after the other */
	struct bb_step row_steps[ORDERS_MAX];
	struct bb_curve row_curve;
	struct bb_clearing row_clearing;
	uint32_t count;
} scene;

static uint32_t books = 3000;
static uint64_t seed = 20261124;

static void
start(uint32_t steps, uint32_t tick, int32_t price_min)
{
	memset(&scene, 0, sizeof(scene));
	scene.stretches = (struct bb_stretches){
		.slots = scene.rungs, .capacity = sizeof(scene.rungs) / sizeof(scene.rungs[0]) - 1,
	};
	bb_book_init(&scene.book, price_min, tick, steps);
	for (uint32_t side = 0; side < 2; side++)
		bb_ladder_init(&scene.book.ladders[side], steps, scene.words[side],
			       scene.directories[side], &scene.stretches);
	scene.orders = (struct bb_orders){ .slots = scene.slots, .capacity = ORDERS_MAX };
	scene.positions.slots = scene.people;
	for (uint32_t i = 1; i <= PEOPLE; i++)
		scene.people[i].participant = PEOPLE + 1 - i;
	scene.call = (struct bb_call_book){ .book = &scene.book, .orders = &scene.orders,
					    .positions = &scene.positions,
					    .reputations = scene.reputations };
	scene.price_max = price_min + (int64_t)(steps - 1) * tick;
}

static void
rest(enum bb_side side, uint32_t tick, uint32_t wh, uint32_t position)
{
	const uint32_t slot = bb_orders_take(&scene.orders);
	const uint32_t rung = side == BB_BUY ? scene.book.steps - 1 - tick : tick;
	const uint32_t reputation = scene.reputations[scene.people[position].participant];

	scene.slots[slot].place = bb_order_place(side, rung);
	scene.slots[slot].quantity_wh = wh;
	scene.slots[slot].position = position;
	bb_book_rest(&scene.book, &scene.orders, slot);
	const int64_t price = bb_book_price(&scene.book, side, rung) +
			      (side == BB_SELL ? bb_reputation_handicap(scene.kappa, reputation)
					       : 0);
	if (price <= scene.price_max)
		scene.rows[scene.count++] = (struct bb_call_order){
			.order = slot, .price = price, .quantity_wh = wh,
			.reputation = reputation, .index = slot, .side = side,
		};
}

static struct bb_auction
auction_of(const struct bb_curve *curve)
{
	return (struct bb_auction){ .node_count = 1, .curves = curve, .k_milli = 500,
				    .price_min = scene.book.price_min,
				    .price_max = scene.price_max };
}

static void
clear_rows(void)
{
	const struct bb_auction auction = auction_of(&scene.row_curve);

	bb_call_curves(scene.rows, scene.count, 1, scene.row_steps, &scene.row_curve);
	CU_ASSERT_TRUE_FATAL(bb_clearing_valid(&auction));
	bb_clear(&auction, &scene.row_clearing);
	bb_call_fill(scene.rows, scene.count, &scene.row_curve, &scene.row_clearing,
		     scene.claims);
	CU_ASSERT_EQUAL(bb_certify(&auction, &scene.row_clearing, scene.rows, scene.count,
				   scene.claims), BB_CERTIFIED);
}

static void
add_fills(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(scene.filled[scene.fills[i].slot], 0);
		CU_ASSERT_TRUE(scene.fills[i].filled_wh > 0);
		scene.filled[scene.fills[i].slot] = scene.fills[i].filled_wh;
	}
}

static void
clear_book(bool ranked)
{
	const struct bb_auction auction = auction_of(&scene.curve);
	const struct bb_mark *mark = &scene.clearing.nodes[0].mark;
	const uint32_t room = sizeof(scene.steps) / sizeof(scene.steps[0]);
	uint32_t count = 0;

	if (ranked) {
		count = bb_call_book_rank(&scene.call, scene.kappa, scene.price_max,
					  scene.ranked, scene.scratch);
		bb_call_book_curve_ranked(&scene.call, scene.ranked, count, scene.steps, room,
					  &scene.curve);
	} else {
		bb_call_book_curve(&scene.call, scene.steps, room, &scene.curve);
	}
	CU_ASSERT_TRUE_FATAL(bb_clearing_valid(&auction));
	bb_clear(&auction, &scene.clearing);
	add_fills(bb_call_book_fill(&scene.call, BB_BUY, &scene.curve, mark, scene.fills,
				    scene.claims));
	if (ranked)
		count = bb_call_book_fill_ranked(&scene.call, scene.ranked, count, &scene.curve,
						 mark, scene.fills, scene.claims);
	else
		count = bb_call_book_fill(&scene.call, BB_SELL, &scene.curve, mark, scene.fills,
					  scene.claims);
	add_fills(count);
}

static bool
both_alike(void)
{
	const struct bb_node_result *left = &scene.clearing.nodes[0];
	const struct bb_node_result *right = &scene.row_clearing.nodes[0];
	bool alike = left->lo == right->lo && left->hi == right->hi &&
		     left->price == right->price && left->served_wh == right->served_wh &&
		     scene.curve.count == scene.row_curve.count;

	for (uint32_t i = 0; alike && i < scene.curve.count; i++)
		alike = memcmp(&scene.steps[i], &scene.row_steps[i], sizeof(scene.steps[0])) == 0;
	for (uint32_t i = 0; i < scene.count; i++) {
		alike &= scene.rows[i].filled_wh == scene.filled[scene.rows[i].index];
		scene.filled[scene.rows[i].index] = 0;
	}
	for (uint32_t slot = 1; slot <= ORDERS_MAX; slot++)
		alike &= scene.filled[slot] == 0; /* nor was anybody else filled */
	return alike;
}

static void
make_random(struct bb_random *random, bool ranked)
{
	const uint32_t steps = 1 + bb_random_below(random, bb_random_below(random, 2) == 0
								    ? 5 : STEPS_MAX);
	const uint32_t tick = 1 + bb_random_below(random, 7);
	const uint32_t orders = bb_random_below(random, ORDERS_MAX + 1);
	const uint32_t most = bb_random_below(random, 2) == 0 ? 3 : BB_QUANTITY_MAX;

	start(steps, tick, (int32_t)bb_random_below(random, 400) - 300);
	scene.kappa = ranked ? bb_random_below(random, 5 * tick * steps) : 0;
	for (uint32_t i = 1; i <= PEOPLE; i++)
		scene.reputations[i] = 250000 * bb_random_below(random, 5);
	for (uint32_t i = 0; i < orders; i++)
		rest((enum bb_side)bb_random_below(random, 2), bb_random_below(random, steps),
		     1 + bb_random_below(random, most), 1 + bb_random_below(random, PEOPLE));
}

static void
check_random(bool ranked)
{
	struct bb_random random = { seed };

	printf("%u books from seed %llu ", books, (unsigned long long)seed);
	for (uint32_t i = 0; i < books; i++) {
		make_random(&random, ranked);
		clear_rows();
		clear_book(ranked);
		if (!both_alike()) {
			printf("book %u ", i);
			CU_FAIL_FATAL("book and array differ");
		}
	}
}

static void
test_a_book_clears_as_its_orders_do(void)
{
	check_random(false);
}

static void
test_ranked_sells_clear_as_their_orders_do(void)
{
	check_random(true);
}

static void
test_example_1_from_a_book(void)
{
	static const struct { uint32_t kappa; uint64_t filled[8]; int64_t price; } cases[] = {
		{ 0, { 0, 3000, 2000, 0, 0, 2500, 1500, 1000 }, 90000 },
		{ 60000, { 0, 3000, 1000, 0, 0, 2500, 1500, 0 }, 93000 },
	};
	static const uint32_t reputations[] = { 950000, 700000, 990000, 900000 };

	for (uint32_t i = 0; i < 2; i++) {
		start(251, 1000, -10000);
		scene.kappa = cases[i].kappa;
		for (uint32_t j = 0; j < 4; j++)
			scene.reputations[PEOPLE - j] = reputations[j]; /* of interest j + 1 */
		rest(BB_SELL, 90, 3000, 1);
		rest(BB_SELL, 85, 2000, 2);
		rest(BB_SELL, 130, 2500, 3);
		rest(BB_SELL, 160, 4000, 4);
		rest(BB_BUY, 210, 2500, 5);
		rest(BB_BUY, 170, 1500, 6);
		rest(BB_BUY, 100, 2500, 7);
		clear_book(i == 1);
		CU_ASSERT_EQUAL(scene.clearing.nodes[0].price, cases[i].price);
		for (uint32_t slot = 1; slot < 8; slot++)
			CU_ASSERT_EQUAL(scene.filled[slot], cases[i].filled[slot]);
	}
}

static void
test_an_auction_leaves_the_book_as_it_is(void)
{
	struct bb_random random = { seed };
	static struct bb_order slots[ORDERS_MAX + 1];
	static struct bb_rung rungs[2][STEPS_MAX];

	make_random(&random, true);
	memcpy(slots, scene.slots, sizeof(slots));
	memcpy(rungs, scene.rungs, sizeof(rungs));
	clear_book(false);
	memset(scene.filled, 0, sizeof(scene.filled));
	clear_book(true);
	CU_ASSERT_EQUAL(memcmp(slots, scene.slots, sizeof(slots)), 0);
	CU_ASSERT_EQUAL(memcmp(rungs, scene.rungs, sizeof(rungs)), 0);
}

int
main(int argc, char **argv)
{
	CU_TestInfo tests[] = {
		{ "example 1 from a book", test_example_1_from_a_book },
		{ "a book clears as its orders do", test_a_book_clears_as_its_orders_do },
		{ "ranked sells clear as their orders do",
		  test_ranked_sells_clear_as_their_orders_do },
		{ "an auction leaves the book as it is", test_an_auction_leaves_the_book_as_it_is },
		CU_TEST_INFO_NULL,
	};
	if (argc > 1)
		books = (uint32_t)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	return bb_test_run("call book", tests);
}
