#include "market/bb_foresee.h"

/* One command, as far as it is known. */
struct sight {
	const struct bb_command *command;
	const struct bb_account *account;
	const struct bb_book *book; /* of a new order; NULL: nowhere to look */
	const uint32_t *page;       /* where its page is, then where its position is */
	const uint32_t *place;
	const struct bb_rung *rung; /* that it joins */
	const struct bb_rung *met;  /* that it trades with first; NULL: none */
	uint32_t slot; /* of what it cancels or meets */
};

static bool
names_order(uint8_t kind)
{
	return kind == BB_COMMAND_NEW || kind == BB_COMMAND_CANCEL || kind == BB_COMMAND_REPLACE;
}

/* Step 1: who asks, and where a new order belongs. */
static void
see_sender(const struct bb_market *market, struct sight *sight)
{
	const struct bb_command *command = sight->command;
	const uint32_t participant = command->participant;
	const struct bb_listing *listing = NULL;

	sight->account = &market->members.accounts[participant];
	BB_FETCH(sight->account);
	BB_FETCH(&sight->account->bought_wh);
	BB_FETCH(&market->accounts.purses[participant]);
	BB_FETCH(&market->members.windows[participant]);
	if (command->kind == BB_COMMAND_NEW)
		listing = bb_products_find(&market->products, command->order.product);
	sight->book = listing == NULL ? NULL : &listing->book;
	if (sight->book == NULL ||
	    (uint32_t)command->order.price - (uint32_t)sight->book->price_min >
		    sight->book->width) {
		sight->book = NULL;
		return;
	}
	const uint32_t index = bb_listing_index(&market->products, listing);
	sight->page = bb_position_page(&market->positions, participant, index);
	BB_FETCH(sight->page);
}

/* Step 2: the place of the own id, the rungs. */
static void
see_place(const struct bb_market *market, struct sight *sight)
{
	const struct bb_order_command *order = &sight->command->order;

	sight->place = bb_ids_place(&market->ids, sight->account->ids, order->order_id);
	BB_FETCH(sight->place);
	if (sight->book == NULL)
		return;
	const struct bb_book *book = sight->book;
	const enum bb_side side = order->side == BB_BUY ? BB_BUY : BB_SELL;
	const struct bb_ladder *other = &book->ladders[bb_side_other(side)];
	const uint32_t rung = bb_book_rung(book, side, order->price);
	const uint32_t index = (uint32_t)((const struct bb_listing *)(const void *)book -
					  market->products.listings);

	sight->page = &market->positions.pages[*sight->page][index % BB_PAGE];
	sight->rung = bb_ladder_rung(&book->ladders[side], rung);
	sight->met = NULL;
	BB_FETCH(sight->page);
	BB_FETCH(sight->rung);
	if (other->best > bb_book_mirror(book, rung))
		return;
	sight->met = bb_ladder_rung(other, other->best);
	BB_FETCH(sight->met);
}

static void
fetch_position(const struct bb_market *market, uint32_t position)
{
	BB_FETCH(&market->positions.slots[position]);
	BB_FETCH(&market->positions.slots[position].heap);
}

/* Step 3: the slot that stands there; what a new order joins or meets. */
static void
see_slot(const struct bb_market *market, struct sight *sight)
{
	sight->slot = sight->book == NULL ? *sight->place : BB_SLOT_NONE;
	if (sight->book != NULL) {
		fetch_position(market, *sight->page);
		BB_FETCH(&market->orders.slots[sight->rung->last]);
		if (sight->met != NULL)
			sight->slot = sight->met->first;
	}
	BB_FETCH(&market->orders.slots[sight->slot]);
	BB_FETCH(&market->orders.own[sight->slot]);
}

/* Step 4: what hangs on that slot. */
static void
see_neighbours(const struct bb_market *market, const struct sight *sight)
{
	const struct bb_order *order = &market->orders.slots[sight->slot];
	const struct bb_order_own *own = &market->orders.own[sight->slot];

	if (sight->slot == BB_SLOT_NONE)
		return;
	fetch_position(market, order->position);
	BB_FETCH(&market->orders.slots[order->prev]);
	BB_FETCH(&market->orders.slots[order->next]);
	BB_FETCH(&market->orders.own[own->prev]);
	BB_FETCH(&market->orders.own[own->next]);
}

/* Step 5: the rung that it leaves, or whose order it was. */
static void
see_rest(const struct bb_market *market, const struct sight *sight)
{
	const struct bb_order *order = &market->orders.slots[sight->slot];
	const struct bb_position *position = &market->positions.slots[order->position];

	if (sight->slot == BB_SLOT_NONE)
		return;
	if (sight->book != NULL) {
		BB_FETCH(&market->members.accounts[position->participant]);
		BB_FETCH(&market->members.accounts[position->participant].bought_wh);
		BB_FETCH(&market->accounts.purses[position->participant]);
		return;
	}
	const struct bb_listing *listing = &market->products.listings[position->listing];
	BB_FETCH(bb_ladder_rung(&listing->book.ladders[bb_order_side(order)],
				bb_order_rung(order)));
}

static void
see(const struct bb_market *market, struct sight *sights, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		see_sender(market, &sights[i]);
	for (uint32_t i = 0; i < count; i++)
		see_place(market, &sights[i]);
	for (uint32_t i = 0; i < count; i++)
		see_slot(market, &sights[i]);
	for (uint32_t i = 0; i < count; i++)
		see_neighbours(market, &sights[i]);
	for (uint32_t i = 0; i < count; i++)
		see_rest(market, &sights[i]);
}

static bool
worth_it(const struct bb_market *market, uint32_t count)
{
	return count >= 2 &&
	       market->orders.live + market->positions.live >= BB_FORESEE_PARTS;
}

void
bb_foresee_commands(const struct bb_market *market, const struct bb_bid *bid, uint32_t from)
{
	struct sight sights[BB_FORESEEN];
	const uint32_t left = bid->command_count - from;
	const uint32_t count = left < BB_FORESEEN ? left : BB_FORESEEN;
	uint32_t seen = 0;

	if (bid->command_count <= BB_FORESEE_SHORT || !worth_it(market, count))
		return;
	for (uint32_t i = 0; i < count; i++)
		if (names_order(bid->commands[from + i].kind))
			sights[seen++].command = &bid->commands[from + i];
	see(market, sights, seen);
}

void
bb_market_foresee(const struct bb_market *market, const struct bb_bid *const *bids,
		  uint32_t count)
{
	struct sight sights[BB_BURST * BB_FORESEE_SHORT];
	uint32_t seen = 0;

	BB_ASSERT(count <= BB_BURST);
	if (!worth_it(market, count))
		return;
	/* Of a longer bid the step itself looks at all commands. */
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_bid *bid = bids[i];
		if (bid->command_count > BB_FORESEE_SHORT || bid->route != BB_ROUTE_SEQUENCE ||
		    bid->participant > market->members.size)
			continue;
		for (uint32_t j = 0; j < bid->command_count; j++)
			if (names_order(bid->commands[j].kind))
				sights[seen++].command = &bid->commands[j];
	}
	see(market, sights, seen);
}
