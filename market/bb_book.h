/* bb_book - the resting orders of one product, in price-time priority.
 *
 * Two ladders over the same ticks, one a side; an order's place in the pool, its chain
 * and its rung's sums change together here and nowhere else.
 *
 * Units    tick: steps of the product's tick above its price_min.  rung: ticks from the
 *          best price of the band on that side (market/bb_ladder.h).
 * Memory   Slots from the venue's pool (market/bb_orders.h), ladders from the products'.
 * Threads  The matching core only; no other core may even read.
 * Errors   BB_ASSERT only: what may rest was checked at entry (market/bb_entry.h).
 * Replay   The same calls in the same order give the same bytes.
 */
#ifndef BB_BOOK_H
#define BB_BOOK_H

#include "market/bb_divide.h"
#include "market/bb_ladder.h"
#include "market/bb_orders.h"

struct bb_book {
	struct bb_ladder ladders[2]; /* by side */
	struct bb_divisor by_tick;
	int32_t price_min;
	uint32_t tick;
	uint32_t steps; /* prices of the band */
	uint32_t width; /* price_max less price_min */
};

/* bb_book_init starts an empty book over steps prices from price_min on, at most
 * BB_LEVELS_MAX; the ladders are the caller's to begin. */
static inline void
bb_book_init(struct bb_book *book, int32_t price_min, uint32_t tick, uint32_t steps)
{
	book->price_min = price_min;
	book->tick = tick;
	book->by_tick = bb_divisor(tick);
	book->steps = steps;
	book->width = (steps - 1) * tick;
}

/* bb_book_mirror turns a rung of one side into that of the same price on the other. */
static inline uint32_t
bb_book_mirror(const struct bb_book *book, uint32_t rung)
{
	return book->steps - 1 - rung;
}

/* bb_book_turn turns ticks into rungs of a side and back: mirrored for buyers, as they are for
 * sellers.  Which side comes next nobody can predict, so there is no branch. */
static inline uint32_t
bb_book_turn(const struct bb_book *book, enum bb_side side, uint32_t tick)
{
	const uint32_t flip = (uint32_t)side - 1;

	return (tick ^ flip) + (book->steps & flip);
}

/* bb_book_rung returns where price, which is in the band, lies on a side. */
static inline uint32_t
bb_book_rung(const struct bb_book *book, enum bb_side side, int32_t price)
{
	const uint32_t tick =
		bb_divide(book->by_tick, (uint32_t)price - (uint32_t)book->price_min);
	return bb_book_turn(book, side, tick);
}

static inline int32_t
bb_book_price(const struct bb_book *book, enum bb_side side, uint32_t rung)
{
	const uint32_t tick = bb_book_turn(book, side, rung);
	return (int32_t)((uint32_t)book->price_min + tick * book->tick);
}

/* bb_price_size returns |price|. */
static inline uint64_t
bb_price_size(int32_t price)
{
	return (uint64_t)(price < 0 ? -(int64_t)price : (int64_t)price);
}

static inline enum bb_side
bb_side_other(enum bb_side side)
{
	return (enum bb_side)(side ^ 1u);
}

/* bb_by_side returns the buyers' or the sellers' of two, without a branch. */
static inline uint64_t
bb_by_side(enum bb_side side, uint64_t buy, uint64_t sell)
{
	return buy ^ ((buy ^ sell) & -(uint64_t)side);
}

/* bb_book_reaches returns whether there is an order on side within limit, a rung of that
 * side. */
static inline bool
bb_book_reaches(const struct bb_book *book, enum bb_side side, uint32_t limit)
{
	return book->ladders[side].best <= limit; /* BB_RUNG_NONE is above every limit */
}

/* bb_book_first returns the slot next to trade on side within limit, or BB_SLOT_NONE. */
static inline uint32_t
bb_book_first(const struct bb_book *book, enum bb_side side, uint32_t limit)
{
	const struct bb_ladder *ladder = &book->ladders[side];

	return bb_book_reaches(book, side, limit) ? bb_ladder_rung(ladder, ladder->best)->first
						  : BB_SLOT_NONE;
}

/* An order of a side, by where it stands. */
struct bb_book_place {
	uint32_t rung;
	uint32_t slot;
};

/* bb_book_front returns the place of the order next to trade on a side, which has one. */
static inline struct bb_book_place
bb_book_front(const struct bb_book *book, enum bb_side side)
{
	const struct bb_ladder *ladder = &book->ladders[side];

	return (struct bb_book_place){ ladder->best, bb_ladder_rung(ladder, ladder->best)->first };
}

/* bb_book_pass moves place to the order that trades after it; BB_SLOT_NONE stays. */
static inline void
bb_book_pass(const struct bb_book *book, enum bb_side side, const struct bb_orders *orders,
	     struct bb_book_place *place)
{
	const struct bb_ladder *ladder = &book->ladders[side];
	uint32_t next = orders->slots[place->slot].next;

	if (next == BB_SLOT_NONE && place->slot != BB_SLOT_NONE) {
		place->rung = bb_ladder_after(ladder, place->rung);
		if (place->rung != BB_RUNG_NONE)
			next = bb_ladder_rung(ladder, place->rung)->first;
	}
	place->slot = next;
}

/* bb_book_room returns whether an order can rest on a rung of side. */
static inline bool
bb_book_room(const struct bb_book *book, enum bb_side side, uint32_t rung, uint32_t quantity_wh)
{
	const struct bb_ladder *ladder = &book->ladders[side];

	return bb_ladder_room(ladder, rung) &&
	       bb_rung_wh(bb_ladder_rung(ladder, rung)) + quantity_wh <= BB_RUNG_WH_MAX;
}

/* bb_book_rest queues slot, whose place and quantity are set, behind all at its price. */
static inline void
bb_book_rest(struct bb_book *book, struct bb_orders *orders, uint32_t slot)
{
	struct bb_order *order = &orders->slots[slot];
	const uint32_t rung_index = bb_order_rung(order);
	struct bb_ladder *ladder = &book->ladders[bb_order_side(order)];
	BB_ASSERT(rung_index < ladder->rung_count);
	BB_ASSERT(order->quantity_wh > 0);
	if (BB_UNLIKELY(!bb_ladder_has(ladder, rung_index)))
		bb_ladder_extend(ladder, rung_index);
	struct bb_rung *rung = bb_ladder_at(ladder, rung_index);

	order->prev = rung->last;
	order->next = BB_SLOT_NONE;
	if (rung->last == BB_SLOT_NONE) {
		rung->first = slot;
		bb_ladder_set(ladder, rung_index);
	} else {
		orders->slots[rung->last].next = slot;
	}
	rung->last = slot;
	rung->sums += (uint64_t)order->quantity_wh << BB_RUNG_ORDERS_BITS | 1;
}

/* bb_book_reduce takes quantity off an order, which keeps its place; with its last Wh it
 * leaves the book, but not the pool.  A trade and a cancel are both this.  Returns what is
 * left of the order. */
static inline uint32_t
bb_book_reduce(struct bb_book *book, struct bb_orders *orders, uint32_t slot,
	       uint32_t quantity_wh)
{
	struct bb_order *order = &orders->slots[slot];
	const uint32_t rung_index = bb_order_rung(order);
	struct bb_ladder *ladder = &book->ladders[bb_order_side(order)];
	struct bb_rung *rung = bb_ladder_at(ladder, rung_index);
	BB_ASSERT(quantity_wh > 0);
	BB_ASSERT(quantity_wh <= order->quantity_wh);
	const uint32_t left = order->quantity_wh - quantity_wh;

	order->quantity_wh = left;
	rung->sums -= (uint64_t)quantity_wh << BB_RUNG_ORDERS_BITS;
	if (left > 0)
		return left;
	rung->sums--;
	if (order->prev == BB_SLOT_NONE)
		rung->first = order->next;
	else
		orders->slots[order->prev].next = order->next;
	if (order->next == BB_SLOT_NONE)
		rung->last = order->prev;
	else
		orders->slots[order->next].prev = order->prev;
	if (rung->first == BB_SLOT_NONE)
		bb_ladder_clear(ladder, rung_index);
	return 0;
}

/* bb_book_crosses returns whether the best prices meet, which they may only where an auction
 * is ahead or has left them so (a handicap, sources). */
bool bb_book_crosses(const struct bb_book *book);

/* bb_book_check asserts that sums, chains, bitmaps and directories agree; returns how many
 * orders rest.  *stretches grows by those in use. */
uint32_t bb_book_check(const struct bb_book *book, const struct bb_orders *orders,
		       uint32_t *stretches);

#endif
