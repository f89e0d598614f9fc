/* bb_products - what is admitted to trading: listings, each a product with its book.
 *
 * A listing costs a slot, with the directories and bitmaps of its two ladders; the rungs come
 * from one pool with the orders that stand on them (market/bb_ladder.h).  Slots of listings
 * that have ended are used again, so an index names a listing only while it is listed.  In the
 * order in which they were added they are in listed[].
 *
 * A product is found by its own low bits: quarter-hours follow each other, so they spread
 * without a hash; only products of different zones meet, and the next free entry is near.
 *
 * Memory   bb_products_bytes(products, levels) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only; bb_terms_check says what an operator got wrong.
 * Replay   The same additions and removals give the same indices.
 */
#ifndef BB_PRODUCTS_H
#define BB_PRODUCTS_H

#include "market/bb_book.h"
#include "market/bb_market.h"

struct bb_listing {
	_Alignas(64) struct bb_book book;
	struct bb_divisor by_lot;
	uint32_t margin;    /* nano-currency per Wh: of an order's need (bb_accounts.h) */
	uint32_t course;    /* whose calendar it follows; 0: nobody's, and money moves at once */
	uint32_t positions; /* first of its list */
	uint32_t next_free; /* of a slot that is not listed: the next one, plus 1 */
	uint32_t band[2];   /* by side of who comes: last rung of the other that it trades with */
	uint64_t until_ns;  /* orders are accepted before; bb_contract.h sets these of a course */
	uint64_t trades_until_ns; /* and trade before */
	bool joined; /* lines lead to other zones (bb_across.h) */
	bool odd; /* an order that hides energy or accepts only some sources has rested here */
	uint8_t reserved[6]; /* zero */
	struct bb_product product;
	uint8_t rest[48]; /* zero, up to a cache line */
};

/* Product and listing index + 1; 0: free. */
struct bb_product_entry {
	uint32_t product;
	uint32_t listing;
};

struct bb_products {
	struct bb_listing *listings; /* [most] */
	uint32_t *listed;            /* [count] of [most]: indices, in order of addition */
	uint32_t most;
	uint32_t count;
	uint32_t used;       /* slots 0..used - 1 were taken at least once */
	uint32_t free_first; /* plus 1 */
	struct bb_product_entry *entries;
	uint32_t entry_mask;
	uint32_t levels;
	uint32_t stretches_a_side; /* of a directory */
	uint32_t reserved;         /* zero */
	struct bb_directory *directories; /* [most][2][stretches_a_side] */
	uint64_t *middles;         /* [most][2][words] */
	struct bb_stretches stretches;
};

size_t bb_products_bytes(uint32_t most, uint32_t levels);
void bb_products_init(struct bb_products *products, struct bb_arena *arena, uint32_t most,
		      uint32_t levels);

static inline uint32_t
bb_products_home(const struct bb_products *products, uint32_t product)
{
	/* A zone begins a good way off, whatever the quarter-hour. */
	return (product + (product >> 24) * UINT32_C(0x9e3779b1)) & products->entry_mask;
}

/* bb_products_find returns the listing of a product, or NULL. */
static inline struct bb_listing *
bb_products_find(const struct bb_products *products, uint32_t product)
{
	uint32_t at = bb_products_home(products, product);

	for (; products->entries[at].listing != 0; at = (at + 1) & products->entry_mask)
		if (products->entries[at].product == product)
			return &products->listings[products->entries[at].listing - 1];
	return NULL;
}

/* bb_terms_check returns BB_OK, BB_ERR_RECORD, BB_ERR_PRODUCT_EXISTS, BB_ERR_BAND or
 * BB_ERR_FULL. */
enum bb_result bb_terms_check(const struct bb_products *products,
			      const struct bb_product_command *terms);

/* bb_products_add lists a product whose terms were checked. */
struct bb_listing *bb_products_add(struct bb_products *products,
				   const struct bb_product_command *terms);

/* bb_products_remove ends a listing in which there is neither an order nor a position. */
void bb_products_remove(struct bb_products *products, struct bb_listing *listing);

/* bb_products_aim points the ladders of all listings at this memory, after listings were
 * brought from another. */
void bb_products_aim(struct bb_products *products);

static inline uint32_t
bb_listing_index(const struct bb_products *products, const struct bb_listing *listing)
{
	return (uint32_t)(listing - products->listings);
}

#endif
