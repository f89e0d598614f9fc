/* bb_store - the disk behind the ledger: mappings to read, two threads to write.
 *
 *	ledger lcore    reserve, submit, poll, look: never blocks
 *	flusher         writes submitted blocks in order, flushes, says so
 *	keeper          makes the next segment ahead, refreshes the watermark
 *
 * Files are read through read-only mappings and written with pwrite and fdatasync.  A
 * block of a new segment waits until all before it are durable, then the head of the
 * segment is made durable, then its name: a segment vouches for those before it.
 *
 * Memory   Mapped by bb_store_memory; segments stay mapped until bb_store_stop.  A
 *          submitted block is the caller's and must not change before it is durable.
 * Threads  As in the table; start and stop by the control thread.
 * Errors   Any failed write or flush of a block or watermark is final: poll says so and
 *          nothing is written any more.  A segment that cannot be made ahead is tried again
 *          each second and is no failure until it is missed: then reserve says no.
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
#include "ledger/bb_pass.h"
#include "ledger/bb_tail.h"

#define BB_STORE_JOBS 8u /* submitted blocks, at most */

/* Segments of one ledger: the kernel allows a process 65,530 mappings. */
#define BB_STORE_SEGMENTS_MAX 32768u

/* The segments of a folder, mapped. */
struct bb_store_files {
	int folder; /* open; locked if it was asked for */
	uint64_t segment_count;
	struct bb_mapping *segments; /* room for BB_STORE_SEGMENTS_MAX */
	struct bb_witness witness;
};

/* The zeros that the next segment will be. */
enum bb_store_spare {
	BB_SPARE_NONE,  /* the keeper makes one */
	BB_SPARE_READY, /* the lcore may take it */
	BB_SPARE_TAKEN, /* the flusher gives it a head and a name */
};

struct bb_store {
	struct bb_store_files files;
	struct bb_hash ledger_id;
	uint64_t segment_size;

	/* The lcore's own. */
	uint64_t segment;
	uint64_t offset; /* of the next block */
	uint8_t nonce[16];
	uint64_t submitted; /* jobs, ever */

	/* lcore to flusher: job n lies in slot n % BB_STORE_JOBS. */
	struct bb_disk_write jobs[BB_STORE_JOBS];
	_Atomic uint64_t jobs_end;
	sem_t jobs_wake;

	/* flusher to lcore */
	_Atomic uint64_t jobs_done;
	_Atomic uint64_t durable_height;
	atomic_int failed; /* enum bb_result */

	/* keeper to lcore to flusher to keeper: enum bb_store_spare */
	atomic_int spare;
	int spare_file;
	uint8_t spare_nonce[16];
	struct bb_mapping spare_mapping;
	atomic_int alarm; /* enum bb_result: why there is no spare */
	sem_t keeper_wake;

	/* flusher to keeper, under lock: what the next watermark says */
	pthread_mutex_t lock;
	struct bb_watermark mark;
	/* The keeper's own. */
	uint64_t mark_written; /* height */
	uint64_t mark_count;
	uint64_t mark_looked_ns;
	int mark_file;

	int file; /* the flusher's: the segment being written */
	atomic_bool stop_flusher;
	atomic_bool stop_keeper;
	pthread_t flusher;
	pthread_t keeper;
};

/* bb_store_memory maps size zero bytes that cost nothing until they are touched; NULL. */
void *bb_store_memory(uint64_t size);
void bb_store_release(void *bytes, uint64_t size);

/* Clocks and chance, for those that have none. */
uint64_t bb_store_now_ns(void);     /* UTC */
uint64_t bb_store_elapsed_ns(void); /* since some start, never back */
void bb_store_random(uint8_t *bytes, uint32_t size);

/* bb_store_open opens and maps what lies in folder, watermark first: what it names was
 * durable before the segments were looked at. */
enum bb_result bb_store_open(struct bb_store_files *files, const char *folder, bool lock,
			     char text[BB_LEDGER_TEXT]);
void bb_store_close(struct bb_store_files *files);

/* bb_store_start takes over files and goes on behind block, which is whole and ends at
 * offset of segment, the last one.  On failure files are still the caller's. */
enum bb_result bb_store_start(struct bb_store *store, const struct bb_store_files *files,
			      const struct bb_segment *segment,
			      const struct bb_watermark *block, uint64_t offset,
			      char text[BB_LEDGER_TEXT]);

/* bb_store_stop lets the flusher finish, writes the watermark, and closes all files. */
void bb_store_stop(struct bb_store *store);

/* bb_store_disk returns the functions for the line. */
struct bb_disk bb_store_disk(struct bb_store *store);

/* Parts of the two files: maps a whole file to read; the mains of the threads. */
enum bb_result bb_store_map(int file, struct bb_mapping *mapping);
void bb_store_unmap(struct bb_mapping *mapping);
void *bb_store_flusher(void *store);
void *bb_store_keeper(void *store);

/* bb_store_alarm tells why the next segment cannot be made; BB_OK: all is well. */
enum bb_result bb_store_alarm(const struct bb_store *store);

#endif
