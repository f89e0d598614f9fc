#include "market/bb_rebate.h"

#include "market/bb_settlement.h"
#include "market/bb_settling.h"
#include "market/bb_tick.h"

#define DAY_NS     (UINT64_C(86400) * BB_SECOND_NS)
#define UNIT       INT64_C(1000000000) /* of currency, in nano-currency */
#define JUDGES     (BB_ROLE_OPERATOR | BB_ROLE_GRID | BB_ROLE_METER)
#define ENDS_WITH  3u /* events at most: two pots, and what goes to DSO */

_Static_assert(ENDS_WITH <= BB_TICK_ROOM, "a slice has room for them");

static const uint32_t accounts_of[BB_REBATE_POTS] = { BB_ACCOUNT_FUND, BB_ACCOUNT_RENT };

size_t
bb_rebate_bytes(uint32_t participants)
{
	return bb_arena_round(participants * sizeof(struct bb_claim));
}

void
bb_rebate_init(struct bb_rebate *rebate, struct bb_arena *arena, uint32_t participants)
{
	/* Of zeroed memory, and a field at a time: bytes between fields are saved too. */
	if (participants > 0)
		rebate->claims = bb_arena_take(arena, participants * sizeof(struct bb_claim));
	rebate->due_ns = BB_NEVER_NS;
}

/* The end of the period that now_ns lies in. */
static uint64_t
end_ns(uint64_t now_ns, uint32_t days)
{
	const uint64_t day = (now_ns / DAY_NS / days + 1) * days;

	return day > UINT64_MAX / DAY_NS ? BB_NEVER_NS : day * DAY_NS;
}

void
bb_rebate_plan(struct bb_market *market)
{
	struct bb_rebate *rebate = &market->rebate;
	const uint32_t days = (uint32_t)market->calendar.rules.rebate_days;

	if (rebate->stage != BB_REBATE_IDLE)
		rebate->due_ns = 0;
	else if (!rebate->pending || days == 0)
		rebate->due_ns = BB_NEVER_NS;
	else if (rebate->due_ns > market->time_ns)
		rebate->due_ns = end_ns(market->time_ns, days);
}

static void
await(struct bb_market *market)
{
	if (market->rebate.pending)
		return;
	market->rebate.pending = true;
	bb_rebate_plan(market);
}

void
bb_rebate_settle(struct bb_market *market, __int128 change)
{
	market->rebate.provisional += change;
	await(market);
}

void
bb_rebate_count(struct bb_market *market, const struct bb_account *account, int64_t metered_wh)
{
	const uint64_t wh = (uint64_t)(metered_wh < 0 ? -metered_wh : metered_wh);
	struct bb_purse *purse = bb_accounts_purse(&market->accounts, account->participant);

	await(market);
	if ((account->roles & BB_ROLE_TRADER) == 0 || (account->roles & JUDGES) != 0)
		return;
	purse->metered_wh = wh < BB_REBATE_WH_MAX - purse->metered_wh ? purse->metered_wh + wh
								      : BB_REBATE_WH_MAX;
}

/* Makes a claim of what each was metered, which begins at zero again; returns what covered
 * participants owe. */
static __int128
gather(struct bb_market *market)
{
	struct bb_rebate *rebate = &market->rebate;
	__int128 owed = 0;

	rebate->count = 0;
	rebate->metered_wh = 0;
	for (uint32_t id = 1; id <= market->members.size; id++) {
		struct bb_purse *purse = &market->accounts.purses[id];
		if (purse->balance < 0 && market->members.accounts[id].escrow != 0)
			owed -= purse->balance;
		if (purse->metered_wh == 0)
			continue;
		rebate->claims[rebate->count] = (struct bb_claim){
			.quantity = purse->metered_wh, .order = id, .index = rebate->count,
		};
		rebate->count++;
		rebate->metered_wh += purse->metered_wh;
		purse->metered_wh = 0;
	}
	return owed;
}

/* post moves amount from debit to credit, and tells so. */
static void
post(struct bb_market *market, struct bb_slice *slice, uint32_t debit, uint32_t credit,
     uint64_t amount, uint64_t metered_wh)
{
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_POSTED, debit);

	bb_accounts_move(&market->accounts, debit, credit, (int64_t)amount);
	event->counterparty = credit;
	event->order_id = amount;
	event->quantity_wh = metered_wh < UINT32_MAX ? (uint32_t)metered_wh : UINT32_MAX;
	event->remaining_wh = BB_POSTING_REBATE;
}

/* Fixes what is shared of a pot, available at most: all of it, if there is somebody. */
static void
fix_pot(struct bb_market *market, struct bb_slice *slice, enum bb_rebate_pot pot,
	__int128 available)
{
	struct bb_rebate *rebate = &market->rebate;
	const uint32_t account = accounts_of[pot];
	uint64_t amount = 0;

	if (available > 0 && rebate->count > 0)
		amount = available < INT64_MAX ? (uint64_t)available : INT64_MAX;
	bb_accounts_lock(bb_accounts_purse(&market->accounts, account), amount);
	rebate->amounts[pot] = amount;
	struct bb_event *event = bb_slice_add(slice, BB_EVENT_REBATED, account);
	event->order_id = amount;
	event->counter_order_id = rebate->metered_wh;
	event->quantity_wh = rebate->count;
	event->result = rebate->count > 0 ? BB_OK : BB_ERR_NOT_FOUND;
}

/* Goes to the first pot from there on in which there is something; there may be none. */
static void
next_pot(struct bb_market *market, uint32_t pot)
{
	struct bb_rebate *rebate = &market->rebate;

	while (pot < BB_REBATE_POTS && rebate->amounts[pot] == 0)
		pot++;
	rebate->pot = (uint8_t)pot;
	rebate->stage = pot == BB_REBATE_POTS ? BB_REBATE_IDLE : BB_REBATE_SHARES;
	rebate->left = pot == BB_REBATE_POTS ? 0 : rebate->amounts[pot];
	rebate->next = 0;
	if (rebate->stage == BB_REBATE_IDLE)
		rebate->due_ns = BB_NEVER_NS;
	bb_rebate_plan(market);
}

bool
bb_rebate_begin(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_rebate *rebate = &market->rebate;
	struct bb_tick *tick = &market->work.tick;
	const struct bb_rules *rules = &market->calendar.rules;

	if (rebate->stage != BB_REBATE_IDLE || rebate->due_ns > market->time_ns)
		return true;
	if (bb_slice_left(slice) < ENDS_WITH)
		return false;
	const __int128 owed = gather(market);
	const __int128 kept = (__int128)rules->kept_units * UNIT + rules->kept_nano;
	const __int128 rent = bb_accounts_balance(&market->accounts, BB_ACCOUNT_RENT);

	fix_pot(market, slice, BB_REBATE_FUND,
		bb_accounts_balance(&market->accounts, BB_ACCOUNT_FUND) - rebate->provisional -
			kept - owed);
	if (rules->rent_shared != 0)
		fix_pot(market, slice, BB_REBATE_RENT, rent);
	else if (rent > 0)
		post(market, slice, BB_ACCOUNT_RENT, BB_ACCOUNT_DSO,
		     rent < INT64_MAX ? (uint64_t)rent : INT64_MAX, 0);
	rebate->pending = false;
	next_pot(market, BB_REBATE_FUND);
	tick->told = true;
	tick->left -= tick->left > 0;
	return true;
}

/* Claims leave bb_prorata in another order; each goes back to its place. */
static void
restore(struct bb_claim *claims, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		while (claims[i].index != i) {
			const struct bb_claim other = claims[claims[i].index];
			claims[claims[i].index] = claims[i];
			claims[i] = other;
		}
	}
}

/* Everybody gets so many whole times what it was metered, and a part of what is over. */
static void
share(struct bb_rebate *rebate)
{
	bb_prorata(rebate->claims, rebate->count,
		   rebate->amounts[rebate->pot] % rebate->metered_wh);
	restore(rebate->claims, rebate->count);
	rebate->stage = BB_REBATE_PAYS;
}

static void
pay(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_rebate *rebate = &market->rebate;
	const struct bb_claim *claim = &rebate->claims[rebate->next++];
	const uint32_t account = accounts_of[rebate->pot];
	const uint64_t times = rebate->amounts[rebate->pot] / rebate->metered_wh;
	const uint64_t amount = claim->quantity * times + claim->given;

	if (amount > 0) {
		BB_ASSERT(amount <= rebate->left);
		rebate->left -= amount;
		bb_accounts_unlock(bb_accounts_purse(&market->accounts, account), amount);
		post(market, slice, account, (uint32_t)claim->order, amount, claim->quantity);
		market->work.tick.told = true;
	}
	if (rebate->next < rebate->count)
		return;
	BB_ASSERT(rebate->left == 0); /* to the last unit */
	rebate->amounts[rebate->pot] = 0;
	next_pot(market, rebate->pot + 1u);
}

bool
bb_rebate_continue(struct bb_market *market, struct bb_slice *slice)
{
	struct bb_rebate *rebate = &market->rebate;
	struct bb_tick *tick = &market->work.tick;

	while (rebate->stage != BB_REBATE_IDLE && tick->left > 0) {
		if (rebate->stage == BB_REBATE_SHARES) {
			/* A step each; more than a tick has room for has one for itself. */
			if (tick->left < BB_TICK_EVENTS && tick->left < rebate->count)
				return true;
			share(rebate);
			tick->left -= tick->left < rebate->count ? tick->left : rebate->count;
			continue;
		}
		if (bb_slice_left(slice) == 0)
			return false;
		pay(market, slice);
		tick->left--;
	}
	return true;
}

/* What may be taken back out of FUND of one listing's positions. */
static __int128
provisional_of(const struct bb_market *market, const struct bb_listing *listing)
{
	__int128 sum = 0;

	for (uint32_t at = listing->positions; at != BB_POSITION_NONE;
	     at = market->positions.slots[at].next) {
		const struct bb_position_settled *settled = &market->positions.settled[at];
		if ((market->positions.slots[at].flags & BB_POSITION_SETTLED) != 0)
			sum += (__int128)settled->no_gain + settled->penalty;
	}
	return sum;
}

void
bb_rebate_check(const struct bb_market *market)
{
	const struct bb_rebate *rebate = &market->rebate;
	__int128 provisional = 0;
	uint64_t metered_wh = 0;

	for (uint32_t row = 0; row < market->products.count; row++)
		provisional += provisional_of(
			market, &market->products.listings[market->products.listed[row]]);
	BB_ASSERT(provisional == rebate->provisional);
	for (uint32_t pot = 0; pot < BB_REBATE_POTS; pot++) {
		const bool under_way = rebate->stage != BB_REBATE_IDLE && rebate->pot == pot;
		BB_ASSERT(bb_accounts_purse(&market->accounts, accounts_of[pot])->locked ==
			  (under_way ? rebate->left : rebate->amounts[pot]));
	}
	for (uint32_t i = 0; i < rebate->count; i++) {
		BB_ASSERT(rebate->claims[i].index == i);
		metered_wh += rebate->claims[i].quantity;
	}
	BB_ASSERT(metered_wh == rebate->metered_wh);
	BB_ASSERT(rebate->stage == BB_REBATE_IDLE ? rebate->left == 0 : rebate->due_ns == 0);
	BB_ASSERT(rebate->pending || rebate->due_ns == 0 || rebate->due_ns == BB_NEVER_NS);
}
