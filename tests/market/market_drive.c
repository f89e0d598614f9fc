#include "tests/market/market_drive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_state.h"
#include "tests/market/market_model.h"

#define MEMORY    (1u << 20)
#define SECOND_NS UINT64_C(1000000000)

/* Products that the driver knows how to add; the last is unknown to every venue. */
static const struct bb_product_command known_products[] = {
	{ 11, -50, 50, 5, 10, 1000, { 0 } },
	{ 12, 0, 6, 1, 1, 100, { 0 } },
	{ 13, -2000, 3000, 1, 1, 100, { 0 } }, /* 5001 steps: all three words */
	{ 14, -BB_PRICE_MAX, BB_PRICE_MAX, 1000000, 1000000000, BB_QUANTITY_MAX, { 0 } },
	{ 15, 35, 35, 7, 2, 20, { 0 } }, /* one price alone */
	{ 16, 1, 0, 1, 1, 1, { 0 } },
};

#define KNOWN_PRODUCTS ((uint32_t)(sizeof(known_products) / sizeof(known_products[0])))

/* A venue, and how bytes are read for it. */
struct venue {
	struct bb_market_size size;
	uint32_t orders_max;
	uint32_t order_ids;
	uint32_t traders; /* ids 2..traders + 1 are there from the start */
	uint32_t products; /* the first so many of known_products are traded */
	int32_t spread;    /* ticks around the middle where most orders are */
	bool extremes;     /* little but the largest orders at the ends of the band */
};

static const struct venue venues[] = {
	{ { .participants = 12, .products = 4, .orders = 12, .levels = 130, .places = 64,
	    .positions = 6 }, 5, 12, 4, 2, 6, false },
	{ { .participants = 5, .products = 5, .orders = 400, .levels = 5100, .places = 2048,
	    .positions = 25 }, 300, 64, 3, 4, 32, false },
	{ { .participants = 5, .products = 4, .orders = 500, .levels = 100, .places = 2048,
	    .positions = 20 }, 400, 4096, 2, 4, 8, true },
};

struct subject {
	struct bb_market *market;
	uint8_t *memory;
	uint32_t room; /* 0: bb_market_apply */
	struct bb_event events[MODEL_EVENTS + BB_SLICE_EVENTS];
	uint32_t event_count;
};

static _Alignas(BB_ARENA_ALIGN) uint8_t memories[2][MEMORY];
static uint8_t memory_before[MEMORY];
static struct subject subjects[2];
static struct model model;
static uint64_t time_ns;

static const uint8_t operator_key[32] = { 0x11 };

static void
start(const struct venue *venue, uint8_t choice)
{
	model_init(&model, &venue->size, operator_key);
	for (uint32_t i = 0; i < 2; i++) {
		const uint64_t hash_key = i == 0 ? 0 : UINT64_C(0xfeedfacecafe1234) + choice;
		struct bb_arena arena;
		subjects[i].memory = memories[i];
		subjects[i].room = i == 0 ? 0 : BB_SLICE_ROOM_MIN + choice / 16u;
		memset(memories[i], 0, bb_market_bytes(&venue->size));
		bb_arena_init(&arena, memories[i], MEMORY);
		subjects[i].market = bb_market_init(&arena, &venue->size, operator_key, hash_key);
	}
}

static void
apply(struct subject *subject, const struct bb_command *command, uint64_t number)
{
	bool done = false;

	subject->event_count = 0;
	while (!done) {
		struct bb_event *events = subject->events + subject->event_count;
		uint32_t count = 0;
		if (subject->room == 0) {
			done = bb_market_apply(subject->market, command, number, time_ns, events,
					       &count);
		} else {
			struct bb_slice slice = {
				.events = events, .room = subject->room, .number = number,
			};
			subject->market->number = number;
			subject->market->time_ns = time_ns;
			done = bb_market_run(subject->market, command, &slice);
			count = slice.count;
			BB_ASSERT(count <= subject->room);
			BB_ASSERT(done || count > 0);
		}
		subject->event_count += count;
		BB_ASSERT(subject->event_count <= MODEL_EVENTS);
	}
}

static void
compare_views(const struct bb_market *market)
{
	static struct bb_depth depth[2][MODEL_ORDERS];
	struct bb_member member;
	struct bb_product product;

	BB_ASSERT(bb_market_halted(market) == model.halted);
	for (uint32_t id = 0; id <= model.size.participants + 1; id++) {
		const bool known = id >= 1 && id <= model.size.participants &&
				   model.members[id].status != BB_MEMBER_NONE;
		BB_ASSERT(bb_market_member(market, id, &member) == known);
		if (known)
			BB_ASSERT(memcmp(&member, &model.members[id], sizeof(member)) == 0);
	}
	for (uint32_t i = 0; i < model.product_count; i++) {
		BB_ASSERT(bb_market_product(market, i, &product));
		BB_ASSERT(memcmp(&product, &model.products[i], sizeof(product)) == 0);
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			const uint32_t id = product.terms.product;
			const uint32_t count = model_depth(&model, id, side, depth[0]);
			BB_ASSERT(bb_market_depth(market, id, side, depth[1], MODEL_ORDERS) ==
				  count);
			for (uint32_t row = 0; row < count; row++) {
				BB_ASSERT(depth[0][row].price == depth[1][row].price);
				BB_ASSERT(depth[0][row].orders == depth[1][row].orders);
				BB_ASSERT(depth[0][row].quantity_wh == depth[1][row].quantity_wh);
			}
		}
	}
	BB_ASSERT(!bb_market_product(market, model.product_count, &product));
}

/* A refusal may change the number and the time, which all commands do, and no more; but that
 * of a self-trade may have sorted the owner's orders, which compare_views and the checks of
 * the next commands would show to be wrong. */
static void
compare_memory(const struct subject *subject)
{
	struct bb_market *before = (struct bb_market *)(void *)memory_before;

	before->number = subject->market->number;
	before->time_ns = subject->market->time_ns;
	BB_ASSERT(memcmp(memory_before, subject->memory, bb_market_bytes(&model.size)) == 0);
}

static int
by_order(const void *left, const void *right)
{
	const struct bb_event *a = left;
	const struct bb_event *b = right;

	if (a->product != b->product)
		return a->product < b->product ? -1 : 1;
	if (a->participant != b->participant) /* both may have an order of that id expire */
		return a->participant < b->participant ? -1 : 1;
	return a->order_id < b->order_id ? -1 : a->order_id > b->order_id;
}

/* In which order the orders of a mass cancel leave is the market's to choose: all events of it
 * but the last are cancellations, or the last is one too. */
static void
sort_mass_cancel(const struct bb_command *command, struct bb_event *events, uint32_t count)
{
	if (command->kind != BB_COMMAND_CANCEL_PRODUCT &&
	    command->kind != BB_COMMAND_CANCEL_SIDE &&
	    command->kind != BB_COMMAND_CANCEL_ALL && command->kind != BB_COMMAND_TICK &&
	    command->kind != BB_COMMAND_MEMBER_REVOKE)
		return;
	while (count > 0 && events[count - 1].kind != BB_EVENT_CANCELLED)
		count--;
	qsort(events, count, sizeof(*events), by_order);
}

static void
compare_events(const struct bb_command *command, struct subject *subject)
{
	static struct bb_event copy[MODEL_EVENTS];
	const size_t size = subject->event_count * sizeof(copy[0]);

	BB_ASSERT(subject->event_count == model.event_count);
	BB_ASSERT(memcmp(subject->events, subjects[0].events, size) == 0);
	memcpy(copy, subject->events, size);
	sort_mass_cancel(command, copy, subject->event_count);
	BB_ASSERT(memcmp(copy, model.events, size) == 0);
}

static void
step(const struct bb_command *command, uint64_t number, struct drive_tally *tally)
{
	model_apply(&model, command, number, time_ns);
	BB_ASSERT(model.event_count > 0);
	sort_mass_cancel(command, model.events, model.event_count);
	if (model.events[0].kind == BB_EVENT_REFUSED)
		memcpy(memory_before, subjects[0].memory, bb_market_bytes(&model.size));
	for (uint32_t i = 0; i < 2; i++) {
		apply(&subjects[i], command, number);
		compare_events(command, &subjects[i]);
		compare_views(subjects[i].market);
		BB_ASSERT(bb_market_due_ns(subjects[i].market) == model_due_ns(&model));
		if (number % 32 == 0)
			bb_market_check(subjects[i].market);
	}
	if (model.events[0].kind == BB_EVENT_REFUSED &&
	    model.events[0].result != BB_ERR_SELF_TRADE)
		compare_memory(&subjects[0]);
	for (uint32_t i = 0; tally != NULL && i < model.event_count; i++) {
		tally->events[model.events[i].kind]++;
		tally->results[model.events[i].result]++;
	}
}

/* A type beyond limit orders: most times within two seconds, and clips of some of it. */
static void
fill_type(struct bb_order_command *order, const struct bb_product_command *terms,
	  const uint8_t *bytes)
{
	order->type = BB_LIMIT_FOK + bytes[7] % (BB_ORDER_TYPES - BB_LIMIT_FOK);
	if (order->type == BB_LIMIT_GTD)
		order->expires_s = (uint32_t)(time_ns / SECOND_NS) + (bytes[6] & 3);
	if (order->type == BB_LIMIT_ICEBERG)
		order->shown_wh = (bytes[6] % 4u + (bytes[6] < 250)) * terms->lot_wh +
				  (bytes[6] >= 253);
}

static void
fill_order(struct bb_order_command *order, const struct venue *venue, const uint8_t *bytes)
{
	const uint32_t chosen =
		bytes[3] % 32 == 31 ? KNOWN_PRODUCTS - 1 : bytes[3] % venue->products;
	const struct bb_product_command *terms = &known_products[venue->extremes ? 3 : chosen];
	const int32_t middle = terms->price_min / 2 + terms->price_max / 2;
	const int32_t tick = (int32_t)terms->tick;

	order->order_id = (bytes[2] + 256u * bytes[6]) % venue->order_ids;
	order->product = terms->product;
	order->side = bytes[3] >> 7;
	order->type = (bytes[3] >> 5 & 3) == 3 ? BB_LIMIT_IOC : BB_LIMIT_GTC;
	if (bytes[4] < 240) /* around the middle, where orders meet */
		order->price =
			(middle / tick + bytes[4] % venue->spread - venue->spread / 2) * tick;
	else if (bytes[4] < 248)
		order->price = terms->price_min + (bytes[4] - 244) * tick;
	else
		order->price = terms->price_max + (bytes[4] - 252) * tick;
	order->quantity_wh = (1 + bytes[5] % 16) * terms->lot_wh;
	if (bytes[5] >= 240) /* spoilt, or as large as can be */
		order->quantity_wh = bytes[5] & 1 ? terms->quantity_max_wh : bytes[6] + 1u;
	if (venue->extremes && bytes[4] >= 16) {
		order->side = BB_BUY;
		order->price = terms->price_max;
		order->quantity_wh = terms->quantity_max_wh;
	}
	if (bytes[7] >= 160 && bytes[7] < 250 && !venue->extremes)
		fill_type(order, terms, bytes);
	if (bytes[7] == 255)
		order->price += bytes[6];
	else if (bytes[7] == 254)
		order->reserved[bytes[6] % 5] = bytes[6];
	else if (bytes[7] == 253)
		order->side = order->type = bytes[6];
	else if (bytes[7] == 252)
		order->shown_wh = bytes[6];
}

static void
fill_member(struct bb_member_command *member, const struct venue *venue, const uint8_t *bytes)
{
	member->participant = bytes[2] % (venue->size.participants + 2);
	member->orders_max = venue->orders_max;
	member->roles = bytes[3] < 200 ? BB_ROLE_TRADER : bytes[3] / 8u;
	member->zone = bytes[4];
	member->key[0] = bytes[5] < 250 ? (uint8_t)(16 * member->participant + 1) : bytes[5];
	if (bytes[6] >= 200) {
		memset(member->key, bytes[6] & 1 ? 0xff : 0, sizeof(member->key));
		member->key[0] &= bytes[5] | 0xe0;
		member->key[31] &= bytes[6] & 2 ? 0xff : 0x7f;
	}
	member->reserved[0] = bytes[7] == 255;
}

static bool
is_order(const struct bb_command *command)
{
	return (command->kind >= BB_COMMAND_NEW && command->kind <= BB_COMMAND_CANCEL_ALL) ||
	       (command->kind >= BB_COMMAND_QUOTE && command->kind <= BB_COMMAND_SILENCE);
}

static struct bb_command
decode(const struct venue *venue, const uint8_t *bytes)
{
	/* Operator's commands are rare, but for those that keep a venue going. */
	static const uint8_t kinds[64] = {
		[0] = BB_COMMAND_MALFORMED, [1 ... 36] = BB_COMMAND_NEW,
		[37 ... 44] = BB_COMMAND_CANCEL, [45 ... 54] = BB_COMMAND_REPLACE,
		[55] = BB_COMMAND_CANCEL_PRODUCT, [56] = BB_COMMAND_CANCEL_ALL,
		[57 ... 58] = BB_COMMAND_MEMBER_ADD, [59 ... 60] = BB_COMMAND_PRODUCT_ADD,
		[61] = BB_COMMAND_RESUME, [62] = BB_COMMAND_QUOTE, [63] = BB_COMMAND_CANCEL_SIDE,
	};
	struct bb_command command = { .kind = kinds[bytes[0] % 64] };

	if (bytes[0] % 64 == 62 && bytes[6] >= 192) {
		command.kind = BB_COMMAND_TICK;
		return command;
	}
	if (bytes[0] == 255)
		command.kind = bytes[1] < 8 ? BB_COMMAND_HALT : BB_COMMAND_RESUME;
	else if (bytes[0] == 254 && bytes[1] < 16)
		command.kind = BB_COMMAND_MEMBER_REVOKE;
	else if (bytes[0] == 253)
		command.kind = bytes[1];
	/* Of the calendar, accounts and attributes: day_drive.c drives those. */
	if (command.kind == BB_COMMAND_KILL || (command.kind >= BB_COMMAND_DISPUTE &&
						command.kind != BB_COMMAND_TICK &&
						command.kind < BB_COMMAND_KINDS))
		command.kind = BB_COMMAND_MALFORMED;
	if (venue->extremes && (command.kind == BB_COMMAND_CANCEL_PRODUCT ||
				command.kind == BB_COMMAND_CANCEL_ALL ||
				command.kind == BB_COMMAND_CANCEL_SIDE))
		command.kind = BB_COMMAND_NEW;
	command.participant = 2 + bytes[1] % venue->traders;
	if (command.kind >= BB_COMMAND_MEMBER_ADD && !is_order(&command) && bytes[7] < 250)
		command.participant = 1;
	else if (bytes[7] >= 254)
		command.participant = bytes[1];

	if (is_order(&command))
		fill_order(&command.order, venue, bytes);
	else if (command.kind == BB_COMMAND_MEMBER_ADD ||
		 command.kind == BB_COMMAND_MEMBER_REVOKE)
		fill_member(&command.member, venue, bytes);
	else if (command.kind == BB_COMMAND_PRODUCT_ADD)
		command.product = known_products[bytes[3] % KNOWN_PRODUCTS];
	if (command.kind == BB_COMMAND_PRODUCT_ADD && bytes[6] >= 240)
		memcpy((uint8_t *)&command.product + 4 * (bytes[6] % 8), bytes + 2, 4);
	return command;
}

size_t
market_drive(const uint8_t *bytes, size_t size, struct drive_tally *tally)
{
	if (size == 0)
		return 0;
	const struct venue *venue = &venues[bytes[0] % 3];
	uint64_t number = 1;

	start(venue, bytes[0]);
	time_ns = 1;
	for (uint32_t id = 2; id < venue->traders + 2; id++) {
		const uint8_t add[DRIVE_COMMAND_BYTES] = { 57, 0, (uint8_t)id };
		const struct bb_command command = decode(venue, add);
		step(&command, number++, tally);
	}
	for (uint8_t i = 0; i < 4; i++) {
		const uint8_t add[DRIVE_COMMAND_BYTES] = { 59, 0, 0, i };
		const struct bb_command command = decode(venue, add);
		step(&command, number++, tally);
	}

	size_t done = 0;
	bytes++;
	size--;
	for (; size >= DRIVE_COMMAND_BYTES; done++) {
		const struct bb_command command = decode(venue, bytes);
		time_ns += bytes[6] % 64 * (SECOND_NS / 512);
		step(&command, number++, tally);
		bytes += DRIVE_COMMAND_BYTES;
		size -= DRIVE_COMMAND_BYTES;
	}
	bb_market_check(subjects[0].market);
	bb_market_check(subjects[1].market);
	return done;
}
