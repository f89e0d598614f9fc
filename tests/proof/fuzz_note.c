/* fuzz_note - any bytes as a checkpoint, as a vkey, and as the path of a tile.  What is read
 * has one form only: written again it is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_tiles.h"
#include "tests/proof/receipt_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
read_words(const char *text)
{
	struct bb_note_key key;
	struct bb_tile tile;
	char again[BB_NOTE_VKEY_SIZE];

	if (bb_note_vkey_read(&key, text)) {
		bb_note_vkey_write(again, &key);
		BB_ASSERT(strcmp(again, text) == 0);
	}
	if (bb_tile_path_read(&tile, text)) {
		char path[BB_TILE_PATH_SIZE];
		bb_tile_path(path, &tile);
		BB_ASSERT(strcmp(path, text) == 0);
		BB_ASSERT(tile.width >= 1 && bb_tile_size(&tile) <= BB_TILE_SIZE_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct bb_note_key key = drive_key();
	struct bb_checkpoint checkpoint;
	const char *what = "";
	char *copy = malloc(size + 1);

	BB_ASSERT(copy != NULL);
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	read_words(copy);
	if (bb_checkpoint_open(&checkpoint, (const char *)bytes, size, &key, &what) == BB_OK)
		BB_ASSERT(strcmp(checkpoint.origin, key.name) == 0);
	else
		BB_ASSERT(what[0] != '\0');
	free(copy);
	return 0;
}
