/* test_outputs - an event as ledger bytes, as a report record, as the public sees it. */
#include "codec/bb_outputs.h"
#include "market/bb_command.h"
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"

/* Every field differs from every other, so that none can stand for another. */
static const struct bb_event trade = {
	.number = UINT64_C(0x0807060504030201),
	.order_id = UINT64_C(0x1817161514131211),
	.counter_order_id = UINT64_C(0x2827262524232221),
	.participant = 0x34333231,
	.counterparty = 0x44434241,
	.product = 0x54535251,
	.price = -2,
	.quantity_wh = 0x64636261,
	.remaining_wh = 0x74737271,
	.counter_remaining_wh = 0x0c0b0a09,
	.record = 41,
	.result = 0x0102,
	.kind = BB_EVENT_TRADED,
	.side = BB_SELL,
};

static void
test_an_event_has_the_documented_bytes(void)
{
	uint8_t bytes[BB_EVENT_BYTES];

	bb_event_encode(bytes, &trade);
	CU_ASSERT_TRUE(kit_equals(bytes, sizeof(bytes),
				  "0102030405060708" "1112131415161718" "2122232425262728"
				  "31323334" "41424344" "51525354" "feffffff"
				  "61626364" "71727374" "2900" "0201" "03" "01" "0000"));
}

static void
test_an_event_comes_back_but_for_what_rests_of_the_other(void)
{
	uint8_t bytes[BB_EVENT_BYTES];
	struct bb_event event, wanted = trade;

	wanted.counter_remaining_wh = 0;
	bb_event_encode(bytes, &trade);
	memset(&event, 0xee, sizeof(event));
	CU_ASSERT_TRUE(bb_event_decode(&event, bytes));
	CU_ASSERT_EQUAL(memcmp(&event, &wanted, sizeof(event)), 0);
}

static void
test_no_event_of_another_kind_or_side_is_read(void)
{
	uint8_t bytes[BB_EVENT_BYTES];
	struct bb_event event;

	for (uint32_t value = 0; value < 256; value++) {
		bb_event_encode(bytes, &trade);
		bytes[52] = (uint8_t)value;
		CU_ASSERT_EQUAL(bb_event_decode(&event, bytes), value >= 1 && value <= 10);
		bb_event_encode(bytes, &trade);
		bytes[53] = (uint8_t)value;
		CU_ASSERT_EQUAL(bb_event_decode(&event, bytes), value <= 1);
	}
	for (size_t at = 54; at < 56; at++) {
		bb_event_encode(bytes, &trade);
		bytes[at] = 1;
		CU_ASSERT_FALSE(bb_event_decode(&event, bytes));
	}
}

static void
test_the_sender_is_told_the_whole_event(void)
{
	struct bb_report_record record;

	bb_event_report(&record, &trade);
	CU_ASSERT_EQUAL(record.order_id, trade.order_id);
	CU_ASSERT_EQUAL(record.product, trade.product);
	CU_ASSERT_EQUAL(record.event, BB_EVENT_TRADED);
	CU_ASSERT_EQUAL(record.side, BB_SELL);
	CU_ASSERT_EQUAL(record.record, 41);
	CU_ASSERT_EQUAL(record.result, trade.result);
	CU_ASSERT_EQUAL(record.price, trade.price);
	CU_ASSERT_EQUAL(record.quantity_wh, trade.quantity_wh);
	CU_ASSERT_EQUAL(record.remaining_wh, trade.remaining_wh);
	CU_ASSERT_EQUAL(record.counterparty, trade.counterparty);
}

static void
test_a_refusal_of_the_whole_packet_is_record_255(void)
{
	const struct bb_event event = {
		.kind = BB_EVENT_REFUSED, .record = BB_EVENT_WHOLE_PACKET, .result = BB_ERR_EXPIRED,
	};
	struct bb_report_record record;

	bb_event_report(&record, &event);
	CU_ASSERT_EQUAL(record.record, BB_REPORT_WHOLE);
	CU_ASSERT_EQUAL(record.result, BB_ERR_EXPIRED);
}

static void
test_the_other_side_of_a_trade_is_told_its_own(void)
{
	struct bb_report_record record;
	uint32_t participant = 0;

	CU_ASSERT_TRUE(bb_event_notice(&record, &participant, &trade));
	CU_ASSERT_EQUAL(participant, trade.counterparty);
	CU_ASSERT_EQUAL(record.order_id, trade.counter_order_id);
	CU_ASSERT_EQUAL(record.product, trade.product);
	CU_ASSERT_EQUAL(record.event, BB_EVENT_TRADED);
	CU_ASSERT_EQUAL(record.side, BB_BUY);
	CU_ASSERT_EQUAL(record.record, BB_REPORT_WHOLE);
	CU_ASSERT_EQUAL(record.price, trade.price);
	CU_ASSERT_EQUAL(record.quantity_wh, trade.quantity_wh);
	CU_ASSERT_EQUAL(record.remaining_wh, trade.counter_remaining_wh);
	CU_ASSERT_EQUAL(record.counterparty, trade.participant);
}

static void
test_one_who_is_revoked_is_told_what_was_cancelled(void)
{
	struct bb_event event = trade;
	struct bb_report_record record;
	uint32_t participant = 0;

	event.kind = BB_EVENT_CANCELLED;
	event.result = BB_BY_REVOKE;
	CU_ASSERT_TRUE(bb_event_notice(&record, &participant, &event));
	CU_ASSERT_EQUAL(participant, event.participant);
	CU_ASSERT_EQUAL(record.order_id, event.order_id);
	CU_ASSERT_EQUAL(record.side, BB_SELL);
	CU_ASSERT_EQUAL(record.record, BB_REPORT_WHOLE);
	CU_ASSERT_EQUAL(record.result, BB_BY_REVOKE);
}

static void
test_nobody_else_gets_a_notice(void)
{
	struct bb_report_record record;
	uint32_t participant;

	for (uint8_t kind = BB_EVENT_REFUSED; kind < BB_EVENT_KINDS; kind++) {
		struct bb_event event = trade;

		event.kind = kind;
		event.result = BB_BY_PARTICIPANT;
		CU_ASSERT_EQUAL(bb_event_notice(&record, &participant, &event),
				kind == BB_EVENT_TRADED);
	}
}

static void
test_the_public_sees_a_trade_and_what_it_took_off(void)
{
	const struct bb_feed wanted[2] = {
		{ .type = BB_FEED_TRADE, .side = BB_SELL, .product = trade.product,
		  .number = trade.number, .price = trade.price,
		  .quantity_wh = trade.quantity_wh, .time_ns = KIT_NOW_NS },
		{ .type = BB_FEED_REDUCED, .side = BB_BUY, .product = trade.product,
		  .price = trade.price, .quantity_wh = trade.quantity_wh,
		  .remaining_wh = trade.counter_remaining_wh },
	};
	struct bb_feed feed[2];

	CU_ASSERT_EQUAL(bb_event_feed(feed, &trade, KIT_NOW_NS), 2);
	CU_ASSERT_EQUAL(memcmp(feed, wanted, sizeof(wanted)), 0);
}

static void
test_the_public_sees_what_comes_to_rest(void)
{
	struct bb_event event = trade;
	const struct bb_feed wanted = {
		.type = BB_FEED_ADDED, .side = BB_SELL, .product = trade.product,
		.number = trade.number, .record = 41, .price = trade.price,
		.quantity_wh = trade.remaining_wh,
	};
	struct bb_feed feed[2];

	event.kind = BB_EVENT_ACCEPTED;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
	event.remaining_wh = 0; /* filled at once: nothing rests */
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 0);
}

static void
test_the_public_sees_both_terms_of_a_replace(void)
{
	struct bb_event event = trade;
	const struct bb_feed wanted[2] = {
		{ .type = BB_FEED_REDUCED, .side = BB_SELL, .product = trade.product,
		  .price = -77, .quantity_wh = 4100 },
		{ .type = BB_FEED_ADDED, .side = BB_SELL, .product = trade.product,
		  .number = trade.number, .record = 41, .price = trade.price,
		  .quantity_wh = trade.remaining_wh },
	};
	struct bb_feed feed[2];

	event.kind = BB_EVENT_REPLACED;
	event.counter_order_id = bb_event_before(4100, -77);
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 2);
	CU_ASSERT_EQUAL(memcmp(feed, wanted, sizeof(wanted)), 0);
	event.remaining_wh = 0; /* filled at once: only what stood before goes */
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, wanted, sizeof(wanted[0])), 0);
}

static void
test_the_public_sees_a_cancel_of_what_rested(void)
{
	struct bb_event event = trade;
	const struct bb_feed wanted = {
		.type = BB_FEED_REDUCED, .side = BB_SELL, .product = trade.product,
		.price = trade.price, .quantity_wh = trade.quantity_wh,
	};
	struct bb_feed feed[2];

	event.kind = BB_EVENT_CANCELLED;
	event.remaining_wh = 0;
	event.result = BB_BY_PARTICIPANT;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
	event.result = BB_BY_IOC; /* never rested */
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 0);
}

static void
test_the_public_sees_neither_refusals_nor_members(void)
{
	static const uint8_t kinds[] = {
		BB_EVENT_REFUSED, BB_EVENT_MEMBER_ADDED, BB_EVENT_MEMBER_REVOKED,
		BB_EVENT_PRODUCT_ADDED, BB_EVENT_HALTED, BB_EVENT_RESUMED,
	};
	struct bb_feed feed[2];

	for (size_t i = 0; i < sizeof(kinds); i++) {
		struct bb_event event = trade;

		event.kind = kinds[i];
		CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 0);
	}
}

static void
test_a_product_is_announced_with_its_terms(void)
{
	const struct bb_product_command terms = {
		.product = KIT_PRODUCT, .price_min = -5, .price_max = 7, .tick = 2, .lot_wh = 3,
		.quantity_max_wh = 11,
	};
	const struct bb_feed wanted = {
		.type = BB_FEED_PRODUCT, .product = KIT_PRODUCT, .price = -5, .price_max = 7,
		.remaining_wh = 2, .quantity_wh = 3,
	};
	struct bb_feed feed;

	bb_product_feed(&feed, &terms);
	CU_ASSERT_EQUAL(memcmp(&feed, &wanted, sizeof(feed)), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an event has the documented bytes", test_an_event_has_the_documented_bytes },
		{ "an event comes back, but for what rests of the other",
		  test_an_event_comes_back_but_for_what_rests_of_the_other },
		{ "no event of another kind or side is read",
		  test_no_event_of_another_kind_or_side_is_read },
		{ "the sender is told the whole event", test_the_sender_is_told_the_whole_event },
		{ "a refusal of the whole packet is record 255",
		  test_a_refusal_of_the_whole_packet_is_record_255 },
		{ "the other side of a trade is told its own",
		  test_the_other_side_of_a_trade_is_told_its_own },
		{ "one who is revoked is told what was cancelled",
		  test_one_who_is_revoked_is_told_what_was_cancelled },
		{ "nobody else gets a notice", test_nobody_else_gets_a_notice },
		{ "the public sees a trade and what it took off",
		  test_the_public_sees_a_trade_and_what_it_took_off },
		{ "the public sees what comes to rest", test_the_public_sees_what_comes_to_rest },
		{ "the public sees both terms of a replace",
		  test_the_public_sees_both_terms_of_a_replace },
		{ "the public sees a cancel of what rested",
		  test_the_public_sees_a_cancel_of_what_rested },
		{ "the public sees neither refusals nor members",
		  test_the_public_sees_neither_refusals_nor_members },
		{ "a product is announced with its terms",
		  test_a_product_is_announced_with_its_terms },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("outputs", tests);
}
