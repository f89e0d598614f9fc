#include "market/bb_foresee.h"

#define SIGHTS_MAX (BB_BURST * BB_FORESEE_SHORT)

/* What is known so far of an order that comes, and of one that is named to leave or to change.
 * They are apart, and counted without a branch, because which is next nobody can predict. */
struct coming {
	const struct bb_order_command *order;
	const struct bb_account *account;
	const struct bb_listing *listing;
	const uint32_t *page; /* where its page is, then where its position is */
	const struct bb_rung *rung; /* that it joins */
	uint32_t met; /* slot that it trades with first */
};

struct leaving {
	const struct bb_account *account;
	const uint32_t *place;
	uint64_t order_id;
	uint32_t slot;
};

struct sights {
	struct coming coming[SIGHTS_MAX];
	struct leaving leaving[SIGHTS_MAX];
	const struct bb_rung *meeting[SIGHTS_MAX]; /* rungs, then their first slots */
	uint32_t first[SIGHTS_MAX];
	uint32_t coming_count;
	uint32_t leaving_count;
	uint32_t meeting_count;
};

/* Step 1: who asks, and where a new order belongs. */
static void
see_command(const struct bb_market *market, const struct bb_command *command,
	    struct sights *sights)
{
	const uint32_t participant = command->participant;
	const struct bb_account *account = &market->members.accounts[participant];

	BB_FETCH(account);
	BB_FETCH(&market->accounts.purses[participant]);
	BB_FETCH(&market->members.windows[participant]);
	sights->coming[sights->coming_count].order = &command->order;
	sights->coming[sights->coming_count].account = account;
	sights->coming_count += command->kind == BB_COMMAND_NEW;
	sights->leaving[sights->leaving_count].order_id = command->order.order_id;
	sights->leaving[sights->leaving_count].account = account;
	sights->leaving_count += (command->kind == BB_COMMAND_CANCEL) |
				 (command->kind == BB_COMMAND_REPLACE);
}

static void
see_listings(const struct bb_market *market, struct sights *sights)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sights->coming_count; i++) {
		struct coming *coming = &sights->coming[kept];
		*coming = sights->coming[i];
		coming->listing = bb_products_find(&market->products, coming->order->product);
		if (BB_UNLIKELY(coming->listing == NULL))
			continue;
		const struct bb_book *book = &coming->listing->book;
		const uint32_t above =
			(uint32_t)coming->order->price - (uint32_t)book->price_min;
		if (BB_UNLIKELY(above > book->width))
			continue;
		coming->page = bb_position_page(
			&market->positions, coming->account->participant,
			bb_listing_index(&market->products, coming->listing));
		BB_FETCH(coming->page);
		kept++;
	}
	sights->coming_count = kept;
}

/* Step 2: the place of the own id, the rungs. */
static void
see_rungs(const struct bb_market *market, struct sights *sights)
{
	for (uint32_t i = 0; i < sights->coming_count; i++) {
		struct coming *coming = &sights->coming[i];
		const struct bb_book *book = &coming->listing->book;
		const enum bb_side side = (enum bb_side)(coming->order->side & 1);
		const struct bb_ladder *other = &book->ladders[side ^ 1];
		const uint32_t rung = bb_book_rung(book, side, coming->order->price);
		const uint32_t index = bb_listing_index(&market->products, coming->listing);

		BB_FETCH(bb_ids_place(&market->ids, coming->account->ids, coming->order->order_id));
		coming->page = &market->positions.pages[*coming->page][index % BB_PAGE];
		BB_FETCH(coming->page);
		coming->rung = bb_ladder_rung(&book->ladders[side], rung);
		BB_FETCH(coming->rung);
		const bool meets = other->best <= bb_book_mirror(book, rung);
		const struct bb_rung *met = bb_ladder_rung(other, other->best & -(uint32_t)meets);
		BB_FETCH(met);
		sights->meeting[sights->meeting_count] = met;
		sights->meeting_count += meets;
	}
	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		struct leaving *leaving = &sights->leaving[i];
		leaving->place =
			bb_ids_place(&market->ids, leaving->account->ids, leaving->order_id);
		BB_FETCH(leaving->place);
	}
}

/* Step 3: the slot that stands there; what a new order joins or meets. */
static void
see_slots(const struct bb_market *market, struct sights *sights)
{
	const struct bb_order *slots = market->orders.slots;

	for (uint32_t i = 0; i < sights->coming_count; i++) {
		BB_FETCH(&market->positions.slots[*sights->coming[i].page]);
		BB_FETCH(&slots[sights->coming[i].rung->last]);
	}
	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		const uint32_t slot = *sights->leaving[i].place;
		sights->leaving[i].slot = slot;
		BB_FETCH(&slots[slot]);
		BB_FETCH(&market->orders.own[slot]);
	}
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		const uint32_t slot = sights->meeting[i]->first;
		sights->first[i] = slot;
		BB_FETCH(&slots[slot]);
		BB_FETCH(&market->orders.own[slot]);
	}
}

/* Step 4: what hangs on that slot. */
static void
see_neighbours(const struct bb_market *market, const struct sights *sights)
{
	const struct bb_order *slots = market->orders.slots;
	const struct bb_order_own *own = market->orders.own;

	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		const uint32_t slot = sights->leaving[i].slot;
		const struct bb_order *order = &slots[slot];
		const struct bb_book *book = &market->products.listings[order->listing].book;
		BB_FETCH(&market->positions.slots[order->position]);
		BB_FETCH(bb_ladder_rung(&book->ladders[bb_order_side(order)],
					bb_order_rung(order)));
		BB_FETCH(&slots[order->prev]);
		BB_FETCH(&slots[order->next]);
		BB_FETCH(&own[own[slot].prev]);
		BB_FETCH(&own[own[slot].next]);
	}
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		const struct bb_order *order = &slots[sights->first[i]];
		BB_FETCH(&market->positions.slots[order->position]);
		BB_FETCH(&slots[order->next]);
		BB_FETCH(&own[order->next]);
	}
}

/* Step 5: whose it was. */
static void
see_makers(const struct bb_market *market, const struct sights *sights)
{
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		const struct bb_order *order = &market->orders.slots[sights->first[i]];
		const uint32_t participant = market->positions.slots[order->position].participant;
		BB_FETCH(&market->members.accounts[participant]);
		BB_FETCH(&market->members.accounts[participant].bought_wh);
		BB_FETCH(&market->accounts.purses[participant]);
	}
}

static void
see(const struct bb_market *market, struct sights *sights)
{
	see_listings(market, sights);
	see_rungs(market, sights);
	see_slots(market, sights);
	see_neighbours(market, sights);
	see_makers(market, sights);
}

static bool
worth_it(const struct bb_market *market, uint32_t count)
{
	return count >= 2 &&
	       market->orders.live + market->positions.live >= BB_FORESEE_PARTS;
}

static void
begin_sights(struct sights *sights)
{
	sights->coming_count = sights->leaving_count = sights->meeting_count = 0;
}

void
bb_foresee_commands(const struct bb_market *market, const struct bb_bid *bid, uint32_t from)
{
	struct sights sights;
	const uint32_t left = bid->command_count - from;
	const uint32_t count = left < BB_FORESEEN ? left : BB_FORESEEN;

	if (bid->command_count <= BB_FORESEE_SHORT || !worth_it(market, count))
		return;
	begin_sights(&sights);
	for (uint32_t i = 0; i < count; i++)
		see_command(market, &bid->commands[from + i], &sights);
	see(market, &sights);
}

void
bb_market_foresee(const struct bb_market *market, const struct bb_bid *const *bids,
		  uint32_t count)
{
	struct sights sights;

	BB_ASSERT(count <= BB_BURST);
	if (!worth_it(market, count))
		return;
	begin_sights(&sights);
	/* Of a longer bid the step itself looks at all commands. */
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_bid *bid = bids[i];
		if (bid->command_count > BB_FORESEE_SHORT || bid->route != BB_ROUTE_SEQUENCE ||
		    bid->participant > market->members.size)
			continue;
		for (uint32_t j = 0; j < bid->command_count; j++)
			see_command(market, &bid->commands[j], &sights);
	}
	see(market, &sights);
}
