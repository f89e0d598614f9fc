/* bb_call_book - a call auction straight from the books, as their orders rest in them.
 *
 * A book keeps for each price what rests there, and its orders oldest first.  So a curve is
 * one walk over two ladders, without looking at an order, and of all prices only one on each
 * side is shared out (bb_prorata.h): what is better gets all it asked for, what is worse
 * nothing.  Orders are looked at once, where they are filled.
 *
 * Where a rung's sum does not say it, orders are listed one by one, as they are walked: sells
 * ranked with a handicap (bb_reputation.h), which leave their prices; icebergs, of which all
 * counts; zones that sources divide (bb_origin.h), whose orders are of several nodes.  Keys
 * and quantities are sorted for the curve, orders are not: they keep the order of the walk,
 * in which they are filled.
 *
 *	bb_call_list                        for a side that needs it,
 *	bb_call_sort                        and its keys
 *	bb_call_book_curve                  a node: of two ladders, two lists, or one of each
 *	bb_clear                            over the curves of all nodes (bb_clearing.h)
 *	bb_call_book_fill                   a ladder; or of a list, for each of its nodes,
 *	bb_call_list_fill                   and at last
 *	bb_call_list_take
 *
 * Orders at one price follow each other within many prices at once, so that the memory of
 * the next one is under way while others are being looked at.
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
#include "market/bb_members.h"
#include "market/bb_position.h"
#include "market/bb_prorata.h"

/* What an auction reads of one zone. */
struct bb_call_book {
	const struct bb_book *book;
	const struct bb_orders *orders;
	const struct bb_positions *positions;
	const struct bb_account *accounts; /* by participant, for their reputations */
};

/* bb_call_reputation is what struct bb_reputations asks of a struct bb_call_book about a
 * position. */
uint32_t bb_call_reputation(const void *call, uint32_t position);

/* An order that gets something. */
struct bb_call_fill {
	uint32_t slot;
	uint32_t filled_wh;
	uint32_t node;
};

/* A listed order.  key: how far its price, of a sell with its handicap, is above the lowest of
 * the book; in the bits from BB_CALL_NODE_SHIFT on which of the zone's nodes it is of. */
struct bb_call_entry {
	uint32_t key;
	uint32_t slot;
	uint32_t quantity_wh; /* with what it hides */
	uint32_t given_wh;    /* the result */
};

#define BB_CALL_NODE_SHIFT 26u
#define BB_CALL_NODES      (1u << (32 - BB_CALL_NODE_SHIFT))

_Static_assert(2 * (int64_t)BB_PRICE_MAX < 1 << BB_CALL_NODE_SHIFT, "every price has a key");
_Static_assert(BB_NODES_MAX <= BB_CALL_NODES, "and every node");

static inline uint32_t
bb_call_above(const struct bb_call_entry *entry)
{
	return entry->key & ((1u << BB_CALL_NODE_SHIFT) - 1);
}

static inline uint32_t
bb_call_node(const struct bb_call_entry *entry)
{
	return entry->key >> BB_CALL_NODE_SHIFT;
}

/* Keys of one node and side, rising, each above its quantity. */
struct bb_call_keys {
	const uint64_t *keys;
	uint32_t count;
};

/* bb_call_list lists the orders of a side, best price first, oldest first at a price, all of
 * node 0, and returns how many.  Sells that kappa's handicap lifts above price_max do not
 * trade and are left out. */
uint32_t bb_call_list(const struct bb_call_book *call, enum bb_side side, uint32_t kappa,
		      int64_t price_max, struct bb_call_entry *entries);

/* bb_call_sort writes the keys and quantities of entries, rising; scratch has as much room. */
void bb_call_sort(const struct bb_call_entry *entries, uint32_t count, uint64_t *keys,
		  uint64_t *scratch);

/* bb_call_book_curve: of a side without keys, what rests in the ladder counts.  room is that
 * of steps, at least one for each price of each side. */
void bb_call_book_curve(const struct bb_call_book *call, const struct bb_call_keys *buys,
			const struct bb_call_keys *sells, struct bb_step *steps, uint32_t room,
			struct bb_curve *curve);

/* bb_call_book_fill writes the orders of a side that get something: best price first, oldest
 * first at a price, all of one node.  Returns how many.  claims is scratch. */
uint32_t bb_call_book_fill(const struct bb_call_book *call, enum bb_side side, uint32_t node,
			   const struct bb_curve *curve, const struct bb_mark *mark,
			   struct bb_call_fill *fills, struct bb_claim *claims);

/* bb_call_list_fill sets what the entries of one node are given. */
void bb_call_list_fill(const struct bb_call_book *call, enum bb_side side,
		       struct bb_call_entry *entries, uint32_t count, uint32_t node,
		       const struct bb_curve *curve, const struct bb_mark *mark,
		       struct bb_claim *claims);

/* bb_call_list_take writes those that are given something, in their order; first_node is that
 * of the zone's first node. */
uint32_t bb_call_list_take(const struct bb_call_entry *entries, uint32_t count,
			   uint32_t first_node, struct bb_call_fill *fills);

#endif
