#include "tests/market/day_drive.h"

#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_settlement.h"
#include "market/bb_tick.h"
#include "tests/market/save_kit.h"

#define MEMORY  (2u << 20)
#define EVENTS  4096u
#define TRADERS 6u /* ids 2..7 */
#define GRID    8u
#define METER   9u
#define QUARTER UINT32_C(1970000)
#define LINES   3u
#define MOVES   53u /* commands from one move of a subject to the next */

static const struct bb_market_size sizes[] = {
	{ .participants = 12, .products = 40, .orders = 64, .levels = 1024, .places = 256,
	  .positions = 80, .courses = 12 },
	{ .participants = 10, .products = 9, .orders = 20, .levels = 256, .places = 128,
	  .positions = 20, .courses = 5 },
};

struct subject {
	struct bb_market *market;
	uint32_t room; /* 0: bb_market_apply */
	struct bb_event events[EVENTS];
	uint32_t count;
};

static _Alignas(BB_ARENA_ALIGN) uint8_t memories[3][MEMORY]; /* one to move to */
static uint8_t memory_before[MEMORY];
static struct subject subjects[2];

/* Where the drive stands, beside the venues. */
struct drive {
	const struct bb_market_size *size;
	struct day_tally *tally;
	uint64_t number;
	uint64_t time_ns;
	uint32_t pace; /* how slowly time goes: books fill, or days pass */
};

static void
start(struct drive *drive, uint8_t choice)
{
	static const uint8_t key[32] = { 0x11 };

	for (uint32_t i = 0; i < 2; i++) {
		struct bb_arena arena;
		BB_ASSERT(bb_market_bytes(drive->size) <= MEMORY);
		memset(memories[i], 0, bb_market_bytes(drive->size));
		bb_arena_init(&arena, memories[i], MEMORY);
		subjects[i].room = i == 0 ? 0 : BB_TICK_ROOM + choice / 16u;
		subjects[i].market = bb_market_init(&arena, drive->size, key,
						    i == 0 ? 0 : UINT64_C(0xfeedfacecafe) + choice);
	}
}

static void
apply(struct subject *subject, const struct drive *drive, const struct bb_command *command)
{
	bool done = false;

	subject->count = 0;
	while (!done) {
		struct bb_event *events = subject->events + subject->count;
		uint32_t count = 0;
		if (subject->room == 0) {
			done = bb_market_apply(subject->market, command, drive->number,
					       drive->time_ns, events, &count);
		} else {
			struct bb_slice slice = {
				.events = events, .room = subject->room, .number = drive->number,
			};
			subject->market->number = drive->number;
			subject->market->time_ns = drive->time_ns;
			done = bb_market_run(subject->market, command, &slice);
			count = slice.count;
			BB_ASSERT(done || count > 0);
		}
		subject->count += count;
		BB_ASSERT(subject->count + BB_SLICE_EVENTS <= EVENTS);
	}
	BB_ASSERT(subject->count > 0);
}

/* A refusal may change the number and the time, which all commands do, and when its sender was
 * heard, and no more; but what a self-trade check sorted. */
static void
compare_memory(const struct subject *subject, const struct drive *drive, uint32_t participant)
{
	struct bb_market *before = (struct bb_market *)(void *)memory_before;
	const uint64_t *heard = &subject->market->members.accounts[participant].last_heard_ns;

	if (subject->events[0].result == BB_ERR_SELF_TRADE)
		return;
	if (participant >= 1 && participant <= drive->size->participants)
		memcpy(memory_before + ((const uint8_t *)heard - memories[0]), heard,
		       sizeof(*heard));
	before->number = subject->market->number;
	before->time_ns = subject->market->time_ns;
	BB_ASSERT(memcmp(memory_before, subject->market, bb_market_bytes(drive->size)) == 0);
}

static void
count_events(struct day_tally *tally, const struct subject *subject)
{
	for (uint32_t i = 0; i < subject->count; i++) {
		const struct bb_event *event = &subject->events[i];
		tally->events[event->kind]++;
		tally->results[event->result]++;
		tally->rebates += event->kind == BB_EVENT_POSTED &&
				  event->remaining_wh == BB_POSTING_REBATE;
		tally->uncrossed += event->kind == BB_EVENT_CARRIED && event->counterparty != 0;
		if (event->kind == BB_EVENT_STATE)
			tally->states[event->remaining_wh]++;
	}
}

/* One of the two goes on elsewhere, from what was saved of it. */
static void
move_subject(const struct drive *drive)
{
	struct subject *subject = &subjects[1];
	uint8_t *to = (uint8_t *)subject->market == memories[1] ? memories[2] : memories[1];

	save_compare(subjects[0].market, subject->market);
	subject->market = save_move(subject->market, to, MEMORY, drive->number);
}

static void
step(struct drive *drive, const struct bb_command *command)
{
	drive->number++;
	if (drive->number % MOVES == 0)
		move_subject(drive);
	apply(&subjects[1], drive, command);
	if (subjects[1].events[0].kind == BB_EVENT_REFUSED)
		memcpy(memory_before, memories[0], bb_market_bytes(drive->size));
	apply(&subjects[0], drive, command);
	bb_market_check(subjects[0].market);
	if (drive->number % 32 == 0)
		bb_market_check(subjects[1].market);
	BB_ASSERT(subjects[0].count == subjects[1].count);
	BB_ASSERT(memcmp(subjects[0].events, subjects[1].events,
			 subjects[0].count * sizeof(struct bb_event)) == 0);
	BB_ASSERT(bb_market_due_ns(subjects[0].market) == bb_market_due_ns(subjects[1].market));
	if (subjects[0].events[0].kind == BB_EVENT_REFUSED)
		compare_memory(&subjects[0], drive, command->participant);
	if (drive->tally != NULL)
		count_events(drive->tally, &subjects[0]);
}

static void
ask(struct drive *drive, struct bb_command command)
{
	step(drive, &command);
}

static void
add_member(struct drive *drive, uint32_t participant, uint16_t roles)
{
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ADD,
		.member = { .participant = participant, .orders_max = 12, .roles = roles,
			    .zone = (uint8_t)(1 + participant % 2) },
	};

	command.member.key[0] = (uint8_t)(0x20 + participant);
	step(drive, &command);
}

/* The lines of most intervals, in a ring where there are three zones.  Fees and ticks differ. */
static struct bb_line_command
line_of(uint8_t line, uint32_t capacity_wh, uint32_t capacity_reverse_wh)
{
	static const struct {
		uint8_t from, to;
		int32_t fee;
	} lines[LINES] = { { 1, 2, 100 }, { 2, 3, 30 }, { 1, 3, 0 } };

	return (struct bb_line_command){
		.line = line,
		.from_zone = lines[line].from,
		.to_zone = lines[line].to,
		.fee = lines[line].fee,
		.capacity_wh = capacity_wh,
		.capacity_reverse_wh = capacity_reverse_wh,
	};
}

static void
set_group(struct drive *drive, uint16_t group, int32_t a, int32_t b, int32_t c, int32_t d,
	  int32_t e)
{
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = group, .values = { a, b, c, d, e, 240, 3600, 7200, 3600 } },
	});
}

static void
prepare(struct drive *drive, uint8_t choice)
{
	const uint8_t accept = choice / 4 % 4;

	for (uint32_t id = 2; id < 2 + TRADERS; id++)
		add_member(drive, id, BB_ROLE_TRADER);
	add_member(drive, GRID, BB_ROLE_GRID);
	add_member(drive, METER, BB_ROLE_METER);
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_TERMS, .values = { -2000, 3000, 100, 10, 5000 } },
	});
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_CLEARING, .values = { 500, accept * 1000 } },
	});
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_ZONES, .values = { drive->size == sizes ? 14 : 6 } },
	});
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_PROTECTION, .values = { 20000, 100, 30 } },
	});
	/* Without lines more is left to auctions. */
	for (uint8_t i = 0; i < LINES && choice / 32 % 2 == 0; i++)
		ask(drive, (struct bb_command){ .participant = GRID, .kind = BB_COMMAND_LINE,
						.line = line_of(i, 150, choice % 4 * 50u) });
	/* What penalties collect goes back every day, or never; congestion too, or to the DSO. */
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_REBATE,
			   .values = { choice % 16 != 1, 0, choice % 2 * 1000, choice / 2 % 2 } },
	});
	/* An hour of four intervals ahead of time, an auction half an hour before delivery. */
	set_group(drive, BB_PARAM_CALENDAR, 1, 3600, choice % 8 == 0 ? 0 : 1800, 600, 300);
}

/* A product near now: mostly of the next intervals, or of one that was delivered. */
static uint32_t
product_of(const struct drive *drive, uint8_t byte)
{
	const uint32_t now = (uint32_t)(drive->time_ns / BB_QUARTER_NS);
	const uint8_t zone = byte % 16 >= 11 ? 3 : 1 + byte % 2;

	return bb_product_of(zone, now + 1 + byte / 16u % (drive->pace == 1 ? 4 : 2));
}

static uint32_t
past_product(const struct drive *drive, uint8_t byte)
{
	const uint32_t now = (uint32_t)(drive->time_ns / BB_QUARTER_NS);

	return bb_product_of(1 + byte % 2, now - byte / 2u % 8);
}

static void
fill_order(const struct drive *drive, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = 2 + bytes[1] % TRADERS;
	command->order = (struct bb_order_command){
		.order_id = bytes[6] % 16,
		.product = product_of(drive, bytes[2]),
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
				(uint32_t)(drive->time_ns / BB_SECOND_NS) + bytes[4] * 8u;
		else if (command->order.type == BB_LIMIT_ICEBERG)
			command->order.shown_wh = 10 + bytes[4] % 8 * 10u;
	}
	if (bytes[3] >= 250)
		command->order.price = bytes[3] % 2 == 0 ? -2000 : 3000;
	if (bytes[4] >= 250)
		command->order.quantity_wh = bytes[4];
}

static void
fill_meter(const struct drive *drive, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = METER;
	command->meter = (struct bb_meter_command){
		.injected_wh = (bytes[3] - 128) * 10,
		.participant = 2 + bytes[1] % TRADERS,
		.product = past_product(drive, bytes[2]),
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

	*line = line_of(bytes[3] % LINES, bytes[4] * 4u, bytes[5] * 4u);
	line->first_quarter = bytes[1] % 8 == 7 ? 0 : quarter;
	line->quarters = bytes[1] % 8 == 7 ? 0 : 1 + bytes[1] % 3;
	if (other) {
		line->to_zone = bytes[3] % 64 == 63 ? line->from_zone : 1 + bytes[3] / 64;
		line->fee = bytes[6] % 8 * 10;
	}
}

static void
fill_grid(const struct drive *drive, struct bb_command *command, const uint8_t *bytes)
{
	const uint32_t quarter = bb_product_quarter(product_of(drive, bytes[2])) + bytes[7] % 16;

	command->participant = GRID;
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
	if (command->kind == BB_COMMAND_IMBALANCE && bytes[7] % 2 == 1) {
		/* Of an interval that has opened with the defaults, or with some of these. */
		command->imbalance.first_quarter =
			bb_product_quarter(past_product(drive, bytes[2])) + bytes[7] / 32u;
		command->imbalance.price_long = 40000 + bytes[3] * 20 - 20;
		command->imbalance.price_short = 220000 - bytes[4] * 20;
		command->imbalance.price_reference = 100000 - bytes[5] * 20;
	}
	if (command->kind == BB_COMMAND_RESTRICT)
		command->restrict_ = (struct bb_restrict_command){
			.participant = 2 + bytes[1] % TRADERS,
			.product = past_product(drive, bytes[2]),
			.quantity_wh = bytes[3] * 2u,
		};
}

static void
fill_operator(const struct drive *drive, struct bb_command *command, const uint8_t *bytes)
{
	command->participant = BB_OPERATOR;
	switch (command->kind) {
	case BB_COMMAND_TRANSFER:
		command->transfer.participant = bytes[1] % 8 == 7 ? BB_ACCOUNT_GRID + bytes[2] % 8
								  : 2 + bytes[1] % TRADERS;
		command->transfer.amount = ((int64_t)bytes[3] - 60) * 100000;
		break;
	case BB_COMMAND_MEMBER_SET:
		command->attributes = (struct bb_attributes_command){
			.participant = 2 + bytes[1] % TRADERS,
			.cap_in_wh = bytes[2] % 4 == 0 ? bytes[3] * 10u : 0,
			.cap_out_wh = bytes[2] % 4 == 1 ? bytes[3] * 10u : 0,
			.metered_by = bytes[4] % 8 == 0 ? METER : bytes[4] % 64 == 1 ? GRID : 0,
			.reputation_min = bytes[5] * 2500u,
			.feeder = bytes[6] % 4,
			.escrow = bytes[7] % 4 == 0,
		};
		break;
	case BB_COMMAND_MEMBER_KILL:
	case BB_COMMAND_MEMBER_ARM:
	case BB_COMMAND_MEMBER_REVOKE:
		command->member.participant = 2 + bytes[1] % (TRADERS + 4);
		break;
	case BB_COMMAND_RULING:
		command->ruling.product = past_product(drive, bytes[2]);
		command->ruling.uphold = bytes[3] & 1;
		break;
	default: /* halts */
		command->product.product = product_of(drive, bytes[2]);
	}
}

/* Kinds by the first byte; the rest of 64 are orders, ticks and readings. */
static uint8_t
kind_of(const struct drive *drive, const uint8_t *bytes)
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
	if (drive->pace > 1 && bytes[0] % 64 >= 32 && bytes[0] % 64 < 50)
		return bytes[0] % 64 < 36 ? BB_COMMAND_PRODUCT_RESUME : BB_COMMAND_NEW;
	if (drive->pace > 1 && bytes[0] % 64 == 61)
		return BB_COMMAND_PRODUCT_HALT;
	if (bytes[0] % 64 == 60 && bytes[1] % 8 == 0)
		return bytes[1] % 16 == 0 ? BB_COMMAND_KILL : BB_COMMAND_MEMBER_KILL;
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

static struct bb_command
decode(const struct drive *drive, const uint8_t *bytes)
{
	struct bb_command command = { .kind = kind_of(drive, bytes) };
	const uint8_t kind = command.kind;

	if (bytes[0] == 254) { /* anything at all */
		command.participant = bytes[1] % 12;
		command.kind = bytes[2] % (BB_COMMAND_KINDS + 1);
		for (uint32_t i = 0; i < 7; i++)
			memcpy((uint8_t *)&command.order + 8 * i + bytes[7] % 4, bytes + 3, 4);
	} else if (kind == BB_COMMAND_TICK) {
		command.participant = BB_VENUE;
	} else if (kind == BB_COMMAND_METER) {
		fill_meter(drive, &command, bytes);
	} else if (kind >= BB_COMMAND_LINE && kind <= BB_COMMAND_RESTRICT) {
		fill_grid(drive, &command, bytes);
	} else if (kind >= BB_COMMAND_PARAM || kind == BB_COMMAND_MEMBER_REVOKE) {
		fill_operator(drive, &command, bytes);
	} else {
		fill_order(drive, &command, bytes);
		if (kind == BB_COMMAND_DISPUTE)
			command.order.product = past_product(drive, bytes[2]);
	}
	if (bytes[0] % 64 == 53 && bytes[7] % 8 == 7)
		command.participant = bytes[6] % 12;
	return command;
}

/* Time goes on with ticks, and a little with whatever else comes. */
static void
pass_time(struct drive *drive, const struct bb_command *command, const uint8_t *bytes)
{
	static const uint32_t seconds[] = { 0, 0, 1, 10, 30, 60, 60, 60, 60, 120, 120, 180, 240,
					    240, 300, 3600 };

	if (command->kind == BB_COMMAND_TICK)
		drive->time_ns += seconds[bytes[1] % 16] * BB_SECOND_NS / drive->pace;
	else
		drive->time_ns += bytes[7] % 2 * BB_SECOND_NS;
}

size_t
day_drive(const uint8_t *bytes, size_t size, struct day_tally *tally)
{
	if (size == 0)
		return 0;
	struct drive drive = {
		.size = &sizes[bytes[0] % 4 == 3],
		.tally = tally,
		.time_ns = QUARTER * BB_QUARTER_NS,
		.pace = bytes[0] / 64 % 2 == 0 ? 1 : 10,
	};
	const size_t commands = (size - 1) / DAY_COMMAND_BYTES;

	start(&drive, bytes[0]);
	prepare(&drive, bytes[0]);
	for (size_t i = 0; i < commands; i++) {
		const uint8_t *at = bytes + 1 + i * DAY_COMMAND_BYTES;
		const struct bb_command command = decode(&drive, at);
		pass_time(&drive, &command, at);
		step(&drive, &command);
	}
	return commands;
}
