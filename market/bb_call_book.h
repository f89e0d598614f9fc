/* bb_call_book - a call auction straight from the books, as their orders rest in them.
 *
 * A book keeps for each price what rests there, and its orders oldest first.  So a curve is
 * one walk over two ladders, without looking at an order, and of all prices only one on each
 * side is shared out (bb_prorata.h): what is better gets all it asked for, what is worse
 * nothing.  Orders are looked at once, where they are filled.
 *
 * Sells that are ranked with a handicap (bb_reputation.h) leave their places: those of a side
 * are listed, sorted by counting, and make a curve together with the ladder of the buys.
 *
 *	bb_call_book_curve, or bb_call_book_rank and bb_call_book_curve_ranked
 *	bb_clear                            over the curves of all zones (bb_clearing.h)
 *	bb_call_book_fill                   a side; bb_call_book_fill_ranked for ranked sells
 *
 * Orders at one price follow each other within many prices at once, so that the memory of
 * the next one is under way while others are being looked at.
 *
 * Limit    Plain orders: of one that may trade all or nothing, or that accepts only some
 *          sources, a rung's sum says nothing.  Books with such are gathered order by order
 *          (bb_fixing.h).
 *
 * Units    as in bb_clearing.h.
 * Memory   The caller's; but for steps, whose room is told, each array has room for as many
 *          as orders rest in the book.
 * Threads  The matching core only.
 * Errors   BB_ASSERT: the mark is one of the curve.
 * Replay   Pure; the book stays as it is, and may be crossed.
 */
#ifndef BB_CALL_BOOK_H
#define BB_CALL_BOOK_H

#include "market/bb_book.h"
#include "market/bb_clearing.h"
#include "market/bb_position.h"
#include "market/bb_prorata.h"

/* What an auction reads of one zone. */
struct bb_call_book {
	const struct bb_book *book;
	const struct bb_orders *orders;
	const struct bb_positions *positions;
	const uint32_t *reputations; /* ppm, by participant; NULL: all have the same */
};

struct bb_call_fill {
	uint32_t slot;
	uint32_t filled_wh;
};

/* A sell with its handicap. */
struct bb_call_ranked {
	uint32_t rank; /* price and handicap, above the lowest price of the book */
	uint32_t slot;
	uint32_t quantity_wh;
	uint32_t reputation;
};

/* bb_call_book_curve: room is that of steps, at least one for each price of each side. */
void bb_call_book_curve(const struct bb_call_book *call, struct bb_step *steps, uint32_t room,
			struct bb_curve *curve);

/* bb_call_book_rank lists the sells in ranked, cheapest with their handicap first, and
 * returns how many; those that it lifts above price_max do not trade and are left out.
 * scratch has as much room as ranked. */
uint32_t bb_call_book_rank(const struct bb_call_book *call, uint32_t kappa, int64_t price_max,
			   struct bb_call_ranked *ranked, struct bb_call_ranked *scratch);

void bb_call_book_curve_ranked(const struct bb_call_book *call,
			       const struct bb_call_ranked *ranked, uint32_t count,
			       struct bb_step *steps, uint32_t room,
			       struct bb_curve *curve);

/* bb_call_book_fill writes the orders of a side that get something: best price first, oldest
 * first at a price.  Returns how many.  claims is scratch. */
uint32_t bb_call_book_fill(const struct bb_call_book *call, enum bb_side side,
			   const struct bb_curve *curve, const struct bb_mark *mark,
			   struct bb_call_fill *fills, struct bb_claim *claims);

uint32_t bb_call_book_fill_ranked(const struct bb_call_book *call,
				  const struct bb_call_ranked *ranked, uint32_t count,
				  const struct bb_curve *curve, const struct bb_mark *mark,
				  struct bb_call_fill *fills, struct bb_claim *claims);

#endif
