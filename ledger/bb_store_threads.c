/* bb_store_threads - the two threads of the path: the sealer signs, the flusher writes. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_store.h"

void
bb_store_fail(struct bb_store *store, enum bb_result result)
{
	int none = BB_OK;

	(void)atomic_compare_exchange_strong(&store->failed, &none, (int)result);
}

static void
wait(sem_t *wake)
{
	while (sem_wait(wake) != 0)
		BB_ASSERT(errno == EINTR);
}

/* Makes the sums of each block that has begun, and signs it once it is closed.  *summed: those of
 * block *next are made, and the lcore has not closed it yet; it posts when it has. */
static void
sign_all(struct bb_store *store, uint64_t *next, bool *summed)
{
	/* Pairs with store_begin: the body is there. */
	while (*next < atomic_load_explicit(&store->seals_end, memory_order_acquire)) {
		struct bb_seal *seal = store->seals[*next % BB_STORE_JOBS];

		if (!*summed)
			bb_chain_again(seal);
		/* Pairs with store_submit: the block is closed. */
		*summed = atomic_load_explicit(&store->jobs_end, memory_order_acquire) == *next;
		if (*summed)
			return;
		bb_chain_sign(seal);
		/* Pairs with the flusher's acquire: the block is whole. */
		atomic_store_explicit(&store->jobs_signed, ++*next, memory_order_release);
		BB_ASSERT(sem_post(&store->flusher_wake) == 0);
	}
}

void *
bb_store_sealer(void *argument)
{
	struct bb_store *store = argument;
	uint64_t next = 0;
	bool summed = false;

	for (;;) {
		wait(&store->sealer_wake);
		const bool stop = atomic_load(&store->stop_sealer);
		sign_all(store, &next, &summed);
		if (stop)
			return NULL;
	}
}

enum bb_result
bb_store_sync(const struct bb_store *store, int file)
{
	return store->write == BB_LEDGER_DIRECT ? BB_OK : bb_file_sync(file);
}

/* Makes the oldest spare segment number job->place.segment.  The blocks before it are
 * durable. */
static enum bb_result
activate(struct bb_store *store, const struct bb_disk_write *job)
{
	const uint32_t slot = (uint32_t)(store->activated++ % BB_STORE_SPARES);
	struct bb_store_spare *spare = &store->spares[slot];
	struct bb_store_files *files = &store->files;
	_Alignas(BB_BLOCK_ALIGN) uint8_t head[BB_SEGMENT_BLOCKS];
	char name[BB_SEGMENT_NAME_SIZE];
	char spare_name[BB_SPARE_NAME_SIZE];

	bb_segment_encode(head, &job->head);
	bb_segment_name(name, job->head.index);
	bb_spare_name(spare_name, slot);
	enum bb_result result = bb_file_write(spare->file, head, sizeof(head), 0);
	if (result == BB_OK)
		result = bb_store_sync(store, spare->file);
	/* A crash here leaves a spare with a head: the keeper throws it away. */
	if (result == BB_OK)
		result = bb_folder_rename(files->folder, spare_name, name);
	if (result != BB_OK)
		return result;

	BB_ASSERT(files->segment_count == job->head.index);
	files->segments[files->segment_count++] = spare->mapping;
	bb_file_close(store->file);
	store->file = spare->file;
	spare->file = -1;
	spare->mapping = (struct bb_mapping){ 0 };
	atomic_store_explicit(&spare->state, BB_SPARE_NONE, memory_order_release);
	BB_ASSERT(sem_post(&store->keeper_wake) == 0);
	return BB_OK;
}

/* Writes jobs from first on, as many as are signed and lie in one segment, with one flush:
 * they follow each other without gaps. */
static enum bb_result
write_jobs(struct bb_store *store, uint64_t first, uint64_t end, uint64_t *written)
{
	const struct bb_disk_write *begin = &store->jobs[first % BB_STORE_JOBS];
	struct iovec parts[BB_STORE_JOBS];
	uint64_t size = 0;
	int count = 0;

	*written = first;
	if (begin->place.first) {
		const enum bb_result result = activate(store, begin);

		if (result != BB_OK)
			return result;
	}
	while (*written < end) {
		const struct bb_disk_write *job = &store->jobs[*written % BB_STORE_JOBS];

		if (job->place.first && *written != first)
			break;
		BB_ASSERT(job->place.offset == begin->place.offset + size);
		parts[count++] = (struct iovec){ (void *)(uintptr_t)job->bytes, job->size };
		size += job->size;
		(*written)++;
	}
	const enum bb_result result =
		bb_file_write_parts(store->file, parts, count, size, begin->place.offset);
	return result == BB_OK ? bb_store_sync(store, store->file) : result;
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

/* Writes what is signed, as far as one flush goes, and then the watermark if it is time for it:
 * whoever waits for the blocks does not wait for that. */
static void
flush_some(struct bb_store *store, uint64_t *next, uint64_t end)
{
	const enum bb_result result = write_jobs(store, *next, end, next);

	if (result != BB_OK) {
		/* Whatever reached the disk, nobody is told that it did. */
		bb_store_fail(store, result);
		return;
	}
	store->mark = mark_of(store, &store->jobs[(*next - 1) % BB_STORE_JOBS]);
	/* The height last: a lcore that sees it finds room for another job. */
	atomic_store_explicit(&store->jobs_done, *next, memory_order_release);
	atomic_store_explicit(&store->durable_height, store->mark.height, memory_order_release);
	if (bb_store_elapsed_ns() - store->mark_looked_ns >= BB_STORE_MARK_NS)
		(void)bb_store_mark(store);
}

static void
flush_all(struct bb_store *store, uint64_t *next)
{
	uint64_t end = atomic_load_explicit(&store->jobs_signed, memory_order_acquire);

	while (*next < end && atomic_load(&store->failed) == BB_OK) {
		BB_ASSERT(pthread_mutex_lock(&store->disk) == 0);
		flush_some(store, next, end);
		BB_ASSERT(pthread_mutex_unlock(&store->disk) == 0);
		end = atomic_load_explicit(&store->jobs_signed, memory_order_acquire);
	}
}

void *
bb_store_flusher(void *argument)
{
	struct bb_store *store = argument;
	uint64_t next = 0;

	for (;;) {
		wait(&store->flusher_wake);
		const bool stop = atomic_load(&store->stop_flusher);
		flush_all(store, &next);
		if (stop)
			return NULL;
	}
}
