/* bb_store_keeper - the thread that works ahead: spare segments and the watermark.
 *
 * It shares the disk with the blocks, and they come first: it writes a little at a time, and
 * when that is, bb_ahead.h says. */
#define _GNU_SOURCE /* sem_clockwait */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/bb_assert.h"
#include "ledger/bb_ahead.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_store.h"

#define SECOND_NS   UINT64_C(1000000000)
#define CHECK_CHUNK (UINT64_C(1) << 16)

/* Writes the watermark if it is behind, was last looked at so long ago, and no block is on its
 * way: else the flusher will.  False: the store has failed. */
static bool
refresh_mark(struct bb_store *store, uint64_t age_ns)
{
	if (pthread_mutex_trylock(&store->disk) == 0) {
		if (bb_store_elapsed_ns() - store->mark_looked_ns >= age_ns)
			(void)bb_store_mark(store);
		BB_ASSERT(pthread_mutex_unlock(&store->disk) == 0);
	}
	return atomic_load(&store->failed) == BB_OK;
}

/* Returns for how long no block has been on its way.  One that came and went since the last
 * look counts as one now. */
static uint64_t
look_at_blocks(struct bb_store *store)
{
	const uint64_t now_ns = bb_store_elapsed_ns();
	const uint64_t done = atomic_load_explicit(&store->jobs_done, memory_order_relaxed);
	const uint64_t end = atomic_load_explicit(&store->jobs_end, memory_order_relaxed);

	if (end != store->jobs_seen || end != done)
		store->busy_ns = now_ns;
	store->jobs_seen = end;
	return now_ns - store->busy_ns;
}

/* Before each step of making a spare, of which so many bytes are done: keeps the watermark
 * young and waits as long as blocks come first.  False: the store stops or has failed. */
static bool
keeper_tick(void *context, uint64_t done)
{
	struct bb_store *store = context;

	while (refresh_mark(store, BB_STORE_MARK_NS) && !atomic_load(&store->stop_keeper)) {
		const uint64_t ahead = bb_store_room(store) + done +
				       bb_store_spares(store) * store->segment_size;
		const uint64_t quiet_ns = bb_ahead_quiet_ns(ahead, store->segment_size);
		const struct timespec nap = { .tv_nsec = (long)quiet_ns };

		if (look_at_blocks(store) >= quiet_ns)
			return true;
		(void)nanosleep(&nap, NULL);
	}
	return false;
}

/* Whether the file of a spare is zeros; a crash may have left it with a head, or another
 * segment size may have been chosen. */
static enum bb_result
check_spare(struct bb_store *store, int file, uint64_t size)
{
	uint8_t chunk[CHECK_CHUNK];

	if (size != store->segment_size)
		return BB_ERR_LENGTH;
	for (uint64_t at = 0; at < size; at += sizeof(chunk)) {
		const uint64_t left = size - at;
		const size_t part = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);

		if (!keeper_tick(store, at))
			return BB_ERR_BUSY;
		const enum bb_result result = bb_file_read(file, chunk, part, at);
		if (result != BB_OK)
			return result;
		if (!bb_is_zero(chunk, part))
			return BB_ERR_RESERVED;
	}
	return BB_OK;
}

/* Whether there is a file of this name that can be a spare. */
static enum bb_result
look_for_spare(struct bb_store *store, const char *name)
{
	uint64_t size = 0;
	int file = -1;
	enum bb_result result = bb_file_open(store->files.folder, name, false, &file);

	if (result == BB_OK)
		result = bb_file_size(file, &size);
	if (result == BB_OK)
		result = check_spare(store, file, size);
	bb_file_close(file);
	return result;
}

/* Opens a spare in the way in which it will be written, and hands it to the lcore. */
static enum bb_result
take_spare(struct bb_store *store, struct bb_store_spare *spare, const char *name)
{
	const int folder = store->files.folder;
	enum bb_result result = store->write == BB_LEDGER_DIRECT ?
					bb_file_open_direct(folder, name, &spare->file) :
					bb_file_open(folder, name, true, &spare->file);

	if (result == BB_OK)
		result = bb_store_map(spare->file, &spare->mapping);
	if (result != BB_OK) {
		bb_store_unmap(&spare->mapping);
		bb_file_close(spare->file);
		spare->file = -1;
		return result;
	}
	bb_store_random(spare->nonce, sizeof(spare->nonce));
	atomic_store_explicit(&spare->state, BB_SPARE_READY, memory_order_release);
	return BB_OK;
}

/* Finds or makes the spare of this slot. */
static enum bb_result
make_spare(struct bb_store *store, uint32_t slot)
{
	const int folder = store->files.folder;
	char name[BB_SPARE_NAME_SIZE];

	bb_spare_name(name, slot);
	enum bb_result result = look_for_spare(store, name);
	if (result == BB_ERR_BUSY)
		return result;
	if (result != BB_OK) {
		if (result != BB_ERR_NOT_FOUND)
			(void)bb_folder_remove(folder, name);
		result = bb_folder_fill(folder, name, store->segment_size, keeper_tick, store);
		if (result == BB_OK)
			result = bb_folder_publish(folder, name);
	}
	return result == BB_OK ? take_spare(store, &store->spares[slot], name) : result;
}

/* Makes the spare that is missing longest, if one is: the lcore takes them in turn. */
static enum bb_result
keep_spares(struct bb_store *store)
{
	const uint32_t slot = (uint32_t)(store->made % BB_STORE_SPARES);
	const int state =
		atomic_load_explicit(&store->spares[slot].state, memory_order_acquire);

	if (state != BB_SPARE_NONE)
		return BB_ERR_NOT_FOUND;
	const uint32_t left = bb_store_left(store);
	const enum bb_result result = left > 0 ? make_spare(store, slot) : BB_ERR_FULL;

	if (result == BB_OK) {
		store->made++;
		atomic_store_explicit(&store->left, left - 1, memory_order_relaxed);
	}
	if (result != BB_ERR_BUSY)
		atomic_store_explicit(&store->alarm, (int)result, memory_order_relaxed);
	return result;
}

static void
keeper_wait(struct bb_store *store)
{
	const uint64_t until_ns = bb_store_elapsed_ns() + BB_STORE_MARK_NS;
	const struct timespec until = { .tv_sec = (time_t)(until_ns / SECOND_NS),
					.tv_nsec = (long)(until_ns % SECOND_NS) };

	while (sem_clockwait(&store->keeper_wake, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
		;
}

void *
bb_store_keeper(void *argument)
{
	struct bb_store *store = argument;
	uint64_t again_ns = 0;

	while (!atomic_load(&store->stop_keeper)) {
		enum bb_result result = BB_ERR_NOT_FOUND;

		if (refresh_mark(store, 0) && bb_store_elapsed_ns() >= again_ns)
			result = keep_spares(store);
		if (result == BB_OK)
			continue; /* the next one, perhaps */
		if (result != BB_ERR_NOT_FOUND)
			again_ns = bb_store_elapsed_ns() + SECOND_NS;
		keeper_wait(store);
	}
	(void)refresh_mark(store, 0);
	return NULL;
}
