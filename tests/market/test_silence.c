/* test_silence - whoever is not heard for as long as it has said has no orders any more. */
#include <string.h>

#include "base/bb_random.h"
#include "market/bb_silence.h"
#include "market/bb_tick.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

#define SECOND_NS UINT64_C(1000000000)

static void
test_the_first_tick_after_the_time_takes_all_orders_off(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 silence 10; 2 new 1 B 100 50; 2 new 2 S 105 20; 3 new 1 B 100 10",
		  "0 tick 9; 0 tick 1; 0 tick 1",
		  "ticked; 2/1 cancelled B 100 50 BY_SILENCE; 2/2 cancelled S 105 20 BY_SILENCE; "
		  "ticked", "B 100x10/1" },
		/* Asked for when there are orders already. */
		{ "2 new 1 B 100 50", "2 silence 10; 0 tick 10",
		  "2 accepted nothing; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		/* Who trades without being heard, because others take its orders, is silent. */
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 9", "3 new 1 S 100 20; 0 tick 1",
		  "3/1 traded 2/1 at 100 20 left 0/30; 3/1 accepted S 100 20 rests 0; "
		  "2/1 cancelled B 100 30 BY_SILENCE", "" },
		/* With all that an iceberg hides, and with a time of its own. */
		{ "2 silence 10; 2 iceberg 1 S 100 50 10; 2 gtd 2 B 95 20 30", "0 tick 10",
		  "2/2 cancelled B 95 20 BY_SILENCE; 2/1 cancelled S 100 50 BY_SILENCE", "" },
		/* Both at once: its time first. */
		{ "2 silence 10; 2 gtd 1 B 95 20 10; 2 new 2 B 90 20", "0 tick 10",
		  "2/1 cancelled B 95 20 BY_EXPIRY; 2/2 cancelled B 90 20 BY_SILENCE", "" },
		/* Whose time came first leaves first. */
		{ "2 silence 30; 3 silence 20; 4 silence 20; 2 new 1 B 90 10; 4 new 1 B 90 10; "
		  "3 new 1 B 90 10", "0 tick 60",
		  "4/1 cancelled B 90 10 BY_SILENCE; 3/1 cancelled B 90 10 BY_SILENCE; "
		  "2/1 cancelled B 90 10 BY_SILENCE", "" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_every_accepted_packet_is_a_sign_of_life(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 9", "2 silence 10; 0 tick 9; 0 tick 1",
		  "2 accepted nothing; ticked; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 9", "2 new 2 B 95 10; 0 tick 9",
		  "2/2 accepted B 95 10 rests 10; ticked", "B 100x50/1 95x10/1" },
		/* One whose only record is refused, too. */
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 9",
		  "2 cancel 7; 0 tick 9; 2 new 3 B 101 10; 0 tick 9",
		  "2/7 refused ERR_ORDER_UNKNOWN; ticked; 2/3 refused ERR_TICK; ticked",
		  "B 100x50/1" },
		/* That of somebody else is none. */
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 9", "3 new 1 B 95 10; 0 tick 1",
		  "3/1 accepted B 95 10 rests 10; 2/1 cancelled B 100 50 BY_SILENCE", "B 95x10/1" },
		{ NULL },
	};
	kit_play(scenes);
}

static void
test_the_request_stands_until_it_is_changed(void)
{
	static const struct kit_scene scenes[] = {
		/* Again, for the orders that came after. */
		{ "2 silence 10; 2 new 1 B 100 50; 0 tick 10", "2 new 1 B 100 50; 0 tick 10",
		  "2/1 accepted B 100 50 rests 50; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ "2 silence 10; 2 new 1 B 100 50",
		  "2 silence 0; 0 tick 86400; 2 silence 5; 0 tick 5",
		  "2 accepted nothing; ticked; 2 accepted nothing; "
		  "2/1 cancelled B 100 50 BY_SILENCE", "" },
		/* A shorter time and a longer one. */
		{ "2 silence 30; 2 new 1 B 100 50", "2 silence 10; 0 tick 10",
		  "2 accepted nothing; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ "2 silence 10; 2 new 1 B 100 50", "2 silence 30; 0 tick 29; 0 tick 1",
		  "2 accepted nothing; ticked; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ "2 new 1 B 100 50",
		  "2 silence 86401; 2 silence 86400; 2 silence 86401; 0 tick 86399; 0 tick 1",
		  "2/0 refused ERR_PARAM; 2 accepted nothing; 2/0 refused ERR_PARAM; ticked; "
		  "2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ NULL },
	};
	kit_play(scenes);
}

/* What keeps orders from coming in does not keep them from leaving. */
static void
test_orders_leave_whatever_the_market_does(void)
{
	static const struct kit_scene scenes[] = {
		{ "2 silence 10; 2 new 1 B 100 50", "1 halt; 0 tick 10",
		  "halted by 1; 2/1 cancelled B 100 50 BY_SILENCE", "" },
		/* Killed or revoked: there is nothing left to take off. */
		{ "2 silence 10; 2 new 1 B 100 50", "2 kill; 0 tick 10; 1 arm 2; 2 new 1 B 100 50; "
		  "0 tick 10",
		  "2/1 cancelled B 100 50 BY_KILL; member 2 killed by 2; ticked; "
		  "member 2 armed by 1; 2/1 accepted B 100 50 rests 50; "
		  "2/1 cancelled B 100 50 BY_SILENCE", "" },
		{ "2 silence 10; 2 new 1 B 100 50", "1 revoke 2; 0 tick 10",
		  "2/1 cancelled B 100 50 BY_REVOKE; member 2 revoked by 1; ticked", "" },
		{ NULL },
	};
	kit_play(scenes);

	/* The gate of its delivery interval has closed. */
	struct kit kit;
	kit_start(&kit);
	kit_say(&kit, "2 silence 10; 2 new 1 B 100 50");
	kit.market->products.listings[0].until_ns = 0;
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "2 new 2 B 95 10; 0 tick 10"),
			       "2/2 refused ERR_STATE; 2/1 cancelled B 100 50 BY_SILENCE");
	kit_stop(&kit);
}

/* The kit's clock: seconds, a microsecond, and a nanosecond for each command. */
static uint64_t
now_ns(const struct kit *kit)
{
	return bb_market_time_ns(kit->market);
}

static void
test_the_market_may_ask_for_a_tick_too_early_but_never_too_late(void)
{
	struct kit kit;
	kit_start(&kit);

	kit_say(&kit, "2 silence 10");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_MAX); /* no orders */
	kit_say(&kit, "2 new 1 B 100 50");
	const uint64_t first_ns = now_ns(&kit) + 10 * SECOND_NS;
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), first_ns);
	kit_say(&kit, "0 tick 4; 2 new 2 B 95 10");
	const uint64_t second_ns = now_ns(&kit) + 10 * SECOND_NS;
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), first_ns);
	/* The tick that was too early finds the time that is right. */
	CU_ASSERT_STRING_EQUAL(kit_say(&kit, "0 tick 6"), "ticked");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), second_ns);
	/* Without orders there is nothing to look at, once it was looked. */
	kit_say(&kit, "2 cancel-all; 0 tick 10");
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_MAX);
	kit_stop(&kit);
}

/* A market of participants 2 to last, each with so many orders, all asked for a second. */
static void
start_crowd(struct kit *kit, uint32_t last, const uint32_t *orders)
{
	const struct bb_market_size size = {
		.participants = last, .products = 1, .orders = BB_TICK_EVENTS + 5000,
		.levels = 1000, .places = 1u << 18, .positions = last,
	};

	kit_open(kit, &size, 1);
	for (uint32_t id = 2; id <= last; id++)
		kit_add_member(kit, id, orders[id]);
	kit_add_product(kit, KIT_PRODUCT, -500, 500, 5);
	for (uint32_t id = 2; id <= last; id++) {
		struct bb_command command = kit_command("2 silence 1");
		command.participant = id;
		kit_apply(kit, &command);
		command = kit_command("2 new 1 B 100 10");
		command.participant = id;
		for (uint32_t i = 0; i < orders[id]; i++) {
			command.order.order_id = i;
			kit_apply(kit, &command);
		}
	}
}

static void
tick(struct kit *kit)
{
	const struct bb_command command = kit_command("0 tick 0");

	kit_apply(kit, &command);
}

static void
expect_cancelled(const struct kit *kit, uint32_t participant, uint32_t count)
{
	CU_ASSERT_EQUAL_FATAL(kit->event_count, count);
	for (uint32_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL_FATAL(kit->events[i].participant, participant);
		CU_ASSERT_EQUAL_FATAL(kit->events[i].result, BB_BY_SILENCE);
	}
}

/* Heard between two ticks, half of them would stay. */
static void
test_the_orders_of_one_leave_in_one_tick(void)
{
	enum { MANY = BB_TICK_EVENTS + 1000 };
	static const uint32_t orders[] = { 0, 0, 10, MANY, 10 };
	struct kit kit;

	start_crowd(&kit, 4, orders);
	CU_ASSERT_TRUE(MANY < bb_market_events_max(bb_market_size(kit.market)));
	kit.seconds++;
	tick(&kit);
	expect_cancelled(&kit, 2, 10);
	CU_ASSERT_TRUE(bb_market_due_ns(kit.market) <= now_ns(&kit));
	tick(&kit);
	expect_cancelled(&kit, 3, MANY);
	CU_ASSERT_TRUE(bb_market_due_ns(kit.market) <= now_ns(&kit));
	tick(&kit);
	expect_cancelled(&kit, 4, 10);
	CU_ASSERT_EQUAL(bb_market_due_ns(kit.market), UINT64_MAX);
	kit_stop(&kit);
}

static void
test_one_tick_looks_at_so_many_and_the_next_goes_on(void)
{
	enum { CROWD = BB_SILENCE_LOOKS + 100 };
	static uint32_t orders[CROWD + 2];
	struct kit kit;

	for (uint32_t id = 2; id < CROWD + 2; id++)
		orders[id] = 1;
	start_crowd(&kit, CROWD + 1, orders);
	kit.seconds++;
	struct bb_command alive = kit_command("2 cancel 7");
	for (alive.participant = 2; alive.participant < CROWD + 2; alive.participant++)
		kit_apply(&kit, &alive);

	/* All were heard: nobody's order leaves, and two ticks have looked at all. */
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(bb_market_due_ns(kit.market) <= now_ns(&kit));
		tick(&kit);
		CU_ASSERT_EQUAL(kit.event_count, 1);
		CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_TICKED);
	}
	CU_ASSERT_TRUE(bb_market_due_ns(kit.market) > now_ns(&kit));
	bb_market_check(kit.market);

	kit.seconds++;
	tick(&kit);
	CU_ASSERT_EQUAL(kit.event_count, BB_SILENCE_LOOKS);
	tick(&kit);
	CU_ASSERT_EQUAL(kit.event_count, CROWD - BB_SILENCE_LOOKS);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "");
	kit_stop(&kit);
}

static struct bb_bid bid;

/* Sends a script of one command as a packet; returns its first event's result. */
static enum bb_result
send(struct kit *kit, uint64_t sequence, uint64_t time_ns, uint64_t not_after_ns,
     const char *line)
{
	static struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count = 0;

	bid = (struct bb_bid){
		.number = bb_market_number(kit->market) + 1, .sequenced_ns = time_ns,
		.sequence = sequence, .not_after_ns = not_after_ns, .command_count = 1,
		.route = BB_ROUTE_SEQUENCE,
	};
	bid.commands[0] = kit_command(line);
	bid.participant = bid.commands[0].participant;
	CU_ASSERT_TRUE(bb_market_step(kit->market, &bid, events, &count));
	CU_ASSERT_EQUAL_FATAL(count, 1);
	return (enum bb_result)events[0].result;
}

/* Else whoever holds packets back could keep the orders of the dead alive. */
static void
test_a_packet_that_came_too_late_is_no_sign_of_life(void)
{
	struct kit kit;
	kit_start(&kit);
	const uint64_t start_ns = now_ns(&kit);

	CU_ASSERT_EQUAL(send(&kit, 1, start_ns, 0, "2 silence 10"), BB_OK);
	CU_ASSERT_EQUAL(send(&kit, 2, start_ns, 0, "2 new 1 B 100 50"), BB_OK);
	CU_ASSERT_EQUAL(send(&kit, 3, start_ns + 9 * SECOND_NS, start_ns + 8 * SECOND_NS,
			     "2 silence 10"), BB_ERR_EXPIRED);
	CU_ASSERT_EQUAL(send(&kit, 4, start_ns + 9 * SECOND_NS, 0, "2 halt"), BB_ERR_ROLE);
	CU_ASSERT_EQUAL(send(&kit, 0, start_ns + 10 * SECOND_NS, 0, "0 tick 0"), BB_BY_SILENCE);
	kit_stop(&kit);
}

/* Beside a linear search, with times that are often equal. */
static void
test_the_first_watch_is_the_earliest_and_of_those_the_lowest(void)
{
	enum { PARTICIPANTS = 40, STEPS = 20000 };
	static uint64_t due_ns[PARTICIPANTS + 1]; /* 0: not watched */
	static _Alignas(BB_ARENA_ALIGN) uint8_t memory[4096];
	struct bb_random random = { 77 };
	struct bb_watches watches;
	struct bb_arena arena;

	CU_ASSERT_TRUE_FATAL(bb_watches_bytes(PARTICIPANTS) <= sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	bb_watches_init(&watches, &arena, PARTICIPANTS);
	for (uint32_t i = 0; i < STEPS; i++) {
		const uint64_t drawn = bb_random_next(&random) >> 20;
		const uint32_t id = 1 + (uint32_t)(drawn % PARTICIPANTS);
		uint32_t first = 0;
		if (drawn >> 8 & 1) {
			due_ns[id] = 1 + (drawn >> 16) % 10;
			bb_watches_set(&watches, id, due_ns[id]);
		} else if (bb_watches_first(&watches) != 0) {
			due_ns[bb_watches_first(&watches)] = 0;
			bb_watches_drop(&watches);
		}
		for (uint32_t other = 1; other <= PARTICIPANTS; other++)
			if (due_ns[other] != 0 &&
			    (first == 0 || due_ns[other] < due_ns[first]))
				first = other;
		CU_ASSERT_EQUAL_FATAL(bb_watches_first(&watches), first);
		bb_watches_check(&watches);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the first tick after the time takes all orders off",
		  test_the_first_tick_after_the_time_takes_all_orders_off },
		{ "every accepted packet is a sign of life",
		  test_every_accepted_packet_is_a_sign_of_life },
		{ "the request stands until it is changed",
		  test_the_request_stands_until_it_is_changed },
		{ "orders leave whatever the market does",
		  test_orders_leave_whatever_the_market_does },
		{ "the market may ask for a tick too early but never too late",
		  test_the_market_may_ask_for_a_tick_too_early_but_never_too_late },
		{ "the orders of one leave in one tick", test_the_orders_of_one_leave_in_one_tick },
		{ "one tick looks at so many and the next goes on",
		  test_one_tick_looks_at_so_many_and_the_next_goes_on },
		{ "the first watch is the earliest and of those the lowest",
		  test_the_first_watch_is_the_earliest_and_of_those_the_lowest },
		{ "a packet that came too late is no sign of life",
		  test_a_packet_that_came_too_late_is_no_sign_of_life },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("silence", tests);
}
