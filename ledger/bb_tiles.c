#include "ledger/bb_tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"

#define LEVEL_MAX 63u /* what a path can name; no tree of ours is as high */

void
bb_tile_path(char path[BB_TILE_PATH_SIZE], const struct bb_tile *tile)
{
	uint32_t groups[7]; /* 2^64 has 20 digits */
	uint32_t count = 0;
	uint64_t rest = tile->index;
	size_t used = 0;

	do {
		groups[count++] = (uint32_t)(rest % 1000);
		rest /= 1000;
	} while (rest > 0);
	if (tile->entries)
		used = (size_t)snprintf(path, BB_TILE_PATH_SIZE, "tile/entries");
	else
		used = (size_t)snprintf(path, BB_TILE_PATH_SIZE, "tile/%u", tile->level);
	while (count-- > 0)
		used += (size_t)snprintf(path + used, BB_TILE_PATH_SIZE - used, "/%s%03u",
					 count > 0 ? "x" : "", groups[count]);
	if (tile->width < BB_TILE_WIDTH)
		used += (size_t)snprintf(path + used, BB_TILE_PATH_SIZE - used, ".p/%u",
					 tile->width);
	BB_ASSERT(used < BB_TILE_PATH_SIZE);
}

/* Reads decimal digits, at most this many, and moves *at behind them; false: none. */
static bool
read_digits(const char **at, uint32_t most, uint32_t *value)
{
	uint32_t count = 0;

	*value = 0;
	for (; count < most && **at >= '0' && **at <= '9'; count++, ++*at)
		*value = *value * 10 + (uint32_t)(**at - '0');
	return count > 0;
}

/* Reads "/x001/x234/067". */
static bool
read_index(const char **at, uint64_t *index)
{
	uint32_t group = 0;
	bool more = true;

	*index = 0;
	while (more) {
		if (*(*at)++ != '/')
			return false;
		more = **at == 'x';
		if (more)
			++*at;
		if (!read_digits(at, 3, &group) ||
		    __builtin_mul_overflow(*index, UINT64_C(1000), index) ||
		    __builtin_add_overflow(*index, (uint64_t)group, index))
			return false;
	}
	return true;
}

bool
bb_tile_path_read(struct bb_tile *tile, const char *path)
{
	static const char entries[] = "tile/entries";
	static const char hashes[] = "tile/";
	char again[BB_TILE_PATH_SIZE];
	uint32_t level = 0;
	const char *at = path;

	*tile = (struct bb_tile){ .width = BB_TILE_WIDTH };
	if (strnlen(path, BB_TILE_PATH_SIZE) == BB_TILE_PATH_SIZE)
		return false;
	if (strncmp(path, entries, strlen(entries)) == 0) {
		tile->entries = true;
		at += strlen(entries);
	} else if (strncmp(path, hashes, strlen(hashes)) == 0) {
		at += strlen(hashes);
		if (!read_digits(&at, 2, &level) || level > LEVEL_MAX)
			return false;
		tile->level = (uint8_t)level;
	} else {
		return false;
	}
	if (!read_index(&at, &tile->index))
		return false;
	if (strncmp(at, ".p/", 3) == 0) {
		at += 3;
		if (!read_digits(&at, 3, &tile->width) || tile->width == 0 ||
		    tile->width >= BB_TILE_WIDTH)
			return false;
	}
	/* A path has one form only: what was read over is seen here. */
	bb_tile_path(again, tile);
	return strcmp(again, path) == 0;
}

void
bb_tiles_start(struct bb_tiles *tiles, bb_tile_write *write, void *context)
{
	memset(tiles, 0, sizeof(*tiles));
	tiles->write = write;
	tiles->context = context;
}

/* Returns how many hashes the last tile of a level has, 0..255. */
static uint32_t
width_of(uint64_t size, uint32_t level)
{
	return (uint32_t)(size >> (8 * level)) & (BB_TILE_WIDTH - 1);
}

/* Returns the index of that tile. */
static uint64_t
index_of(uint64_t size, uint32_t level)
{
	return level == BB_TILE_LEVELS - 1 ? 0 : size >> (8 * (level + 1));
}

bool
bb_tiles_partial(struct bb_tile *tile, uint8_t level, uint64_t size)
{
	*tile = (struct bb_tile){ .level = level,
				  .index = index_of(size, level),
				  .width = width_of(size, level) };
	return tile->width > 0;
}

bool
bb_tiles_resume(struct bb_tiles *tiles, uint64_t size,
		bool (*read)(void *context, const struct bb_tile *tile, uint8_t *bytes))
{
	struct bb_tile tile;

	BB_ASSERT(size % BB_TILE_WIDTH == 0 && tiles->size == 0);
	tiles->size = size;
	for (uint8_t level = 1; level < BB_TILE_LEVELS; level++)
		if (bb_tiles_partial(&tile, level, size) &&
		    !read(tiles->context, &tile, tiles->levels[level][0].bytes))
			return false;
	return true;
}

static struct bb_tree
tree_of(const struct bb_hash *hashes, uint32_t count)
{
	struct bb_tree tree;

	bb_tree_init(&tree);
	for (uint32_t i = 0; i < count; i++)
		bb_tree_add_hash(&tree, &hashes[i]);
	return tree;
}

/* Writes the tile of level that the last leaf filled, and goes on to the level above: the
 * root of a full tile is one hash there. */
static bool
write_full(struct bb_tiles *tiles)
{
	for (uint8_t level = 0; width_of(tiles->size, level) == 0; level++) {
		const struct bb_hash *hashes = tiles->levels[level];
		const struct bb_tile tile = { .level = level,
					      .index = index_of(tiles->size, level) - 1,
					      .width = BB_TILE_WIDTH };

		BB_ASSERT(level + 1u < BB_TILE_LEVELS);
		if (!tiles->write(tiles->context, &tile, hashes[0].bytes))
			return false;
		const struct bb_tree tree = tree_of(hashes, BB_TILE_WIDTH);
		const uint32_t above = width_of(tiles->size - 1, level + 1u);
		tiles->levels[level + 1][above] = bb_tree_root(&tree);
	}
	return true;
}

bool
bb_tiles_add(struct bb_tiles *tiles, const uint8_t leaf[BB_LEAF_SIZE])
{
	const uint32_t at = width_of(tiles->size, 0);
	uint8_t *entry = tiles->entries + at * BB_TILE_ENTRY_SIZE;

	BB_ASSERT(tiles->size < UINT64_MAX);
	entry[0] = BB_LEAF_SIZE >> 8;
	entry[1] = BB_LEAF_SIZE & 0xff;
	memcpy(entry + 2, leaf, BB_LEAF_SIZE);
	tiles->levels[0][at] = bb_hash_leaf(leaf, BB_LEAF_SIZE);
	tiles->size++;
	if (at + 1 < BB_TILE_WIDTH)
		return true;
	const struct bb_tile bundle = { .entries = true,
					.index = index_of(tiles->size, 0) - 1,
					.width = BB_TILE_WIDTH };
	return tiles->write(tiles->context, &bundle, tiles->entries) && write_full(tiles);
}

bool
bb_tiles_finish(struct bb_tiles *tiles)
{
	struct bb_tile tile;

	if (bb_tiles_partial(&tile, 0, tiles->size)) {
		tile.entries = true;
		if (!tiles->write(tiles->context, &tile, tiles->entries))
			return false;
	}
	for (uint8_t level = 0; level < BB_TILE_LEVELS; level++)
		if (bb_tiles_partial(&tile, level, tiles->size) &&
		    !tiles->write(tiles->context, &tile, tiles->levels[level][0].bytes))
			return false;
	return true;
}

/* The hashes of a level are roots of equal subtrees, and those of lower levels lie to the
 * right of those of higher ones.  So the root is folded from the smallest subtree upwards. */
struct bb_hash
bb_tiles_root(const struct bb_tiles *tiles)
{
	struct bb_hash root = bb_hash_of("", 0);
	bool begun = false;

	for (uint32_t level = 0; level < BB_TILE_LEVELS; level++) {
		const uint32_t width = width_of(tiles->size, level);
		const struct bb_tree tree = tree_of(tiles->levels[level], width);

		for (uint32_t i = (uint32_t)__builtin_popcount(width); i-- > 0;) {
			root = begun ? bb_hash_node(&tree.stack[i], &root) : tree.stack[i];
			begun = true;
		}
	}
	return root;
}
