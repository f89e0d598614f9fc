#include "tests/market/day_drive.h"

#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_settlement.h"
#include "market/bb_tick.h"
#include "tests/market/day_decode.h"
#include "tests/market/save_kit.h"

#define MEMORY  (2u << 20)
#define EVENTS  4096u
#define QUARTER UINT32_C(1970000)
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
	uint32_t pace;
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
		tally->charges += event->kind == BB_EVENT_POSTED &&
				  (event->remaining_wh == BB_POSTING_INJECTION ||
				   event->remaining_wh == BB_POSTING_USE);
		tally->words += event->kind == BB_EVENT_RULED && event->remaining_wh > 0;
		tally->agreed += event->kind == BB_EVENT_RULED && event->quantity_wh > 1;
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

	for (uint32_t id = 2; id < 2 + DAY_TRADERS; id++)
		add_member(drive, id, BB_ROLE_TRADER);
	add_member(drive, DAY_GRID, BB_ROLE_GRID);
	add_member(drive, DAY_METER, BB_ROLE_METER);
	add_member(drive, DAY_SECOND, BB_ROLE_OPERATOR);
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
	for (uint8_t i = 0; i < DAY_LINES && choice / 32 % 2 == 0; i++)
		ask(drive, (struct bb_command){ .participant = DAY_GRID, .kind = BB_COMMAND_LINE,
						.line = day_line(i, 150, choice % 4 * 50u) });
	/* What penalties collect goes back every day, or never; congestion too, or to the DSO. */
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_REBATE,
			   .values = { choice % 16 != 1, 0, choice % 2 * 1000, choice / 2 % 2 } },
	});
	/* Half of the venues want two operators to agree, half settle on actuals. */
	ask(drive, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_SETTLEMENT,
			   .values = { 50000, 50, 250000, 0, 40000, 220000, 100000, 0, 0, 0,
				       1 + choice % 2, choice / 2 % 2 } },
	});
	/* An hour of four intervals ahead of time, an auction half an hour before delivery. */
	set_group(drive, BB_PARAM_CALENDAR, 1, 3600, choice % 8 == 0 ? 0 : 1800, 600, 300);
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
		const struct day_now now = {
			.market = subjects[0].market, .time_ns = drive.time_ns, .pace = drive.pace,
		};
		const struct bb_command command = day_decode(&now, at);
		pass_time(&drive, &command, at);
		step(&drive, &command);
	}
	return commands;
}
