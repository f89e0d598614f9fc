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

#include "market/bb_ladder.h"
#include "market/bb_orders.h"

struct bb_book {
	struct bb_ladder ladders[2]; /* by side */
	int32_t price_min;
	uint32_t tick;
	uint32_t steps; /* prices of the band */
};

/* bb_book_rung returns where price, which is in the band, lies on a side. */
static inline uint32_t
bb_book_rung(const struct bb_book *book, enum bb_side side, int32_t price)
{
	const uint32_t tick = ((uint32_t)price - (uint32_t)book->price_min) / book->tick;
	return side == BB_BUY ? book->steps - 1 - tick : tick;
}

static inline int32_t
bb_book_price(const struct bb_book *book, enum bb_side side, uint32_t rung)
{
	const uint32_t tick = side == BB_BUY ? book->steps - 1 - rung : rung;
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
	return side == BB_BUY ? BB_SELL : BB_BUY;
}

/* bb_book_first returns the slot next to trade on side within limit, a rung of that
 * side, or BB_SLOT_NONE. */
static inline uint32_t
bb_book_first(const struct bb_book *book, enum bb_side side, uint32_t limit)
{
	const struct bb_ladder *ladder = &book->ladders[side];
	const uint32_t best = bb_ladder_best(ladder);
	return best <= limit && best != BB_RUNG_NONE ? ladder->rungs[best].first : BB_SLOT_NONE;
}

/* bb_book_rest queues slot, whose place and quantity are set, behind all at its price. */
void bb_book_rest(struct bb_book *book, struct bb_orders *orders, uint32_t slot);

/* bb_book_reduce takes quantity off an order, which keeps its place; with its last Wh it
 * leaves the book, but not the pool.  A trade and a cancel are both this. */
void bb_book_reduce(struct bb_book *book, struct bb_orders *orders, uint32_t slot,
		    uint32_t quantity_wh);

/* bb_book_check asserts that sums, chains and bitmaps agree and that the best prices do
 * not cross; returns how many orders rest. */
uint32_t bb_book_check(const struct bb_book *book, const struct bb_orders *orders);

#endif
