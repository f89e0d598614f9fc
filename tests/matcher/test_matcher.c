/* test_matcher - what bb_matcher promises, one promise a test, over a real market. */
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"
#include "matcher/bb_matcher.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

static struct kit kit;
static struct bb_counters counters;
static struct bb_matcher matcher;
static struct bb_bid bid;
static struct bb_outcome outcomes[BB_MATCHER_OUTCOMES];
static int packet; /* stands for an mbuf: only its address travels */

static void
start(void)
{
	memset(&counters, 0, sizeof(counters));
	kit_start(&kit);
	bb_matcher_init(&matcher, kit.market, &counters);
}

/* start_large makes room for slices: participants 2 and 3000 may have 1,000 orders. */
static void
start_large(void)
{
	static const struct bb_market_size size = {
		.participants = 3000, .products = 100, .orders = 2000, .levels = 100000,
		.places = 400000, .positions = 4000,
	};

	memset(&counters, 0, sizeof(counters));
	kit_open(&kit, &size, 1);
	kit_add_member(&kit, 2, 1000);
	kit_add_member(&kit, 3000, 1000);
	kit_add_product(&kit, KIT_PRODUCT, -500, 500, 5);
	bb_matcher_init(&matcher, kit.market, &counters);
}

/* give fills in bid: participant with a sequence and one command in words. */
static void
give(uint32_t participant, uint64_t sequence, const char *line)
{
	bid = (struct bb_bid){ .participant = participant,
			       .sequence = sequence,
			       .route = BB_ROUTE_SEQUENCE,
			       .command_count = 1 };
	bid.commands[0] = kit_command(line);
}

static uint32_t
step(uint64_t now_ns)
{
	return bb_matcher_step(&matcher, now_ns, &packet, &bid, outcomes);
}

/* expect_packet checks that the index-th outcome is the packet, with nothing else to say. */
static void
expect_packet(uint32_t index, uint8_t kind, uint8_t route, enum bb_result result)
{
	CU_ASSERT_EQUAL(outcomes[index].packet.kind, kind);
	CU_ASSERT_PTR_EQUAL(outcomes[index].packet.mbuf, &packet);
	CU_ASSERT_PTR_EQUAL(outcomes[index].packet.bid, &bid);
	CU_ASSERT_EQUAL(outcomes[index].packet.result, result);
	CU_ASSERT_EQUAL(bid.route, route);
}

static void
test_numbers_have_no_gaps(void)
{
	start();
	const uint64_t first = bb_market_number(kit.market) + 1;

	for (uint64_t i = 0; i < 100; i++) {
		/* Every other input is refused by the market, and is an input all the same. */
		give(2, i + 1, i % 2 == 0 ? "2 new 7 B 100 50" : "2 cancel 8");
		CU_ASSERT_EQUAL(step(5000 + i), 2);
		CU_ASSERT_EQUAL(bid.number, first + i);
		CU_ASSERT_EQUAL(outcomes[0].event.number, first + i);
		expect_packet(1, BB_OUTCOME_PACKET, BB_ROUTE_SEQUENCE, BB_OK);
	}
	CU_ASSERT_EQUAL(matcher.number, bb_market_number(kit.market));
	kit_stop(&kit);
}

/* What is told ahead is told once: also of a packet that does not become an input. */
static void
test_what_is_told_passes(void)
{
	static const struct {
		uint64_t sequence;
		uint8_t route;
		uint8_t told;
	} packets[] = {
		{ 5, BB_ROUTE_SEQUENCE, 1 }, { 5, BB_ROUTE_SEQUENCE, 1 }, /* a duplicate */
		{ 6, BB_ROUTE_REPEAT, 0 },   { 6, BB_ROUTE_QUERY, 0 },
		{ 6, BB_ROUTE_SEQUENCE, 1 }, { 0, BB_ROUTE_SEQUENCE, 1 }, /* too old */
		{ 7, BB_ROUTE_SEQUENCE, 1 },
	};
	uint64_t told = 0;

	start();
	matcher.foresight.parts = 0;
	for (uint32_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		give(2, packets[i].sequence, "2 cancel 8");
		bid.route = packets[i].route;
		bb_matcher_foresee(&matcher, &bid);
		CU_ASSERT_EQUAL(matcher.foresight.told, told += packets[i].told);
		CU_ASSERT(step(5000) > 0);
		CU_ASSERT_EQUAL(matcher.foresight.passed, told);
	}
	kit_stop(&kit);
}

static void
test_goes_on_where_the_market_stands(void)
{
	start();
	give(2, 1, "2 new 7 B 100 50");
	step(9000);

	struct bb_matcher again;

	bb_matcher_init(&again, kit.market, &counters);
	CU_ASSERT_EQUAL(again.number, bid.number);
	CU_ASSERT_EQUAL(again.time_ns, 9000);
	kit_stop(&kit);
}

static void
test_time_never_goes_back(void)
{
	static const uint64_t clock_ns[] = { 9000, 8000, 0, 9000, 9001, UINT64_MAX - 1, 5 };
	uint64_t last_ns = 0;

	start();
	for (uint32_t i = 0; i < sizeof(clock_ns) / sizeof(clock_ns[0]); i++) {
		give(2, i + 1, "2 cancel-all");
		step(clock_ns[i]);
		CU_ASSERT(bid.sequenced_ns >= last_ns);
		CU_ASSERT(bid.sequenced_ns == last_ns || bid.sequenced_ns == clock_ns[i]);
		last_ns = bid.sequenced_ns;
	}
	CU_ASSERT_EQUAL(last_ns, UINT64_MAX - 1);
	kit_stop(&kit);
}

static void
test_a_sequence_seen_meanwhile_becomes_a_repeat(void)
{
	start();
	give(2, 5, "2 new 7 B 100 50");
	step(9000);

	const uint64_t number = matcher.number;

	give(2, 5, "2 new 8 B 100 50");
	CU_ASSERT_EQUAL(step(9001), 1);
	expect_packet(0, BB_OUTCOME_PACKET, BB_ROUTE_REPEAT, BB_OK);
	CU_ASSERT_EQUAL(outcomes[0].packet.event_count, 0);
	CU_ASSERT_EQUAL(bid.number, 0);
	CU_ASSERT_EQUAL(matcher.number, number);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_SEQUENCED), 1);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "B 100x50/1");
	kit_stop(&kit);
}

/* It has no sender, so no sequence can be seen before. */
static void
test_a_tick_is_an_input_like_any_other(void)
{
	start();
	const uint64_t first = bb_market_number(kit.market) + 1;

	for (uint64_t i = 0; i < 3; i++) {
		bb_inputs_tick(&bid);
		bid.route = BB_ROUTE_SEQUENCE;
		const uint32_t count = step(5000 + i);

		CU_ASSERT_TRUE(count >= 2);
		CU_ASSERT_EQUAL(bid.number, first + i);
		CU_ASSERT_EQUAL(bid.sequenced_ns, 5000 + i);
		CU_ASSERT_EQUAL(outcomes[0].event.number, first + i);
		expect_packet(count - 1, BB_OUTCOME_PACKET, BB_ROUTE_SEQUENCE, BB_OK);
		CU_ASSERT_EQUAL(matcher.ticks, i + 1);
	}
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_TICKS), 3);
	kit_stop(&kit);
}

static void
test_a_sequence_below_the_window_is_refused(void)
{
	start();
	give(2, 5000, "2 new 7 B 100 50");
	step(9000);

	const uint64_t number = matcher.number;
	const uint8_t routes[] = { BB_ROUTE_SEQUENCE, BB_ROUTE_REPEAT };

	for (uint32_t i = 0; i < 2; i++) {
		give(2, 1, "2 new 8 B 100 50");
		bid.route = routes[i];
		CU_ASSERT_EQUAL(step(9001), 1);
		expect_packet(0, BB_OUTCOME_REFUSED, routes[i], BB_ERR_SEQUENCE_OLD);
	}
	CU_ASSERT_EQUAL(matcher.number, number);
	kit_stop(&kit);
}

static void
test_a_repeat_is_handed_on_and_never_applied(void)
{
	start();
	give(2, 5, "2 new 7 B 100 50");
	step(9000);
	give(2, 5, "2 new 8 B 100 50");
	bid.route = BB_ROUTE_REPEAT;
	CU_ASSERT_EQUAL(step(9001), 1);
	expect_packet(0, BB_OUTCOME_PACKET, BB_ROUTE_REPEAT, BB_OK);

	/* Nobody checked the signature of a repeat: of an unseen sequence it may not pass. */
	give(2, 6, "2 new 8 B 100 50");
	bid.route = BB_ROUTE_REPEAT;
	CU_ASSERT_EQUAL(step(9002), 1);
	expect_packet(0, BB_OUTCOME_REFUSED, BB_ROUTE_REPEAT, BB_ERR_BUSY);
	CU_ASSERT_EQUAL(bb_market_look(kit.market, 2, 6), BB_OK);
	CU_ASSERT_STRING_EQUAL(kit_book(&kit), "B 100x50/1");
	kit_stop(&kit);
}

static void
test_a_query_tells_and_changes_nothing(void)
{
	start();
	give(2, 5, "2 new 7 B 100 50");
	step(9000);

	const uint64_t number = matcher.number;

	give(2, 77, "2 new 8 B 100 50");
	bid.route = BB_ROUTE_QUERY;
	CU_ASSERT_EQUAL(step(9001), 1);
	expect_packet(0, BB_OUTCOME_PACKET, BB_ROUTE_QUERY, BB_OK);
	CU_ASSERT_EQUAL(outcomes[0].packet.highest, 5);
	CU_ASSERT_EQUAL(outcomes[0].packet.orders_live, 1);
	CU_ASSERT_EQUAL(matcher.number, number);
	CU_ASSERT_EQUAL(bb_market_look(kit.market, 2, 77), BB_OK);
	kit_stop(&kit);
}

static void
test_many_fills_come_in_slices_and_the_packet_last(void)
{
	enum { FILLS = 600 };
	char line[64];
	uint32_t events = 0;
	uint32_t steps = 0;

	start_large();
	for (uint32_t i = 1; i <= FILLS; i++) {
		(void)snprintf(line, sizeof(line), "2 new %u S 100 10", i);
		give(2, i, line);
		step(9000);
	}
	give(3000, 1, "3000 new 1 B 100 6000");

	uint32_t count = step(9001);

	while (!bb_matcher_ready(&matcher)) {
		CU_ASSERT(count <= BB_SLICE_EVENTS);
		for (uint32_t i = 0; i < count; i++)
			CU_ASSERT(bb_outcome_is_event(&outcomes[i]));
		events += count;
		steps++;
		/* The clock goes on; the input keeps its time. */
		count = bb_matcher_step(&matcher, 9999, NULL, NULL, outcomes);
	}
	CU_ASSERT(steps >= 2);
	CU_ASSERT(count > 0 && count <= BB_MATCHER_OUTCOMES);
	events += count - 1;
	expect_packet(count - 1, BB_OUTCOME_PACKET, BB_ROUTE_SEQUENCE, BB_OK);
	CU_ASSERT_EQUAL(outcomes[count - 1].packet.event_count, events);
	CU_ASSERT_EQUAL(events, FILLS + 1);
	CU_ASSERT_EQUAL(bid.sequenced_ns, 9001);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_TRADES), FILLS);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_TRADED_WH), 6000);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_SEQUENCED), FILLS + 1);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_COMMANDS), FILLS + 1);
	kit_stop(&kit);
}

static void
test_members_come_in_pages_across_gaps(void)
{
	static struct bb_inspect inspect;
	uint32_t seen = 0;
	uint32_t pages = 0;

	start_large();
	for (uint32_t id = 100; id < 300; id++)
		kit_add_member(&kit, id, 10);
	inspect = (struct bb_inspect){ .kind = BB_INSPECT_MEMBERS };
	do {
		bb_matcher_inspect(&matcher, &inspect);
		CU_ASSERT(inspect.count[0] <= BB_INSPECT_ROWS);
		CU_ASSERT(inspect.next == 0 || inspect.next > inspect.first);
		for (uint32_t i = 0; i < inspect.count[0]; i++)
			CU_ASSERT(inspect.members[i].participant >= inspect.first);
		seen += inspect.count[0];
		inspect.first = inspect.next;
		pages++;
	} while (inspect.next != 0);
	CU_ASSERT_EQUAL(seen, 203); /* operator, 2, 3000 and those 200 */
	CU_ASSERT_EQUAL(inspect.members[inspect.count[0] - 1].participant, 3000);
	CU_ASSERT(pages >= 4 && pages <= 8);

	inspect = (struct bb_inspect){ .kind = BB_INSPECT_MEMBERS, .first = UINT32_MAX };
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT_EQUAL(inspect.count[0], 0);
	CU_ASSERT_EQUAL(inspect.next, 0);
	kit_stop(&kit);
}

static void
test_products_come_in_pages(void)
{
	static struct bb_inspect inspect;

	start_large();
	for (uint32_t i = 1; i < BB_INSPECT_ROWS; i++)
		kit_add_product(&kit, KIT_PRODUCT + i, -500, 500, 5);
	inspect = (struct bb_inspect){ .kind = BB_INSPECT_PRODUCTS };
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT_EQUAL(inspect.count[0], BB_INSPECT_ROWS);
	CU_ASSERT_EQUAL(inspect.next, 0); /* a full page may be the last */

	kit_add_product(&kit, KIT_PRODUCT + BB_INSPECT_ROWS, -500, 500, 5);
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT_EQUAL(inspect.count[0], BB_INSPECT_ROWS);
	CU_ASSERT_EQUAL(inspect.next, BB_INSPECT_ROWS);
	inspect.first = inspect.next;
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT_EQUAL(inspect.count[0], 1);
	CU_ASSERT_EQUAL(inspect.products[0].terms.product, KIT_PRODUCT + BB_INSPECT_ROWS);
	CU_ASSERT_EQUAL(inspect.next, 0);
	kit_stop(&kit);
}

static void
test_a_book_is_found_empty_or_not(void)
{
	static struct bb_inspect inspect;

	start();
	inspect = (struct bb_inspect){ .kind = BB_INSPECT_BOOK, .product = KIT_PRODUCT };
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT(inspect.found);
	CU_ASSERT_EQUAL(inspect.count[BB_BUY] + inspect.count[BB_SELL], 0);

	give(2, 1, "2 new 7 S 100 50");
	step(9000);
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT(inspect.found);
	CU_ASSERT_EQUAL(inspect.count[BB_BUY], 0);
	CU_ASSERT_EQUAL(inspect.count[BB_SELL], 1);
	CU_ASSERT_EQUAL(inspect.depth[BB_SELL][0].price, 100);

	inspect.product = KIT_PRODUCT + 1;
	bb_matcher_inspect(&matcher, &inspect);
	CU_ASSERT(!inspect.found);
	kit_stop(&kit);
}

static void
test_every_answer_says_where_the_market_stands(void)
{
	static struct bb_inspect inspect;

	start();
	give(1, 1, "1 halt");
	step(9000);
	for (uint32_t kind = BB_INSPECT_MEMBERS; kind <= BB_INSPECT_MARKET; kind++) {
		inspect = (struct bb_inspect){ .kind = kind, .token = 7 };
		bb_matcher_inspect(&matcher, &inspect);
		CU_ASSERT_EQUAL(inspect.number, matcher.number);
		CU_ASSERT_EQUAL(inspect.time_ns, 9000);
		CU_ASSERT(inspect.halted);
		CU_ASSERT_EQUAL(inspect.size.participants, 10);
		CU_ASSERT_EQUAL(inspect.token, 7);
	}
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "numbers have no gaps", test_numbers_have_no_gaps },
		{ "what is told passes", test_what_is_told_passes },
		{ "goes on where the market stands", test_goes_on_where_the_market_stands },
		{ "time never goes back", test_time_never_goes_back },
		{ "a sequence seen meanwhile becomes a repeat",
		  test_a_sequence_seen_meanwhile_becomes_a_repeat },
		{ "a tick is an input like any other", test_a_tick_is_an_input_like_any_other },
		{ "a sequence below the window is refused",
		  test_a_sequence_below_the_window_is_refused },
		{ "a repeat is handed on and never applied",
		  test_a_repeat_is_handed_on_and_never_applied },
		{ "a query tells and changes nothing", test_a_query_tells_and_changes_nothing },
		{ "many fills come in slices and the packet last",
		  test_many_fills_come_in_slices_and_the_packet_last },
		{ "members come in pages across gaps", test_members_come_in_pages_across_gaps },
		{ "products come in pages", test_products_come_in_pages },
		{ "a book is found, empty or not", test_a_book_is_found_empty_or_not },
		{ "every answer says where the market stands",
		  test_every_answer_says_where_the_market_stands },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("matcher", tests);
}
