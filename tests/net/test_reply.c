/* test_reply - what is written to whom about a packet and its events. */
#include <string.h>

#include "base/bb_random.h"
#include "dataplane/bb_reply.h"
#include "tests/bb_test.h"
#include "wire/bb_packet.h"

#define VENUE       7u
#define LETTERS_MAX 4096u

static struct bb_reply reply;
static struct bb_letter letters[LETTERS_MAX];
static uint32_t letter_count;
static struct bb_bid bid;

static void
keep(void *context, const struct bb_letter *letter)
{
	CU_ASSERT_PTR_EQUAL(context, &bid);
	CU_ASSERT_FATAL(letter_count < LETTERS_MAX);
	letters[letter_count++] = *letter;
}

static void
start(uint8_t route)
{
	letter_count = 0;
	bid = (struct bb_bid){ .number = 11, .sequenced_ns = 12, .received_ns = 13,
			       .sequence = 14, .participant = 2, .route = route };
	bb_reply_init(&reply, VENUE, keep, &bid);
}

static struct bb_packet_outcome
packet(uint32_t event_count)
{
	return (struct bb_packet_outcome){ .kind = BB_OUTCOME_PACKET, .bid = &bid, .height = 15,
					   .event_count = event_count };
}

/* traded is a trade with a resting order of owner; quantity tells trades apart. */
static struct bb_event
traded(uint32_t owner, uint32_t quantity_wh)
{
	return (struct bb_event){ .kind = BB_EVENT_TRADED, .number = 11, .participant = 2,
				  .order_id = 1, .counterparty = owner,
				  .counter_order_id = 1000 + owner,
				  .quantity_wh = quantity_wh };
}

static bool
give(uint32_t owner, uint32_t quantity_wh)
{
	const struct bb_event event = traded(owner, quantity_wh);

	return bb_reply_event(&reply, &event);
}

static void
expect_answer(const struct bb_letter *letter, uint16_t part, uint8_t record_count)
{
	CU_ASSERT_EQUAL(letter->report.kind, BB_REPORT_ANSWER);
	CU_ASSERT_EQUAL(letter->report.part, part);
	CU_ASSERT_EQUAL(letter->report.record_count, record_count);
	CU_ASSERT_EQUAL(letter->report.participant, 2);
	CU_ASSERT_EQUAL(letter->report.venue, VENUE);
	CU_ASSERT_EQUAL(letter->report.sequence, 14);
	CU_ASSERT_EQUAL(letter->report.height, 15);
	CU_ASSERT_EQUAL(letter->report.number, 11);
	CU_ASSERT_EQUAL(letter->report.time_ns, 12);
	CU_ASSERT(bb_reply_to_sender(letter));
}

static void
test_a_long_answer_comes_in_numbered_parts(void)
{
	static const struct { uint32_t events; uint32_t parts; uint8_t last; } cases[] = {
		{ 1, 1, 1 }, { 42, 1, 42 }, { 43, 2, 1 }, { 84, 2, 42 }, { 100, 3, 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct bb_packet_outcome whole = packet(cases[i].events);

		start(BB_ROUTE_REPEAT);
		CU_ASSERT(!bb_reply_packet(&reply, &whole));
		for (uint32_t j = 1; j <= cases[i].events; j++)
			CU_ASSERT_EQUAL(give(3, j), j == cases[i].events);
		CU_ASSERT_EQUAL_FATAL(letter_count, cases[i].parts);
		for (uint32_t j = 0; j < letter_count; j++) {
			const bool last = j == letter_count - 1;

			expect_answer(&letters[j],
				      (uint16_t)(j | (last ? BB_REPORT_LAST_PART : 0)),
				      last ? cases[i].last : 42);
			CU_ASSERT_EQUAL(bb_reply_is_last(&letters[j]), last);
			CU_ASSERT_EQUAL(letters[j].records[0].quantity_wh, 42 * j + 1);
		}
	}
}

static void
test_a_packet_that_did_nothing_is_answered_too(void)
{
	const struct bb_packet_outcome whole = packet(0);

	start(BB_ROUTE_SEQUENCE);
	CU_ASSERT(bb_reply_packet(&reply, &whole));
	CU_ASSERT_EQUAL(letter_count, 1);
	expect_answer(&letters[0], BB_REPORT_LAST_PART, 0);
}

static void
test_an_owner_gets_one_notice_of_several_trades(void)
{
	const struct bb_packet_outcome whole = packet(6);

	start(BB_ROUTE_SEQUENCE);
	CU_ASSERT(!bb_reply_packet(&reply, &whole));
	for (uint32_t i = 1; i <= 6; i++)
		give(i % 2 == 0 ? 4 : 3, i);
	CU_ASSERT_EQUAL_FATAL(letter_count, 3);
	for (uint32_t i = 0; i < 2; i++) {
		const struct bb_letter *notice = &letters[i];

		CU_ASSERT_EQUAL(notice->report.kind, BB_REPORT_NOTICE);
		CU_ASSERT_EQUAL(notice->report.participant, 3 + i);
		CU_ASSERT_EQUAL(notice->report.sequence, 0);
		CU_ASSERT_EQUAL(notice->report.part, BB_REPORT_LAST_PART);
		CU_ASSERT_EQUAL(notice->report.height, 15);
		CU_ASSERT_EQUAL(notice->report.number, 11);
		CU_ASSERT_EQUAL(notice->report.time_ns, 12);
		CU_ASSERT_EQUAL(notice->report.record_count, 3);
		CU_ASSERT_EQUAL(notice->records[2].quantity_wh, 5 + i);
		CU_ASSERT_EQUAL(notice->records[2].order_id, 1003 + i);
		CU_ASSERT_EQUAL(notice->records[2].counterparty, 2);
		CU_ASSERT(!bb_reply_to_sender(notice));
		CU_ASSERT(!bb_reply_is_last(notice));
	}
	expect_answer(&letters[2], BB_REPORT_LAST_PART, 6);
}

static void
test_the_owner_that_comes_next_closes_the_oldest_notice(void)
{
	const struct bb_packet_outcome whole = packet(BB_REPLY_NOTICES + 3);

	start(BB_ROUTE_SEQUENCE);
	CU_ASSERT(!bb_reply_packet(&reply, &whole));
	for (uint32_t i = 0; i < BB_REPLY_NOTICES; i++)
		give(3 + i, i + 1);
	CU_ASSERT_EQUAL(letter_count, 1); /* a full part of the answer */
	for (uint32_t i = 0; i < 2; i++) {
		give(3 + BB_REPLY_NOTICES + i, 100);
		CU_ASSERT_EQUAL_FATAL(letter_count, 2 + i);
		CU_ASSERT_EQUAL(letters[1 + i].report.kind, BB_REPORT_NOTICE);
		CU_ASSERT_EQUAL(letters[1 + i].report.participant, 3 + i);
	}
}

static void
test_a_repeat_is_told_to_its_sender_alone(void)
{
	const struct bb_packet_outcome whole = packet(3);

	start(BB_ROUTE_REPEAT);
	CU_ASSERT(!bb_reply_packet(&reply, &whole));
	for (uint32_t i = 1; i <= 3; i++)
		give(3, i);
	CU_ASSERT_EQUAL(letter_count, 1);
	expect_answer(&letters[0], BB_REPORT_LAST_PART, 3);
}

static void
test_a_query_gets_the_status(void)
{
	struct bb_packet_outcome whole = packet(0);

	start(BB_ROUTE_QUERY);
	whole.highest = 99;
	whole.orders_live = 5;
	CU_ASSERT(bb_reply_packet(&reply, &whole));
	CU_ASSERT_EQUAL_FATAL(letter_count, 1);
	CU_ASSERT_EQUAL(letters[0].report.kind, BB_REPORT_STATUS);
	CU_ASSERT_EQUAL(letters[0].report.sequence, 14);
	CU_ASSERT_EQUAL(letters[0].report.height, 15);
	CU_ASSERT_EQUAL(letters[0].report.number, 0);
	CU_ASSERT_EQUAL(letters[0].report.record_count, 1);
	CU_ASSERT_EQUAL(letters[0].records[0].order_id, 99);
	CU_ASSERT_EQUAL(letters[0].records[0].quantity_wh, 5);
	CU_ASSERT(bb_reply_is_last(&letters[0]));
}

static void
test_a_refusal_says_the_reason_and_no_place(void)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct bb_packet_outcome whole = packet(0);

		start(i == 0 ? BB_ROUTE_SEQUENCE : BB_ROUTE_REPEAT);
		whole.kind = i == 0 ? BB_OUTCOME_REFUSED : BB_OUTCOME_PACKET;
		whole.result = BB_ERR_SEQUENCE_OLD;
		CU_ASSERT(bb_reply_packet(&reply, &whole));
		CU_ASSERT_EQUAL_FATAL(letter_count, 1);
		CU_ASSERT_EQUAL(letters[0].report.kind, BB_REPORT_REFUSAL);
		CU_ASSERT_EQUAL(letters[0].report.sequence, 14);
		CU_ASSERT_EQUAL(letters[0].report.height, 0);
		CU_ASSERT_EQUAL(letters[0].report.number, 0);
		CU_ASSERT_EQUAL(letters[0].report.time_ns, 13);
		CU_ASSERT_EQUAL(letters[0].records[0].result, BB_ERR_SEQUENCE_OLD);
		CU_ASSERT_EQUAL(letters[0].records[0].record, BB_REPORT_WHOLE);
		CU_ASSERT(bb_reply_is_last(&letters[0]));
	}
}

static void
test_a_tick_is_answered_to_nobody(void)
{
	const struct bb_packet_outcome whole = packet(2);
	const struct bb_event shared = { .kind = BB_EVENT_SHARED, .number = 11, .participant = 5 };
	const struct bb_event state = { .kind = BB_EVENT_STATE, .number = 11 };

	start(BB_ROUTE_SEQUENCE);
	bid.participant = BB_VENUE;
	CU_ASSERT(!bb_reply_packet(&reply, &whole));
	CU_ASSERT(!bb_reply_event(&reply, &state));
	CU_ASSERT(bb_reply_event(&reply, &shared));
	CU_ASSERT_EQUAL_FATAL(letter_count, 1);
	CU_ASSERT_EQUAL(letters[0].report.kind, BB_REPORT_NOTICE);
	CU_ASSERT_EQUAL(letters[0].report.participant, 5);
	CU_ASSERT_EQUAL(letters[0].report.record_count, 1);
	CU_ASSERT_EQUAL(letters[0].report.height, 15);

	const struct bb_packet_outcome empty = packet(0);

	start(BB_ROUTE_SEQUENCE);
	bid.participant = BB_VENUE;
	CU_ASSERT(bb_reply_packet(&reply, &empty));
	CU_ASSERT_EQUAL(letter_count, 0);
}

/* An order that stops a product takes off the orders of others: they hear of it, its sender
 * of its own alone.  The operator, who asked for it, hears of all. */
static void
test_who_sends_orders_hears_of_its_own_alone(void)
{
	static const uint8_t kinds[] = { BB_PACKET_BIDS, BB_PACKET_OPERATOR };
	const struct bb_event own = { .kind = BB_EVENT_ACCEPTED, .participant = 2 };
	const struct bb_event other = { .kind = BB_EVENT_CANCELLED, .participant = 6,
					.result = BB_BY_BREAKER };

	for (uint32_t i = 0; i < 2; i++) {
		const struct bb_packet_outcome whole = packet(2);

		start(BB_ROUTE_SEQUENCE);
		bid.kind = kinds[i];
		CU_ASSERT(!bb_reply_packet(&reply, &whole));
		CU_ASSERT(!bb_reply_event(&reply, &other));
		CU_ASSERT(bb_reply_event(&reply, &own));
		CU_ASSERT_EQUAL_FATAL(letter_count, 2);
		CU_ASSERT_EQUAL(letters[0].report.participant, 6);
		CU_ASSERT_EQUAL(letters[0].records[0].result, BB_BY_BREAKER);
		expect_answer(&letters[1], BB_REPORT_LAST_PART, i == 0 ? 1 : 2);
	}
}

/* The model of notices: for each owner the trades in order, whatever letters they are in. */
enum { OWNERS = 200, EVENTS = 5000 };

static uint32_t told[OWNERS][EVENTS];
static uint32_t told_count[OWNERS];
static uint32_t heard_count[OWNERS];

static void
expect_letters_to_agree(uint32_t events)
{
	uint32_t answered = 0;

	for (uint32_t i = 0; i < letter_count; i++) {
		const struct bb_letter *letter = &letters[i];
		const uint32_t owner = letter->report.participant - 3;

		CU_ASSERT_FATAL(letter->report.record_count > 0);
		for (uint32_t j = 0; j < letter->report.record_count; j++) {
			const uint32_t quantity = letter->records[j].quantity_wh;

			if (bb_reply_to_sender(letter)) {
				CU_ASSERT_EQUAL(quantity, ++answered);
				continue;
			}
			CU_ASSERT_FATAL(heard_count[owner] < told_count[owner]);
			CU_ASSERT_EQUAL(quantity, told[owner][heard_count[owner]++]);
		}
	}
	CU_ASSERT_EQUAL(answered, events);
	CU_ASSERT_EQUAL(memcmp(heard_count, told_count, sizeof(told_count)), 0);
}

static void
test_every_trade_is_told_once_and_in_order_to_each_owner(void)
{
	/* From few owners, whose notices fill up, to many, whose notices crowd each other. */
	static const uint32_t crowds[] = { 1, 3, BB_REPLY_NOTICES, BB_REPLY_NOTICES + 1, OWNERS };

	for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
		struct bb_random random = { 100 + i };
		const struct bb_packet_outcome whole = packet(EVENTS);

		memset(told_count, 0, sizeof(told_count));
		memset(heard_count, 0, sizeof(heard_count));
		start(BB_ROUTE_SEQUENCE);
		CU_ASSERT(!bb_reply_packet(&reply, &whole));
		for (uint32_t j = 1; j <= EVENTS; j++) {
			const uint32_t owner = bb_random_below(&random, crowds[i]);
			const uint32_t before = letter_count;

			told[owner][told_count[owner]++] = j;
			CU_ASSERT_EQUAL(give(3 + owner, j), j == EVENTS);
			CU_ASSERT(letter_count - before <= BB_REPLY_LETTERS);
		}
		expect_letters_to_agree(EVENTS);
		CU_ASSERT(bb_reply_is_last(&letters[letter_count - 1]));
	}
}

/* encode_letters writes all letters one after the other and returns their size. */
static size_t
encode_letters(uint8_t *bytes, size_t room)
{
	static const uint8_t mac_key[BB_MAC_KEY_SIZE] = { 1 };
	size_t size = 0;

	for (uint32_t i = 0; i < letter_count; i++) {
		CU_ASSERT_FATAL(room - size >= BB_REPORT_SIZE_MAX);
		size += bb_report_encode(bytes + size, &letters[i].report, letters[i].records,
					 mac_key);
	}
	return size;
}

static void
test_the_same_outcomes_give_the_same_letters(void)
{
	static uint8_t bytes[2][300 * BB_REPORT_SIZE_MAX];
	size_t sizes[2];

	for (uint32_t run = 0; run < 2; run++) {
		struct bb_random random = { 5 };
		const struct bb_packet_outcome whole = packet(500);

		memset(&reply, (int)run, sizeof(reply)); /* nothing of before matters */
		start(BB_ROUTE_SEQUENCE);
		CU_ASSERT(!bb_reply_packet(&reply, &whole));
		for (uint32_t j = 1; j <= 500; j++)
			give(3 + bb_random_below(&random, 100), j);
		sizes[run] = encode_letters(bytes[run], sizeof(bytes[run]));
	}
	CU_ASSERT_EQUAL(sizes[0], sizes[1]);
	CU_ASSERT_EQUAL(memcmp(bytes[0], bytes[1], sizes[0]), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a long answer comes in numbered parts",
		  test_a_long_answer_comes_in_numbered_parts },
		{ "a packet that did nothing is answered too",
		  test_a_packet_that_did_nothing_is_answered_too },
		{ "an owner gets one notice of several trades",
		  test_an_owner_gets_one_notice_of_several_trades },
		{ "the owner that comes next closes the oldest notice",
		  test_the_owner_that_comes_next_closes_the_oldest_notice },
		{ "a repeat is told to its sender alone",
		  test_a_repeat_is_told_to_its_sender_alone },
		{ "a tick is answered to nobody", test_a_tick_is_answered_to_nobody },
		{ "who sends orders hears of its own alone",
		  test_who_sends_orders_hears_of_its_own_alone },
		{ "a query gets the status", test_a_query_gets_the_status },
		{ "a refusal says the reason and no place",
		  test_a_refusal_says_the_reason_and_no_place },
		{ "every trade is told once, and in order, to each owner",
		  test_every_trade_is_told_once_and_in_order_to_each_owner },
		{ "the same outcomes give the same letters",
		  test_the_same_outcomes_give_the_same_letters },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("reply", tests);
}
