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
	.across = 5,
};

static void
test_an_event_has_the_documented_bytes(void)
{
	uint8_t bytes[BB_EVENT_BYTES];

	bb_event_encode(bytes, &trade);
	CU_ASSERT_TRUE(kit_equals(bytes, sizeof(bytes),
				  "0102030405060708" "1112131415161718" "2122232425262728"
				  "31323334" "41424344" "51525354" "feffffff"
				  "61626364" "71727374" "2900" "0201" "03" "01" "05" "00"));
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
		bytes[54] = 0;
		CU_ASSERT_EQUAL(bb_event_decode(&event, bytes), value >= 1 && value <= 33);
		bb_event_encode(bytes, &trade);
		bytes[53] = (uint8_t)value;
		CU_ASSERT_EQUAL(bb_event_decode(&event, bytes), value <= 1);
	}
	bb_event_encode(bytes, &trade); /* only a trade knows two zones */
	bytes[52] = BB_EVENT_ACCEPTED;
	CU_ASSERT_FALSE(bb_event_decode(&event, bytes));
	bytes[52] = BB_EVENT_TRADED;
	bytes[55] = 1;
	CU_ASSERT_FALSE(bb_event_decode(&event, bytes));
}

static void
test_the_sender_is_told_the_whole_event(void)
{
	struct bb_report_record record;

	bb_event_report(&record, &trade);
	CU_ASSERT_TRUE(record.order_id == trade.order_id && record.product == trade.product);
	CU_ASSERT_TRUE(record.event == BB_EVENT_TRADED && record.side == BB_SELL);
	CU_ASSERT_EQUAL(record.record, 41);
	CU_ASSERT_TRUE(record.result == trade.result && record.price == trade.price);
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
	CU_ASSERT_TRUE(record.record == BB_REPORT_WHOLE && record.result == BB_ERR_EXPIRED);
}

/* What one gets as a notice must be what event says, but for these fields. */
struct wanted {
	uint32_t participant;
	uint32_t counterparty;
	uint64_t order_id;
	int32_t price;
	uint32_t remaining_wh;
	uint8_t side;
};

static void
check_notice(const struct bb_notice *notice, const struct bb_event *event,
	     const struct wanted *wanted)
{
	CU_ASSERT_EQUAL(notice->participant, wanted->participant);
	CU_ASSERT_EQUAL(notice->record.order_id, wanted->order_id);
	CU_ASSERT_EQUAL(notice->record.product, event->product);
	CU_ASSERT_EQUAL(notice->record.event, event->kind);
	CU_ASSERT_EQUAL(notice->record.side, wanted->side);
	CU_ASSERT_TRUE(notice->record.record == BB_REPORT_WHOLE &&
		       notice->record.result == event->result);
	CU_ASSERT_EQUAL(notice->record.price, wanted->price);
	CU_ASSERT_EQUAL(notice->record.quantity_wh, event->quantity_wh);
	CU_ASSERT_EQUAL(notice->record.remaining_wh, wanted->remaining_wh);
	CU_ASSERT_EQUAL(notice->record.counterparty, wanted->counterparty);
}

/* Ordinary participants: those of trade lie beyond the highest id. */
static struct bb_event
event_of(uint8_t kind)
{
	struct bb_event event = trade;

	event.kind = kind;
	event.participant = 7;
	event.counterparty = 9;
	event.across = 0;
	return event;
}

static const struct wanted first = { 7, 9, UINT64_C(0x1817161514131211), -2, 0x74737271,
				     BB_SELL };
static const struct wanted second_of_trade = { 9, 7, UINT64_C(0x2827262524232221), -2, 0x0c0b0a09,
					       BB_BUY };

static void
test_the_other_side_of_a_trade_is_told_its_own(void)
{
	const struct bb_event event = event_of(BB_EVENT_TRADED);
	struct bb_notice notices[2];

	CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 7), 1);
	check_notice(&notices[0], &event, &second_of_trade);
}

static void
test_over_lines_each_side_is_told_its_own_product(void)
{
	struct bb_event event = event_of(BB_EVENT_TRADED);
	struct bb_notice notices[2];

	event.across = 0x54 ^ 9;
	CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 0), 2);
	CU_ASSERT_TRUE(notices[0].record.product == 0x54535251 &&
		       notices[1].record.product == 0x09535251);
}

/* A tick, or an order of somebody else, made the two trade. */
static void
test_both_sides_are_told_when_neither_sent_the_packet(void)
{
	const struct bb_event event = event_of(BB_EVENT_TRADED);
	struct bb_notice notices[2];

	for (uint32_t sender = 0; sender <= 1; sender++) {
		CU_ASSERT_EQUAL(bb_event_notices(notices, &event, sender), 2);
		check_notice(&notices[0], &event, &first);
		check_notice(&notices[1], &event, &second_of_trade);
	}
}

static void
test_buyer_and_seller_are_told_their_contract(void)
{
	struct bb_event event = event_of(BB_EVENT_CONTRACTED);
	/* The seller's price is its own; what remains is the degree, the same for both. */
	const struct wanted seller = { 9, 7, event.counter_order_id, -300, event.remaining_wh,
				       BB_SELL };
	const struct wanted buyer = { 7, 9, event.order_id, -2, event.remaining_wh, BB_BUY };
	struct bb_notice notices[2];

	event.side = BB_BUY;
	event.counter_remaining_wh = (uint32_t)-300;
	CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 0), 2);
	check_notice(&notices[0], &event, &buyer);
	check_notice(&notices[1], &event, &seller);

	/* Through the market: its account reads no notices. */
	event.counterparty = UINT32_C(0xfffffff4);
	CU_ASSERT_TRUE(bb_event_notices(notices, &event, 0) == 1 && notices[0].participant == 7);
}

static void
test_who_pays_and_who_is_paid_are_told_the_amount(void)
{
	struct bb_event event = event_of(BB_EVENT_POSTED);
	struct bb_notice notices[2];
	struct wanted payer = first, paid = { 9, 7, 0, -2, 0x74737271, BB_SELL };

	event.order_id = INT64_C(1000000000000);
	payer.order_id = INT64_C(1000000000000);
	paid.order_id = (uint64_t)INT64_C(-1000000000000);
	CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 0), 2);
	check_notice(&notices[0], &event, &payer);
	check_notice(&notices[1], &event, &paid);

	event.participant = UINT32_C(0xfffffff4); /* an account of the venue pays */
	paid.counterparty = UINT32_C(0xfffffff4);
	CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 0), 1);
	check_notice(&notices[0], &event, &paid);
}

/* Everyone hears what others did to its orders, its contracts, its money, its standing; who
 * sent the packet has heard by the answer. */
static void
test_who_is_touched_is_told_and_nobody_else(void)
{
	static const uint8_t alone[] = {
		BB_EVENT_CANCELLED, BB_EVENT_SHARED, BB_EVENT_METERED, BB_EVENT_REPUTED,
		BB_EVENT_RULED, BB_EVENT_MEMBER_SET, BB_EVENT_RESTRICTED, BB_EVENT_TRANSFERRED,
		BB_EVENT_KILLED, BB_EVENT_ARMED, BB_EVENT_SHOWN, BB_EVENT_CARRIED,
	};
	static const uint8_t both[] = { BB_EVENT_TRADED, BB_EVENT_CONTRACTED, BB_EVENT_POSTED };
	struct bb_notice notices[2];

	for (uint8_t kind = BB_EVENT_REFUSED; kind < BB_EVENT_KINDS; kind++) {
		const struct bb_event event = event_of(kind);
		const uint32_t count = memchr(alone, kind, sizeof(alone)) != NULL  ? 1
				       : memchr(both, kind, sizeof(both)) != NULL ? 2
										   : 0;

		CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 0), count);
		CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 7), count == 2 ? 1 : 0);
		if (count != 1)
			continue;
		CU_ASSERT_EQUAL(bb_event_notices(notices, &event, 1), 1);
		check_notice(&notices[0], &event, &first);
	}
}

static void
test_the_public_sees_a_trade_and_what_it_took_off(void)
{
	const struct bb_feed wanted[2] = {
		{ .type = BB_FEED_TRADE, .side = BB_SELL, .product = trade.product ^ 5u << 24,
		  .number = trade.number, .price = trade.price,
		  .quantity_wh = trade.quantity_wh, .time_ns = KIT_NOW_NS },
		{ .type = BB_FEED_REDUCED, .side = BB_BUY, .product = trade.product ^ 5u << 24,
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
	struct bb_feed wanted = {
		.type = BB_FEED_ADDED, .side = BB_SELL, .product = trade.product,
		.number = trade.number, .record = 41, .price = trade.price,
		.quantity_wh = trade.remaining_wh - trade.counter_remaining_wh, /* not hidden */
	};
	struct bb_feed feed[2];

	event.kind = BB_EVENT_ACCEPTED;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
	event.kind = BB_EVENT_SHOWN; /* the next clip of an iceberg, seen as a whole */
	wanted.quantity_wh = trade.remaining_wh;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
	event.kind = BB_EVENT_ACCEPTED;
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
		  .quantity_wh = trade.remaining_wh - trade.counter_remaining_wh },
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
		.price = trade.price,
		.quantity_wh = trade.quantity_wh - trade.counter_remaining_wh,
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
		BB_EVENT_REFUSED, BB_EVENT_MEMBER_ADDED, BB_EVENT_MEMBER_REVOKED, BB_EVENT_HALTED,
		BB_EVENT_RESUMED, BB_EVENT_CONTRACTED, BB_EVENT_METERED, BB_EVENT_POSTED,
		BB_EVENT_REPUTED, BB_EVENT_DISPUTED, BB_EVENT_RULED, BB_EVENT_PARAM_SET,
		BB_EVENT_MEMBER_SET, BB_EVENT_LINE_SET, BB_EVENT_IMBALANCE_SET, BB_EVENT_RESTRICTED,
		BB_EVENT_TRANSFERRED, BB_EVENT_KILLED, BB_EVENT_ARMED, BB_EVENT_TICKED,
		BB_EVENT_REBATED, BB_EVENT_TARIFF_SET,
	};
	struct bb_feed feed[2];

	for (size_t i = 0; i < sizeof(kinds); i++) {
		struct bb_event event = trade;

		event.kind = kinds[i];
		CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 0);
	}
}

static void
test_the_public_sees_an_auction(void)
{
	struct bb_event event = trade;
	struct bb_feed shared = {
		.type = BB_FEED_REDUCED, .side = BB_SELL, .product = trade.product, .price = 870,
		.quantity_wh = trade.quantity_wh, .remaining_wh = 99,
	};
	struct bb_feed priced = {
		.type = BB_FEED_PRICE, .side = 1, .product = trade.product,
		.number = trade.number, .price = trade.price, .price_min = -9, .price_max = 5,
		.quantity_wh = trade.quantity_wh, .remaining_wh = trade.remaining_wh,
	};
	const struct bb_feed flowed = {
		.type = BB_FEED_FLOW, .side = BB_SELL, .product = trade.product,
		.number = trade.number, .line = trade.participant, .price = trade.price,
		.quantity_wh = trade.quantity_wh,
	};
	struct bb_feed feed[2];

	/* What an order got leaves the level where it rested, whatever the price. */
	event.kind = BB_EVENT_SHARED;
	event.counter_order_id = bb_event_before(trade.quantity_wh + 99, 870);
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &shared, sizeof(shared)), 0);
	/* Of an iceberg that got more than it showed, what it showed. */
	event.counter_order_id = bb_event_before(4100, 870);
	shared.quantity_wh = 4100;
	shared.remaining_wh = 0;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &shared, sizeof(shared)), 0);

	event.kind = BB_EVENT_PRICED;
	event.order_id = bb_prices(-9, 5);
	event.result = BB_OK;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &priced, sizeof(priced)), 0);
	event.result = BB_ERR_NOT_FOUND; /* nothing trades */
	priced.side = 0;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &priced, sizeof(priced)), 0);

	event.kind = BB_EVENT_FLOWED;
	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &flowed, sizeof(flowed)), 0);
}

/* From the seller's zone to the buyer's, whoever of them pays. */
static void
test_the_public_sees_what_lines_carry(void)
{
	struct bb_event event = {
		.number = 347, .product = 0x031e8480, .remaining_wh = 0x051e8480, .price = 1500,
		.quantity_wh = 200, .counter_order_id = 0x8000000000000001, .side = BB_BUY,
		.kind = BB_EVENT_CARRIED, .participant = 7, .order_id = 1,
	};
	struct bb_feed wanted = {
		.type = BB_FEED_CARRIED, .product = 2000000, .number = 347, .price = 1500,
		.quantity_wh = 200, .lines = 0x8000000000000001, .from = 5, .to = 3,
	};
	struct bb_feed feed[2];

	for (event.side = BB_BUY; event.side <= BB_SELL; event.side++) {
		CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
		CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
		wanted.from = 3, wanted.to = 5;
	}
}

static void
test_the_public_sees_each_state_of_a_product(void)
{
	const struct bb_event event = {
		.number = 346, .product = 2000000, .quantity_wh = 1, .remaining_wh = 2,
		.result = BB_BY_TICK, .kind = BB_EVENT_STATE, .order_id = 5,
	};
	const struct bb_feed wanted = {
		.type = BB_FEED_STATE, .product = 2000000, .number = 346, .from = 1, .to = 2,
		.record = BB_BY_TICK, .time_ns = KIT_NOW_NS,
	};
	struct bb_feed feed[2];

	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
}

static void
test_a_product_is_announced_with_its_terms(void)
{
	const struct bb_event event = {
		.kind = BB_EVENT_PRODUCT_ADDED, .product = KIT_PRODUCT,
		.order_id = bb_prices(-5, 7), .counter_order_id = 11, .quantity_wh = 3,
		.remaining_wh = 2,
	};
	const struct bb_feed wanted = {
		.type = BB_FEED_PRODUCT, .product = KIT_PRODUCT, .price = -5, .price_max = 7,
		.remaining_wh = 2, .quantity_wh = 3,
	};
	struct bb_feed feed[2];

	CU_ASSERT_EQUAL(bb_event_feed(feed, &event, KIT_NOW_NS), 1);
	CU_ASSERT_EQUAL(memcmp(feed, &wanted, sizeof(wanted)), 0);
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
		{ "over lines each side is told its own product",
		  test_over_lines_each_side_is_told_its_own_product },
		{ "both sides are told when neither sent the packet",
		  test_both_sides_are_told_when_neither_sent_the_packet },
		{ "buyer and seller are told their contract",
		  test_buyer_and_seller_are_told_their_contract },
		{ "who pays and who is paid are told the amount",
		  test_who_pays_and_who_is_paid_are_told_the_amount },
		{ "who is touched is told, and nobody else",
		  test_who_is_touched_is_told_and_nobody_else },
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
		{ "the public sees an auction", test_the_public_sees_an_auction },
		{ "the public sees what lines carry", test_the_public_sees_what_lines_carry },
		{ "the public sees each state of a product",
		  test_the_public_sees_each_state_of_a_product },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("outputs", tests);
}
