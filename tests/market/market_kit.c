#include "tests/market/market_kit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/bb_assert.h"
#include "market/bb_course.h"
#include "market/bb_state.h"

void
kit_open(struct kit *kit, const struct bb_market_size *size, uint64_t hash_key)
{
	const uint8_t operator_key[32] = { 1 };
	struct bb_arena arena;

	*kit = (struct kit){ .memory_size = bb_market_bytes(size) };
	kit->memory = aligned_alloc(BB_ARENA_ALIGN, kit->memory_size);
	BB_ASSERT(kit->memory != NULL);
	memset(kit->memory, 0, kit->memory_size);
	bb_arena_init(&arena, kit->memory, kit->memory_size);
	kit->market = bb_market_init(&arena, size, operator_key, hash_key);
	BB_ASSERT(arena.used == arena.size);
}

void
kit_start(struct kit *kit)
{
	static const struct bb_market_size size = {
		.participants = 10, .products = 4, .orders = 40, .levels = 1000,
		.places = 1024, .positions = 40,
	};

	kit_open(kit, &size, 1);
	for (uint32_t participant = 2; participant <= 9; participant++)
		kit_add_member(kit, participant, 30);
	kit_add_product(kit, KIT_PRODUCT, -500, 500, 5);
}

void
kit_stop(struct kit *kit)
{
	bb_market_check(kit->market);
	free(kit->memory);
	free(kit->events);
}

static bool
run_slice(struct kit *kit, const struct bb_command *command, uint32_t *count)
{
	struct bb_event *events = kit->events + kit->event_count;
	struct bb_slice slice = {
		.events = events, .room = kit->room, .number = kit->number,
		.behind = kit->behind, .behind_count = kit->behind_count,
	};
	const uint64_t time_ns = kit->seconds * BB_SECOND_NS + 1000 + kit->number;

	if (kit->room == 0 && kit->behind_count > 0)
		slice.room = BB_SLICE_EVENTS;
	if (slice.room == 0)
		return bb_market_apply(kit->market, command, kit->number, time_ns, events, count);
	kit->market->number = kit->number;
	kit->market->time_ns = time_ns;
	const bool done = bb_market_run(kit->market, command, &slice);
	*count = slice.count;
	return done;
}

static void
append(struct kit *kit, const struct bb_command *command)
{
	const size_t room = kit->room > BB_SLICE_EVENTS ? kit->room : BB_SLICE_EVENTS;
	bool done = false;

	kit->number++;
	while (!done) {
		if (kit->event_room - kit->event_count < room) {
			kit->event_room = 2 * kit->event_room + room;
			kit->events = realloc(kit->events,
					      kit->event_room * sizeof(struct bb_event));
			BB_ASSERT(kit->events != NULL);
		}
		uint32_t count = 0;
		done = run_slice(kit, command, &count);
		BB_ASSERT(count <= (kit->room == 0 ? BB_SLICE_EVENTS : kit->room));
		kit->event_count += count;
	}
}

void
kit_apply(struct kit *kit, const struct bb_command *command)
{
	kit->event_count = 0;
	append(kit, command);
}

void
kit_add_member(struct kit *kit, uint32_t participant, uint32_t orders_max)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };

	command.member.participant = participant;
	command.member.orders_max = orders_max;
	command.member.roles = BB_ROLE_TRADER;
	memcpy(command.member.key, &participant, sizeof(participant));
	kit_apply(kit, &command);
	BB_ASSERT(kit->event_count == 1 && kit->events[0].kind == BB_EVENT_MEMBER_ADDED);
}

void
kit_add_product(struct kit *kit, uint32_t product, int32_t price_min, int32_t price_max,
		uint32_t tick)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };

	command.product.product = product;
	command.product.price_min = price_min;
	command.product.price_max = price_max;
	command.product.tick = tick;
	command.product.lot_wh = 10;
	command.product.quantity_max_wh = 1000000;
	kit_apply(kit, &command);
	BB_ASSERT(kit->event_count == 1 && kit->events[0].kind == BB_EVENT_PRODUCT_ADDED);
}

static struct bb_command
operator_command(uint32_t participant, const char *verb, const char *rest)
{
	struct bb_command command = { .participant = participant };

	static const struct {
		const char *verb;
		uint8_t kind;
	} verbs[] = {
		{ "halt", BB_COMMAND_HALT },	 { "resume", BB_COMMAND_RESUME },
		{ "kill", BB_COMMAND_KILL },	 { "revoke", BB_COMMAND_MEMBER_REVOKE },
		{ "stop", BB_COMMAND_MEMBER_KILL }, { "arm", BB_COMMAND_MEMBER_ARM },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verb, verbs[i].verb) == 0)
			command.kind = verbs[i].kind;
	BB_ASSERT(command.kind != BB_COMMAND_MALFORMED);
	if (command.kind == BB_COMMAND_MEMBER_REVOKE || command.kind == BB_COMMAND_MEMBER_KILL ||
	    command.kind == BB_COMMAND_MEMBER_ARM)
		command.member.participant = (uint32_t)strtoul(rest, NULL, 10);
	return command;
}

/* What follows the verb: I order id, S side, P price, Q quantity, D what the type adds, A the
 * product's last digits. */
static void
read_order(struct bb_order_command *order, const char *form, const char *text)
{
	for (; *form != '\0'; form++) {
		char *end = NULL;
		text += strspn(text, " ");
		if (*form == 'S') {
			BB_ASSERT(*text == 'B' || *text == 'S');
			order->side = *text++ == 'S' ? BB_SELL : BB_BUY;
			continue;
		}
		const uint64_t number = strtoull(text, &end, 10);
		if (*form == 'I')
			order->order_id = number;
		else if (*form == 'P')
			order->price = (int32_t)number;
		else if (*form == 'Q')
			order->quantity_wh = (uint32_t)number;
		else if (*form == 'D')
			order->shown_wh = (uint32_t)number;
		else
			order->product += (uint32_t)number;
		BB_ASSERT(end != text);
		text = end;
	}
}

struct bb_command
kit_command(const char *line)
{
	static const struct {
		const char *verb;
		uint8_t kind, type;
		const char *form;
	} verbs[] = {
		{ "new", BB_COMMAND_NEW, BB_LIMIT_GTC, "ISPQ" },
		{ "ioc", BB_COMMAND_NEW, BB_LIMIT_IOC, "ISPQ" },
		{ "fok", BB_COMMAND_NEW, BB_LIMIT_FOK, "ISPQ" },
		{ "aon", BB_COMMAND_NEW, BB_LIMIT_AON, "ISPQ" },
		{ "gtd", BB_COMMAND_NEW, BB_LIMIT_GTD, "ISPQD" },
		{ "iceberg", BB_COMMAND_NEW, BB_LIMIT_ICEBERG, "ISPQD" },
		{ "market", BB_COMMAND_NEW, BB_MARKET_LIMIT, "ISQ" },
		{ "leg", BB_COMMAND_NEW, BB_BASKET_LEG, "ISPQDA" },
		{ "quote", BB_COMMAND_QUOTE, BB_LIMIT_GTC, "ISPQ" },
		{ "replace", BB_COMMAND_REPLACE, 0, "IPQ" },
		{ "cancel", BB_COMMAND_CANCEL, 0, "I" },
		{ "cancel-product", BB_COMMAND_CANCEL_PRODUCT, 0, "" },
		{ "cancel-side", BB_COMMAND_CANCEL_SIDE, 0, "S" },
		{ "cancel-all", BB_COMMAND_CANCEL_ALL, 0, "" },
		{ "silence", BB_COMMAND_SILENCE, 0, "Q" },
		{ "tick", BB_COMMAND_TICK, 0, "" },
	};
	uint32_t participant = 0;
	char verb[16] = "";
	int used = 0;

	BB_ASSERT(sscanf(line, "%" SCNu32 " %15[a-z-]%n", &participant, verb, &used) == 2);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) != 0)
			continue;
		struct bb_command command = { .participant = participant, .kind = verbs[i].kind };
		if (command.kind == BB_COMMAND_TICK)
			return command;
		if (command.kind != BB_COMMAND_REPLACE && command.kind != BB_COMMAND_CANCEL &&
		    command.kind != BB_COMMAND_CANCEL_ALL && command.kind != BB_COMMAND_SILENCE)
			command.order.product = KIT_PRODUCT;
		command.order.type = verbs[i].type;
		read_order(&command.order, verbs[i].form, line + used);
		return command;
	}
	return operator_command(participant, verb, line + used);
}

__attribute__((format(printf, 2, 3))) static void
write_text(struct kit *kit, const char *form, ...)
{
	const size_t used = strlen(kit->text);
	va_list arguments;

	va_start(arguments, form);
	vsnprintf(kit->text + used, sizeof(kit->text) - used, form, arguments);
	va_end(arguments);
}

static void
write_event(struct kit *kit, const struct bb_event *event)
{
	const char side = event->side == BB_SELL ? 'S' : 'B';
	const char *why = bb_result_name((enum bb_result)event->result);

	if (kit->text[0] != '\0')
		write_text(kit, "; ");
	if (event->kind == BB_EVENT_ACCEPTED && event->quantity_wh == 0) {
		write_text(kit, "%u accepted nothing", event->participant);
		return;
	}
	if (event->kind == BB_EVENT_TICKED) {
		write_text(kit, "ticked");
		return;
	}
	if (event->kind >= BB_EVENT_REFUSED && event->kind <= BB_EVENT_REPLACED)
		write_text(kit, "%u/%" PRIu64 " ", event->participant, event->order_id);
	switch (event->kind) {
	case BB_EVENT_REFUSED:
		write_text(kit, "refused %s", why);
		break;
	case BB_EVENT_SHOWN:
		write_text(kit, "%u/%" PRIu64 " shows %u of %u", event->participant,
			   event->order_id, event->remaining_wh, event->quantity_wh);
		break;
	case BB_EVENT_ACCEPTED:
	case BB_EVENT_REPLACED:
		write_text(kit, "%s %c %d %u rests %u",
			   event->kind == BB_EVENT_ACCEPTED ? "accepted" : "replaced", side,
			   event->price, event->quantity_wh, event->remaining_wh);
		if (event->counter_remaining_wh != 0)
			write_text(kit, " hides %u", event->counter_remaining_wh);
		break;
	case BB_EVENT_TRADED:
		write_text(kit, "traded %u/%" PRIu64 " at %d %u left %u/%u", event->counterparty,
			   event->counter_order_id, event->price, event->quantity_wh,
			   event->remaining_wh, event->counter_remaining_wh);
		break;
	case BB_EVENT_CANCELLED:
		write_text(kit, "cancelled %c %d %u %s", side, event->price, event->quantity_wh,
			   why);
		break;
	case BB_EVENT_MEMBER_REVOKED:
	case BB_EVENT_KILLED:
	case BB_EVENT_ARMED:
		write_text(kit, "member %u %s by %u", event->participant,
			   event->kind == BB_EVENT_KILLED  ? "killed"
			   : event->kind == BB_EVENT_ARMED ? "armed"
							   : "revoked",
			   event->counterparty);
		break;
	default:
		write_text(kit, "%s by %u", event->kind == BB_EVENT_HALTED ? "halted" : "resumed",
			   event->participant);
	}
}

const char *
kit_say(struct kit *kit, const char *script)
{
	struct bb_command commands[BB_RECORDS_MAX];
	uint32_t count = 0;
	char line[128];
	size_t length;

	kit->event_count = 0;
	for (; *script != '\0'; script += length) {
		script += strspn(script, "; ");
		length = strcspn(script, ";");
		if (length == 0)
			continue;
		BB_ASSERT(length < sizeof(line) && count < BB_RECORDS_MAX);
		memcpy(line, script, length);
		line[length] = '\0';
		commands[count] = kit_command(line);
		if (commands[count].kind == BB_COMMAND_TICK) /* as long as it takes */
			commands[count].order.order_id = strtoull(strchr(line, 'k') + 1, NULL, 10);
		count++;
	}
	for (uint32_t i = 0; i < count; i++) {
		kit->behind = &commands[i + 1];
		kit->behind_count = count - 1 - i;
		if (commands[i].kind == BB_COMMAND_TICK)
			kit->seconds += commands[i].order.order_id;
		append(kit, &commands[i]);
	}
	kit->behind_count = 0;
	kit->text[0] = '\0';
	for (size_t i = 0; i < kit->event_count; i++)
		write_event(kit, &kit->events[i]);
	return kit->text;
}

const char *
kit_book(struct kit *kit)
{
	struct bb_depth depth[16];

	bb_market_check(kit->market);
	kit->text[0] = '\0';
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const uint32_t count = bb_market_depth(kit->market, KIT_PRODUCT,
						       (enum bb_side)side, depth, 16);
		if (count > 0)
			write_text(kit, "%s%c", kit->text[0] == '\0' ? "" : " ",
				   side == BB_BUY ? 'B' : 'S');
		for (uint32_t i = 0; i < count; i++)
			write_text(kit, " %dx%" PRIu64 "/%u", depth[i].price,
				   depth[i].quantity_wh, depth[i].orders);
	}
	return kit->text;
}

void
kit_play(const struct kit_scene *scene)
{
	for (; scene->before != NULL; scene++) {
		struct kit kit;
		kit_start(&kit);
		kit_say(&kit, scene->before);
		CU_ASSERT_STRING_EQUAL(kit_say(&kit, scene->asked), scene->said);
		if (strcmp(kit.text, scene->said) != 0)
			printf("\n  after \"%s\", \"%s\"\n  said     %s\n  expected %s\n",
			       scene->before, scene->asked, kit.text, scene->said);
		CU_ASSERT_STRING_EQUAL(kit_book(&kit), scene->book);
		if (strcmp(kit.text, scene->book) != 0)
			printf("\n  after \"%s\", \"%s\"\n  book     %s\n  expected %s\n",
			       scene->before, scene->asked, kit.text, scene->book);
		kit_stop(&kit);
	}
}
