#include "market/bb_market.h"

#include "market/bb_settling.h"
#include "market/bb_silence.h"
#include "market/bb_state.h"
#include "market/bb_uncross.h"

/* What the parts must agree on. */
struct sums {
	uint64_t traded_wh;
	uint64_t bought_wh;
	uint64_t sold_wh;
	uint32_t orders;    /* in books */
	uint32_t live;      /* of participants */
	uint32_t positions; /* of listings */
	uint32_t extras;
	uint32_t stretches;
};

static void
check_orders(const struct bb_market *market, uint32_t resting, uint32_t extras)
{
	const struct bb_orders *orders = &market->orders;
	uint32_t free_orders = 0;
	uint32_t placed = 0;

	for (uint32_t slot = orders->free_first; slot != BB_SLOT_NONE;
	     slot = orders->slots[slot].next) {
		BB_ASSERT(orders->slots[slot].quantity_wh == 0);
		BB_ASSERT(++free_orders <= orders->capacity);
	}
	for (uint32_t place = 0; place <= market->ids.capacity; place++)
		placed += market->ids.places[place] != BB_SLOT_NONE;
	BB_ASSERT(market->ids.places[0] == BB_SLOT_NONE);
	BB_ASSERT(orders->live == resting);
	BB_ASSERT(orders->live + free_orders == orders->used);
	BB_ASSERT(placed == resting);
	BB_ASSERT(orders->extras.live == extras);
	bb_extras_check(&orders->extras);
}

/* As bb_take_odd had it when the order came. */
static bool
is_odd(const struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order *order = &orders->slots[slot];
	const uint16_t accept = orders->own[slot].accept;

	return bb_order_hidden(orders, order) > 0 ||
	       (bb_order_side(order) == BB_BUY && accept != 0 && accept != UINT16_MAX);
}

/* Every order of a position stands at its own id's place; returns what they lock. */
static uint64_t
check_slots(const struct bb_market *market, const struct bb_listing *listing,
	    struct sums *sums)
{
	uint64_t locked = 0;

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const struct bb_ladder *ladder = &listing->book.ladders[side];
		uint32_t rung = bb_ladder_best(ladder);
		for (; rung != BB_RUNG_NONE; rung = bb_ladder_after(ladder, rung)) {
			const int32_t price =
				bb_book_price(&listing->book, (enum bb_side)side, rung);
			uint32_t slot = bb_ladder_rung(ladder, rung)->first;
			for (; slot != BB_SLOT_NONE; slot = market->orders.slots[slot].next) {
				const struct bb_order *order = &market->orders.slots[slot];
				const uint32_t owner =
					market->positions.slots[order->position].participant;
				BB_ASSERT(*bb_ids_place(&market->ids,
							market->members.accounts[owner].ids,
							order->order_id) == slot);
				locked += bb_escrow_need(
					(enum bb_side)side, price, listing->margin,
					order->quantity_wh +
						bb_order_hidden(&market->orders, order));
				BB_ASSERT(listing->odd || !is_odd(&market->orders, slot));
				sums->extras += order->extra != BB_EXTRA_NONE;
				BB_ASSERT(order->extra == BB_EXTRA_NONE ||
					  market->orders.extras.slots[order->extra].slot == slot);
			}
		}
	}
	return locked;
}

/* Returns what orders and contracts of the listing lock. */
static uint64_t
check_listing(const struct bb_market *market, const struct bb_listing *listing,
	      struct sums *sums)
{
	const uint32_t index = bb_listing_index(&market->products, listing);
	const uint32_t orders = bb_book_check(&listing->book, &market->orders, &sums->stretches);
	uint64_t locked = check_slots(market, listing, sums);
	uint64_t bought_wh = 0;
	uint64_t sold_wh = 0;
	uint32_t live = 0;
	uint32_t before = BB_POSITION_NONE;

	for (uint32_t at = listing->positions; at != BB_POSITION_NONE;
	     at = market->positions.slots[at].next) {
		const struct bb_position *position = &market->positions.slots[at];
		BB_ASSERT(position->listing == index);
		BB_ASSERT(position->prev == before);
		if (market->work.kind != BB_WORK_TAKE || market->work.take.position != at)
			live += bb_position_check(&market->positions, &market->orders, at);
		else
			live += position->orders[BB_BUY] + position->orders[BB_SELL];
		bought_wh += position->bought_wh;
		sold_wh += position->sold_wh;
		locked += position->locked;
		before = at;
		sums->positions++;
	}
	BB_ASSERT(bb_products_find(&market->products, listing->product.terms.product) == listing);
	BB_ASSERT(listing->product.orders_live == orders && live == orders);
	BB_ASSERT(listing->course != 0 || bought_wh == sold_wh);
	BB_ASSERT(listing->course != 0 || bought_wh == listing->product.traded_wh);
	BB_ASSERT(listing->course != 0 || !bb_book_crosses(&listing->book));
	sums->orders += orders;
	sums->traded_wh += listing->product.traded_wh;
	return locked;
}

static void
check_account(const struct bb_market *market, const struct bb_account *account,
	      struct sums *sums)
{
	uint64_t open_wh = 0;
	uint32_t live = 0;
	uint32_t before = BB_POSITION_NONE;

	for (uint32_t at = account->positions; at != BB_POSITION_NONE;
	     at = market->positions.slots[at].own_next) {
		const struct bb_position *position = &market->positions.slots[at];
		BB_ASSERT(position->participant == account->participant);
		BB_ASSERT(position->own_prev == before);
		BB_ASSERT(position->own_listed);
		live += position->orders[BB_BUY] + position->orders[BB_SELL];
		open_wh += position->open_wh[BB_BUY] + position->open_wh[BB_SELL];
		before = at;
	}
	BB_ASSERT(account->orders_live == live);
	BB_ASSERT(account->energy_wh == account->bought_wh + account->sold_wh + open_wh);
	BB_ASSERT(account->energy_wh <= BB_ENERGY_MAX);
	BB_ASSERT(account->status == BB_MEMBER_ACTIVE || live == 0 ||
		  market->work.kind == BB_WORK_SWEEP);
	BB_ASSERT(bb_members_key_taken(&market->members, account->key));
	sums->live += live;
	sums->bought_wh += account->bought_wh;
	sums->sold_wh += account->sold_wh;
}

/* Money rests with MARKET only while a settlement is under way. */
static void
check_calendar(const struct bb_market *market)
{
	const struct bb_calendar *calendar = &market->calendar;
	bool settling = false;

	for (uint32_t i = 0; i < calendar->size; i++) {
		const struct bb_course *course = &calendar->courses[i];
		if (course->state == BB_COURSE_NONE)
			continue;
		BB_ASSERT(bb_calendar_find(calendar, course->quarter) == course);
		BB_ASSERT(course->due_ns >= calendar->due_ns ||
			  market->work.kind == BB_WORK_TICK);
		settling |= course->action == BB_ACTION_SETTLE;
		bb_settling_check(market, course);
		bb_uncross_check(market, course);
	}
	BB_ASSERT(settling || bb_accounts_balance(&market->accounts, BB_ACCOUNT_MARKET) == 0);
}

void
bb_market_check(const struct bb_market *market)
{
	struct sums sums = { 0 };
	unsigned __int128 locked = 0;
	unsigned __int128 locked_in_accounts = 0;
	uint32_t operators = 0;
	uint32_t known = 0;

	for (uint32_t row = 0; row < market->products.count; row++)
		locked += check_listing(
			market, &market->products.listings[market->products.listed[row]], &sums);
	for (uint32_t id = 1; id <= market->members.size; id++) {
		const struct bb_account *account = bb_members_find(&market->members, id);
		if (account == NULL)
			continue;
		check_account(market, account, &sums);
		locked_in_accounts += bb_accounts_purse(&market->accounts, id)->locked;
		known++;
		operators += account->status == BB_MEMBER_ACTIVE &&
			     (account->roles & BB_ROLE_OPERATOR) != 0;
	}
	BB_ASSERT(sums.orders == sums.live);
	BB_ASSERT(sums.bought_wh == sums.sold_wh);
	BB_ASSERT(market->work.kind == BB_WORK_TICK ||
		  sums.bought_wh == sums.traded_wh + market->traded_gone_wh);
	BB_ASSERT(locked == locked_in_accounts);
	BB_ASSERT(operators > 0);
	BB_ASSERT(market->members.keys.count == known);
	BB_ASSERT(market->products.stretches.live == sums.stretches);
	BB_ASSERT(market->positions.live == sums.positions);
	check_calendar(market);
	bb_accounts_check(&market->accounts);
	bb_positions_check(&market->positions);
	bb_silence_check(market);
	bb_rebate_check(market);
	check_orders(market, sums.orders, sums.extras);
}
