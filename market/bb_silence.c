#include "market/bb_silence.h"

#include "market/bb_cancel.h"
#include "market/bb_tick.h"

static uint64_t
deadline_ns(const struct bb_account *account)
{
	return account->last_heard_ns + account->silence_s * BB_SECOND_NS;
}

static bool
is_subject(const struct bb_account *account)
{
	return account->silence_s != 0 && account->orders_live > 0;
}

void
bb_silence_watch(struct bb_market *market, const struct bb_account *account)
{
	const struct bb_watch *watch = &market->watches.slots[account->participant];
	const uint64_t due_ns = deadline_ns(account);

	if (account->silence_s != 0 && (watch->at == 0 || due_ns < watch->due_ns))
		bb_watches_set(&market->watches, account->participant, due_ns);
}

enum bb_result
bb_silence_ask(struct bb_market *market, const struct bb_command *command,
	       struct bb_account *account, struct bb_slice *slice)
{
	const uint32_t seconds = command->order.quantity_wh;

	if (seconds > BB_SILENCE_S_MAX)
		return BB_ERR_PARAM;
	account->silence_s = seconds;
	if (is_subject(account))
		bb_silence_watch(market, account);
	bb_slice_add(slice, BB_EVENT_ACCEPTED, account->participant);
	return BB_OK;
}

/* Whether all orders of account may leave in this tick.  Alone they are never more events than an
 * auction of all orders has (BB_TICK_EVENTS_MAX). */
static bool
has_room(const struct bb_tick *tick, const struct bb_account *account)
{
	return tick->silent == account->participant || tick->left == BB_TICK_EVENTS ||
	       account->orders_live <= tick->left;
}

/* False if the slice is full before all are off. */
static bool
take_off(struct bb_market *market, const struct bb_account *account, struct bb_slice *slice)
{
	struct bb_tick *tick = &market->work.tick;
	uint32_t slot;

	tick->silent = account->participant;
	while ((slot = bb_cancel_any(market, account)) != BB_SLOT_NONE) {
		if (bb_slice_left(slice) == 0)
			return false;
		bb_cancel_slot(market, slice, slot, BB_BY_SILENCE);
		tick->told = true;
		tick->left -= tick->left > 0;
	}
	tick->silent = 0;
	return true;
}

bool
bb_silence_continue(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_watches *watches = &market->watches;
	struct bb_tick *tick = &market->work.tick;

	for (; bb_silence_due_ns(market) <= market->time_ns && tick->looks > 0; tick->looks--) {
		const uint32_t first = bb_watches_first(watches);
		const struct bb_account *account = &market->members.accounts[first];
		if (account->silence_s != 0) {
			const uint64_t due_ns = deadline_ns(account);
			if (account->orders_live > 0 && due_ns > watches->slots[first].due_ns) {
				bb_watches_set(watches, first, due_ns);
				continue;
			}
			if (!has_room(tick, account))
				break;
			if (!take_off(market, account, slice))
				return false;
		}
		bb_watches_drop(watches);
	}
	return true;
}

void
bb_silence_check(const struct bb_market *market)
{
	bb_watches_check(&market->watches);
	for (uint32_t id = 1; id <= market->size.participants; id++) {
		const struct bb_account *account = &market->members.accounts[id];
		const struct bb_watch *watch = &market->watches.slots[id];
		BB_ASSERT(!is_subject(account) ||
			  (watch->at != 0 && watch->due_ns <= deadline_ns(account)));
	}
}
