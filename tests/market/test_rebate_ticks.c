/* test_rebate_ticks - a rebate of more participants than one tick has steps: bounded, in slices,
 * resumed by a replay, and nothing else may take the money meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_settlement.h"
#include "market/bb_tick.h"
#include "tests/bb_test.h"

#define SEED         UINT64_C(20261124)
#define PARTICIPANTS 70000u
#define DAY_NS       (86400 * BB_SECOND_NS)
#define END_NS       (20550 * DAY_NS) /* a multiple of 30 days */
#define AMOUNT       INT64_C(123456789012345677)
#define TICKS        8u

static const struct bb_market_size size = {
	.participants = PARTICIPANTS, .products = 8, .orders = 64, .levels = 1024, .places = 128,
	.positions = 16, .courses = 4,
};

struct venue {
	struct bb_market *market;
	void *memory;
	struct bb_event *events; /* of the last tick */
	uint32_t count;
};

/* Everybody was metered something, some the same, some nothing. */
static void
meter_all(struct bb_market *market)
{
	struct bb_random random = { .state = SEED };

	market->time_ns = END_NS - 1;
	for (uint32_t id = 1; id <= PARTICIPANTS; id++)
		market->accounts.purses[id].metered_wh =
			bb_random_below(&random, id % 3 == 0 ? 8 : 1u << 30);
	bb_accounts_move(&market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, AMOUNT + 1000);
	market->calendar.rules.kept_nano = 1000;
	bb_rebate_settle(market, 0);
}

static struct venue
venue_start(void)
{
	static const uint8_t key[32] = { 0x11 };
	const size_t bytes = bb_arena_round(bb_market_bytes(&size));
	struct venue venue = { .memory = aligned_alloc(BB_ARENA_ALIGN, bytes) };
	struct bb_arena arena;

	memset(venue.memory, 0, bytes);
	bb_arena_init(&arena, venue.memory, bytes);
	venue.market = bb_market_init(&arena, &size, key, 7);
	venue.events = malloc(2 * BB_TICK_EVENTS * sizeof(struct bb_event));
	meter_all(venue.market);
	return venue;
}

static void
venue_stop(struct venue *venue)
{
	free(venue->memory);
	free(venue->events);
}

/* A tick, in slices of room events. */
static void
tick(struct venue *venue, uint64_t number, uint32_t room)
{
	const struct bb_command command = { .kind = BB_COMMAND_TICK };
	bool done = false;

	venue->count = 0;
	venue->market->number = number;
	venue->market->time_ns = END_NS + number;
	while (!done) {
		struct bb_slice slice = {
			.events = &venue->events[venue->count], .room = room, .number = number,
		};
		done = bb_market_run(venue->market, &command, &slice);
		venue->count += slice.count;
		BB_ASSERT(venue->count <= 2 * BB_TICK_EVENTS - room && slice.count <= room);
	}
}

static enum bb_result
withdraw(struct venue *venue, int64_t amount)
{
	const struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_TRANSFER,
		.transfer = { .amount = -amount, .participant = BB_ACCOUNT_FUND },
	};
	struct bb_slice slice = { .events = venue->events, .room = 2 };

	bb_market_run(venue->market, &command, &slice);
	return slice.events[0].kind == BB_EVENT_REFUSED ? (enum bb_result)slice.events[0].result
							: BB_OK;
}

static uint32_t
shares_in(const struct venue *venue)
{
	uint32_t shares = 0;

	for (uint32_t i = 0; i < venue->count; i++)
		shares += venue->events[i].kind == BB_EVENT_POSTED;
	return shares;
}

static void
test_a_tick_pays_no_more_than_its_steps_and_goes_on_with_the_next(void)
{
	struct venue venue = venue_start();
	uint32_t shares = 0;
	uint32_t ticks = 0;

	CU_ASSERT_EQUAL(bb_market_due_ns(venue.market), END_NS);
	while (bb_market_due_ns(venue.market) <= END_NS) {
		tick(&venue, ++ticks, BB_SLICE_EVENTS);
		BB_ASSERT(ticks <= TICKS);
		CU_ASSERT(venue.count <= BB_TICK_EVENTS_MAX(size.orders));
		shares += shares_in(&venue);
		bb_market_check(venue.market);
	}
	CU_ASSERT_EQUAL(ticks, 4); /* gathered, shared, paid, paid */
	CU_ASSERT_EQUAL(shares, venue.market->rebate.count);
	CU_ASSERT(shares > BB_TICK_EVENTS);
	CU_ASSERT_EQUAL(bb_market_due_ns(venue.market), BB_NEVER_NS);
	CU_ASSERT(bb_accounts_balance(&venue.market->accounts, BB_ACCOUNT_FUND) == 1000);
	venue_stop(&venue);
}

/* Whoever got a unit more had a larger remainder than whoever did not, or as large and a lower
 * number; and nothing is left. */
static void
expect_largest_remainders(const struct bb_market *market)
{
	const struct bb_rebate *rebate = &market->rebate;
	unsigned __int128 least = rebate->metered_wh;
	unsigned __int128 most = 0;
	uint64_t last_served = 0;
	uint64_t first_missed = UINT64_MAX;
	__int128 sum = 0;

	for (uint32_t i = 0; i < rebate->count; i++) {
		const struct bb_claim *claim = &rebate->claims[i];
		const unsigned __int128 product = (unsigned __int128)claim->quantity * AMOUNT;
		const unsigned __int128 remainder = product % rebate->metered_wh;
		const __int128 share = bb_accounts_balance(&market->accounts,
							   (uint32_t)claim->order);
		const __int128 extra = share - (__int128)(product / rebate->metered_wh);
		CU_ASSERT(extra == 0 || extra == 1);
		sum += share;
		if (extra == 1 && remainder <= least) {
			last_served = claim->order;
			least = remainder;
		} else if (extra == 0 && remainder > most) {
			first_missed = claim->order;
			most = remainder;
		}
	}
	CU_ASSERT(sum == AMOUNT);
	CU_ASSERT(least > most || (least == most && last_served < first_missed));
}

static void
test_all_is_shared_by_largest_remainder(void)
{
	struct venue venue = venue_start();

	for (uint64_t number = 1; bb_market_due_ns(venue.market) <= END_NS; number++)
		tick(&venue, number, BB_SLICE_EVENTS);
	expect_largest_remainders(venue.market);
	venue_stop(&venue);
}

/* A restart is a replay of all inputs: it comes to the same place, and goes on from it. */
static void
test_slices_and_a_replay_in_between_change_nothing(void)
{
	for (uint64_t restart = 1; restart <= 4; restart++) {
		struct venue one = venue_start();
		struct venue other = venue_start();
		for (uint64_t number = 1; number <= 4; number++) {
			tick(&one, number, BB_SLICE_EVENTS);
			tick(&other, number, BB_TICK_ROOM + (uint32_t)restart);
			CU_ASSERT_EQUAL(one.count, other.count);
			CU_ASSERT_EQUAL(memcmp(one.events, other.events,
					       one.count * sizeof(struct bb_event)), 0);
			if (number != restart)
				continue;
			venue_stop(&other);
			other = venue_start();
			for (uint64_t again = 1; again <= number; again++)
				tick(&other, again, 97);
		}
		CU_ASSERT_EQUAL(bb_market_due_ns(other.market), BB_NEVER_NS);
		CU_ASSERT_EQUAL(memcmp(one.market->accounts.purses, other.market->accounts.purses,
				       (PARTICIPANTS + 1) * sizeof(struct bb_purse)), 0);
		venue_stop(&one);
		venue_stop(&other);
	}
}

static void
test_nobody_takes_what_is_to_be_paid(void)
{
	struct venue venue = venue_start();

	tick(&venue, 1, BB_SLICE_EVENTS);
	CU_ASSERT_EQUAL(withdraw(&venue, 1001), BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(withdraw(&venue, 1000), BB_OK); /* what is kept is the operator's */
	tick(&venue, 2, BB_SLICE_EVENTS);
	tick(&venue, 3, BB_SLICE_EVENTS);
	CU_ASSERT_EQUAL(withdraw(&venue, 1), BB_ERR_BALANCE);
	tick(&venue, 4, BB_SLICE_EVENTS);
	CU_ASSERT(bb_accounts_balance(&venue.market->accounts, BB_ACCOUNT_FUND) == 0);
	expect_largest_remainders(venue.market);
	venue_stop(&venue);
}

/* What becomes final while one is being paid is of the next. */
static void
test_readings_meanwhile_count_for_the_next(void)
{
	struct venue venue = venue_start();
	struct bb_market *market = venue.market;

	tick(&venue, 1, BB_SLICE_EVENTS);
	market->members.accounts[7] = (struct bb_account){
		.participant = 7, .roles = BB_ROLE_TRADER,
	};
	bb_rebate_count(market, &market->members.accounts[7], 5);
	CU_ASSERT(bb_market_due_ns(market) <= END_NS);
	for (uint64_t number = 2; number <= 4; number++)
		tick(&venue, number, BB_SLICE_EVENTS);
	CU_ASSERT_EQUAL(market->accounts.purses[7].metered_wh, 5);
	CU_ASSERT_EQUAL(bb_market_due_ns(market), END_NS + 30 * DAY_NS);
	expect_largest_remainders(market);
	venue_stop(&venue);
}

static void
test_a_venue_without_a_calendar_has_none(void)
{
	struct bb_market_size plain = size;
	static const uint8_t key[32] = { 0x11 };

	plain.courses = 0;
	const size_t bytes = bb_arena_round(bb_market_bytes(&plain));
	void *memory = aligned_alloc(BB_ARENA_ALIGN, bytes);
	struct bb_arena arena;

	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	memset(memory, 0, bytes);
	bb_arena_init(&arena, memory, bytes);
	const struct bb_market *market = bb_market_init(&arena, &plain, key, 7);
	CU_ASSERT_PTR_NULL(market->rebate.claims);
	CU_ASSERT_EQUAL(bb_market_due_ns(market), BB_NEVER_NS);
	free(memory);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a tick pays no more than its steps and goes on with the next",
		  test_a_tick_pays_no_more_than_its_steps_and_goes_on_with_the_next },
		{ "all is shared by largest remainder", test_all_is_shared_by_largest_remainder },
		{ "slices and a replay in between change nothing",
		  test_slices_and_a_replay_in_between_change_nothing },
		{ "nobody takes what is to be paid", test_nobody_takes_what_is_to_be_paid },
		{ "readings meanwhile count for the next",
		  test_readings_meanwhile_count_for_the_next },
		{ "a venue without a calendar has none", test_a_venue_without_a_calendar_has_none },
		CU_TEST_INFO_NULL,
	};

	printf("seed %llu\n", (unsigned long long)SEED);
	return bb_test_run("market rebate ticks", tests);
}
