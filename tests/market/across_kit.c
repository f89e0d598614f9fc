#include "tests/market/across_kit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/bb_tick.h"

__attribute__((format(printf, 2, 3))) static void
write_text(struct across *across, const char *form, ...)
{
	const size_t used = strlen(across->text);
	va_list arguments;

	va_start(arguments, form);
	const int count = vsnprintf(across->text + used, sizeof(across->text) - used, form,
				    arguments);
	va_end(arguments);
	BB_ASSERT(count >= 0 && used + (size_t)count < sizeof(across->text));
}

static void
write_lines(struct across *across, uint64_t lines)
{
	const char *between = " ";

	for (uint32_t i = 0; i < 64; i++) {
		if ((lines >> i & 1) == 0)
			continue;
		write_text(across, "%s%u", between, i);
		between = ",";
	}
}

static void
write_order(struct across *across, const struct bb_event *event)
{
	write_text(across, "%s%u/%" PRIu64 " ", across->text[0] == '\0' ? "" : "; ",
		   event->participant, event->order_id);
}

static void
write_event(struct across *across, const struct bb_event *event)
{
	switch (event->kind) {
	case BB_EVENT_REFUSED:
	case BB_EVENT_CANCELLED:
		write_order(across, event);
		if (event->kind == BB_EVENT_CANCELLED)
			write_text(across, "gone %u ", event->quantity_wh);
		else
			write_text(across, "refused ");
		write_text(across, "%s", bb_result_name((enum bb_result)event->result));
		break;
	case BB_EVENT_ACCEPTED:
	case BB_EVENT_REPLACED:
		write_order(across, event);
		write_text(across, "%c %d x%u rests %u", event->side == BB_SELL ? 'S' : 'B',
			   event->price, event->quantity_wh, event->remaining_wh);
		break;
	case BB_EVENT_TRADED:
		write_order(across, event);
		write_text(across, "took %u at %d of %u/%" PRIu64, event->quantity_wh,
			   event->price, event->counterparty, event->counter_order_id);
		if (event->across != 0)
			write_text(across, " in %u", bb_product_zone(bb_event_resting(event)));
		break;
	case BB_EVENT_CARRIED:
		write_order(across, event);
		write_text(across, "paid %d x%u over", event->price, event->quantity_wh);
		write_lines(across, event->counter_order_id);
		break;
	case BB_EVENT_SHARED:
		write_order(across, event);
		write_text(across, "shared %u at %d", event->quantity_wh, event->price);
		break;
	case BB_EVENT_SHOWN:
		write_order(across, event);
		write_text(across, "shows %u of %u", event->remaining_wh, event->quantity_wh);
		break;
	default: /* states, prices and what the script itself says */
		break;
	}
}

static void
apply(struct across *across, const struct bb_command *command)
{
	for (uint32_t i = 0; i < 2; i++) {
		day_clear(&across->days[i]);
		day_apply(&across->days[i], command);
	}
	BB_ASSERT(across->days[0].count == across->days[1].count);
	BB_ASSERT(memcmp(across->days[0].events, across->days[1].events,
			 across->days[0].count * sizeof(struct bb_event)) == 0);
	for (uint32_t i = 0; i < across->days[0].count; i++)
		write_event(across, &across->days[0].events[i]);
}

static void
go_to(struct across *across, int64_t seconds)
{
	for (uint32_t i = 0; i < 2; i++) {
		day_clear(&across->days[i]);
		day_at(&across->days[i], seconds);
	}
	for (uint32_t i = 0; i < across->days[0].count; i++)
		write_event(across, &across->days[0].events[i]);
}

static void
say_line(struct across *across, const char *line)
{
	struct bb_command command = { .participant = DAY_GRID, .kind = BB_COMMAND_LINE };
	const bool opened = day_state(&across->days[0]) != BB_COURSE_NONE;
	unsigned number, from, to, capacity, reverse;
	int fee;

	BB_ASSERT(sscanf(line, "line %u %u %u %u %u %d", &number, &from, &to, &capacity, &reverse,
			 &fee) == 6);
	command.line = (struct bb_line_command){
		.first_quarter = opened ? DAY_QUARTER : 0, .quarters = opened,
		.line = (uint8_t)number,
		.from_zone = (uint8_t)from, .to_zone = (uint8_t)to, .capacity_wh = capacity,
		.capacity_reverse_wh = reverse, .fee = fee,
	};
	apply(across, &command);
}

static void
say_order(struct across *across, const char *line)
{
	static const struct {
		const char *verb;
		uint8_t type;
	} verbs[] = {
		{ "new", BB_LIMIT_GTC },	 { "ioc", BB_LIMIT_IOC },
		{ "fok", BB_LIMIT_FOK },	 { "aon", BB_LIMIT_AON },
		{ "iceberg", BB_LIMIT_ICEBERG }, { "gtd", BB_LIMIT_GTD },
		{ "market", BB_MARKET_LIMIT },
	};
	struct bb_command command = { .kind = BB_COMMAND_NEW };
	char verb[16] = "", side = 0;
	unsigned zone = 0, quantity = 0, shown = 0;
	int used = 0, price = 0;

	BB_ASSERT(sscanf(line, "%u %15s %" SCNu64 "%n", &command.participant, verb,
			 &command.order.order_id, &used) == 3);
	if (strcmp(verb, "cancel") == 0) {
		command.kind = BB_COMMAND_CANCEL;
	} else if (strcmp(verb, "replace") == 0) {
		command.kind = BB_COMMAND_REPLACE;
		BB_ASSERT(sscanf(line + used, "%d %u", &price, &quantity) == 2);
	} else {
		BB_ASSERT(sscanf(line + used, "%u %c %d %u %u", &zone, &side, &price, &quantity,
				 &shown) >= 4);
		command.order.type = BB_ORDER_TYPES;
		for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
			if (strcmp(verb, verbs[i].verb) == 0)
				command.order.type = verbs[i].type;
		BB_ASSERT(command.order.type < BB_ORDER_TYPES);
		command.order.product = bb_product_of((uint8_t)zone, DAY_QUARTER);
		command.order.side = side == 'S' ? BB_SELL : BB_BUY;
		command.order.shown_wh = shown;
	}
	command.order.price = price;
	command.order.quantity_wh = quantity;
	apply(across, &command);
}

static void
say(struct across *across, const char *line)
{
	struct bb_command command = { .participant = BB_OPERATOR };

	if (strncmp(line, "line ", 5) == 0) {
		say_line(across, line);
	} else if (strncmp(line, "at ", 3) == 0) {
		go_to(across, atoll(line + 3));
	} else if (strcmp(line, "halt") == 0 || strcmp(line, "resume") == 0) {
		command.kind = line[0] == 'h' ? BB_COMMAND_HALT : BB_COMMAND_RESUME;
		apply(across, &command);
	} else {
		say_order(across, line);
	}
}

const char *
across_say(struct across *across, const char *script)
{
	char line[128];

	across->text[0] = '\0';
	for (size_t length; *script != '\0'; script += length) {
		script += strspn(script, "; ");
		length = strcspn(script, ";");
		BB_ASSERT(length > 0 && length < sizeof(line));
		memcpy(line, script, length);
		line[length] = '\0';
		say(across, line);
	}
	return across->text;
}

static void
set_up(struct day *day)
{
	const struct bb_command terms = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
		.param = { .group = BB_PARAM_TERMS, .values = { -1000, 1000, 1, 1, 1000000 } },
	};

	day_start(day);
	BB_ASSERT(day_apply(day, &terms) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_ZONES, 0, 0x1e) == BB_OK);
	BB_ASSERT(day_param(day, BB_PARAM_CALENDAR, 0, 1) == BB_OK);
}

void
across_open(struct across *across, const char *lines)
{
	for (uint32_t i = 0; i < 2; i++)
		set_up(&across->days[i]);
	across->days[1].room = BB_TICK_ROOM;
	across_say(across, lines);
	go_to(across, -3600);
	BB_ASSERT(day_state(&across->days[0]) == BB_COURSE_OPEN);
}

void
across_stop(struct across *across)
{
	for (uint32_t i = 0; i < 2; i++)
		day_stop(&across->days[i]);
}

const char *
across_book(struct across *across, uint8_t zone)
{
	struct bb_depth depth[16];

	across->text[0] = '\0';
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const uint32_t count = bb_market_depth(
			across->days[0].market, bb_product_of(zone, DAY_QUARTER),
			(enum bb_side)side, depth, 16);
		for (uint32_t i = 0; i < count; i++)
			write_text(across, "%s%s%d x%" PRIu64, across->text[0] == '\0' ? "" : " ",
				   i > 0 ? "" : side == BB_BUY ? "B " : "S ", depth[i].price,
				   depth[i].quantity_wh);
	}
	return across->text;
}

int64_t
across_flow(const struct across *across, uint8_t line)
{
	return bb_calendar_find(&across->days[0].market->calendar, DAY_QUARTER)
		->lines[line].flow_wh;
}
