/* bb_products - the products in the order in which they were added, each with its book.
 *
 * A listing is a product that was admitted to trading.  Its ladders are carved from pools
 * that hold as many price steps as the venue reserved at genesis; nothing is given back.
 *
 * Memory   bb_products_bytes(products, levels) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only; bb_terms_check says what an operator got wrong.
 * Replay   The same additions give the same indices.
 */
#ifndef BB_PRODUCTS_H
#define BB_PRODUCTS_H

#include "market/bb_book.h"
#include "market/bb_index.h"
#include "market/bb_market.h"

struct bb_listing {
	struct bb_product product;
	struct bb_book book;
	uint64_t price_size; /* the larger of |price_min| and |price_max| */
};

struct bb_products {
	struct bb_listing *listings; /* [most] */
	uint32_t most;
	uint32_t count;
	struct bb_index ids; /* product to index + 1 */
	struct bb_rung *rungs; /* two a level: one for each side */
	uint64_t *words;
	uint32_t levels;
	uint32_t levels_used;
	uint64_t words_used;
};

size_t bb_products_bytes(uint32_t most, uint32_t levels);
void bb_products_init(struct bb_products *products, struct bb_arena *arena, uint32_t most,
		      uint32_t levels, uint64_t hash_key);

/* bb_products_find returns the listing of a product, or NULL. */
struct bb_listing *bb_products_find(const struct bb_products *products, uint32_t product);

/* bb_terms_check returns BB_OK, BB_ERR_RECORD, BB_ERR_PRODUCT_EXISTS, BB_ERR_BAND or
 * BB_ERR_FULL. */
enum bb_result bb_terms_check(const struct bb_products *products,
			      const struct bb_product_command *terms);

/* bb_products_add lists a product whose terms were checked. */
void bb_products_add(struct bb_products *products, const struct bb_product_command *terms);

static inline uint32_t
bb_listing_index(const struct bb_products *products, const struct bb_listing *listing)
{
	return (uint32_t)(listing - products->listings);
}

#endif
