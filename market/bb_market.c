#include "market/bb_market.h"

#include <string.h>

#include "market/bb_cancel.h"
#include "market/bb_delivery.h"
#include "market/bb_entry.h"
#include "market/bb_expiry.h"
#include "market/bb_foresee.h"
#include "market/bb_grid.h"
#include "market/bb_operator.h"
#include "market/bb_resting.h"
#include "market/bb_silence.h"
#include "market/bb_state.h"
#include "market/bb_tick.h"
#include "market/bb_uncross.h"

bool
bb_market_size_valid(const struct bb_market_size *size)
{
	return size->participants >= 1 && size->participants <= BB_PARTICIPANTS_MAX &&
	       size->products >= 1 && size->products <= BB_PRODUCTS_MAX && size->orders >= 1 &&
	       size->orders <= BB_ORDERS_MAX && size->levels >= 1 &&
	       size->levels <= BB_PRODUCTS_MAX * BB_LEVELS_MAX && size->places >= 1 &&
	       size->places <= BB_PLACES_MAX && size->positions >= 1 &&
	       size->positions <= BB_POSITIONS_MAX && size->courses <= size->products;
}

/* A venue without a calendar has no auctions either. */
static size_t
calendar_bytes(const struct bb_market_size *size)
{
	return size->courses == 0 ? 0
				  : bb_calendar_bytes(size->courses) +
					    bb_rebate_bytes(size->participants) +
					    bb_arena_round(sizeof(struct bb_fixing)) +
					    bb_fixing_bytes(size->orders);
}

size_t
bb_market_bytes(const struct bb_market_size *size)
{
	return bb_arena_round(sizeof(struct bb_market)) + bb_members_bytes(size->participants) +
	       bb_accounts_bytes(size->participants) +
	       bb_products_bytes(size->products, size->levels) + bb_orders_bytes(size->orders) +
	       bb_positions_bytes(size->positions, size->participants, size->products) +
	       bb_ids_bytes(size->places) + bb_watches_bytes(size->participants) +
	       calendar_bytes(size);
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
	bb_accounts_init(&market->accounts, arena, size->participants);
	bb_products_init(&market->products, arena, size->products, size->levels);
	bb_orders_init(&market->orders, arena, size->orders);
	bb_positions_init(&market->positions, arena, size->positions, size->participants,
			  size->products);
	bb_ids_init(&market->ids, arena, size->places);
	bb_watches_init(&market->watches, arena, size->participants);
	bb_calendar_init(&market->calendar, arena, size->courses);
	bb_rebate_init(&market->rebate, arena, size->courses > 0 ? size->participants : 0);
	if (size->courses > 0) {
		market->fixing = bb_arena_take(arena, sizeof(*market->fixing));
		bb_fixing_init(market->fixing, arena, size->orders);
	}
	BB_ASSERT(arena->used - used == bb_market_bytes(size));

	memcpy(first.key, operator_key, sizeof(first.key));
	bb_members_add(&market->members, &first, (struct bb_id_table){ 0 });
	return market;
}

/* Who may send what.  A malformed record needs no role, to be refused; a tick is the venue's
 * own, so that no set of roles is enough for it. */
static const uint16_t role_needed[BB_COMMAND_KINDS] = {
	[BB_COMMAND_MALFORMED] = 0,
	[BB_COMMAND_NEW ... BB_COMMAND_CANCEL_ALL] = BB_ROLE_TRADER,
	[BB_COMMAND_MEMBER_ADD ... BB_COMMAND_RESUME] = BB_ROLE_OPERATOR,
	[BB_COMMAND_QUOTE ... BB_COMMAND_DISPUTE] = BB_ROLE_TRADER,
	[BB_COMMAND_TICK] = (uint16_t)~BB_ROLE_ALL,
	[BB_COMMAND_PARAM ... BB_COMMAND_RULING] = BB_ROLE_OPERATOR,
	[BB_COMMAND_LINE ... BB_COMMAND_RESTRICT] = BB_ROLE_GRID,
	[BB_COMMAND_METER] = BB_ROLE_METER,
};

static bool
may(const struct bb_account *account, uint8_t kind)
{
	const uint16_t role = kind < BB_COMMAND_KINDS ? role_needed[kind] : 0;
	return (account->roles & role) == role;
}

/* Whether participant may send anything. */
static enum bb_result
check_sender(const struct bb_market *market, uint32_t participant,
	     struct bb_account **account)
{
	*account = bb_members_find(&market->members, participant);
	if (*account == NULL)
		return BB_ERR_PARTICIPANT;
	return (*account)->status == BB_MEMBER_ACTIVE ? BB_OK : BB_ERR_SUSPENDED;
}

/* Whether command carries an order record. */
static bool
is_order(const struct bb_command *command)
{
	return command->kind <= BB_COMMAND_CANCEL_ALL || /* a malformed one too, or zeros */
	       (command->kind >= BB_COMMAND_QUOTE && command->kind <= BB_COMMAND_DISPUTE);
}

BB_COLD static void
refuse(const struct bb_command *command, enum bb_result result, struct bb_slice *slice)
{
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_REFUSED, command->participant);

	event->result = (uint16_t)result;
	if (is_order(command)) {
		event->order_id = command->order.order_id;
		event->product = command->order.product;
	} else if (command->kind == BB_COMMAND_PRODUCT_ADD) {
		event->product = command->product.product;
	}
}

static enum bb_result
begin_calendar(struct bb_market *market, const struct bb_command *command,
	       struct bb_slice *slice)
{
	switch (command->kind) {
	case BB_COMMAND_PARAM:
		return bb_operator_param(market, command, slice);
	case BB_COMMAND_TRANSFER:
		return bb_operator_transfer(market, command, slice);
	case BB_COMMAND_PRODUCT_HALT:
	case BB_COMMAND_PRODUCT_RESUME:
		return bb_operator_product_halt(market, command, slice);
	case BB_COMMAND_RULING:
		return bb_delivery_ruling(market, command, slice);
	case BB_COMMAND_DISPUTE:
		return bb_delivery_dispute(market, command, slice);
	case BB_COMMAND_METER:
		return bb_delivery_meter(market, command, slice);
	case BB_COMMAND_LINE:
		return bb_grid_line(market, command, slice);
	case BB_COMMAND_IMBALANCE:
		return bb_grid_imbalance(market, command, slice);
	case BB_COMMAND_TARIFF:
		return bb_grid_tariff(market, command, slice);
	case BB_COMMAND_RESTRICT:
		return bb_grid_restrict(market, command, slice);
	default:
		return command->kind > BB_COMMAND_RESUME && command->kind < BB_COMMAND_KINDS
			       ? BB_ERR_UNSUPPORTED
			       : BB_ERR_RECORD;
	}
}

static enum bb_result
begin_other(struct bb_market *market, const struct bb_command *command,
	    struct bb_account *account, struct bb_slice *slice)
{
	switch (command->kind) {
	case BB_COMMAND_QUOTE:
		if (bb_resting_find(market, account, command->order.order_id) != BB_SLOT_NONE)
			return bb_entry_replace(market, command, account, slice);
		return bb_entry_new(market, command, account, slice);
	case BB_COMMAND_CANCEL_PRODUCT:
	case BB_COMMAND_CANCEL_SIDE:
		return bb_cancel_product(market, command);
	case BB_COMMAND_CANCEL_ALL:
		bb_cancel_all(market, account, BB_BY_PARTICIPANT);
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
	case BB_COMMAND_KILL:
		return bb_operator_member_kill(market, command->participant);
	case BB_COMMAND_SILENCE:
		return bb_silence_ask(market, command, account, slice);
	case BB_COMMAND_MEMBER_KILL:
		return bb_operator_member_kill(market, command->member.participant);
	case BB_COMMAND_MEMBER_ARM:
		return bb_operator_member_arm(market, command, slice);
	case BB_COMMAND_MEMBER_SET:
		return bb_operator_member_set(market, command, slice);
	case BB_COMMAND_TICK:
		bb_tick_begin(market);
		return BB_OK;
	default:
		return begin_calendar(market, command, slice);
	}
}

BB_INLINE enum bb_result
begin(struct bb_market *market, const struct bb_command *command, struct bb_account *account,
      struct bb_slice *slice)
{
	switch (command->kind) {
	case BB_COMMAND_NEW:
		return bb_entry_new(market, command, account, slice);
	case BB_COMMAND_CANCEL:
		return bb_cancel_one(market, command, account, slice);
	case BB_COMMAND_REPLACE:
		return bb_entry_replace(market, command, account, slice);
	default:
		return begin_other(market, command, account, slice);
	}
}

static bool
resume(struct bb_market *market, const struct bb_command *command, struct bb_slice *slice)
{
	struct bb_work *work = &market->work;
	bool done = false;

	if (work->kind == BB_WORK_TAKE)
		done = bb_entry_continue(market, slice);
	else if (work->kind == BB_WORK_SWEEP)
		done = bb_cancel_continue(market, command, slice);
	else if (work->kind == BB_WORK_UNCROSS)
		done = bb_uncross_continue(market, slice);
	else
		done = bb_tick_continue(market, slice);
	BB_ASSERT(market->accounts.sum == 0);
	if (done)
		work->kind = BB_WORK_NONE;
	return done;
}

/* Goes on with the command under way, or begins one, whose sender may send it unless refusal
 * says otherwise. */
BB_INLINE bool
run(struct bb_market *market, const struct bb_command *command, struct bb_account *account,
    enum bb_result refusal, struct bb_slice *slice)
{
	struct bb_work *work = &market->work;

	if (BB_UNLIKELY(work->kind != BB_WORK_NONE)) {
		BB_ASSERT(memcmp(&work->command, command, sizeof(*command)) == 0);
		return resume(market, command, slice);
	}
	const enum bb_result result =
		refusal == BB_OK ? begin(market, command, account, slice) : refusal;
	if (BB_UNLIKELY(result != BB_OK))
		refuse(command, result, slice);
	BB_ASSERT(market->accounts.sum == 0); /* money was moved, not made */
	if (BB_LIKELY(work->kind == BB_WORK_NONE))
		return true;
	work->command = *command;
	return resume(market, command, slice);
}

bool
bb_market_run(struct bb_market *market, const struct bb_command *command,
	      struct bb_slice *slice)
{
	struct bb_account *account = NULL;
	enum bb_result refusal = BB_OK;

	if (command->kind != BB_COMMAND_TICK || command->participant != BB_VENUE) {
		refusal = check_sender(market, command->participant, &account);
		if (refusal == BB_OK && !may(account, command->kind))
			refusal = BB_ERR_ROLE;
		if (refusal == BB_OK)
			bb_silence_hear(account, market->time_ns);
	}
	return run(market, command, account, refusal, slice);
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

/* The checks of a whole packet, whose sender is heard if it passes.  What one command must not,
 * its packet must not. */
static enum bb_result
check_bid(const struct bb_market *market, const struct bb_bid *bid)
{
	struct bb_account *account;
	enum bb_result result = BB_OK;

	if (bb_bid_is_tick(bid))
		return BB_OK;
	result = check_sender(market, bid->participant, &account);
	if (result != BB_OK)
		return result;
	if (bid->not_after_ns != 0 && bid->sequenced_ns > bid->not_after_ns)
		return BB_ERR_EXPIRED;
	if (bid->command_count == 0 || bid->command_count > BB_RECORDS_MAX)
		return BB_ERR_RECORDS;
	for (uint32_t i = 0; i < bid->command_count; i++) {
		BB_ASSERT(bid->commands[i].participant == bid->participant);
		if (!may(account, bid->commands[i].kind))
			return BB_ERR_ROLE;
	}
	bb_silence_hear(account, bid->sequenced_ns); /* accepted, whatever its commands come to */
	return BB_OK;
}

/* Numbers a bid; returns false if it is refused as a whole, with one event. */
static bool
begin_bid(struct bb_market *market, const struct bb_bid *bid, struct bb_slice *slice)
{
	BB_ASSERT(market->work.kind == BB_WORK_NONE);
	BB_ASSERT(bid->route == BB_ROUTE_SEQUENCE);
	BB_ASSERT(bid->number == market->number + 1);
	BB_ASSERT(bid->sequenced_ns >= market->time_ns);
	BB_ASSERT(bid->participant <= market->size.participants);
	if (bb_bid_is_tick(bid)) { /* the sequencer's own, of which no second one can come */
		BB_ASSERT(bid->command_count == 1 && bid->commands[0].kind == BB_COMMAND_TICK);
	} else {
		const enum bb_result marked = bb_window_mark(
			&market->members.windows[bid->participant], bid->sequence);
		BB_ASSERT(marked == BB_OK);
	}

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
	return bb_market_step_foreseen(market, NULL, bid, events, count);
}

bool
bb_market_step_foreseen(struct bb_market *market, struct bb_foresight *foresight,
			const struct bb_bid *bid, struct bb_event *events, uint32_t *count)
{
	struct bb_slice slice = {
		.events = events, .room = BB_SLICE_EVENTS, .number = bid->number,
	};
	const bool told = foresight != NULL && bb_foresee_is_next(foresight, bid);

	*count = 0;
	if (!market->stepping && !begin_bid(market, bid, &slice)) {
		*count = slice.count;
		if (told)
			bb_foresee_passes(foresight);
		return true;
	}
	BB_ASSERT(bid->number == market->number);
	struct bb_account *account = bb_members_find(&market->members, bid->participant);
	while (market->record < bid->command_count && bb_slice_left(&slice) > 0) {
		slice.record = market->record;
		slice.behind = &bid->commands[market->record + 1];
		slice.behind_count = (uint32_t)bid->command_count - market->record - 1;
		if (told)
			bb_foresee_at(foresight, market, market->record);
		if (!run(market, &bid->commands[market->record], account, BB_OK, &slice))
			break;
		market->record++;
	}
	*count = slice.count;
	market->stepping = market->record < bid->command_count;
	if (told && !market->stepping)
		bb_foresee_passes(foresight);
	return !market->stepping;
}

uint64_t
bb_market_due_ns(const struct bb_market *market)
{
	const uint64_t expiry_ns = bb_expiry_due_ns(market);
	const uint64_t silence_ns = bb_silence_due_ns(market);
	const uint64_t rebate_ns = market->rebate.due_ns;
	const uint64_t orders_ns = expiry_ns < silence_ns ? expiry_ns : silence_ns;
	const uint64_t courses_ns =
		rebate_ns < market->calendar.due_ns ? rebate_ns : market->calendar.due_ns;

	return orders_ns < courses_ns ? orders_ns : courses_ns;
}
