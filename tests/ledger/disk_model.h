/* disk_model - a disk in memory behind struct bb_disk, which flushes when the test says so.
 *
 * What was submitted and not flushed lies in `now` alone; what is durable also lies in
 * `flushed`, as a crash would leave it.
 */
#ifndef DISK_MODEL_H
#define DISK_MODEL_H

#include "ledger/bb_disk.h"
#include "ledger/bb_pass.h"
#include "tests/ledger/ledger_world.h"

#define DISK_SEGMENTS 4u
#define DISK_JOBS     16u

struct disk_model {
	uint64_t segment_size;
	uint8_t *now[DISK_SEGMENTS];
	uint8_t *flushed[DISK_SEGMENTS];
	uint64_t segment;
	uint64_t offset;
	struct bb_disk_write jobs[DISK_JOBS];
	uint64_t submitted;
	uint64_t done;
	uint64_t durable_height;
	uint32_t spares; /* segments that may still be begun */
	enum bb_result failed;
};

/* disk_begin makes a disk that holds segment 0 with the genesis block of 4096 bytes. */
void disk_begin(struct disk_model *disk, uint64_t segment_size, const struct bb_segment *head,
		const uint8_t *genesis);
void disk_end(struct disk_model *disk);
struct bb_disk disk_functions(struct disk_model *disk);

/* disk_line begins a disk with the genesis of world, and an empty line over it with its chain
 * and places; free *bytes. */
struct bb_line *disk_line(struct disk_model *disk, const struct world *world,
			  uint64_t segment_size, struct bb_chain *chain,
			  struct bb_places *places, void **bytes);

/* disk_flush makes the next count submitted blocks durable; returns how many there were. */
uint64_t disk_flush(struct disk_model *disk, uint64_t count);

/* disk_nonce is what segment index has. */
void disk_nonce(uint8_t nonce[16], uint64_t segment);

/* disk_segments returns how many segments have begun, and maps them for a pass. */
uint64_t disk_segments(const struct disk_model *disk, bool flushed,
		       struct bb_mapping segments[DISK_SEGMENTS]);

#endif
