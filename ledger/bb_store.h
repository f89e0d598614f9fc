/* bb_store - the disk behind the ledger: mappings to read, three threads to write.
 *
 *	ledger lcore    reserve, begin, submit, poll, look: never blocks
 *	sealer          makes the sums of each block a second time, beside the lcore, and signs it
 *	flusher         writes signed blocks in order, flushes, says so
 *	keeper          makes the next two segments ahead, refreshes the watermark
 *
 * Files are read through read-only mappings and written past them, in one of two ways: with
 * pwrite and fdatasync, or with O_DIRECT and O_DSYNC out of the blocks themselves, which
 * begin at multiples of 4096.  A block of a new segment waits until all before it are
 * durable, then the head of the segment is made durable, then its name: a segment vouches
 * for those before it.
 *
 * Memory   Mapped by bb_store_memory; segments stay mapped until bb_store_stop.  A
 *          submitted block is the caller's and must not change before it is durable.
 * Threads  As in the table; start and stop by the control thread.
 * Errors   Any failed write or flush of a block or watermark is final: poll says so and
 *          nothing is written any more.  A segment that cannot be made ahead is tried again
 *          each second and is no failure: bb_store_alarm tells, and with no spare and little
 *          room left bb_store_holds asks to take nothing new.
 * Replay   Not part of it.
 */
#ifndef BB_STORE_H
#define BB_STORE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger/bb_disk.h"
#include "ledger/bb_hold.h"
#include "ledger/bb_pass.h"
#include "ledger/bb_tail.h"

#define BB_STORE_JOBS 8u /* submitted blocks, at most */

/* Segments of one ledger: the kernel allows a process 65,530 mappings. */
#define BB_STORE_SEGMENTS_MAX 32768u
#define BB_STORE_SEGMENTS_FEW 1024u /* left: time to think of the next ledger */

/* The segments of a folder, mapped. */
struct bb_store_files {
	int folder; /* open; locked if it was asked for */
	uint64_t segment_count;
	struct bb_mapping *segments; /* room for BB_STORE_SEGMENTS_MAX */
	struct bb_witness witness;
};

#define BB_STORE_SPARES 2u /* segments made ahead */

/* The zeros that a segment will be. */
enum bb_store_spare_state {
	BB_SPARE_NONE,  /* the keeper makes one */
	BB_SPARE_READY, /* the lcore may take it */
	BB_SPARE_TAKEN, /* the flusher gives it a head and a name */
};

struct bb_store_spare {
	atomic_int state; /* enum bb_store_spare_state: keeper, lcore, flusher, keeper */
	int file;
	uint8_t nonce[16];
	struct bb_mapping mapping;
};

struct bb_store {
	struct bb_store_files files;
	struct bb_hash ledger_id;
	uint64_t segment_size;
	enum bb_ledger_write write; /* not AUTO */

	/* The lcore's own. */
	uint64_t segment;
	uint64_t offset; /* of the next block */
	uint8_t nonce[16];
	uint64_t submitted; /* jobs, ever */
	uint64_t taken;     /* spares, ever; number n lies in slot n % BB_STORE_SPARES */

	/* lcore to sealer to flusher: job n lies in slot n % BB_STORE_JOBS, its seal before it. */
	struct bb_seal *seals[BB_STORE_JOBS];
	_Atomic uint64_t seals_end;
	struct bb_disk_write jobs[BB_STORE_JOBS];
	_Atomic uint64_t jobs_end;
	sem_t sealer_wake;
	_Atomic uint64_t jobs_signed;
	sem_t flusher_wake;

	/* flusher to lcore */
	_Atomic uint64_t jobs_done;
	_Atomic uint64_t durable_height;
	atomic_int failed; /* enum bb_result */

	struct bb_store_spare spares[BB_STORE_SPARES];
	_Atomic uint64_t room; /* left in the segment; of the lcore, for the control thread */
	atomic_int alarm;      /* enum bb_result: why there are not two spares */
	_Atomic uint32_t left; /* segments that may still be made; of the keeper */
	sem_t keeper_wake;

	/* Of whoever holds disk, flusher or keeper: only then blocks and watermark are written. */
	pthread_mutex_t disk;
	struct bb_watermark mark; /* what the next one says */
	uint64_t mark_written;    /* height */
	uint64_t mark_count;
	uint64_t mark_looked_ns; /* whether it was behind */
	int mark_file;

	/* The keeper's own. */
	uint64_t made;      /* spares, ever */
	uint64_t jobs_seen; /* jobs_end, when it last looked */
	uint64_t busy_ns;   /* when it last saw a block on its way */

	/* The flusher's own. */
	int file; /* the segment being written */
	uint64_t activated; /* spares, ever */

	atomic_bool stop_sealer;
	atomic_bool stop_flusher;
	atomic_bool stop_keeper;
	pthread_t sealer;
	pthread_t flusher;
	pthread_t keeper;
};

/* bb_store_memory maps size zero bytes that cost nothing until they are touched; NULL. */
void *bb_store_memory(uint64_t size);
void bb_store_release(void *bytes, uint64_t size);

/* Clocks and chance, for those that have none. */
uint64_t bb_store_now_ns(void);     /* UTC */
uint64_t bb_store_elapsed_ns(void); /* since some start, never back */
uint64_t bb_store_worked_ns(void);  /* CPU time of the calling thread */
void bb_store_random(uint8_t *bytes, uint32_t size);

/* bb_store_open opens and maps what lies in folder, watermark first: what it names was
 * durable before the segments were looked at. */
enum bb_result bb_store_open(struct bb_store_files *files, const char *folder, bool lock,
			     char text[BB_LEDGER_TEXT]);
void bb_store_close(struct bb_store_files *files);

/* bb_store_reread compares the last segment with what the disk itself holds, read past the
 * kernel's cache: after a failed flush the cache may hold bytes that the disk does not.
 * Where they differ the disk is right: its bytes are written back, so that the mapping shows
 * them, and *stale tells how many there were.  Does nothing where there is no O_DIRECT. */
enum bb_result bb_store_reread(const struct bb_store_files *files, uint64_t *stale,
			       char text[BB_LEDGER_TEXT]);

/* bb_store_start takes over files and goes on behind block, which is whole and ends at
 * offset of segment, the last one.  On failure files are still the caller's. */
enum bb_result bb_store_start(struct bb_store *store, const struct bb_store_files *files,
			      enum bb_ledger_write write, const struct bb_segment *segment,
			      const struct bb_watermark *block, uint64_t offset,
			      char text[BB_LEDGER_TEXT]);

/* bb_store_stop lets the flusher finish, writes the watermark, and closes all files. */
void bb_store_stop(struct bb_store *store);

/* bb_store_disk returns the functions for the line. */
struct bb_disk bb_store_disk(struct bb_store *store);

/* bb_store_say_file says what is wrong with a file of the folder, and what to do. */
enum bb_result bb_store_say_file(char text[BB_LEDGER_TEXT], enum bb_result result,
				 const char *name);

/* Parts of the files: maps a whole file to read; the mains of the threads. */
enum bb_result bb_store_map(int file, struct bb_mapping *mapping);
void bb_store_unmap(struct bb_mapping *mapping);
void *bb_store_sealer(void *store);
void *bb_store_flusher(void *store);
void *bb_store_keeper(void *store);

/* bb_store_sync makes durable what was written to a segment or the watermark; any thread of the
 * store.  With O_DSYNC a write was when it returned. */
enum bb_result bb_store_sync(const struct bb_store *store, int file);

/* bb_store_mark_open opens the watermark for writing, or makes it. */
enum bb_result bb_store_mark_open(struct bb_store *store);

/* The watermark is written so often while blocks are, and is at most two of these old. */
#define BB_STORE_MARK_NS (UINT64_C(1000000000) / 20)

/* bb_store_mark writes the watermark if it is behind; the caller holds store->disk.  False: the
 * store has failed. */
bool bb_store_mark(struct bb_store *store);

/* bb_store_fail ends all writing; the first reason is kept.  Any thread of the store. */
void bb_store_fail(struct bb_store *store, enum bb_result result);

/* bb_store_write_name returns "direct" or "buffered". */
const char *bb_store_write_name(enum bb_ledger_write write);

/* What any thread may ask: bb_store_alarm tells why the next segments cannot be made, BB_OK:
 * all is well; bb_store_spares how many are ready; bb_store_room what is left in this one. */
enum bb_result bb_store_alarm(const struct bb_store *store);
uint32_t bb_store_left(const struct bb_store *store);
uint32_t bb_store_spares(const struct bb_store *store);
uint64_t bb_store_room(const struct bb_store *store);

/* bb_store_holds returns whether nothing new should be taken, as bb_hold.h has it;
 * of the lcore. */
bool bb_store_holds(const struct bb_store *store);

#endif
