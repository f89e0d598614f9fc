#define _GNU_SOURCE /* MAP_ANONYMOUS, pthread_setname_np */
#include "ledger/bb_store.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"

void *
bb_store_memory(uint64_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return bytes == MAP_FAILED ? NULL : bytes;
}

void
bb_store_release(void *bytes, uint64_t size)
{
	if (bytes != NULL)
		(void)munmap(bytes, size);
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	BB_ASSERT(clock_gettime(clock, &now) == 0);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t
bb_store_now_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t
bb_store_elapsed_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
bb_store_worked_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void
bb_store_random(uint8_t *bytes, uint32_t size)
{
	BB_ASSERT(size <= 256); /* then getrandom gives all or nothing */
	BB_ASSERT(getrandom(bytes, size, 0) == (ssize_t)size);
}

enum bb_result
bb_store_map(int file, struct bb_mapping *mapping)
{
	enum bb_result result = bb_file_size(file, &mapping->size);

	mapping->bytes = NULL;
	if (result != BB_OK || mapping->size == 0)
		return result;
	void *bytes = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, file, 0);
	if (bytes == MAP_FAILED)
		return BB_ERR_IO;
	mapping->bytes = bytes;
	return BB_OK;
}

void
bb_store_unmap(struct bb_mapping *mapping)
{
	if (mapping->bytes != NULL)
		(void)munmap((void *)(uintptr_t)mapping->bytes, mapping->size);
	mapping->bytes = NULL;
}

enum bb_result
bb_store_say_file(char text[BB_LEDGER_TEXT], enum bb_result result, const char *name)
{
	return bb_ledger_say(text, result, "%s: %s; %s", name, bb_result_text(result),
			     result == BB_ERR_PERMISSION
				     ? "give it back to the user of busbard (chown, chmod u+rw), "
				       "and see that its file system may be written to"
				     : "see what lies there, and bring it back from a copy");
}

static enum bb_result
map_segment(struct bb_store_files *files, uint64_t index, char text[BB_LEDGER_TEXT])
{
	char name[BB_SEGMENT_NAME_SIZE];
	int file = -1;

	bb_segment_name(name, index);
	enum bb_result result = bb_file_open(files->folder, name, false, &file);
	if (result == BB_OK)
		result = bb_store_map(file, &files->segments[index]);
	bb_file_close(file);
	return result == BB_OK ? BB_OK : bb_store_say_file(text, result, name);
}

static enum bb_result
read_witness(struct bb_store_files *files, char text[BB_LEDGER_TEXT])
{
	uint8_t bytes[2 * BB_WATERMARK_SIZE];
	uint64_t size = 0;
	int file = -1;
	enum bb_result result = bb_file_open(files->folder, BB_WATERMARK_NAME, false, &file);

	bb_witness_read(&files->witness, NULL, 0);
	if (result == BB_ERR_NOT_FOUND)
		return BB_OK;
	if (result == BB_OK)
		result = bb_file_size(file, &size);
	if (result == BB_OK && size == sizeof(bytes))
		result = bb_file_read(file, bytes, sizeof(bytes), 0);
	bb_file_close(file);
	if (result != BB_OK)
		return bb_store_say_file(text, result, BB_WATERMARK_NAME);
	bb_witness_read(&files->witness, bytes, size == sizeof(bytes) ? size : 0);
	return BB_OK;
}

static enum bb_result
map_all(struct bb_store_files *files, const char *folder, char text[BB_LEDGER_TEXT])
{
	uint64_t missing = 0;
	enum bb_result result = bb_folder_segments(files->folder, &files->segment_count, &missing);
	const uint64_t found = files->segment_count;

	files->segment_count = 0;
	if (result == BB_ERR_CORRUPT)
		return bb_ledger_say(text, result,
				     "%s: seg-%016" PRIx64 " is missing; bring it back from a copy",
				     folder, missing);
	if (result != BB_OK)
		return bb_ledger_say(text, result, "%s: %s", folder, bb_result_text(result));
	if (found == 0)
		return bb_ledger_say(text, BB_ERR_NOT_FOUND,
				     "%s holds no ledger; `busbarctl init` makes one", folder);
	if (found > BB_STORE_SEGMENTS_MAX)
		return bb_ledger_say(text, BB_ERR_FULL, "%s: more than %u segments", folder,
				     BB_STORE_SEGMENTS_MAX);
	while (files->segment_count < found) {
		result = map_segment(files, files->segment_count++, text);
		if (result != BB_OK)
			return result;
	}
	return BB_OK;
}

enum bb_result
bb_store_open(struct bb_store_files *files, const char *folder, bool lock,
	      char text[BB_LEDGER_TEXT])
{
	*files = (struct bb_store_files){ .folder = -1 };
	enum bb_result result = bb_folder_open(folder, &files->folder);
	if (result == BB_OK && lock)
		result = bb_folder_lock(files->folder);
	if (result != BB_OK)
		(void)bb_ledger_say(text, result, "%s: %s%s", folder, bb_result_text(result),
				    result == BB_ERR_LOCKED ? "; stop it first" : "");
	else
		result = read_witness(files, text);
	if (result != BB_OK) {
		bb_store_close(files);
		return result;
	}
	files->segments = bb_store_memory(BB_STORE_SEGMENTS_MAX * sizeof(files->segments[0]));
	if (files->segments == NULL)
		result = bb_ledger_say(text, BB_ERR_IO, "no memory for the table of segments");
	else
		result = map_all(files, folder, text);
	if (result != BB_OK)
		bb_store_close(files);
	return result;
}

void
bb_store_close(struct bb_store_files *files)
{
	for (uint64_t i = 0; i < files->segment_count; i++)
		bb_store_unmap(&files->segments[i]);
	bb_store_release(files->segments, BB_STORE_SEGMENTS_MAX * sizeof(files->segments[0]));
	bb_file_close(files->folder);
	*files = (struct bb_store_files){ .folder = -1 };
}

static void
set_room(struct bb_store *store)
{
	atomic_store_explicit(&store->room, store->segment_size - store->offset,
			      memory_order_relaxed);
}

static bool
store_reserve(void *context, uint64_t size, struct bb_disk_place *place)
{
	struct bb_store *store = context;
	const bool first = size > store->segment_size - store->offset;

	BB_ASSERT(size <= store->segment_size - BB_SEGMENT_BLOCKS);
	if (first) {
		struct bb_store_spare *spare = &store->spares[store->taken % BB_STORE_SPARES];

		/* Pairs with the keeper's release: nonce and mapping are there. */
		if (atomic_load_explicit(&spare->state, memory_order_acquire) != BB_SPARE_READY)
			return false;
		BB_ASSERT(store->segment + 1 < BB_STORE_SEGMENTS_MAX); /* else there is none */
		memcpy(store->nonce, spare->nonce, sizeof(store->nonce));
		atomic_store_explicit(&spare->state, BB_SPARE_TAKEN, memory_order_relaxed);
		store->taken++;
		store->segment++;
		store->offset = BB_SEGMENT_BLOCKS;
	}
	*place = (struct bb_disk_place){ .segment = store->segment,
					 .offset = store->offset,
					 .segment_size = store->segment_size,
					 .first = first };
	memcpy(place->nonce, store->nonce, sizeof(place->nonce));
	store->offset += size;
	set_room(store);
	return true;
}

static void
store_begin(void *context, struct bb_seal *seal)
{
	struct bb_store *store = context;

	BB_ASSERT(store->submitted -
			  atomic_load_explicit(&store->jobs_done, memory_order_acquire) <
		  BB_STORE_JOBS);
	store->seals[store->submitted % BB_STORE_JOBS] = seal;
	/* Pairs with the sealer's acquire: the body is there, and what begin knows of it. */
	atomic_store_explicit(&store->seals_end, store->submitted + 1, memory_order_release);
	BB_ASSERT(sem_post(&store->sealer_wake) == 0);
}

static void
store_submit(void *context, const struct bb_disk_write *write)
{
	struct bb_store *store = context;

	BB_ASSERT(write->seal == store->seals[store->submitted % BB_STORE_JOBS]);
	store->jobs[store->submitted % BB_STORE_JOBS] = *write;
	store->submitted++;
	/* Pairs with the sealer's acquire: the job and the block are closed. */
	atomic_store_explicit(&store->jobs_end, store->submitted, memory_order_release);
	BB_ASSERT(sem_post(&store->sealer_wake) == 0);
}

static enum bb_result
store_poll(void *context, uint64_t *durable_height)
{
	struct bb_store *store = context;

	*durable_height = atomic_load_explicit(&store->durable_height, memory_order_acquire);
	return (enum bb_result)atomic_load_explicit(&store->failed, memory_order_relaxed);
}

static const uint8_t *
store_look(void *context, uint64_t segment, uint64_t *size)
{
	const struct bb_store *store = context;

	*size = store->files.segments[segment].size;
	return store->files.segments[segment].bytes;
}

struct bb_disk
bb_store_disk(struct bb_store *store)
{
	return (struct bb_disk){ .context = store,
				 .begin = store_begin,
				 .reserve = store_reserve,
				 .submit = store_submit,
				 .poll = store_poll,
				 .look = store_look };
}

enum bb_result
bb_store_alarm(const struct bb_store *store)
{
	return (enum bb_result)atomic_load_explicit(&store->alarm, memory_order_relaxed);
}

uint32_t
bb_store_left(const struct bb_store *store)
{
	return atomic_load_explicit(&store->left, memory_order_relaxed);
}

uint32_t
bb_store_spares(const struct bb_store *store)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < BB_STORE_SPARES; i++)
		count += atomic_load_explicit(&store->spares[i].state, memory_order_relaxed) ==
			 BB_SPARE_READY;
	return count;
}

uint64_t
bb_store_room(const struct bb_store *store)
{
	return atomic_load_explicit(&store->room, memory_order_relaxed);
}

bool
bb_store_holds(const struct bb_store *store)
{
	return bb_hold_wanted(store->segment_size, store->offset, bb_store_spares(store));
}

const char *
bb_store_write_name(enum bb_ledger_write write)
{
	return write == BB_LEDGER_DIRECT ? "direct" : "buffered";
}

/* Makes what was only read so far durable: after a kill the kernel may still hold blocks, and
 * the name of the segment, that the disk does not. */
static enum bb_result
flush_segment(const struct bb_store *store, const char *name)
{
	int file = -1;
	enum bb_result result = bb_file_open(store->files.folder, name, true, &file);

	if (result == BB_OK)
		result = bb_file_sync(file);
	bb_file_close(file);
	return result == BB_OK ? bb_folder_sync(store->files.folder) : result;
}

/* Opens what is written to, in the way that was chosen; AUTO is O_DIRECT where that is. */
static enum bb_result
open_for_writing(struct bb_store *store, enum bb_ledger_write write)
{
	const int folder = store->files.folder;
	char name[BB_SEGMENT_NAME_SIZE];

	bb_segment_name(name, store->segment);
	enum bb_result result = flush_segment(store, name);
	if (result != BB_OK)
		return result;
	store->write = BB_LEDGER_DIRECT;
	if (write != BB_LEDGER_BUFFERED)
		result = bb_file_open_direct(folder, name, &store->file);
	if (write == BB_LEDGER_BUFFERED ||
	    (write == BB_LEDGER_AUTO && result == BB_ERR_FILESYSTEM)) {
		store->write = BB_LEDGER_BUFFERED;
		result = bb_file_open(folder, name, true, &store->file);
	}
	return result == BB_OK ? bb_store_mark_open(store) : result;
}

/* The path to the disk before everything that can wait, the keeper's zeros above all: else a block
 * may lie about for as long as a scheduler lets others run.  Who may not ask for rank
 * (CAP_SYS_NICE, RLIMIT_RTPRIO) gets a lower one, or none. */
static void
put_first(pthread_t thread, int rank)
{
	const int lowest = sched_get_priority_min(SCHED_FIFO);

	for (; rank >= 0; rank--) {
		const struct sched_param place = { .sched_priority = lowest + rank };

		if (pthread_setschedparam(thread, SCHED_FIFO, &place) == 0)
			return;
	}
}

static void
start_threads(struct bb_store *store)
{
	sigset_t all;
	sigset_t before;

	/* Signals are for the control thread; here they would only interrupt a flush.  Not
	 * SIGBUS: it tells of a page that the disk cannot read. */
	BB_ASSERT(sigfillset(&all) == 0 && sigdelset(&all, SIGBUS) == 0 &&
		  pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	BB_ASSERT(pthread_create(&store->sealer, NULL, bb_store_sealer, store) == 0);
	BB_ASSERT(pthread_create(&store->flusher, NULL, bb_store_flusher, store) == 0);
	BB_ASSERT(pthread_create(&store->keeper, NULL, bb_store_keeper, store) == 0);
	BB_ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	(void)pthread_setname_np(store->sealer, "bb-sealer");
	(void)pthread_setname_np(store->flusher, "bb-flusher");
	(void)pthread_setname_np(store->keeper, "bb-keeper");
	/* The flusher mostly sleeps, the sealer computes; on one CPU the disk would be idle
	 * until that is done with a block. */
	put_first(store->sealer, 0);
	put_first(store->flusher, 1);
}

static void
init(struct bb_store *store, const struct bb_store_files *files,
     const struct bb_segment *segment, const struct bb_watermark *block, uint64_t offset)
{
	memset(store, 0, sizeof(*store));
	store->files = *files;
	store->ledger_id = block->ledger_id;
	store->segment_size = segment->size;
	store->segment = segment->index;
	store->offset = offset;
	memcpy(store->nonce, segment->nonce, sizeof(store->nonce));
	store->mark = *block;
	store->mark_count = files->witness.state == BB_WITNESS_MET ?
				    files->witness.watermark.count :
				    0;
	store->mark_written = UINT64_MAX;
	store->file = store->mark_file = -1;
	for (uint32_t i = 0; i < BB_STORE_SPARES; i++)
		store->spares[i].file = -1;
	atomic_store(&store->durable_height, block->height);
	atomic_store(&store->left, (uint32_t)(BB_STORE_SEGMENTS_MAX - files->segment_count));
	set_room(store);
	BB_ASSERT(pthread_mutex_init(&store->disk, NULL) == 0);
	BB_ASSERT(sem_init(&store->sealer_wake, 0, 0) == 0);
	BB_ASSERT(sem_init(&store->flusher_wake, 0, 0) == 0);
	BB_ASSERT(sem_init(&store->keeper_wake, 0, 0) == 0);
}

enum bb_result
bb_store_start(struct bb_store *store, const struct bb_store_files *files,
	       enum bb_ledger_write write, const struct bb_segment *segment,
	       const struct bb_watermark *block, uint64_t offset, char text[BB_LEDGER_TEXT])
{
	init(store, files, segment, block, offset);
	const enum bb_result result = open_for_writing(store, write);

	if (result == BB_OK) {
		start_threads(store);
		return BB_OK;
	}
	bb_file_close(store->file);
	bb_file_close(store->mark_file);
	if (result == BB_ERR_FILESYSTEM)
		return bb_ledger_say(text, result, "this file system has no O_DIRECT: write "
						   "\"write = buffered\" or auto into [ledger]");
	return bb_store_say_file(text, result, "the last segment or " BB_WATERMARK_NAME
				 ", opened for writing");
}

static void
stop_thread(pthread_t thread, atomic_bool *stop, sem_t *wake)
{
	atomic_store(stop, true);
	BB_ASSERT(sem_post(wake) == 0);
	BB_ASSERT(pthread_join(thread, NULL) == 0);
	(void)sem_destroy(wake);
}

void
bb_store_stop(struct bb_store *store)
{
	/* In the order of the path, so that each finds all that the one before has left; the
	 * keeper's last watermark then names the last block. */
	stop_thread(store->sealer, &store->stop_sealer, &store->sealer_wake);
	stop_thread(store->flusher, &store->stop_flusher, &store->flusher_wake);
	stop_thread(store->keeper, &store->stop_keeper, &store->keeper_wake);

	for (uint32_t i = 0; i < BB_STORE_SPARES; i++) {
		bb_store_unmap(&store->spares[i].mapping);
		bb_file_close(store->spares[i].file);
	}
	bb_file_close(store->file);
	bb_file_close(store->mark_file);
	bb_store_close(&store->files);
	(void)pthread_mutex_destroy(&store->disk);
}
