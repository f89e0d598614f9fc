#include "tests/market/day_kit.h"

#include <stdlib.h>
#include <string.h>

#include "market/bb_tick.h"

static const struct bb_market_size day_size = {
	.participants = 24, .products = 64, .orders = 256, .levels = 2048, .places = 1024,
	.positions = 128, .courses = 16,
};

static void
take(struct day *day, const struct bb_event *events, uint32_t count)
{
	BB_ASSERT(day->count + count <= DAY_EVENTS);
	memcpy(&day->events[day->count], events, count * sizeof(*events));
	day->count += count;
}

/* One call of the market: all its slices, of the room that the kit was given. */
static void
run(struct day *day, const struct bb_command *command)
{
	struct bb_event events[BB_SLICE_EVENTS];
	bool done = false;
	uint32_t count = 0;

	day->number++;
	while (!done) {
		if (day->room == 0) {
			done = bb_market_apply(day->market, command, day->number, day->time_ns,
					       events, &count);
		} else {
			struct bb_slice slice = { .events = events, .room = day->room,
						  .number = day->number };
			day->market->number = day->number;
			day->market->time_ns = day->time_ns;
			done = bb_market_run(day->market, command, &slice);
			count = slice.count;
			BB_ASSERT(done || count > 0);
		}
		take(day, events, count);
	}
	bb_market_check(day->market);
}

enum bb_result
day_apply(struct day *day, const struct bb_command *command)
{
	const uint32_t before = day->count;

	run(day, command);
	BB_ASSERT(day->count > before);
	const struct bb_event *first = &day->events[before];
	return first->kind == BB_EVENT_REFUSED ? (enum bb_result)first->result : BB_OK;
}

static void
add_member(struct day *day, uint32_t participant, uint16_t roles, uint8_t zone)
{
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ADD,
		.member = { .participant = participant, .orders_max = 32, .roles = roles,
			    .zone = zone },
	};

	command.member.key[0] = (uint8_t)(0x20 + participant);
	BB_ASSERT(day_apply(day, &command) == BB_OK);
}

static struct bb_param_command
group_of(const struct day *day, enum bb_param_group group)
{
	const struct bb_rules *rules = &day->market->calendar.rules;
	struct bb_param_command param = { .group = (uint16_t)group };

	if (group == BB_PARAM_ZONES)
		memcpy(param.values, rules->zones, sizeof(rules->zones));
#define X(of, place, name, least, most, start) \
	if (group == BB_PARAM_##of)            \
		param.values[place] = rules->name;
	BB_RULES_LIST(X)
#undef X
	return param;
}

enum bb_result
day_param(struct day *day, enum bb_param_group group, uint32_t place, int32_t value)
{
	struct bb_command command = { .participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM };

	command.param = group_of(day, group);
	command.param.values[place] = value;
	return day_apply(day, &command);
}

static void
set_terms(struct day *day)
{
	const struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_TERMS,
			   .values = { -100000, 300000, 1000, 10, 1000000 } },
	};

	BB_ASSERT(day_apply(day, &command) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_ZONES, 0, 6) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_CALENDAR, 2, 0) == BB_OK);
}

void
day_start(struct day *day)
{
	static const uint8_t key[32] = { 0x11 };
	const size_t size = bb_market_bytes(&day_size);
	struct bb_arena arena;

	*day = (struct day){ .quarter = DAY_QUARTER };
	day->memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(size));
	memset(day->memory, 0, size);
	bb_arena_init(&arena, day->memory, size);
	day->market = bb_market_init(&arena, &day_size, key, 7);
	day->time_ns = (DAY_QUARTER - 200) * BB_QUARTER_NS;
	for (uint32_t id = 2; id <= 9; id++)
		add_member(day, id, BB_ROLE_TRADER, id % 2 == 0 ? 1 : 2);
	add_member(day, DAY_GRID, BB_ROLE_GRID, 1);
	add_member(day, DAY_METER, BB_ROLE_METER, 1);
	add_member(day, DAY_METER_2, BB_ROLE_METER, 1);
	set_terms(day);
	day_clear(day);
}

void
day_stop(struct day *day)
{
	free(day->memory);
}

void
day_clear(struct day *day)
{
	day->count = 0;
}

void
day_at(struct day *day, int64_t seconds)
{
	const struct bb_command tick = { .kind = BB_COMMAND_TICK };
	const uint64_t start_ns = DAY_QUARTER * BB_QUARTER_NS;
	const uint64_t now_ns = seconds < 0 ? start_ns - (uint64_t)-seconds * BB_SECOND_NS
					    : start_ns + (uint64_t)seconds * BB_SECOND_NS;
	uint32_t ticks = 0;

	BB_ASSERT(now_ns >= day->time_ns);
	day->time_ns = now_ns;
	do {
		run(day, &tick);
		BB_ASSERT(++ticks < 1000);
	} while (bb_market_due_ns(day->market) <= now_ns);
}

uint32_t
day_product(const struct day *day, uint8_t zone)
{
	return bb_product_of(zone, day->quarter);
}

enum bb_course_state
day_state(const struct day *day)
{
	const struct bb_course *course =
		bb_calendar_find(&day->market->calendar, day->quarter);

	return course == NULL ? BB_COURSE_NONE : (enum bb_course_state)course->state;
}

enum bb_result
day_order(struct day *day, uint32_t participant, uint64_t id, uint8_t zone, enum bb_side side,
	  int32_t price, uint32_t quantity_wh)
{
	const struct bb_command command = {
		.participant = participant, .kind = BB_COMMAND_NEW,
		.order = { .order_id = id, .product = day_product(day, zone), .price = price,
			   .quantity_wh = quantity_wh, .side = (uint8_t)side },
	};

	return day_apply(day, &command);
}

enum bb_result
day_line(struct day *day, uint8_t line, uint32_t quarters, uint32_t capacity_wh, int32_t fee)
{
	const struct bb_command command = {
		.participant = DAY_GRID, .kind = BB_COMMAND_LINE,
		.line = { .first_quarter = quarters == 0 ? 0 : day->quarter,
			  .quarters = (uint16_t)quarters, .line = line, .from_zone = 1,
			  .to_zone = 2, .capacity_wh = capacity_wh,
			  .capacity_reverse_wh = capacity_wh, .fee = fee },
	};

	return day_apply(day, &command);
}

enum bb_result
day_tariff(struct day *day, uint8_t zone, uint32_t quarters, int32_t injection, int32_t use)
{
	const struct bb_command command = {
		.participant = DAY_GRID, .kind = BB_COMMAND_TARIFF,
		.tariff = { .first_quarter = quarters == 0 ? 0 : day->quarter,
			    .quarters = quarters, .injection = injection, .use = use,
			    .zone = zone },
	};

	return day_apply(day, &command);
}

enum bb_result
day_meter(struct day *day, uint32_t participant, uint8_t zone, int64_t injected_wh,
	  bool correction)
{
	const struct bb_command command = {
		.participant = DAY_METER, .kind = BB_COMMAND_METER,
		.meter = { .injected_wh = injected_wh, .participant = participant,
			   .product = day_product(day, zone), .correction = correction },
	};

	return day_apply(day, &command);
}

enum bb_result
day_transfer(struct day *day, uint32_t account, int64_t amount)
{
	const struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_TRANSFER,
		.transfer = { .amount = amount, .participant = account },
	};

	return day_apply(day, &command);
}

enum bb_result
day_set(struct day *day, const struct bb_attributes_command *set)
{
	const struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_SET, .attributes = *set,
	};

	return day_apply(day, &command);
}

enum bb_result
day_ask(struct day *day, uint32_t participant, enum bb_command_kind kind, uint8_t zone)
{
	struct bb_command command = { .participant = participant, .kind = (uint8_t)kind };

	if (kind == BB_COMMAND_RULING)
		command.ruling.product = day_product(day, zone);
	else if (kind == BB_COMMAND_PRODUCT_HALT || kind == BB_COMMAND_PRODUCT_RESUME)
		command.product.product = day_product(day, zone);
	else
		command.order.product = day_product(day, zone);
	return day_apply(day, &command);
}

const struct bb_event *
day_event(const struct day *day, enum bb_event_kind kind, uint32_t index)
{
	for (uint32_t i = 0; i < day->count; i++)
		if (day->events[i].kind == kind && index-- == 0)
			return &day->events[i];
	return NULL;
}

uint32_t
day_count(const struct day *day, enum bb_event_kind kind)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < day->count; i++)
		count += day->events[i].kind == kind;
	return count;
}

int64_t
day_money(const struct day *day, uint32_t account)
{
	return bb_money_shown(bb_accounts_balance(&day->market->accounts, account));
}

uint64_t
day_locked(const struct day *day, uint32_t participant)
{
	return bb_accounts_purse(&day->market->accounts, participant)->locked;
}

uint32_t
day_reputation(const struct day *day, uint32_t participant)
{
	return day->market->members.accounts[participant].reputation;
}

void
day_open(struct day *day, uint32_t capacity_wh)
{
	day_start(day);
	BB_ASSERT(day_line(day, 0, 0, capacity_wh, 5000) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
	BB_ASSERT(day_state(day) == BB_COURSE_NONE);
	day_at(day, -3600);
	BB_ASSERT(day_state(day) == BB_COURSE_OPEN);
	day_at(day, -500);
	BB_ASSERT(day_state(day) == BB_COURSE_CALL);
}

/* The sells and buys of example 4: S1 2, B1 4 in zone 1; S2 3, B2 5, B3 7 in zone 2. */
void
day_enter_example_4(struct day *day)
{
	BB_ASSERT(day_order(day, 2, 1, 1, BB_SELL, 60000, 4000) == BB_OK);
	BB_ASSERT(day_order(day, 4, 1, 1, BB_BUY, 120000, 1000) == BB_OK);
	BB_ASSERT(day_order(day, 3, 1, 2, BB_SELL, 140000, 3000) == BB_OK);
	BB_ASSERT(day_order(day, 5, 1, 2, BB_BUY, 200000, 2500) == BB_OK);
	BB_ASSERT(day_order(day, 7, 1, 2, BB_BUY, 100000, 1000) == BB_OK);
}

void
day_meter_example_5(struct day *day)
{
	BB_ASSERT(day_meter(day, 2, 1, 2200, false) == BB_OK);
	BB_ASSERT(day_meter(day, 3, 2, 1030, false) == BB_OK);
	BB_ASSERT(day_meter(day, 4, 1, -1000, false) == BB_OK);
	BB_ASSERT(day_meter(day, 5, 2, -2700, false) == BB_OK);
}

void
day_open_with_band(struct day *day)
{
	day_start(day);
	BB_ASSERT(day_param(day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_CALENDAR, 2, 7200) == BB_OK);
	day_at(day, -9000);
	BB_ASSERT(day_order(day, 2, 1, 1, BB_SELL, 70000, 500) == BB_OK);
	BB_ASSERT(day_ask(day, 1, BB_COMMAND_PRODUCT_HALT, 1) == BB_OK);
	BB_ASSERT(day_ask(day, 1, BB_COMMAND_PRODUCT_RESUME, 1) == BB_OK);
	BB_ASSERT(day_order(day, 4, 1, 1, BB_BUY, 70000, 500) == BB_OK);
	day_at(day, -8999);
}
