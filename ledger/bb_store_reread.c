/* bb_store_reread - what the disk itself holds, where the kernel's cache may know better.
 *
 * A flush that failed is told once; then the kernel takes the pages for clean, and shows
 * bytes that the disk never got until it drops them.  Only the last segment is written to,
 * so only there can this be.
 */
#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_store.h"

#define CHUNK (UINT64_C(1) << 20)

struct rereading {
	const struct bb_mapping *mapping;
	int file;
	uint8_t *chunk;
	uint64_t offset;
	uint64_t stale;
};

static uint64_t
count_differing(const uint8_t *left, const uint8_t *right, uint64_t size)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < size; i++)
		count += left[i] != right[i];
	return count;
}

/* Compares one chunk; where the cache is wrong, writing the disk's bytes to where they came
 * from takes the page out of it. */
static enum bb_result
reread_chunk(struct rereading *rereading)
{
	const uint64_t left = rereading->mapping->size - rereading->offset;
	const uint64_t size = left < CHUNK ? left : CHUNK;
	const uint8_t *cached = rereading->mapping->bytes + rereading->offset;
	enum bb_result result =
		bb_file_read(rereading->file, rereading->chunk, size, rereading->offset);

	if (result != BB_OK)
		return result;
	if (memcmp(rereading->chunk, cached, size) != 0) {
		rereading->stale += count_differing(rereading->chunk, cached, size);
		result = bb_file_write(rereading->file, rereading->chunk, size, rereading->offset);
		if (result == BB_OK && memcmp(rereading->chunk, cached, size) != 0)
			result = BB_ERR_IO;
	}
	rereading->offset += size;
	return result;
}

enum bb_result
bb_store_reread(const struct bb_store_files *files, uint64_t *stale, char text[BB_LEDGER_TEXT])
{
	const uint64_t last = files->segment_count - 1;
	struct rereading rereading = { .mapping = &files->segments[last] };
	char name[BB_SEGMENT_NAME_SIZE];

	*stale = 0;
	bb_segment_name(name, last);
	/* A size that is wrong is for the pass to find. */
	if (rereading.mapping->size % BB_BLOCK_ALIGN != 0)
		return BB_OK;
	enum bb_result result = bb_file_open_direct(files->folder, name, &rereading.file);
	if (result == BB_ERR_FILESYSTEM)
		return BB_OK;
	if (result == BB_ERR_PERMISSION)
		return bb_store_say_file(text, result, name);
	rereading.chunk = bb_store_memory(CHUNK);
	if (result == BB_OK && rereading.chunk == NULL)
		result = BB_ERR_IO;
	while (result == BB_OK && rereading.offset < rereading.mapping->size)
		result = reread_chunk(&rereading);
	bb_file_close(rereading.file);
	bb_store_release(rereading.chunk, CHUNK);
	*stale = rereading.stale;
	if (result == BB_OK)
		return BB_OK;
	return bb_ledger_say(text, result,
			     "%s: cannot be read from the disk past the kernel's cache, near "
			     "offset %" PRIu64 ": %s; check the disk; if it is well, reboot",
			     name, rereading.offset, bb_result_text(result));
}
