#include "tests/sim_appliance/sim_day.h"

#include <string.h>

#include "market/bb_course.h"

#define ZONES    2u
#define FASTEST  16000u /* seconds of the venue in one of the machine's */
#define SLOWEST  2000u
#define TRADER_1 2u

void
sim_day_begin(struct sim_day *day, struct bb_random *random, uint64_t now_ns)
{
	day->clock = (struct bb_clock){
		.start_ns = now_ns,
		.origin_ns = now_ns,
		.speed = SLOWEST + bb_random_below(random, FASTEST - SLOWEST),
	};
}

void
sim_day_size(struct bb_market_size *size)
{
	size->courses = 16;
	size->products = size->courses * ZONES;
	size->orders = 64;
	size->levels = 4096;
	size->positions = size->participants * size->products;
}

void
sim_day_member(struct bb_wire_member *member, uint32_t traders)
{
	member->zone = (uint8_t)(1 + member->participant % ZONES);
	if (member->participant == TRADER_1)
		member->roles |= BB_ROLE_GRID;
	if (member->participant == TRADER_1 + traders - 1)
		member->roles |= BB_ROLE_METER;
}

static void
set_param(struct bb_wire_operation *operation, uint16_t group, const int32_t *values,
	  uint32_t count)
{
	operation->op = BB_WIRE_PARAM;
	operation->param = (struct bb_wire_param){ .group = group };
	memcpy(operation->param.values, values, count * sizeof(values[0]));
}

static void
set_calendar(struct bb_wire_operation *operation)
{
	/* Open for two hours, with an auction a while before delivery and one at closure, ahead
	 * of which orders rest for half an hour; closed so early that an auction has time even if
	 * the venue is down for a while; metered for five minutes, disputed for five. */
	static const int32_t values[] = { 1, 7200, 5400, 2700, 800, 700, 300, 300, 120 };

	set_param(operation, BB_PARAM_CALENDAR, values, sizeof(values) / sizeof(values[0]));
}

void
sim_day_setup(uint32_t step, struct bb_wire_operation *operation)
{
	static const int32_t terms[] = { -100000, 300000, 1000, 10, 1000000 };
	static const int32_t zones[] = { 6 };
	static const int32_t rebate[] = { 1, 0, 0, 1 };
	static const int32_t band[] = { 100000, 10000, 60 };

	switch (step) {
	case 0: set_param(operation, BB_PARAM_TERMS, terms, 5); break;
	case 1: set_param(operation, BB_PARAM_ZONES, zones, 1); break;
	case 2: set_param(operation, BB_PARAM_REBATE, rebate, 4); break;
	case 3: set_param(operation, BB_PARAM_PROTECTION, band, 3); break;
	default: set_calendar(operation); break;
	}
}

static uint32_t
quarter_of(uint64_t venue_ns)
{
	return (uint32_t)(venue_ns / BB_QUARTER_NS);
}

static uint8_t
any_zone(struct bb_random *random)
{
	return (uint8_t)(1 + bb_random_below(random, ZONES));
}

uint32_t
sim_day_product(struct bb_random *random, uint64_t venue_ns)
{
	const uint32_t ahead = sim_one_in(random, 4) ? 8 : 3;

	return bb_product_of(any_zone(random),
			     quarter_of(venue_ns) + 1 + bb_random_below(random, ahead));
}

void
sim_day_operate(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
		struct bb_wire_operation *operation)
{
	const uint32_t participant = TRADER_1 + bb_random_below(random, traders);
	const uint32_t product = sim_day_product(random, venue_ns);

	*operation = (struct bb_wire_operation){ .op = BB_WIRE_TRANSFER };
	switch (bb_random_below(random, 8)) {
	case 0:
		operation->op = BB_WIRE_PRODUCT_HALT;
		operation->product.product = product;
		break;
	case 1:
	case 2:
		operation->op = BB_WIRE_PRODUCT_RESUME;
		operation->product.product = product;
		break;
	case 3:
		operation->op = BB_WIRE_RULING;
		operation->ruling.product = bb_product_of(0, bb_product_quarter(product) - 4);
		operation->ruling.uphold = (uint8_t)bb_random_below(random, 2);
		break;
	case 4:
		operation->op = BB_WIRE_MEMBER_SET;
		operation->attributes = (struct bb_wire_attributes){
			.participant = participant,
			.metered_by = TRADER_1 + traders - 1,
			.source = (uint8_t)bb_random_below(random, 4),
			.escrow = (uint8_t)sim_one_in(random, 4),
		};
		break;
	case 5:
		operation->op = sim_one_in(random, 4) ? BB_WIRE_MEMBER_KILL : BB_WIRE_MEMBER_ARM;
		operation->member.participant = participant;
		break;
	default:
		operation->transfer.participant = participant;
		operation->transfer.amount = (int64_t)bb_random_below(random, 1u << 30);
		break;
	}
}

void
sim_day_command(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
		struct bb_wire_operation *operation)
{
	const uint32_t quarter = quarter_of(venue_ns);

	*operation = (struct bb_wire_operation){ .op = BB_WIRE_LINE };
	switch (bb_random_below(random, 4)) {
	case 0:
		operation->op = BB_WIRE_IMBALANCE;
		operation->imbalance = (struct bb_wire_imbalance){
			.first_quarter = quarter + bb_random_below(random, 12),
			.quarters = 1 + bb_random_below(random, 3),
			.price_long = 1000 * (int32_t)bb_random_below(random, 40),
			.price_short = 1000 * (int32_t)(40 + bb_random_below(random, 200)),
			.price_reference = 100000,
		};
		break;
	case 1:
		operation->op = BB_WIRE_RESTRICT;
		operation->restrict_ = (struct bb_wire_restrict){
			.participant = TRADER_1 + bb_random_below(random, traders),
			.product = sim_day_product(random, venue_ns),
			.quantity_wh = 10 * bb_random_below(random, 200),
		};
		break;
	default: /* standing, or of some intervals */
		operation->line = (struct bb_wire_line){
			.line = (uint8_t)bb_random_below(random, 2),
			.from_zone = 1,
			.to_zone = 2,
			.capacity_wh = 10 * bb_random_below(random, 100),
			.capacity_reverse_wh = 10 * bb_random_below(random, 100),
			.fee = 1000 * (int32_t)bb_random_below(random, 10),
		};
		if (sim_one_in(random, 2))
			break;
		operation->line.first_quarter = quarter + bb_random_below(random, 12);
		operation->line.quarters = (uint16_t)(1 + bb_random_below(random, 3));
		break;
	}
}

void
sim_day_read(struct bb_random *random, uint64_t venue_ns, uint32_t traders,
	     struct bb_wire_meter *meter)
{
	*meter = (struct bb_wire_meter){
		.injected_wh = 10 * ((int64_t)bb_random_below(random, 400) - 200),
		.participant = TRADER_1 + bb_random_below(random, traders),
		.product = bb_product_of(any_zone(random),
					 quarter_of(venue_ns) - 1 - bb_random_below(random, 2)),
		.correction = (uint8_t)sim_one_in(random, 4),
	};
}
