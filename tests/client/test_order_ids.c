/* test_order_ids - ids whose low bits differ while their orders live. */
#include <string.h>

#include "base/bb_random.h"
#include "client/bb_order_ids.h"
#include "market/bb_event.h"
#include "tests/bb_test.h"

enum { PLACES = 16 };

static struct bb_order_id places[PLACES];
static struct bb_order_ids ids;

static void
hear(uint64_t id, uint8_t event, uint16_t result, uint32_t remaining_wh)
{
	const struct bb_report_record record = {
		.order_id = id, .event = event, .result = result, .remaining_wh = remaining_wh,
	};

	bb_order_ids_hear(&ids, &record);
}

static uint32_t
free_places(void)
{
	uint32_t count = 0;

	for (uint32_t at = ids.first_free; at != PLACES; at = places[at].next)
		count++;
	return count;
}

static void
test_all_places_are_given_and_then_none(void)
{
	uint32_t seen = 0;

	bb_order_ids_init(&ids, places, PLACES, 1000);
	for (uint32_t i = 0; i < PLACES; i++) {
		const uint64_t id = bb_order_ids_take(&ids);

		CU_ASSERT_TRUE(id >> 4 > 1000);
		CU_ASSERT_EQUAL(seen >> (id % PLACES) & 1, 0);
		seen |= 1u << id % PLACES;
	}
	CU_ASSERT_EQUAL(seen, 0xffff);
	CU_ASSERT_EQUAL(bb_order_ids_take(&ids), 0);
}

/* Each event, and whether the order is off after it: before and after it was accepted. */
static void
test_an_order_gives_its_place_back_when_it_is_off(void)
{
	static const struct {
		uint8_t event;
		uint16_t result;
		uint32_t left;
		bool new, old;
	} rows[] = {
		{ BB_EVENT_ACCEPTED, BB_OK, 5, false, false },
		{ BB_EVENT_ACCEPTED, BB_OK, 0, true, true },
		{ BB_EVENT_TRADED, BB_OK, 5, false, false },
		{ BB_EVENT_TRADED, BB_OK, 0, true, true },
		{ BB_EVENT_SHARED, BB_OK, 5, false, false },
		{ BB_EVENT_SHARED, BB_OK, 0, true, true },
		{ BB_EVENT_REPLACED, BB_OK, 5, false, false },
		{ BB_EVENT_REPLACED, BB_OK, 0, true, true },
		{ BB_EVENT_CANCELLED, BB_BY_CLOSURE, 0, true, true },
		{ BB_EVENT_REFUSED, BB_ERR_PRICE, 0, true, false },
		{ BB_EVENT_REFUSED, BB_ERR_ORDER_UNKNOWN, 0, true, true },
		{ BB_EVENT_REFUSED, BB_ERR_ORDER_EXISTS, 0, false, false },
		{ BB_EVENT_CONTRACTED, BB_OK, 0, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t accepted = 0; accepted < 2; accepted++) {
			bb_order_ids_init(&ids, places, PLACES, 0);
			const uint64_t id = bb_order_ids_take(&ids);

			if (accepted)
				hear(id, BB_EVENT_ACCEPTED, BB_OK, 5);
			hear(id, rows[i].event, rows[i].result, rows[i].left);
			const bool off = accepted ? rows[i].old : rows[i].new;
			CU_ASSERT_EQUAL(free_places(), off ? PLACES : PLACES - 1);
			hear(id, rows[i].event, rows[i].result, rows[i].left); /* doubled */
			CU_ASSERT_EQUAL(free_places(), off ? PLACES : PLACES - 1);
		}
	}
}

static void
test_what_is_said_of_others_changes_nothing(void)
{
	bb_order_ids_init(&ids, places, PLACES, 0);
	const uint64_t id = bb_order_ids_take(&ids);

	hear(0, BB_EVENT_CANCELLED, BB_OK, 0);
	hear(id + PLACES, BB_EVENT_CANCELLED, BB_OK, 0);
	hear(id - PLACES, BB_EVENT_CANCELLED, BB_OK, 0);
	CU_ASSERT_EQUAL(free_places(), PLACES - 1);
}

static void
test_live_ids_never_share_their_low_bits(void)
{
	uint64_t live[PLACES] = { 0 };
	struct bb_random random = { 77 };
	uint64_t last = 0;

	bb_order_ids_init(&ids, places, PLACES, 5);
	for (uint32_t turn = 0; turn < 10000; turn++) {
		const uint64_t id = bb_order_ids_take(&ids);

		if (id != 0) {
			CU_ASSERT_EQUAL(live[id % PLACES], 0);
			CU_ASSERT_TRUE(id > last || id >> 4 > last >> 4);
			last = id;
			live[id % PLACES] = id;
		}
		const uint32_t off = bb_random_below(&random, PLACES);
		if (id == 0 || bb_random_below(&random, 3) == 0) {
			hear(live[off], BB_EVENT_CANCELLED, BB_BY_PARTICIPANT, 0);
			live[off] = 0;
		}
	}
	CU_ASSERT_TRUE(last >> 4 > 1000);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "all places are given, and then none", test_all_places_are_given_and_then_none },
		{ "an order gives its place back when it is off",
		  test_an_order_gives_its_place_back_when_it_is_off },
		{ "what is said of others changes nothing",
		  test_what_is_said_of_others_changes_nothing },
		{ "live ids never share their low bits",
		  test_live_ids_never_share_their_low_bits },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("order_ids", tests);
}
