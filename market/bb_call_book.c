#include "market/bb_call_book.h"

#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_reputation.h"

#define WALKS      16u /* prices at once: enough that memory, not its latency, is the limit */
#define AHEAD      16u
#define DIGIT_BITS 11u /* places that a pass scatters to: as many as the nearest caches hold */
#define DIGITS     (1u << DIGIT_BITS)

_Static_assert((int64_t)BB_PRICE_MAX * 2 < UINT32_MAX, "a rank fits, whatever the band");

/* Where one of many walks stands. */
struct walk {
	uint32_t slot;
	uint32_t at; /* its next place in what is being written */
};

typedef void visit_order(void *list, uint32_t at, uint32_t slot, const struct bb_order *order);

/* walk_rungs visits all orders of the rungs from rung on and before end: in one rung after
 * the other, as far as the place that each gets can tell.  Returns how many. */
static inline __attribute__((always_inline)) uint32_t
walk_rungs(const struct bb_call_book *call, const struct bb_ladder *ladder, uint32_t rung,
	   uint32_t end, visit_order *visit, void *list)
{
	const struct bb_order *slots = call->orders->slots;
	struct walk walks[WALKS];
	uint32_t active = 0;
	uint32_t count = 0;

	for (;;) {
		while (active < WALKS && rung < end) {
			const struct bb_rung *here = bb_ladder_rung(ladder, rung);
			walks[active++] = (struct walk){ .slot = here->first, .at = count };
			__builtin_prefetch(&slots[here->first]);
			count += bb_rung_orders(here);
			rung = bb_ladder_after(ladder, rung);
		}
		if (active == 0)
			return count;
		for (uint32_t i = 0; i < active;) {
			const struct bb_order *order = &slots[walks[i].slot];
			visit(list, walks[i].at++, walks[i].slot, order);
			walks[i].slot = order->next;
			__builtin_prefetch(&slots[order->next]);
			if (order->next == BB_SLOT_NONE)
				walks[i] = walks[--active];
			else
				i++;
		}
	}
}

static void
add_fill(void *list, uint32_t at, uint32_t slot, const struct bb_order *order)
{
	struct bb_call_fill *fills = list;

	fills[at] = (struct bb_call_fill){ .slot = slot, .filled_wh = order->quantity_wh };
}

/* The participant is looked up later, all of them together. */
static void
add_sell(void *list, uint32_t at, uint32_t slot, const struct bb_order *order)
{
	struct bb_call_ranked *ranked = list;

	ranked[at] = (struct bb_call_ranked){
		.rank = bb_order_rung(order), .slot = slot, .quantity_wh = order->quantity_wh,
		.reputation = order->position,
	};
}

/* buy_steps puts the prices of the buys at the end of steps, rising: a ladder is walked from
 * its best, which of the buys is the dearest.  Returns where they begin. */
static uint32_t
buy_steps(const struct bb_book *book, struct bb_step *steps, uint32_t room)
{
	const struct bb_ladder *ladder = &book->ladders[BB_BUY];
	uint32_t rung = bb_ladder_best(ladder);

	while (rung != BB_RUNG_NONE) {
		const uint32_t first = rung - rung % BB_STRETCH;
		const struct bb_rung *rungs = bb_ladder_rung(ladder, first);
		uint64_t left = bb_ladder_occupied(ladder, rung);
		for (; left != 0; left &= left - 1) {
			const uint32_t bit = bb_bit_lowest(left);
			BB_ASSERT(room > 0);
			rung = first + bit;
			steps[--room] = (struct bb_step){
				.price = bb_book_price(book, BB_BUY, rung),
				.buy_wh = bb_rung_wh(&rungs[bit]),
			};
		}
		rung = bb_ladder_after(ladder, rung);
	}
	return room;
}

/* add_step appends a price of the sells, and before it the buys below it, which wait at the
 * end of steps: what is written never reaches what waits, since room is for both. */
static void
add_step(struct bb_step *steps, uint32_t room, uint32_t *used, uint32_t *buy, int64_t price,
	 uint64_t sell_wh)
{
	struct bb_step step = { .price = price, .sell_wh = sell_wh };

	while (*buy < room && steps[*buy].price < price)
		steps[(*used)++] = steps[(*buy)++];
	if (*buy < room && steps[*buy].price == price)
		step.buy_wh = steps[(*buy)++].buy_wh;
	BB_ASSERT(*used < room && *used <= *buy);
	steps[(*used)++] = step;
}

static void
end_curve(struct bb_step *steps, uint32_t room, uint32_t used, uint32_t buy,
	  struct bb_curve *curve)
{
	memmove(&steps[used], &steps[buy], (room - buy) * sizeof(*steps));
	*curve = (struct bb_curve){ .steps = steps, .count = used + room - buy };
}

void
bb_call_book_curve(const struct bb_call_book *call, struct bb_step *steps, uint32_t room,
		   struct bb_curve *curve)
{
	const struct bb_ladder *ladder = &call->book->ladders[BB_SELL];
	uint32_t buy = buy_steps(call->book, steps, room);
	uint32_t used = 0;
	uint32_t rung = bb_ladder_best(ladder);

	while (rung != BB_RUNG_NONE) {
		const uint32_t first = rung - rung % BB_STRETCH;
		const struct bb_rung *rungs = bb_ladder_rung(ladder, first);
		uint64_t left = bb_ladder_occupied(ladder, rung);
		for (; left != 0; left &= left - 1) {
			const uint32_t bit = bb_bit_lowest(left);
			rung = first + bit;
			add_step(steps, room, &used, &buy,
				 bb_book_price(call->book, BB_SELL, rung),
				 bb_rung_wh(&rungs[bit]));
		}
		rung = bb_ladder_after(ladder, rung);
	}
	end_curve(steps, room, used, buy, curve);
}

static uint32_t
reputation_of(const struct bb_call_book *call, uint32_t position)
{
	return call->reputations == NULL
		       ? BB_PPM
		       : call->reputations[call->positions->slots[position].participant];
}

/* sort_digit scatters from into to by one digit of the rank, stably. */
static void
sort_digit(const struct bb_call_ranked *from, struct bb_call_ranked *to, uint32_t count,
	   uint32_t shift)
{
	uint32_t places[DIGITS] = { 0 };
	uint32_t place = 0;

	for (uint32_t i = 0; i < count; i++)
		places[from[i].rank >> shift & (DIGITS - 1)]++;
	for (uint32_t i = 0; i < DIGITS; i++) {
		const uint32_t here = places[i];
		places[i] = place;
		place += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[places[from[i].rank >> shift & (DIGITS - 1)]++] = from[i];
}

/* add_handicaps turns rungs and positions, which add_sell left, into ranks and reputations;
 * returns how many are still within reach of most. */
static uint32_t
add_handicaps(const struct bb_call_book *call, uint32_t kappa, uint64_t most,
	      struct bb_call_ranked *list, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bb_call_ranked ranked = list[i];
		if (i + AHEAD < count)
			__builtin_prefetch(&call->positions->slots[list[i + AHEAD].reputation]);
		ranked.reputation = reputation_of(call, ranked.reputation);
		const uint64_t rank =
			(uint64_t)ranked.rank * call->book->tick +
			(uint64_t)bb_reputation_handicap(kappa, ranked.reputation);
		if (rank > most)
			continue;
		ranked.rank = (uint32_t)rank;
		list[kept++] = ranked;
	}
	return kept;
}

uint32_t
bb_call_book_rank(const struct bb_call_book *call, uint32_t kappa, int64_t price_max,
		  struct bb_call_ranked *ranked, struct bb_call_ranked *scratch)
{
	const struct bb_ladder *ladder = &call->book->ladders[BB_SELL];
	BB_ASSERT(price_max >= call->book->price_min);
	const uint64_t above = (uint64_t)(price_max - call->book->price_min);
	const uint32_t most = above < UINT32_MAX ? (uint32_t)above : UINT32_MAX;
	uint32_t passes = 0;

	while (passes * DIGIT_BITS < 32 && most >> passes * DIGIT_BITS != 0)
		passes++;
	/* Each pass changes sides, and the last one is to end in ranked. */
	struct bb_call_ranked *from = passes % 2 == 0 ? ranked : scratch;
	struct bb_call_ranked *to = passes % 2 == 0 ? scratch : ranked;
	uint32_t count = walk_rungs(call, ladder, bb_ladder_best(ladder), ladder->rung_count,
				    add_sell, from);
	count = add_handicaps(call, kappa, most, from, count);
	for (uint32_t pass = 0; pass < passes; pass++) {
		struct bb_call_ranked *const sorted = to;
		sort_digit(from, to, count, pass * DIGIT_BITS);
		to = from;
		from = sorted;
	}
	return count;
}

void
bb_call_book_curve_ranked(const struct bb_call_book *call, const struct bb_call_ranked *ranked,
			  uint32_t count, struct bb_step *steps, uint32_t room,
			  struct bb_curve *curve)
{
	uint32_t buy = buy_steps(call->book, steps, room);
	uint32_t used = 0;

	for (uint32_t i = 0; i < count;) {
		const uint32_t rank = ranked[i].rank;
		uint64_t sell_wh = 0;
		for (; i < count && ranked[i].rank == rank; i++)
			sell_wh += ranked[i].quantity_wh;
		add_step(steps, room, &used, &buy, call->book->price_min + (int64_t)rank,
			 sell_wh);
	}
	end_curve(steps, room, used, buy, curve);
}

/* share_out gives amount to the orders whose fills and claims are set; returns how many of
 * them get something. */
static uint32_t
share_out(struct bb_call_fill *fills, struct bb_claim *claims, uint32_t count, uint64_t amount)
{
	uint32_t kept = 0;

	bb_prorata(claims, count, amount);
	for (uint32_t i = 0; i < count; i++)
		fills[claims[i].index].filled_wh = (uint32_t)claims[i].given;
	for (uint32_t i = 0; i < count; i++)
		if (fills[i].filled_wh > 0)
			fills[kept++] = fills[i];
	return kept;
}

/* share_rung: an order's place in its rung tells which of two was accepted first. */
static uint32_t
share_rung(const struct bb_call_book *call, const struct bb_rung *rung, uint64_t amount,
	   struct bb_call_fill *fills, struct bb_claim *claims)
{
	uint32_t count = 0;

	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; count++) {
		const struct bb_order *order = &call->orders->slots[slot];
		claims[count] = (struct bb_claim){
			.quantity = order->quantity_wh, .order = count, .index = count,
			.reputation = reputation_of(call, order->position),
		};
		fills[count] = (struct bb_call_fill){ .slot = slot };
		slot = order->next;
	}
	return share_out(fills, claims, count, amount);
}

/* full_rungs returns how many rungs of a side, from its best price allowed, are better than
 * the price at the mark; that price's own rung is the next one, if it has one. */
static uint32_t
full_rungs(const struct bb_book *book, enum bb_side side, const struct bb_curve *curve,
	   const struct bb_mark *mark)
{
	if (mark->step == curve->count)
		return side == BB_BUY ? 0 : book->steps;
	const int64_t above = curve->steps[mark->step].price - book->price_min;
	BB_ASSERT(above >= 0);
	const int64_t tick = above / book->tick;

	if (tick >= book->steps)
		return side == BB_BUY ? 0 : book->steps;
	return (uint32_t)(side == BB_BUY ? book->steps - 1 - tick : tick);
}

uint32_t
bb_call_book_fill(const struct bb_call_book *call, enum bb_side side,
		  const struct bb_curve *curve, const struct bb_mark *mark,
		  struct bb_call_fill *fills, struct bb_claim *claims)
{
	const struct bb_ladder *ladder = &call->book->ladders[side];
	const uint32_t full = full_rungs(call->book, side, curve, mark);
	uint64_t sold = 0;
	uint64_t bought = 0;

	const uint32_t count =
		walk_rungs(call, ladder, bb_ladder_best(ladder), full, add_fill, fills);
	if (mark->step < curve->count)
		bb_step_share(curve, mark, mark->step, &sold, &bought);
	const uint64_t amount = side == BB_SELL ? sold : bought;
	if (amount == 0)
		return count;
	return count +
	       share_rung(call, bb_ladder_rung(ladder, full), amount, &fills[count], claims);
}

uint32_t
bb_call_book_fill_ranked(const struct bb_call_book *call, const struct bb_call_ranked *ranked,
			 uint32_t count, const struct bb_curve *curve,
			 const struct bb_mark *mark, struct bb_call_fill *fills,
			 struct bb_claim *claims)
{
	uint64_t last = UINT64_MAX; /* rank of the price that is shared */
	uint64_t sold = 0, bought;
	uint32_t used = 0;
	uint32_t level = 0;

	if (mark->step < curve->count) {
		last = (uint64_t)(curve->steps[mark->step].price - call->book->price_min);
		bb_step_share(curve, mark, mark->step, &sold, &bought);
	}
	for (; used < count && ranked[used].rank < last; used++)
		fills[used] = (struct bb_call_fill){ .slot = ranked[used].slot,
						     .filled_wh = ranked[used].quantity_wh };
	if (sold == 0)
		return used;
	/* Equal reputations at one rank have one price, and stand there oldest first. */
	for (uint32_t i = used; i < count && ranked[i].rank == last; i++, level++) {
		claims[level] = (struct bb_claim){
			.quantity = ranked[i].quantity_wh, .order = level, .index = level,
			.reputation = ranked[i].reputation,
		};
		fills[i] = (struct bb_call_fill){ .slot = ranked[i].slot };
	}
	return used + share_out(&fills[used], claims, level, sold);
}
