/* test_parts - the structures under the market, each alone: division, ladder, index, ids,
 * products, positions. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_divide.h"
#include "market/bb_ids.h"
#include "market/bb_index.h"
#include "market/bb_ladder.h"
#include "market/bb_position.h"
#include "market/bb_products.h"
#include "tests/bb_test.h"

static _Alignas(BB_ARENA_ALIGN) uint8_t memory[4u << 20];

static struct bb_arena
empty_arena(void)
{
	struct bb_arena arena;

	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	return arena;
}

static void
test_dividing_by_multiplying_is_exact(void)
{
	static const uint32_t edges[] = {
		1, 2, 3, 5, 7, 10, 64, 100, 641, 65535, 65536, 65537, 1000000, 2147483647,
		2147483648, 4294967294, 4294967295,
	};
	const uint32_t count = sizeof(edges) / sizeof(edges[0]);
	struct bb_random random = { 3 };

	for (uint32_t i = 0; i < 200000; i++) {
		const uint32_t by = i < 20000 ? edges[i % count]
					      : 1 + (bb_random_below(&random, UINT32_MAX) >>
						     bb_random_below(&random, 32));
		const struct bb_divisor divisor = bb_divisor(by);
		const uint32_t quotient = bb_random_below(&random, UINT32_MAX / by + 1);
		const uint32_t around = quotient * by; /* where an error by one would show */
		CU_ASSERT_EQUAL(bb_divide(divisor, around), around / by);
		CU_ASSERT_EQUAL(bb_divide(divisor, around - 1), (around - 1) / by);
		CU_ASSERT_EQUAL(bb_divide(divisor, around + 1), (around + 1) / by);
		CU_ASSERT_EQUAL(bb_divide(divisor, UINT32_MAX - i), (UINT32_MAX - i) / by);
	}
}

/* The same for 64 bits, and for shares of a part of a whole: numbers of every size, around
 * multiples, where an error by one would show. */
static void
test_dividing_64_bits_by_multiplying_is_exact(void)
{
	struct bb_random random = { 5 };

	for (uint32_t i = 0; i < 200000; i++) {
		const uint64_t by = 1 | bb_random_next(&random) >> bb_random_below(&random, 64);
		const struct bb_inverse inverse = bb_inverse(by);
		const uint64_t any = bb_random_next(&random) >> bb_random_below(&random, 64);
		const uint64_t around = any / by * by;
		CU_ASSERT_EQUAL(bb_quotient(inverse, any), any / by);
		CU_ASSERT_EQUAL(bb_quotient(inverse, around), around / by);
		CU_ASSERT_EQUAL(bb_quotient(inverse, around - 1), (around - 1) / by);
		CU_ASSERT_EQUAL(bb_quotient(inverse, UINT64_MAX - i), (UINT64_MAX - i) / by);
		const uint64_t whole = by >> 1 | 1;
		const uint64_t part = any % whole;
		const uint64_t number = bb_random_next(&random) >> bb_random_below(&random, 64);
		const unsigned __int128 product = (unsigned __int128)number * part;
		uint64_t remainder;
		CU_ASSERT_EQUAL(bb_fraction_of(bb_fraction(part, whole), number, &remainder),
				(uint64_t)(product / whole));
		CU_ASSERT_EQUAL(remainder, (uint64_t)(product % whole));
	}
}

/* Makes a rung occupied, or empty, as a book does. */
static void
occupy(struct bb_ladder *ladder, uint32_t rung)
{
	CU_ASSERT_TRUE(bb_ladder_room(ladder, rung));
	if (!bb_ladder_has(ladder, rung))
		bb_ladder_extend(ladder, rung);
	bb_ladder_set(ladder, rung);
}

static void
test_a_ladder_finds_every_rung_in_order(void)
{
	/* Where an off-by-one in a word or a tier would show. */
	static const uint32_t rungs[] = {
		0, 1, 62, 63, 64, 65, 127, 128, 4094, 4095, 4096, 4097, 8191, 8192, 65535,
		131071, 131072, BB_LEVELS_MAX - 65, BB_LEVELS_MAX - 64, BB_LEVELS_MAX - 1,
	};
	const uint32_t count = sizeof(rungs) / sizeof(rungs[0]);
	static uint64_t words[BB_LEVELS_MAX / 4096];
	static struct bb_directory directory[BB_LEVELS_MAX / BB_STRETCH];
	struct bb_arena arena = empty_arena();
	struct bb_stretches stretches;
	struct bb_ladder ladder;

	CU_ASSERT_EQUAL(bb_ladder_words(BB_LEVELS_MAX), sizeof(words) / sizeof(words[0]));
	CU_ASSERT_EQUAL(bb_ladder_words(1), 1);
	CU_ASSERT_EQUAL(bb_ladder_words(4097), 2);
	bb_stretches_init(&stretches, &arena, 12);
	CU_ASSERT_EQUAL(arena.used, bb_stretches_bytes(12));
	bb_ladder_init(&ladder, BB_LEVELS_MAX, words, directory, &stretches);
	CU_ASSERT_EQUAL(bb_ladder_best(&ladder), BB_RUNG_NONE);
	for (uint32_t i = count; i-- > 0;) {
		occupy(&ladder, rungs[i]);
		CU_ASSERT_EQUAL(bb_ladder_best(&ladder), rungs[i]);
		CU_ASSERT_EQUAL(bb_ladder_after(&ladder, rungs[i]),
				i + 1 < count ? rungs[i + 1] : BB_RUNG_NONE);
	}
	CU_ASSERT_EQUAL(stretches.live, 12);
	CU_ASSERT_TRUE(bb_ladder_room(&ladder, 66));
	CU_ASSERT_FALSE(bb_ladder_room(&ladder, 192));
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(bb_ladder_best(&ladder), rungs[i]);
		bb_ladder_clear(&ladder, rungs[i]);
	}
	CU_ASSERT_EQUAL(bb_ladder_best(&ladder), BB_RUNG_NONE);
	CU_ASSERT_EQUAL(ladder.top, 0);
	CU_ASSERT_EQUAL(stretches.live, 0);
}

static void
test_a_ladder_knows_its_best_whatever_leaves(void)
{
	enum { RUNGS = 20000, TURNS = 40000 };
	static uint64_t words[RUNGS / 4096 + 1];
	static struct bb_directory directory[RUNGS / BB_STRETCH + 1];
	static bool there[RUNGS];
	struct bb_random random = { 11 };
	struct bb_arena arena = empty_arena();
	struct bb_stretches stretches;
	struct bb_ladder ladder;

	memset(there, 0, sizeof(there));
	bb_stretches_init(&stretches, &arena, RUNGS / BB_STRETCH + 1);
	bb_ladder_init(&ladder, RUNGS, words, directory, &stretches);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		/* Few at a time, near and far, so that stretches come and go. */
		const uint32_t span = 1 + bb_random_below(&random, turn % 3 == 0 ? RUNGS : 100);
		uint32_t rung = bb_random_below(&random, span);
		if (bb_random_below(&random, 2) == 0 && bb_ladder_best(&ladder) != BB_RUNG_NONE)
			rung = bb_ladder_best(&ladder);
		if (there[rung])
			bb_ladder_clear(&ladder, rung);
		else
			occupy(&ladder, rung);
		there[rung] = !there[rung];
		uint32_t best = 0;
		while (best < RUNGS && !there[best])
			best++;
		CU_ASSERT_EQUAL(bb_ladder_best(&ladder), best < RUNGS ? best : BB_RUNG_NONE);
	}
}

static bool
filed(const struct bb_index *index, uint32_t hash, uint32_t value)
{
	uint32_t at = hash;
	uint32_t found;

	while ((found = bb_index_next(index, hash, &at)) != 0)
		if (found == value)
			return true;
	return false;
}

static void
test_an_index_finds_what_was_filed_and_nothing_else(void)
{
	enum { VALUES = 100, ROUNDS = 200 };
	struct bb_random random = { 42 };
	struct bb_arena arena = empty_arena();
	struct bb_index index;
	uint32_t hashes[VALUES + 1];

	/* Hashes that collide and wrap around the end of the table. */
	bb_index_init(&index, &arena, VALUES, 1);
	CU_ASSERT_EQUAL(arena.used, bb_index_bytes(VALUES));
	for (uint32_t value = 1; value <= VALUES; value++)
		hashes[value] = index.mask - 3 + value % 8 - (value % 3 == 0 ? 256 : 0);

	for (uint32_t round = 0; round < ROUNDS; round++) {
		bool there[VALUES + 1] = { false };
		uint32_t count = 0;
		for (uint32_t turn = 0; turn < VALUES; turn++) {
			const uint32_t value = 1 + bb_random_below(&random, VALUES);
			if (there[value])
				continue;
			bb_index_add(&index, hashes[value], value);
			there[value] = true;
			count++;
		}
		CU_ASSERT_EQUAL(index.count, count);
		for (uint32_t value = 1; value <= VALUES; value++)
			CU_ASSERT_EQUAL(filed(&index, hashes[value], value), there[value]);
		for (uint32_t other = 1000; other < 1010; other++) {
			uint32_t at = index.mask - other % 8;
			CU_ASSERT_EQUAL(bb_index_next(&index, other << 16, &at), 0);
		}
		bb_index_clear(&index);
	}
}

static void
test_a_cleared_index_is_all_zeros(void)
{
	struct bb_arena arena = empty_arena();
	struct bb_index index;

	bb_index_init(&index, &arena, 50, 9);
	for (uint32_t value = 1; value <= 50; value++)
		bb_index_add(&index, bb_index_hash(&index, value, 3), value);
	bb_index_clear(&index);
	CU_ASSERT_EQUAL(index.count, 0);
	for (size_t i = 0; i < arena.used; i++)
		CU_ASSERT_EQUAL(memory[i], 0);
}

static void
test_tables_of_ids_are_powers_of_two_side_by_side(void)
{
	struct bb_arena arena = empty_arena();
	struct bb_ids ids;

	bb_ids_init(&ids, &arena, 13);
	CU_ASSERT_EQUAL(arena.used, bb_ids_bytes(13));
	const struct bb_id_table none = bb_ids_open(&ids, 0);
	const struct bb_id_table one = bb_ids_open(&ids, 1);
	const struct bb_id_table eight = bb_ids_open(&ids, 5);
	CU_ASSERT_EQUAL(none.first, 0);
	CU_ASSERT_EQUAL(none.mask, 0);
	CU_ASSERT_EQUAL(one.first, 1);
	CU_ASSERT_EQUAL(one.mask, 0);
	CU_ASSERT_EQUAL(eight.first, 2);
	CU_ASSERT_EQUAL(eight.mask, 7);
	CU_ASSERT_PTR_EQUAL(bb_ids_place(&ids, eight, UINT64_C(0xff00000003)), &ids.places[5]);
	CU_ASSERT_TRUE(bb_ids_room(&ids, 4));
	CU_ASSERT_FALSE(bb_ids_room(&ids, 5));
	CU_ASSERT_FALSE(bb_ids_room(&ids, UINT32_MAX));
}

static struct bb_product_command
terms_of(uint32_t product, int32_t price_max)
{
	return (struct bb_product_command){
		.product = product, .price_max = price_max, .tick = 1, .lot_wh = 1,
		.quantity_max_wh = 1,
	};
}

static void
test_products_come_and_go_and_each_is_found(void)
{
	enum { MOST = 20, KNOWN = 60, TURNS = 20000 };
	struct bb_random random = { 5 };
	struct bb_arena arena = empty_arena();
	struct bb_products products;
	bool listed[KNOWN] = { false };
	uint32_t order[MOST];
	uint32_t count = 0;

	bb_products_init(&products, &arena, MOST, 1000);
	CU_ASSERT_EQUAL(arena.used, bb_products_bytes(MOST, 1000));
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		/* Quarter-hours of three zones; some of them meet. */
		const uint32_t known = bb_random_below(&random, KNOWN);
		const uint32_t product = known % 3 << 24 | (known / 3 + known % 3 * 13);
		struct bb_product_command terms = terms_of(product, 1 + (int32_t)known);
		struct bb_listing *listing = bb_products_find(&products, product);
		CU_ASSERT_EQUAL(listing != NULL, listed[known]);
		if (listing != NULL) {
			CU_ASSERT_EQUAL(listing->product.terms.product, product);
			uint32_t row = 0;
			while (order[row] != product)
				row++;
			memmove(&order[row], &order[row + 1], (--count - row) * sizeof(order[0]));
			bb_products_remove(&products, listing);
		} else if (count == MOST) {
			CU_ASSERT_EQUAL(bb_terms_check(&products, &terms), BB_ERR_FULL);
			continue;
		} else {
			CU_ASSERT_EQUAL(bb_terms_check(&products, &terms), BB_OK);
			listing = bb_products_add(&products, &terms);
			CU_ASSERT_EQUAL(listing->book.steps, 2 + known);
			order[count++] = product;
		}
		listed[known] = !listed[known];
		CU_ASSERT_EQUAL(products.count, count);
		for (uint32_t row = 0; row < count; row++) {
			listing = &products.listings[products.listed[row]];
			CU_ASSERT_EQUAL(listing->product.terms.product, order[row]);
		}
	}
}

/* A market's worth of positions in one product. */
struct owner {
	struct bb_arena arena;
	struct bb_orders orders;
	struct bb_positions positions;
	uint32_t listed, owned;
	uint32_t position;
};

static void
start_owner(struct owner *owner, uint32_t orders)
{
	*owner = (struct owner){ .arena = empty_arena() };
	bb_orders_init(&owner->orders, &owner->arena, orders);
	bb_positions_init(&owner->positions, &owner->arena, 100, 9, 40);
	owner->position = bb_position_make(&owner->positions, 3, 17, &owner->listed);
}

static uint32_t
join(struct owner *owner, enum bb_side side, uint32_t rung)
{
	const uint32_t slot = bb_orders_take(&owner->orders);

	owner->orders.slots[slot] = (struct bb_order){
		.quantity_wh = 1,
		.place = bb_order_place(side, rung),
		.position = owner->position,
	};
	bb_position_join(&owner->positions.slots[owner->position], &owner->orders, slot);
	return slot;
}

static void
leave(struct owner *owner, uint32_t slot)
{
	struct bb_position *position = &owner->positions.slots[owner->position];

	position->open_wh[bb_order_side(&owner->orders.slots[slot])]--;
	owner->orders.slots[slot].quantity_wh = 0;
	bb_position_leave(position, &owner->orders, slot);
	bb_orders_give(&owner->orders, slot);
}

static void
test_the_best_own_price_is_found_among_thousands(void)
{
	enum { ORDERS = 2000, TURNS = 20000, RUNGS = 500 };
	static uint32_t live[ORDERS];
	uint32_t of_rung[2][RUNGS] = { 0 };
	uint32_t count = 0;
	struct bb_random random = { 7 };
	struct owner owner;

	start_owner(&owner, ORDERS);
	struct bb_position *position = &owner.positions.slots[owner.position];
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		/* Grows, then shrinks to nothing; now and then somebody asks for the best. */
		const bool grows = turn < TURNS / 2 && count < ORDERS;
		const enum bb_side side = bb_random_below(&random, 8) == 0 ? BB_SELL : BB_BUY;
		if (bb_random_below(&random, 4) < (grows ? 3u : 1u) && count < ORDERS) {
			const uint32_t rung = bb_random_below(&random, RUNGS);
			live[count++] = join(&owner, side, rung);
			of_rung[side][rung]++;
		} else if (count > 0) {
			const uint32_t row = bb_random_below(&random, count);
			const struct bb_order *order = &owner.orders.slots[live[row]];
			of_rung[bb_order_side(order)][bb_order_rung(order)]--;
			leave(&owner, live[row]);
			live[row] = live[--count];
		}
		if (position->orders[side] > 0 && bb_random_below(&random, 50) == 0) {
			uint32_t best = 0;
			while (of_rung[side][best] == 0)
				best++;
			CU_ASSERT_TRUE(position->bound[side] <= best);
			CU_ASSERT_EQUAL(bb_position_sort(position, &owner.orders, side), best);
			CU_ASSERT_EQUAL(position->bound[side], best);
		}
		CU_ASSERT_EQUAL(bb_position_idle(position), count == 0);
		if (count > 0 && turn % 100 == 0)
			CU_ASSERT_EQUAL(bb_position_check(&owner.positions, &owner.orders,
							  owner.position), count);
	}
}

static void
test_a_position_without_orders_stays_listed_until_somebody_looks(void)
{
	struct owner owner;
	uint32_t others[3];
	uint32_t listed[40] = { 0 };

	start_owner(&owner, 10);
	for (uint32_t i = 0; i < 3; i++) {
		others[i] = bb_position_make(&owner.positions, 3, i, &listed[i]);
		bb_position_list(&owner.positions, others[i], &owner.owned);
	}
	bb_position_list(&owner.positions, owner.position, &owner.owned);
	owner.positions.slots[others[1]].orders[BB_SELL] = 1;
	CU_ASSERT_EQUAL(owner.owned, owner.position);

	/* Those before the first one with orders leave, those behind it stay. */
	CU_ASSERT_EQUAL(bb_position_first(&owner.positions, &owner.owned), others[1]);
	CU_ASSERT_EQUAL(owner.owned, others[1]);
	CU_ASSERT_FALSE(owner.positions.slots[owner.position].own_listed);
	CU_ASSERT_FALSE(owner.positions.slots[others[2]].own_listed);
	CU_ASSERT(owner.positions.slots[others[0]].own_listed);

	/* What is dropped leaves the list, wherever it stands in it. */
	bb_position_drop(&owner.positions, others[0], &listed[0], &owner.owned);
	CU_ASSERT_EQUAL(owner.positions.slots[others[1]].own_next, BB_POSITION_NONE);
	owner.positions.slots[others[1]].orders[BB_SELL] = 0;
	CU_ASSERT_EQUAL(bb_position_first(&owner.positions, &owner.owned), BB_POSITION_NONE);
	CU_ASSERT_EQUAL(owner.owned, BB_POSITION_NONE);
}

static void
test_positions_are_found_and_what_is_idle_leaves_no_trace(void)
{
	struct owner owner;
	uint32_t made[9][40];
	uint32_t listed[40] = { 0 };

	start_owner(&owner, 10);
	listed[17] = owner.listed;
	for (uint32_t id = 1; id <= 2; id++)
		for (uint32_t listing = 0; listing < 40; listing++) {
			CU_ASSERT_EQUAL(bb_position_find(&owner.positions, id, listing),
					BB_POSITION_NONE);
			made[id][listing] = bb_position_make(&owner.positions, id, listing,
							     &listed[listing]);
		}
	for (uint32_t id = 1; id <= 2; id++)
		for (uint32_t listing = 0; listing < 40; listing++)
			CU_ASSERT_EQUAL(bb_position_find(&owner.positions, id, listing),
					made[id][listing]);
	CU_ASSERT_EQUAL(bb_position_find(&owner.positions, 3, 17), owner.position);
	CU_ASSERT_EQUAL(owner.positions.live, 81);
	bb_positions_check(&owner.positions);
	for (uint32_t listing = 0; listing < 40; listing++)
		for (uint32_t id = 1; id <= 2; id++)
			bb_position_drop(&owner.positions, made[id][listing], &listed[listing],
					 &owner.owned);
	CU_ASSERT_EQUAL(listed[17], owner.position);
	bb_position_drop(&owner.positions, owner.position, &listed[17], &owner.owned);
	CU_ASSERT_EQUAL(listed[17], BB_POSITION_NONE);
	CU_ASSERT_EQUAL(owner.positions.live, 0);
	CU_ASSERT_EQUAL(owner.positions.page_live, 0);
	CU_ASSERT_EQUAL(bb_position_find(&owner.positions, 1, 39), BB_POSITION_NONE);
	bb_positions_check(&owner.positions);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "dividing by multiplying is exact", test_dividing_by_multiplying_is_exact },
		{ "dividing 64 bits by multiplying is exact",
		  test_dividing_64_bits_by_multiplying_is_exact },
		{ "a ladder finds every rung in order", test_a_ladder_finds_every_rung_in_order },
		{ "a ladder knows its best, whatever leaves",
		  test_a_ladder_knows_its_best_whatever_leaves },
		{ "an index finds what was filed and nothing else",
		  test_an_index_finds_what_was_filed_and_nothing_else },
		{ "a cleared index is all zeros", test_a_cleared_index_is_all_zeros },
		{ "tables of ids are powers of two, side by side",
		  test_tables_of_ids_are_powers_of_two_side_by_side },
		{ "products come and go, and each is found",
		  test_products_come_and_go_and_each_is_found },
		{ "the best own price is found among thousands",
		  test_the_best_own_price_is_found_among_thousands },
		{ "a position without orders stays listed until somebody looks",
		  test_a_position_without_orders_stays_listed_until_somebody_looks },
		{ "positions are found, and what is idle leaves no trace",
		  test_positions_are_found_and_what_is_idle_leaves_no_trace },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market parts", tests);
}
