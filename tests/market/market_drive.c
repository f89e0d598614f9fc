#include "tests/market/market_drive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_foresee.h"
#include "market/bb_state.h"
#include "tests/market/market_bytes.h"
#include "tests/market/market_model.h"
#include "tests/market/save_kit.h"

#define MEMORY    (1u << 20)
#define SECOND_NS UINT64_C(1000000000)
#define MOVES     53u /* commands from one move of a subject to the next */

struct subject {
	struct bb_market *market;
	uint8_t *memory;
	uint32_t room; /* 0: bb_market_apply */
	struct bb_event events[MODEL_EVENTS + BB_SLICE_EVENTS];
	uint32_t event_count;
	struct bb_foresight foresight;
};

static _Alignas(BB_ARENA_ALIGN) uint8_t memories[3][MEMORY]; /* one to move to */
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
		bb_foresee_init(&subjects[i].foresight);
		subjects[i].foresight.parts = 0; /* always, the one in halves */
		subjects[i].foresight.apart = i == 0 ? 0 : UINT32_MAX;
	}
}

/* Whether a packet of orders from this sender is not refused as a whole. */
static bool
is_let_in(const struct bb_command *command)
{
	const uint32_t id = command->participant;

	return id >= 1 && id <= model.size.participants &&
	       model.members[id].status == BB_MEMBER_ACTIVE &&
	       (model.members[id].roles & BB_ROLE_TRADER) != 0;
}

static void
keep(struct subject *subject, uint32_t count)
{
	subject->event_count += count;
	BB_ASSERT(subject->event_count <= MODEL_EVENTS);
}

/* As the sequencer does it. */
static void
apply_packet(struct subject *subject, const struct bb_command *commands, uint32_t count,
	     uint64_t number)
{
	static struct bb_bid bid;
	bool done = false;

	bid = (struct bb_bid){
		.number = number, .sequenced_ns = time_ns, .sequence = number,
		.command_count = (uint16_t)count, .participant = commands[0].participant,
		.route = BB_ROUTE_SEQUENCE,
	};
	memcpy(bid.commands, commands, count * sizeof(*commands));
	bb_foresee_bid(&subject->foresight, subject->market, &bid);
	while (!done) {
		uint32_t written = 0;
		done = bb_market_step_foreseen(subject->market, &subject->foresight, &bid,
					       subject->events + subject->event_count, &written);
		keep(subject, written);
	}
}

/* The same in slices of a chosen size. */
static void
apply_slices(struct subject *subject, const struct bb_command *commands, uint32_t count,
	     uint64_t number)
{
	const uint32_t room = subject->room != 0 ? subject->room : BB_SLICE_EVENTS;

	subject->market->number = number;
	subject->market->time_ns = time_ns;
	for (uint32_t record = 0; record < count;) {
		struct bb_slice slice = {
			.events = subject->events + subject->event_count, .room = room,
			.number = number, .record = (uint16_t)record,
			.behind = &commands[record + 1], .behind_count = count - record - 1,
		};
		const bool done = bb_market_run(subject->market, &commands[record], &slice);
		BB_ASSERT(slice.count <= room);
		BB_ASSERT(done || slice.count > 0);
		keep(subject, slice.count);
		record += done;
	}
}

static void
apply_alone(struct subject *subject, const struct bb_command *command, uint64_t number)
{
	bool done = false;

	while (!done) {
		uint32_t count = 0;
		done = bb_market_apply(subject->market, command, number, time_ns,
				       subject->events + subject->event_count, &count);
		keep(subject, count);
	}
}

static void
apply(struct subject *subject, const struct bb_command *commands, uint32_t count,
      uint64_t number)
{
	subject->event_count = 0;
	if (count == 1 && subject->room == 0)
		apply_alone(subject, commands, number);
	else if (count > 1 && subject->room == 0 && is_let_in(commands))
		apply_packet(subject, commands, count, number);
	else
		apply_slices(subject, commands, count, number);
	if (count == 1 || !is_let_in(commands))
		return;
	/* What else a packet leaves, where it did not come as one. */
	struct bb_window *windows = subject->market->members.windows;
	if (subject->room != 0)
		BB_ASSERT(bb_window_mark(&windows[commands[0].participant], number) == BB_OK);
	subject->market->record = (uint16_t)count;
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

static void
copy_between(const void *field, size_t size)
{
	const size_t at = (size_t)((const uint8_t *)field - subjects[0].memory);

	memcpy(memory_before + at, field, size);
}

/* To look for own orders may sort them (bb_position.h). */
static void
copy_sorted(const struct bb_market *market)
{
	const struct bb_positions *positions = &market->positions;

	copy_between(market->orders.own,
		     (market->size.orders + 1) * sizeof(market->orders.own[0]));
	for (uint32_t slot = 1; slot <= positions->used; slot++) {
		const struct bb_position *position = &positions->slots[slot];
		copy_between(position->fresh, sizeof(position->fresh));
		copy_between(position->bound, sizeof(position->bound));
		copy_between(position->heap, sizeof(position->heap));
	}
}

/* Whether somebody's own orders may have been sorted: for a self-trade, or for a leg that would
 * have passed. */
static bool
may_sort(const struct bb_command *commands)
{
	for (uint32_t i = 0; i < model.event_count; i++) {
		const struct bb_event *event = &model.events[i];
		if (event->result == BB_ERR_SELF_TRADE ||
		    commands[event->record].order.type == BB_BASKET_LEG)
			return true;
	}
	return false;
}

/* A refusal may change the number and the time, which all commands do, and when its sender was
 * heard, and no more, but for the order in which own orders are kept. */
static void
compare_memory(const struct bb_command *commands)
{
	const struct bb_market *market = subjects[0].market;
	const uint32_t participant = commands[0].participant;

	copy_between(&market->number, sizeof(market->number));
	copy_between(&market->time_ns, sizeof(market->time_ns));
	copy_between(&market->record, sizeof(market->record));
	if (participant >= 1 && participant <= model.size.participants) {
		copy_between(&market->members.accounts[participant].last_heard_ns,
			     sizeof(uint64_t));
		copy_between(&market->members.windows[participant], sizeof(struct bb_window));
	}
	if (may_sort(commands))
		copy_sorted(market);
	BB_ASSERT(memcmp(memory_before, subjects[0].memory, bb_market_bytes(&model.size)) == 0);
}

static bool
is_refused(void)
{
	for (uint32_t i = 0; i < model.event_count; i++)
		if (model.events[i].kind != BB_EVENT_REFUSED)
			return false;
	return true;
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

/* One of the two goes on elsewhere, from what was saved of it. */
static void
move_subject(uint64_t number)
{
	struct subject *subject = &subjects[1];
	uint8_t *to = subject->memory == memories[1] ? memories[2] : memories[1];

	save_compare(subjects[0].market, subject->market);
	subject->market = save_move(subject->market, to, MEMORY, number);
	subject->memory = to;
}

/* The market may look too early at whoever may have fallen silent, but never too late; and after
 * a tick nothing is left to look at. */
static void
compare_due(const struct bb_command *command, const struct bb_market *market)
{
	const uint64_t due_ns = bb_market_due_ns(market);

	BB_ASSERT(due_ns <= model_due_ns(&model));
	BB_ASSERT(due_ns == bb_market_due_ns(subjects[0].market));
	BB_ASSERT(command->kind != BB_COMMAND_TICK || command->participant != BB_VENUE ||
		  due_ns > time_ns);
}

static void
count_events(const struct bb_command *commands, struct drive_tally *tally)
{
	for (uint32_t i = 0; i < model.event_count; i++) {
		const struct bb_event *event = &model.events[i];
		const struct bb_command *command = &commands[event->record];
		tally->events[event->kind]++;
		tally->results[event->result]++;
		if (command->kind == BB_COMMAND_NEW && command->order.type == BB_BASKET_LEG &&
		    (event->kind == BB_EVENT_REFUSED || event->kind == BB_EVENT_ACCEPTED))
			tally->legs[event->result]++;
	}
}

static void
step(const struct bb_command *commands, uint32_t count, uint64_t number,
     struct drive_tally *tally)
{
	if (number % MOVES == 0)
		move_subject(number);
	memcpy(memory_before, subjects[0].memory, bb_market_bytes(&model.size));
	model_apply(&model, commands, count, number, time_ns);
	BB_ASSERT(model.event_count > 0);
	if (count > 1 && is_let_in(commands))
		model.members[commands[0].participant].sequence_highest = number;
	sort_mass_cancel(commands, model.events, model.event_count);
	for (uint32_t i = 0; i < 2; i++) {
		apply(&subjects[i], commands, count, number);
		compare_events(commands, &subjects[i]);
		compare_views(subjects[i].market);
		compare_due(commands, subjects[i].market);
		if (number % 32 == 0)
			bb_market_check(subjects[i].market);
	}
	if (is_refused())
		compare_memory(commands);
	if (tally != NULL)
		count_events(commands, tally);
}

/* What one of the traders has must cover what it does. */
static void
cover(const struct venue *venue)
{
	if (venue->covered == 0)
		return;
	for (uint32_t i = 0; i < 2; i++) {
		struct bb_market *market = subjects[i].market;
		bb_accounts_move(&market->accounts, BB_ACCOUNT_BANK, venue->covered,
				 venue->amount);
		market->members.accounts[venue->covered].escrow = 1;
	}
	model_cover(&model, venue->covered, venue->amount);
}

static uint64_t
open_venue(const struct venue *venue, struct drive_tally *tally)
{
	uint64_t number = 1;

	for (uint32_t id = 2; id < venue->traders + 2; id++) {
		const struct bb_command command = bytes_add_member(venue, (uint8_t)id);
		step(&command, 1, number++, tally);
	}
	for (uint8_t i = 0; i < 4; i++) {
		const struct bb_command command = bytes_add_product(venue, i);
		step(&command, 1, number++, tally);
	}
	cover(venue);
	return number;
}

size_t
market_drive(const uint8_t *bytes, size_t size, struct drive_tally *tally)
{
	if (size == 0)
		return 0;
	const struct venue *venue = &bytes_venues[bytes[0] % BYTES_VENUES];
	const size_t rows = (size - 1) / DRIVE_COMMAND_BYTES;
	struct bb_command commands[BYTES_PACKET_MAX];
	uint32_t count;

	start(venue, bytes[0]);
	time_ns = 1;
	uint64_t number = open_venue(venue, tally);
	for (size_t row = 0; row < rows; row += count) {
		const uint8_t *at = bytes + 1 + row * DRIVE_COMMAND_BYTES;
		count = bytes_packet(venue, at, (uint32_t)(rows - row), time_ns, commands);
		time_ns += at[6] % 64 * (SECOND_NS / 512);
		if (commands[0].kind == BB_COMMAND_TICK && at[5] >= 160)
			time_ns += at[5] % 4 * SECOND_NS;
		step(commands, count, number++, tally);
	}
	if (tally != NULL)
		for (uint32_t result = 0; result < BB_RESULT_COUNT; result++)
			tally->sums[result] += model.by_sum[result];
	bb_market_check(subjects[0].market);
	bb_market_check(subjects[1].market);
	return rows;
}
