#include "market/bb_foresee.h"

#include <string.h>

#include "market/bb_state.h"

void
bb_foresee_init(struct bb_foresight *foresight)
{
	memset(foresight, 0, sizeof(*foresight));
	foresight->parts = BB_FORESEE_PARTS;
	foresight->apart = BB_FORESEE_APART;
}

/* Step 1: who asks, and where the page of its positions is noted. */
BB_INLINE void
see_command(const struct bb_market *market, const struct bb_command *command,
	    uint32_t participant, uint32_t at, struct bb_sights *sights)
{
	const struct bb_account *account = &market->members.accounts[participant];
	const struct bb_order_command *order = &command->order;
	struct bb_coming *coming = &sights->coming[sights->coming_count];
	struct bb_leaving *leaving = &sights->leaving[sights->leaving_count];

	BB_FETCH(account);
	BB_FETCH(&market->accounts.purses[participant]);
	BB_FETCH(&market->members.windows[participant]);
	coming->order = order;
	coming->account = account;
	coming->participant = participant;
	coming->side = order->side & 1;
	coming->at = at;
	sights->coming_count += command->kind == BB_COMMAND_NEW;
	leaving->account = account;
	leaving->order_id = order->order_id;
	sights->leaving_count += (command->kind == BB_COMMAND_CANCEL) |
				 (command->kind == BB_COMMAND_REPLACE);
}

/* Takes an order out that is for nothing that is known. */
static void
drop(struct bb_sights *sights, uint32_t at)
{
	sights->coming[at] = sights->coming[--sights->coming_count];
}

static void
see_listings(const struct bb_market *market, struct bb_sights *sights)
{
	for (uint32_t i = 0; i < sights->coming_count;) {
		struct bb_coming *coming = &sights->coming[i];
		coming->listing = bb_products_find(&market->products, coming->order->product);
		if (BB_UNLIKELY(coming->listing == NULL)) {
			drop(sights, i);
			continue;
		}
		coming->page = bb_position_page(
			&market->positions, coming->participant,
			bb_listing_index(&market->products, coming->listing));
		BB_FETCH(coming->page);
		i++;
	}
}

/* Step 2: the place of the own id, the rungs.  Returns which of the group trade, bits. */
static uint32_t
see_rungs(const struct bb_market *market, struct bb_sights *sights)
{
	uint32_t meeting = 0;
	uint32_t taking = 0;

	for (uint32_t i = 0; i < sights->coming_count;) {
		struct bb_coming *coming = &sights->coming[i];
		const struct bb_book *book = &coming->listing->book;
		const uint32_t above = (uint32_t)coming->order->price - (uint32_t)book->price_min;
		if (BB_UNLIKELY(above > book->width)) {
			drop(sights, i); /* out of its band */
			continue;
		}
		const enum bb_side side = (enum bb_side)coming->side;
		const struct bb_ladder *other = &book->ladders[side ^ 1];
		const uint32_t rung = bb_book_rung(book, side, coming->order->price);
		const uint32_t index = bb_listing_index(&market->products, coming->listing);

		BB_FETCH(bb_ids_place(&market->ids, coming->account->ids,
				      coming->order->order_id));
		coming->page = &market->positions.pages[*coming->page][index % BB_PAGE];
		BB_FETCH(coming->page);
		coming->rung = bb_ladder_rung(&book->ladders[side], rung);
		BB_FETCH(coming->rung);
		const bool meets = other->best <= bb_book_mirror(book, rung);
		const struct bb_rung *met = bb_ladder_rung(other, other->best & -(uint32_t)meets);
		BB_FETCH(met);
		sights->meeting[meeting] = other;
		meeting += meets;
		taking |= (uint32_t)meets << coming->at;
		i++;
	}
	sights->meeting_count = meeting;
	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		struct bb_leaving *leaving = &sights->leaving[i];
		leaving->place =
			bb_ids_place(&market->ids, leaving->account->ids, leaving->order_id);
		BB_FETCH(leaving->place);
	}
	return taking;
}

/* Step 3: the slot that stands there; what a new order joins or meets. */
static void
see_slots(const struct bb_market *market, struct bb_sights *sights)
{
	const struct bb_order *slots = market->orders.slots;

	for (uint32_t i = 0; i < sights->coming_count; i++) {
		struct bb_coming *coming = &sights->coming[i];
		coming->position = *coming->page;
		BB_FETCH(&market->positions.slots[coming->position]);
		BB_FETCH(&slots[coming->rung->last]);
	}
	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		const uint32_t slot = *sights->leaving[i].place;
		sights->leaving[i].slot = slot;
		BB_FETCH(&slots[slot]);
		BB_FETCH(&market->orders.own[slot]);
	}
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		/* The best may have changed since, or its listing have ended. */
		const struct bb_ladder *met = sights->meeting[i];
		const uint32_t slot = BB_LIKELY(met->best < met->rung_count)
					      ? bb_ladder_rung(met, met->best)->first
					      : BB_SLOT_NONE;
		sights->first[i] = slot;
		BB_FETCH(&slots[slot]);
		BB_FETCH(&market->orders.own[slot]);
	}
}

/* Step 4: what hangs on that slot, and on the position. */
static void
see_neighbours(const struct bb_market *market, struct bb_sights *sights)
{
	const struct bb_order *slots = market->orders.slots;
	const struct bb_order_own *own = market->orders.own;

	for (uint32_t i = 0; i < sights->coming_count; i++) {
		const struct bb_coming *coming = &sights->coming[i];
		const struct bb_position *position = &market->positions.slots[coming->position];
		BB_FETCH(&own[position->fresh[coming->side]]);
	}
	for (uint32_t i = 0; i < sights->leaving_count; i++) {
		const uint32_t slot = sights->leaving[i].slot;
		const struct bb_order *order = &slots[slot];
		const struct bb_book *book = &market->products.listings[order->listing].book;
		const struct bb_ladder *ladder = &book->ladders[bb_order_side(order)];
		BB_FETCH(&market->positions.slots[order->position]);
		/* What is not there is of the first listing, which may have ended. */
		if (BB_LIKELY(bb_order_rung(order) < ladder->rung_count))
			BB_FETCH(bb_ladder_rung(ladder, bb_order_rung(order)));
		BB_FETCH(&slots[order->prev]);
		BB_FETCH(&slots[order->next]);
		BB_FETCH(&own[own[slot].prev]);
		BB_FETCH(&own[own[slot].next]);
	}
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		const uint32_t slot = sights->first[i];
		const struct bb_order *order = &slots[slot];
		BB_FETCH(&market->positions.slots[order->position]);
		BB_FETCH(&market->positions.slots[order->position].locked);
		BB_FETCH(&slots[order->next]);
		BB_FETCH(&own[order->next]);
		BB_FETCH(&own[own[slot].prev]);
		BB_FETCH(&own[own[slot].next]);
	}
}

/* Step 5: whose it was. */
static void
see_makers(const struct bb_market *market, struct bb_sights *sights)
{
	for (uint32_t i = 0; i < sights->meeting_count; i++) {
		const struct bb_order *order = &market->orders.slots[sights->first[i]];
		const uint32_t participant = market->positions.slots[order->position].participant;
		const struct bb_account *account = &market->members.accounts[participant];
		BB_FETCH(&account->bought_wh);
		BB_FETCH(&market->accounts.purses[participant]);
		BB_FETCH(bb_ids_place(&market->ids, account->ids, order->order_id));
		const struct bb_order *second = &market->orders.slots[order->next];
		BB_FETCH(&market->positions.slots[second->position]);
		BB_FETCH(&market->orders.slots[second->next]);
		BB_FETCH(&market->orders.own[second->next]);
	}
}

/* The first of a group from here on that does not trade, but at most until; no branch, since which
 * that is nobody can predict. */
BB_INLINE uint32_t
quiet(uint32_t taking, uint32_t from, uint32_t until)
{
	return from + bb_bit_lowest(~(uint64_t)taking >> from | UINT64_C(1) << (until - from));
}

/* Chooses before which commands of a group, whose points are given, the next is looked at: early
 * enough that what the first half asks for has come, and that the second has before its first. */
static void
choose_halves(struct bb_foresight *foresight, const uint64_t points[BB_FORESEEN], uint32_t taking)
{
	foresight->halves[0] = points[quiet(taking, 2, 4)];
	foresight->halves[1] = points[quiet(taking, 5, 7)];
}

/* Forms the group that begins at point, or where the last one ends, and takes the first steps. */
static void
begin_group(struct bb_foresight *foresight, const struct bb_market *market, uint64_t point)
{
	struct bb_sights *sights = &foresight->sights;
	uint64_t points[BB_FORESEEN];
	uint64_t next = foresight->end > point ? foresight->end : point;
	uint32_t count = 0;

	sights->coming_count = sights->leaving_count = 0;
	foresight->begin = next;
	for (; count < BB_FORESEEN && next >> 16 < foresight->told; count++) {
		const struct bb_bid *bid = foresight->bids[(next >> 16) % BB_BURST];
		const uint32_t at = (uint32_t)(next & UINT16_MAX);

		points[count] = next;
		see_command(market, &bid->commands[at], bid->participant, count, sights);
		next = at + 1 < bid->command_count ? next + 1 : ((next >> 16) + 1) << 16;
	}
	if (count < BB_FORESEEN && foresight->begin > point)
		next = foresight->begin; /* until then more may be told */
	foresight->end = foresight->halves[0] = next;
	if (next == foresight->begin || count < 2) /* nobody to wait with */
		return;
	for (uint32_t i = count; i < BB_FORESEEN; i++)
		points[i] = next;
	foresight->formed++;
	foresight->half = true;
	see_listings(market, sights);
	const uint32_t taking = see_rungs(market, sights);
	if (market->orders.live + market->positions.live >= foresight->apart)
		choose_halves(foresight, points, taking);
}

static void
finish_group(struct bb_foresight *foresight, const struct bb_market *market)
{
	struct bb_sights *sights = &foresight->sights;

	foresight->half = false;
	see_slots(market, sights);
	see_neighbours(market, sights);
	see_makers(market, sights);
}

void
bb_foresee_look(struct bb_foresight *foresight, const struct bb_market *market, uint32_t record)
{
	const uint64_t point = foresight->passed << 16 | record;
	const uint64_t second = foresight->halves[1];

	if (!foresight->half) {
		begin_group(foresight, market, point);
		foresight->due = second;
		if (foresight->half && point < foresight->begin)
			return;
	}
	if (foresight->half)
		finish_group(foresight, market);
	foresight->due = foresight->halves[0];
}

void
bb_foresee_bid(struct bb_foresight *foresight, const struct bb_market *market,
	       const struct bb_bid *bid)
{
	const uint64_t waiting = foresight->told - foresight->passed;

	if (bid->route != BB_ROUTE_SEQUENCE || bid->command_count == 0 ||
	    bid->participant > market->members.size || waiting == BB_BURST)
		return;
	if (waiting == 0 && market->orders.live + market->positions.live < foresight->parts)
		return;
	foresight->bids[foresight->told++ % BB_BURST] = bid;
}
