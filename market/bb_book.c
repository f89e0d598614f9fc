#include "market/bb_book.h"

void
bb_book_rest(struct bb_book *book, struct bb_orders *orders, uint32_t slot)
{
	struct bb_order *order = &orders->slots[slot];
	const uint32_t rung_index = bb_order_rung(order);
	struct bb_ladder *ladder = &book->ladders[bb_order_side(order)];
	BB_ASSERT(rung_index < ladder->rung_count);
	BB_ASSERT(order->quantity_wh > 0);
	struct bb_rung *rung = &ladder->rungs[rung_index];

	order->prev = rung->last;
	order->next = BB_SLOT_NONE;
	if (rung->last == BB_SLOT_NONE) {
		rung->first = slot;
		bb_ladder_set(ladder, rung_index);
	} else {
		orders->slots[rung->last].next = slot;
	}
	rung->last = slot;
	rung->orders++;
	rung->quantity_wh += order->quantity_wh;
}

static void
leave(struct bb_ladder *ladder, struct bb_orders *orders, uint32_t slot)
{
	const struct bb_order *order = &orders->slots[slot];
	const uint32_t rung_index = bb_order_rung(order);
	struct bb_rung *rung = &ladder->rungs[rung_index];

	if (order->prev == BB_SLOT_NONE)
		rung->first = order->next;
	else
		orders->slots[order->prev].next = order->next;
	if (order->next == BB_SLOT_NONE)
		rung->last = order->prev;
	else
		orders->slots[order->next].prev = order->prev;
	rung->orders--;
	if (rung->first == BB_SLOT_NONE)
		bb_ladder_clear(ladder, rung_index);
}

void
bb_book_reduce(struct bb_book *book, struct bb_orders *orders, uint32_t slot,
	       uint32_t quantity_wh)
{
	struct bb_order *order = &orders->slots[slot];
	struct bb_ladder *ladder = &book->ladders[bb_order_side(order)];
	BB_ASSERT(quantity_wh > 0);
	BB_ASSERT(quantity_wh <= order->quantity_wh);

	order->quantity_wh -= quantity_wh;
	ladder->rungs[bb_order_rung(order)].quantity_wh -= quantity_wh;
	if (order->quantity_wh == 0)
		leave(ladder, orders, slot);
}

static void
check_rung(const struct bb_orders *orders, const struct bb_ladder *ladder, enum bb_side side,
	   uint32_t rung_index)
{
	const struct bb_rung *rung = &ladder->rungs[rung_index];
	uint64_t quantity_wh = 0;
	uint32_t count = 0;
	uint32_t before = BB_SLOT_NONE;

	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; slot = orders->slots[slot].next) {
		const struct bb_order *order = &orders->slots[slot];
		BB_ASSERT(order->place == bb_order_place(side, rung_index));
		BB_ASSERT(order->quantity_wh > 0);
		BB_ASSERT(order->prev == before);
		quantity_wh += order->quantity_wh;
		count++;
		before = slot;
		BB_ASSERT(count <= orders->live);
	}
	BB_ASSERT(rung->last == before);
	BB_ASSERT(rung->quantity_wh == quantity_wh);
	BB_ASSERT(rung->orders == count);
	BB_ASSERT(bb_bit_test(ladder->occupied, rung_index) == (count > 0));
}

static void
check_bitmaps(const struct bb_ladder *ladder)
{
	const uint32_t words = (ladder->rung_count + 63) / 64;

	for (uint32_t word = 0; word < words; word++)
		BB_ASSERT(bb_bit_test(ladder->middle, word) == (ladder->occupied[word] != 0));
	for (uint32_t middle = 0; middle < (words + 63) / 64; middle++)
		BB_ASSERT(bb_bit_test(&ladder->top, middle) == (ladder->middle[middle] != 0));
}

uint32_t
bb_book_check(const struct bb_book *book, const struct bb_orders *orders)
{
	uint32_t count = 0;

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const struct bb_ladder *ladder = &book->ladders[side];
		check_bitmaps(ladder);
		for (uint32_t rung = 0; rung < ladder->rung_count; rung++) {
			check_rung(orders, ladder, (enum bb_side)side, rung);
			count += ladder->rungs[rung].orders;
		}
	}

	const uint32_t buy = bb_ladder_best(&book->ladders[BB_BUY]);
	const uint32_t sell = bb_ladder_best(&book->ladders[BB_SELL]);
	if (buy != BB_RUNG_NONE && sell != BB_RUNG_NONE)
		BB_ASSERT(bb_book_price(book, BB_BUY, buy) < bb_book_price(book, BB_SELL, sell));
	return count;
}
