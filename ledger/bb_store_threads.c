#define _GNU_SOURCE /* sem_clockwait */
#include "ledger/bb_store.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"

/* The two threads of the store, which may block: flusher first, then keeper. */

#define SECOND_NS      UINT64_C(1000000000)
#define KEEPER_TICK_NS (SECOND_NS / 20) /* the watermark is at most two of these old */

static void
fail(struct bb_store *store, enum bb_result result)
{
	int none = BB_OK;

	(void)atomic_compare_exchange_strong(&store->failed, &none, (int)result);
}

/* Makes the spare segment number job->place.segment.  The blocks before it are durable. */
static enum bb_result
activate(struct bb_store *store, const struct bb_disk_write *job)
{
	uint8_t head[BB_SEGMENT_BLOCKS];
	char name[BB_SEGMENT_NAME_SIZE];
	struct bb_store_files *files = &store->files;

	bb_segment_encode(head, &job->head);
	bb_segment_name(name, job->head.index);
	enum bb_result result = bb_file_write(store->spare_file, head, sizeof(head), 0);
	if (result == BB_OK)
		result = bb_file_sync(store->spare_file);
	/* A crash here leaves a spare with a head: the keeper throws it away. */
	if (result == BB_OK)
		result = bb_folder_rename(files->folder, BB_SPARE_NAME, name);
	if (result != BB_OK)
		return result;

	BB_ASSERT(files->segment_count == job->head.index);
	files->segments[files->segment_count++] = store->spare_mapping;
	bb_file_close(store->file);
	store->file = store->spare_file;
	store->spare_file = -1;
	store->spare_mapping = (struct bb_mapping){ 0 };
	atomic_store_explicit(&store->spare, BB_SPARE_NONE, memory_order_release);
	BB_ASSERT(sem_post(&store->keeper_wake) == 0);
	return BB_OK;
}

/* Writes jobs from first on, as many as lie in one segment, and flushes once. */
static enum bb_result
write_jobs(struct bb_store *store, uint64_t first, uint64_t end, uint64_t *written)
{
	enum bb_result result = BB_OK;

	*written = first;
	if (store->jobs[first % BB_STORE_JOBS].place.first)
		result = activate(store, &store->jobs[first % BB_STORE_JOBS]);
	while (result == BB_OK && *written < end) {
		const struct bb_disk_write *job = &store->jobs[*written % BB_STORE_JOBS];

		if (job->place.first && *written != first)
			break;
		result = bb_file_write(store->file, job->bytes, job->size, job->place.offset);
		(*written)++;
	}
	return result == BB_OK ? bb_file_sync(store->file) : result;
}

static struct bb_watermark
mark_of(const struct bb_store *store, const struct bb_disk_write *job)
{
	return (struct bb_watermark){ .height = job->height,
				      .epoch = job->epoch,
				      .block_hash = job->hash,
				      .segment = job->place.segment,
				      .offset = job->place.offset,
				      .ledger_id = store->ledger_id };
}

static void
flush_all(struct bb_store *store, uint64_t *next)
{
	uint64_t end = atomic_load_explicit(&store->jobs_end, memory_order_acquire);

	while (*next < end && atomic_load(&store->failed) == BB_OK) {
		uint64_t written = 0;
		const enum bb_result result = write_jobs(store, *next, end, &written);

		if (result != BB_OK) {
			/* Whatever reached the disk, nobody is told that it did. */
			fail(store, result);
			return;
		}
		const struct bb_disk_write *last = &store->jobs[(written - 1) % BB_STORE_JOBS];
		const struct bb_watermark mark = mark_of(store, last);

		BB_ASSERT(pthread_mutex_lock(&store->lock) == 0);
		store->mark = mark;
		BB_ASSERT(pthread_mutex_unlock(&store->lock) == 0);
		*next = written;
		/* The height last: a lcore that sees it finds room for another job. */
		atomic_store_explicit(&store->jobs_done, written, memory_order_release);
		atomic_store_explicit(&store->durable_height, mark.height, memory_order_release);
		end = atomic_load_explicit(&store->jobs_end, memory_order_acquire);
	}
}

void *
bb_store_flusher(void *argument)
{
	struct bb_store *store = argument;
	uint64_t next = 0;

	for (;;) {
		while (sem_wait(&store->jobs_wake) != 0)
			BB_ASSERT(errno == EINTR);
		const bool stop = atomic_load(&store->stop_flusher);
		flush_all(store, &next);
		if (stop)
			return NULL;
	}
}

/* Writes the watermark if it is behind; false once the store has failed. */
static bool
refresh_mark(struct bb_store *store)
{
	uint8_t page[BB_WATERMARK_SIZE];

	BB_ASSERT(pthread_mutex_lock(&store->lock) == 0);
	struct bb_watermark mark = store->mark;
	BB_ASSERT(pthread_mutex_unlock(&store->lock) == 0);
	if (atomic_load(&store->failed) != BB_OK)
		return false;
	if (mark.height == store->mark_written)
		return true;

	/* Slots in turn: the one before stays whole while this one is written. */
	mark.count = ++store->mark_count;
	bb_watermark_encode(page, &mark);
	enum bb_result result = bb_file_write(store->mark_file, page, sizeof(page),
					      mark.count % 2 * BB_WATERMARK_SIZE);
	if (result == BB_OK)
		result = bb_file_sync(store->mark_file);
	if (result != BB_OK) {
		fail(store, result);
		return false;
	}
	store->mark_written = mark.height;
	return true;
}

/* Filling a spare takes longer than a watermark may be old. */
static bool
keeper_tick(void *context)
{
	struct bb_store *store = context;
	const uint64_t now_ns = bb_store_elapsed_ns();

	if (now_ns - store->mark_looked_ns >= KEEPER_TICK_NS) {
		store->mark_looked_ns = now_ns;
		if (!refresh_mark(store))
			return false;
	}
	return !atomic_load(&store->stop_keeper);
}

/* Whether the file of a spare is what it should be; a crash may have left it with a head,
 * or another segment size may have been chosen. */
static enum bb_result
check_spare(struct bb_store *store)
{
	const struct bb_mapping *mapping = &store->spare_mapping;
	const uint64_t step = BB_SEGMENT_HEADER_SIZE;

	if (mapping->size != store->segment_size)
		return BB_ERR_LENGTH;
	for (uint64_t at = 0; at < mapping->size; at += step) {
		const uint8_t *page = mapping->bytes + at;

		if (page[0] != 0 || memcmp(page, page + 1, step - 1) != 0)
			return BB_ERR_RESERVED;
		if (at % (256 * step) == 0 && !keeper_tick(store))
			return BB_ERR_BUSY;
	}
	return BB_OK;
}

static enum bb_result
take_spare(struct bb_store *store)
{
	enum bb_result result =
		bb_file_open(store->files.folder, BB_SPARE_NAME, true, &store->spare_file);

	if (result == BB_OK)
		result = bb_store_map(store->spare_file, &store->spare_mapping);
	if (result == BB_OK)
		result = check_spare(store);
	if (result != BB_OK) {
		bb_store_unmap(&store->spare_mapping);
		bb_file_close(store->spare_file);
		store->spare_file = -1;
		return result;
	}
	bb_store_random(store->spare_nonce, sizeof(store->spare_nonce));
	atomic_store_explicit(&store->spare, BB_SPARE_READY, memory_order_release);
	return BB_OK;
}

/* Finds or makes the next segment. */
static enum bb_result
make_spare(struct bb_store *store)
{
	const int folder = store->files.folder;
	enum bb_result result = take_spare(store);

	if (result == BB_OK || result == BB_ERR_BUSY)
		return result;
	if (result != BB_ERR_NOT_FOUND)
		(void)bb_folder_remove(folder, BB_SPARE_NAME);
	result = bb_folder_fill(folder, BB_SPARE_NAME, store->segment_size, keeper_tick, store);
	if (result == BB_OK)
		result = bb_folder_publish(folder, BB_SPARE_NAME);
	return result == BB_OK ? take_spare(store) : result;
}

static void
keeper_wait(struct bb_store *store)
{
	const uint64_t until_ns = bb_store_elapsed_ns() + KEEPER_TICK_NS;
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
		(void)refresh_mark(store);
		if (atomic_load(&store->failed) == BB_OK &&
		    atomic_load_explicit(&store->spare, memory_order_acquire) == BB_SPARE_NONE &&
		    bb_store_elapsed_ns() >= again_ns) {
			const enum bb_result result = make_spare(store);

			if (result != BB_ERR_BUSY)
				atomic_store(&store->alarm, (int)result);
			if (result != BB_OK)
				again_ns = bb_store_elapsed_ns() + SECOND_NS;
		}
		keeper_wait(store);
	}
	(void)refresh_mark(store);
	return NULL;
}
