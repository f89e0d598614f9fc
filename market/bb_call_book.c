#include "market/bb_call_book.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_hint.h"
#include "market/bb_reputation.h"

#define BLOCK      64u /* orders whose owners are looked up at once */
#define WALKS      16u /* prices at once: enough that memory, not its latency, is the limit */
#define DIGIT_BITS 11u /* places that a pass scatters to: as many as the nearest caches hold */
#define DIGITS     (1u << DIGIT_BITS)
#define KEY_SHIFT  32u /* of a key above its quantity */

/* Where one of many walks stands. */
struct walk {
	uint32_t slot;
	uint32_t at; /* its next place in what is being written */
};

typedef void visit_order(void *list, uint32_t at, uint32_t slot, const struct bb_order *order);

/* walk_rungs visits all orders of the rungs from rung on and before end: in one rung after
 * the other, as far as the place that each gets can tell.  Returns how many. */
BB_INLINE uint32_t
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
			BB_FETCH(&slots[here->first]);
			count += bb_rung_orders(here);
			rung = bb_ladder_after(ladder, rung);
		}
		if (active == 0)
			return count;
		for (uint32_t i = 0; i < active;) {
			const struct bb_order *order = &slots[walks[i].slot];
			visit(list, walks[i].at++, walks[i].slot, order);
			walks[i].slot = order->next;
			BB_FETCH(&slots[order->next]);
			if (order->next == BB_SLOT_NONE)
				walks[i] = walks[--active];
			else
				i++;
		}
	}
}

struct fill_list {
	struct bb_call_fill *fills;
	uint32_t node;
};

static void
add_fill(void *list, uint32_t at, uint32_t slot, const struct bb_order *order)
{
	const struct fill_list *to = list;

	to->fills[at] = (struct bb_call_fill){
		.slot = slot, .filled_wh = order->quantity_wh, .node = to->node,
	};
}

struct entry_list {
	struct bb_call_entry *entries;
	const struct bb_orders *orders;
};

/* The participant is looked up later, all of them together: until then given_wh is the
 * position. */
static void
add_entry(void *list, uint32_t at, uint32_t slot, const struct bb_order *order)
{
	const struct entry_list *to = list;

	to->entries[at] = (struct bb_call_entry){
		.key = bb_order_rung(order), .slot = slot, .given_wh = order->position,
		.quantity_wh = order->quantity_wh + bb_order_hidden(to->orders, order),
	};
}

uint32_t
bb_call_reputation(const void *call_book, uint32_t position)
{
	const struct bb_call_book *call = call_book;

	return call->accounts[call->positions->slots[position].participant].reputation;
}

/* look_up turns positions, BLOCK at most, into reputations: in two rounds, so that memory of
 * all is asked for before any is needed. */
static void
look_up(const struct bb_call_book *call, uint32_t *positions, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		BB_FETCH(&call->positions->slots[positions[i]].participant);
	for (uint32_t i = 0; i < count; i++) {
		positions[i] = call->positions->slots[positions[i]].participant;
		BB_FETCH(&call->accounts[positions[i]].reputation);
	}
	for (uint32_t i = 0; i < count; i++)
		positions[i] = call->accounts[positions[i]].reputation;
}

/* rank_entries turns the rungs that add_entry left of a block into keys, and positions into
 * nothing; returns how many are still within reach of most, which are moved to kept. */
static uint32_t
rank_entries(const struct bb_call_book *call, enum bb_side side, uint32_t kappa, uint64_t most,
	     const struct bb_call_entry *entries, uint32_t count, struct bb_call_entry *kept)
{
	uint32_t reputations[BLOCK];
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++)
		reputations[i] = entries[i].given_wh;
	if (kappa > 0)
		look_up(call, reputations, count);
	for (uint32_t i = 0; i < count; i++) {
		struct bb_call_entry entry = entries[i];
		const uint32_t tick = side == BB_BUY ? bb_book_mirror(call->book, entry.key)
						     : entry.key;
		uint64_t above = (uint64_t)tick * call->book->tick;
		if (kappa > 0)
			above += (uint64_t)bb_reputation_handicap(kappa, reputations[i]);
		entry.key = (uint32_t)above;
		entry.given_wh = 0;
		if (above <= most)
			kept[used++] = entry;
	}
	return used;
}

uint32_t
bb_call_list(const struct bb_call_book *call, enum bb_side side, uint32_t kappa,
	     int64_t price_max, struct bb_call_entry *entries)
{
	const struct bb_ladder *ladder = &call->book->ladders[side];
	struct entry_list list = { .entries = entries, .orders = call->orders };
	BB_ASSERT(price_max >= call->book->price_min && price_max <= BB_PRICE_MAX);
	const uint64_t most = (uint64_t)(price_max - call->book->price_min);

	const uint32_t count = walk_rungs(call, ladder, bb_ladder_best(ladder),
					  ladder->rung_count, add_entry, &list);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i += BLOCK)
		kept += rank_entries(call, side, side == BB_SELL ? kappa : 0, most, &entries[i],
				     count - i < BLOCK ? count - i : BLOCK,
				     &entries[kept]);
	return kept;
}

/* sort_digit scatters from into to by one digit of the key, stably. */
static void
sort_digit(const uint64_t *from, uint64_t *to, uint32_t count, uint32_t shift)
{
	uint32_t places[DIGITS] = { 0 };
	uint32_t place = 0;

	for (uint32_t i = 0; i < count; i++)
		places[from[i] >> shift & (DIGITS - 1)]++;
	for (uint32_t i = 0; i < DIGITS; i++) {
		const uint32_t here = places[i];
		places[i] = place;
		place += here;
	}
	for (uint32_t i = 0; i < count; i++)
		to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

void
bb_call_sort(const struct bb_call_entry *entries, uint32_t count, uint64_t *keys,
	     uint64_t *scratch)
{
	uint32_t bits = 0;
	uint32_t passes = 0;

	for (uint32_t i = 0; i < count; i++)
		bits |= entries[i].key;
	while (passes * DIGIT_BITS < 32 && bits >> passes * DIGIT_BITS != 0)
		passes++;
	/* Each pass changes sides, and the last one is to end in keys. */
	uint64_t *from = passes % 2 == 0 ? keys : scratch;
	uint64_t *to = passes % 2 == 0 ? scratch : keys;
	for (uint32_t i = 0; i < count; i++)
		from[i] = (uint64_t)entries[i].key << KEY_SHIFT | entries[i].quantity_wh;
	for (uint32_t pass = 0; pass < passes; pass++) {
		uint64_t *const sorted = to;
		sort_digit(from, to, count, KEY_SHIFT + pass * DIGIT_BITS);
		to = from;
		from = sorted;
	}
}

/* The price of a key, whose node is known. */
static int64_t
price_of(const struct bb_call_book *call, uint64_t key)
{
	return call->book->price_min +
	       (int64_t)(key >> KEY_SHIFT & ((1u << BB_CALL_NODE_SHIFT) - 1));
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

static uint32_t
buy_steps_of(const struct bb_call_book *call, const struct bb_call_keys *buys,
	     struct bb_step *steps, uint32_t room)
{
	for (uint32_t i = buys->count; i > 0;) {
		const uint64_t key = buys->keys[i - 1] >> KEY_SHIFT;
		uint64_t buy_wh = 0;
		BB_ASSERT(room > 0);
		steps[--room].price = price_of(call, buys->keys[i - 1]);
		for (; i > 0 && buys->keys[i - 1] >> KEY_SHIFT == key; i--)
			buy_wh += (uint32_t)buys->keys[i - 1];
		steps[room].sell_wh = 0;
		steps[room].buy_wh = buy_wh;
	}
	return room;
}

/* What is being made of steps: those that stand, then room, then buys that wait. */
struct making {
	struct bb_step *steps;
	uint32_t room;
	uint32_t used;
	uint32_t buy;
};

/* add_step appends a price of the sells, and before it the buys below it, which wait at the
 * end of steps: what is written never reaches what waits, since room is for both. */
static inline void
add_step(struct making *making, int64_t price, uint64_t sell_wh)
{
	struct bb_step *steps = making->steps;
	struct bb_step step = { .price = price, .sell_wh = sell_wh };

	while (making->buy < making->room && steps[making->buy].price < price)
		steps[making->used++] = steps[making->buy++];
	if (making->buy < making->room && steps[making->buy].price == price)
		step.buy_wh = steps[making->buy++].buy_wh;
	BB_ASSERT(making->used < making->room && making->used <= making->buy);
	steps[making->used++] = step;
}

static void
sell_steps(const struct bb_book *book, struct making *making)
{
	const struct bb_ladder *ladder = &book->ladders[BB_SELL];
	uint32_t rung = bb_ladder_best(ladder);

	while (rung != BB_RUNG_NONE) {
		const uint32_t first = rung - rung % BB_STRETCH;
		const struct bb_rung *rungs = bb_ladder_rung(ladder, first);
		uint64_t left = bb_ladder_occupied(ladder, rung);
		for (; left != 0; left &= left - 1) {
			const uint32_t bit = bb_bit_lowest(left);
			rung = first + bit;
			add_step(making, bb_book_price(book, BB_SELL, rung),
				 bb_rung_wh(&rungs[bit]));
		}
		rung = bb_ladder_after(ladder, rung);
	}
}

static void
sell_steps_of(const struct bb_call_book *call, const struct bb_call_keys *sells,
	      struct making *making)
{
	for (uint32_t i = 0; i < sells->count;) {
		const uint64_t key = sells->keys[i] >> KEY_SHIFT;
		const int64_t price = price_of(call, sells->keys[i]);
		uint64_t sell_wh = 0;
		for (; i < sells->count && sells->keys[i] >> KEY_SHIFT == key; i++)
			sell_wh += (uint32_t)sells->keys[i];
		add_step(making, price, sell_wh);
	}
}

void
bb_call_book_curve(const struct bb_call_book *call, const struct bb_call_keys *buys,
		   const struct bb_call_keys *sells, struct bb_step *steps, uint32_t room,
		   struct bb_curve *curve)
{
	struct making making = {
		.steps = steps,
		.room = room,
		.buy = buys == NULL ? buy_steps(call->book, steps, room)
				    : buy_steps_of(call, buys, steps, room),
	};

	if (sells == NULL)
		sell_steps(call->book, &making);
	else
		sell_steps_of(call, sells, &making);
	const uint32_t waiting = room - making.buy;
	memmove(&steps[making.used], &steps[making.buy], waiting * sizeof(*steps));
	*curve = (struct bb_curve){ .steps = steps, .count = making.used + waiting };
}

/* share_rung: an order's place in its rung tells which of two was accepted first. */
static uint32_t
share_rung(const struct bb_call_book *call, const struct bb_rung *rung, uint64_t amount,
	   uint32_t node, struct bb_call_fill *fills, struct bb_claim *claims)
{
	const struct bb_reputations ask = { bb_call_reputation, call };
	const struct bb_order *slots = call->orders->slots;
	uint32_t count = 0;
	uint32_t kept = 0;

	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; count++) {
		const struct bb_order *order = &slots[slot];
		claims[count] = (struct bb_claim){
			.quantity = order->quantity_wh, .order = count, .index = count,
			.reputation = order->position,
		};
		fills[count] = (struct bb_call_fill){ .slot = slot, .node = node };
		slot = order->next;
	}
	bb_prorata_asking(claims, count, amount, &ask);
	for (uint32_t i = 0; i < count; i++)
		fills[claims[i].index].filled_wh = (uint32_t)claims[i].given;
	for (uint32_t i = 0; i < count; i++)
		if (fills[i].filled_wh > 0)
			fills[kept++] = fills[i];
	return kept;
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

/* amount_at returns what a side gets at the price of the mark. */
static uint64_t
amount_at(enum bb_side side, const struct bb_curve *curve, const struct bb_mark *mark)
{
	uint64_t sold = 0;
	uint64_t bought = 0;

	if (mark->step < curve->count)
		bb_step_share(curve, mark, mark->step, &sold, &bought);
	return side == BB_SELL ? sold : bought;
}

uint32_t
bb_call_book_fill(const struct bb_call_book *call, enum bb_side side, uint32_t node,
		  const struct bb_curve *curve, const struct bb_mark *mark,
		  struct bb_call_fill *fills, struct bb_claim *claims)
{
	const struct bb_ladder *ladder = &call->book->ladders[side];
	const uint64_t amount = amount_at(side, curve, mark);
	uint32_t full = full_rungs(call->book, side, curve, mark);
	struct fill_list list = { .fills = fills, .node = node };

	/* Where the last rung gets all it asked for, there is nothing to share. */
	const bool shared = amount > 0 && amount < bb_rung_wh(bb_ladder_rung(ladder, full));
	if (amount > 0 && !shared)
		full++;
	const uint32_t count =
		walk_rungs(call, ladder, bb_ladder_best(ladder), full, add_fill, &list);
	return !shared ? count
		       : count + share_rung(call, bb_ladder_rung(ladder, full), amount, node,
					    &fills[count], claims);
}

void
bb_call_list_fill(const struct bb_call_book *call, enum bb_side side,
		  struct bb_call_entry *entries, uint32_t count, uint32_t node,
		  const struct bb_curve *curve, const struct bb_mark *mark,
		  struct bb_claim *claims)
{
	const struct bb_reputations ask = { bb_call_reputation, call };
	const uint64_t amount = amount_at(side, curve, mark);
	const uint64_t last =
		mark->step < curve->count
			? (uint64_t)(curve->steps[mark->step].price - call->book->price_min)
			: UINT64_MAX;
	uint32_t level = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bb_call_entry *entry = &entries[i];
		if (bb_call_node(entry) != node)
			continue;
		const uint64_t above = bb_call_above(entry);
		const bool better = side == BB_SELL ? above < last : above > last;
		entry->given_wh = better ? entry->quantity_wh : 0;
		if (above != last || amount == 0)
			continue;
		/* The walk is in the order of acceptance at each price, and what has one rank
		 * and one reputation has one price. */
		const struct bb_order *order = &call->orders->slots[entry->slot];
		claims[level] = (struct bb_claim){
			.quantity = entry->quantity_wh, .order = i, .index = i,
			.reputation = order->position,
		};
		level++;
	}
	bb_prorata_asking(claims, level, amount, &ask);
	for (uint32_t i = 0; i < level; i++)
		entries[claims[i].index].given_wh = (uint32_t)claims[i].given;
}

uint32_t
bb_call_list_take(const struct bb_call_entry *entries, uint32_t count, uint32_t first_node,
		  struct bb_call_fill *fills)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++)
		if (entries[i].given_wh > 0)
			fills[used++] = (struct bb_call_fill){
				.slot = entries[i].slot, .filled_wh = entries[i].given_wh,
				.node = first_node + bb_call_node(&entries[i]),
			};
	return used;
}
