#include "market/bb_products.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_position.h"

#define DIRECTORY_LINE ((uint32_t)(64 / sizeof(struct bb_directory)))

/* Stretches in the pool; no band is wider than all of them. */
static uint32_t
pool_for(uint32_t levels)
{
	return bb_ladder_stretches(levels);
}

/* Entries of a directory.  An odd number of cache lines: products have similar prices, and the
 * entries near these must not all fall into one set of the cache. */
static uint32_t
directory_for(uint32_t levels)
{
	const uint32_t entries =
		bb_ladder_stretches(levels < BB_LEVELS_MAX ? levels : BB_LEVELS_MAX);
	const uint32_t lines = (entries + DIRECTORY_LINE - 1) / DIRECTORY_LINE;

	return (lines | 1) * DIRECTORY_LINE;
}

static uint32_t
entries_for(uint32_t most)
{
	uint32_t entries = 4;

	while (entries < 4 * most)
		entries *= 2;
	return entries;
}

size_t
bb_products_bytes(uint32_t most, uint32_t levels)
{
	const size_t sides = 2 * (size_t)most;
	const uint32_t stretches = directory_for(levels);

	return bb_arena_round(most * sizeof(struct bb_listing)) +
	       bb_arena_round(most * sizeof(uint32_t)) +
	       bb_arena_round(entries_for(most) * sizeof(struct bb_product_entry)) +
	       bb_arena_round(sides * stretches * sizeof(struct bb_directory)) +
	       bb_arena_round(sides * ((stretches + 63) / 64) * sizeof(uint64_t)) +
	       bb_stretches_bytes(pool_for(levels));
}

void
bb_products_init(struct bb_products *products, struct bb_arena *arena, uint32_t most,
		 uint32_t levels)
{
	const size_t sides = 2 * (size_t)most;
	const uint32_t stretches = directory_for(levels);
	const size_t words = sides * ((stretches + 63) / 64);
	const uint32_t entries = entries_for(most);

	*products = (struct bb_products){
		.listings = bb_arena_take(arena, most * sizeof(struct bb_listing)),
		.listed = bb_arena_take(arena, most * sizeof(uint32_t)),
		.most = most,
		.entries = bb_arena_take(arena, entries * sizeof(struct bb_product_entry)),
		.entry_mask = entries - 1,
		.levels = levels,
		.stretches_a_side = stretches,
		.directories = bb_arena_take(arena,
					     sides * stretches * sizeof(struct bb_directory)),
		.middles = bb_arena_take(arena, words * sizeof(uint64_t)),
	};
	bb_stretches_init(&products->stretches, arena, pool_for(levels));
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

	if (products->count == products->most || steps > products->levels)
		return BB_ERR_FULL;
	return BB_OK;
}

static void
enter(struct bb_products *products, uint32_t product, uint32_t index)
{
	uint32_t at = bb_products_home(products, product);

	while (products->entries[at].listing != 0)
		at = (at + 1) & products->entry_mask;
	products->entries[at] = (struct bb_product_entry){ product, index + 1 };
}

/* Moves entries back over the one that leaves, so that no search ends at its gap. */
static void
strike(struct bb_products *products, uint32_t product)
{
	struct bb_product_entry *entries = products->entries;
	const uint32_t mask = products->entry_mask;
	uint32_t gap = bb_products_home(products, product);

	while (entries[gap].listing == 0 || entries[gap].product != product)
		gap = (gap + 1) & mask;
	for (uint32_t at = (gap + 1) & mask; entries[at].listing != 0; at = (at + 1) & mask) {
		const uint32_t home = bb_products_home(products, entries[at].product);
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		entries[gap] = entries[at];
		gap = at;
	}
	entries[gap] = (struct bb_product_entry){ 0 };
}

static uint64_t *
middle_of(const struct bb_products *products, uint32_t index, uint32_t side)
{
	const uint32_t words = (products->stretches_a_side + 63) / 64;

	return products->middles + (2 * (size_t)index + side) * words;
}

static struct bb_directory *
directory_of(const struct bb_products *products, uint32_t index, uint32_t side)
{
	return products->directories + (2 * (size_t)index + side) * products->stretches_a_side;
}

struct bb_listing *
bb_products_add(struct bb_products *products, const struct bb_product_command *terms)
{
	const uint32_t steps = steps_of(terms);
	BB_ASSERT(products->count < products->most);
	BB_ASSERT(steps > 0 && bb_ladder_stretches(steps) <= products->stretches_a_side);
	uint32_t index = products->free_first - 1;
	if (products->free_first == 0)
		index = products->used++;
	else
		products->free_first = products->listings[index].next_free;
	struct bb_listing *listing = &products->listings[index];

	*listing = (struct bb_listing){
		.by_lot = bb_divisor(terms->lot_wh),
		.positions = BB_POSITION_NONE,
		.band = { BB_RUNG_NONE - 1, BB_RUNG_NONE - 1 },
		.until_ns = UINT64_MAX,
		.trades_until_ns = UINT64_MAX,
		.product.terms = *terms,
	};
	bb_book_init(&listing->book, terms->price_min, terms->tick, steps);
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++)
		bb_ladder_init(&listing->book.ladders[side], steps,
			       middle_of(products, index, side),
			       directory_of(products, index, side), &products->stretches);
	enter(products, terms->product, index);
	products->listed[products->count++] = index;
	return listing;
}

void
bb_products_remove(struct bb_products *products, struct bb_listing *listing)
{
	const uint32_t index = bb_listing_index(products, listing);
	uint32_t row = 0;

	BB_ASSERT(listing->positions == BB_POSITION_NONE);
	BB_ASSERT(listing->book.ladders[BB_BUY].top == 0);
	BB_ASSERT(listing->book.ladders[BB_SELL].top == 0);
	strike(products, listing->product.terms.product);
	while (products->listed[row] != index)
		BB_ASSERT(++row < products->count);
	products->count--;
	memmove(&products->listed[row], &products->listed[row + 1],
		(products->count - row) * sizeof(products->listed[0]));
	*listing = (struct bb_listing){ .next_free = products->free_first };
	products->free_first = index + 1;
}

void
bb_products_aim(struct bb_products *products)
{
	for (uint32_t index = 0; index < products->used; index++) {
		struct bb_listing *listing = &products->listings[index];
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			struct bb_ladder *ladder = &listing->book.ladders[side];
			if (ladder->rung_count == 0) /* of a listing that has ended */
				continue;
			ladder->middle = middle_of(products, index, side);
			ladder->directory = directory_of(products, index, side);
			ladder->slots = products->stretches.slots;
			ladder->stretches = &products->stretches;
		}
	}
}
