#include "market/bb_products.h"

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

/* Words of bitmap for all ladders: two a product, each rounded up in two tiers. */
static uint64_t
words_for(uint32_t most, uint32_t levels)
{
	return 2 * ((uint64_t)levels / 64 + levels / (64 * 64) + 2 * (uint64_t)most);
}

size_t
bb_products_bytes(uint32_t most, uint32_t levels)
{
	return bb_arena_round(most * sizeof(struct bb_listing)) + bb_index_bytes(most) +
	       bb_arena_round(2 * (size_t)levels * sizeof(struct bb_rung)) +
	       bb_arena_round(words_for(most, levels) * sizeof(uint64_t));
}

void
bb_products_init(struct bb_products *products, struct bb_arena *arena, uint32_t most,
		 uint32_t levels, uint64_t hash_key)
{
	*products = (struct bb_products){
		.listings = bb_arena_take(arena, most * sizeof(struct bb_listing)),
		.rungs = bb_arena_take(arena, 2 * (size_t)levels * sizeof(struct bb_rung)),
		.words = bb_arena_take(arena, words_for(most, levels) * sizeof(uint64_t)),
		.most = most,
		.levels = levels,
	};
	bb_index_init(&products->ids, arena, most, hash_key);
}

struct bb_listing *
bb_products_find(const struct bb_products *products, uint32_t product)
{
	const uint32_t hash = bb_index_hash(&products->ids, product, 0);
	uint32_t at = hash;
	uint32_t found;

	while ((found = bb_index_next(&products->ids, hash, &at)) != 0)
		if (products->listings[found - 1].product.terms.product == product)
			return &products->listings[found - 1];
	return NULL;
}

/* Prices of the band; 0 if there is no such band. */
static uint32_t
steps_of(const struct bb_product_command *terms)
{
	if (terms->tick == 0 || terms->price_min > terms->price_max ||
	    terms->price_min < -BB_PRICE_MAX || terms->price_max > BB_PRICE_MAX)
		return 0;
	const int64_t tick = terms->tick;
	if (terms->price_min % tick != 0 || terms->price_max % tick != 0)
		return 0;
	return (uint32_t)(((int64_t)terms->price_max - terms->price_min) / tick) + 1;
}

enum bb_result
bb_terms_check(const struct bb_products *products, const struct bb_product_command *terms)
{
	if (!bb_is_zero(terms->reserved, sizeof(terms->reserved)))
		return BB_ERR_RECORD;
	if (bb_products_find(products, terms->product) != NULL)
		return BB_ERR_PRODUCT_EXISTS;

	const uint32_t steps = steps_of(terms);
	if (steps == 0 || steps > BB_LEVELS_MAX)
		return BB_ERR_BAND;
	if (terms->lot_wh == 0 || terms->lot_wh > terms->quantity_max_wh ||
	    terms->quantity_max_wh > BB_QUANTITY_MAX)
		return BB_ERR_BAND;

	if (products->count == products->most ||
	    steps > products->levels - products->levels_used)
		return BB_ERR_FULL;
	return BB_OK;
}

void
bb_products_add(struct bb_products *products, const struct bb_product_command *terms)
{
	const uint32_t steps = steps_of(terms);
	const uint32_t words = bb_ladder_words(steps);
	BB_ASSERT(products->count < products->most);
	BB_ASSERT(steps > 0 && steps <= products->levels - products->levels_used);
	BB_ASSERT(products->words_used + 2 * words <=
		  words_for(products->most, products->levels));
	struct bb_listing *listing = &products->listings[products->count++];
	struct bb_book *book = &listing->book;

	listing->product.terms = *terms;
	const uint64_t down = bb_price_size(terms->price_min);
	const uint64_t up = bb_price_size(terms->price_max);
	listing->price_size = down > up ? down : up;

	book->price_min = terms->price_min;
	book->tick = terms->tick;
	book->steps = steps;
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		bb_ladder_init(&book->ladders[side], steps,
			       products->rungs + 2 * (size_t)products->levels_used + side * steps,
			       products->words + products->words_used);
		products->words_used += words;
	}
	products->levels_used += steps;
	bb_index_add(&products->ids, bb_index_hash(&products->ids, terms->product, 0),
		     products->count);
}
