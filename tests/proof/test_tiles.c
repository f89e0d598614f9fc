/* test_tiles - tiles over 70,000 leaves against their definition, and the names of files. */
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_tiles.h"
#include "tests/bb_test.h"

#define LEAVES 70000u /* 273 full tiles, one full tile of level 1, one hash in level 2 */

/* Every tile that was written: by level (8: bundles), and how often. */
struct shelf {
	struct bb_hash hashes[3][LEAVES]; /* by level and place */
	uint32_t full[3];
	uint32_t partial[3];
	uint32_t bundles;
	uint64_t leaves; /* in bundles, in order */
	bool wrong;
	bool refuse;
};

static struct shelf shelf;
static struct bb_tiles tiles;
static struct bb_hash leaf_hashes[LEAVES];

static void
leaf_of(uint8_t leaf[BB_LEAF_SIZE], uint64_t index)
{
	for (uint32_t i = 0; i < BB_LEAF_SIZE; i++)
		leaf[i] = (uint8_t)(index >> (i % 8 * 8)) ^ (uint8_t)i;
}

static void
check_bundle(struct shelf *at, const struct bb_tile *tile, const uint8_t *bytes)
{
	uint8_t want[BB_LEAF_SIZE];

	for (uint32_t i = 0; i < tile->width; i++, bytes += BB_TILE_ENTRY_SIZE) {
		leaf_of(want, tile->index * BB_TILE_WIDTH + i);
		at->wrong |= bytes[0] != 0 || bytes[1] != BB_LEAF_SIZE ||
			     memcmp(bytes + 2, want, sizeof(want)) != 0;
	}
	at->bundles++;
	at->leaves += tile->width;
}

static bool
put(void *context, const struct bb_tile *tile, const uint8_t *bytes)
{
	struct shelf *at = context;

	if (at->refuse)
		return false;
	if (tile->entries) {
		check_bundle(at, tile, bytes);
		return true;
	}
	BB_ASSERT(tile->level < 3 && tile->index * BB_TILE_WIDTH + tile->width <= LEAVES);
	memcpy(&at->hashes[tile->level][tile->index * BB_TILE_WIDTH], bytes,
	       (size_t)tile->width * BB_HASH_SIZE);
	*(tile->width == BB_TILE_WIDTH ? &at->full[tile->level] : &at->partial[tile->level]) += 1;
	return true;
}

static bool
get(void *context, const struct bb_tile *tile, uint8_t *bytes)
{
	const struct shelf *at = context;

	memcpy(bytes, &at->hashes[tile->level][tile->index * BB_TILE_WIDTH],
	       (size_t)tile->width * BB_HASH_SIZE);
	return true;
}

static void
add(uint64_t first, uint64_t end)
{
	uint8_t leaf[BB_LEAF_SIZE];

	for (uint64_t i = first; i < end; i++) {
		leaf_of(leaf, i);
		leaf_hashes[i] = bb_hash_leaf(leaf, sizeof(leaf));
		BB_ASSERT(bb_tiles_add(&tiles, leaf));
	}
}

/* The root over leaves first to end, whatever the tiles say. */
static struct bb_hash
root_of(uint64_t first, uint64_t end)
{
	struct bb_tree tree;

	bb_tree_init(&tree);
	for (uint64_t i = first; i < end; i++)
		bb_tree_add_hash(&tree, &leaf_hashes[i]);
	return bb_tree_root(&tree);
}

static bool
same(const struct bb_hash *a, const struct bb_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void
tiles_are_what_c2sp_defines(void)
{
	memset(&shelf, 0, sizeof(shelf));
	bb_tiles_start(&tiles, put, &shelf);
	add(0, LEAVES);
	CU_ASSERT(bb_tiles_finish(&tiles) && !shelf.wrong);
	/* The specification's own example. */
	CU_ASSERT(shelf.full[0] == 273 && shelf.full[1] == 1 && shelf.full[2] == 0);
	CU_ASSERT(shelf.partial[0] == 1 && shelf.partial[1] == 1 && shelf.partial[2] == 1);
	CU_ASSERT(shelf.bundles == 274 && shelf.leaves == LEAVES);
	CU_ASSERT(memcmp(shelf.hashes[0], leaf_hashes, sizeof(leaf_hashes)) == 0);
	for (uint32_t i = 0; i < LEAVES / 256; i++) {
		const struct bb_hash want = root_of(UINT64_C(256) * i, UINT64_C(256) * (i + 1));
		CU_ASSERT(same(&shelf.hashes[1][i], &want));
	}
	const struct bb_hash top = root_of(0, 65536);
	CU_ASSERT(same(&shelf.hashes[2][0], &top));
}

static void
the_root_comes_from_the_right_edge(void)
{
	static const uint64_t sizes[] = { 0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537,
					  66000, 69999 };
	uint64_t done = 0;

	memset(&shelf, 0, sizeof(shelf));
	bb_tiles_start(&tiles, put, &shelf);
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		add(done, sizes[i]);
		done = sizes[i];
		const struct bb_hash want = root_of(0, done);
		const struct bb_hash root = bb_tiles_root(&tiles);
		CU_ASSERT(same(&root, &want));
	}
}

static void
an_export_goes_on_where_it_stopped(void)
{
	static const uint64_t stops[] = { 1, 255, 256, 1000, 65535, 65536, 65537, 66666, LEAVES };
	static struct shelf whole;

	memset(&shelf, 0, sizeof(shelf));
	bb_tiles_start(&tiles, put, &shelf);
	add(0, LEAVES);
	CU_ASSERT(bb_tiles_finish(&tiles));
	whole = shelf;
	memset(&shelf, 0, sizeof(shelf));
	uint64_t done = 0;
	for (uint32_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		const uint64_t from = done / BB_TILE_WIDTH * BB_TILE_WIDTH;

		bb_tiles_start(&tiles, put, &shelf);
		CU_ASSERT(bb_tiles_resume(&tiles, from, get));
		add(from, stops[i]);
		CU_ASSERT(bb_tiles_finish(&tiles) && !shelf.wrong);
		done = stops[i];
		const struct bb_hash want = root_of(0, done);
		const struct bb_hash root = bb_tiles_root(&tiles);
		CU_ASSERT(same(&root, &want));
	}
	CU_ASSERT(memcmp(whole.hashes, shelf.hashes, sizeof(shelf.hashes)) == 0);
}

static void
what_cannot_be_written_is_told(void)
{
	uint8_t leaf[BB_LEAF_SIZE] = { 0 };

	memset(&shelf, 0, sizeof(shelf));
	bb_tiles_start(&tiles, put, &shelf);
	shelf.refuse = true;
	CU_ASSERT(bb_tiles_finish(&tiles)); /* nothing to write */
	for (uint32_t i = 0; i + 1 < BB_TILE_WIDTH; i++)
		CU_ASSERT(bb_tiles_add(&tiles, leaf));
	CU_ASSERT(!bb_tiles_finish(&tiles));
	CU_ASSERT(!bb_tiles_add(&tiles, leaf));
}

static void
a_path_has_one_form(void)
{
	static const struct {
		const char *path;
		struct bb_tile tile;
	} good[] = {
		{ "tile/0/000", { .index = 0, .width = 256 } },
		{ "tile/0/000.p/1", { .index = 0, .width = 1 } },
		{ "tile/63/255.p/255", { .level = 63, .index = 255, .width = 255 } },
		{ "tile/3/x001/x234/067", { .level = 3, .index = 1234067, .width = 256 } },
		{ "tile/entries/x001/000.p/9", { .entries = true, .index = 1000, .width = 9 } },
		{ "tile/entries/x018/x446/x744/x073/x709/x551/615",
		  { .entries = true, .index = UINT64_MAX, .width = 256 } },
	};
	static const char *const bad[] = {
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000",
		"tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/x000/001", "tile/0/001/002",
		"tile/0/x001", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000/",
		"tile/0//000", "/tile/0/000", "tile/0/../000", "tile/0/%30", "tile/entries",
		"tile/entries/000.q/1", "tile/Entries/000", "tile/0/0 0", "tile/0/+01",
		"tile/entries/x018/x446/x744/x073/x709/x551/616", "checkpoint", "tile/data/000",
		"tile/entries/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001",
	};
	char path[BB_TILE_PATH_SIZE];
	struct bb_tile tile;

	for (uint32_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT(bb_tile_path_read(&tile, good[i].path));
		CU_ASSERT(tile.entries == good[i].tile.entries &&
			  tile.level == good[i].tile.level && tile.index == good[i].tile.index &&
			  tile.width == good[i].tile.width);
		bb_tile_path(path, &good[i].tile);
		CU_ASSERT_STRING_EQUAL(path, good[i].path);
	}
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bb_tile_path_read(&tile, bad[i]))
			CU_FAIL(bad[i]);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "tiles are what C2SP defines", tiles_are_what_c2sp_defines },
		{ "the root comes from the right edge", the_root_comes_from_the_right_edge },
		{ "an export goes on where it stopped", an_export_goes_on_where_it_stopped },
		{ "what cannot be written is told", what_cannot_be_written_is_told },
		{ "a path has one form", a_path_has_one_form },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("tiles", tests);
}
