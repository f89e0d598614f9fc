/* test_tariff - what contracts pay for the network of their zone: how much, by whom, for which
 * energy, and that escrow covers it. */
#include <string.h>

#include "market/bb_settlement.h"
#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

static struct day day;

/* A venue as of day_open, with the tariffs of example 12. */
static void
open_with_tariffs(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_line(&day, 0, 0, 1500, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 2000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_tariff(&day, 2, 0, 1000, 4000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
}

static void
settle_example_5(void)
{
	day_at(&day, 900);
	day_meter_example_5(&day);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
}

/* What a participant was charged since day_clear by a kind of posting, for how many Wh. */
static int64_t
charged(uint32_t participant, enum bb_posting_kind kind, uint32_t *energy_wh)
{
	int64_t sum = 0;

	*energy_wh = 0;
	for (uint32_t i = 0; i < day_count(&day, BB_EVENT_POSTED); i++) {
		const struct bb_event *event = day_event(&day, BB_EVENT_POSTED, i);
		if (event->participant != participant || event->remaining_wh != kind)
			continue;
		CU_ASSERT_EQUAL(event->counterparty, BB_ACCOUNT_DSO);
		sum += (int64_t)event->order_id;
		*energy_wh += event->quantity_wh;
	}
	return sum;
}

static void
expect_charge(uint32_t participant, enum bb_posting_kind kind, uint32_t energy_wh, int64_t amount)
{
	uint32_t wh;

	CU_ASSERT_EQUAL(charged(participant, kind, &wh), amount);
	CU_ASSERT_EQUAL(wh, energy_wh);
}

/* The worked example of docs/market.md. */
static void
test_example_12_to_the_unit(void)
{
	open_with_tariffs();
	day_at(&day, -500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	settle_example_5();
	expect_charge(2, BB_POSTING_INJECTION, 2500, 5000000);
	expect_charge(3, BB_POSTING_INJECTION, 1000, 1000000);
	expect_charge(4, BB_POSTING_USE, 1000, 3000000);
	expect_charge(5, BB_POSTING_USE, 2500, 10000000);
	expect_charge(2, BB_POSTING_USE, 0, 0);
	CU_ASSERT_EQUAL(day_money(&day, 2), 74625000);
	CU_ASSERT_EQUAL(day_money(&day, 3), 140200000);
	CU_ASSERT_EQUAL(day_money(&day, 4), -63000000);
	CU_ASSERT_EQUAL(day_money(&day, 5), -405875000);
	CU_ASSERT_EQUAL(day_money(&day, 7), 0); /* nothing contracted */
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 26500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_RENT), 112500000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_GRID), 108800000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_FUND), 6250000);
	day_stop(&day);
}

/* Contracts do not change by readings. */
static void
test_a_second_settlement_charges_nothing(void)
{
	open_with_tariffs();
	day_at(&day, -500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	settle_example_5();
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, true), BB_OK);
	day_clear(&day);
	day_at(&day, 900 + 7200);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	for (uint32_t id = 2; id <= 5; id++) {
		expect_charge(id, BB_POSTING_INJECTION, 0, 0);
		expect_charge(id, BB_POSTING_USE, 0, 0);
	}
	CU_ASSERT_EQUAL(day_money(&day, 5), -360000000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 26500000);
	day_stop(&day);
}

static void
curtail(uint32_t participant, uint8_t zone, uint32_t quantity_wh)
{
	const struct bb_command command = {
		.participant = DAY_GRID, .kind = BB_COMMAND_RESTRICT,
		.restrict_ = { .participant = participant, .product = day_product(&day, zone),
			       .quantity_wh = quantity_wh },
	};

	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_OK);
}

static void
test_what_was_curtailed_pays_nothing(void)
{
	open_with_tariffs();
	day_at(&day, -500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	curtail(2, 1, 300);
	curtail(5, 2, 2500); /* all of it */
	settle_example_5();
	expect_charge(2, BB_POSTING_INJECTION, 2200, 4400000);
	expect_charge(5, BB_POSTING_USE, 0, 0);
	CU_ASSERT_EQUAL(day_money(&day, 2), 127600000);
	day_stop(&day);
}

/* Each contract pays, as with the fee of a line: who sells back what it bought pays for both; and
 * curtailment comes off what is left of the two. */
static void
test_who_buys_and_sells_pays_for_both(void)
{
	open_with_tariffs();
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 60000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 60000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 6, 1, 1, BB_BUY, 50000, 400), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 2, 1, BB_SELL, 50000, 400), BB_OK);
	day_at(&day, -300);
	curtail(4, 1, 100);
	day_at(&day, 900);
	day_clear(&day);
	day_at(&day, 900 + 3600);
	expect_charge(2, BB_POSTING_INJECTION, 1000, 2000000);
	expect_charge(4, BB_POSTING_INJECTION, 400, 800000);
	expect_charge(4, BB_POSTING_USE, 900, 2700000);
	expect_charge(6, BB_POSTING_USE, 400, 1200000);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), 6700000);
	day_stop(&day);
}

/* Example 4, with each limit worse by the tariff of its zone: the same energy, and of the price the
 * seller keeps what it asked for. */
static void
test_priced_into_limits_the_same_energy_trades(void)
{
	open_with_tariffs();
	day_at(&day, -500);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 60000 + 2000, 4000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 120000 - 3000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 3, 1, 2, BB_SELL, 140000 + 1000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 5, 1, 2, BB_BUY, 200000 - 4000, 2500), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 7, 1, 2, BB_BUY, 100000 - 4000, 1000), BB_OK);
	day_at(&day, -300);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_meter(&day, 2, 1, 2500, false), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 3, 2, 1000, false), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 4, 1, -1000, false), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, false), BB_OK);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_money(&day, 2), 2500 * INT64_C(60000));
	CU_ASSERT_EQUAL(day_money(&day, 3), 1000 * INT64_C(140000));
	CU_ASSERT_EQUAL(day_money(&day, 4), -1000 * (INT64_C(62000) + 3000));
	CU_ASSERT_EQUAL(day_money(&day, 5), -2500 * (INT64_C(141000) + 4000));
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_RENT), 1500 * INT64_C(74000));
	day_stop(&day);
}

/* Fully covered, a buyer that draws twice what it bought is still not below zero; and with a unit
 * less its order was refused. */
static void
test_escrow_covers_the_tariff(void)
{
	const struct bb_attributes_command covered = { .participant = 4, .escrow = 1 };
	const int64_t need = (120000 + 220000 + 25000 + 3000) * INT64_C(1000);

	day_start(&day);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 2000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_ESCROW, 0, 1000000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	CU_ASSERT_EQUAL(day_set(&day, &covered), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 120000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, need - 1), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 120000, 1000), BB_ERR_ESCROW);
	CU_ASSERT_EQUAL(day_transfer(&day, 4, 1), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 120000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_locked(&day, 4), (uint64_t)need);
	/* A sell locks the larger of both too: the margin is one of the listing. */
	CU_ASSERT_EQUAL(day_locked(&day, 2), (220000 + 25000 + 3000) * UINT64_C(1000));
	day_at(&day, -300);
	day_at(&day, 900);
	CU_ASSERT_EQUAL(day_meter(&day, 4, 1, -2000, false), BB_OK);
	day_at(&day, 900 + 3600);
	/* Of the penalty the tolerance is left, 50 Wh. */
	CU_ASSERT_EQUAL(day_money(&day, 4), 50 * INT64_C(25000));
	day_at(&day, 900 + 3600 + 86400);
	CU_ASSERT_EQUAL(day_locked(&day, 4), 0);
	CU_ASSERT_EQUAL(day.market->members.accounts[4].killed, 0);
	day_stop(&day);
}

static void
test_escrow_holds_the_larger_of_the_two_whichever_it_is(void)
{
	static const int32_t tariffs[][2] = { { 2000, 3000 }, { 3000, 2000 }, { 3000, 0 } };

	for (uint32_t i = 0; i < sizeof(tariffs) / sizeof(tariffs[0]); i++) {
		day_start(&day);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_ESCROW, 0, 1000000), BB_OK);
		CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, tariffs[i][0], tariffs[i][1]), BB_OK);
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
		day_at(&day, -3600);
		CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 120000, 1000), BB_OK);
		CU_ASSERT_EQUAL(day_order(&day, 4, 1, 1, BB_BUY, 110000, 1000), BB_OK);
		CU_ASSERT_EQUAL(day_locked(&day, 2), (220000 + 25000 + 3000) * UINT64_C(1000));
		CU_ASSERT_EQUAL(day_locked(&day, 4),
				(110000 + 220000 + 25000 + 3000) * UINT64_C(1000));
		day_stop(&day);
	}
}

/* Of one interval, before it opens, instead of what stands for all; not of one that has. */
static void
test_a_tariff_is_fixed_when_an_interval_opens(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 2000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 1, 10, 20), BB_ERR_LINE); /* not defined yet */
	day_at(&day, -3600);
	const struct bb_course *course = bb_calendar_find(&day.market->calendar, day.quarter);
	CU_ASSERT_PTR_NOT_NULL_FATAL(course);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_OPEN);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 1, 10, 20), BB_ERR_STATE);
	CU_ASSERT_EQUAL(bb_course_tariff(course, 1).injection, 2000);
	CU_ASSERT_EQUAL(bb_course_tariff(course, 1).use, 3000);
	CU_ASSERT_EQUAL(bb_course_tariff(course, 2).use, 0);
	day_stop(&day);
}

static void
test_a_tariff_of_one_interval_replaces_what_stands(void)
{
	day_start(&day);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 2000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 1, 1200), BB_OK); /* opens late */
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_DEFINED);
	day_clear(&day);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 2, 10, 20), BB_OK);
	const struct bb_event *event = day_event(&day, BB_EVENT_TARIFF_SET, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_EQUAL(event->participant, DAY_GRID);
	CU_ASSERT_EQUAL(event->counterparty, DAY_GRID);
	CU_ASSERT_EQUAL(event->product, day_product(&day, 1));
	CU_ASSERT_EQUAL(event->quantity_wh, 2);
	CU_ASSERT_EQUAL(event->order_id, bb_prices(10, 20));
	for (uint32_t i = 0; i < 3; i++) {
		const struct bb_course *course =
			bb_calendar_find(&day.market->calendar, day.quarter + i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(course);
		CU_ASSERT_EQUAL(bb_course_tariff(course, 1).injection, i < 2 ? 10 : 2000);
	}
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 17, 10, 20), BB_ERR_LINE); /* more than there are */
	day_stop(&day);
}

static void
test_what_is_out_of_bounds_is_refused(void)
{
	struct bb_command command = {
		.participant = DAY_GRID, .kind = BB_COMMAND_TARIFF, .tariff = { .zone = 1 },
	};

	day_start(&day);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, -1, 0), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 0, -1), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, BB_PRICE_MAX + 1, 0), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, 0, BB_PRICE_MAX + 1), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_tariff(&day, 1, 0, BB_PRICE_MAX, BB_PRICE_MAX), BB_OK);
	CU_ASSERT_EQUAL(day_tariff(&day, 3, 0, 1, 1), BB_ERR_LINE);
	command.tariff.reserved[38] = 1;
	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_ERR_RECORD);
	command.tariff.reserved[38] = 0;
	command.tariff.first_quarter = 5; /* but none of them */
	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_ERR_LINE);
	command.participant = 2;
	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_ERR_ROLE);
	day_stop(&day);
}

/* However often the zones of the calendar change, there is a place for each that it has. */
static void
test_zones_that_went_make_room_for_others(void)
{
	day_start(&day);
	for (uint32_t i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_ZONES, i, -1), i == 0 ? BB_OK
									      : BB_ERR_PARAM);
		struct bb_command zones = {
			.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
			.param = { .group = BB_PARAM_ZONES },
		};
		zones.param.values[i] = -1; /* 32 zones, all that there may be */
		CU_ASSERT_EQUAL(day_apply(&day, &zones), BB_OK);
		for (uint32_t j = 0; j < 32; j++)
			CU_ASSERT_EQUAL(day_tariff(&day, (uint8_t)(32 * i + j), 0,
						   (int32_t)(1 + j), 0), BB_OK);
		for (uint32_t j = 0; j < 32; j++)
			CU_ASSERT_EQUAL(day.market->calendar.tariffs[j].zone / 32, i);
	}
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "example 12 to the unit", test_example_12_to_the_unit },
		{ "a second settlement charges nothing", test_a_second_settlement_charges_nothing },
		{ "what was curtailed pays nothing", test_what_was_curtailed_pays_nothing },
		{ "who buys and sells pays for both", test_who_buys_and_sells_pays_for_both },
		{ "priced into limits the same energy trades",
		  test_priced_into_limits_the_same_energy_trades },
		{ "escrow covers the tariff", test_escrow_covers_the_tariff },
		{ "escrow holds the larger of the two, whichever it is",
		  test_escrow_holds_the_larger_of_the_two_whichever_it_is },
		{ "a tariff is fixed when an interval opens",
		  test_a_tariff_is_fixed_when_an_interval_opens },
		{ "a tariff of one interval replaces what stands",
		  test_a_tariff_of_one_interval_replaces_what_stands },
		{ "what is out of bounds is refused", test_what_is_out_of_bounds_is_refused },
		{ "zones that went make room for others",
		  test_zones_that_went_make_room_for_others },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market tariff", tests);
}
