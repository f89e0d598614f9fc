#include "market/bb_save.h"

#include <string.h>

#include "market/bb_fixing.h"
#include "market/bb_save_build.h"
#include "market/bb_state.h"

_Static_assert(BB_ARENA_ALIGN % BB_SPARSE_LINE == 0, "a market is whole lines");

struct hole {
	size_t offset;
	size_t size;
};

#define HOLE(member) \
	{ offsetof(struct bb_market, member), sizeof(((struct bb_market *)0)->member) }

/* What is not saved of struct bb_market. */
static const struct hole holes[] = {
	HOLE(members.accounts),
	HOLE(members.windows),
	HOLE(members.keys), /* a secret decides where entries lie */
	HOLE(accounts.purses),
	HOLE(products.listings),
	HOLE(products.listed),
	HOLE(products.entries),
	HOLE(products.directories),
	HOLE(products.middles),
	HOLE(products.stretches.slots),
	HOLE(orders.slots),
	HOLE(orders.own),
	HOLE(orders.extras.slots),
	HOLE(orders.extras.heap),
	HOLE(positions.slots),
	HOLE(positions.settled),
	HOLE(positions.pages),
	HOLE(positions.rows),
	HOLE(ids.places),
	HOLE(watches.slots),
	HOLE(watches.heap),
	HOLE(calendar.courses),
	HOLE(rebate.claims),
	HOLE(fixing),
	HOLE(work), /* of the command under way, and there is none */
};

#define LISTING_HOLE(member) \
	{ offsetof(struct bb_listing, member), sizeof(((struct bb_listing *)0)->member) }

#define LADDER_HOLES(side)                                \
	LISTING_HOLE(book.ladders[side].middle),          \
		LISTING_HOLE(book.ladders[side].directory), \
		LISTING_HOLE(book.ladders[side].slots),   \
		LISTING_HOLE(book.ladders[side].stretches)

/* And of each listing. */
static const struct hole listing_holes[] = { LADDER_HOLES(BB_BUY), LADDER_HOLES(BB_SELL) };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

uint64_t
bb_save_layout(const struct bb_market_size *size)
{
	return BB_SAVE_BUILD ^ bb_market_bytes(size) << 16 ^ sizeof(struct bb_market);
}

bool
bb_market_calm(const struct bb_market *market)
{
	return market->work.kind == BB_WORK_NONE && !market->stepping && market->basket.left == 0;
}

static uint64_t
offset_in(const struct bb_market *market, const void *at)
{
	return (uint64_t)((const uint8_t *)at - (const uint8_t *)market);
}

static struct bb_save_map
map_of(const struct bb_market *market)
{
	const struct bb_market_size *size = &market->size;
	const struct bb_products *products = &market->products;
	struct bb_save_map map = {
		.size = bb_market_bytes(size),
		.listings = offset_in(market, products->listings),
		.keys = offset_in(market, market->members.keys.entries),
	};

	map.listings_end = map.listings + products->most * sizeof(struct bb_listing);
	map.keys_end = map.keys + bb_index_bytes(size->participants);
	if (market->fixing != NULL) {
		map.fixing = offset_in(market, market->fixing);
		map.fixing_end = map.fixing + bb_arena_round(sizeof(struct bb_fixing)) +
				 bb_fixing_bytes(size->orders);
	}
	BB_ASSERT(map.listings_end <= map.size && map.keys_end <= map.size);
	BB_ASSERT(map.fixing_end <= map.size);
	return map;
}

/* A page on its way, and what its holes are to be filled with: NULL for zeros. */
struct sheet {
	uint8_t *page;
	const uint8_t *filling;
	uint64_t at; /* in the market */
	uint64_t end;
};

/* Fills what lies in the page of the bytes from offset to end. */
static void
fill(const struct sheet *sheet, uint64_t offset, uint64_t end)
{
	const uint64_t from = offset > sheet->at ? offset : sheet->at;
	const uint64_t to = end < sheet->end ? end : sheet->end;

	if (from >= to)
		return;
	if (sheet->filling == NULL)
		memset(sheet->page + (from - sheet->at), 0, to - from);
	else
		memcpy(sheet->page + (from - sheet->at), sheet->filling + (from - sheet->at),
		       to - from);
}

static void
fill_listings(const struct sheet *sheet, const struct bb_save_map *map)
{
	const uint64_t size = sizeof(struct bb_listing);

	if (sheet->end <= map->listings || sheet->at >= map->listings_end)
		return;
	const uint64_t first =
		sheet->at > map->listings ? (sheet->at - map->listings) / size : 0;

	for (uint64_t at = map->listings + first * size;
	     at < map->listings_end && at < sheet->end; at += size)
		for (size_t i = 0; i < COUNT_OF(listing_holes); i++)
			fill(sheet, at + listing_holes[i].offset,
			     at + listing_holes[i].offset + listing_holes[i].size);
}

static void
fill_holes(const struct sheet *sheet, const struct bb_save_map *map)
{
	if (sheet->at < sizeof(struct bb_market))
		for (size_t i = 0; i < COUNT_OF(holes); i++)
			fill(sheet, holes[i].offset, holes[i].offset + holes[i].size);
	fill_listings(sheet, map);
	fill(sheet, map->keys, map->keys_end);
	fill(sheet, map->fixing, map->fixing_end);
}

void
bb_save_start(struct bb_save *save, const struct bb_market *market)
{
	BB_ASSERT(bb_market_calm(market));
	save->bytes = (const uint8_t *)market;
	save->at = 0;
	save->map = map_of(market);
}

size_t
bb_save_next(struct bb_save *save, uint8_t record[BB_SPARSE_ROOM])
{
	while (save->at < save->map.size) {
		const struct sheet sheet = { .page = save->page,
					     .at = save->at,
					     .end = bb_sparse_end(save->at, save->map.size) };
		const uint64_t size = sheet.end - sheet.at;

		save->at = sheet.end;
		if (bb_sparse_mask(save->bytes + sheet.at, size) == 0)
			continue;
		memcpy(save->page, save->bytes + sheet.at, size);
		fill_holes(&sheet, &save->map);
		const size_t used = bb_sparse_put(
			record, (uint32_t)(sheet.at / BB_SPARSE_PAGE), save->page, size);
		if (used > 0)
			return used;
	}
	return 0;
}

/* Makes the page of the market at sheet->at what the next record says, or zeros; what its holes
 * hold stays. */
static enum bb_result
load_page(struct bb_sparse_reader *reader, uint8_t *market, struct sheet *sheet,
	  const struct bb_save_map *map)
{
	const uint64_t size = sheet->end - sheet->at;
	const bool saved = reader->there && reader->page == sheet->at / BB_SPARSE_PAGE;
	enum bb_result result = BB_OK;
	uint8_t bare[BB_SPARSE_PAGE];
	const struct sheet without = { .page = bare, .at = sheet->at, .end = sheet->end };

	if (!saved && bb_sparse_mask(market + sheet->at, size) == 0)
		return BB_OK; /* it is not touched: most of a large market never was */
	memset(sheet->page, 0, BB_SPARSE_PAGE);
	if (saved) {
		result = bb_sparse_take(reader, sheet->page);
		memcpy(bare, sheet->page, size);
		fill_holes(&without, map);
		if (memcmp(bare, sheet->page, size) != 0)
			return BB_ERR_CORRUPT;
	}
	sheet->filling = market + sheet->at;
	fill_holes(sheet, map);
	memcpy(market + sheet->at, sheet->page, size);
	return result;
}

/* Whether what says how far arrays reach is that of a fresh market. */
static bool
same_shape(const struct bb_market *market, const struct bb_market *fresh)
{
	const struct bb_products *products = &market->products;

	return products->most == fresh->products.most && products->used <= products->most &&
	       products->count <= products->most && products->levels == fresh->products.levels &&
	       products->entry_mask == fresh->products.entry_mask &&
	       products->stretches_a_side == fresh->products.stretches_a_side &&
	       products->stretches.capacity == fresh->products.stretches.capacity &&
	       market->members.size == fresh->members.size &&
	       market->accounts.participants == fresh->accounts.participants &&
	       market->orders.capacity == fresh->orders.capacity &&
	       market->orders.extras.capacity == fresh->orders.extras.capacity &&
	       market->positions.capacity == fresh->positions.capacity &&
	       market->positions.row == fresh->positions.row &&
	       market->positions.page_capacity == fresh->positions.page_capacity &&
	       market->ids.capacity == fresh->ids.capacity &&
	       market->watches.capacity == fresh->watches.capacity &&
	       market->calendar.size == fresh->calendar.size &&
	       market->rebate.count <= market->accounts.participants &&
	       memcmp(&market->size, &fresh->size, sizeof(market->size)) == 0;
}

/* Whether a flag that was loaded is zero: other bytes than 0 and 1 must not be read as a bool. */
static bool
is_clear(const bool *flag)
{
	uint8_t byte;

	memcpy(&byte, flag, sizeof(byte));
	return byte == 0;
}

enum bb_result
bb_save_load(struct bb_market *market, const uint8_t *bytes, uint64_t size)
{
	const struct bb_save_map map = map_of(market);
	const struct bb_market fresh = *market;
	struct bb_sparse_reader reader;
	uint8_t page[BB_SPARSE_PAGE];

	BB_ASSERT(market->number == 0 && bb_market_calm(market));
	enum bb_result result = bb_sparse_read(&reader, bytes, size, map.size);
	for (uint64_t at = 0; result == BB_OK && at < map.size; at += BB_SPARSE_PAGE) {
		struct sheet sheet = { .page = page,
				       .at = at,
				       .end = bb_sparse_end(at, map.size) };

		result = load_page(&reader, (uint8_t *)market, &sheet, &map);
	}
	if (result != BB_OK)
		return result;
	BB_ASSERT(!reader.there);
	if (!is_clear(&market->stepping) || !bb_market_calm(market) ||
	    !same_shape(market, &fresh))
		return BB_ERR_CORRUPT;
	bb_members_file(&market->members);
	bb_products_aim(&market->products);
	return BB_OK;
}
