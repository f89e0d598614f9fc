#include "market/bb_market.h"

#include <string.h>

#include "market/bb_cancel.h"
#include "market/bb_entry.h"
#include "market/bb_operator.h"
#include "market/bb_state.h"

bool
bb_market_size_valid(const struct bb_market_size *size)
{
	return size->participants >= 1 && size->participants <= BB_PARTICIPANTS_MAX &&
	       size->products >= 1 && size->products <= BB_PRODUCTS_MAX && size->orders >= 1 &&
	       size->orders <= BB_ORDERS_MAX && size->levels >= 1 &&
	       size->levels <= BB_PRODUCTS_MAX * BB_LEVELS_MAX;
}

size_t
bb_market_bytes(const struct bb_market_size *size)
{
	return bb_arena_round(sizeof(struct bb_market)) + bb_members_bytes(size->participants) +
	       bb_products_bytes(size->products, size->levels) + bb_orders_bytes(size->orders) +
	       bb_interests_bytes(size->orders) + bb_index_bytes(size->orders);
}

struct bb_market *
bb_market_init(struct bb_arena *arena, const struct bb_market_size *size,
	       const uint8_t operator_key[32], uint64_t hash_key)
{
	BB_ASSERT(bb_market_size_valid(size));
	const size_t used = arena->used;
	struct bb_market *market = bb_arena_take(arena, sizeof(*market));
	struct bb_member_command first = { .participant = BB_OPERATOR, .roles = BB_ROLE_OPERATOR };

	market->size = *size;
	bb_members_init(&market->members, arena, size->participants, hash_key);
	bb_products_init(&market->products, arena, size->products, size->levels, hash_key);
	bb_orders_init(&market->orders, arena, size->orders);
	bb_interests_init(&market->interests, arena, size->orders, hash_key);
	bb_index_init(&market->order_ids, arena, size->orders, hash_key);
	BB_ASSERT(arena->used - used == bb_market_bytes(size));

	memcpy(first.key, operator_key, sizeof(first.key));
	bb_members_add(&market->members, &first);
	return market;
}

/* Whether participant may send a command of this kind at all. */
static enum bb_result
check_sender(const struct bb_market *market, uint32_t participant, uint8_t kind)
{
	const struct bb_account *account = bb_members_find(&market->members, participant);
	uint32_t role = 0; /* a malformed record needs none, to be refused */

	if (account == NULL)
		return BB_ERR_PARTICIPANT;
	if (account->member.status != BB_MEMBER_ACTIVE)
		return BB_ERR_SUSPENDED;
	if (kind >= BB_COMMAND_NEW && kind <= BB_COMMAND_CANCEL_ALL)
		role = BB_ROLE_TRADER;
	else if (kind >= BB_COMMAND_MEMBER_ADD && kind < BB_COMMAND_KINDS)
		role = BB_ROLE_OPERATOR;
	return (account->member.roles & role) == role ? BB_OK : BB_ERR_ROLE;
}

static void
refuse(const struct bb_command *command, enum bb_result result, struct bb_slice *slice)
{
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_REFUSED, command->participant);

	event->result = (uint16_t)result;
	if (command->kind <= BB_COMMAND_CANCEL_ALL) { /* a malformed order too, or zeros */
		event->order_id = command->order.order_id;
		event->product = command->order.product;
	} else if (command->kind == BB_COMMAND_PRODUCT_ADD) {
		event->product = command->product.product;
	}
}

static enum bb_result
begin(struct bb_market *market, const struct bb_command *command, struct bb_slice *slice)
{
	switch (command->kind) {
	case BB_COMMAND_NEW:
		return bb_entry_new(market, command);
	case BB_COMMAND_REPLACE:
		return bb_entry_replace(market, command, slice);
	case BB_COMMAND_CANCEL:
		return bb_cancel_one(market, command, slice);
	case BB_COMMAND_CANCEL_PRODUCT:
		return bb_cancel_product(market, command);
	case BB_COMMAND_CANCEL_ALL:
		bb_cancel_all(market, bb_members_find(&market->members, command->participant),
			      BB_BY_PARTICIPANT);
		return BB_OK;
	case BB_COMMAND_MEMBER_ADD:
		return bb_operator_member_add(market, command, slice);
	case BB_COMMAND_MEMBER_REVOKE:
		return bb_operator_member_revoke(market, command);
	case BB_COMMAND_PRODUCT_ADD:
		return bb_operator_product_add(market, command, slice);
	case BB_COMMAND_HALT:
	case BB_COMMAND_RESUME:
		bb_operator_halt(market, command, slice);
		return BB_OK;
	default:
		return BB_ERR_RECORD;
	}
}

bool
bb_market_run(struct bb_market *market, const struct bb_command *command,
	      struct bb_slice *slice)
{
	struct bb_work *work = &market->work;
	const bool resumed = work->kind != BB_WORK_NONE;
	bool done = true;

	if (resumed) {
		BB_ASSERT(memcmp(&work->command, command, sizeof(*command)) == 0);
	} else {
		enum bb_result result = check_sender(market, command->participant, command->kind);
		if (result == BB_OK)
			result = begin(market, command, slice);
		if (result != BB_OK)
			refuse(command, result, slice);
	}

	if (work->kind == BB_WORK_TAKE)
		done = bb_entry_continue(market, slice);
	else if (work->kind == BB_WORK_SWEEP)
		done = bb_cancel_continue(market, command, slice);
	if (done)
		work->kind = BB_WORK_NONE;
	else if (!resumed)
		work->command = *command;
	return done;
}

bool
bb_market_apply(struct bb_market *market, const struct bb_command *command, uint64_t number,
		uint64_t time_ns, struct bb_event *events, uint32_t *count)
{
	struct bb_slice slice = { .events = events, .room = BB_SLICE_EVENTS, .number = number };

	BB_ASSERT(!market->stepping);
	if (market->work.kind == BB_WORK_NONE) {
		BB_ASSERT(number >= market->number);
		BB_ASSERT(time_ns >= market->time_ns);
		market->number = number;
		market->time_ns = time_ns;
	}
	BB_ASSERT(number == market->number);
	const bool done = bb_market_run(market, command, &slice);
	*count = slice.count;
	return done;
}

/* The checks of a whole packet.  What one command must not, its packet must not. */
static enum bb_result
check_bid(const struct bb_market *market, const struct bb_bid *bid)
{
	enum bb_result result = check_sender(market, bid->participant, BB_COMMAND_MALFORMED);

	if (result != BB_OK)
		return result;
	if (bid->not_after_ns != 0 && bid->sequenced_ns > bid->not_after_ns)
		return BB_ERR_EXPIRED;
	if (bid->command_count == 0 || bid->command_count > BB_RECORDS_MAX)
		return BB_ERR_RECORDS;
	for (uint32_t i = 0; i < bid->command_count && result == BB_OK; i++) {
		BB_ASSERT(bid->commands[i].participant == bid->participant);
		result = check_sender(market, bid->participant, bid->commands[i].kind);
	}
	return result;
}

/* Numbers a bid; returns false if it is refused as a whole, with one event. */
static bool
begin_bid(struct bb_market *market, const struct bb_bid *bid, struct bb_slice *slice)
{
	BB_ASSERT(market->work.kind == BB_WORK_NONE);
	BB_ASSERT(bid->route == BB_ROUTE_SEQUENCE);
	BB_ASSERT(bid->number == market->number + 1);
	BB_ASSERT(bid->sequenced_ns >= market->time_ns);
	BB_ASSERT(bid->participant >= 1 && bid->participant <= market->size.participants);
	const enum bb_result marked =
		bb_window_mark(&market->members.windows[bid->participant], bid->sequence);
	BB_ASSERT(marked == BB_OK);

	market->number = bid->number;
	market->time_ns = bid->sequenced_ns;
	const enum bb_result result = check_bid(market, bid);
	if (result == BB_OK) {
		market->stepping = true;
		market->record = 0;
		return true;
	}
	slice->record = BB_EVENT_WHOLE_PACKET;
	bb_slice_add(slice, BB_EVENT_REFUSED, bid->participant)->result = (uint16_t)result;
	return false;
}

bool
bb_market_step(struct bb_market *market, const struct bb_bid *bid, struct bb_event *events,
	       uint32_t *count)
{
	struct bb_slice slice = {
		.events = events, .room = BB_SLICE_EVENTS, .number = bid->number,
	};

	*count = 0;
	if (!market->stepping && !begin_bid(market, bid, &slice)) {
		*count = slice.count;
		return true;
	}
	BB_ASSERT(bid->number == market->number);
	while (market->record < bid->command_count && bb_slice_left(&slice) > 0) {
		slice.record = market->record;
		if (!bb_market_run(market, &bid->commands[market->record], &slice))
			break;
		market->record++;
	}
	*count = slice.count;
	market->stepping = market->record < bid->command_count;
	return !market->stepping;
}
