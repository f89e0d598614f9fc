/* bb_tiles - the log as files that anyone can serve and check: C2SP tlog-tiles.
 *
 *	tile/<L>/<N>[.p/<W>]        256 hashes of level L, each over 256^L leaves
 *	tile/entries/<N>[.p/<W>]    256 leaves, each with its size before it (2, big-endian)
 *
 * N is written in groups of three digits, all but the last with an x before it: 1234067 is
 * x001/x234/067.  What has fewer than 256 ends with .p/ and their number.
 *
 * Leaves go in in order; a tile comes out when it is full, and the rest at the end.  Only
 * what is at the right edge is kept, so that an export can go on where it stopped.
 *
 * Units    leaves, hashes.
 * Memory   86 KiB, the caller's.
 * Threads  One owner.
 * Errors   write() tells; nothing more is written then.
 * Replay   Pure.
 */
#ifndef BB_TILES_H
#define BB_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/bb_log.h"

#define BB_TILE_WIDTH      256u
#define BB_TILE_LEVELS     8u /* 256^8 leaves */
#define BB_TILE_PATH_SIZE  64u
#define BB_TILE_ENTRY_SIZE (2u + BB_LEAF_SIZE)
#define BB_TILE_SIZE_MAX   (BB_TILE_WIDTH * BB_TILE_ENTRY_SIZE)

struct bb_tile {
	bool entries;   /* leaves, not hashes; level is 0 */
	uint8_t level;
	uint64_t index;
	uint32_t width; /* 1..256 */
};

/* bb_tile_path writes the path, without a slash before it. */
void bb_tile_path(char path[BB_TILE_PATH_SIZE], const struct bb_tile *tile);

/* bb_tile_path_read returns whether path is exactly that of a tile. */
bool bb_tile_path_read(struct bb_tile *tile, const char *path);

/* bb_tile_size returns the size of the file. */
static inline uint32_t
bb_tile_size(const struct bb_tile *tile)
{
	return tile->width * (tile->entries ? BB_TILE_ENTRY_SIZE : BB_HASH_SIZE);
}

/* Writes bb_tile_size bytes; false: it could not. */
typedef bool bb_tile_write(void *context, const struct bb_tile *tile, const uint8_t *bytes);

struct bb_tiles {
	uint64_t size; /* leaves so far */
	bb_tile_write *write;
	void *context;
	struct bb_hash levels[BB_TILE_LEVELS][BB_TILE_WIDTH]; /* the last tile of each */
	uint8_t entries[BB_TILE_SIZE_MAX];                    /* the last bundle */
};

/* bb_tiles_start begins with nothing. */
void bb_tiles_start(struct bb_tiles *tiles, bb_tile_write *write, void *context);

/* bb_tiles_partial names the partial tile of a level in a log of size leaves; false: there
 * is none. */
bool bb_tiles_partial(struct bb_tile *tile, uint8_t level, uint64_t size);

/* bb_tiles_resume goes on with the tiles of a log of size leaves, a multiple of 256.  read()
 * fills in the bytes of a partial tile; false: it could not. */
bool bb_tiles_resume(struct bb_tiles *tiles, uint64_t size,
		     bool (*read)(void *context, const struct bb_tile *tile, uint8_t *bytes));

/* bb_tiles_add appends a leaf. */
bool bb_tiles_add(struct bb_tiles *tiles, const uint8_t leaf[BB_LEAF_SIZE]);

/* bb_tiles_finish writes the partial tiles. */
bool bb_tiles_finish(struct bb_tiles *tiles);

/* bb_tiles_root returns the root over all leaves so far. */
struct bb_hash bb_tiles_root(const struct bb_tiles *tiles);

#endif
