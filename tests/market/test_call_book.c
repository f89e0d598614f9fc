/* test_call_book - an auction straight from a book gives what the same orders give when they
 * come in an array: one way reads rungs and their sums, or lists orders as it walks them; the
 * other sorts orders.  And what a proof against the book refuses.
 *
 * usage: test_call_book [BOOKS [SEED]]
 */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_call.h"
#include "market/bb_call_proof.h"
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
	struct bb_extra extras[1]; /* of plain orders: none */
	struct bb_stretches stretches;
	struct bb_stretch rungs[1 + 2 * (STEPS_MAX / BB_STRETCH + 1)];
	uint64_t words[2][STEPS_MAX];
	struct bb_directory directories[2][STEPS_MAX];
	struct bb_positions positions;
	struct bb_position people[PEOPLE + 1];
	struct bb_account accounts[PEOPLE + 1];
	struct bb_call_book call;
	int64_t price_max;
	uint32_t kappa;

	struct bb_step steps[2 * STEPS_MAX + ORDERS_MAX];
	struct bb_curve curve;
	struct bb_claim claims[ORDERS_MAX];
	struct bb_clearing clearing;
	struct bb_call_entry entries[2][ORDERS_MAX];
	uint32_t entry_counts[2];
	uint64_t keys[2][ORDERS_MAX], scratch[ORDERS_MAX];
	struct bb_call_fill fills[2][ORDERS_MAX];
	uint32_t fill_counts[2];
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
	scene.orders = (struct bb_orders){ .slots = scene.slots, .capacity = ORDERS_MAX,
					   .extras.slots = scene.extras };
	scene.positions.slots = scene.people;
	for (uint32_t i = 1; i <= PEOPLE; i++)
		scene.people[i].participant = PEOPLE + 1 - i;
	scene.call = (struct bb_call_book){ .book = &scene.book, .orders = &scene.orders,
					    .positions = &scene.positions,
					    .accounts = scene.accounts };
	scene.price_max = price_min + (int64_t)(steps - 1) * tick;
}

static void
rest(enum bb_side side, uint32_t tick, uint32_t wh, uint32_t position)
{
	const uint32_t slot = bb_orders_take(&scene.orders);
	const uint32_t rung = side == BB_BUY ? scene.book.steps - 1 - tick : tick;
	const uint32_t reputation = scene.accounts[scene.people[position].participant].reputation;

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
	CU_ASSERT_EQUAL(bb_certify(&auction, &scene.row_clearing, scene.rows, scene.count),
			BB_CERTIFIED);
}

/* The sides of a book: as they stand in its ladders, or listed. */
struct way {
	bool listed[2];
};

static const struct way ladders = { { false, false } };
static const struct way sells_listed = { { false, true } };
static const struct way both_listed = { { true, true } };

static void
list(enum bb_side side)
{
	const uint32_t count = bb_call_list(&scene.call, side, scene.kappa, scene.price_max,
					    scene.entries[side]);

	scene.entry_counts[side] = count;
	bb_call_sort(scene.entries[side], count, scene.keys[side], scene.scratch);
}

static void
fill(enum bb_side side, bool listed)
{
	const struct bb_mark *mark = &scene.clearing.nodes[0].mark;

	if (!listed) {
		scene.fill_counts[side] =
			bb_call_book_fill(&scene.call, side, 0, &scene.curve, mark,
					  scene.fills[side], scene.claims);
	} else {
		bb_call_list_fill(&scene.call, side, scene.entries[side],
				  scene.entry_counts[side], 0, &scene.curve, mark, scene.claims);
		scene.fill_counts[side] =
			bb_call_list_take(scene.entries[side], scene.entry_counts[side], 0,
					  scene.fills[side]);
	}
	for (uint32_t i = 0; i < scene.fill_counts[side]; i++) {
		const struct bb_call_fill *filled = &scene.fills[side][i];
		CU_ASSERT_EQUAL(scene.filled[filled->slot], 0);
		CU_ASSERT_TRUE(filled->filled_wh > 0);
		scene.filled[filled->slot] = filled->filled_wh;
	}
}

static enum bb_certificate
prove(const struct way *way)
{
	const struct bb_auction auction = auction_of(&scene.curve);
	const struct bb_node_result *node = &scene.clearing.nodes[0];
	int64_t net_wh[BB_NODES_MAX] = { 0 };

	for (uint32_t i = BB_BUY; i <= BB_SELL; i++) {
		const enum bb_side side = (enum bb_side)i;
		uint64_t filled_wh[BB_NODES_MAX] = { 0 };
		const enum bb_certificate wrong =
			way->listed[side]
				? bb_prove_list(&scene.call, side, scene.entries[side],
						scene.entry_counts[side], 0, 1, node,
						scene.fills[side], scene.fill_counts[side],
						filled_wh)
				: bb_prove_ladder(&scene.call, side, 0, node->price,
						  scene.fills[side], scene.fill_counts[side],
						  filled_wh);
		if (wrong != BB_CERTIFIED)
			return wrong;
		net_wh[0] += side == BB_SELL ? (int64_t)filled_wh[0] : -(int64_t)filled_wh[0];
	}
	return bb_certify_flows(&auction, &scene.clearing, net_wh);
}

static void
clear_book(const struct way *way)
{
	const struct bb_auction auction = auction_of(&scene.curve);
	const uint32_t room = sizeof(scene.steps) / sizeof(scene.steps[0]);
	struct bb_call_keys keys[2];

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		if (way->listed[side])
			list((enum bb_side)side);
		keys[side] = (struct bb_call_keys){ scene.keys[side],
						    scene.entry_counts[side] };
	}
	bb_call_book_curve(&scene.call, way->listed[BB_BUY] ? &keys[BB_BUY] : NULL,
			   way->listed[BB_SELL] ? &keys[BB_SELL] : NULL, scene.steps, room,
			   &scene.curve);
	CU_ASSERT_TRUE_FATAL(bb_clearing_valid(&auction));
	bb_clear(&auction, &scene.clearing);
	fill(BB_BUY, way->listed[BB_BUY]);
	fill(BB_SELL, way->listed[BB_SELL]);
	CU_ASSERT_EQUAL(prove(way), BB_CERTIFIED);
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
		scene.accounts[i].reputation = 250000 * bb_random_below(random, 5);
	for (uint32_t i = 0; i < orders; i++)
		rest((enum bb_side)bb_random_below(random, 2), bb_random_below(random, steps),
		     1 + bb_random_below(random, most), 1 + bb_random_below(random, PEOPLE));
}

static void
check_random(bool ranked, const struct way *const ways[2])
{
	struct bb_random random = { seed };

	printf("%u books from seed %llu ", books, (unsigned long long)seed);
	for (uint32_t i = 0; i < books; i++) {
		make_random(&random, ranked);
		clear_rows();
		for (uint32_t way = 0; way < 2; way++) {
			clear_book(ways[way]);
			if (!both_alike()) {
				printf("book %u ", i);
				CU_FAIL_FATAL("book and array differ");
			}
		}
	}
}

static void
test_a_book_clears_as_its_orders_do(void)
{
	check_random(false, (const struct way *const[]){ &ladders, &both_listed });
}

static void
test_ranked_sells_clear_as_their_orders_do(void)
{
	check_random(true, (const struct way *const[]){ &sells_listed, &both_listed });
}

/* Whatever is changed of a right result is refused: a fill one less or more, gone, twice, of
 * another node, for another order; two shares moved; and another price. */
static void
tamper(struct bb_random *random, enum bb_side side, const struct way *way)
{
	struct bb_call_fill *fills = scene.fills[side];
	uint32_t *count = &scene.fill_counts[side];
	const uint32_t at = bb_random_below(random, *count);
	const struct bb_call_fill kept = fills[at];

	fills[at].filled_wh--;
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	fills[at].filled_wh += 2;
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	fills[at] = kept;
	fills[at].node++;
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	fills[at] = kept;
	if (*count > 1) {
		fills[at].slot = fills[(at + 1) % *count].slot;
		CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
		fills[at] = kept;
	}
	if (*count > 1) { /* from one to the next: it still balances */
		struct bb_call_fill *next = &fills[(at + 1) % *count];
		fills[at].filled_wh--;
		next->filled_wh++;
		CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
		fills[at].filled_wh++;
		next->filled_wh--;
	}
	scene.clearing.nodes[0].price++;
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	scene.clearing.nodes[0].price--;
	(*count)--;
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	(*count) += 2;
	fills[*count - 1] = fills[*count - 2];
	CU_ASSERT_NOT_EQUAL(prove(way), BB_CERTIFIED);
	(*count)--;
}

static void
test_a_proof_refuses_what_is_not_right(void)
{
	struct bb_random random = { seed };
	uint32_t tampered = 0;

	printf("%u books from seed %llu ", books / 10, (unsigned long long)seed);
	for (uint32_t i = 0; i < books / 10; i++) {
		const struct way *way = i % 2 == 0 ? &ladders : &both_listed;
		make_random(&random, false);
		clear_book(way);
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			const uint32_t count = scene.fill_counts[side];
			if (count == 0 || count == ORDERS_MAX)
				continue;
			tamper(&random, (enum bb_side)side, way);
			tampered++;
		}
	}
	CU_ASSERT_TRUE(tampered > books / 20);
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
		for (uint32_t j = 0; j < 4; j++) /* of interest j + 1 */
			scene.accounts[PEOPLE - j].reputation = reputations[j];
		rest(BB_SELL, 90, 3000, 1);
		rest(BB_SELL, 85, 2000, 2);
		rest(BB_SELL, 130, 2500, 3);
		rest(BB_SELL, 160, 4000, 4);
		rest(BB_BUY, 210, 2500, 5);
		rest(BB_BUY, 170, 1500, 6);
		rest(BB_BUY, 100, 2500, 7);
		clear_book(i == 1 ? &sells_listed : &ladders);
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
	scene.kappa = 0;
	clear_book(&ladders);
	memset(scene.filled, 0, sizeof(scene.filled));
	clear_book(&both_listed);
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
		{ "a proof refuses what is not right", test_a_proof_refuses_what_is_not_right },
		{ "an auction leaves the book as it is", test_an_auction_leaves_the_book_as_it_is },
		CU_TEST_INFO_NULL,
	};
	if (argc > 1)
		books = (uint32_t)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	return bb_test_run("call book", tests);
}
