/* bb_interest - what one participant has resting in one product.
 *
 * Made with its first order there and gone with its last.  It answers two questions
 * without a walk through the book or through the participant's other orders:
 *
 *	Which of its orders are in this product, oldest first?   a list
 *	What is its best price on each side?                     a pairing heap a side
 *
 * The second decides whether an order would reach one of its own owner's.  Adding to a
 * pairing heap and asking for the best take constant time, removing takes amortised
 * logarithmic time, so nobody can make the check dear by resting many orders.
 * Source: Fredman, Sedgewick, Sleator, Tarjan, "The Pairing Heap", Algorithmica 1, 1986.
 *
 * A participant's interests form a list too, in the order in which they were made.
 *
 * Memory   bb_interests_bytes(most) from the arena: one for each order that may rest.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.
 * Replay   The same calls in the same order give the same bytes; but for the index,
 *          whose layout depends on the hash key.
 */
#ifndef BB_INTEREST_H
#define BB_INTEREST_H

#include "market/bb_index.h"
#include "market/bb_orders.h"

#define BB_INTEREST_NONE 0u

struct bb_interest {
	uint32_t participant;
	uint32_t listing;  /* index of the product */
	uint32_t best[2];  /* by side: slot at the top of the heap */
	uint32_t oldest, newest; /* slots */
	uint32_t prev, next;     /* interests of the same participant */
};

/* The ends of a participant's list of interests. */
struct bb_interest_list {
	uint32_t first, last;
};

struct bb_interests {
	struct bb_interest *slots; /* [most + 1] */
	uint32_t most;
	uint32_t live;
	uint32_t used;       /* slots 1..used were taken at least once */
	uint32_t free_first; /* chained by next */
	struct bb_index index;
};

size_t bb_interests_bytes(uint32_t most);
void bb_interests_init(struct bb_interests *interests, struct bb_arena *arena, uint32_t most,
		       uint64_t hash_key);

/* bb_interest_find returns the interest, or BB_INTEREST_NONE. */
uint32_t bb_interest_find(const struct bb_interests *interests, uint32_t participant,
			  uint32_t listing);

/* bb_interest_join adds the order in slot, whose place is set, and sets its interest. */
void bb_interest_join(struct bb_interests *interests, struct bb_interest_list *list,
		      struct bb_orders *orders, uint32_t slot, uint32_t participant,
		      uint32_t listing);

/* bb_interest_leave removes the order in slot; list is that of its owner. */
void bb_interest_leave(struct bb_interests *interests, struct bb_interest_list *list,
		       struct bb_orders *orders, uint32_t slot);

/* bb_interest_check asserts list and heaps of one interest; returns its orders. */
uint32_t bb_interest_check(const struct bb_interests *interests, const struct bb_orders *orders,
			   uint32_t interest);

#endif
