#include "tests/market/day_decode.h"

#include <string.h>

#include "market/bb_state.h"

struct bb_line_command
day_line(uint8_t line, uint32_t capacity_wh, uint32_t capacity_reverse_wh)
{
	static const struct {
		uint8_t from, to;
		int32_t fee;
	} lines[DAY_LINES] = { { 1, 2, 100 }, { 2, 3, 30 }, { 1, 3, 0 } };

	return (struct bb_line_command){
		.line = line,
		.from_zone = lines[line].from,
		.to_zone = lines[line].to,
		.fee = lines[line].fee,
		.capacity_wh = capacity_wh,
		.capacity_reverse_wh = capacity_reverse_wh,
	};
}

/* A product near now: mostly of the next intervals, or of one that was delivered. */
static uint32_t
product_of(const struct day_now *now, uint8_t byte)
{
	const uint32_t quarter = (uint32_t)(now->time_ns / BB_QUARTER_NS);
	const uint8_t zone = byte % 16 >= 11 ? 3 : 1 + byte % 2;

	return bb_product_of(zone, quarter + 1 + byte / 16u % (now->pace == 1 ? 4 : 2));
}

static uint32_t
past_product(const struct day_now *now, uint8_t byte)
{
	const uint32_t quarter = (uint32_t)(now->time_ns / BB_QUARTER_NS);

	return bb_product_of(1 + byte % 2, quarter - byte / 2u % 8);
}

/* One that is settled, and disputed if that is wanted; if there is none, any. */
static uint32_t
settled_product(const struct day_now *now, uint8_t byte, bool disputed)
{
	const struct bb_calendar *calendar = &now->market->calendar;

	for (uint32_t i = 0; i < calendar->size; i++) {
		const struct bb_course *course =
			&calendar->courses[(byte / 2u + i) % calendar->size];
		if (course->state == BB_COURSE_SETTLED && (course->disputes > 0) == disputed)
			return bb_product_of(1 + byte % 2, course->quarter);
	}
	return past_product(now, byte);
}

static void
fill_order(const struct day_now *now, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = 2 + bytes[1] % DAY_TRADERS;
	command->order = (struct bb_order_command){
		.order_id = bytes[6] % 16,
		.product = product_of(now, bytes[2]),
		.price = (bytes[3] % 16 - 4) * 100,
		.quantity_wh = 10 + bytes[4] % 32 * 10u,
		.side = bytes[5] & 1,
		.type = (bytes[5] >> 1 & 7) == 7 ? BB_LIMIT_IOC : BB_LIMIT_GTC,
		.accept_sources = (bytes[5] >> 4 & 3) == 3 ? (uint16_t)(bytes[7] | 1) : 0,
		.source = bytes[7] % 4,
	};
	if (bytes[7] >= 192) {
		command->order.type = bytes[7] % BB_ORDER_TYPES;
		if (command->order.type == BB_LIMIT_GTD)
			command->order.expires_s =
				(uint32_t)(now->time_ns / BB_SECOND_NS) + bytes[4] * 8u;
		else if (command->order.type == BB_LIMIT_ICEBERG)
			command->order.shown_wh = 10 + bytes[4] % 8 * 10u;
	}
	if (bytes[3] >= 250)
		command->order.price = bytes[3] % 2 == 0 ? -2000 : 3000;
	if (bytes[4] >= 250)
		command->order.quantity_wh = bytes[4];
}

static void
fill_meter(const struct day_now *now, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = DAY_METER;
	command->meter = (struct bb_meter_command){
		.injected_wh = (bytes[3] - 128) * 10,
		.participant = 2 + bytes[1] % DAY_TRADERS,
		.product = past_product(now, bytes[2]),
		.correction = bytes[4] % 4 == 3,
		.quality = bytes[5] % 32 == 31 ? bytes[5] % 4 : 0,
	};
	if (bytes[6] == 255)
		command->meter.injected_wh = INT64_MIN >> bytes[7] % 64;
}

/* Mostly another capacity of a line that is there. */
static void
fill_line(struct bb_command *command, uint32_t quarter, const uint8_t *bytes)
{
	struct bb_line_command *line = &command->line;
	const bool other = bytes[6] >= 224;

	*line = day_line(bytes[3] % DAY_LINES, bytes[4] * 4u, bytes[5] * 4u);
	line->first_quarter = bytes[1] % 8 == 7 ? 0 : quarter;
	line->quarters = bytes[1] % 8 == 7 ? 0 : 1 + bytes[1] % 3;
	if (other) {
		line->to_zone = bytes[3] % 64 == 63 ? line->from_zone : 1 + bytes[3] / 64;
		line->fee = bytes[6] % 8 * 10;
	}
}

static void
fill_grid(const struct day_now *now, struct bb_command *command, const uint8_t *bytes)
{
	const uint32_t quarter = bb_product_quarter(product_of(now, bytes[2])) + bytes[7] % 16;

	command->participant = DAY_GRID;
	if (command->kind == BB_COMMAND_LINE)
		fill_line(command, quarter, bytes);
	else if (command->kind == BB_COMMAND_IMBALANCE)
		command->imbalance = (struct bb_imbalance_command){
			.first_quarter = quarter,
			.quarters = bytes[1] % 4,
			.price_long = (bytes[3] - 128) * 20,
			.price_short = (bytes[4] - 64) * 20,
			.price_reference = bytes[5] * 20 - 20,
		};
	else if (command->kind == BB_COMMAND_TARIFF)
		command->tariff = (struct bb_tariff_command){
			.first_quarter = bytes[1] % 4 == 0 ? 0 : quarter,
			.quarters = bytes[1] % 4,
			.injection = bytes[3] * 8 - 8,
			.use = bytes[4] * 8 - 8,
			.zone = (uint8_t)(1 + bytes[5] % (bytes[6] >= 192 ? 8 : 2)),
		};
	if (command->kind == BB_COMMAND_IMBALANCE && bytes[7] % 2 == 1) {
		/* Of an interval that has opened with the defaults, or with some of these. */
		command->imbalance.first_quarter =
			bb_product_quarter(past_product(now, bytes[2])) + bytes[7] / 32u;
		command->imbalance.price_long = 40000 + bytes[3] * 20 - 20;
		command->imbalance.price_short = 220000 - bytes[4] * 20;
		command->imbalance.price_reference = 100000 - bytes[5] * 20;
	}
	if (command->kind == BB_COMMAND_RESTRICT)
		command->restrict_ = (struct bb_restrict_command){
			.participant = 2 + bytes[1] % DAY_TRADERS,
			.product = past_product(now, bytes[2]),
			.quantity_wh = bytes[3] * 2u,
		};
}

static void
fill_operator(const struct day_now *now, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = BB_OPERATOR;
	switch (command->kind) {
	case BB_COMMAND_TRANSFER:
		command->transfer.participant = bytes[1] % 8 == 7 ? BB_ACCOUNT_GRID + bytes[2] % 8
								  : 2 + bytes[1] % DAY_TRADERS;
		command->transfer.amount = ((int64_t)bytes[3] - 60) * 100000;
		break;
	case BB_COMMAND_MEMBER_SET:
		command->attributes = (struct bb_attributes_command){
			.participant = 2 + bytes[1] % DAY_TRADERS,
			.cap_in_wh = bytes[2] % 4 == 0 ? bytes[3] * 10u : 0,
			.cap_out_wh = bytes[2] % 4 == 1 ? bytes[3] * 10u : 0,
			.metered_by = bytes[4] % 8 == 0	   ? DAY_METER
				      : bytes[4] % 64 == 1 ? DAY_GRID
							   : 0,
			.reputation_min = bytes[5] * 2500u,
			.feeder = bytes[6] % 4,
			.escrow = bytes[7] % 4 == 0,
		};
		break;
	case BB_COMMAND_MEMBER_KILL:
	case BB_COMMAND_MEMBER_ARM:
	case BB_COMMAND_MEMBER_REVOKE:
		command->member.participant = 2 + bytes[1] % (DAY_TRADERS + 4);
		break;
	case BB_COMMAND_RULING:
		command->ruling.product = settled_product(now, bytes[2], true);
		command->ruling.uphold = bytes[3] & 1;
		if (bytes[4] % 2 != 0)
			command->participant = DAY_SECOND;
		break;
	default: /* halts */
		command->product.product = product_of(now, bytes[2]);
	}
}

/* Kinds by the first byte; the rest of 64 are orders, ticks and readings. */
static uint8_t
kind_of(const struct day_now *now, const uint8_t *bytes)
{
	static const uint8_t kinds[64] = {
		[0 ... 21] = BB_COMMAND_NEW, [22] = BB_COMMAND_LINE,
		[23] = BB_COMMAND_PRODUCT_RESUME, [24 ... 26] = BB_COMMAND_CANCEL,
		[27 ... 29] = BB_COMMAND_REPLACE, [30 ... 41] = BB_COMMAND_TICK,
		[42 ... 49] = BB_COMMAND_METER, [50] = BB_COMMAND_QUOTE,
		[51] = BB_COMMAND_CANCEL_SIDE, [52 ... 53] = BB_COMMAND_DISPUTE,
		[54] = BB_COMMAND_RULING, [55] = BB_COMMAND_LINE, [56] = BB_COMMAND_IMBALANCE,
		[57] = BB_COMMAND_RESTRICT, [58] = BB_COMMAND_TRANSFER,
		[59] = BB_COMMAND_MEMBER_SET, [60] = BB_COMMAND_MEMBER_ARM,
		[61] = BB_COMMAND_PRODUCT_HALT, [62] = BB_COMMAND_PRODUCT_RESUME,
		[63] = BB_COMMAND_CANCEL_ALL,
	};

	/* Where time goes slowly, orders instead of ticks and readings, and more that is halted. */
	if (now->pace > 1 && bytes[0] % 64 >= 32 && bytes[0] % 64 < 50)
		return bytes[0] % 64 < 36 ? BB_COMMAND_PRODUCT_RESUME : BB_COMMAND_NEW;
	if (now->pace > 1 && bytes[0] % 64 == 61)
		return BB_COMMAND_PRODUCT_HALT;
	if (bytes[0] % 64 == 60 && bytes[1] % 8 == 0)
		return bytes[1] % 16 == 0 ? BB_COMMAND_KILL : BB_COMMAND_MEMBER_KILL;
	if (bytes[0] % 64 == 57 && bytes[1] % 2 == 0)
		return BB_COMMAND_TARIFF;
	if (bytes[0] % 64 == 62 && bytes[1] % 2 == 0)
		return BB_COMMAND_RESUME; /* a halt of everything comes by chance alone */
	if (bytes[0] % 64 == 61 && bytes[1] % 4 != 0)
		return BB_COMMAND_NEW;
	if (bytes[0] % 64 == 63 && bytes[2] % 16 == 0)
		return BB_COMMAND_SILENCE; /* as many seconds as an order has Wh */
	if (bytes[0] == 255 && (bytes[1] % BB_COMMAND_KINDS != BB_COMMAND_HALT || bytes[2] < 32))
		return bytes[1] % BB_COMMAND_KINDS;
	return kinds[bytes[0] % 64];
}

struct bb_command
day_decode(const struct day_now *now, const uint8_t *bytes)
{
	struct bb_command command = { .kind = kind_of(now, bytes) };
	const uint8_t kind = command.kind;

	if (bytes[0] == 254) { /* anything at all */
		command.participant = bytes[1] % 12;
		command.kind = bytes[2] % (BB_COMMAND_KINDS + 1);
		for (uint32_t i = 0; i < 7; i++)
			memcpy((uint8_t *)&command.order + 8 * i + bytes[7] % 4, bytes + 3, 4);
	} else if (kind == BB_COMMAND_TICK) {
		command.participant = BB_VENUE;
	} else if (kind == BB_COMMAND_METER) {
		fill_meter(now, &command, bytes);
	} else if (kind >= BB_COMMAND_LINE && kind <= BB_COMMAND_RESTRICT) {
		fill_grid(now, &command, bytes);
	} else if (kind >= BB_COMMAND_PARAM || kind == BB_COMMAND_MEMBER_REVOKE) {
		fill_operator(now, &command, bytes);
	} else {
		fill_order(now, &command, bytes);
		if (kind == BB_COMMAND_DISPUTE)
			command.order.product = settled_product(now, bytes[2], bytes[3] % 4 == 0);
	}
	if (bytes[0] % 64 == 53 && bytes[7] % 8 == 7)
		command.participant = bytes[6] % 12;
	return command;
}
