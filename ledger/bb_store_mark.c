/* bb_store_mark - the watermark: made, opened, written.
 *
 * A disk that is asked to flush by two at once takes ten times as long for both, so whoever
 * writes it holds store->disk: the flusher between two writes of blocks, or the keeper while
 * none is on its way. */
#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_store.h"

/* Makes a watermark whose first slot is whole before it has its name. */
static enum bb_result
make_mark(struct bb_store *store)
{
	const int folder = store->files.folder;
	struct bb_watermark mark = store->mark;
	uint8_t page[BB_WATERMARK_SIZE];
	char temporary[BB_SEGMENT_NAME_SIZE];
	int file = -1;
	enum bb_result result = bb_folder_fill(folder, BB_WATERMARK_NAME,
					       UINT64_C(2) * BB_WATERMARK_SIZE, NULL, NULL);

	mark.count = ++store->mark_count;
	bb_watermark_encode(page, &mark);
	bb_folder_new_name(temporary, sizeof(temporary), BB_WATERMARK_NAME);
	if (result == BB_OK)
		result = bb_file_open(folder, temporary, true, &file);
	if (result == BB_OK)
		result = bb_file_write(file, page, sizeof(page),
				       mark.count % 2 * BB_WATERMARK_SIZE);
	if (result == BB_OK)
		result = bb_file_sync(file);
	bb_file_close(file);
	return result == BB_OK ? bb_folder_publish(folder, BB_WATERMARK_NAME) : result;
}

/* No crash may leave a watermark without a whole slot.  So a slot that a killed process wrote
 * and did not flush is flushed before the other one, so far the only durable one, is written
 * over.  From then on it is written in the way of the segments. */
enum bb_result
bb_store_mark_open(struct bb_store *store)
{
	const int folder = store->files.folder;
	enum bb_result result = bb_file_open(folder, BB_WATERMARK_NAME, true, &store->mark_file);

	if (result == BB_ERR_NOT_FOUND) {
		result = make_mark(store);
		if (result == BB_OK)
			result = bb_file_open(folder, BB_WATERMARK_NAME, true, &store->mark_file);
	}
	if (result == BB_OK)
		result = bb_file_sync(store->mark_file);
	if (result != BB_OK || store->write != BB_LEDGER_DIRECT)
		return result;
	bb_file_close(store->mark_file);
	return bb_file_open_direct(folder, BB_WATERMARK_NAME, &store->mark_file);
}

bool
bb_store_mark(struct bb_store *store)
{
	_Alignas(BB_BLOCK_ALIGN) uint8_t page[BB_WATERMARK_SIZE];
	struct bb_watermark mark = store->mark;

	if (atomic_load(&store->failed) != BB_OK)
		return false;
	store->mark_looked_ns = bb_store_elapsed_ns();
	if (mark.height == store->mark_written)
		return true;

	/* Slots in turn: the one before stays whole while this one is written. */
	mark.count = ++store->mark_count;
	bb_watermark_encode(page, &mark);
	enum bb_result result = bb_file_write(store->mark_file, page, sizeof(page),
					      mark.count % 2 * BB_WATERMARK_SIZE);
	if (result == BB_OK)
		result = bb_store_sync(store, store->mark_file);
	if (result != BB_OK) {
		bb_store_fail(store, result);
		return false;
	}
	store->mark_written = mark.height;
	return true;
}
