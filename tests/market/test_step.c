/* test_step - whole packets, slices, and that the same commands always do the same. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static struct bb_bid bid;
static struct bb_event events[BB_SLICE_EVENTS];

/* Sets bid to a packet of the script's commands, all of one participant. */
static void
pack(struct kit *kit, uint32_t participant, uint64_t sequence, const char *script)
{
	memset(&bid, 0, sizeof(bid));
	bid.route = BB_ROUTE_SEQUENCE;
	bid.participant = participant;
	bid.sequence = sequence;
	bid.number = bb_market_number(kit->market) + 1;
	bid.sequenced_ns = bb_market_time_ns(kit->market) + 1;
	while (*script != '\0') {
		bid.commands[bid.command_count++] = kit_command(script);
		script += strcspn(script, ";");
		script += strspn(script, "; ");
	}
}

/* Applies bid in one slice; returns how many events there were. */
static uint32_t
step(struct kit *kit)
{
	uint32_t count = 0;
	CU_ASSERT_TRUE(bb_market_step(kit->market, &bid, events, &count));
	CU_ASSERT_EQUAL(bb_market_number(kit->market), bid.number);
	CU_ASSERT_EQUAL(bb_market_time_ns(kit->market), bid.sequenced_ns);
	return count;
}

static void
test_events_name_the_command_that_caused_them(void)
{
	struct kit kit;
	kit_start(&kit);

	pack(&kit, 2, 1, "2 new 1 B 100 50; 2 new 2 B 101 50; 2 cancel-all; 2 ioc 3 S 100 10");
	CU_ASSERT_EQUAL(step(&kit), 5);
	static const struct { uint16_t record; uint8_t kind; } said[] = {
		{ 0, BB_EVENT_ACCEPTED }, { 1, BB_EVENT_REFUSED }, { 2, BB_EVENT_CANCELLED },
		{ 3, BB_EVENT_ACCEPTED }, { 3, BB_EVENT_CANCELLED },
	};
	for (uint32_t i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(events[i].record, said[i].record);
		CU_ASSERT_EQUAL(events[i].kind, said[i].kind);
		CU_ASSERT_EQUAL(events[i].number, bid.number);
	}
	kit_stop(&kit);
}

static void
expect_refused_whole(struct kit *kit, enum bb_result result)
{
	struct bb_member member;
	CU_ASSERT_EQUAL(step(kit), 1);
	CU_ASSERT_EQUAL(events[0].kind, BB_EVENT_REFUSED);
	CU_ASSERT_EQUAL(events[0].record, BB_EVENT_WHOLE_PACKET);
	CU_ASSERT_EQUAL(events[0].result, result);
	CU_ASSERT_EQUAL(events[0].participant, bid.participant);

	/* Its sequence is used up all the same. */
	CU_ASSERT_EQUAL(bb_market_look(kit->market, bid.participant, bid.sequence),
			BB_ERR_DUPLICATE);
	if (bb_market_member(kit->market, bid.participant, &member))
		CU_ASSERT_EQUAL(member.sequence_highest, bid.sequence);
}

static void
test_a_packet_is_refused_as_a_whole(void)
{
	struct kit kit;
	kit_start(&kit);
	kit_say(&kit, "1 revoke 9");

	pack(&kit, 9, 4, "9 new 1 B 100 50; 9 cancel 1");
	expect_refused_whole(&kit, BB_ERR_SUSPENDED);
	pack(&kit, 10, 1, "10 new 1 B 100 50");
	expect_refused_whole(&kit, BB_ERR_PARTICIPANT);
	pack(&kit, 2, 1, "2 new 1 B 100 50");
	bid.not_after_ns = bid.sequenced_ns - 1;
	expect_refused_whole(&kit, BB_ERR_EXPIRED);
	pack(&kit, 1, 1, "1 new 1 B 100 50");
	expect_refused_whole(&kit, BB_ERR_ROLE);
	pack(&kit, 2, 2, "2 new 1 B 100 50; 2 halt");
	expect_refused_whole(&kit, BB_ERR_ROLE);
	pack(&kit, 2, 3, "");
	expect_refused_whole(&kit, BB_ERR_RECORDS);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "");
	kit_stop(&kit);
}

/* The first leg alone fills more than one slice. */
static void
test_a_basket_is_one_whole_over_many_slices(void)
{
	enum { ORDERS = 600 };
	static const struct bb_market_size size = {
		.participants = 4, .products = 2, .orders = ORDERS + 1, .levels = 256,
		.places = 4096, .positions = 4,
	};
	struct kit kit;

	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, ORDERS + 1);
	kit_add_member(&kit, 3, 10);
	kit_add_product(&kit, KIT_PRODUCT, -500, 500, 5);
	kit_add_product(&kit, KIT_PRODUCT + 1, -500, 500, 5);
	struct bb_command sell = kit_command("2 new 0 S 100 10");
	for (uint64_t id = 0; id <= ORDERS; id++) {
		sell.order.order_id = id;
		sell.order.product = KIT_PRODUCT + (id == ORDERS);
		kit_apply(&kit, &sell);
	}

	pack(&kit, 3, 1, "3 leg 1 B 100 6000 1 0; 3 leg 2 B 100 10 0 1; 3 new 3 B 90 10");
	uint32_t traded = 0;
	uint32_t accepted = 0;
	uint32_t slices = 0;
	for (bool done = false; !done; slices++) {
		uint32_t count = 0;
		done = bb_market_step(kit.market, &bid, events, &count);
		for (uint32_t i = 0; i < count; i++) {
			traded += events[i].kind == BB_EVENT_TRADED;
			if (events[i].kind == BB_EVENT_ACCEPTED)
				CU_ASSERT_EQUAL(events[i].record, accepted++);
		}
	}
	CU_ASSERT_TRUE(slices > 2);
	CU_ASSERT_EQUAL(traded, ORDERS + 1);
	CU_ASSERT_EQUAL(accepted, 3);
	/* Nothing is left of the basket: a leg alone is none. */
	pack(&kit, 3, 2, "3 leg 1 B 90 10 0 0");
	CU_ASSERT_EQUAL(step(&kit), 1);
	CU_ASSERT_EQUAL(events[0].result, BB_ERR_BASKET);
	kit_stop(&kit);
}

static void
test_a_packet_in_time_passes(void)
{
	struct kit kit;
	kit_start(&kit);

	pack(&kit, 2, 1, "2 new 1 B 100 50");
	bid.not_after_ns = bid.sequenced_ns;
	CU_ASSERT_EQUAL(step(&kit), 1);
	CU_ASSERT_EQUAL(events[0].kind, BB_EVENT_ACCEPTED);
	pack(&kit, 2, 2, "2 cancel 1");
	bid.commands[0].kind = BB_COMMAND_MALFORMED;
	CU_ASSERT_EQUAL(step(&kit), 1);
	CU_ASSERT_EQUAL(events[0].record, 0);
	CU_ASSERT_EQUAL(events[0].result, BB_ERR_RECORD);
	CU_ASSERT_EQUAL(events[0].order_id, 1);
	kit_stop(&kit);
}

static void
open_large(struct kit *kit, uint64_t hash_key)
{
	static const struct bb_market_size size = {
		.participants = 4, .products = 2, .orders = 12000, .levels = 2000,
		.places = 3 * 16384, .positions = 6,
	};

	kit_open(kit, &size, hash_key);
	for (uint32_t participant = 2; participant <= 4; participant++)
		kit_add_member(kit, participant, 11000);
	kit_add_product(kit, KIT_PRODUCT, -500, 500, 5);
}

static void
rest_many(struct kit *kit, uint32_t count)
{
	struct bb_command command = kit_command("2 new 0 S 0 10");

	for (uint32_t i = 0; i < count; i++) {
		command.participant = 2 + i % 2;
		command.order.order_id = i;
		command.order.price = (int32_t)(i * 7 % 100) * 5;
		kit_apply(kit, &command);
		CU_ASSERT_EQUAL(kit->events[0].kind, BB_EVENT_ACCEPTED);
	}
}

static void
test_one_order_sweeps_ten_thousand(void)
{
	enum { ORDERS = 10000 };
	struct kit kit;
	uint32_t trades = 0;
	uint32_t slices = 0;
	int32_t price = -500;
	bool done = false;

	open_large(&kit, 3);
	rest_many(&kit, ORDERS);
	pack(&kit, 4, 1, "4 new 1 B 500 100050; 4 new 2 B 10 20");
	while (!done) {
		uint32_t count = 0;
		done = bb_market_step(kit.market, &bid, events, &count);
		CU_ASSERT_TRUE(count <= BB_SLICE_EVENTS);
		slices++;
		for (uint32_t i = 0; i < count && events[i].kind == BB_EVENT_TRADED; i++) {
			CU_ASSERT_TRUE(events[i].price >= price);
			price = events[i].price;
			trades++;
			CU_ASSERT_EQUAL(events[i].remaining_wh, 100050 - 10 * trades);
		}
		bb_market_check(kit.market);
		if (!done)
			continue;
		CU_ASSERT_EQUAL(events[count - 2].kind, BB_EVENT_ACCEPTED);
		CU_ASSERT_EQUAL(events[count - 2].remaining_wh, 50);
		CU_ASSERT_EQUAL(events[count - 1].record, 1);
	}
	CU_ASSERT_EQUAL(trades, ORDERS);
	CU_ASSERT_EQUAL(slices, 40);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "B 500x50/1 10x20/1");
	kit_stop(&kit);
}

/* Commands from a seed: mostly orders around one price, and everything else. */
static struct bb_command
any_command(struct bb_random *random)
{
	static const uint8_t kinds[16] = {
		BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW,
		BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW, BB_COMMAND_NEW,
		BB_COMMAND_CANCEL, BB_COMMAND_CANCEL, BB_COMMAND_REPLACE, BB_COMMAND_REPLACE,
		BB_COMMAND_REPLACE, BB_COMMAND_NEW,
	};
	struct bb_command command = kit_command("2 new 0 B 0 10");

	command.participant = 2 + bb_random_below(random, 3);
	command.kind = kinds[bb_random_below(random, 16)];
	if (bb_random_below(random, 500) == 0)
		command.kind = BB_COMMAND_CANCEL_ALL;
	command.order.order_id = bb_random_below(random, 2000);
	command.order.side = (uint8_t)(command.participant % 2);
	command.order.price = 5 * (int32_t)bb_random_below(random, 20);
	command.order.quantity_wh = 10 * (1 + bb_random_below(random, 100));
	if (bb_random_below(random, 100) == 0) {
		command.order.quantity_wh = 200000;
		command.order.price = command.order.side == BB_BUY ? 500 : -500;
	}
	return command;
}

enum { COMMANDS = 4000, ALL_EVENTS = 40000 };

/* Runs the same commands and writes all their events; returns how many. */
static size_t
run(struct bb_event *all, uint64_t seed, uint64_t hash_key, uint32_t room)
{
	struct bb_random random = { seed };
	struct kit kit;
	size_t count = 0;

	open_large(&kit, hash_key);
	kit.room = room;
	for (uint32_t i = 0; i < COMMANDS; i++) {
		const struct bb_command command = any_command(&random);
		kit_apply(&kit, &command);
		CU_ASSERT_TRUE_FATAL(count + kit.event_count <= ALL_EVENTS);
		memcpy(all + count, kit.events, kit.event_count * sizeof(*all));
		count += kit.event_count;
	}
	kit_stop(&kit);
	return count;
}

static void
test_neither_slices_nor_hash_key_nor_repetition_change_an_event(void)
{
	static const struct { uint64_t hash_key; uint32_t room; } ways[] = {
		{ 1, 0 }, { 0, 0 }, { UINT64_MAX, 0 }, { 1, 2 }, { 1, 3 }, { 7, 17 }, { 1, 100000 },
	};

	static struct bb_event first[ALL_EVENTS];
	static struct bb_event again[ALL_EVENTS];

	for (uint64_t seed = 1; seed <= 3; seed++) {
		const size_t count = run(first, seed, 1, 0);
		CU_ASSERT_TRUE(count > 5000);
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			CU_ASSERT_EQUAL(run(again, seed, ways[i].hash_key, ways[i].room), count);
			CU_ASSERT_EQUAL(memcmp(first, again, count * sizeof(*first)), 0);
		}
	}
}

/* Whether function aborts, as a BB_ASSERT does; in a child without a core file. */
static bool
aborts(void (*function)(struct kit *), struct kit *kit)
{
	int status = 0;

	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		if (freopen("/dev/null", "w", stderr) != NULL)
			function(kit);
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
apply_another(struct kit *kit)
{
	uint32_t count;
	const struct bb_command command = kit_command("4 new 9 B 500 100000");
	bb_market_apply(kit->market, &command, kit->number, 1000 + kit->number, events, &count);
}

static void
apply_next_number(struct kit *kit)
{
	uint32_t count;
	const struct bb_command command = kit_command("4 new 1 B 500 100000");
	bb_market_apply(kit->market, &command, kit->number + 1, 1001 + kit->number, events,
			&count);
}

static void
step_another(struct kit *kit)
{
	uint32_t count;
	pack(kit, 4, 1, "4 new 1 B 500 100000");
	bb_market_step(kit->market, &bid, events, &count);
}

static void
test_nothing_comes_between_two_slices(void)
{
	const struct bb_command sweep = kit_command("4 new 1 B 500 100000");
	struct kit kit;
	uint32_t count;

	open_large(&kit, 3);
	rest_many(&kit, 1000);
	CU_ASSERT_FALSE(bb_market_apply(kit.market, &sweep, kit.number, 1000 + kit.number,
					events, &count));
	CU_ASSERT_TRUE(aborts(apply_another, &kit));
	CU_ASSERT_TRUE(aborts(apply_next_number, &kit));
	CU_ASSERT_TRUE(aborts(step_another, &kit));
	while (!bb_market_apply(kit.market, &sweep, kit.number, 1000 + kit.number, events, &count))
		CU_ASSERT_TRUE(count >= BB_SLICE_EVENTS - 1);
	kit_stop(&kit);
}

static void
apply_within_step(struct kit *kit)
{
	uint32_t count;
	bb_market_apply(kit->market, &bid.commands[0], bid.number, bid.sequenced_ns, events,
			&count);
}

static void
test_a_packet_is_not_gone_on_with_as_a_command(void)
{
	struct kit kit;
	uint32_t count;

	open_large(&kit, 3);
	rest_many(&kit, 1000);
	pack(&kit, 4, 1, "4 new 1 B 500 100000");
	CU_ASSERT_FALSE(bb_market_step(kit.market, &bid, events, &count));
	CU_ASSERT_TRUE(aborts(apply_within_step, &kit));
	while (!bb_market_step(kit.market, &bid, events, &count))
		CU_ASSERT_TRUE(count >= BB_SLICE_EVENTS - 1);
	kit_stop(&kit);
}

static void
step_again(struct kit *kit)
{
	uint32_t count;
	bid.number++; /* the sequence was marked before */
	bb_market_step(kit->market, &bid, events, &count);
}

static void
test_a_duplicate_is_never_numbered(void)
{
	struct kit kit;
	kit_start(&kit);

	pack(&kit, 2, 1, "2 new 1 B 100 50");
	CU_ASSERT_EQUAL(bb_market_look(kit.market, 2, 1), BB_OK);
	step(&kit);
	CU_ASSERT_EQUAL(bb_market_look(kit.market, 2, 1), BB_ERR_DUPLICATE);
	CU_ASSERT_EQUAL(bb_market_look(kit.market, 3, 1), BB_OK);
	CU_ASSERT_TRUE(aborts(step_again, &kit));
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "events name the command that caused them",
		  test_events_name_the_command_that_caused_them },
		{ "a packet is refused as a whole", test_a_packet_is_refused_as_a_whole },
		{ "a basket is one whole over many slices",
		  test_a_basket_is_one_whole_over_many_slices },
		{ "a packet in time passes", test_a_packet_in_time_passes },
		{ "one order sweeps ten thousand", test_one_order_sweeps_ten_thousand },
		{ "neither slices nor hash key nor repetition change an event",
		  test_neither_slices_nor_hash_key_nor_repetition_change_an_event },
		{ "nothing comes between two slices", test_nothing_comes_between_two_slices },
		{ "a packet is not gone on with as a command",
		  test_a_packet_is_not_gone_on_with_as_a_command },
		{ "a duplicate is never numbered", test_a_duplicate_is_never_numbered },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("step", tests);
}
