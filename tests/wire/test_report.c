/* test_report - the report packet: golden bytes, exact form, and never an amplifier. */
#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"
#include "wire/bb_report.h"

static struct kit kit;
static uint8_t bytes[KIT_ROOM];
static struct bb_report_record records[BB_RECORDS_MAX];

static struct bb_report
report_of(uint8_t kind, uint8_t record_count)
{
	return (struct bb_report){
		.kind = kind, .record_count = record_count, .part = BB_REPORT_LAST_PART,
		.participant = KIT_PARTICIPANT, .venue = KIT_VENUE, .time_ns = KIT_NOW_NS,
	};
}

static bool
same_report(const struct bb_report *a, const struct bb_report *b)
{
	return a->kind == b->kind && a->record_count == b->record_count && a->part == b->part &&
	       a->participant == b->participant && a->venue == b->venue &&
	       a->sequence == b->sequence && a->height == b->height && a->number == b->number &&
	       a->time_ns == b->time_ns;
}

static bool
same_record(const struct bb_report_record *a, const struct bb_report_record *b)
{
	return a->order_id == b->order_id && a->product == b->product && a->event == b->event &&
	       a->side == b->side && a->record == b->record && a->result == b->result &&
	       a->price == b->price && a->quantity_wh == b->quantity_wh &&
	       a->remaining_wh == b->remaining_wh && a->counterparty == b->counterparty;
}

static void
check_golden(const struct bb_report *report, const struct bb_report_record *written,
	     const char *hex)
{
	struct bb_report read;
	const size_t size = bb_report_encode(bytes, report, written, kit.mac_key);

	CU_ASSERT_TRUE(kit_equals(bytes, size, hex));
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &read, records), BB_OK);
	CU_ASSERT_TRUE(same_report(&read, report));
	for (uint32_t i = 0; i < report->record_count; i++)
		CU_ASSERT_TRUE(same_record(&records[i], &written[i]));
}

static void
test_an_answer_has_the_golden_bytes(void)
{
	struct bb_report report = report_of(BB_REPORT_ANSWER, 3);
	const struct bb_report_record written[] = {
		{ .order_id = 1001, .product = KIT_PRODUCT, .event = 3, .side = 1,
		  .price = 86000, .quantity_wh = 1500, .remaining_wh = 1000, .counterparty = 9 },
		{ .order_id = 1001, .product = KIT_PRODUCT, .event = 2, .side = 1,
		  .price = 85000, .quantity_wh = 2500, .remaining_wh = 1000 },
		{ .order_id = UINT64_C(0x1122334455667788), .product = KIT_PRODUCT + 1,
		  .event = 1, .record = 1, .result = BB_ERR_ORDER_UNKNOWN },
	};

	report.sequence = 42;
	report.height = 12;
	report.number = 345;
	check_golden(&report, written, golden_answer);
}

static void
test_a_notice_has_the_golden_bytes(void)
{
	struct bb_report report = report_of(BB_REPORT_NOTICE, 1);
	const struct bb_report_record written = {
		.order_id = 1001, .product = KIT_PRODUCT, .event = 3,
		.record = BB_REPORT_WHOLE, .price = -85000, .quantity_wh = 400,
		.remaining_wh = 600, .counterparty = 10,
	};

	report.part |= 1;
	report.height = 12;
	report.number = 346;
	check_golden(&report, &written, golden_notice);
}

static void
test_refusal_and_status_have_the_golden_bytes(void)
{
	struct bb_report refusal = report_of(BB_REPORT_REFUSAL, 1);
	struct bb_report status = report_of(BB_REPORT_STATUS, 1);
	const struct bb_report_record why = {
		.event = 1, .record = BB_REPORT_WHOLE, .result = BB_ERR_RATE,
	};
	const struct bb_report_record state = {
		.order_id = 42, .record = BB_REPORT_WHOLE, .quantity_wh = 3,
	};

	refusal.sequence = 42;
	status.sequence = 43;
	status.height = 12;
	check_golden(&refusal, &why, golden_refusal);
	check_golden(&status, &state, golden_status);
}

static void
test_any_report_comes_back_as_it_was(void)
{
	struct bb_random random = { 11 };

	for (uint32_t turn = 0; turn < 2000; turn++) {
		struct bb_report_record written[BB_RECORDS_MAX];
		struct bb_report read, report = {
			.kind = (uint8_t)(BB_REPORT_ANSWER + bb_random_below(&random, 2)),
			.record_count = (uint8_t)bb_random_below(&random, BB_RECORDS_MAX + 1),
			.part = (uint16_t)bb_random_next(&random),
			.participant = (uint32_t)bb_random_next(&random),
			.venue = (uint32_t)bb_random_next(&random),
			.sequence = bb_random_next(&random),
			.height = bb_random_next(&random),
			.number = bb_random_next(&random),
			.time_ns = bb_random_next(&random),
		};
		for (uint32_t i = 0; i < report.record_count; i++)
			written[i] = (struct bb_report_record){
				.order_id = bb_random_next(&random),
				.product = (uint32_t)bb_random_next(&random),
				.event = (uint8_t)bb_random_below(&random, 128),
				.side = (uint8_t)bb_random_below(&random, 2),
				.record = (uint8_t)bb_random_next(&random),
				.result = (uint16_t)bb_random_next(&random),
				.price = (int32_t)(uint32_t)bb_random_next(&random),
				.quantity_wh = (uint32_t)bb_random_next(&random),
				.remaining_wh = (uint32_t)bb_random_next(&random),
				.counterparty = (uint32_t)bb_random_next(&random),
			};
		const size_t size = bb_report_encode(bytes, &report, written, kit.mac_key);
		CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &read, records), BB_OK);
		CU_ASSERT_TRUE(same_report(&read, &report));
		for (uint32_t i = 0; i < report.record_count; i++)
			CU_ASSERT_TRUE(same_record(&records[i], &written[i]));
	}
}

static void
test_every_truncation_and_extension_is_refused(void)
{
	struct bb_report report;
	const size_t good = kit_hex(bytes, golden_answer);

	memset(bytes + good, 0, KIT_ROOM - good);
	for (size_t size = 0; size < good + 70; size++) {
		uint8_t *copy = kit_copy(bytes, size);
		CU_ASSERT_EQUAL(bb_report_decode(copy, size, kit.mac_key, &report, records),
				size == good ? BB_OK : BB_ERR_LENGTH);
		free(copy);
	}
}

static void
test_one_flipped_bit_anywhere_is_refused(void)
{
	struct bb_report report;
	const size_t size = kit_hex(bytes, golden_answer);

	for (uint32_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_NOT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records),
				    BB_OK);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
test_record_counts_are_at_most_42_and_1_where_one_is_meant(void)
{
	static uint8_t large[BB_REPORT_SIZE_MIN + 255 * BB_REPORT_RECORD_SIZE];
	struct bb_report report;

	kit_hex(large, golden_answer);
	for (uint8_t kind = BB_REPORT_ANSWER; kind <= BB_REPORT_STATUS; kind++) {
		for (uint32_t count = 0; count < 256; count++) {
			const bool good = kind >= BB_REPORT_REFUSAL ? count == 1 : count <= 42;
			const size_t size = BB_REPORT_SIZE_MIN + count * BB_REPORT_RECORD_SIZE;

			large[4] = kind;
			large[5] = (uint8_t)count;
			bb_mac(large + size - BB_MAC_SIZE, kit.mac_key, large, size - BB_MAC_SIZE);
			const enum bb_result result =
				bb_report_decode(large, size, kit.mac_key, &report, records);
			CU_ASSERT_EQUAL(result, good ? BB_OK : BB_ERR_RECORDS);
		}
	}
}

static void
test_the_first_check_that_fails_names_the_reason(void)
{
	struct bb_report report;
	const size_t size = kit_hex(bytes, golden_answer);

	bytes[0] = 'X';
	bytes[4] = 5;
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size - 1, kit.mac_key, &report, records),
			BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records),
			BB_ERR_MAGIC);
	bytes[0] = 'B';
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records),
			BB_ERR_KIND);
	bytes[4] = BB_REPORT_STATUS;
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records),
			BB_ERR_RECORDS);
	bytes[4] = BB_REPORT_NOTICE;
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records),
			BB_ERR_MAC);
	bytes[4] = BB_REPORT_ANSWER;
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, kit.mac_key, &report, records), BB_OK);
}

static void
test_a_report_for_another_participant_is_refused(void)
{
	struct bb_report report;
	uint8_t other[BB_MAC_KEY_SIZE];
	const size_t size = kit_hex(bytes, golden_answer);

	memcpy(other, kit.mac_key, sizeof(other));
	other[15] ^= 1;
	CU_ASSERT_EQUAL(bb_report_decode(bytes, size, other, &report, records), BB_ERR_MAC);
}

static void
test_a_report_is_smaller_than_the_packet_that_earned_it(void)
{
	for (uint8_t count = 1; count <= BB_RECORDS_MAX; count++) {
		const struct bb_report report = report_of(BB_REPORT_ANSWER, count);

		CU_ASSERT_TRUE(bb_report_encode(bytes, &report, records, kit.mac_key) <
			       bb_packet_size(count));
	}
	/* The single record of a status or a refusal is not larger than an empty packet. */
	CU_ASSERT_TRUE(BB_REPORT_SIZE_MIN + BB_REPORT_RECORD_SIZE <= bb_packet_size(0));
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an answer has the golden bytes", test_an_answer_has_the_golden_bytes },
		{ "a notice has the golden bytes", test_a_notice_has_the_golden_bytes },
		{ "refusal and status have the golden bytes",
		  test_refusal_and_status_have_the_golden_bytes },
		{ "any report comes back as it was", test_any_report_comes_back_as_it_was },
		{ "every truncation and extension is refused",
		  test_every_truncation_and_extension_is_refused },
		{ "one flipped bit anywhere is refused",
		  test_one_flipped_bit_anywhere_is_refused },
		{ "record counts are at most 42, and 1 where one is meant",
		  test_record_counts_are_at_most_42_and_1_where_one_is_meant },
		{ "the first check that fails names the reason",
		  test_the_first_check_that_fails_names_the_reason },
		{ "a report for another participant is refused",
		  test_a_report_for_another_participant_is_refused },
		{ "a report is smaller than the packet that earned it",
		  test_a_report_is_smaller_than_the_packet_that_earned_it },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	return bb_test_run("report", tests);
}
