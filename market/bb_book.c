#include "market/bb_book.h"

static void
check_rung(const struct bb_orders *orders, const struct bb_ladder *ladder, enum bb_side side,
	   uint32_t rung_index)
{
	const struct bb_rung *rung = bb_ladder_rung(ladder, rung_index);
	const uint64_t occupied = bb_ladder_occupied(ladder, rung_index);
	uint64_t quantity_wh = 0;
	uint32_t count = 0;
	uint32_t before = BB_SLOT_NONE;

	for (uint32_t slot = rung->first; slot != BB_SLOT_NONE; slot = orders->slots[slot].next) {
		const struct bb_order *order = &orders->slots[slot];
		BB_ASSERT(bb_order_side(order) == side);
		BB_ASSERT(bb_order_rung(order) == rung_index);
		BB_ASSERT(order->quantity_wh > 0);
		BB_ASSERT(order->prev == before);
		quantity_wh += order->quantity_wh;
		count++;
		before = slot;
		BB_ASSERT(count <= orders->live);
	}
	BB_ASSERT(rung->last == before);
	BB_ASSERT(bb_rung_wh(rung) == quantity_wh);
	BB_ASSERT(bb_rung_orders(rung) == count);
	BB_ASSERT(bb_bit_test(&occupied, rung_index % BB_STRETCH) == (count > 0));
}

/* A stretch is there exactly while it has an order. */
static uint32_t
check_tiers(const struct bb_ladder *ladder)
{
	const uint32_t words = bb_ladder_stretches(ladder->rung_count);
	uint32_t count = 0;

	for (uint32_t word = 0; word < words; word++) {
		const uint32_t stretch = ladder->directory[word].stretch;
		BB_ASSERT(bb_bit_test(ladder->middle, word) == (stretch != BB_STRETCH_NONE));
		BB_ASSERT((ladder->directory[word].occupied != 0) ==
			  (stretch != BB_STRETCH_NONE));
		count += stretch != BB_STRETCH_NONE;
	}
	for (uint32_t middle = 0; middle < (words + 63) / 64; middle++)
		BB_ASSERT(bb_bit_test(&ladder->top, middle) == (ladder->middle[middle] != 0));
	return count;
}

static uint32_t
check_side(const struct bb_book *book, const struct bb_orders *orders, enum bb_side side)
{
	const struct bb_ladder *ladder = &book->ladders[side];
	uint32_t best = BB_RUNG_NONE;
	uint32_t count = 0;

	for (uint32_t rung = 0; rung < ladder->rung_count; rung++) {
		if (!bb_ladder_has(ladder, rung))
			continue;
		check_rung(orders, ladder, side, rung);
		count += bb_rung_orders(bb_ladder_rung(ladder, rung));
		if (best == BB_RUNG_NONE && bb_ladder_rung(ladder, rung)->first != BB_SLOT_NONE)
			best = rung;
	}
	BB_ASSERT(ladder->best == best);
	return count;
}

uint32_t
bb_book_check(const struct bb_book *book, const struct bb_orders *orders, uint32_t *stretches)
{
	uint32_t count = 0;

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		*stretches += check_tiers(&book->ladders[side]);
		count += check_side(book, orders, (enum bb_side)side);
	}
	return count;
}

bool
bb_book_crosses(const struct bb_book *book)
{
	const uint32_t buy = bb_ladder_best(&book->ladders[BB_BUY]);
	const uint32_t sell = bb_ladder_best(&book->ladders[BB_SELL]);

	return buy != BB_RUNG_NONE && sell != BB_RUNG_NONE &&
	       bb_book_price(book, BB_BUY, buy) >= bb_book_price(book, BB_SELL, sell);
}
