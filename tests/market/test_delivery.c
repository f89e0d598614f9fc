/* test_delivery - delivery intervals from gate closure to finality, through bb_market_apply:
 * settlement and reputation with the integers of docs/market.md, readings, disputes. */
#include <string.h>

#include "market/bb_settlement.h"
#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

static struct day day;

static void
expect_example_5(void)
{
	CU_ASSERT_EQUAL(day_money(&day, 4), -60000000);
	CU_ASSERT_EQUAL(day_money(&day, 5), -395875000);
	CU_ASSERT_EQUAL(day_money(&day, 2), 79625000);
	CU_ASSERT_EQUAL(day_money(&day, 3), 141200000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 7500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_RENT), 112500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 108800000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_MARKET), 0);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_BANK), 0);
}

static void
settle_example_5(void)
{
	day_open(&day, 1500);
	day.market->members.accounts[2].reputation = 950000;
	day.market->members.accounts[3].reputation = 700000;
	day.market->members.accounts[4].reputation = 980000;
	day.market->members.accounts[5].reputation = 900000;
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 0);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_DELIVERY);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2200, false), BB_ERR_STATE);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_METERING);
	day_meter_example_5(&day);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
}

static void
test_example_5_to_the_unit(void)
{
	settle_example_5();
	expect_example_5();
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_POSTED); i++)
		CU_ASSERT(day_event(&day, BB_EVENT_POSTED, i)->result == BB_OK);
	day_stop(&day);
}

static void
test_example_6_when_it_is_final_and_not_before(void)
{
	settle_example_5();
	CU_ASSERT_EQUAL(day_reputation(&day, 2), 950000);
	CU_ASSERT(day_locked(&day, 2) > 0);
	day_clear(&day);
	day_at(&day, 900 + 3600 + 86399);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	day_at(&day, 900 + 3600 + 86400);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	CU_ASSERT_EQUAL(day_reputation(&day, 2), 948000);
	CU_ASSERT_EQUAL(day_reputation(&day, 3), 703599);
	CU_ASSERT_EQUAL(day_reputation(&day, 4), 980239);
	CU_ASSERT_EQUAL(day_reputation(&day, 5), 902099);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_REPUTED), 4);
	for (uint32_t id = 2; id <= 9; id++)
		CU_ASSERT_EQUAL(day_locked(&day, id), 0);
	CU_ASSERT_PTR_NULL(bb_products_find(&day.market->products, day_product(&day, 1)));
	CU_ASSERT_EQUAL(day.market->positions.live, 0);
	expect_example_5();
	day_stop(&day);
}

static void
test_all_readings_end_the_waiting(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	day_meter_example_5(&day);
	for (uint32_t id = 6; id <= 9; id++) {
		day_at(&day, 901);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_METERING);
		CU_ASSERT_EQUAL(day_meter(&day, id, id % 2 == 0 ? 1 : 2, 0, false), BB_OK);
	}
	day_at(&day, 902);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	expect_example_5();
	day_stop(&day);
}

/* A wrong reading is corrected: what was posted is taken back and posted anew, and reputation
 * moves once, by the last word. */
static void
test_a_dispute_upheld_settles_again_by_reversal(void)
{
	settle_example_5();
	day_clear(&day);
	CU_ASSERT_EQUAL(day_ask(&day, 7, BB_COMMAND_DISPUTE, 2), BB_ERR_POSITION);
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_RULING, 1), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_DISPUTE, 2), BB_OK);
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_DISPUTE, 2), BB_ERR_EXISTS);
	day_at(&day, 900 + 3600 + 90000); /* the window is over, but for the dispute */
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	struct bb_command ruling = {
		.participant = 1, .kind = BB_COMMAND_RULING,
		.ruling = { .product = day_product(&day, 0), .uphold = 1 },
	};
	CU_ASSERT_EQUAL(day_apply(&day, &ruling), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_RESETTLE);
	expect_example_5(); /* nothing moves before there is a correction */
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, false), BB_ERR_STATE);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, true), BB_OK);
	day_clear(&day);
	day_at(&day, 900 + 3600 + 90000 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	/* 44,000,000 of imbalance and 1,875,000 of penalty come back. */
	CU_ASSERT_EQUAL(day_money(&day, 5), -350000000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 64800000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 4375000);
	CU_ASSERT_EQUAL(day_money(&day, 2), 79625000);
	uint32_t reversals = 0;
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_POSTED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_POSTED, i);
		reversals += event->result == BB_BY_REVERSAL;
		CU_ASSERT(event->remaining_wh >= BB_POSTING_IMBALANCE); /* contracts stand */
	}
	CU_ASSERT_EQUAL(reversals, 5); /* B2 two, S1 two, S2 one */
	CU_ASSERT_EQUAL(day_reputation(&day, 5), 900000);
	day_at(&day, 900 + 3600 + 90000 + 3600 + 21600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	CU_ASSERT_EQUAL(day_reputation(&day, 5), 902999); /* perfect, with 2500 Wh */
	day_stop(&day);
}

static void
test_no_more_than_two_rounds_of_resettlement(void)
{
	settle_example_5();
	int64_t at = 900 + 3600;
	for (uint32_t round = 0; round < 2; round++) {
		CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2300 + round, true), BB_OK);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_RESETTLE);
		at += 3600;
		day_at(&day, at);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	}
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2500, true), BB_ERR_STATE);
	CU_ASSERT_EQUAL(day_ask(&day, 2, BB_COMMAND_DISPUTE, 1), BB_ERR_STATE);
	day_at(&day, at + 21600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	day_stop(&day);
}

static void
test_a_dispute_dismissed_changes_nothing_and_the_window_goes_on(void)
{
	settle_example_5();
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_DISPUTE, 2), BB_OK);
	CU_ASSERT_EQUAL(day_ask(&day, 4, BB_COMMAND_DISPUTE, 1), BB_OK);
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_RULING, 2), BB_OK);
	expect_example_5();
	CU_ASSERT_EQUAL(day_ask(&day, 1, BB_COMMAND_RULING, 2), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_DISPUTE, 2), BB_ERR_EXISTS);
	day_at(&day, 900 + 3600 + 86400);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	day_stop(&day);
}

/* Rule M: the first time of a day what was contracted, then the worst case. */
static void
test_silence_of_a_meter_does_not_pay(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day.market->members.accounts[2].missed_quarter = DAY_QUARTER; /* the one before */
	day.market->members.accounts[5].missed_quarter = DAY_QUARTER;
	day_at(&day, 900);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_METERED), 4);
	for (uint32_t i = 0; i < 4; i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_METERED, i);
		const int64_t metered = (int64_t)event->order_id;
		CU_ASSERT_EQUAL(event->result, BB_BY_SUBSTITUTE);
		if (event->participant == 2)
			CU_ASSERT_EQUAL(metered, 0);
		if (event->participant == 3)
			CU_ASSERT_EQUAL(metered, 1000);
		if (event->participant == 4)
			CU_ASSERT_EQUAL(metered, -1000);
		if (event->participant == 5)
			CU_ASSERT_EQUAL(metered, -5000);
	}
	/* A substitute can be corrected as any reading. */
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2500, true), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_RESETTLE);
	day_stop(&day);
}

/* Covered by a margin for deviations, which this one exceeds by far. */
static void
test_a_covered_participant_below_zero_has_defaulted(void)
{
	const struct bb_attributes_command covered = { .participant = 4, .escrow = 1 };

	day_open(&day, 1500);
	CU_ASSERT_EQUAL(day_set(&day, &covered), BB_OK);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 169000000), BB_OK);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	day_meter_example_5(&day);
	CU_ASSERT_EQUAL(day_meter(&day, 4, 1, -3000, true), BB_OK);
	day_at(&day, 900 + 3600);
	day_clear(&day);
	CU_ASSERT(day_money(&day, 4) < 0);
	day_at(&day, 900 + 3600 + 86400);
	const struct bb_event *killed = day_event(&day, BB_EVENT_KILLED, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(killed);
	CU_ASSERT_EQUAL(killed->participant, 4);
	CU_ASSERT_EQUAL(killed->result, BB_ERR_BALANCE);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_REPUTED, 0)->remaining_wh <= 250000, true);
	CU_ASSERT(day_money(&day, 4) < 0); /* it stays to be seen */
	CU_ASSERT_EQUAL(day.market->members.accounts[4].killed, 1);
	day_stop(&day);
}

static enum bb_result
send_imbalance(int32_t price_long, int32_t price_short, int32_t price_reference)
{
	const struct bb_command command = {
		.participant = DAY_GRID, .kind = BB_COMMAND_IMBALANCE,
		.imbalance = { .first_quarter = DAY_QUARTER, .quarters = 1,
			       .price_long = price_long, .price_short = price_short,
			       .price_reference = price_reference },
	};

	return day_apply(&day, &command);
}

/* Opened at 40,000, 220,000 and 100,000: nobody is covered for worse, and better may come as long
 * as nothing is settled. */
static void
test_actual_imbalance_prices_may_come_after_delivery_if_they_are_no_worse(void)
{
	day_open(&day, 1500);
	day_enter_example_4(&day);
	CU_ASSERT_EQUAL(send_imbalance(39999, 220000, 100000), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(send_imbalance(40000, 220001, 100000), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(send_imbalance(40000, 220000, 100001), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(send_imbalance(300000, -50000, 0), BB_OK);
	CU_ASSERT_EQUAL(send_imbalance(40000, 220000, 100000), BB_OK); /* bounds stay */
	day_at(&day, -300);
	CU_ASSERT_EQUAL(send_imbalance(40000, 219000, 100000), BB_OK);
	day_at(&day, 0);
	CU_ASSERT_EQUAL(send_imbalance(40000, 218000, 100000), BB_OK);
	day_at(&day, 900);
	day_meter_example_5(&day);
	CU_ASSERT_EQUAL(send_imbalance(50000, 200000, 80000), BB_OK);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(send_imbalance(50000, 200000, 80000), BB_ERR_STATE);
	/* S1 300 short of 2500: 300 x 200,000 and 175 x 80,000 / 4; S2 30 over, at 50,000; B2 200
	 * short: 200 x 200,000 and 75 x 80,000 / 4. */
	CU_ASSERT_EQUAL(day_money(&day, 2), 150000000 - 60000000 - 3500000);
	CU_ASSERT_EQUAL(day_money(&day, 3), 140000000 + 1500000);
	CU_ASSERT_EQUAL(day_money(&day, 5), -350000000 - 40000000 - 1500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 5000000);
	day_stop(&day);
}

/* With imbalance_after, readings alone do not begin the settlement: the prices that follow do, or
 * the end of the hour. */
static void
test_settlement_may_wait_for_the_prices(void)
{
	for (uint32_t sent = 0; sent < 2; sent++) {
		day_start(&day);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 9, 1), BB_OK);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
		day_at(&day, -3600);
		day_at(&day, 900);
		for (uint32_t id = 2; id <= 9; id++)
			CU_ASSERT_EQUAL(day_meter(&day, id, id % 2 == 0 ? 1 : 2, 0, false), BB_OK);
		day_at(&day, 901);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_METERING);
		if (sent != 0)
			CU_ASSERT_EQUAL(send_imbalance(40000, 220000, 100000), BB_OK);
		day_at(&day, 902);
		CU_ASSERT_EQUAL(day_state(&day),
				sent != 0 ? BB_COURSE_SETTLED : BB_COURSE_METERING);
		day_at(&day, 900 + 3600);
		CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
		day_stop(&day);
	}
}

static void
test_what_the_grid_curtails_is_nobodys_fault(void)
{
	struct bb_command restrict_ = {
		.participant = DAY_GRID, .kind = BB_COMMAND_RESTRICT,
		.restrict_ = { .participant = 2, .product = 0, .quantity_wh = 2501 },
	};

	day_open(&day, 1500);
	restrict_.restrict_.product = day_product(&day, 1);
	day_enter_example_4(&day);
	CU_ASSERT_EQUAL(day_apply(&day, &restrict_), BB_ERR_STATE);
	day_at(&day, -300);
	CU_ASSERT_EQUAL(day_apply(&day, &restrict_), BB_ERR_QUANTITY);
	restrict_.restrict_.quantity_wh = 300;
	CU_ASSERT_EQUAL(day_apply(&day, &restrict_), BB_OK);
	restrict_.restrict_.participant = 7;
	CU_ASSERT_EQUAL(day_apply(&day, &restrict_), BB_ERR_POSITION);
	day_at(&day, 900);
	day_meter_example_5(&day); /* S1 delivers 2200 of 2500 */
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_money(&day, 2), 2200 * INT64_C(60000));
	day_at(&day, 900 + 3600 + 86400);
	CU_ASSERT(day_reputation(&day, 2) > 500000);
	day_stop(&day);
}

static void
test_only_its_own_meter_reads_a_participant(void)
{
	const struct bb_attributes_command own = { .participant = 2, .metered_by = DAY_METER_2 };
	const struct bb_attributes_command wrong = { .participant = 2, .metered_by = DAY_GRID };

	day_open(&day, 1500);
	CU_ASSERT_EQUAL(day_set(&day, &wrong), BB_ERR_METER);
	CU_ASSERT_EQUAL(day_set(&day, &own), BB_OK);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2200, false), BB_ERR_METER);
	CU_ASSERT_EQUAL(day_meter(&day, 3, 2, 1000, false), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 3, 2, 1000, false), BB_ERR_METERED);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, 0, true), BB_ERR_METERED);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, INT64_MIN, false), BB_ERR_QUANTITY);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 3, 0, false), BB_ERR_PRODUCT);
	CU_ASSERT_EQUAL(day_meter(&day, 15, 2, 0, false), BB_ERR_PARTICIPANT);
	day_stop(&day);
}

/* The same commands in slices of any size are the same events. */
static void
test_slices_change_nothing(void)
{
	static struct day whole;

	settle_example_5();
	day_at(&day, 900 + 3600 + 86400);
	whole = day;
	day_stop(&day);
	for (uint32_t room = 10; room < 24; room += 3) {
		day_open(&day, 1500);
		day.market->members.accounts[2].reputation = 950000;
		day.market->members.accounts[3].reputation = 700000;
		day.market->members.accounts[4].reputation = 980000;
		day.market->members.accounts[5].reputation = 900000;
		day.room = room;
		day_enter_example_4(&day);
		day_at(&day, -300);
		day_at(&day, 0);
		CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2200, false), BB_ERR_STATE);
		day_at(&day, 900);
		day_meter_example_5(&day);
		day_clear(&day);
		day_at(&day, 900 + 3600);
		day_at(&day, 900 + 3600 + 86400);
		CU_ASSERT_EQUAL(day.count, whole.count);
		CU_ASSERT_EQUAL(memcmp(day.events, whole.events,
				       whole.count * sizeof(struct bb_event)), 0);
		day_stop(&day);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 5 to the unit", test_example_5_to_the_unit },
		{ "example 6 when it is final and not before",
		  test_example_6_when_it_is_final_and_not_before },
		{ "all readings end the waiting", test_all_readings_end_the_waiting },
		{ "a dispute upheld settles again by reversal",
		  test_a_dispute_upheld_settles_again_by_reversal },
		{ "no more than two rounds of resettlement",
		  test_no_more_than_two_rounds_of_resettlement },
		{ "a dispute dismissed changes nothing",
		  test_a_dispute_dismissed_changes_nothing_and_the_window_goes_on },
		{ "silence of a meter does not pay", test_silence_of_a_meter_does_not_pay },
		{ "a covered participant below zero has defaulted",
		  test_a_covered_participant_below_zero_has_defaulted },
		{ "actual imbalance prices may come after delivery if they are no worse",
		  test_actual_imbalance_prices_may_come_after_delivery_if_they_are_no_worse },
		{ "settlement may wait for the prices", test_settlement_may_wait_for_the_prices },
		{ "what the grid curtails is nobody's fault",
		  test_what_the_grid_curtails_is_nobodys_fault },
		{ "slices change nothing", test_slices_change_nothing },
		{ "only its own meter reads a participant",
		  test_only_its_own_meter_reads_a_participant },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market delivery", tests);
}
