/* test_parts - the structures under the market, each alone: ladder, index, interest. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_index.h"
#include "market/bb_interest.h"
#include "market/bb_ladder.h"
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
test_a_ladder_finds_every_rung_in_order(void)
{
	/* Where an off-by-one in a word or a tier would show. */
	static const uint32_t rungs[] = {
		0, 1, 62, 63, 64, 65, 127, 128, 4094, 4095, 4096, 4097, 8191, 8192, 65535,
		131071, 131072, BB_LEVELS_MAX - 65, BB_LEVELS_MAX - 64, BB_LEVELS_MAX - 1,
	};
	const uint32_t count = sizeof(rungs) / sizeof(rungs[0]);
	static uint64_t words[BB_LEVELS_MAX / 64 + BB_LEVELS_MAX / 4096];
	struct bb_ladder ladder;

	CU_ASSERT_EQUAL(bb_ladder_words(BB_LEVELS_MAX), sizeof(words) / sizeof(words[0]));
	CU_ASSERT_EQUAL(bb_ladder_words(1), 2);
	CU_ASSERT_EQUAL(bb_ladder_words(65), 3);
	CU_ASSERT_EQUAL(bb_ladder_words(4097), 67);
	bb_ladder_init(&ladder, BB_LEVELS_MAX, NULL, words);
	CU_ASSERT_EQUAL(bb_ladder_best(&ladder), BB_RUNG_NONE);
	for (uint32_t i = count; i-- > 0;) {
		bb_ladder_set(&ladder, rungs[i]);
		CU_ASSERT_EQUAL(bb_ladder_best(&ladder), rungs[i]);
		CU_ASSERT_EQUAL(bb_ladder_after(&ladder, rungs[i]),
				i + 1 < count ? rungs[i + 1] : BB_RUNG_NONE);
	}
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(bb_ladder_best(&ladder), rungs[i]);
		bb_ladder_clear(&ladder, rungs[i]);
	}
	CU_ASSERT_EQUAL(bb_ladder_best(&ladder), BB_RUNG_NONE);
	CU_ASSERT_EQUAL(ladder.top, 0);
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
	enum { VALUES = 100, TURNS = 20000 };
	bool there[VALUES + 1] = { false };
	uint32_t hashes[VALUES + 1];
	struct bb_random random = { 42 };
	struct bb_arena arena = empty_arena();
	struct bb_index index;

	/* Hashes that collide and wrap around the end of the table. */
	bb_index_init(&index, &arena, VALUES, 1);
	CU_ASSERT_EQUAL(arena.used, bb_index_bytes(VALUES));
	for (uint32_t value = 1; value <= VALUES; value++)
		hashes[value] = index.mask - 3 + value % 8 - (value % 3 == 0 ? 256 : 0);

	for (uint32_t turn = 0; turn < TURNS; turn++) {
		const uint32_t value = 1 + bb_random_below(&random, VALUES);
		if (there[value])
			bb_index_remove(&index, hashes[value], value);
		else
			bb_index_add(&index, hashes[value], value);
		there[value] = !there[value];
		if (turn % 50 != 0)
			continue;
		uint32_t count = 0;
		for (uint32_t each = 1; each <= VALUES; each++) {
			CU_ASSERT_EQUAL(filed(&index, hashes[each], each), there[each]);
			count += there[each];
		}
		CU_ASSERT_EQUAL(index.count, count);
		for (uint32_t other = 1000; other < 1010; other++) {
			uint32_t at = index.mask - other % 8;
			CU_ASSERT_EQUAL(bb_index_next(&index, other << 16, &at), 0);
		}
	}
}

static void
test_an_emptied_index_is_all_zeros(void)
{
	struct bb_arena arena = empty_arena();
	struct bb_index index;

	bb_index_init(&index, &arena, 50, 9);
	for (uint32_t value = 1; value <= 50; value++)
		bb_index_add(&index, bb_index_hash(&index, value, 3), value);
	for (uint32_t value = 50; value >= 1; value--)
		bb_index_remove(&index, bb_index_hash(&index, value, 3), value);
	for (size_t i = 0; i < arena.used; i++)
		CU_ASSERT_EQUAL(memory[i], 0);
}

static void
test_the_best_own_price_is_found_among_thousands(void)
{
	enum { ORDERS = 2000, TURNS = 20000 };
	static uint32_t live[ORDERS];
	uint32_t count = 0;
	struct bb_random random = { 7 };
	struct bb_arena arena = empty_arena();
	struct bb_orders orders;
	struct bb_interests interests;
	struct bb_interest_list list = { 0, 0 };

	bb_orders_init(&orders, &arena, ORDERS);
	bb_interests_init(&interests, &arena, ORDERS, 5);
	for (uint32_t turn = 0; turn < TURNS; turn++) {
		/* Grows, then shrinks to nothing. */
		const bool grows = turn < TURNS / 2 && count < ORDERS;
		if (bb_random_below(&random, 4) < (grows ? 3u : 1u) && count < ORDERS) {
			const uint32_t slot = bb_orders_take(&orders);
			orders.slots[slot].quantity_wh = 1;
			orders.slots[slot].place = bb_order_place(
				bb_random_below(&random, 8) == 0 ? BB_SELL : BB_BUY,
				bb_random_below(&random, 500));
			bb_interest_join(&interests, &list, &orders, slot, 3, 0);
			live[count++] = slot;
		} else if (count > 0) {
			const uint32_t row = bb_random_below(&random, count);
			bb_interest_leave(&interests, &list, &orders, live[row]);
			bb_orders_give(&orders, live[row]);
			live[row] = live[--count];
		}
		const uint32_t interest = bb_interest_find(&interests, 3, 0);
		CU_ASSERT_EQUAL(interest == BB_INTEREST_NONE, count == 0);
		if (count > 0 && turn % 100 == 0)
			CU_ASSERT_EQUAL(bb_interest_check(&interests, &orders, interest), count);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a ladder finds every rung in order", test_a_ladder_finds_every_rung_in_order },
		{ "an index finds what was filed and nothing else",
		  test_an_index_finds_what_was_filed_and_nothing_else },
		{ "an emptied index is all zeros", test_an_emptied_index_is_all_zeros },
		{ "the best own price is found among thousands",
		  test_the_best_own_price_is_found_among_thousands },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market parts", tests);
}
